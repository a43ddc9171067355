$(eval $(call library,conf,firmware/conf,conf.c schema.c callkey_cfg.c manifest.c,lib,libconfig))
$(eval $(call unit_test,conf_test,conf))
