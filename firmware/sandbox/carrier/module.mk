$(eval $(call program,callkey-carrier,firmware/sandbox/carrier,main.c command.c control.c exchange.c noise.c pace.c phone.c prompts.c recognise.c span.c,glue dsp json lib,jansson m pthread))
$(eval $(call unit_test,recognise_test,,,firmware/sandbox/carrier/recognise.c))
$(eval $(call unit_test,carrier_test,glue dsp json lib,jansson m))
