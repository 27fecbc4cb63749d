"""Wards in SQL: what a caller names, in any list or in words, as codes of the list in force now."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import asyncpg
import msgspec
from litestar.params import QueryParameter

from longan.floor.base.errors import FieldError, InvalidRequest, Problem, Unprocessable
from longan.floor.search.search import fold, mark

# Bounds inside FromQuery[...] are not enforced; those of a QueryParameter are.
WardCode = Annotated[str | None, QueryParameter(pattern="^[0-9]{5}$", description="Ward code of the list in force now")]
OldWardCode = Annotated[
    str | None,
    QueryParameter(
        pattern="^[0-9]{3}([0-9]{2})?$",
        description="Ward code of the list before (until 2025-06-30); an island district without communes has 3 digits",
    ),
]
ProvinceCode = Annotated[str | None, QueryParameter(pattern="^[0-9]{2}$", description="Province code in force now")]
PlaceName = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=120,
        description="A ward, district or province, of now or before, in words: `Bến Lức`, `Phường 3, Thành phố Tân An`",
    ),
]

TYPES = {
    "xa": "Xã", "x": "Xã", "phuong": "Phường", "p": "Phường", "thi tran": "Thị trấn", "tt": "Thị trấn",
    "huyen": "Huyện", "h": "Huyện", "quan": "Quận", "q": "Quận", "thi xa": "Thị xã", "tx": "Thị xã",
    "thanh pho": "Thành phố", "tp": "Thành phố", "tinh": "Tỉnh", "dac khu": "Đặc khu",
}  # fmt: skip
COUNTRY = "viet nam"

_NUMBERED = re.compile("([pq])([0-9]+)")


class Reading(msgspec.Struct, frozen=True):
    """One way to read a name: folded, with the type as the lists write it, or of any type."""

    fold: str
    type: str | None


class Place(msgspec.Struct, frozen=True):
    """A unit of the list in force now or of the one before, with the wards of now in which it lies.

    `within` and `also_within` are the units above it, each as "type/fold": in its own list, and in the other one.
    """

    version: date
    code: str
    level: str
    type: str
    name: str
    short_name: str
    fold: str
    district: str | None
    province: str
    province_code: str
    within: list[str]
    also_within: list[str]
    ward_codes: list[str]
    province_codes: list[str]


class Candidate(msgspec.Struct, frozen=True):
    """What `place_ambiguous` offers. `version` is the day the unit's list came into force."""

    name: str
    level: str
    version: date
    code: str
    district: str | None
    province: str
    ward_codes: list[str]


class PlaceUnknown(Unprocessable):
    code = "place_unknown"
    vi, en = "Không tìm thấy nơi này", "We do not know this place"


class PlaceAmbiguous(Unprocessable):
    """Several places have the name. `candidates` are the choices."""

    code = "place_ambiguous"
    vi, en = "Có nhiều nơi cùng tên, xin chọn một", "Several places have this name; please choose one"

    def __init__(self, places: Sequence[Place]) -> None:
        # Of two names for the same wards the present one is shown: its code can be sent as `ward_code`.
        choices = {tuple(place.ward_codes): place for place in places}.values()
        super().__init__(
            members={"candidates": [msgspec.convert(place, Candidate, from_attributes=True) for place in choices]}
        )


PROBLEMS: tuple[type[Problem], ...] = (PlaceUnknown, PlaceAmbiguous)

IN_FORCE = """-- ward.in_force
select u.code
  from places.units u
 where u.version = places.version_on($1::timestamptz) and u.code = $2 and u.level = 'commune'"""

SUCCESSORS = """-- ward.successors
select s.new_code
  from places.successions s
 where s.new_version = places.version_on($1::timestamptz) and s.old_code = $2
   and s.old_version = (select max(v.version) from places.versions v
                         where v.version < places.version_on($1::timestamptz))
 order by s.new_code"""


async def codes(
    conn: asyncpg.Connection,
    home: str,
    now: datetime,
    ward_code: str | None,
    old_ward_code: str | None,
    place: str | None,
) -> list[str] | None:
    """Codes in force now of what was named, None when nothing was.

    `ward_code` is of the list in force now, `old_ward_code` of the one before: all its successors. `place` is read as
    `find` does. Raises `InvalidRequest` for more than one of them, `PlaceUnknown`, `PlaceAmbiguous`.
    """
    given = the_one(ward_code, old_ward_code, place)
    if given is None:
        return None
    if place is not None:
        found = await find(conn, home, now, place)
        wards = found.ward_codes if found else []
    else:
        statement, code = (IN_FORCE, ward_code) if ward_code is not None else (SUCCESSORS, old_ward_code)
        wards = [row[0] for row in await conn.fetch(statement, now, code)]
    if not wards:
        raise PlaceUnknown(FieldError(f"?{given}", "not_found"))
    return wards


def the_one(ward_code: str | None, old_ward_code: str | None, place: str | None) -> str | None:
    """Which of them is given. Raises `InvalidRequest` for more than one."""
    named = {"ward_code": ward_code, "old_ward_code": old_ward_code, "place": place}
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1:
        raise InvalidRequest(*(FieldError(f"?{name}", "one_of_them") for name in given))
    return given[0] if given else None


