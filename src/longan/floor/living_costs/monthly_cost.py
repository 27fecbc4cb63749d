"""What living in a room really costs in a month: rent, electricity, water, internet, parking, fees, and the deposit
spread over the stay, line by line and for each person.

Money is whole đồng. What is divided is rounded up, so that nobody has to pay more than was said: the shares of all
people, and the parts of the deposit of all months, come to less than one đồng each above the whole. Use that nobody has
stated is assumed, and shown as an assumption.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count
from longan.floor.living_costs.utility_tariffs import (
    InForce,
    PriceFlag,
    check_electricity,
    check_electricity_month,
    check_water,
    electricity_on,
)
from longan.floor.pay_and_days.money_said import en, vi
from longan.floor.pay_and_days.pay import Amount

ElectricityUnit = Literal["kwh", "state_tariff", "person_month", "room_month", "included"]
WaterUnit = Literal["m3", "person_month", "room_month", "included"]
FeeUnit = Literal["room_month", "person_month"]
Part = Literal["rent", "electricity", "water", "internet", "parking", "service", "deposit"]

People = Annotated[int, Meta(ge=1, le=20)]
Months = Annotated[int, Meta(ge=1, le=120)]

# Assumptions, and shown as such: a lamp, a fan, a rice cooker and a share of a refrigerator; the four m3 a person that
# waterworks reckon with.
KWH_A_PERSON = 50
WATER_M3_A_PERSON = 4
STAY_MONTHS = 12


class RoomPrices(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner asks. Each amount is đồng for its unit, null where nothing is said; `state_tariff` and `included`
    need no price. `parking_fee` is for one motorbike a month."""

    rent: Amount
    deposit: Amount | None = None
    electricity_price: Amount | None = None
    electricity_unit: ElectricityUnit | None = None
    water_price: Amount | None = None
    water_unit: WaterUnit | None = None
    internet_fee: Amount | None = None
    internet_unit: FeeUnit = "room_month"
    parking_fee: Amount | None = None
    service_fee: Amount | None = None
    service_unit: FeeUnit = "room_month"


class Living(msgspec.Struct, frozen=True, kw_only=True):
    """Who lives there, and how: what `kwh` and `water_m3` all of them use in a month, null for what is assumed;
    `months` over which the deposit is spread."""

    people: People = 1
    motorbikes: Annotated[int, Meta(ge=0, le=20)] = 1
    kwh: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    water_m3: Annotated[int, Meta(ge=0, le=1_000)] | None = None
    months: Months = STAY_MONTHS


class CostLine(msgspec.Struct, frozen=True):
    """One part of the cost. `month` is what it adds to a month for all people, in whole đồng; null where the
    advertisement does not say."""

    part: Part
    month: Amount | None
    vi: str
    en: str


class MonthlyCost(msgspec.Struct, frozen=True):
    """`total` is the sum of the lines; `per_person` its share, rounded up. `first_month` is what has to be in hand when
    moving in: the deposit whole, and the first month. `is_complete`: prices of electricity and water are both known;
    otherwise the true cost is higher than `total`. `kwh` and `water_m3` are what was reckoned with, `assumed` that
    nobody had stated one of them. `flags` are prices above the legal ones, or that cannot be compared."""

    people: Count
    months: Count
    kwh: Count
    water_m3: Count
    assumed: bool
    lines: list[CostLine]
    total: Amount
    per_person: Amount
    first_month: Amount
    is_complete: bool
    flags: list[PriceFlag]


def reckon(asked: RoomPrices, living: Living, day: date) -> MonthlyCost:
    """The cost of a month by the tariffs of that day."""
    kwh = living.people * KWH_A_PERSON if living.kwh is None else living.kwh
    water_m3 = living.people * WATER_M3_A_PERSON if living.water_m3 is None else living.water_m3
    lines = [
        CostLine("rent", asked.rent, f"Tiền phòng: {vi(asked.rent)}", f"Rent: {en(asked.rent)}"),
        _electricity(asked, living.people, kwh, electricity_on(day)),
        _water(asked, living.people, water_m3),
        _by_the_month("internet", asked.internet_fee, asked.internet_unit, living.people, "Internet", "Internet"),
        _parking(asked, living.motorbikes),
        _by_the_month("service", asked.service_fee, asked.service_unit, living.people, "Phí dịch vụ", "Service fee"),
        _deposit(asked.deposit, living.months),
    ]
    total = sum(line.month or 0 for line in lines)
    deposit_part = lines[-1].month or 0
    by_part = {line.part: line.month for line in lines}
    return MonthlyCost(
        people=living.people,
        months=living.months,
        kwh=kwh,
        water_m3=water_m3,
        assumed=living.kwh is None or living.water_m3 is None,
        lines=lines,
        total=total,
        per_person=share(total, living.people),
        first_month=total - deposit_part + (asked.deposit or 0),
        is_complete=by_part["electricity"] is not None and by_part["water"] is not None,
        flags=list(flags(asked, living.people, kwh, day)),
    )


