"""Which worker applies to which job with the n-th application, so that no two of any contender are the same.

`bench/apply.lua` and the pgbench script of `bench/limit.py` reckon the same way; ids are numbers behind a prefix.
"""

from uuid import UUID

WORKERS = 1_024
# Two more, who apply before the measuring begins: one at ours, one at the peer.
SPARE = {"ours": WORKERS, "peer": WORKERS + 1}
JOBS = 51_200
# A contender's run takes its numbers from a span of its own: more than any can use up in a minute.
SPAN = 500_000

JOB_PREFIX = "0198a000-0000-7000-8000-"
WORKER_PREFIX = "0198b000-0000-7000-8000-"
SESSION_PREFIX = "0198c000-0000-7000-8000-"
EMPLOYER_PREFIX = "0198d000-0000-7000-8000-"

RUNS = WORKERS * JOBS // SPAN


def numbered(prefix: str, number: int) -> UUID:
    """The id of the number-th row: a well-formed UUIDv7."""
    return UUID(f"{prefix}{number:012x}")


def pair(number: int) -> tuple[int, int]:
    """Worker and job of an application. Unique below WORKERS * JOBS because JOBS is a multiple of WORKERS."""
    return (number + number // JOBS) % WORKERS, number % JOBS
