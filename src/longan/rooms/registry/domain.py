"""Rules of the room: who sees what of a question to the registry, and when it is asked again."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import NotFound
from longan.floor.search.search import fold
from longan.floor.setup.crypto import Sealed
from longan.rooms.registry import store
from longan.rooms.registry.models import Check, Kept, Registration

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)


def pause_after(tries: int, check: UUID) -> timedelta:
    """How long after so many failures the registry is asked again: a minute, doubling to six hours, for as long as it
    takes."""
    return spread(min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE), check)


def spread(pause: timedelta, check: UUID) -> timedelta:
    """Longer by up to a half that each question has of its own, so that they do not come all at once when the registry
    is back."""
    return pause * (1 + check.int % 1000 / 2000)


async def shown(
    conn: asyncpg.Connection, numbers: Sealed, employer: UUID, viewer: Principal, now: datetime
) -> Registration:
    """Members see how far it is. What the registry said is for the officials who decide: whoever registers with the
    number of somebody else must not learn their name and address here.

    Raises `NotFound` for everybody else.
    """
    check = await store.newest(conn, employer, viewer.account_id)
    if check is None:
        raise NotFound
    decides = not check.belongs and await officials.may(
        conn, viewer, "labour", check.ward_version, check.ward_code, now
    )
    if not (decides or check.is_member):
        raise NotFound
    kept = _opened(numbers, check) if decides else Kept(None, None)
    return Registration(
        employer_id=employer, state=check.state, opened_at=check.opened_at, tries=check.tries, tried_at=check.tried_at,
        next_try_at=check.next_try_at, last_failure=check.last_failure, answered_at=check.answered_at,
        result=check.result if decides else None, registered_name=kept.name, registered_address=kept.address,
        same_name=None if kept.name is None else fold(kept.name) == fold(check.name),
    )  # fmt: skip


def _opened(numbers: Sealed, check: Check) -> Kept:
    if check.id is None or check.sealed is None:
        return Kept(None, None)
    return msgspec.json.decode(numbers.open(check.sealed, check.id), type=Kept)
