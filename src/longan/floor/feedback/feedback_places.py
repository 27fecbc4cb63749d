"""In which ward a report lies: what its sender says, or what is clear from the point; all else is asked, never guessed.

There is no map of boundaries, only the middle and the area of each ward. A point is clear where it lies well within the
reach of one ward (the radius of a circle of its area) and beyond that of all others.
"""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest, Problem, Unprocessable, WardUnknown
from longan.floor.places.ward import Candidate, Place, PlaceAmbiguous, PlaceUnknown

# In reaches: within the first of one ward, beyond the second of all others, and so far apart.
WITHIN, BEYOND, APART = 0.8, 0.95, 0.5
# Whoever names a ward knows better than a circle, but not by so much.
FARTHEST, FARTHEST_METRES = 2.5, 5_000
POSSIBLE, MOST_CANDIDATES = 2.0, 6


class Near(msgspec.Struct, frozen=True):
    """A ward of now, and how far its middle is from the point: in metres, and in reaches. Both are null without one."""

    place: Place
    metres: float | None
    reach: float | None


class PointOutside(Unprocessable):
    """The point lies in another province, which `province` names where one is near, or in none."""

    code = "point_outside"
    vi, en = "Nơi này không thuộc tỉnh của chúng tôi", "This place is not in our province"

    def __init__(self, province: str | None) -> None:
        super().__init__(members={"province": province})


class PointElsewhere(Unprocessable):
    """The point is far from the ward that was named; `candidates` are the wards around it."""

    code = "point_elsewhere"
    vi, en = "Điểm trên bản đồ không nằm ở xã, phường đã chọn", "The point is not in the ward that was given"

    def __init__(self, places: Sequence[Place]) -> None:
        candidates = [msgspec.convert(place, Candidate, from_attributes=True) for place in places]
        super().__init__(FieldError("/ward_code", "elsewhere"), members={"candidates": candidates})


PROBLEMS: tuple[type[Problem], ...] = (WardUnknown, PlaceUnknown, PlaceAmbiguous, PointOutside, PointElsewhere)

_WARD = """select u.version, u.code, u.level, u.type, u.name, u.short_name, u.fold, null::text as district,
       p.name as province, u.province_code, array[]::text[] as within, array[]::text[] as also_within,
       array[u.code] as ward_codes, array[u.province_code] as province_codes,
       earth_distance(ll_to_earth(u.lat, u.lon), ll_to_earth($2, $3)) as metres,
       earth_distance(ll_to_earth(u.lat, u.lon), ll_to_earth($2, $3))
           / (1000 * sqrt(greatest(coalesce(u.area_km2, 20), 1) / pi())) as reach
  from places.units u
  join places.units p on p.version = u.version and p.code = u.province_code
 where u.version = places.version_on($1::timestamptz) and u.level = 'commune'"""

NEAR = f"""-- feedback_places.near
{_WARD} and u.lat between $2 - 0.6 and $2 + 0.6 and u.lon between $3 - 0.6 and $3 + 0.6
 order by reach
 limit 20"""

NAMED = f"""-- feedback_places.named
{_WARD} and u.code = any($4)
 order by u.code"""

SUCCESSORS = """-- feedback_places.successors
select s.new_code, s.kind
  from places.successions s
 where s.new_version = places.version_on($1::timestamptz) and s.old_code = $2
   and s.old_version = (select max(v.version) from places.versions v
                         where v.version < places.version_on($1::timestamptz))
 order by s.new_code"""


async def ward_of(
    conn: asyncpg.Connection, home: str, now: datetime, lat: float | None, lon: float | None, ward_code: str | None,
    old_ward_code: str | None = None,
) -> Place:  # fmt: skip
    """The ward of now in the province `home` in which something lies.

    Raises `InvalidRequest` for half a point, for both codes and where nothing is given; `WardUnknown`, `PlaceUnknown`
    for codes that no list has; `PointOutside`, `PointElsewhere`; `PlaceAmbiguous` with the wards to choose from.
    """
    if (lat is None) != (lon is None):
        raise InvalidRequest(FieldError("/lat" if lat is None else "/lon", "needs_both"))
    if ward_code is not None and old_ward_code is not None:
        raise InvalidRequest(FieldError("/old_ward_code", "one_of_them"))
    if ward_code is not None:
        found = await _named(conn, now, lat, lon, [ward_code])
        if not found:
            raise WardUnknown
        return await _checked(conn, home, now, lat, lon, found[0])
    if old_ward_code is not None:
        return await _succeeding(conn, home, now, lat, lon, old_ward_code)
    if lat is None:
        raise InvalidRequest(FieldError("/lat", "required"))
    near = await _near(conn, now, lat, lon)
    clear = the_clear(near)
    if clear is None:
        raise asked(near, home)
    return at_home(clear, home)


async def _succeeding(
    conn: asyncpg.Connection, home: str, now: datetime, lat: float | None, lon: float | None, old_code: str
) -> Place:
    """A ward of before is its one successor; of one that was divided only a clear point can say which."""
    rows = await conn.fetch(SUCCESSORS, now, old_code)
    found = await _named(conn, now, lat, lon, [row["new_code"] for row in rows])
    if not found:
        raise PlaceUnknown(FieldError("/old_ward_code", "not_found"))
    if len(found) == 1 and rows[0]["kind"] == "whole":
        return await _checked(conn, home, now, lat, lon, found[0])
    clear = the_clear(await _near(conn, now, lat, lon)) if lat is not None else None
    if clear is None or clear.place.code not in [each.place.code for each in found]:
        raise PlaceAmbiguous([each.place for each in found])
    return at_home(clear, home)


def the_clear(near: Sequence[Near]) -> Near | None:
    """The ward in which a point lies beyond doubt, of those around it, the nearest in reaches first."""
    if not near or near[0].reach is None or near[0].reach > WITHIN:
        return None
    for other in near[1:]:
        if other.reach is not None and (other.reach < BEYOND or other.reach - near[0].reach < APART):
            return None
    return near[0]


def at_home(found: Near, home: str) -> Place:
    """Raises `PointOutside`."""
    if found.place.province_code != home:
        raise PointOutside(found.place.province)
    return found.place


def asked(near: Sequence[Near], home: str) -> Problem:
    """`PlaceAmbiguous` with the wards of the province that are possible, `PointOutside` where there is none."""
    possible = [each.place for each in near if each.reach is not None and each.reach <= POSSIBLE]
    ours = [place for place in possible if place.province_code == home]
    if not ours:
        return PointOutside(possible[0].province if possible else None)
    return PlaceAmbiguous(ours[:MOST_CANDIDATES])


async def _checked(
    conn: asyncpg.Connection, home: str, now: datetime, lat: float | None, lon: float | None, found: Near
) -> Place:
    place = at_home(found, home)
    if (found.reach or 0) > FARTHEST and (found.metres or 0) > FARTHEST_METRES:
        near = await _near(conn, now, lat, lon)
        raise PointElsewhere([each.place for each in near if each.place.province_code == home][:MOST_CANDIDATES])
    return place


async def _near(conn: asyncpg.Connection, now: datetime, lat: float | None, lon: float | None) -> list[Near]:
    return _read(await conn.fetch(NEAR, now, lat, lon))


async def _named(
    conn: asyncpg.Connection, now: datetime, lat: float | None, lon: float | None, codes: list[str]
) -> list[Near]:
    return _read(await conn.fetch(NAMED, now, lat, lon, codes))


def _read(rows: Sequence[asyncpg.Record]) -> list[Near]:
    return [Near(msgspec.convert(row, Place), row["metres"], row["reach"]) for row in rows]
