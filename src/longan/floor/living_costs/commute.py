"""The way to work: how far it is on the ground, and what it costs in a month.

The ground is approximated: the straight line between the two points times a stated share (`travel_costs.toml`), for no
map of roads is asked. Prices are dated data. Distances are whole metres, money whole đồng, rounded up.
"""

import math
from datetime import date
from functools import cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Day
from longan.floor.pay_and_days.dated_rules import BadRules, Dated, check_days, decoded, on, packaged
from longan.floor.pay_and_days.money_said import en, vi
from longan.floor.pay_and_days.pay import MONTH_WEEKS_IN_THIRDS, WEEK_DAYS, Amount

Mode = Literal["motorbike", "bus", "bicycle", "walking", "company_bus"]

# As earthdistance of PostgreSQL has it, so that a list and an explanation agree.
EARTH_M = 6_378_168
WAYS_A_DAY = 2

Metres = Annotated[int, Meta(ge=1, le=1_000_000)]
Fee = Annotated[int, Meta(ge=0, le=1_000_000)]
Pace = Annotated[int, Meta(ge=1, le=1_000)]


class Roads(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    road_percent: Annotated[int, Meta(ge=100, le=300)]


class ByDistance(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`a_km` in đồng."""

    a_km: Fee
    minutes_a_10_km: Pace


class Fare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one ride of at most so many metres; without an end for all longer ones."""

    fare: Fee
    up_to_m: Metres | None = None


class ByFare(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    fares: list[Fare]
    minutes_a_10_km: Pace


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All there are, of all days and modes."""

    roads: list[Roads]
    motorbike: list[ByDistance]
    bicycle: list[ByDistance]
    walking: list[ByDistance]
    company_bus: list[ByDistance]
    bus: list[ByFare]

    def by_distance(self, mode: Mode) -> list[ByDistance]:
        """Of every mode but the bus."""
        of = {
            "motorbike": self.motorbike,
            "bicycle": self.bicycle,
            "walking": self.walking,
            "company_bus": self.company_bus,
        }
        return of[mode]


class Commute(msgspec.Struct, frozen=True):
    """`straight_m` is the straight line, `road_m` the way on the ground as approximated, one way; `minutes` of one way;
    `month` what a month of `days` with two ways each costs. `method_vi` and `method_en` say how; `valid_from` is the
    day from which the price holds, `source` where it is from."""

    mode: Mode
    straight_m: int
    road_m: int
    minutes: int
    days: int
    month: Amount
    vi: str
    en: str
    method_vi: str
    method_en: str
    valid_from: Day
    source: str


class TravelRate(msgspec.Struct, frozen=True):
    """What holds for one mode on a day; knows the cost of any distance."""

    mode: Mode
    roads: Roads
    price: ByDistance | ByFare

    def road_m(self, straight_m: int) -> int:
        """The way on the ground, rounded up to 100 m: no more is known, and it is what the words say."""
        return -(-straight_m * self.roads.road_percent // 10_000) * 100

    def month(self, road_m: int, days: int) -> int:
        """What so many days a month with a way of so many metres cost."""
        if isinstance(self.price, ByDistance):
            return -(-road_m * WAYS_A_DAY * days * self.price.a_km // 1000)
        return WAYS_A_DAY * days * _fare(self.price, road_m)

    def minutes(self, road_m: int) -> int:
        return -(-road_m * self.price.minutes_a_10_km // 10_000)


@cache
def costs() -> Costs:
    """Those in the package. Raises `BadRules`."""
    return read(packaged("travel_costs.toml"))


def read(toml: bytes) -> Costs:
    """Raises `BadRules` for what is misspelt or overlapping, and for fares that fall with the distance or end."""
    found = decoded(toml, Costs)
    for name in Costs.__struct_fields__:
        check_days(name, getattr(found, name))
    for each in found.bus:
        ends = [fare.up_to_m for fare in each.fares]
        if not ends or ends[-1] is not None or None in ends[:-1]:
            raise BadRules(f"bus of {each.valid_from}: the last fare, and only it, is without an end")
        known = [end for end in ends if end is not None]
        amounts = [fare.fare for fare in each.fares]
        if known != sorted(set(known)) or amounts != sorted(amounts):
            raise BadRules(f"bus of {each.valid_from}: the fares are not in order")
    return found


def rate_on(mode: Mode, day: date, of: Costs | None = None) -> TravelRate | None:
    """What holds on a day, None where a price or the share of the roads is not known."""
    of = of or costs()
    roads = on(of.roads, day)
    price = on(of.bus, day) if mode == "bus" else on(of.by_distance(mode), day)
    if price is None or roads is None:
        return None
    return TravelRate(mode, roads, price)


def on_sphere(lat: float, lon: float) -> tuple[float, float, float]:
    """A point in degrees as metres from the middle of the earth."""
    phi, lam = math.radians(lat), math.radians(lon)
    return EARTH_M * math.cos(phi) * math.cos(lam), EARTH_M * math.cos(phi) * math.sin(lam), EARTH_M * math.sin(phi)


def straight_metres(lat: float, lon: float, to_lat: float, to_lon: float) -> int:
    """Between two points in degrees, in whole metres: the chord, which is the great circle less a metre for 100 km."""
    (x, y, z), (to_x, to_y, to_z) = on_sphere(lat, lon), on_sphere(to_lat, to_lon)
    dx, dy, dz = x - to_x, y - to_y, z - to_z
    return round(math.sqrt(dx * dx + dy * dy + dz * dz))


def days_a_month(week_days: int | None) -> int:
    """Working days of a month of 52/12 weeks, rounded up; 6 a week where nothing is said (BLLĐ điều 105)."""
    return -(-(week_days or WEEK_DAYS) * MONTH_WEEKS_IN_THIRDS // 3)


def reckon(rate: TravelRate, straight_m: int, days: int, *, rough: bool = False) -> Commute:
    """The way to work of so many days a month. `rough`: one of the points is only the middle of a ward."""
    road_m, percent = rate.road_m(straight_m), rate.roads.road_percent
    month = rate.month(road_m, days)
    vi_mode, en_mode = NAMES[rate.mode]
    vi_how = f"{_km(road_m, ',')} km mỗi lượt, {WAYS_A_DAY} lượt × {days} ngày"
    en_how = f"{_km(road_m, '.')} km a way, {WAYS_A_DAY} ways × {days} days"
    if isinstance(rate.price, ByDistance):
        vi_price, en_price = f"{vi(rate.price.a_km)}/km", f"{en(rate.price.a_km)} a km"
    else:
        fare = _fare(rate.price, road_m)
        vi_price, en_price = f"{vi(fare)}/lượt", f"{en(fare)} a ride"
    vi_rough = "; vị trí chỉ là tâm xã, phường nên có thể lệch vài km" if rough else ""
    en_rough = "; a point is only the middle of a ward and may be some km off" if rough else ""
    return Commute(
        mode=rate.mode,
        straight_m=straight_m,
        road_m=road_m,
        minutes=rate.minutes(road_m),
        days=days,
        month=month,
        vi=f"Đi làm bằng {vi_mode}: {vi_how} × {vi_price} = {vi(month)}",
        en=f"To work {en_mode}: {en_how} × {en_price} = {en(month)}",
        method_vi=f"Đường đi ước tính bằng {percent}% đường chim bay, không phải đo trên bản đồ{vi_rough}",
        method_en=f"The way is estimated at {percent}% of the straight line, not measured on a map{en_rough}",
        valid_from=rate.price.valid_from,
        source=rate.price.source,
    )


NAMES: dict[Mode, tuple[str, str]] = {
    "motorbike": ("xe máy", "by motorbike"), "bus": ("xe buýt", "by bus"), "bicycle": ("xe đạp", "by bicycle"),
    "walking": ("đi bộ", "on foot"), "company_bus": ("xe đưa rước của công ty", "by the company's bus"),
}  # fmt: skip


def _fare(price: ByFare, road_m: int) -> int:
    return next(fare.fare for fare in price.fares if fare.up_to_m is None or road_m <= fare.up_to_m)


def _km(metres: int, point: str) -> str:
    tenths = metres // 100
    return f"{tenths // 10}{point}{tenths % 10}"
