# Callkey: one non-recursive build. Every folder adds itself with a module.mk; this file only knows how.
#   make demo         installs what is missing, builds, and tells two calls live: a registration and a payment
#   make run          keeps appliance and sandbox running, for the callkey command
#   make test         all tests; the last line counts them
#   make test-vm      only those in a virtual machine with a real DAHDI kernel
#   make check-asan   all tests again under AddressSanitizer and UndefinedBehaviorSanitizer
#   make check-layers proves who may include and link what
#   make bench        performance against the targets
#   make fuzz-smoke   every fuzzer for a minute
#   make fault        thousands of kills, every trouble of a PG: do the books agree to the won?
#   make docs         pictures of the scenarios, from their files
#   make clean        removes what was built
#   make B=build/x    another build directory, e.g. beside a sanitizer build
B       ?= build
SAN     ?=
CC      := gcc
PYTHON  := /usr/bin/python3
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unversioned)

CSTD    := -std=gnu17
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
           -Wformat=2 -Wno-format-truncation -Wundef -Wvla -Werror
HARDEN  := -fstack-protector-strong -fPIE -fno-common
OPT     := -O2 -g
ifneq ($(SAN),)
HARDEN  += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDSAN   := -fsanitize=$(SAN)
else
HARDEN  += -D_FORTIFY_SOURCE=2
endif
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-print-directory

# On a bare machine every goal first installs the packages, then starts again. Who builds and runs needs not what tests need.
LIGHT   := $(if $(filter-out all programs prompts demo run,$(or $(MAKECMDGOALS),all)),,--light)
MISSING := $(shell config/install-packages $(LIGHT) --missing)
ifneq ($(MISSING),)
ifeq ($(filter help clean,$(MAKECMDGOALS)),)
.PHONY: install-then-go $(MAKECMDGOALS)
$(or $(MAKECMDGOALS),all): install-then-go ; @:
install-then-go:
	@config/install-packages $(LIGHT)
	@$(MAKE) $(MAKECMDGOALS)
endif
else

CFLAGS_ALL  := $(CSTD) $(OPT) $(WARN) $(HARDEN) -D_GNU_SOURCE -I. -Ifirmware -MMD -MP $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now,--as-needed $(LDSAN) $(LDFLAGS)

# libpri ships no .pc file; every other package is asked of pkg-config, library by library.
pkg_cflags = $(if $(filter-out pri pthread m,$1),$(shell pkg-config --cflags $(filter-out pri pthread m,$1)))
pkg_libs   = $(if $(filter-out pri pthread m,$1),$(shell pkg-config --libs $(filter-out pri pthread m,$1))) \
             $(patsubst %,-l%,$(filter pri pthread m,$1))

# $(call library,NAME,DIR,SOURCES,LIBRARIES IT USES,PACKAGES)
define library
LIBRARIES += $1
DIR_$1 := $2
SRC_$1 := $3
USE_$1 := $4
PKG_$1 := $5
endef
# $(call program,NAME,DIR,SOURCES,LIBRARIES,PACKAGES) -> $(B)/bin/NAME
define program
PROGRAMS += $1
DIR_$1 := $2
SRC_$1 := $3
USE_$1 := $4
PKG_$1 := $5
endef
# $(call unit_test,NAME,LIBRARIES,PACKAGES,EXTRA SOURCES): tests/unit/NAME.c -> $(B)/unit/NAME, run by make test-unit
define unit_test
UNIT_TESTS += $1
SRC_unit_$1 := $4
USE_unit_$1 := $2
PKG_unit_$1 := $3
endef

.PHONY: all
all: programs

