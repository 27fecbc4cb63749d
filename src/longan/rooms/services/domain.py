"""Rules of the room: what the words of a search mean, why a procedure answers them, and what its text comes to."""

from collections import Counter
from datetime import datetime
from typing import Any, get_args

import asyncpg
import msgspec
from msgspec.structs import replace

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.base.fields import Locale
from longan.floor.database.page import Cursors
from longan.floor.pay_and_days.wages import day_of
from longan.floor.places import ward  # fmt: skip
from longan.floor.procedures import life_events, procedure_advice, procedure_papers, procedure_places, procedure_words
from longan.floor.procedures.life_events import LifeEvent, Named
from longan.floor.procedures.procedure_advice import Related
from longan.floor.procedures.procedures import Known, Procedure
from longan.floor.search import typing_errors
from longan.floor.search.queries import Query, parse
from longan.floor.search.search import fold
from longan.floor.search.why import matched
from longan.rooms.services import store
from longan.rooms.services.models import (
    Dimension,
    EventBrief,
    LifeEventList,
    LifeEventShown,
    LifeEventStep,
    PersonaItem,
    PersonaList,
    Portal,
    ProcedureFacetCount,
    ProcedureFacets,
    ProcedureGuess,
    ProcedureItem,
    ProcedureMatch,
    ProcedurePage,
    ProcedureShown,
    ProcedureSuggestion,
    ProcedureSuggestionList,
    Search,
)  # fmt: skip

PORTAL = "https://dichvucong.gov.vn/"
MOST_SUGGESTED = 8
# Nearly every procedure has a word that begins with one letter, or two; with three, too many to put into order while
# somebody types on.
LETTERS_OF_A_WORD = 3
LETTERS_OF_A_SEARCH = 4
HITS_OF_WORDS = 100_000
KINDS: tuple[Dimension, ...] = ("level", "online_level", "audience", "who")


class Meaning(msgspec.Struct, frozen=True):
    """What the words of a search come to: the query, the event it names, and the words taken for mistyped."""

    values: dict[str, Any]
    query: Query | None = None
    named: Named | None = None
    guesses: list[ProcedureGuess] = []


async def find(
    conn: asyncpg.Connection, cursors: Cursors, home: str, now: datetime, locale: Locale, asked: Search,
    cursor: str | None, limit: int,
) -> ProcedurePage:  # fmt: skip
    """One page of procedures. Raises `InvalidRequest` for a cursor of another search, an event that is not known."""
    meaning = await meaning_of(conn, home, now, asked)
    page = await store.page(conn, cursors, meaning.values, asked.asked(), cursor, limit)
    if meaning.query is None:
        return page
    named = meaning.named
    return ProcedurePage(
        items=[_explained(item, meaning.query, named) for item in page.items],
        next_cursor=page.next_cursor,
        guesses=meaning.guesses,
        life_event=None if named is None else brief(named.event, locale),
    )


async def facets(conn: asyncpg.Connection, home: str, now: datetime, asked: Search) -> ProcedureFacets:
    """What the procedures that `find` lists have in common. Raises as it does."""
    rows = await store.facets(conn, (await meaning_of(conn, home, now, asked)).values)
    total = 0
    names: dict[str, str] = {}
    counts: dict[Dimension, Counter[str]] = {dimension: Counter() for dimension in get_args(Dimension)}
    for code, name, kinds, count in rows:
        if kinds is None:
            names[code] = name
            counts["field_code"][code] += count
            continue
        total += count
        for kind, listed in zip(KINDS, kinds.split(";"), strict=True):
            counts[kind].update(dict.fromkeys(filter(None, listed.split(",")), count))
    return ProcedureFacets(
        total,
        {
            dimension: [
                ProcedureFacetCount(value, names.get(value), count)
                for value, count in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
            ]
            for dimension, counted in counts.items()
        },
    )


async def meaning_of(conn: asyncpg.Connection, home: str, now: datetime, asked: Search) -> Meaning:
    """At most one round trip, none without `q`. Raises as `find` does."""
    values: dict[str, Any] = {
        name: value
        for name in ("field_codes", "levels", "online_levels", "audiences", "who", "province_code")
        if (value := getattr(asked, name)) is not None
    }
    day = day_of(now)
    if asked.life_event is not None:
        if (event := life_events.on(day).get(asked.life_event)) is None:
            raise InvalidRequest(FieldError("?life_event", "not_found"))
        values["steps"] = [step.code for step in event.steps]
    if not asked.q:
        return Meaning(values)
    query = parse(asked.q)
    named = life_events.named(query, day)
    known = await store.known(conn, query)
    if known.is_whole or len(query.unfinished() or "") < LETTERS_OF_A_WORD:
        # "kho" is not on its way to "không", and "đ" to nothing that could be told.
        query = query.finished()
    looks_like = msgspec.json.decode(known.near, type=dict[str, list[str]])
    near = {typed: meant for typed, alike in looks_like.items() if (meant := typing_errors.nearest(typed, alike))}
    query = query.guessed(near)
    values |= _worded(query, home, named)
    return Meaning(values, query, named, [ProcedureGuess(*each) for each in near.items()])


def _worded(query: Query, home: str, named: Named | None) -> dict[str, Any]:
    marked, folded = " ".join(query.marked), " ".join(query.said())
    return {
        "words": query.written(joined=True),
        "marked": marked,
        "in_marked": f" {marked}",
        "folded": folded,
        "in_name": f" {folded}",
        "called": [f" {folded}", f" thu tuc {folded}"],
        "is_one_word": len(query.said()) < 2,
        "event_codes": named.codes if named else [],
        "leads": named is not None and named.says_all,
        "by_words": HITS_OF_WORDS if named is not None and not named.by_name else 0,
        "home": home,
    }