# The codes of provinces, districts and communes differ in length, so that one equals another only within its level.
# The two readings are no array: the planner thinks any array long, and would plan anew at every call.
NAMED = """-- ward.named
with lists as (
    select l.present, (select max(v.version) from places.versions v where v.version < l.present) as past
      from (select places.version_on($1::timestamptz) as present) l)
select u.version, u.code, u.level, u.type, u.name, u.short_name, u.fold, d.name as district, p.name as province,
       u.province_code, array_remove(array[d.type || '/' || d.fold, p.type || '/' || p.fold], null) as within,
       coalesce(o.also_within, '{}') as also_within, w.ward_codes, w.province_codes
  from lists l
  join places.units u on u.version in (l.present, l.past) and u.fold in ($2, $3)
  join places.units p on p.version = u.version and p.code = u.province_code
  left join places.units d on d.version = u.version and d.code = u.parent_code and d.level = 'district'
 cross join lateral (
    select array_agg(n.code order by n.code) as ward_codes, array_agg(distinct n.province_code) as province_codes
      from (select c.code, c.province_code
              from places.units c
             where u.version = l.present and c.version = u.version and c.level = 'commune'
               and (c.code = u.code or c.parent_code = u.code)
             union
            select n.code, n.province_code
              from places.units c
              join places.successions s
                on s.old_version = c.version and s.old_code = c.code and s.new_version = l.present
              join places.units n on n.version = s.new_version and n.code = s.new_code
             where u.version = l.past and c.version = u.version
               and (c.code = u.code or c.parent_code = u.code or c.province_code = u.code and c.level = 'commune')) n) w
  left join lateral (
    select array_agg((select a.type || '/' || a.fold from places.units a
                       where a.version = around.version and a.code = around.code)) as also_within
      from (select l.present as version, unnest(w.province_codes) as code where u.version = l.past
             union
            select c.version, unnest(array[c.parent_code, c.province_code])
              from places.successions s
              join places.units c on c.version = s.old_version and c.code = s.old_code
             where u.version = l.present and s.new_version = l.present and s.old_version = l.past
               and s.new_code = any(w.ward_codes)) around) o on $4::bool
 where w.ward_codes is not null
 order by u.version, length(u.code), u.code"""


async def find(conn: asyncpg.Connection, home: str, now: datetime, text: str) -> Place | None:
    """The one place that `text` names: a ward, district or province, of now or of the list before, with type words or
    without, the places around it after commas.

    Of several, those in the province `home` come first, then those spelled with the marks of the text, then the one
    whose wards include those of all others (an old district, over the town of its name). None when there is no such
    place. Raises `PlaceAmbiguous`.
    """
    named = name_of(text)
    if named is None:
        return None
    rows = await conn.fetch(NAMED, now, named.own[0].fold, named.own[-1].fold, bool(named.around))
    return meant(named, home, msgspec.convert(rows, list[Place]))


class Named(msgspec.Struct, frozen=True):
    """A place as somebody wrote it: `text` is the name alone, `own` the ways to read it, `around` those of the places
    after the commas, `marked` whether there are marks anywhere."""

    text: str
    marked: bool
    own: list[Reading]
    around: list[list[Reading]]


def name_of(text: str) -> Named | None:
    """What `NAMED` is asked for: the folds of the first and the last way to read it, and whether there are `around`."""
    parts = [part for part in re.split("[,;]", text) if fold(part) not in ("", COUNTRY)]
    if not parts:
        return None
    own, *around = [readings(part) for part in parts]
    return Named(parts[0], not text.isascii(), own, around)


def meant(named: Named, home: str, found: Sequence[Place]) -> Place | None:
    """The one of the rows of `NAMED` that is meant. Raises `PlaceAmbiguous`."""
    places = [place for place in found if _is_named(named.own, f"{place.type}/{place.fold}")]
    places = _preferred(_around(places, named.around), home, named.text, marked=named.marked)
    if not places:
        return None
    every = set().union(*(place.ward_codes for place in places))
    for place in places:
        if len(place.ward_codes) == len(every):
            return place
    raise PlaceAmbiguous(places)


def readings(name: str) -> list[Reading]:
    """The ways to read a name, two at most: "Tịnh Biên", but also the type "tỉnh" and "Biên". None without a letter."""
    words = [(word.lstrip("0") or "0") if word.isdigit() else word for word in fold(name).split()]
    if not words:
        return []
    found = [Reading(" ".join(words), None)]
    if len(words) == 1 and (numbered := _NUMBERED.fullmatch(words[0])):
        found.append(Reading(numbered[2].lstrip("0"), TYPES[numbered[1]]))
    for length in (1, 2):
        kind, rest = TYPES.get(" ".join(words[:length])), " ".join(words[length:])
        if kind and rest:
            found.append(Reading(rest, kind))
    return found


def _is_named(name: list[Reading], unit: str) -> bool:
    kind, _, folded = unit.partition("/")
    return any(reading.fold == folded and reading.type in (None, kind) for reading in name)


def _around(places: list[Place], around: list[list[Reading]]) -> list[Place]:
    """Those that lie in all of `around`, in the words of one list; else in the words of both."""

    def lie(units: list[str]) -> bool:
        return all(any(_is_named(name, unit) for unit in units) for name in around)

    return [place for place in places if lie(place.within)] or [
        place for place in places if lie(place.within + place.also_within)
    ]


def _preferred(places: list[Place], home: str, name: str, *, marked: bool) -> list[Place]:
    """Those at home, else all; of these the ones spelled as `name`, when whoever wrote it writes marks, else all."""
    places = [place for place in places if home in place.province_codes] or places
    if not marked:
        return places
    return [place for place in places if mark(name).endswith(mark(place.short_name))] or places
