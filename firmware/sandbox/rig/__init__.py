"""The rig: appliance and sandbox together on one machine, started, supervised and stopped as one.

It starts the real programs of the appliance with a configuration of their own, and around them the sandbox that plays
carrier, phones, PG, SMS gateway and merchant. `make demo`, `make run` and the scenario and fault tests stand on it.
"""
