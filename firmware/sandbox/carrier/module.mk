$(eval $(call program,callkey-carrier,firmware/sandbox/carrier,main.c command.c control.c noise.c pace.c phone.c prompts.c recognise.c span.c,glue dsp json lib,m pthread))
$(eval $(call unit_test,recognise_test,,,firmware/sandbox/carrier/recognise.c))
