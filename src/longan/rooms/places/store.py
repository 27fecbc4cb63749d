"""SQL of the room, each statement above the function that runs it."""

from datetime import date, datetime
from typing import Any, Literal

import asyncpg
import msgspec

from longan.floor.database.listing import Listing, Order, listing
from longan.floor.database.page import Cursors
from longan.floor.places import parks as park_names
from longan.floor.places import ward
from longan.rooms.places.models import Origin, ParkPage, Resolution, Successor, WardPage

# The database sorts by code point (it has no ICU), which puts Á after Z and Đ after everything. Here every letter is
# written as the one at its place in the Vietnamese alphabet, tones left out; digits and blanks stay before them.
ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONED = {
    "a": "àáảãạ", "ă": "ằắẳẵặ", "â": "ầấẩẫậ", "e": "èéẻẽẹ", "ê": "ềếểễệ", "i": "ìíỉĩị",
    "o": "òóỏõọ", "ô": "ồốổỗộ", "ơ": "ờớởỡợ", "u": "ùúủũụ", "ư": "ừứửữự", "y": "ỳýỷỹỵ",
}  # fmt: skip
LETTERS = ALPHABET + "".join(TONED.values())
PLACES = "".join(chr(ord("A") + ALPHABET.index(letter)) for letter in ALPHABET) + "".join(
    chr(ord("A") + ALPHABET.index(letter)) * len(toned) for letter, toned in TONED.items()
)
SORT_KEY = f"translate(lower(u.short_name), '{LETTERS}', '{PLACES}')"
PARK_KEY = SORT_KEY.replace("u.short_name", "k.name")

LIST = listing(
    Listing(
        name="places.list",
        select=f"""select u.code as ward_code, u.name, u.type, u.province_code, p.name as province, u.lat, u.lon,
       u.version, {SORT_KEY} as sort_key
  from places.units u
  join places.units p on p.version = u.version and p.code = u.province_code
 where u.version = places.version_on({{now}}::timestamptz) and u.level = 'commune'
   and u.province_code = {{province_code}}""",
        where={
            "q": "exists (select from unnest({folds}::text[], {types}::text[]) r (fold, type) "
            "where strpos(u.fold, r.fold) > 0 and (r.type is null or r.type = u.type))"
        },
        orders={
            "name": Order(
                by=f"{SORT_KEY}, u.code",
                after=f"({SORT_KEY}, u.code) > ({{after_0}}, {{after_1}})",
                position=("sort_key", "ward_code"),
                kind=tuple[str, str],
            )
        },
    )
)


async def search(
    conn: asyncpg.Connection, cursors: Cursors, now: datetime, *, province_code: str, q: str | None, cursor: str | None,
    limit: int,
) -> WardPage:  # fmt: skip
    """A page of the province's wards in Vietnamese order. Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, Any] = {"now": now, "province_code": province_code}
    if q is not None:
        readings = ward.readings(q)
        values |= {"folds": [reading.fold for reading in readings], "types": [reading.type for reading in readings]}
    return await LIST.page(conn, cursors, "name", values, cursor, limit, WardPage)


PARKS = listing(
    Listing(
        name="places.parks",
        select=f"""select k.code, k.name, k.kind, k.ward_code, u.name as ward, u.province_code, k.lat, k.lon, k.area_ha,
       k.source, {PARK_KEY} as sort_key
  from places.parks k
  join places.units u on u.version = k.ward_version and u.code = k.ward_code
 where k.ward_version = places.version_on({{now}}::timestamptz)""",
        where={
            "q": "{fold} <> '' and strpos(k.fold, {fold}) > 0",
            "wards": "k.ward_code = any({wards}::text[])",
            "province_code": "u.province_code = {province_code}",
        },
        orders={
            "name": Order(
                by=f"{PARK_KEY}, k.code",
                after=f"({PARK_KEY}, k.code) > ({{after_0}}, {{after_1}})",
                position=("sort_key", "code"),
                kind=tuple[str, str],
            )
        },
    )
)


async def parks(
    conn: asyncpg.Connection, cursors: Cursors, now: datetime, *, q: str | None, wards: list[str] | None,
    province_code: str | None, cursor: str | None, limit: int,
) -> ParkPage:  # fmt: skip
    """A page of industrial parks in Vietnamese order. Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, Any] = {"now": now, "wards": wards, "province_code": province_code}
    values |= {"fold": park_names.fold(q) if q is not None else None}
    given = {name: value for name, value in values.items() if value is not None}
    return await PARKS.page(conn, cursors, "name", given, cursor, limit, ParkPage)


SUCCESSORS = """-- places.successors
select n.code as ward_code, n.name, n.province_code, s.kind, s.detail,
       u.version, u.code, u.level, u.name as own_name, d.name as district, p.name as province,
       u.province_code as own_province_code
  from places.successions s
  join places.units n on n.version = s.new_version and n.code = s.new_code
  join places.units u on u.version = s.old_version and u.code = s.old_code
  join places.units p on p.version = u.version and p.code = u.province_code
  left join places.units d on d.version = u.version and d.code = u.parent_code and d.level = 'district'
 where s.new_version = places.version_on($1::timestamptz) and s.old_code = $2
   and s.old_version = coalesce($3, (select max(v.version) from places.versions v
                                      where v.version < places.version_on($1::timestamptz)))
 order by n.code"""


async def successors(
    conn: asyncpg.Connection, now: datetime, old_code: str, version: date | None = None
) -> Resolution | None:
    """The wards of now of an old ward (or island district); `version` is that of its list, the last one when None."""
    rows = await conn.fetch(SUCCESSORS, now, old_code, version)
    if not rows:
        return None
    # One commune of the country has a single successor that took only a part of it: the source does not know the rest.
    divided = len(rows) > 1 or rows[0]["kind"] == "partial"
    return Resolution(divided=divided, items=[_successor(row) for row in rows])


def _successor(row: asyncpg.Record) -> Successor:
    origin = Origin(
        version=row["version"], code=row["code"], level=row["level"], name=row["own_name"], district=row["district"],
        province=row["province"], province_code=row["own_province_code"],
    )  # fmt: skip
    return Successor(row["ward_code"], row["name"], row["province_code"], row["kind"], row["detail"], origin)


NAMES = """-- places.names
select n.code as ward_code, n.name, n.province_code
  from places.units n
 where n.version = places.version_on($1::timestamptz) and n.code = any($2::text[])
 order by n.code"""


async def wards_of(conn: asyncpg.Connection, now: datetime, place: ward.Place) -> Resolution:
    """The wards of now of a place of any level: `whole` when it is one, each `partial` when they are several."""
    if place.level == "commune" and (found := await successors(conn, now, place.code, place.version)) is not None:
        return found
    rows = await conn.fetch(NAMES, now, place.ward_codes)
    kind: Literal["whole", "partial"] = "whole" if len(rows) == 1 else "partial"
    origin = msgspec.convert(place, Origin, from_attributes=True)
    return Resolution(
        divided=len(rows) > 1,
        items=[Successor(row["ward_code"], row["name"], row["province_code"], kind, kind, origin) for row in rows],
    )
