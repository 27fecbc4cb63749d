"""Rules of the room: what is asked for, in tiles, boxes and circles, and what is counted."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.base.fields import Locale
from longan.floor.feedback import feedback_terms
from longan.floor.feedback.feedback_cells import FINEST, cell_of
from longan.floor.feedback.feedback_states import LETTERS, STATUSES
from longan.floor.feedback.feedback_terms import Category
from longan.floor.pay_and_days.wages import day_of
from longan.floor.requests.exchange import Exchange
from longan.rooms.feedback_map import store
from longan.rooms.feedback_map.models import (
    BoxInvalid,
    FeedbackCategories,
    FeedbackCategory,
    FeedbackCategoryCount,
    FeedbackChoice,
    FeedbackElsewhere,
    FeedbackFacets,
    FeedbackPage,
    FeedbackQuestion,
    FeedbackStatusCount,
    FeedbackTile,
    SimilarFeedbackList,
    Tile,
)

DAY = timedelta(days=1)
WORLD = Tile(0, 0, 0)
_NUMBER = re.compile(r"-?[0-9]{1,3}([.][0-9]{1,12})?")
_CODE = re.compile(f"PA([{LETTERS}]{{4}})([{LETTERS}]{{4}})")


def box_of(text: str | None) -> tuple[float, float, float, float] | None:
    """West, south, east, north. Raises `InvalidRequest` for what is none, `BoxInvalid` for one with nothing in it."""
    if text is None:
        return None
    parts = text.split(",")
    if len(parts) != 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise InvalidRequest(FieldError("?bbox", "bad_form"))
    west, south, east, north = (float(part) for part in parts)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BoxInvalid
    return west, south, east, north


def tile_of(z: str, x: str, y: str) -> Tile:
    """Raises `InvalidRequest` for what is no tile of a web map."""
    numbers = []
    for name, text in (("z", z), ("x", x), ("y", y)):
        if not (text.isascii() and text.isdigit() and len(text) <= 7):
            raise InvalidRequest(FieldError(f"?{name}", "bad_form"))
        numbers.append(int(text))
    tile = Tile(*numbers)
    for name, number, most in (("z", tile.z, FINEST), ("x", tile.x, 2**tile.z - 1), ("y", tile.y, 2**tile.z - 1)):
        if number > most:
            raise InvalidRequest(FieldError(f"?{name}", "too_large"))
    return tile


def code_of(text: str) -> str:
    """The one spelling of a code that somebody has written down. Raises `NotFound` for what is none."""
    found = _CODE.fullmatch(re.sub("[-._~]", "", text.upper()))
    if found is None:
        raise NotFound
    return f"PA-{found[1]}-{found[2]}"


async def categories(conn: asyncpg.Connection, home: str, locale: Locale, now: datetime) -> FeedbackCategories:
    known = await feedback_terms.categories(conn, day_of(now), home)
    return FeedbackCategories([_category(each, vi=locale == "vi") for each in known.values()])


def _category(given: Category, *, vi: bool) -> FeedbackCategory:
    way = given.elsewhere
    return FeedbackCategory(
        code=given.code,
        name=given.name_vi if vi else given.name_en,
        is_handled=given.is_handled,
        questions=[
            FeedbackQuestion(
                code=each.code, datatype=each.datatype, required=each.required,
                text=each.text_vi if vi else each.text_en,
                values=[FeedbackChoice(value.key, value.name_vi if vi else value.name_en) for value in each.values],
            )
            for each in given.questions
        ],
        accept_hours=given.accept_hours,
        urgent_hours=given.urgent_hours,
        working_days=given.working_days,
        elsewhere=None if way is None else FeedbackElsewhere(way.law, way.where_vi if vi else way.where_en, way.phone),
    )  # fmt: skip


async def similar(
    conn: asyncpg.Connection, account: UUID, category: str, lat: float, lon: float, home: str, now: datetime
) -> SimilarFeedbackList:
    """Raises `InvalidRequest` for a category that nobody handles here."""
    known = (await feedback_terms.categories(conn, day_of(now), home)).get(category)
    if known is None or not known.is_handled:
        raise InvalidRequest(FieldError("?category_code", "not_one_of"))
    terms = await feedback_terms.terms(conn, day_of(now), home)
    since = now - terms.similar_days * DAY
    found = await store.similar(conn, account, category, lat, lon, terms.similar_metres, since)
    return SimilarFeedbackList(found, terms.similar_metres, terms.similar_days)


async def page_of(
    conn: asyncpg.Connection, exchange: Exchange, text: str, home: str, locale: Locale, now: datetime
) -> FeedbackPage:
    """The public page of a report. Raises `NotFound` for what is not shown."""
    row = await store.one(conn, code_of(text))
    if row is None:
        raise NotFound
    category = _name(await feedback_terms.categories(conn, day_of(now), home), row["category_code"], locale)
    given = {name: value for name, value in row.items() if name in FeedbackPage.__struct_fields__}
    steps, photos = await store.steps(conn, row["id"]), await store.photos(conn, row["id"])
    page = FeedbackPage(**given, category=category, steps=steps, photos=photos)
    return exchange.tagged(page, row["version"], page)


async def tile(
    conn: asyncpg.Connection, asked: Tile, categories: list[str] | None, statuses: list[str] | None
) -> FeedbackTile:
    clusters = await store.clusters(conn, asked, cell_of(asked.x, asked.y), categories, statuses)
    return FeedbackTile(asked.z, asked.x, asked.y, sum(each.count for each in clusters), clusters)


async def facets(
    conn: asyncpg.Connection, asked: Tile, chosen: list[str] | None, statuses: list[str] | None, home: str,
    locale: Locale, now: datetime,
) -> FeedbackFacets:  # fmt: skip
    """Each facet counts among what the other one lets through."""
    known = await feedback_terms.categories(conn, day_of(now), home)
    counted = await store.counts(conn, asked, cell_of(asked.x, asked.y))
    by_category: dict[str, int] = {}
    by_status: dict[str, int] = {}
    total = 0
    for (category, status), number in counted.items():
        if statuses is None or status in statuses:
            by_category[category] = by_category.get(category, 0) + number
        if chosen is None or category in chosen:
            by_status[status] = by_status.get(status, 0) + number
            total += number if statuses is None or status in statuses else 0
    return FeedbackFacets(
        total,
        [
            FeedbackCategoryCount(code, _name(known, code, locale), by_category[code])
            for code in sorted(by_category, key=lambda each: (-by_category[each], each))
        ],
        [FeedbackStatusCount(status, by_status[status]) for status in STATUSES if status in by_status],
    )


def _name(known: Mapping[str, Category], code: str, locale: Locale) -> str:
    """A category that is offered no more is called by its code."""
    if code not in known:
        return code
    return known[code].name_vi if locale == "vi" else known[code].name_en
