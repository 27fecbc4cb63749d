"""SQL of the room, each statement above the function that runs it."""

from datetime import timedelta
from typing import get_args
from uuid import UUID

import asyncpg

from longan.floor.database import facets as counting
from longan.floor.database.db import maybe
from longan.floor.database.listing import Order, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.database.walked import Walked, relevance
from longan.floor.places import ward
from longan.floor.postings.postings import BRIEF, Education
from longan.floor.search.queries import Query, spoken
from longan.floor.search.search import rank
from longan.rooms.job_search.models import FacetCount, Found, JobFacets, JobPage, Meaning, Search, Sort

MAX_BIGINT = 2**63 - 1
# As in job_search.pay_steps: millions of đồng.
PAY_STEPS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 20, 25, 30, 40, 50)
# From the best paid down to where most of them are.
BANDS = (30, 20, 15, 12)

POINT = "ll_to_earth({lat}, {lon})"
# In subselects, for each row would otherwise read the text again.
WORDS = "(select {words}::text::tsquery)"
WHOLE, REST = "(select {whole}::text::tsquery)", "(select {rest}::text::tsquery)"
RANK = rank("j.title_marked", "split_part(j.search_text, E'\\n', 1)", "j.search_text")
MONTH = "coalesce(j.effective_month, 0)"

LIST = listing(
    Walked(
        name="job_search.list",
        table="jobs.postings j",
        alias="j",
        # Said so that it is no question for an index: what ends when says nothing of the order that is walked along.
        always="j.status = 'open' and (j.expires_at <= {now}) is not true",
        # A step on the map costs several times a step on another index, and what pays the same lies far apart.
        steps={"distance": (1_500, 4_000), "pay": (4_000, 4_000)},
        bands={"pay": [f"job_search.pay_steps(j.effective_month) @> array[{step}]" for step in BANDS]},
        select=f"""select j.id, j.title, {BRIEF},
       j.published_at, j.expires_at, {MONTH} as month_pay, {{rank}} as rank, {{chord}} as chord,
       {{distance}} as distance_km{{oldest}}
  from {{rows}}
  join employers.employers e on e.id = j.employer_id""",
        columns={
            "rank": ("marked", "0", RANK),
            "distance": ("lat", "null::float8", "round((sec_to_gc({chord}) / 1000)::numeric, 3)::float8"),
            # The straight line through the earth: what the index can sort by.
            "chord": ("lat", "null::float8", f"(j.point <-> {POINT})"),
        },
        where={
            "q": f"j.search @@ {WORDS}",
            "q_there": f"(j.search @@ {WHOLE} or j.search @@ {REST} and array[j.ward_code] && {{named}}::text[])",
            "q_place": f"(j.search @@ {WHOLE} or array[j.ward_code] && {{at}}::text[])",
            "wards": "j.ward_version = (select places.version_on({now}::timestamptz)) "
            "and array[j.ward_code] && {wards}::text[]",
            "province_code": "array[j.province_code] && array[{province_code}::text]",
            "near": "sec_to_gc({chord}) <= {metres}",
            "parks": "array[j.park_code] && {parks}::text[]",
            "pay_min": f"{MONTH} >= {{pay_min}}",
            "occupations": "array[j.occupation_code] && array(select o.code from reference.occupations o "
            "join unnest({occupations}::text[]) s (code) on starts_with(o.code, s.code))",
            "contracts": "array[j.contract] && {contracts}::text[]",
            "shifts": "array[j.shift] && {shifts}::text[]",
            "benefits": "j.benefits @> {benefits}::text[]",
            "employer_id": "array[j.employer_id] && array[{employer_id}::uuid]",
            "since": "j.published_at >= {since}",
            "educations": "coalesce(j.education, 'none') = any({educations}::text[])",
            "experience_months_max": "coalesce(j.experience_months, 0) <= {experience_months_max}",
        },
        hints={
            "around": f"(select earth_box({POINT}, {{box}})) @> j.point",
            "pay_most": f"{MONTH} <= {{pay_most}}",
            "pay_step": "job_search.pay_steps(j.effective_month) @> array[{pay_step}::integer]",
            "until": "j.published_at <= {until}",
        },
        orders={
            "newest": newest("j.published_at", "j.id"),
            "relevance": relevance("{rank}", "j.published_at", "j.id"),
            "pay": Order(
                by=f"{MONTH} desc, j.id desc",
                after=f"({MONTH}, j.id) < ({{after_0}}::bigint, {{after_1}}::uuid)",
                position=("month_pay", "id"),
                kind=tuple[int, UUID],
            ),
            "distance": Order(
                by="{chord}, j.id",
                after="({chord}, j.id) > ({after_0}::float8, {after_1}::uuid)",
                position=("chord", "id"),
                kind=tuple[float, UUID],
                needs="lat",
            ),
        },
    )
)


async def page(
    conn: asyncpg.Connection, cursors: Cursors, asked: Search, meaning: Meaning, cursor: str | None, limit: int
) -> JobPage:
    """One page of open postings, without why each is on it.

    Raises `InvalidRequest` for a cursor of another search, or an order that needs `q` or a point and has none.
    """
    values, scope = values_of(asked, meaning), asked.asked()
    return await LIST.page(conn, cursors, sort_of(asked), values, cursor, limit, JobPage, scope)


# What the index of words knows as well.
INDEXED = {
    "words", "whole", "at", "wards", "province_code", "parks", "occupations", "contracts", "shifts", "benefits",
    "employer_id",
}  # fmt: skip


