"""Invitations to rate: whoever watched a dossier to its end is asked once how it went, and may say so.

An account with a code is filed by HMAC alone, and stays filed whether it has rated or not: who has rated what cannot be
read from it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import asyncpg

from longan.floor.database import queue
from longan.floor.dossiers.dossier_clock import Change, in_order
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.pay_and_days.wages import day_of
from longan.floor.setup.crypto import Sealed

Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

RATE_WITHIN = timedelta(days=60)
"""So long after it has finished a dossier can be rated."""
# Đã xử lý xong, đã trả kết quả.
FINISHED = frozenset({"9", "10"})


def finished_at(changes: Iterable[Change]) -> datetime | None:
    """When a dossier was finished, first of all; None where it is not."""
    ordered = in_order(changes)
    if not ordered or ordered[-1].status not in FINISHED:
        return None
    return next(change.at for change in ordered if change.status in FINISHED)


def finished_since(dossier: Dossier, seen: datetime | None, now: datetime) -> datetime | None:
    """When a dossier was finished, None where it is not: as its source says; where it does not say, when it was first
    `seen` to be, which is `now` if it was not before. The moment before it, of its receipt say, would be too early:
    whoever was to rate it would come too late."""
    finished = finished_at(dossier.changes)
    is_last = sum(each.status in FINISHED for each in dossier.changes) == 1
    return (seen or now) if finished is not None and is_last and not dossier.is_dated else finished


def holder_index(numbers: Sealed, account: UUID, code: str) -> bytes:
    """Under what an invitation is filed."""
    return numbers.index(f"rating invitation {account} {code}")


def subject_index(numbers: Sealed, code: str) -> bytes:
    """Under what the one rating of a dossier is filed: not as any other table files dossiers, so that nobody finds by
    theirs, and those who watch them, who has rated."""
    return numbers.index(f"rating of dossier {code}")


INVITE = """-- rating_invitations.invite
insert into ratings.invitations (holder, finished_on)
select h, $2::date from unnest($1::bytea[]) h
 where not exists (select from ratings.ratings r where r.subject = $3)
    on conflict on constraint invitations_once do nothing
returning holder"""


async def invite(
    tx: Writing, numbers: Sealed, code: str, finished: datetime, watchers: Sequence[tuple[UUID, UUID]], now: datetime
) -> None:
    """Ask each of the `watchers`, accounts with their watches, to rate the dossier that was `finished` then; once,
    however often it is called, and nobody where it was rated already or that was too long ago."""
    day: date = day_of(finished)
    if day_of(now) > day + RATE_WITHIN:
        return
    by_holder = {holder_index(numbers, account, code): (account, watch) for account, watch in watchers}
    made = await tx.fetch(INVITE, list(by_holder), day, subject_index(numbers, code))
    invited = [by_holder[row["holder"]] for row in made]
    await queue.add_all(
        tx, "rating_invited", [{"account_id": account, "watch_id": watch} for account, watch in invited]
    )


INVITED = """-- rating_invitations.invited
select i.finished_on from ratings.invitations i where i.holder = $1"""


async def invited(conn: asyncpg.Connection, holder: bytes) -> date | None:
    """The day on which a dossier was finished that this account has watched."""
    found: date | None = await conn.fetchval(INVITED, holder)
    return found
