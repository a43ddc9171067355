$(eval $(call library,ipc,firmware/ipc,conn.c wire.c keypad.c callctl.c vault.c uplink.c api.c admin.c keyctl.c,lib,))
$(eval $(call unit_test,ipc_test,ipc))
