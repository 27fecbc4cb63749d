"""Saved searches: what somebody looks for, kept so that new things are compared with it and they need not look."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, NotFound, Stale
from longan.floor.base.fields import LINE
from longan.floor.database.db import many, maybe
from longan.floor.search import search_keys

Kind = Literal["jobs", "housing"]
Cadence = Literal["instant", "daily", "weekly", "none"]
SearchName = Annotated[str, Meta(min_length=1, max_length=80, pattern=LINE)]
Reading: TypeAlias = asyncpg.Connection | asyncpg.Pool | asyncpg.pool.PoolConnectionProxy

MOST = 20
"""How many of a kind an account may save."""


class SavedSearchesFull(Conflict):
    code = "saved_searches_full"
    vi, en = "Bạn đã lưu đủ 20 tìm kiếm, hãy bỏ bớt", "You have saved 20 searches; delete one first"


class SavedSearchExists(Conflict):
    code = "saved_search_exists"
    vi, en = "Bạn đã lưu tìm kiếm này rồi", "You have saved this search already"


class Criteria(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a search demands, as columns; None demands nothing. Its words are `whole`, or `rest` in a place `named`
    among them, each as `queries.tsquery` writes it; `places` and `named` are "ward_version/code", `metres` around
    `lat`, `lon`, `pay_min`, rents and `cost_max` (what each of `people` pays in truth) đồng a month, `area_min` square
    metres."""

    whole: str | None = None
    named: list[str] | None = None
    rest: str | None = None
    ward_version: date | None = None
    places: list[str] | None = None
    province_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    metres: float | None = None
    park_codes: list[str] | None = None
    pay_min: int | None = None
    occupations: list[str] | None = None
    contracts: list[str] | None = None
    shifts: list[str] | None = None
    benefits: list[str] | None = None
    educations: list[str] | None = None
    experience_months: int | None = None
    employer_id: UUID | None = None
    within_days: int | None = None
    rent_min: int | None = None
    rent_max: int | None = None
    cost_max: int | None = None
    area_min: float | None = None
    people: int | None = None
    kinds: list[str] | None = None
    features: list[str] | None = None
    curfew_after: time | None = None
    available_by: date | None = None
    verified_owner: bool | None = None


class Saved(msgspec.Struct, frozen=True):
    """A search as it is kept; `asked` is JSON, the filters as its owner gave them."""

    id: UUID
    name: str
    cadence: Cadence
    asked: str
    version: int
    asked_at: datetime
    created_at: datetime
    updated_at: datetime


_TYPES = {
    "whole": "text", "named": "text[]", "rest": "text", "ward_version": "date", "places": "text[]",
    "province_code": "text", "lat": "float8", "lon": "float8", "metres": "float8", "park_codes": "text[]",
    "pay_min": "bigint", "occupations": "text[]", "contracts": "text[]", "shifts": "text[]", "benefits": "text[]",
    "educations": "text[]", "experience_months": "integer", "employer_id": "uuid", "within_days": "integer",
    "rent_min": "bigint", "rent_max": "bigint", "cost_max": "bigint", "area_min": "float8", "people": "integer",
    "kinds": "text[]", "features": "text[]", "curfew_after": "time", "available_by": "date",
    "verified_owner": "boolean",
}  # fmt: skip
_READ = ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())
_GIVEN = {name: f"to_tsquery('simple', c.{name})" if name in ("whole", "rest") else f"c.{name}" for name in _TYPES}
_SHOWN = "s.id, s.name, s.cadence, s.asked::text as asked, s.version, s.asked_at, s.created_at, s.updated_at"

# Of how many postings or rooms a word stands in, as autovacuum last counted.
SHARES = """-- saved_searches.shares
select e.word, e.share
  from pg_stats s
 cross join lateral unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) as e (word, share)
 where (s.schemaname, s.tablename, s.attname) = ($1, $2, $3)
   and exists (select from unnest($4::text[]) as w (word) where starts_with(e.word, w.word))"""

SEARCHED: dict[Kind, tuple[str, str, str]] = {
    "jobs": ("jobs", "postings", "search"), "housing": ("housing", "listings", "search"),
}  # fmt: skip


