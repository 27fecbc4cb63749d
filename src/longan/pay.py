"""Pay, as postings speak of it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.fields import Currency, PositiveAmount

Period = Literal["hour", "day", "week", "month", "piece"]


class Pay(msgspec.Struct, frozen=True):
    """`min` and `max` in whole units of `currency`, each null when the employer did not say."""

    min: Annotated[int, Meta(extra_json_schema={"format": "int64"})] | None
    max: Annotated[int, Meta(extra_json_schema={"format": "int64"})] | None
    currency: str
    period: str


class PayIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """At least one of `min` and `max`; `max` not below `min`."""

    min: PositiveAmount | None = None
    max: PositiveAmount | None = None
    currency: Currency = "VND"
    period: Period = "month"
