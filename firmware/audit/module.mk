$(eval $(call library,audit,firmware/audit,audit_check.c audit_line.c,crypto lib,))
