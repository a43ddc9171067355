# Programs that only make bench runs; they stand in $(B)/bench, not among the appliance's. make test sees to it that they still can.
$(B)/bench/digits: $(B)/obj/tests/bench/digits.o $(B)/obj/firmware/trunkd/media_slot.o $(B)/lib/libdsp.a $(B)/lib/liblib.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(call pkg_libs,spandsp m)
$(B)/bench/leases: $(B)/obj/tests/bench/leases.o $(B)/lib/libstore.a $(B)/lib/libmodel.a $(B)/lib/libcrypto.a $(B)/lib/liblib.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(call pkg_libs,sqlite3 libcrypto)
$(B)/bench/columns: $(B)/obj/tests/bench/columns.o $(B)/lib/libstore.a $(B)/lib/libmodel.a $(B)/lib/libcrypto.a $(B)/lib/liblib.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(call pkg_libs,sqlite3 libcrypto)
bench test: $(addprefix $(B)/bench/,digits leases columns)
