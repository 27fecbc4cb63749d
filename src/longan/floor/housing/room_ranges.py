"""What a room's rent, area and prices can sensibly be: outside the world's ranges the field is named, and what is
likely a slip ("15 triệu" for 1.5) is asked back with what was likely meant.

Ranges of rent and area are those of 1,801 advertisements; the others are wider than anything seen in 7,806.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest, Unprocessable
from longan.floor.pay_and_days.money_said import en, vi
from longan.floor.pay_and_days.pay import Amount

Field = Literal[
    "rent", "area_m2", "deposit", "electricity_price", "water_price", "internet_fee", "parking_fee", "service_fee",
    "max_people",
]  # fmt: skip

RANGES: Mapping[Field, tuple[int, int]] = {
    "rent": (300_000, 30_000_000),
    "area_m2": (5, 200),
    "deposit": (0, 90_000_000),
    "electricity_price": (500, 2_000_000),
    "water_price": (1_000, 2_000_000),
    "internet_fee": (0, 1_000_000),
    "parking_fee": (0, 1_000_000),
    "service_fee": (0, 5_000_000),
    "max_people": (1, 20),
}

# Rent of a month for a square metre: 99.5 of 100 advertisements lie between, and all with 15,000,000 for a small room
# whose text says 1,500,000 lie above.
LEAST_A_M2, MOST_A_M2 = 20_000, 400_000
# For a room whose area is not said: what 25 m2 may cost at most.
MOST_A_ROOM = 25 * MOST_A_M2
# Of a kWh: 2,500 to 5,000 are seen, 35 or 35,000 are slips.
LEAST_A_KWH, MOST_A_KWH = 1_000, 10_000
DEPOSIT_MONTHS = 6


class Doubt(msgspec.Struct, frozen=True):
    """`said` is what was given for `field`, `meant` what was likely meant, null where that cannot be told."""

    field: Field
    said: Amount
    meant: Amount | None
    vi: str
    en: str


class AmountsDoubted(Unprocessable):
    """An amount is hardly what was meant. `doubts` say which, and what it may be; sent again with the fields named in
    `sure` it is taken as it is."""

    code = "amounts_doubted"
    vi, en = "Có số tiền có thể gõ nhầm, xin xem lại", "An amount may be a slip; please look at it again"

    def __init__(self, doubts: list[Doubt], pointer: str = "") -> None:
        super().__init__(
            *(FieldError(f"{pointer}/{doubt.field}", "doubted") for doubt in doubts), members={"doubts": doubts}
        )


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a room that has a range; null where nothing is said. Money is đồng; `whole` for a house or a flat
    of several rooms, whose rent for a square metre may be anything."""

    rent: int | None = None
    area_m2: float | None = None
    deposit: int | None = None
    electricity_price: int | None = None
    electricity_a_kwh: bool = True
    water_price: int | None = None
    internet_fee: int | None = None
    parking_fee: int | None = None
    service_fee: int | None = None
    max_people: int | None = None
    whole: bool = False


def faults(amounts: Amounts, pointer: str = "") -> list[FieldError]:
    """The fields outside the world's ranges."""
    found = []
    for field, (least, most) in RANGES.items():
        value = getattr(amounts, field)
        if value is not None and not least <= value <= most:
            found.append(FieldError(f"{pointer}/{field}", "too_small" if value < least else "too_large"))
    return found


def check(amounts: Amounts, sure: Collection[str] = (), pointer: str = "") -> None:
    """Raises `InvalidRequest` that names each field outside its range, then `AmountsDoubted` for those that are hardly
    meant; not for the fields the owner is `sure` of."""
    if found := faults(amounts, pointer):
        raise InvalidRequest(*found)
    if doubts := [doubt for doubt in doubts_of(amounts) if doubt.field not in sure]:
        raise AmountsDoubted(doubts, pointer)


def doubts_of(amounts: Amounts) -> list[Doubt]:
    """What may be a slip, of amounts that are within their ranges."""
    return list(_doubts(amounts))


def _doubts(amounts: Amounts) -> Iterator[Doubt]:
    rent, area = amounts.rent, amounts.area_m2
    if rent is not None and area is not None and not amounts.whole and not _is_likely(rent, area):
        meant = next((other for other in (rent // 10, rent * 10) if _is_likely(other, area)), None)
        yield _doubt("rent", rent, meant, f"cho {area:g} m2".replace(".", ","), f"for {area:g} m2")
    elif rent is not None and area is None and not amounts.whole and rent > MOST_A_ROOM:
        yield _doubt("rent", rent, rent // 10, "cho một phòng", "for a room")
    price = amounts.electricity_price
    if price is not None and amounts.electricity_a_kwh and not LEAST_A_KWH <= price <= MOST_A_KWH:
        meant = next((each for each in (price // 10, price * 10) if LEAST_A_KWH <= each <= MOST_A_KWH), None)
        yield _doubt("electricity_price", price, meant, "cho một kWh", "for a kWh")
    deposit = amounts.deposit
    if rent is not None and deposit is not None and deposit > DEPOSIT_MONTHS * rent:
        meant = deposit // 10 if deposit // 10 <= DEPOSIT_MONTHS * rent else None
        yield _doubt(
            "deposit", deposit, meant, f"cọc hơn {DEPOSIT_MONTHS} tháng", f"over {DEPOSIT_MONTHS} months' rent"
        )


def _is_likely(rent: int, area: float) -> bool:
    least, most = RANGES["rent"]
    return least <= rent <= most and LEAST_A_M2 * area <= rent <= MOST_A_M2 * area


def _doubt(field: Field, said: int, meant: int | None, vi_why: str, en_why: str) -> Doubt:
    vi_meant = "" if meant is None else f" Có phải {vi(meant)}?"
    en_meant = "" if meant is None else f" Is {en(meant)} meant?"
    return Doubt(field, said, meant, f"{vi(said)} {vi_why}?{vi_meant}", f"{en(said)} {en_why}?{en_meant}")
