APID_PURE := client.c intake.c intake_billing_key.c intake_lists.c intake_payment.c intake_registration.c intake_schedule.c intake_sms.c intake_webhooks.c members.c query.c routes.c problem.c
$(eval $(call program,apid,firmware/apid,main.c server.c meters.c $(APID_PURE),loop json conf model ipc confine lib,jansson))
$(eval $(call unit_test,apid_test,json model ipc lib,jansson,$(APID_PURE:%=firmware/apid/%) tests/unit/apid_asking.c))
$(eval $(call unit_test,apid_body_test,json model ipc lib,jansson,$(APID_PURE:%=firmware/apid/%) tests/unit/apid_asking.c))
