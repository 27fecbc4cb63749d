"""Rules of the room: what the words of a search mean, and why a posting answers them."""

import asyncpg
import msgspec
from msgspec.structs import replace

from longan import ward
from longan.errors import FieldError
from longan.job_search import store
from longan.job_search.models import Found, Guess, JobFacets, JobItem, JobPage, Match, Meaning, Search
from longan.page import Cursors
from longan.place_words import candidates, read
from longan.queries import Query, parse
from longan.typing_errors import nearest
from longan.why import matched


async def find(
    conn: asyncpg.Connection, cursors: Cursors, home: str, asked: Search, cursor: str | None, limit: int
) -> JobPage:
    """One page of open postings.

    Raises `InvalidRequest` for a cursor of another search, an order that needs `q` or a point and has none, more than
    one place; `PlaceUnknown`, `PlaceAmbiguous`.
    """
    meaning = await _understood(conn, home, asked)
    page = await store.page(conn, cursors, asked, meaning, cursor, limit)
    query = meaning.query
    if query is None:
        return page
    return replace(page, items=[_explained(item, query, meaning) for item in page.items], guesses=meaning.guesses)


async def facets(conn: asyncpg.Connection, home: str, asked: Search) -> JobFacets:
    """What the postings that `find` lists have in common. Raises as it does."""
    return await store.facets(conn, asked, await _understood(conn, home, asked))


async def _understood(conn: asyncpg.Connection, home: str, asked: Search) -> Meaning:
    """At most one round trip, none when nothing was said in words."""
    given = ward.the_one(asked.ward_code, asked.old_ward_code, asked.place)
    query = parse(asked.q) if asked.q else None
    if given is None and query is None:
        return Meaning()
    place = ward.name_of(asked.place) if asked.place is not None else None
    said = query.free() if query and len(query.alternatives) == 1 else []
    found = await store.understood(conn, asked, home, place, candidates(said), query)
    meaning = Meaning(None if given is None else _wards(given, found, place, home), query)
    return meaning if query is None else _with_words(meaning, query, said, found)


def _wards(given: str, found: Found, place: ward.Named | None, home: str) -> list[str]:
    wards = found.in_force if given == "ward_code" else found.successors
    if given == "place":
        meant = ward.meant(place, home, msgspec.json.decode(found.rows, type=list[ward.Place])) if place else None
        wards = meant.ward_codes if meant else []
    if not wards:
        raise ward.PlaceUnknown(FieldError(f"?{given}", "not_found"))
    return wards


def _with_words(meaning: Meaning, query: Query, said: list[str | None], found: Found) -> Meaning:
    if found.whole:
        # "kho" is not on its way to "không".
        query = query.finished()
    looks_like = msgspec.json.decode(found.near, type=dict[str, list[str]])
    near = {typed: words for typed, alike in looks_like.items() if (words := nearest(typed, alike))}
    named = read(said, msgspec.json.decode(found.places, type=dict[str, list[str]]))
    if named is not None:
        places = {word for number, word in enumerate(said) if number in named.positions}
        near = {typed: words for typed, words in near.items() if typed not in places}
        meaning = replace(
            meaning, named=named.wards, rest=query.less(named.positions).guessed(near),
            place_words=[query.marked[number] for number in sorted(named.positions)],
        )  # fmt: skip
    return replace(meaning, query=query.guessed(near), guesses=[Guess(*each) for each in near.items()])


def _explained(item: JobItem, query: Query, meaning: Meaning) -> JobItem:
    found = [
        Match("title", matched(query, item.title)),
        Match("employer", matched(query, item.employer.name)),
        Match("place", meaning.place_words if item.ward_code in (meaning.named or ()) else []),
    ]
    return replace(item, matched=[match for match in found if match.words])
