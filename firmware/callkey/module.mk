CALLKEY_PURE := words.c table.c show.c show_parts.c show_lines.c show_trunks.c show_counters.c phone_view.c system_conf.c diff.c
$(eval $(call program,callkey,firmware/callkey,main.c ask.c configure.c pcap.c phone.c $(CALLKEY_PURE),conf json model ipc lib,jansson))
$(eval $(call unit_test,callkey_table_test,lib,,firmware/callkey/table.c))
$(eval $(call unit_test,callkey_words_test,json lib,jansson,firmware/callkey/words.c))
$(eval $(call unit_test,callkey_show_test,json model lib,jansson,$(addprefix firmware/callkey/,show.c show_parts.c show_lines.c show_trunks.c show_counters.c table.c)))
$(eval $(call unit_test,callkey_pcap_test,json lib,jansson,firmware/callkey/pcap.c))
$(eval $(call unit_test,callkey_phone_view_test,conf lib,libconfig,firmware/callkey/phone_view.c firmware/callkey/table.c))
$(eval $(call unit_test,callkey_system_conf_test,lib,,firmware/callkey/system_conf.c firmware/callkey/table.c))
$(eval $(call unit_test,callkey_diff_test,lib,,firmware/callkey/diff.c))
