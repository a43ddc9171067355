$(eval $(call library,lib,firmware/lib,err.c log.c clock.c ring.c secret.c metrics.c fsm.c,,))
$(eval $(call unit_test,lib_test,lib))
$(eval $(call unit_test,fsm_test,lib))
