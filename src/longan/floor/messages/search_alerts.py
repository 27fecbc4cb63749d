"""Alerts of saved searches, whatever they look for: filters as they were given, and how often people are told."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Annotated, TypeAlias
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.database import calls
from longan.floor.database.reminders import Writing
from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages.notices import Params, Unused
from longan.floor.messages.telling import tell
from longan.floor.places import ward
from longan.floor.search import saved_searches
from longan.floor.search.saved_searches import Kind

OldWardCode = Annotated[
    str,
    Meta(pattern=r"^[0-9]{3}([0-9]{2})?(?!\n)$", max_length=5, description="Of the list before", examples=["27694"]),
]
Parks = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9-]+(,[a-z0-9-]+)*(?!\n)$", max_length=400, description="Codes, by commas", examples=["vsip"]
    ),
]
Told: TypeAlias = tuple[Sequence[UUID], bool]

# What first opened longer ago is no news, and neither is what was opened before a search was saved. A minute is how
# long the transaction that opened it may have lasted.
NEWS = timedelta(days=7)
COMMITTED_WITHIN = timedelta(minutes=1)
# Further apart than two digests of a day ever are by a clock that is put back, nearer than a day.
BETWEEN_DIGESTS = timedelta(hours=12)

MOST_AN_HOUR = 5
"""How many single alerts a person has within any hour."""

BATCH = 1_000
HITS_KEPT = timedelta(days=90)
UNUSED = timedelta(days=180)

# Whether any of the searches that found `d` is still wanted, and by whom.
WANTED = """exists (select from saved_searches.searches s where s.id = any(d.search_ids) and s.cadence <> 'none')
           and exists (select from identity.accounts a where a.id = d.account_id and a.disabled_at is null)"""

# Which of its owner's searches the hit `h` fits, as JSON.
WHY = """(select coalesce(jsonb_agg(jsonb_build_object('saved_search_id', s.id, 'name', s.name, 'filters', s.asked,
                                                     'changed_since', s.asked_at > h.found_at)
                                  order by s.created_at, s.id), '[]')::text
          from saved_searches.searches s
         where s.account_id = h.account_id and s.id = any(h.search_ids))"""


class Digest(msgspec.Struct, frozen=True):
    """Whom a digest is for, and how many new things it brings."""

    account_id: UUID
    count: int


@contextmanager
def in_body() -> Iterator[None]:
    """Whoever reads a query points to `?name`; here it stands in the body."""
    try:
        yield
    except (InvalidRequest, ward.PlaceUnknown) as error:
        raise type(error)(
            *(FieldError(f"/filters/{field.pointer.removeprefix('?')}", field.code) for field in error.errors)
        ) from error


VERSION = """-- search_alerts.version
select places.version_on($1::timestamptz)"""


async def version_on(conn: asyncpg.Connection, now: datetime) -> date:
    """The list of units in force."""
    found: date = await conn.fetchval(VERSION, now)
    return found


def on_list(version: date, wards: list[str] | None) -> list[str] | None:
    """Wards as `saved_searches.Criteria` has them."""
    return None if wards is None else [f"{version}/{code}" for code in wards]


def written(filters: msgspec.Struct) -> str:
    """The filters that are given, as JSON."""
    return msgspec.json.encode(_given(filters)).decode()


def query(filters: msgspec.Struct) -> str:
    """The filters as the list of what is looked for takes them."""
    said = {name: str(value).lower() if isinstance(value, bool) else value for name, value in _given(filters).items()}
    return urlencode(said)


def _given(filters: msgspec.Struct) -> dict[str, object]:
    return {name: value for name, value in msgspec.to_builtins(filters).items() if value is not None}


async def tell_all(context: Context, tell_some: Callable[[asyncpg.Pool, datetime], Awaitable[Told]]) -> None:
    """`tell_some` is one transaction: it tells the next, and says whom and whether there are more."""
    more = True
    while more:
        told, more = await tell_some(context.pool, context.clock())
        await calls.happened(context.valkey, told)


async def tell_digests(
    tx: Writing, digests: Sequence[Digest], topic: str, said: Callable[[int], Params], now: datetime
) -> list[UUID]:
    """Tell those whose digest brings anything, in `said` words for how many. Who was told."""
    full = [each for each in digests if each.count]
    for each in full:
        await tell(tx, [each.account_id], topic, each.account_id, said(each.count), now.isoformat(), now)
    return [each.account_id for each in full]


async def ask(pool: asyncpg.Pool, kind: Kind, brings: Sequence[str], question: str, now: datetime, most: int) -> int:
    """Ask the next owners whether they want a search of the `kind` that they have not used: one transaction. `brings`
    and `question` are topics of notices. How many there were."""
    async with unhurried(pool) as tx:
        doubted = await saved_searches.doubt(tx, kind, now - UNUSED, brings, most, now)
        for search, account in doubted:
            await tell(tx, [account], question, search, Unused(), f"{search}:{now.isoformat()}", now)
    return len(doubted)
