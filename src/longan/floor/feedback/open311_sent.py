"""A report that a partner posts by Open311: checked field by field, its place found where that is clear.

Whoever posts is a machine: nobody is there to be asked, and nothing is guessed, so a report may be without a ward.
"""

import contextlib
import re
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest, Problem, WardUnknown
from longan.floor.feedback import feedback_places
from longan.floor.feedback.feedback_terms import Category
from longan.floor.feedback.georeport_attributes import answers, is_urgent
from longan.floor.feedback.open311_partners import Jurisdiction
from longan.floor.formats.georeport_form import Form
from longan.floor.places import ward
from longan.floor.places.ward import PlaceAmbiguous, PlaceUnknown
from longan.floor.search.search import fold, mark

DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,15})?", re.ASCII)
_BETWEEN = re.compile(r"\W+")
WARD = re.compile(r"[0-9]{5}", re.ASCII)
MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,120}\.[^@\s.]{2,60}")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.ASCII)
# Names that resolve at home.
PRIVATE = (".local", ".localhost", ".internal", ".lan", ".home", ".arpa", ".test", ".invalid", ".example", ".onion")


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the person who reported can be reached."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None


class Sent(msgspec.Struct, frozen=True):
    """A report as it was posted, checked; the ward only where it was named or is clear."""

    category_code: str
    province_code: str
    description: str
    address: str | None
    lat: float | None
    lon: float | None
    ward_version: date | None
    ward_code: str | None
    attributes: dict[str, Any] | None
    is_urgent: bool
    media_url: str | None
    contact: Contact | None


class ServiceMissing(Problem):
    status, code = 400, "open311_service_missing"
    vi, en = "Cần gửi service_code", "service_code was not provided"


class ServiceNotOffered(Problem):
    status, code = 404, "open311_service_not_offered"
    vi, en = "service_code này không được tiếp nhận", "Nothing is taken in under this service_code"


class LocationMissing(Problem):
    status, code = 400, "open311_location_missing"
    vi, en = (
        "Cần gửi lat và long, hoặc address_string, hoặc address_id",
        "A location was not provided: lat and long, or address_string, or address_id",
    )


def is_suspect(description: str, categories: dict[str, Category]) -> bool:
    """Whether it may speak of what is not handled here: a person reads it first."""
    # Without marks "cháy lớn" and "chạy lớn" are alike: they count where they were written.
    alike = fold if description.isascii() else mark
    words = f" {' '.join(_BETWEEN.split(alike(description)))} "
    return any(f" {alike(cue)} " in words for each in categories.values() if not each.is_handled for cue in each.cues)


async def checked(
    tx: asyncpg.Connection, form: Form, where: Jurisdiction, categories: dict[str, Category], now: datetime
) -> tuple[Sent, Category]:
    """What was posted, and its category. Raises `ServiceMissing`, `ServiceNotOffered`, `LocationMissing`,
    `PointOutside`, `PointElsewhere`, `InvalidRequest` naming fields."""
    given = form.fields
    if "service_code" not in given:
        raise ServiceMissing
    category = categories.get(given["service_code"])
    if category is None or not category.is_handled:
        raise ServiceNotOffered
    lat, lon, wrong = _point(given)
    said, faults = answers(category.questions, form.attributes)
    wrong += faults + _faults(given)
    if wrong:
        raise InvalidRequest(*wrong)
    if lat is None and not {"address_string", "address_id"}.intersection(given):
        raise LocationMissing
    place = await _ward(tx, where.province_code, now, given, lat, lon)
    person = {name: given[name] for name in ("first_name", "last_name", "email", "phone") if name in given}
    return Sent(
        category_code=category.code,
        province_code=where.province_code,
        description=given.get("description") or category.name_vi,
        address=given.get("address_string"),
        lat=lat,
        lon=lon,
        ward_version=place.version if place else None,
        ward_code=place.code if place else None,
        attributes=said or None,
        is_urgent=is_urgent(category.questions, said),
        media_url=given.get("media_url"),
        contact=msgspec.convert(person, Contact) if person else None,
    ), category


def _point(given: dict[str, str]) -> tuple[float | None, float | None, list[FieldError]]:
    values: list[float | None] = [None, None]
    wrong: list[FieldError] = []
    for place, (name, most) in enumerate((("lat", 90), ("long", 180))):
        if name not in given:
            if {"lat", "long"}.intersection(given):
                wrong.append(FieldError(f"/{name}", "needs_both"))
        elif DEGREES.fullmatch(given[name]) is None or abs(float(given[name])) > most:
            wrong.append(FieldError(f"/{name}", "bad_form"))
        else:
            values[place] = float(given[name])
    return values[0], values[1], wrong


def _faults(given: dict[str, str]) -> list[FieldError]:
    wrong = [("media_url", not is_foreign_address(given.get("media_url", "https://a.vn")))]
    wrong += [("address_id", WARD.fullmatch(given.get("address_id", "00000")) is None)]
    wrong += [("email", MAIL.fullmatch(given.get("email", "a@b.vn")) is None)]
    return [FieldError(f"/{name}", "bad_form") for name, is_wrong in wrong if is_wrong]


def is_foreign_address(url: str) -> bool:
    """Whether an official may be shown it: https, to a name in the public DNS, and nothing that hides where it leads.
    Nobody here ever fetches it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.netloc.lower().removesuffix(":443")
    return (
        parts.scheme == "https" and port in (None, 443) and HOST.fullmatch(host) is not None
        and not host.endswith(PRIVATE) and url.isascii() and not re.search(r"[\s\\\"'<>`]", url)
    )  # fmt: skip


async def _ward(
    tx: asyncpg.Connection, home: str, now: datetime, given: dict[str, str], lat: float | None, lon: float | None
) -> ward.Place | None:
    """The ward that was named or is clear; nobody is there to be asked, and nothing is guessed, so it may be none.
    Raises `PointOutside`, `PointElsewhere`, `InvalidRequest` for a ward that there is not."""
    if lat is not None or "address_id" in given:
        code = given.get("address_id")
        try:
            try:
                return await feedback_places.ward_of(tx, home, now, lat, lon, code)
            except WardUnknown:
                # Of the list before: partners learn of a new one late.
                return await feedback_places.ward_of(tx, home, now, lat, lon, None, code)
        except PlaceAmbiguous:
            return None
        except PlaceUnknown:
            raise InvalidRequest(FieldError("/address_id", "not_found")) from None
    # From most specific to most general, says the specification: the ward is somewhere near the end.
    parts = given["address_string"].split(",")[-4:]
    for begin in range(len(parts)):
        with contextlib.suppress(PlaceAmbiguous):
            found = await ward.find(tx, home, now, ",".join(parts[begin:]))
            if found is not None and len(found.ward_codes) == 1:
                return await feedback_places.ward_of(tx, home, now, None, None, found.ward_codes[0])
    return None
