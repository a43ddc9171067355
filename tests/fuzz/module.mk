# Fuzzers: tests/fuzz/NAME.c with LLVMFuzzerTestOneInput(), built by clang beside everything else, with the sanitizers in the
# code under test too. Seeds are in tests/fuzz/corpus/NAME, what a run finds new in $(B)/fuzz/corpus/NAME, what broke in
# $(B)/fuzz/broken. Runs FUZZ_SECONDS each:
#   make fuzz-smoke                       all of them
#   make fuzz-json FUZZ_SECONDS=600       one
FUZZ_SECONDS ?= 60
FUZZ_CC := clang
FUZZ_SAN := address,undefined
FUZZ_CFLAGS = $(CSTD) -O1 -g -Wall -Wextra -Wno-unknown-warning-option -Wno-gnu-folding-constant -fno-omit-frame-pointer -fno-sanitize-recover=all \
	-D_GNU_SOURCE -I. -Ifirmware -MMD -MP

# $(call fuzzer,NAME,LIBRARIES,PACKAGES,EXTRA SOURCES,EXTRA OPTIONS OF THE RUN)
define fuzzer
FUZZERS += $1
FUZZ_USE_$1 := $2
FUZZ_PKG_$1 := $3
FUZZ_SRC_$1 := $4
FUZZ_OPT_$1 := $5
endef
$(eval $(call fuzzer,ipc,ipc lib))
$(eval $(call fuzzer,softwire,glue lib))
# libpri gives a D-channel's memory back only with the process: the runs are bounded. Nor are leaks looked for where libpri or
# libconfig keeps memory after each input, for each time the whole heap would be searched; at the end of the run they are.
$(eval $(call fuzzer,pri,glue lib,,,-len_control=0 -max_len=2048 -detect_leaks=0 -runs=30000))
$(eval $(call fuzzer,wav,dsp lib))
$(eval $(call fuzzer,json,json lib,,,-dict=tests/fuzz/json.dict))
$(eval $(call fuzzer,conf,conf lib,,,-dict=tests/fuzz/conf.dict -detect_leaks=0))
$(eval $(call fuzzer,scenario,conf crypto ipc model lib,,$(ARSD_SCENARIO:%=firmware/arsd/%),-dict=tests/fuzz/conf.dict -max_len=40000 -detect_leaks=0))
$(eval $(call fuzzer,phone,model lib))
$(eval $(call fuzzer,q931,model lib))
$(eval $(call fuzzer,intake,json model ipc lib,jansson,$(APID_PURE:%=firmware/apid/%),-dict=tests/fuzz/json.dict))
$(eval $(call fuzzer,field,ipc lib,,firmware/keystored/field.c))
$(eval $(call fuzzer,jwe,crypto_open crypto lib,libcrypto))
$(eval $(call fuzzer,keyblock,keys crypto lib))
$(eval $(call fuzzer,keyparts,keys crypto lib,,,-dict=tests/fuzz/keys.dict))
# libconfig, as above.
$(eval $(call fuzzer,keystored,$(KEYSTORED_USES),,$(KEYSTORED_PURE:%=firmware/keystored/%),-dict=tests/fuzz/keys.dict -max_len=8192 -detect_leaks=0))
$(eval $(call fuzzer,pganswer,json ipc model lib,jansson,firmware/uplinkd/pg_json.c firmware/uplinkd/pg_json_list.c firmware/uplinkd/pg_promotions.c firmware/uplinkd/pg_wire.c firmware/uplinkd/template.c,-dict=tests/fuzz/json.dict))
$(eval $(call fuzzer,pglist,json ipc model lib,jansson,firmware/uplinkd/pg_json_list.c firmware/uplinkd/pg_promotions.c firmware/uplinkd/pg_wire.c firmware/uplinkd/template.c,-dict=tests/fuzz/json.dict))
$(eval $(call fuzzer,pgtable,json conf crypto ipc model lib,jansson libconfig,firmware/arsd/promotion_table.c $(addprefix firmware/uplinkd/,pg_json.c pg_json_list.c pg_nicepay.c pg_nicepay_ask.c pg_nicepay_codes.c pg_nicepay_promotions.c pg_promotions.c pg_wire.c template.c),-dict=tests/fuzz/pgtable.dict -max_len=16384))
$(eval $(call fuzzer,smpp,ipc model lib,libsmpp34,$(UPLINKD_SMPP:%=firmware/uplinkd/%),-max_len=1024))
$(eval $(call fuzzer,template,json lib,jansson,firmware/uplinkd/template.c))

fuzz_closure = $(if $1,$(call fuzz_uniq,$1 $(call fuzz_closure,$(foreach l,$1,$(USE_$l)))))
fuzz_uniq    = $(if $1,$(if $(filter $(firstword $1),$(wordlist 2,999,$1)),,$(firstword $1)) $(call fuzz_uniq,$(wordlist 2,999,$1)))
fuzz_packages = $(sort $(FUZZ_PKG_$1) $(foreach l,$(call fuzz_closure,$(FUZZ_USE_$1)),$(PKG_$l)))

define fuzz_library_rules
$(B)/fuzz/lib/lib$1.a: $(patsubst %.c,$(B)/fuzz/obj/$(DIR_$1)/%.o,$(SRC_$1))
	@mkdir -p $$(@D) && rm -f $$@ && $(AR) rcsD $$@ $$^
endef
define fuzzer_rules
$(B)/fuzz/bin/$1: $(B)/fuzz/obj/tests/fuzz/$1.o $(patsubst %.c,$(B)/fuzz/obj/%.o,$(FUZZ_SRC_$1)) \
		$(patsubst %,$(B)/fuzz/lib/lib%.a,$(call fuzz_closure,$(FUZZ_USE_$1)))
	@mkdir -p $$(@D)
	$$(Q)$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SAN) -o $$@ $$^ $$(call pkg_libs,$(call fuzz_packages,$1))
.PHONY: fuzz-$1
fuzz-$1: $(B)/fuzz/bin/$1
	@mkdir -p $(B)/fuzz/corpus/$1 $(B)/fuzz/broken
	@$(B)/fuzz/bin/$1 -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 \
		-artifact_prefix=$(B)/fuzz/broken/$1- $(FUZZ_OPT_$1) $(B)/fuzz/corpus/$1 tests/fuzz/corpus/$1 > $(B)/fuzz/$1.log 2>&1 || \
		{ tail -n 40 $(B)/fuzz/$1.log; echo "fuzz-$1: failed; the input is in $(B)/fuzz/broken"; exit 1; }
	@echo "fuzz-$1: $$$$(sed -n 's/^stat::number_of_executed_units: *//p' $(B)/fuzz/$1.log) inputs, none did harm"
endef
$(foreach l,$(LIBRARIES),$(eval $(call fuzz_library_rules,$l)))
$(foreach f,$(FUZZERS),$(eval $(call fuzzer_rules,$f)))

$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) $(call pkg_cflags,$(FUZZ_PKGS)) -c -o $@ $<
FUZZ_PKGS = jansson libconfig libcrypto spandsp libsmpp34 p11-kit-1
-include $(shell find $(B)/fuzz/obj -name '*.d' 2>/dev/null)

fuzz-smoke: $(FUZZERS:%=fuzz-%)
