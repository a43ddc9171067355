$(eval $(call library,store,firmware/store,store.c db_sqlite.c record.c migrations.c merchants.c requests.c leases.c billing_keys.c \
	schedules.c test_clocks.c columns.c columns_job.c columns_seal.c \
	calls.c consents.c consent_chain.c attempts.c cancellations.c password_tries.c outbox.c events.c idempotency.c reconciliations.c reconciliations_open.c damages.c promotions.c lists.c sms.c webhooks.c api_keys.c span_bins.c wal_tail.c checkpointer.c,model crypto lib,sqlite3))
$(eval $(call unit_test,store_test,store))
$(eval $(call unit_test,store_request_test,store))
$(eval $(call unit_test,store_span_bins_test,store))
$(eval $(call unit_test,store_columns_test,store,sqlite3))
$(eval $(call unit_test,store_numbers_test,store,sqlite3))
$(eval $(call unit_test,store_texts_test,store,sqlite3))
$(eval $(call unit_test,store_wal_test,store,sqlite3))
$(eval $(call unit_test,store_chain_test,store))
$(eval $(call unit_test,store_turn_test,store,sqlite3))
$(B)/obj/firmware/store/migrations.o: $(wildcard firmware/store/migrations/*.sql)
$(B)/unit/statements.so: tests/unit/statements.c $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(OPT) $(WARN) -D_GNU_SOURCE -fPIC -shared -o $@ $< -ldl
unit-tests: $(B)/unit/statements.so
test: $(B)/unit/statements.so
