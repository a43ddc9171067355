$(eval $(call library,model,firmware/model,ids.c phone.c money.c card.c,lib,))
$(eval $(call unit_test,model_test,model))
