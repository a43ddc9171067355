$(eval $(call library,loop,firmware/loop,loop.c peer.c http.c,ipc lib,libevent))
$(eval $(call unit_test,loop_test,loop))
