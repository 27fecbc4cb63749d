"""The shapes that fields share: bounds live in the type, so that nothing reaches SQL that SQL would refuse."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

Identifier = Annotated[UUID, Meta(description="UUIDv7", examples=["0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"])]
Timestamp = Annotated[datetime, Meta(tz=True, description="RFC 3339, UTC")]
Day = Annotated[date, Meta(description="YYYY-MM-DD")]

MAX_DONG = 10**12
MAX_INTEGER = 2**31 - 1

Dong = Annotated[int, Meta(ge=0, le=MAX_DONG, description="Whole đồng", extra_json_schema={"format": "int64"})]
PositiveAmount = Annotated[
    int, Meta(ge=1, le=MAX_DONG, description="Whole units of the currency", extra_json_schema={"format": "int64"})
]
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER, extra_json_schema={"format": "int32"})]

# What leaves no mark on a screen, of what strict_json lets in. Written out: \s of ECMA-262 is not that of Python.
_BLANK = (
    r"\u0000-\u0020\u007f-\u00a0\u034f\u1680\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000"
    r"\ufe00-\ufe0f\ufeff"
)
_VISIBLE = f"[^{_BLANK}]"
# One line, not blank; a trailing newline slips past `$`, hence the look-ahead at the end.
LINE = rf"^(?=[{_BLANK}]*{_VISIBLE})[^\r\n\t]*(?![\r\n\t])$"
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=LINE)]
Title = Annotated[str, Meta(min_length=3, max_length=120, pattern=LINE)]
Text = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=_VISIBLE)]
Note = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=_VISIBLE)]

# [0-9], not \d: "١٢٣٤٥" is five digits to Unicode.
WardCode = Annotated[
    str, Meta(pattern="^[0-9]{5}$", max_length=5, description="Ward code of the list in force now", examples=["27694"])
]
ProvinceCode = Annotated[str, Meta(pattern="^[0-9]{2}$", max_length=2, examples=["80"])]
PhoneInput = Annotated[str, Meta(min_length=8, max_length=32, examples=["+84901234567"])]

Currency = Literal["VND", "USD"]
Locale = Literal["vi", "en"]
