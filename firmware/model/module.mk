$(eval $(call library,model,firmware/model,ids.c phone.c money.c card.c say.c,lib,))
$(eval $(call unit_test,model_test,model))
$(eval $(call unit_test,say_test,model))