def share(amount: int, parts: int) -> int:
    """One of so many equal parts, rounded up."""
    return -(-amount // parts)


def flags(asked: RoomPrices, people: int, kwh: int, day: date) -> Iterator[PriceFlag]:
    """Prices that are above what the law of that day allows, or cannot be compared; for the owner before publishing and
    for whoever reads the advertisement."""
    found: list[PriceFlag] = []
    if asked.electricity_price is not None:
        price = asked.electricity_price
        match asked.electricity_unit:
            case "kwh":
                found.append(check_electricity(price, kwh, people, day))
            case "room_month" | "person_month":
                times = people if asked.electricity_unit == "person_month" else 1
                found.append(check_electricity_month(price * times, kwh, people, day))
    if asked.water_price is not None and asked.water_unit == "m3":
        found.append(check_water(asked.water_price, day))
    yield from (flag for flag in found if flag.verdict != "within")


def _electricity(asked: RoomPrices, people: int, kwh: int, law: InForce | None) -> CostLine:
    price, unit = asked.electricity_price, asked.electricity_unit
    vi_name, en_name = "Điện", "Electricity"
    if unit == "state_tariff" and law is not None:
        amount = law.shared_bill(kwh, people)
        return CostLine(
            "electricity", amount,
            f"{vi_name}: {kwh} kWh theo giá nhà nước cho {people} người, gồm thuế {law.tax.percent}% ="
            f" {vi(amount)} ({law.electricity.law})",
            f"{en_name}: {kwh} kWh at the state's tariff for {people} people, with {law.tax.percent}% tax ="
            f" {en(amount)} ({law.electricity.law})",
        )  # fmt: skip
    if unit == "kwh" and price is not None:
        amount = price * kwh
        return CostLine(
            "electricity", amount, f"{vi_name}: {kwh} kWh × {vi(price)} = {vi(amount)}",
            f"{en_name}: {kwh} kWh × {en(price)} = {en(amount)}",
        )  # fmt: skip
    return _by_the_month("electricity", price, unit, people, vi_name, en_name)


def _water(asked: RoomPrices, people: int, water_m3: int) -> CostLine:
    price, unit = asked.water_price, asked.water_unit
    if unit == "m3" and price is not None:
        amount = price * water_m3
        return CostLine(
            "water", amount, f"Nước: {water_m3} m3 × {vi(price)} = {vi(amount)}",
            f"Water: {water_m3} m3 × {en(price)} = {en(amount)}",
        )  # fmt: skip
    return _by_the_month("water", price, unit, people, "Nước", "Water")


def _by_the_month(part: Part, price: int | None, unit: str | None, people: int, vi_name: str, en_name: str) -> CostLine:
    if unit == "included":
        return CostLine(part, 0, f"{vi_name}: đã gồm trong tiền phòng", f"{en_name}: included in the rent")
    if price is None or unit not in ("room_month", "person_month"):
        return CostLine(part, None, f"{vi_name}: tin không nói", f"{en_name}: not said")
    return _times(part, price, people if unit == "person_month" else 1, vi_name, en_name, "người", "people")


def _parking(asked: RoomPrices, motorbikes: int) -> CostLine:
    if asked.parking_fee is None:
        return CostLine("parking", None, "Gửi xe: tin không nói", "Parking: not said")
    return _times("parking", asked.parking_fee, motorbikes, "Gửi xe", "Parking", "xe", "motorbikes")


def _times(part: Part, price: int, times: int, vi_name: str, en_name: str, vi_unit: str, en_unit: str) -> CostLine:
    amount = price * times
    if times == 1:
        return CostLine(part, amount, f"{vi_name}: {vi(amount)} một tháng", f"{en_name}: {en(amount)} a month")
    return CostLine(
        part, amount, f"{vi_name}: {times} {vi_unit} × {vi(price)} = {vi(amount)}",
        f"{en_name}: {times} {en_unit} × {en(price)} = {en(amount)}",
    )  # fmt: skip


def _deposit(deposit: int | None, months: int) -> CostLine:
    if deposit is None:
        return CostLine("deposit", None, "Tiền cọc: tin không nói", "Deposit: not said")
    part = share(deposit, months)
    return CostLine(
        "deposit", part,
        f"Tiền cọc {vi(deposit)} chia cho {months} tháng ở: {vi(part)}; được trả lại khi dọn đi nếu giữ đúng hợp đồng",
        f"Deposit of {en(deposit)} spread over {months} months: {en(part)}; given back at the end if the contract is"
        " kept",
    )  # fmt: skip