async def keys_of(conn: Reading, kind: Kind, criteria: Criteria) -> list[str]:
    """The keys under which the search is found."""
    asked = search_keys.words_of(f"{criteria.whole or ''} {criteria.rest or ''}")
    rows = await conn.fetch(SHARES, *SEARCHED[kind], asked) if asked else []
    shares = {row["word"]: row["share"] for row in rows}
    words = None if criteria.whole is None else search_keys.of_words(criteria.whole, shares)
    if criteria.named is not None:
        rest = None if criteria.rest is None else search_keys.of_words(criteria.rest, shares)
        words = search_keys.either(words, search_keys.both(search_keys.of_places(criteria.named), rest))
    return search_keys.rarest(
        [
            words,
            search_keys.of_places(criteria.places),
            search_keys.of_circle(criteria.lat, criteria.lon, criteria.metres),
            search_keys.of_parks(criteria.park_codes),
            search_keys.of_occupations(criteria.occupations),
            search_keys.of_employer(criteria.employer_id),
            search_keys.of_province(criteria.province_code),
            search_keys.of_rents(criteria.rent_min, _highest_rent(criteria)),
        ]
    )


def _highest_rent(criteria: Criteria) -> int | None:
    """Whoever pays at most so much in truth, with others or alone, pays no more rent than all of them together."""
    bounds = [criteria.rent_max, None if criteria.cost_max is None else criteria.cost_max * (criteria.people or 1)]
    return min((bound for bound in bounds if bound is not None), default=None)


ONE_AT_A_TIME = """-- saved_searches.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('saved_searches:' || $1::text, 0))"""

SAVE = f"""-- saved_searches.save
insert into saved_searches.searches as s
    (account_id, kind, name, cadence, asked, alike, keys, asked_at, used_at, created_at, updated_at,
     {", ".join(_TYPES)})
select $1, $2, $3, $4, $5::jsonb, $6, $7, $9, $9, $9, $9, {", ".join(_GIVEN.values())}
  from jsonb_to_record($8::text::jsonb) as c ({_READ})
 where (select count(*) from saved_searches.searches o where o.account_id = $1 and o.kind = $2) < $10
returning {_SHOWN}"""


async def save(
    tx: asyncpg.Connection, account: UUID, kind: Kind, name: str, cadence: Cadence, asked: str, criteria: Criteria,
    now: datetime,
) -> Saved:  # fmt: skip
    """Raises `SavedSearchesFull`, `SavedSearchExists` for one of other words or order that demands the same."""
    await tx.execute(ONE_AT_A_TIME, str(account))
    keys = await keys_of(tx, kind, criteria)
    try:
        row = await tx.fetchrow(
            SAVE, account, kind, name, cadence, asked, _alike(criteria), keys, _columns(criteria), now, MOST
        )
    except asyncpg.UniqueViolationError as error:
        raise _known(error) from error
    if (saved := maybe(row, Saved)) is None:
        raise SavedSearchesFull
    return saved


HELD = """-- saved_searches.held
select s.version
  from saved_searches.searches s
 where s.id = $1 and s.account_id = $2 and s.kind = $3
   for no key update"""

CHANGE = f"""-- saved_searches.change
update saved_searches.searches s
   set name = coalesce($4, s.name), cadence = coalesce($5, s.cadence), version = s.version + 1, updated_at = $6,
       used_at = $6, doubted_at = null, asked = coalesce($7::jsonb, s.asked), alike = coalesce($8, s.alike),
       keys = coalesce($9, s.keys), asked_at = case when $8 <> s.alike then $6 else s.asked_at end,
       {", ".join(f"{name} = case when $8 is null then s.{name} else {given} end" for name, given in _GIVEN.items())}
  from jsonb_to_record($10::text::jsonb) as c ({_READ})
 where s.id = $1 and s.account_id = $2 and s.kind = $3
returning {_SHOWN}"""


