"""Test files in lanes: as many at once as there are processors, the longest first, and those that cannot bear a neighbour last,
one by one.

Most of a suite is waiting (for a line, a timer, a PG that is slow on purpose), so a neighbour costs it little; it must be its own
in ports (rig/ports.py) and in files (TMPDIR, tests/run). One that cannot bear a neighbour says so at the left margin, and why:

    ALONE = "counts blocks of sound that are late in real time"

A file whose tests are many and can run apart says which files beside it name its parts; it runs once for each, with CALLKEY_PART:

    PARTS = "guest/test_*.py"
"""
import concurrent.futures
import dataclasses
import re
import time
import typing

# How long the long ones take on two processors, in seconds; what is not here is short. Only the order follows from it: tests/run --verbose
# prints what is true today.
EXPECTED_S = {
    "test_storm.py": 200, "test_vm.py": 150, "test_crash.py": 116, "test_keystored.py": 108, "test_callkey_blocks.py": 96, "test_matrix.py": 93,
    "test_bench.py": 85, "test_canary.py": 75, "test_lines.py": 72, "test_contract.py": 58, "test_store_plans.py": 57, "test_payment.py": 57,
    "test_disk.py": 54, "trunkd_line_test": 50, "test_uplinkd.py": 50, "test_registration.py": 50, "test_merchants_doc.py": 50, "test_rig.py": 46,
    "audit_test": 44, "test_uplinkd_smpp.py": 43, "test_keystored_neighbours.py": 42, "dual_test": 39, "test_gateway_keys.py": 36,
    "test_keystored_officers.py": 35, "test_holder.py": 35, "arsd_crash_test": 35, "trunkd_loss_test": 35, "test_callkey_officers.py": 34,
    "test_sealed_numbers.py": 33, "test_promotions.py": 33, "test_prompts.py": 27, "test_callkey_keys.py": 26, "test_demo.py": 26,
    "test_uplinkd_nicepay.py": 26, "test_keystored_tokens.py": 24, "test_schedule.py": 21,
}
SHORT_S = 10
ALONE = re.compile(r'^ALONE = "(.+)"', re.M)
PARTS = re.compile(r'^PARTS = "([^"]+)"', re.M)


@dataclasses.dataclass
class Job:
    """One test file. run() gives its tally; alone is why it bears no neighbour, or ""."""
    name: str
    run: typing.Callable
    alone: str = ""

    @property
    def expected_s(self):
        return EXPECTED_S.get(self.name.split()[0], SHORT_S)


def why_alone(path):
    found = ALONE.search(path.read_text(encoding="utf-8"))
    return found[1] if found else ""


def parts_of(path):
    """The names of a file's parts; [""] of one that is not divided."""
    found = PARTS.search(path.read_text(encoding="utf-8"))
    return sorted(part.stem for part in path.parent.glob(found[1])) if found else [""]


def play(jobs, lanes, report):
    """Runs all jobs and calls report(job, tally, seconds) for each as it ends, always in the caller's thread."""
    def timed(job):
        began = time.monotonic()
        tally = job.run()
        return job, tally, time.monotonic() - began

    together = sorted((job for job in jobs if not job.alone), key=lambda job: -job.expected_s)
    pool = concurrent.futures.ThreadPoolExecutor(lanes)
    try:
        for done in concurrent.futures.as_completed([pool.submit(timed, job) for job in together]):
            report(*done.result())
    finally:
        pool.shutdown(cancel_futures=True)
    for job in jobs:
        if job.alone:
            report(*timed(job))
