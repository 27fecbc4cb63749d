"""What the words of a search for jobs mean, now and when it is saved: places that are named among them are places too,
and a word that no posting has may be a slip of the finger."""

from datetime import datetime

import asyncpg
import msgspec

from longan.floor.places import place_words
from longan.floor.search import typing_errors
from longan.floor.search.queries import Query, parse


class Understood(msgspec.Struct, frozen=True):
    """Whatever answers `query`, or lies in a ward of `wards` and answers the `rest`: `query` without the `place_words`,
    as they were typed. `wards` and `rest` are None where no place is named. `near` are the words that no posting has,
    each with those it was read as."""

    query: Query
    wards: list[str] | None
    rest: Query | None
    place_words: list[str]
    near: dict[str, list[str]]


def may_name_places(query: Query) -> list[str | None]:
    """The words among which places are looked for; none where there are several alternatives."""
    return query.free() if len(query.alternatives) == 1 else []


def understood(query: Query, places: str, near: str, *, is_whole: bool) -> Understood:
    """`places` and `near` are the JSON of what `job_search.places_named` and `job_search.near_words` know of the query,
    `is_whole` whether a posting has its last word."""
    if is_whole:
        # "kho" is not on its way to "không".
        query = query.finished()
    said = may_name_places(query)
    looks_like = msgspec.json.decode(near, type=dict[str, list[str]])
    meant = {typed: words for typed, alike in looks_like.items() if (words := typing_errors.nearest(typed, alike))}
    named = place_words.read(said, msgspec.json.decode(places, type=dict[str, list[str]]))
    if named is None:
        return Understood(query.guessed(meant), None, None, [], meant)
    taken = {word for number, word in enumerate(said) if number in named.positions}
    meant = {typed: words for typed, words in meant.items() if typed not in taken}
    typed = [query.marked[number] for number in sorted(named.positions)]
    return Understood(query.guessed(meant), named.wards, query.less(named.positions).guessed(meant), typed, meant)


class Meant(msgspec.Struct, frozen=True):
    """Whatever answers `whole`, or lies in one of the `wards` and answers the `rest`; both are texts for `tsquery`.
    `whole` is None where there are no words, `wards` where no place is named, `rest` where nothing else is said."""

    whole: str | None
    wards: list[str] | None = None
    rest: str | None = None


FOUND = """-- words_meant.found
select (select coalesce(jsonb_object_agg(p.name, p.ward_codes), '{}')
          from job_search.places_named($1, $2, $3::timestamptz) p)::text as places,
       (select coalesce(jsonb_object_agg(w.word, w.near), '{}')
          from job_search.near_words($4, $5) w)::text as near,
       exists (select from job_search.words w where w.word = $5) as is_whole"""


async def meant(conn: asyncpg.Connection, home: str, q: str, now: datetime) -> Meant:
    """`whole` is '' where nothing is left of `q`."""
    query = parse(q)
    names = place_words.candidates(may_name_places(query))
    found = await conn.fetchrow(FOUND, names, home, now, query.lone_words(), query.unfinished())
    assert found is not None  # a query without a FROM has one row
    read = understood(query, found["places"], found["near"], is_whole=found["is_whole"])
    return Meant(read.query.written(), read.wards, (read.rest and read.rest.written()) or None)