def _explained(item: ProcedureItem, query: Query, named: Named | None) -> ProcedureItem:
    found = [
        ProcedureMatch("name", matched(query, item.name)),
        ProcedureMatch("field", matched(query, item.field)),
        ProcedureMatch("agency", matched(query, item.agency)),
        ProcedureMatch("words", matched(query, procedure_words.spoken(item.code))),
        ProcedureMatch("life_event", [named.spoken] if named is not None and item.code in named.codes else []),
    ]
    return replace(item, matched=[match for match in found if match.words])


async def suggest(
    conn: asyncpg.Connection, cursors: Cursors, home: str, now: datetime, locale: Locale, q: str
) -> ProcedureSuggestionList:
    """Events, procedures and fields that begin with what is typed so far, at most 16."""
    typed = fold(q)
    if not typed:
        return ProcedureSuggestionList([])
    day = day_of(now)
    events = life_events.begun(typed.split(), day)
    found = [ProcedureSuggestion("life_event", brief(event, locale).name, event.code) for event in events]
    if len(typed) < LETTERS_OF_A_SEARCH:
        found += await store.suggest_names(conn, typed, MOST_SUGGESTED)
    else:
        query = parse(q)
        values = _worded(query, home, life_events.named(query, day))
        page = await store.page(conn, cursors, values, Search(q=q).asked(), None, MOST_SUGGESTED)
        found += [ProcedureSuggestion("procedure", item.name, item.code) for item in page.items]
    return ProcedureSuggestionList([*found, *await store.suggest_fields(conn, typed)])


async def shown(
    conn: asyncpg.Connection, home: str, now: datetime, locale: Locale, code: str,
    place: tuple[str | None, str | None, str | None] = (None, None, None),
) -> ProcedureShown:  # fmt: skip
    """A procedure, explained to whoever is in that place. Raises `NotFound`, and what `ward.codes` raises."""
    wards = await ward.codes(conn, home, now, *place)
    if (stored := await store.one(conn, code, home)) is None:
        raise NotFound
    procedure = msgspec.json.decode(stored.procedure, type=Procedure)
    day = day_of(now)
    papers = procedure_papers.papers_of(procedure.documents)
    papers_cut = (procedure.documents_total or 0) > len(procedure.documents)
    known = {name: getattr(procedure, name) for name in Known.__struct_fields__}
    forms = [paper for case in papers for paper in case.papers if paper.has_form]
    filed_at = portal(procedure.source_url)
    return ProcedureShown(
        **known | {name: procedure_advice.usable(known[name]) for name in ("fee_min", "fee_max")},
        methods=[procedure_advice.way(method, locale) for method in procedure.methods],
        who=msgspec.convert(stored.who, list[procedure_words.Who]),
        papers=papers,
        papers_version=procedure_papers.version_of(papers),
        forms=forms,
        forms_url=filed_at.url if forms and filed_at.is_exact else None,
        where=await procedure_places.where(
            conn,
            home,
            day,
            locale,
            procedure,
            wards,
            any_centre=procedure_advice.at_any_centre(procedure),
            elsewhere=stored.elsewhere,
        ),
        notes=procedure_advice.notes(procedure, day, locale, papers_cut=papers_cut, elsewhere=stored.elsewhere),
        related=await related(conn, home, now, code),
        life_events=[brief(event, locale) for event in life_events.of(code, day)],
        portal=filed_at,
    )


async def related(conn: asyncpg.Connection, home: str, now: datetime, code: str) -> list[Related]:
    """Those that our list names and those of the same name; what is the same for a person comes first."""
    kinds = procedure_advice.related(code, day_of(now))
    rows = await store.related(conn, list(kinds), code, home)
    found = [Related(kinds.get(row["code"], "same_name"), row["code"], row["name"], row["agency"]) for row in rows]
    order = list(get_args(procedure_advice.Relation))
    return sorted(found, key=lambda each: (order.index(each.kind), each.code))


def portal(source_url: str | None) -> Portal:
    """Only the national portal's own address leads there: what is imported may say anything."""
    is_exact = source_url is not None and source_url.startswith(PORTAL)
    return Portal(source_url if is_exact and source_url else PORTAL, is_exact)


def brief(event: LifeEvent, locale: Locale) -> EventBrief:
    return EventBrief(event.code, event.en if locale == "en" else event.vi)


def events(now: datetime, locale: Locale) -> LifeEventList:
    """All that are known on the day."""
    return LifeEventList([brief(event, locale) for event in life_events.on(day_of(now)).values()])


async def event(conn: asyncpg.Connection, now: datetime, locale: Locale, code: str) -> LifeEventShown:
    """An event with its procedures, those of them that there are. Raises `NotFound`."""
    if (found := life_events.on(day_of(now)).get(code)) is None:
        raise NotFound
    items = await store.by_code(conn, [step.code for step in found.steps])
    return LifeEventShown(
        code=found.code,
        name=brief(found, locale).name,
        valid_from=found.valid_from,
        steps=[
            LifeEventStep(step.en if locale == "en" else step.vi, items[step.code])
            for step in found.steps
            if step.code in items
        ],
    )


def personas(locale: Locale) -> PersonaList:
    """What somebody may be, as the filter `who` knows it."""
    every = procedure_words.groups().items()
    return PersonaList([PersonaItem(code, group.en if locale == "en" else group.vi) for code, group in every])
