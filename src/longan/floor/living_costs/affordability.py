"""Job, room and the way between: what is left of a month's pay, sorted, and explained line by line.

The pay is the one that one can rely on (`pay.comparable`), the room one's share of its true cost (`monthly_cost`), the
way that of `commute`. Where one of the three is not known the pair is not ranked: to count it as nothing would put it
on top.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.living_costs.commute import (
    WAYS_A_DAY,
    ByDistance,
    Commute,
    Mode,
    TravelRate,
    on_sphere,
    reckon,
    straight_metres,
)
from longan.floor.pay_and_days.money_said import en, vi
from longan.floor.pay_and_days.pay import Amount
from longan.floor.pay_and_days.pay_words import Line

Point: TypeAlias = tuple[float, float, float, int]
"""Where a room is, in metres from the middle of the earth, and what it costs."""

MOST_JOBS, MOST_ROOMS, MOST_SHOWN = 100, 1_000, 100
MAX_WAY_M = 200_000


class Work(msgspec.Struct, frozen=True):
    """A job: what one can rely on a month, null where that cannot be told; where it is, null where unknown (`rough`:
    only the middle of a ward); working days of a month; whether the employer's bus takes people there."""

    id: UUID
    month: Amount | None
    lat: float | None
    lon: float | None
    days: Annotated[int, Meta(ge=1, le=31)]
    has_bus: bool = False
    rough: bool = False


class Room(msgspec.Struct, frozen=True):
    """A room: one's share of its true cost of a month; `is_complete` as in `MonthlyCost`."""

    id: UUID
    cost: Amount
    lat: float | None
    lon: float | None
    is_complete: bool = True
    rough: bool = False


class JobRoomPair(msgspec.Struct, frozen=True):
    """`left` of a month is `pay` less `room` less `travel`, in whole đồng; it may be less than nothing. `is_sure`: the
    room's prices are all known; else less is left than this."""

    job_id: UUID
    room_id: UUID
    left: Amount
    pay: Amount
    room: Amount
    travel: Amount
    road_m: int
    mode: Mode
    is_sure: bool


class JobRoomRanking(msgspec.Struct, frozen=True):
    """The best pairs, those that leave most first, of `ranked` in all. `jobs_left_out` have no pay that one can rely
    on or no place, `rooms_left_out` no place."""

    pairs: list[JobRoomPair]
    ranked: int
    jobs_left_out: list[UUID]
    rooms_left_out: list[UUID]


def rank(
    works: Sequence[Work], rooms: Sequence[Room], rate: TravelRate, bus: TravelRate | None, shown: int,
    max_road_m: int = MAX_WAY_M, reach_m: Mapping[Mode, int] | None = None,
) -> JobRoomRanking:  # fmt: skip
    """All jobs with all rooms by what is left, then by the shorter way, then by id; ways longer than `max_road_m`, or
    than `reach_m` has for their mode, are left away. With `bus`, the rate of the employer's bus, it is taken where
    there is one."""
    paid = sorted((work for work in works if _is_known(work)), key=lambda work: work.id)
    placed = sorted((room for room in rooms if room.lat is not None and room.lon is not None), key=lambda room: room.id)
    points = [(*on_sphere(room.lat or 0.0, room.lon or 0.0), room.cost) for room in placed]
    used = [bus if bus is not None and work.has_bus else rate for work in paid]
    found: list[tuple[int, int, int, int]] = []
    for at, work in enumerate(paid):
        reach = min(max_road_m, (reach_m or {}).get(used[at].mode, max_road_m))
        found += _pairs(at, work, work.month or 0, points, used[at], reach)
    pairs = []
    for missing, road_m, at, index in nsmallest(shown, found):
        work, room, pay = paid[at], placed[index], paid[at].month or 0
        pairs.append(
            JobRoomPair(
                job_id=work.id,
                room_id=room.id,
                left=-missing,
                pay=pay,
                room=room.cost,
                travel=pay + missing - room.cost,
                road_m=road_m,
                mode=used[at].mode,
                is_sure=room.is_complete,
            )
        )
    left_out = {room.id for room in rooms} - {room.id for room in placed}
    return JobRoomRanking(
        pairs, len(found), [work.id for work in works if not _is_known(work)],
        [room.id for room in rooms if room.id in left_out],
    )  # fmt: skip


def _is_known(work: Work) -> bool:
    return work.month is not None and work.lat is not None and work.lon is not None


def explain(pair: JobRoomPair, commute: Commute, people: int) -> list[Line]:
    """The lines of a pair; together they are what is left. `commute` is that of `way`."""
    vi_share = f" (phần của một trong {people} người)" if people > 1 else ""
    en_share = f" (the share of one of {people})" if people > 1 else ""
    vi_doubt = "" if pair.is_sure else "; tin chưa nói đủ giá điện, nước nên thực tế tốn hơn"
    en_doubt = "" if pair.is_sure else "; not all prices are said, so that it costs more"
    return [
        Line("pay", pair.pay, f"Lương chắc chắn: {vi(pair.pay)}", f"Pay one can rely on: {en(pair.pay)}"),
        Line(
            "room", -pair.room, f"Chi phí ở thật{vi_share}: trừ {vi(pair.room)}{vi_doubt}",
            f"True cost of the room{en_share}: less {en(pair.room)}{en_doubt}",
        ),
        Line("travel", -pair.travel, commute.vi, commute.en),
        Line("method", 0, commute.method_vi, commute.method_en),
        Line("left", 0, f"Còn lại mỗi tháng: {vi(pair.left)}", f"Left each month: {en(pair.left)}"),
    ]  # fmt: skip


def way(work: Work, room: Room, rate: TravelRate) -> Commute:
    """The way of a ranked pair in words; `rate` is that of the pair's mode."""
    lat, lon, to_lat, to_lon = room.lat or 0.0, room.lon or 0.0, work.lat or 0.0, work.lon or 0.0
    return reckon(rate, straight_metres(lat, lon, to_lat, to_lon), work.days, rough=work.rough or room.rough)


def _pairs(
    at: int, work: Work, pay: int, points: Sequence[Point], rate: TravelRate, max_road_m: int
) -> list[tuple[int, int, int, int]]:
    """What is missing to nothing, the way, and which job and room: in order, the best first. What `TravelRate` does for
    one distance is written out, for it is done for each room of each job."""
    x, y, z = on_sphere(work.lat or 0.0, work.lon or 0.0)
    percent, days, price = rate.roads.road_percent, work.days, rate.price
    a_km, ends, fares = 0, [], [0]
    if isinstance(price, ByDistance):
        a_km = WAYS_A_DAY * days * price.a_km
    else:
        ends = [fare.up_to_m for fare in price.fares if fare.up_to_m is not None]
        fares = [WAYS_A_DAY * days * fare.fare for fare in price.fares]
    found = []
    for index, (room_x, room_y, room_z, cost) in enumerate(points):
        dx, dy, dz = room_x - x, room_y - y, room_z - z
        road_m = -(-round(math.sqrt(dx * dx + dy * dy + dz * dz)) * percent // 10_000) * 100
        if road_m <= max_road_m:
            travel = -(-road_m * a_km // 1000) if a_km else fares[bisect_left(ends, road_m)]
            found.append((cost + travel - pay, road_m, at, index))
    return found
