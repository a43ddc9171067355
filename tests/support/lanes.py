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

# How long the long ones took on a busy machine with two processors, in seconds; what is not here is short. Only the order follows
# from it: tests/run --verbose prints what is true today.
EXPECTED_S = {
    "test_vm.py": 150, "test_rig.py": 400, "test_crash.py": 175, "test_canary.py": 168, "test_consent.py": 138, "test_contract.py": 103,
    "test_store_plans.py": 91, "test_merchants_doc.py": 90, "test_storm.py": 170, "test_lines.py": 80,
    "test_reconcile.py": 71, "test_matrix.py": 67, "test_demo.py": 59, "test_keystored.py": 58, "test_payment.py": 57,
    "test_disk.py": 50, "trunkd_line_test": 50, "test_registration.py": 46, "test_prompts.py": 45, "test_uplinkd_nicepay.py": 45,
    "test_callkey_officers.py": 44, "audit_test": 44, "test_uplinkd_smpp.py": 43, "dual_test": 39, "test_clock.py": 37, "test_uplinkd.py": 35,
    "test_holder.py": 37, "arsd_crash_test": 35, "trunkd_loss_test": 35, "test_trace.py": 31, "test_numbers.py": 30,
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