def sort_of(asked: Search) -> Sort:
    return asked.sort or ("distance" if asked.lat is not None else "relevance" if asked.q else "newest")


SAME = (
    "now", "province_code", "lat", "lon", "metres", "parks", "pay_min", "occupations", "contracts", "shifts",
    "benefits", "employer_id", "experience_months_max",
)  # fmt: skip
ENOUGH = get_args(Education)  # from the least to the most


def values_of(asked: Search, meaning: Meaning) -> dict[str, object]:
    """What the pieces of `LIST` speak of."""
    values: dict[str, object] = {name: value for name in SAME if (value := getattr(asked, name)) is not None}
    if meaning.wards is not None:
        values["wards"] = meaning.wards
    if asked.published_within_days is not None:
        values["since"] = asked.now - timedelta(days=asked.published_within_days)
    if asked.education is not None:
        values["educations"] = list(ENOUGH[: ENOUGH.index(asked.education) + 1])
    if meaning.query is not None:
        values |= _words(meaning, meaning.query)
    if asked.pay_min is not None:
        values |= _led_by_pay(asked.pay_min)
    return values if values.keys() & INDEXED else values | _bounds(asked)


def _led_by_pay(pay_min: int) -> dict[str, object]:
    """The highest of the index's steps that is not above the pay."""
    steps = [step for step in PAY_STEPS if step * 1_000_000 <= pay_min]
    return {"pay_step": steps[-1]} if steps else {}


def _bounds(asked: Search) -> dict[str, object]:
    """The box of a circle, and the other ends of what is open at one end, of which PostgreSQL thinks that a third of
    the rows are in it. Where there are words, or other things their index knows, that index is the better one."""
    bounds: dict[str, object] = {}
    if asked.metres is not None:
        bounds["box"] = asked.metres
    if asked.pay_min is not None:
        bounds["pay_most"] = MAX_BIGINT
    elif asked.published_within_days is not None:
        bounds["until"] = asked.now + timedelta(days=1)
    return bounds


def _words(meaning: Meaning, query: Query) -> dict[str, object]:
    return _written(meaning, query) | ({"frequent": True} if meaning.frequent else {})


def _written(meaning: Meaning, query: Query) -> dict[str, object]:
    written = query.written(joined=True)
    if meaning.rest is None:
        return {"words": written, **spoken(query)}
    if rest := meaning.rest.written(joined=True):
        return {"whole": written, "rest": rest, "named": meaning.named, **spoken(meaning.rest)}
    return {"whole": written, "at": meaning.named, **spoken(query)}


UNDERSTOOD = f"""-- job_search.understood
select (select coalesce(jsonb_agg(to_jsonb(n)), '[]') from (
{ward.NAMED}) n)::text as rows,
       array(select u.code from places.units u
              where u.version = places.version_on($1) and u.code = $5 and u.level = 'commune') as in_force,
       array(select s.new_code from places.successions s
              where s.new_version = places.version_on($1) and s.old_code = $6
                and s.old_version = (select max(v.version) from places.versions v
                                      where v.version < places.version_on($1))
              order by s.new_code) as successors,
       (select coalesce(jsonb_object_agg(p.name, p.ward_codes), '{{}}')
          from job_search.places_named($7, $8, $1) p)::text as places,
       (select coalesce(jsonb_object_agg(w.word, w.near), '{{}}')
          from job_search.near_words($9, $10) w)::text as near,
       exists (select from job_search.words w where w.word = $10) as whole,
       (select coalesce(jsonb_object_agg(f.word, f.share), '{{}}')
          from pg_stats s
         cross join lateral unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) f (word, share)
         where s.schemaname = 'jobs' and s.tablename = 'postings' and s.attname = 'search'
           and f.word = any($11))::text as shares,
       (select c.reltuples::bigint from pg_class c where c.oid = 'jobs.postings'::regclass) as postings"""


async def understood(
    conn: asyncpg.Connection, asked: Search, home: str, place: ward.Named | None, names: list[str], query: Query | None
) -> Found:
    """What the places and the words of a search come to, in one round trip."""
    folds = (place.own[0].fold, place.own[-1].fold, bool(place.around)) if place else ("", "", False)
    words = query.lone_words() if query else []
    row = await conn.fetchrow(
        UNDERSTOOD, asked.now, *folds, asked.ward_code, asked.old_ward_code, names, home, words,
        query.unfinished() if query else None, query.words() if query else [],
    )  # fmt: skip
    found = maybe(row, Found)
    assert found is not None
    return found


DIMENSIONS = (
    ("occupation", "array[left(j.occupation_code, 2)]"),
    ("ward", "array[j.ward_code]"),
    ("park", "array[j.park_code]"),
    ("shift", "array[j.shift]"),
    ("contract", "array[j.contract]"),
    ("benefit", "j.benefits"),
    ("education", "array[j.education]"),
    ("month_pay", "array[(j.effective_month / 2000000 * 2000000)::text]"),
)


async def facets(conn: asyncpg.Connection, asked: Search, meaning: Meaning) -> JobFacets:
    """Counted over at most 10,000 of the matches."""
    matches, rows = await counting.count(conn, LIST, DIMENSIONS, values_of(asked, meaning))
    counts: dict[str, list[FacetCount]] = {dimension: [] for dimension, _ in DIMENSIONS}
    for row in rows:
        counts[row["facet"]].append(FacetCount(row["value"], row["count"]))
    most = counting.MOST_COUNTED
    return JobFacets(min(matches, most), matches > most, counts)  # type: ignore[arg-type]
