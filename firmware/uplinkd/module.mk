UPLINKD_SMPP := smpp_pdu.c smpp_receipt.c smpp_text.c
UPLINKD_SOURCES := desk.c http_client.c http_exchange.c http_retry.c http_url.c meters.c pg.c pg_job.c pg_json.c pg_json_list.c pg_nicepay.c pg_nicepay_ask.c pg_nicepay_codes.c \
	pg_nicepay_promotions.c pg_promotions.c pg_wire.c secret_file.c sms.c sms_http.c sms_smpp.c smpp_inbox.c smpp_link.c smpp_outbox.c \
	$(UPLINKD_SMPP) template.c webhook.c
UPLINKD_USES := loop json crypto conf model ipc lib
$(eval $(call program,uplinkd,firmware/uplinkd,main.c $(UPLINKD_SOURCES),confine $(UPLINKD_USES),libcurl jansson libsmpp34))
$(eval $(call unit_test,uplinkd_template_test,lib,,firmware/uplinkd/template.c))
$(eval $(call unit_test,uplinkd_pg_test,$(UPLINKD_USES),libcurl jansson libsmpp34,$(UPLINKD_SOURCES:%=firmware/uplinkd/%)))
$(eval $(call unit_test,uplinkd_nicepay_test,$(UPLINKD_USES),libcurl jansson libsmpp34,$(UPLINKD_SOURCES:%=firmware/uplinkd/%)))
$(eval $(call unit_test,uplinkd_webhook_test,$(UPLINKD_USES),libcurl jansson libsmpp34,$(UPLINKD_SOURCES:%=firmware/uplinkd/%)))
$(eval $(call unit_test,uplinkd_smpp_test,model ipc lib,libsmpp34,$(UPLINKD_SMPP:%=firmware/uplinkd/%)))
