ARSD_SCENARIO := scenario_file.c scenario_step.c scenario_words.c scenario_prove.c scenario_say.c scenario_run.c scenario_dot.c
ARSD_MACHINES := registration.c payment.c attempt.c cancellation.c
# All of arsd but its sockets, its child processes and main.
ARSD_PURE := $(ARSD_SCENARIO) $(ARSD_MACHINES) admin.c admin_keys.c admin_merchants.c analog.c api.c api_billing_key.c api_cancel.c api_check.c api_consent.c api_create.c api_list.c api_page.c api_promotions.c api_webhooks.c rate.c webhooks.c \
	api_once.c api_read.c api_reconciliation.c api_retry.c arsd.c attempts.c attempts_answer.c attempts_send.c billing_keys.c call_actions.c callers.c \
	api_schedule.c api_test_clock.c schedule_rule.c schedules.c withdrawal.c \
	api_sms.c call_feed.c call_offer.c call_vars.c calls.c cancels.c columns.c configure.c consent_record.c consents.c consents_admin.c decline.c events.c gateway_keys.c gateways.c holder.c key_use.c lease.c line_counts.c lines.c metrics.c numbers.c outbox.c reconcile.c reconcile_compare.c reconcile_report.c reconcile_watch.c promotions.c promotion_table.c promotion_tables.c recovery.c render.c requests.c \
	settle.c sms.c sms_text.c sounds.c speech.c status.c store_watch.c throttle.c tries.c version.c view.c
ARSD_USES := store conf evidence json crypto ipc model lib
$(eval $(call program,arsd,firmware/arsd,main.c server.c speech_desk.c speech_worker.c $(ARSD_PURE),loop confine $(ARSD_USES),jansson))
$(eval $(call program,callkey-scenario,firmware/arsd,scenario_tool.c $(ARSD_SCENARIO) $(ARSD_MACHINES),conf crypto ipc model lib))

ARSD_WORLD := tests/unit/arsd_world.c tests/unit/arsd_world_plays.c $(ARSD_PURE:%=firmware/arsd/%)
$(eval $(call unit_test,arsd_registration_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_registering.c))
$(eval $(call unit_test,arsd_registration_sms_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_registering.c))
$(eval $(call unit_test,arsd_wrong_caller_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_registering.c))
$(eval $(call unit_test,arsd_verify_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_registering.c))
$(eval $(call unit_test,arsd_neighbours_lost_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_registering.c))
$(eval $(call unit_test,arsd_payment_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_paying.c))
$(eval $(call unit_test,arsd_payment_analog_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_paying.c))
$(eval $(call unit_test,arsd_charge_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_paying.c))
$(eval $(call unit_test,arsd_payment_unknown_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_paying.c))
$(eval $(call unit_test,arsd_payment_key_gone_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_paying.c))
$(eval $(call unit_test,arsd_retry_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_cancel_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_canceling.c))
$(eval $(call unit_test,arsd_tax_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_canceling.c))
$(eval $(call unit_test,arsd_take_back_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_canceling.c))
$(eval $(call unit_test,arsd_consent_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_billing_key_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_promotions_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_modes_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_promotion_tables_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_tries_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_decline_test,lib,,firmware/arsd/decline.c))
$(eval $(call unit_test,arsd_reconcile_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_crash_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_withdrawal_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_schedule_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_scheduling.c))
$(eval $(call unit_test,arsd_schedule_life_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_scheduling.c))
$(eval $(call unit_test,arsd_test_clock_test,$(ARSD_USES),jansson,$(ARSD_WORLD) tests/unit/arsd_scheduling.c))
$(eval $(call unit_test,schedule_rule_test,model lib,,firmware/arsd/schedule_rule.c))
$(eval $(call unit_test,arsd_list_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_sms_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_rate_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_webhooks_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_api_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_create_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_api_keys_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_outbox_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_key_use_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_gateways_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_columns_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_gateway_keys_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_store_watch_test,$(ARSD_USES),jansson,$(ARSD_WORLD)))
$(eval $(call unit_test,arsd_words_test,$(ARSD_USES),jansson,$(ARSD_PURE:%=firmware/arsd/%)))
$(eval $(call unit_test,arsd_machines_test,lib,,$(ARSD_MACHINES:%=firmware/arsd/%)))
$(eval $(call unit_test,arsd_holder_test,crypto lib,,firmware/arsd/holder.c firmware/arsd/throttle.c))
$(eval $(call unit_test,arsd_numbers_test,crypto model lib,,firmware/arsd/numbers.c))
$(eval $(call unit_test,scenario_file_test,conf crypto ipc model lib,,$(ARSD_SCENARIO:%=firmware/arsd/%)))
$(eval $(call unit_test,scenario_run_test,conf crypto ipc model lib,,$(ARSD_SCENARIO:%=firmware/arsd/%) tests/unit/scenario_play.c))
$(eval $(call unit_test,scenario_walk_test,conf crypto ipc model lib,,$(ARSD_SCENARIO:%=firmware/arsd/%) tests/unit/scenario_play.c))

# What a build calls itself is compiled in; another commit makes another name.
$(shell mkdir -p $(B); echo '$(VERSION)' | cmp -s - $(B)/version || echo '$(VERSION)' > $(B)/version)
$(B)/version: ;
$(B)/obj/firmware/arsd/version.o: $(B)/version
$(B)/obj/firmware/arsd/version.o: CFLAGS_ALL += -DCALLKEY_VERSION='"$(VERSION)"'

# Pictures, drawn from the files and tables themselves. They are kept with the sources: not every reader has Graphviz.
docs: $(B)/bin/callkey-scenario
	@mkdir -p docs/pictures
	@set -e; for name in registration payment withdrawal; do \
		$< dot config/scenarios/$$name.cfg > $(B)/$$name.dot; dot -Tsvg -o docs/pictures/scenario-$$name.svg $(B)/$$name.dot; done
	@set -e; for name in registration payment attempt cancellation; do \
		$< machine $$name > $(B)/$$name.dot; dot -Tsvg -o docs/pictures/machine-$$name.svg $(B)/$$name.dot; done
	@ls docs/pictures/*.svg
