"""Nouns of the room: a place as it is listed, and what the open ones have in common."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Identifier, ProvinceCode, Timestamp, WardCode
from longan.floor.housing.housing_listings import Kind
from longan.floor.pay_and_days.pay import Amount

Sort = Literal["relevance", "newest", "rent", "cost", "distance"]
Field = Literal["title", "place"]
Dimension = Literal["kind", "ward", "park", "feature", "people", "rent", "cost"]
SquareMetres = Annotated[float, Meta(description="Square metres")]
Km = Annotated[float, Meta(description="Kilometres")]


class HousingMatch(msgspec.Struct, frozen=True):
    """Words of the title that answer `q`, as they are spelled there; of a `place`, the words of `q` that name it."""

    field: Field
    words: list[str]


class HousingItem(msgspec.Struct, frozen=True):
    """A place in a list. `rent` is đồng a month; `cost_month` what a month truly costs one person, `cost_share` what it
    costs each of the people it is for, `cost_each` each of the `people` that were asked for (one when none were), all
    higher still unless `cost_complete`. `price_flags`: prices above the legal ones. Nobody has confirmed it since
    `confirmed_at`. `distance_km` is the straight line, null when no point was given. `matched` is why it is here."""

    id: Identifier
    title: str
    kind: Kind
    rent: Amount
    area_m2: SquareMetres | None
    max_people: Count | None
    ward_code: WardCode
    province_code: ProvinceCode
    cost_month: Amount
    cost_share: Amount
    cost_complete: bool
    price_flags: list[str]
    confirmed_at: Timestamp
    published_at: Timestamp
    cost_each: Amount
    distance_km: Km | None
    matched: list[HousingMatch] = []


class HousingPage(msgspec.Struct, frozen=True):
    items: list[HousingItem]
    next_cursor: str | None


class HousingNearJob(msgspec.Struct, frozen=True):
    """A place with its way to the job: `road_km` is the way on the ground, one way, approximated as `method_en` of the
    page says, `minutes` what it takes by motorbike; null where no share of the roads is known."""

    housing: HousingItem
    road_km: Km | None
    minutes: Count | None


class HousingNearJobPage(msgspec.Struct, frozen=True):
    """The nearest first. `rough`: nobody said where the job is, and the middle of its park or ward stands for it."""

    items: list[HousingNearJob]
    method_vi: str
    method_en: str
    rough: bool
    next_cursor: str | None


class HousingFacetCount(msgspec.Struct, frozen=True):
    """`value` can be sent as the filter of that name; of `rent` and `cost` (for one person) it is the least of a step
    of 500,000 đồng, of `people` what it is for at most."""

    value: str
    count: Count


class HousingFacets(msgspec.Struct, frozen=True):
    """How many of the matches have what, the most frequent first, at most 50 of each. With `at_least` there are more
    matches than the 10,000 that were counted, and every figure is a lower bound."""

    total: Count
    at_least: bool
    facets: dict[Dimension, list[HousingFacetCount]]
