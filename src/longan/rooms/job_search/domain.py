"""Rules of the room: what the words of a search mean, and why a posting answers them."""

import asyncpg
import msgspec
from msgspec.structs import replace

from longan.floor.base.errors import FieldError
from longan.floor.database.page import Cursors
from longan.floor.places import ward
from longan.floor.places.place_words import candidates
from longan.floor.postings.words_meant import may_name_places, understood
from longan.floor.search.queries import Query, parse
from longan.floor.search.why import matched
from longan.rooms.job_search import store
from longan.rooms.job_search.models import Found, Guess, JobFacets, JobItem, JobPage, Match, Meaning, Search

# Of so many postings, so many with the words are better looked for one after the other than gathered.
LARGE, FREQUENT = 100_000, 3_000
# About so many has a province; taken as if each had as many postings as any other.
WARDS = 100


async def find(
    conn: asyncpg.Connection, cursors: Cursors, home: str, asked: Search, cursor: str | None, limit: int
) -> JobPage:
    """One page of open postings.

    Raises `InvalidRequest` for a cursor of another search, an order that needs `q` or a point and has none, more than
    one place; `PlaceUnknown`, `PlaceAmbiguous`.
    """
    meaning = await meaning_of(conn, home, asked)
    page = await store.page(conn, cursors, asked, meaning, cursor, limit)
    query = meaning.query
    if query is None:
        return page
    return replace(page, items=[_explained(item, query, meaning) for item in page.items], guesses=meaning.guesses)


async def facets(conn: asyncpg.Connection, home: str, asked: Search) -> JobFacets:
    """What the postings that `find` lists have in common. Raises as it does."""
    return await store.facets(conn, asked, await meaning_of(conn, home, asked))


async def meaning_of(conn: asyncpg.Connection, home: str, asked: Search) -> Meaning:
    """What its words come to. At most one round trip, none when nothing was said in words. Raises as `find` does."""
    given = ward.the_one(asked.ward_code, asked.old_ward_code, asked.place)
    query = parse(asked.q) if asked.q else None
    if given is None and query is None:
        return Meaning()
    place = ward.name_of(asked.place) if asked.place is not None else None
    names = candidates(may_name_places(query)) if query else []
    found = await store.understood(conn, asked, home, place, names, query)
    meaning = Meaning(None if given is None else _wards(given, found, place, home), query)
    return meaning if query is None else _with_words(meaning, query, found)


def _wards(given: str, found: Found, place: ward.Named | None, home: str) -> list[str]:
    wards = found.in_force if given == "ward_code" else found.successors
    if given == "place":
        meant = ward.meant(place, home, msgspec.json.decode(found.rows, type=list[ward.Place])) if place else None
        wards = meant.ward_codes if meant else []
    if not wards:
        raise ward.PlaceUnknown(FieldError(f"?{given}", "not_found"))
    return wards


def _with_words(meaning: Meaning, query: Query, found: Found) -> Meaning:
    read = understood(query, found.places, found.near, is_whole=found.whole)
    shares = msgspec.json.decode(found.shares, type=dict[str, float])
    wards = min((len(codes) for codes in (meaning.wards, read.wards) if codes is not None), default=WARDS)
    expected = found.postings * (read.rest or read.query).share(shares) * min(wards / WARDS, 1.0)
    frequent = found.postings >= LARGE and expected >= FREQUENT
    return replace(
        meaning, query=read.query, named=read.wards, rest=read.rest, place_words=read.place_words,
        guesses=[Guess(*each) for each in read.near.items()], frequent=frequent,
    )  # fmt: skip


def _explained(item: JobItem, query: Query, meaning: Meaning) -> JobItem:
    found = [
        Match("title", matched(query, item.title)),
        Match("employer", matched(query, item.employer.name)),
        Match("place", meaning.place_words if item.ward_code in (meaning.named or ()) else []),
    ]
    return replace(item, matched=[match for match in found if match.words])
