$(eval $(call library,lib,firmware/lib,err.c log.c clock.c ring.c secret.c metrics.c,,))
$(eval $(call unit_test,lib_test,lib))