async def change(
    tx: asyncpg.Connection, account: UUID, kind: Kind, search: UUID, versions: list[int] | None, *, name: str | None,
    cadence: Cadence | None, asked: str | None, criteria: Criteria | None, now: datetime,
) -> Saved:  # fmt: skip
    """None leaves what it stands for as it is; `asked` comes with its `criteria`. `versions` are those the caller may
    have seen, None for any.

    Raises `NotFound`, `Stale`, `SavedSearchExists` when another one demands the same.
    """
    version = await tx.fetchval(HELD, search, account, kind)
    if version is None:
        raise NotFound
    if versions is not None and version not in versions:
        raise Stale
    alike, keys = (None, None) if criteria is None else (_alike(criteria), await keys_of(tx, kind, criteria))
    columns = _columns(criteria or Criteria())
    try:
        row = await tx.fetchrow(CHANGE, search, account, kind, name, cadence, now, asked, alike, keys, columns)
    except asyncpg.UniqueViolationError as error:
        raise _known(error) from error
    if (saved := maybe(row, Saved)) is None:
        raise NotFound
    return saved


DELETE = """-- saved_searches.delete
delete from saved_searches.searches s where s.id = $1 and s.account_id = $2 and s.kind = $3 returning true"""


async def delete(tx: asyncpg.Connection, account: UUID, kind: Kind, search: UUID) -> None:
    """What it found stays, so that the same is not told again by another one. Raises `NotFound`."""
    if not await tx.fetchval(DELETE, search, account, kind):
        raise NotFound


ONE = f"""-- saved_searches.one
select {_SHOWN} from saved_searches.searches s where s.id = $1 and s.account_id = $2 and s.kind = $3"""


async def one(conn: asyncpg.Connection, account: UUID, kind: Kind, search: UUID) -> Saved:
    """Raises `NotFound`."""
    found = maybe(await conn.fetchrow(ONE, search, account, kind), Saved)
    if found is None:
        raise NotFound
    return found


OF = f"""-- saved_searches.of
select {_SHOWN}
  from saved_searches.searches s
 where s.account_id = $1 and s.kind = $2
 order by s.created_at desc, s.id desc"""


async def of(conn: asyncpg.Connection, account: UUID, kind: Kind) -> list[Saved]:
    """All of them, the newest first: they are few."""
    return many(await conn.fetch(OF, account, kind), Saved)


# Whoever reads what a search brings still wants it.
DOUBT = """-- saved_searches.doubt (worker)
update saved_searches.searches s set doubted_at = $2
  from (select d.id from saved_searches.searches d
         where d.kind = $1 and d.cadence <> 'none' and d.doubted_at is null and d.used_at <= $3
           and not exists (select from notifications.inbox i
                            where i.account_id = d.account_id and i.topic = any($4) and i.read_at > $3)
         order by d.id limit $5 for no key update skip locked) as unused
 where s.id = unused.id
returning s.id, s.account_id"""


async def doubt(
    tx: Reading, kind: Kind, unused_since: datetime, topics: Sequence[str], most: int, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Searches nobody has used since then, and whose they are, who are to be asked whether they are still wanted;
    `topics` are those of the notices that they bring."""
    rows = await tx.fetch(DOUBT, kind, now, unused_since, topics, most)
    return [(row["id"], row["account_id"]) for row in rows]


STOP = """-- saved_searches.stop (worker)
update saved_searches.searches s set cadence = 'none', version = s.version + 1, updated_at = $1
 where s.doubted_at <= $2 and s.cadence <> 'none'"""


async def stop(tx: Reading, doubted_before: datetime, now: datetime) -> None:
    """Whoever was asked before then and has not said that a search is wanted is told no more of it."""
    await tx.execute(STOP, now, doubted_before)


def _columns(criteria: Criteria) -> str:
    return msgspec.json.encode(criteria).decode()


def _alike(criteria: Criteria) -> bytes:
    """The same for criteria that demand the same, in whatever order their values were given."""
    given = msgspec.to_builtins(criteria)
    ordered = {name: sorted(set(value)) if isinstance(value, list) else value for name, value in given.items()}
    return hashlib.sha256(msgspec.json.encode(ordered, order="sorted")).digest()


def _known(error: asyncpg.UniqueViolationError) -> Exception:
    """The problem that the name of the constraint stands for."""
    return SavedSearchExists() if error.constraint_name == "searches_once" else error
