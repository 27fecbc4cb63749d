"""Nouns of the room: what was asked, a posting as it is listed and what the open ones have in common."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from longan.floor.base.fields import Count, Identifier, ProvinceCode, Timestamp, WardCode
from longan.floor.pay_and_days.pay import Pay
from longan.floor.postings.postings import Benefit, Contract, Education, EmployerBrief, Shift
from longan.floor.search.queries import Query

Sort = Literal["relevance", "newest", "pay", "distance"]
Field = Literal["title", "employer", "place"]
Dimension = Literal["occupation", "ward", "park", "shift", "contract", "benefit", "education", "month_pay"]


class Match(msgspec.Struct, frozen=True):
    """Words of the posting that answer `q`, as they are spelled there; of a `place`, the words of `q` that name it."""

    field: Field
    words: list[str]


class JobItem(msgspec.Struct, frozen=True):
    """A posting in a list. `distance_km` is null when no point was given. `matched` is why it is here: it is empty
    without `q`, and where only words of its skills answer."""

    id: Identifier
    title: str
    employer: EmployerBrief
    pay: Pay
    ward_code: WardCode
    province_code: ProvinceCode
    published_at: Timestamp | None
    expires_at: Timestamp
    distance_km: float | None
    matched: list[Match] = []


class Guess(msgspec.Struct, frozen=True):
    """A word of `q` that no posting has, and those it was read as."""

    typed: str
    read_as: list[str]


class JobPage(msgspec.Struct, frozen=True):
    """`guesses` are the words that were taken for mistyped; then no posting has all words of `q` as they stand."""

    items: list[JobItem]
    next_cursor: str | None
    guesses: list[Guess] = []


class FacetCount(msgspec.Struct, frozen=True):
    """`value` can be sent as the filter of that name; of `month_pay` it is the least of a step, in đồng."""

    value: str
    count: Count


class JobFacets(msgspec.Struct, frozen=True):
    """How many of the matches have what, the most frequent first, at most 50 of each. `occupation` are groups of two
    digits. With `at_least` there are more matches than the 10,000 that were counted, and every figure is a lower bound.
    """

    total: Count
    at_least: bool
    facets: dict[Dimension, list[FacetCount]]


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked. `metres` is the radius around `lat`, `lon`; `pay_min` is đồng a month, `since` when it was
    published at the earliest.

    Without `sort`: the nearest first when there is a point, else the best matches of `q`, else the newest.
    """

    q: str | None = None
    ward_code: str | None = None
    old_ward_code: str | None = None
    place: str | None = None
    province_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    metres: float | None = None
    parks: list[str] | None = None
    pay_min: int | None = None
    occupations: list[str] | None = None
    contracts: list[Contract] | None = None
    shifts: list[Shift] | None = None
    benefits: list[Benefit] | None = None
    employer_id: UUID | None = None
    published_within_days: int | None = None
    education: Education | None = None
    experience_months_max: int | None = None
    sort: Sort | None = None
    now: datetime

    def asked(self) -> dict[str, object]:
        """What a cursor is bound to."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}


class Meaning(msgspec.Struct, frozen=True):
    """What the words of a search come to: `wards` of the place that was named by a parameter, None for any; the
    `query`; where words of it name a place, its wards (`named`) and the query without these words (`rest`); whether
    very many postings have the words, as far as is known (`frequent`)."""

    wards: list[str] | None = None
    query: Query | None = None
    named: list[str] | None = None
    rest: Query | None = None
    place_words: list[str] = []
    guesses: list[Guess] = []
    frequent: bool = False


class Found(msgspec.Struct, frozen=True):
    """What the database knows of the words: rows of `ward.NAMED` as JSON, wards of the codes, wards by name of a place,
    for each word that no posting has the ones that look like it, whether the last word is a whole one, and the share
    of the `postings` that each frequent word has, as far as is known."""

    rows: str
    in_force: list[str]
    successors: list[str]
    places: str
    near: str
    whole: bool
    shares: str
    postings: int
