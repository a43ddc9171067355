$(eval $(call library,json,firmware/json,json.c,lib,jansson))
$(eval $(call unit_test,json_test,json,jansson))
