CALLKEY_SHOW := show.c show_calls.c show_counters.c show_lines.c show_merchants.c show_parts.c show_promotions.c show_reconciliation.c \
	show_requests.c show_status.c show_trunks.c show_values.c
CALLKEY_WORDS := words.c words_help.c words_keys.c words_options.c words_trunks.c
CALLKEY_PURE := $(CALLKEY_WORDS) table.c $(CALLKEY_SHOW) phone_view.c system_conf.c module_conf.c diff.c
$(eval $(call program,callkey,firmware/callkey,main.c ask.c configure.c verify.c pcap.c phone.c keys.c keys_audit.c keys_backup.c keys_ceremony.c keys_door.c keys_files.c keys_officers.c keys_parts.c terminal.c $(CALLKEY_PURE),audit conf evidence json crypto model ipc lib,jansson))
$(eval $(call unit_test,callkey_table_test,lib,,firmware/callkey/table.c))
$(eval $(call unit_test,callkey_words_test,json lib,jansson,$(CALLKEY_WORDS:%=firmware/callkey/%)))
$(eval $(call unit_test,callkey_show_test,json model lib,jansson,$(addprefix firmware/callkey/,$(CALLKEY_SHOW) table.c)))
$(eval $(call unit_test,callkey_pcap_test,json lib,jansson,firmware/callkey/pcap.c))
$(eval $(call unit_test,callkey_phone_view_test,conf lib,libconfig,firmware/callkey/phone_view.c firmware/callkey/table.c))
$(eval $(call unit_test,callkey_system_conf_test,lib,,firmware/callkey/system_conf.c firmware/callkey/table.c))
$(eval $(call unit_test,callkey_diff_test,lib,,firmware/callkey/diff.c))
$(eval $(call unit_test,callkey_module_conf_test,lib,,firmware/callkey/module_conf.c))
$(eval $(call unit_test,callkey_terminal_test,lib,,firmware/callkey/terminal.c))
