"""Personal numbers and the QR codes of citizen cards: whether they have the right form and agree with themselves.

A QR code is form, not proof: it carries no signature, anybody can print one. Who somebody is, is confirmed elsewhere
(longan.rooms.assurance). Luật Căn cước 26/2023/QH15, article 12: twelve digits for life; NĐ 137/2015/NĐ-CP, article 13:
three for the province of the birth registration, one for century and sex, two for the year of birth, six drawn at
random. There is no check digit.
"""

import csv
import re
import unicodedata
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Sex = Literal["male", "female"]
PersonalNumber = Annotated[
    str, Meta(pattern="^[0-9]{12}$", max_length=12, description="Số định danh cá nhân", examples=["080090012345"])
]
MaskedNumber = Annotated[str, Meta(max_length=12, examples=["080*******45"])]

MOST_CHARACTERS = 1_000
FIELDS = 7

_NUMBER = re.compile(r"[0-9]{12}", re.ASCII)
_OLD_NUMBER = re.compile(r"[0-9]{9}|[0-9]{12}", re.ASCII)
_DATE = re.compile(r"[0-9]{8}", re.ASCII)
# Scanners that type like a keyboard put these around the text.
_AROUND = "\ufeff\u200b \t\r\n"
_SEXES: dict[str, Sex] = {"nam": "male", "nữ": "female", "nu": "female"}
_PRINTED: dict[Sex, str] = {"male": "Nam", "female": "Nữ"}
_SEX_OF_DIGIT: dict[str, Sex] = {"nam": "male", "nu": "female"}


class Unreadable(ValueError):
    """What was given is no personal number or card, or contradicts itself: `code` is a key of `errors.MESSAGES`,
    `field` the field of `Card` it is about, None for the whole text."""

    def __init__(self, code: str, field: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.field = field


class Number(msgspec.Struct, frozen=True):
    """The parts of a personal number. `birth_year` is whole, 1900 to 2399; `serial` the six digits drawn at random."""

    province: str
    sex: Sex
    birth_year: int
    serial: str

    def __str__(self) -> str:
        digit = next(
            digit for digit, (sex, first) in _centuries().items() if sex == self.sex and first == self.birth_year // 100
        )
        return f"{self.province}{digit}{self.birth_year % 100:02d}{self.serial}"


class Card(msgspec.Struct, frozen=True):
    """What a card says. `order` is that of its QR code: `known` for the chip card and what extends it, `assumed` for
    the order in which the press lists the fields of the card of 2024 (TT 16/2024/TT-BCA; no public text gives it)."""

    number: str
    old_number: str | None
    full_name: str
    birth_date: date
    sex: Sex
    address: str | None
    issued_on: date
    trailing: list[str] = []
    order: Literal["known", "assumed"] = "known"

    def __str__(self) -> str:
        """The QR code of the chip card."""
        parts = (self.number, self.old_number or "", self.full_name, f"{self.birth_date:%d%m%Y}", _PRINTED[self.sex])
        return "|".join((*parts, self.address or "", f"{self.issued_on:%d%m%Y}", *self.trailing))


@cache
def _provinces() -> frozenset[str]:
    """The codes that were ever assigned. The mergers of 2025 renumbered nobody, so all 63 stay good."""
    return frozenset(row["code"] for row in _table("cccd_province_codes.csv"))


@cache
def _centuries() -> dict[str, tuple[Sex, int]]:
    """The fourth digit: a sex, and the first two digits of the year of birth."""
    return {
        row["digit"]: (_SEX_OF_DIGIT[row["gender"]], int(row["year_from"]) // 100)
        for row in _table("cccd_century_gender.csv")
    }


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((files("longan") / "reference" / "data" / name).read_text("utf-8").splitlines()))


def number_of(text: str) -> Number:
    """The parts of a personal number. Raises `Unreadable`: ASCII digits only, `str.isdigit` is true for others too."""
    if _NUMBER.fullmatch(text) is None:
        raise Unreadable("not_12_ascii_digits", "number")
    if text[:3] not in _provinces():
        raise Unreadable("unknown_province", "number")
    sex, first = _centuries()[text[3]]
    return Number(text[:3], sex, first * 100 + int(text[4:6]), text[6:])


def agree(number: Number, birth_date: date, sex: Sex, today: date) -> None:
    """Raises `Unreadable` where number, birth date and sex contradict each other, or the person is yet to be born."""
    if number.sex != sex:
        raise Unreadable("gender_mismatch", "sex")
    if number.birth_year != birth_date.year:
        raise Unreadable("century_or_year_mismatch", "birth_date")
    if birth_date > today:
        raise Unreadable("birth_in_future", "birth_date")


def masked(number: str) -> str:
    """A personal number as its owner would know it again and nobody else: 079*******34."""
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"


def card_of(text: str, today: date) -> Card:
    """The card behind the text of a QR code, `today` in Việt Nam. Raises `Unreadable`."""
    fields = _fields(text)
    if (unknown_order := any(letter.isalpha() for letter in fields[1])) and len(fields) >= FIELDS:
        number, name, birth, sex, address, issued, old, *trailing = fields
    elif len(fields) >= FIELDS:
        number, old, name, birth, sex, address, issued, *trailing = fields
        if _DATE.fullmatch(issued) is None and any(_DATE.fullmatch(field) for field in trailing):
            raise Unreadable("ambiguous_fields")
    else:
        number_of(fields[0])
        raise Unreadable("too_few_fields")
    parts = number_of(number)
    if old and _OLD_NUMBER.fullmatch(old) is None:
        raise Unreadable("bad_old_id", "old_number")
    if not name:
        raise Unreadable("bad_name", "full_name")
    if (said := _SEXES.get(sex.lower())) is None:
        raise Unreadable("bad_sex", "sex")
    born = _date(birth, "bad_birth_date", "birth_date")
    agree(parts, born, said, today)
    given = _date(issued, "bad_issue_date", "issued_on")
    if given < born:
        raise Unreadable("issue_before_birth", "issued_on")
    if given > today:
        raise Unreadable("issue_in_future", "issued_on")
    return Card(
        number, old or None, name, born, said, address or None, given, trailing, "assumed" if unknown_order else "known"
    )


def _fields(text: str) -> list[str]:
    """The fields of something that looks like a card. Raises `Unreadable`."""
    cleaned = unicodedata.normalize("NFC", text.strip(_AROUND))
    if not cleaned:
        raise Unreadable("empty")
    if "\ufffd" in cleaned:
        raise Unreadable("bad_encoding")
    fields = [field.strip() for field in cleaned.split("|")]
    if len(fields) == 1 or len(cleaned) > MOST_CHARACTERS or not fields[0].isdigit():
        raise Unreadable("not_an_identity_qr")
    return fields


def _date(text: str, code: str, field: str) -> date:
    if _DATE.fullmatch(text) is None:
        raise Unreadable(code, field)
    try:
        return date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError as error:
        raise Unreadable(code, field) from error
