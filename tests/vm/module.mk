# The appliance in a virtual machine with a real DAHDI kernel: docs/testing.md. Part of make test as tests/vm/test_vm.py.
.PHONY: test-vm
test-vm: programs prompts
	@$(PYTHON) tests/vm/run.py --build $(B)
.PHONY: bench-vm
bench-vm: programs prompts
	@$(PYTHON) tests/vm/run.py --build $(B) --test bench_load
