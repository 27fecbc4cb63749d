"""Codes of dossiers: the agency, the day of receipt, the number of the day (TT 01/2018/TT-VPCP điều 19).

Two orders of the agency's code live side by side: `000.00.18.H34`, from below upwards (QCVN 102:2016), and `H53.16`,
from above downwards (QĐ 20/2020/QĐ-TTg). Both are taken, and kept in the order in which they were written: a receipt
shows it so, and so the source files it.
"""

import re
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from longan.floor.base.errors import FieldError, Unprocessable

# Provinces, ministries, and the two others that agencies have been seen with.
_TOP = "[GHKT][0-9]{2}"
_CODE = re.compile(
    rf"(?P<agency>[0-9]{{3}}\.[0-9]{{2}}\.[0-9]{{2}}\.{_TOP}|{_TOP}(?:\.[0-9]{{1,4}}){{0,3}})"
    r"-(?P<day>[0-9]{6})-(?P<serial>[0-9]{4,8})"
)
# What documents have for a hyphen, and what stands unseen beside it.
_DASHES = re.compile("[\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_BLANKS = re.compile(r"[\s\u200b\u2060\ufeff]+")

CodeInput = Annotated[
    str,
    Meta(min_length=8, max_length=64, description="As the receipt shows it", examples=["H53.16-261102-0007"]),
]


class DossierCode(msgspec.Struct, frozen=True):
    """A code in its parts; `text` is its one spelling."""

    text: str
    agency: str
    received: date
    serial: str


class DossierCodeInvalid(Unprocessable):
    code = "dossier_code_invalid"
    vi, en = "Mã hồ sơ không đúng", "This is no code of a dossier"

    def __init__(self) -> None:
        super().__init__(FieldError("/code", "bad_form"))


def parsed(text: str) -> DossierCode:
    """A code however it was typed: dashes of documents, blanks and small letters are put right. Raises
    `DossierCodeInvalid`."""
    plain = _BLANKS.sub("", _DASHES.sub("-", text))
    found = _CODE.fullmatch(plain.upper()) if plain.isascii() else None
    if found is None:
        raise DossierCodeInvalid
    agency, day, serial = found.group("agency", "day", "serial")
    try:
        received = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        raise DossierCodeInvalid from None
    return DossierCode(f"{agency}-{day}-{serial}", agency, received, serial)
