$(eval $(call library,model,firmware/model,ids.c phone.c money.c card.c say.c q931.c q931_print.c,lib,))
$(eval $(call unit_test,model_test,model))
$(eval $(call unit_test,say_test,model))
$(eval $(call unit_test,q931_test,model lib))
