"""Rules of the room: what a place costs in a month."""

from datetime import date

from msgspec import structs

from longan.housing.models import Advertised, Housing, MonthlyCost, Tariff

# A tenant pays at most what the meter costs the owner: the circular in force on a day sets the household tiers.
TARIFFS = (
    Tariff(
        valid_from=date(2025, 12, 2),
        valid_to=None,
        top_tier_per_kwh=3_460,
        includes_vat=False,
        legal_basis="Thông tư 60/2025/TT-BCT, Điều 12",
    ),
)

# Assumptions, and shown as such in every estimate.
KWH_A_PERSON = 50
WATER_M3_A_PERSON = 4


def tariff_on(day: date) -> Tariff | None:
    """The tariff in force on `day`, None when we do not know it."""
    for tariff in TARIFFS:
        if tariff.valid_from <= day and (tariff.valid_to is None or day <= tariff.valid_to):
            return tariff
    return None


def monthly_cost(place: Advertised, persons: int, day: date) -> MonthlyCost:
    """What `persons` pay for a month, in đồng, with electricity and water as assumed for each of them."""
    kwh, water_m3 = persons * KWH_A_PERSON, persons * WATER_M3_A_PERSON
    price, tariff = place.electricity_per_kwh, tariff_on(day)
    electricity = None if price is None else price * kwh
    water = _water(place, persons, water_m3)
    return MonthlyCost(
        persons=persons,
        kwh=kwh,
        water_m3=water_m3,
        rent=place.rent,
        service_fee=place.service_fee,
        electricity=electricity,
        water=water,
        total=place.rent + (place.service_fee or 0) + (electricity or 0) + (water or 0),
        is_complete=electricity is not None and water is not None,
        electricity_above_tariff=None if price is None or tariff is None else price > tariff.top_tier_per_kwh,
        tariff=tariff,
    )


def _water(place: Advertised, persons: int, water_m3: int) -> int | None:
    if place.water_price is None:
        return None
    match place.water_unit:
        case "m3":
            return place.water_price * water_m3
        case "person_month":
            return place.water_price * persons
        case "room_month":
            return place.water_price
        case None:
            return None


def shown(place: Advertised, persons: int, day: date) -> Housing:
    """The place with its monthly cost."""
    return Housing(**structs.asdict(place), monthly_cost=monthly_cost(place, persons, day))
