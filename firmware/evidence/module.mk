$(eval $(call library,evidence,firmware/evidence,chain.c check.c,crypto json lib,jansson))
$(eval $(call unit_test,evidence_test,evidence crypto json lib,jansson))
