"""Test files in lanes, the longest first.

Most of a suite is waiting (for a line, a timer, a PG that is slow on purpose), so a neighbour costs it little: as many of those run at
once as there are processors. Each must be its own in ports (rig/ports.py) and in files (TMPDIR, tests/run). One that works instead, and
would make its neighbours late, says so at the left margin, and why:

    WORKS = "emulates a machine: a processor is busy with it all the time"

Those have lanes of their own beside the others, half as many as there are processors. A file whose tests are many and can run apart says
which files beside it name its parts; it runs once for each, with CALLKEY_PART:

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
    "test_storm.py": 202, "test_vm.py": 164, "test_crash.py": 119, "test_canary.py": 99, "test_matrix.py": 89, "test_bench.py": 84,
    "test_keystored.py": 65, "test_lines.py": 52, "trunkd_line_test": 44, "test_registration.py": 42, "test_uplinkd_smpp.py": 40,
    "test_merchants_doc.py": 37, "test_rig.py": 32, "test_promotions.py": 32, "test_holder.py": 32, "test_store_plans.py": 31,
    "test_gateway_keys.py": 31, "test_callkey_blocks.py": 31, "trunkd_loss_test": 30, "test_uplinkd.py": 29, "test_disk.py": 29,
    "test_payment.py": 28, "test_contract.py": 23, "test_schedule.py": 20,
}
SHORT_S = 10
WORKS = re.compile(r'^WORKS = "(.+)"', re.M)
PARTS = re.compile(r'^PARTS = "([^"]+)"', re.M)


@dataclasses.dataclass
class Job:
    """One test file, or a part of one. run() gives its tally; works: it keeps a processor busy."""
    name: str
    run: typing.Callable
    works: bool = False

    @property
    def expected_s(self):
        return EXPECTED_S.get(self.name.split()[0], SHORT_S)


def works(path):
    return WORKS.search(path.read_text(encoding="utf-8")) is not None


def parts_of(path):
    """The names of a file's parts; [""] of one that is not divided."""
    found = PARTS.search(path.read_text(encoding="utf-8"))
    return sorted(part.stem for part in path.parent.glob(found[1])) if found else [""]


def play(jobs, lanes, report):
    """Runs all jobs and calls report(job, tally, seconds) for each as it ends, always in the caller's thread. lanes: of those that wait."""
    def timed(job):
        began = time.monotonic()
        tally = job.run()
        return job, tally, time.monotonic() - began

    pools = {False: concurrent.futures.ThreadPoolExecutor(lanes), True: concurrent.futures.ThreadPoolExecutor(max(1, lanes // 2))}
    try:
        longest_first = sorted(jobs, key=lambda job: -job.expected_s)
        for done in concurrent.futures.as_completed([pools[job.works].submit(timed, job) for job in longest_first]):
            report(*done.result())
    finally:
        for pool in pools.values():
            pool.shutdown(cancel_futures=True)
