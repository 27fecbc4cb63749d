"""What is measured, and what it should reach."""

import msgspec

from bench.load import Measured

OURS, BARE, PGBENCH, PEER = "ours", "bare ASGI", "pgbench", "FastAPI"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`limit` is what ours could reach at best. Aims are ratios of requests per second."""

    name: str
    title: str
    path: str
    limit: str
    signed_in: bool = False
    writes: bool = False
    least_of_limit: float | None = None
    least_of_peer: float | None = None

    @property
    def contenders(self) -> tuple[str, str, str]:
        return OURS, self.limit, PEER


ROWS = (
    Row(name="jobs_cached", title="first page of jobs, cached", path="/v1/jobs", limit=BARE, least_of_limit=0.8),
    Row(name="jobs", title="first page of jobs, uncached", path="/v1/jobs", limit=PGBENCH, least_of_peer=10),
    Row(name="procedure_cached", title="one procedure, cached", path="/v1/procedures/1.004194", limit=BARE,
        least_of_limit=0.8),
    Row(name="procedure", title="one procedure, uncached", path="/v1/procedures/1.004194", limit=PGBENCH,
        least_of_peer=10),
    Row(name="get_me", title="get_me", path="/v1/me", limit=PGBENCH, signed_in=True, least_of_peer=10),
    Row(name="apply", title="apply", path="/v1/jobs/{job_id}/applications", limit=PGBENCH, signed_in=True, writes=True,
        least_of_limit=0.4),
)  # fmt: skip
MOST_MEMORY = 150.0


class Figures(msgspec.Struct, frozen=True):
    """The runs of each contender of a row, and its round trips to the database per request."""

    row: Row
    runs: dict[str, list[Measured]]
    round_trips: dict[str, float]
