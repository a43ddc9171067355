# What the appliance reads as installed: prompts, scenarios, issuers. All builds share one cache of sounds.
PROMPT_CACHE ?= build/prompt-cache
SHARED := $(patsubst config/%,$(B)/share/%,$(wildcard config/scenarios/*.cfg) config/issuers.cfg config/interest_free.cfg)

.PHONY: prompts
prompts: $(SHARED)
	@$(PYTHON) config/prompts/make_prompts.py --manifests config/prompts --out $(B)/share/prompts --cache $(PROMPT_CACHE)
$(SHARED): $(B)/share/%: config/%
	@mkdir -p $(@D) && cp $< $@
$(eval $(call unit_test,prompts_heard_test,dsp,,firmware/sandbox/carrier/recognise.c))
