"""What the words of a search for jobs mean when it is saved, as `list_jobs` reads them then: places that are named
among them are places too, and a word that no posting has may be a slip of the finger."""

from datetime import datetime

import asyncpg
import msgspec

from longan import place_words, typing_errors
from longan.queries import parse


class Meant(msgspec.Struct, frozen=True):
    """Whatever answers `whole`, or lies in one of the `wards` and answers the `rest`; both are texts for `tsquery`.
    `whole` is None
    where there are no words, `wards` where no place is named, `rest` where nothing else is said."""

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
    said = query.free() if len(query.alternatives) == 1 else []
    found = await conn.fetchrow(
        FOUND, place_words.candidates(said), home, now, query.lone_words(), query.unfinished()
    )  # fmt: skip
    assert found is not None  # a query without a FROM has one row
    if found["is_whole"]:
        query = query.finished()
    looks_like = msgspec.json.decode(found["near"], type=dict[str, list[str]])
    near = {typed: words for typed, alike in looks_like.items() if (words := typing_errors.nearest(typed, alike))}
    named = place_words.read(said, msgspec.json.decode(found["places"], type=dict[str, list[str]]))
    if named is None:
        return Meant(query.guessed(near).written())
    places = {word for number, word in enumerate(said) if number in named.positions}
    near = {typed: words for typed, words in near.items() if typed not in places}
    rest = query.less(named.positions).guessed(near).written()
    return Meant(query.guessed(near).written(), named.wards, rest or None)
