# Faults under the programs as they are built for the appliance: docs/testing.md. CELLS=0 plays all of the matrix.
#   make fault KILLS=2000 CELLS=600 SEED=7        make fault CELLS=0 KILLS=0 ONLY=withdrawal        make fault REPLAY='charge/normal/arsd/0/stored/stays'
KILLS  ?= 2000
CELLS  ?= 600
SEED   ?=
ONLY   ?=
REPLAY ?=
FAULT_PRELOAD := $(B)/fault/preload.so
$(FAULT_PRELOAD): tests/fault/preload.c $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(OPT) $(WARN) -D_GNU_SOURCE -fPIC -shared -o $@ $< -ldl
test: $(FAULT_PRELOAD)
.PHONY: fault
fault: programs prompts $(FAULT_PRELOAD)
	@$(PYTHON) tests/fault/run.py --build $(B) --kills $(KILLS) --cells $(CELLS) $(if $(SEED),--seed $(SEED)) \
		$(if $(ONLY),--only '$(ONLY)') $(if $(REPLAY),--replay '$(REPLAY)')
