"""Time comes in as an argument; this is where it comes from."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc() -> datetime:
    """Now, in UTC. Whole microseconds, as PostgreSQL keeps them."""
    return datetime.now(UTC)
