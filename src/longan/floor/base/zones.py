"""Time zones, by the names of the IANA database."""

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from msgspec import Meta

from longan.floor.base.errors import FieldError, InvalidRequest

# All of Vietnam keeps one time, so every province does.
HOME = "Asia/Ho_Chi_Minh"

TimeZone = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*(?!\n)$",
        max_length=64,
        description="Name in the IANA time zone database",
        examples=[HOME],
    ),
]


@cache
def known() -> frozenset[str]:
    """The names that mean the same on every machine."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def checked(name: str, pointer: str) -> str:
    """The name. Raises `InvalidRequest` when there is no such zone."""
    if name not in known():
        raise InvalidRequest(FieldError(pointer, "not_one_of"))
    return name
