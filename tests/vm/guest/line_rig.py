"""The rig of appliance and sandbox on DAHDI lines: the appliance at one end of each pair, the carrier's switch at the other."""
from rig.appliance import Rig, Span
from support.calling import QUICK


class LineRig(Rig):
    """Lines are laid by lines.lay() before. Their speed is that of the kernel's clock."""

    def __init__(self, pairs, settings=None):
        self.pairs = pairs
        law = {"E1": "alaw", "T1": "ulaw"}
        super().__init__(spans=[Span(p.name, p.kind, law[p.kind]) for p in pairs], rate=1, settings=settings or QUICK)

    def default_settings(self):
        settings = super().default_settings()
        settings["trunkd"]["spans"] = [{"name": p.name, "kind": "dahdi", "span": p.appliance.span, "line": s.line, "law": s.law,
                                        "echo_ms": 0} for p, s in zip(self.pairs, self.spans)]
        return settings

    def _commands(self):
        for name, argv in super()._commands():
            if name == "callkey-carrier":
                argv = argv[:argv.index("--rate")] + ["--rate", "1"]
                for pair, span in zip(self.pairs, self.spans):
                    argv += ["--span", f"{span.name}:dahdi:{pair.carrier.span}:{span.line}:{span.law}"]
            yield name, argv