include $(sort $(wildcard */module.mk */*/module.mk */*/*/module.mk))

# All libraries that $1 uses, the users before the used, as a linker wants them.
closure = $(if $1,$(call uniq,$1 $(call closure,$(foreach l,$1,$(USE_$l)))))
uniq    = $(if $1,$(if $(filter $(firstword $1),$(wordlist 2,999,$1)),,$(firstword $1)) $(call uniq,$(wordlist 2,999,$1)))
archives = $(patsubst %,$(B)/lib/lib%.a,$(call closure,$(USE_$1)))
packages = $(sort $(PKG_$1) $(foreach l,$(call closure,$(USE_$1)),$(PKG_$l)))

define library_rules
$(B)/lib/lib$1.a: $(patsubst %.c,$(B)/obj/$(DIR_$1)/%.o,$(SRC_$1))
	@mkdir -p $$(@D) && rm -f $$@ && $(AR) rcsD $$@ $$^
$(patsubst %.c,$(B)/obj/$(DIR_$1)/%.o,$(SRC_$1)): PKG_CFLAGS := $(call pkg_cflags,$(PKG_$1))
endef
define program_rules
$(B)/bin/$1: $(patsubst %.c,$(B)/obj/$(DIR_$1)/%.o,$(SRC_$1)) $(call archives,$1)
	@mkdir -p $$(@D)
	$$(Q)$(CC) $(LDFLAGS_ALL) -o $$@ $$^ $(call pkg_libs,$(call packages,$1))
$(patsubst %.c,$(B)/obj/$(DIR_$1)/%.o,$(SRC_$1)): PKG_CFLAGS := $(call pkg_cflags,$(PKG_$1))
endef
define unit_rules
$(B)/unit/$1: $(B)/obj/tests/unit/$1.o $(patsubst %.c,$(B)/obj/%.o,$(SRC_unit_$1)) $(call archives,unit_$1)
	@mkdir -p $$(@D)
	$$(Q)$(CC) $(LDFLAGS_ALL) -o $$@ $$^ $(call pkg_libs,cmocka $(call packages,unit_$1))
$(B)/obj/tests/unit/$1.o: PKG_CFLAGS := $(call pkg_cflags,$(PKG_unit_$1))
endef
$(foreach l,$(LIBRARIES),$(eval $(call library_rules,$l)))
$(foreach p,$(PROGRAMS),$(eval $(call program_rules,$p)))
$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rules,$t)))

Q := $(if $(V),,@)
# A change of compiler or flags rebuilds everything.
FLAGS_STAMP := $(B)/flags
$(shell mkdir -p $(B); echo '$(CC) $(CFLAGS_ALL)' | cmp -s - $(FLAGS_STAMP) || echo '$(CC) $(CFLAGS_ALL)' > $(FLAGS_STAMP))
# Named as a target: make may have looked into $(B) before the line above wrote it.
$(FLAGS_STAMP): ;
$(B)/obj/%.o: %.c $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(PKG_CFLAGS) -c -o $@ $<
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.PHONY: programs unit-tests demo run test check-layers check-asan bench fuzz-smoke docs
programs: $(PROGRAMS:%=$(B)/bin/%) $(B)/bin/rig
unit-tests: $(UNIT_TESTS:%=$(B)/unit/%)

BUILT := programs prompts
demo: $(BUILT)
	@$(B)/bin/rig demo
run: $(BUILT)
	@$(B)/bin/rig run
test: $(BUILT) unit-tests check-layers
	@$(PYTHON) tests/run --build $(B) --unit "$(UNIT_TESTS)"
check-layers: programs
	@$(PYTHON) tests/check_layers.py $(B)
check-asan:
	@$(MAKE) B=$(B)/asan SAN=address,undefined test
bench: $(BUILT)
	@$(PYTHON) tests/bench/run.py --build $(B)

# The rig starts all processes of appliance and sandbox; it finds them beside itself.
$(B)/bin/rig: firmware/sandbox/rig.sh
	@mkdir -p $(@D) && sed 's|@SOURCE@|$(CURDIR)|' $< > $@ && chmod 755 $@

endif

.PHONY: help clean
help:
	@sed -n 's/^#   make/  make/p' Makefile
clean: ; rm -rf $(B)
