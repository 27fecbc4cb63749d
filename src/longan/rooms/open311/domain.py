"""Rules of the room: what is read of services and of reports, in the nouns of GeoReport v2."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.feedback import feedback_terms, open311_partners
from longan.floor.feedback.feedback_terms import Category
from longan.floor.feedback.georeport_attributes import attributes, promise
from longan.floor.feedback.open311_partners import Jurisdiction
from longan.floor.formats import georeport
from longan.floor.formats.georeport import (
    LONGEST_DESCRIPTION,
    SPECIFICATION,
    Discovery,
    DiscoveryEndpoint,
    Format,
    Open311Service,
    RedeemedToken,
    ServiceDefinition,
    ServiceRequest,
    moment,
)
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pictures.uploads import public_path
from longan.floor.setup.settings import Settings
from longan.rooms.open311 import store
from longan.rooms.open311.models import Described, Found, RangeTooLong, ReportRefused, ServiceUnknown

SPAN = timedelta(days=90)
MOST = 1_000
MOST_PAGE = 100
# An answer may be called in question: then it is open again.
CLOSED = ("da_tra_loi", "da_dong", "tu_choi")
OPEN = ("moi_gui", "yeu_cau_bo_sung", "da_tiep_nhan", "da_chuyen", "dang_xu_ly", "mo_lai")


class Asked(msgspec.Struct, frozen=True):
    """The arguments of GET requests; what is empty was not given."""

    service_request_id: str | None
    service_code: str | None
    start_date: str | None
    end_date: str | None
    status: str | None
    page: int
    page_size: int
    api_key: str | None


def served_as(name: str) -> tuple[str, Format]:
    """A resource's id and format, of the last part of its path. Raises `NotFound` for another format."""
    ident, _, form = name.rpartition(".")
    if not ident or form not in ("json", "xml"):
        raise NotFound
    return ident, georeport.format_of(name)


async def discovery(conn: asyncpg.Connection, settings: Settings, locale: str, now: datetime) -> Discovery:
    known = open311_partners.served(settings)
    changed = await store.changed_on(conn, day_of(now), list(known.values()))
    since = f"{changed} 00:00" if changed else f"{day_of(now)} 00:00"
    url = settings.public_url.rstrip("/")
    english = locale == "en"
    contact = settings.open311_contact or (f"See {url}/docs" if english else f"Xem {url}/docs")
    key = "Ask for a key: " if english else "Xin cấp api_key: "
    places = ", ".join(known)
    return Discovery(
        changeset=since,
        contact=f"{contact} (jurisdiction_id: {places})",
        key_service=key + contact,
        endpoints=[
            DiscoveryEndpoint(
                SPECIFICATION, f"{url}/open311/v2", since, "test" if settings.development else "production",
                ["text/xml", "application/json"],
            )
        ],
    )  # fmt: skip


async def services(conn: asyncpg.Connection, where: Jurisdiction, locale: str, now: datetime) -> list[Open311Service]:
    """What is handled; what is not has no code here."""
    described = await store.described(conn)
    handled = await _handled(conn, where, now)
    return [_service(each, described.get(each.code), locale) for each in handled.values()]


async def definition(
    conn: asyncpg.Connection, where: Jurisdiction, code: str, locale: str, now: datetime
) -> ServiceDefinition:
    """Raises `ServiceUnknown`."""
    found = (await _handled(conn, where, now)).get(code)
    if found is None:
        raise ServiceUnknown
    return ServiceDefinition(found.code, attributes(found.questions, locale))


async def _handled(conn: asyncpg.Connection, where: Jurisdiction, now: datetime) -> dict[str, Category]:
    found = await feedback_terms.categories(conn, day_of(now), where.province_code)
    return {code: each for code, each in found.items() if each.is_handled}


def _service(category: Category, described: Described | None, locale: str) -> Open311Service:
    english = locale == "en"
    return Open311Service(
        service_code=category.code,
        service_name=category.name_en if english else category.name_vi,
        description=promise(category, locale),
        metadata=bool(category.questions),
        type=described.service_type if described else "realtime",
        keywords=described.keywords if described else None,
        group=(described.group_en if english else described.group_vi) if described else None,
    )


async def redeemed(conn: asyncpg.Connection, where: Jurisdiction, token: str) -> RedeemedToken:
    """Raises `NotFound`, and `ReportRefused` where an official made no report of it."""
    found = await store.redeem(conn, token, where.province_code)
    if found is None:
        raise NotFound
    if found.state == "refused":
        raise ReportRefused
    return RedeemedToken(found.code, found.token)


async def requests(
    conn: asyncpg.Connection, settings: Settings, jurisdiction_id: str | None, asked: Asked, locale: str, now: datetime
) -> list[ServiceRequest]:
    """What was asked for: by id whatever may be read, else the public ones, the latest first. Raises `InvalidRequest`,
    `RangeTooLong`, `JurisdictionMissing`, `JurisdictionUnknown`, `Open311KeyRefused`."""
    where = open311_partners.jurisdiction(settings, jurisdiction_id)
    if codes := _several(asked.service_request_id):
        found = await store.named(conn, await _key(conn, asked.api_key), where.province_code, now, codes[:MOST])
    else:
        since, until = _range(asked.start_date, asked.end_date, now)
        found = await store.recent(
            conn, where.province_code, now, since, until, _several(asked.service_code), _statuses(asked.status),
            asked.page_size, (asked.page - 1) * asked.page_size,
        )  # fmt: skip
    return await _requests(conn, settings, where, found, locale, now)


async def one(
    conn: asyncpg.Connection, settings: Settings, jurisdiction_id: str | None, code: str, api_key: str | None,
    locale: str, now: datetime,
) -> ServiceRequest:  # fmt: skip
    """Raises `NotFound` for what is not public either, and as `requests`."""
    where = open311_partners.jurisdiction(settings, jurisdiction_id)
    found = await store.named(conn, await _key(conn, api_key), where.province_code, now, [code])
    if not found:
        raise NotFound
    return (await _requests(conn, settings, where, found, locale, now))[0]


async def _key(conn: asyncpg.Connection, api_key: str | None) -> UUID | None:
    return (await open311_partners.partner(conn, api_key)).id if api_key else None


def _range(start: str | None, end: str | None, now: datetime) -> tuple[datetime, datetime]:
    """Of one that is given the other is 90 days away; of neither, the last 90 days."""
    since, until = _moment("start_date", start), _moment("end_date", end)
    try:
        if since is None:
            return (until or now) - SPAN, until or now
        if until is None:
            return since, since + SPAN
    except OverflowError:
        raise InvalidRequest(FieldError("?start_date" if start else "?end_date", "bad_time")) from None
    if until < since:
        raise InvalidRequest(FieldError("?end_date", "too_small"))
    if until - since > SPAN:
        raise RangeTooLong
    return since, until


def _moment(name: str, text: str | None) -> datetime | None:
    """W3C-DTF with a zone. A plus sign that was not encoded has become a blank on the way."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise InvalidRequest(FieldError(f"?{name}", "bad_time")) from None
    if "T" not in text or at.tzinfo is None or not 1 < at.year < 9_999:
        raise InvalidRequest(FieldError(f"?{name}", "bad_time"))
    return at


def _several(text: str | None) -> list[str] | None:
    return [part.strip() for part in text.split(",") if part.strip()] or None if text else None


def _statuses(text: str | None) -> list[str] | None:
    chosen: list[str] = []
    for each in _several(text) or []:
        if each not in ("open", "closed"):
            raise InvalidRequest(FieldError("?status", "not_one_of"))
        chosen += CLOSED if each == "closed" else OPEN
    return chosen or None


async def _requests(
    conn: asyncpg.Connection, settings: Settings, where: Jurisdiction, found: Sequence[Found], locale: str,
    now: datetime,
) -> list[ServiceRequest]:  # fmt: skip
    known = await feedback_terms.categories(conn, day_of(now), where.province_code)
    url = settings.public_url.rstrip("/")
    return [_request(each, known.get(each.category_code), url, locale) for each in found]


def _request(found: Found, category: Category | None, url: str, locale: str) -> ServiceRequest:
    name = found.category_code if category is None else category.name_en if locale == "en" else category.name_vi
    return ServiceRequest(
        service_request_id=found.code,
        status="closed" if found.status in CLOSED else "open",
        status_notes=found.answer,
        service_name=name,
        service_code=found.category_code,
        description=None if found.description is None else found.description[:LONGEST_DESCRIPTION],
        agency_responsible=found.unit,
        service_notice=None if category is None else promise(category, locale),
        requested_datetime=moment(found.created_at),
        updated_datetime=moment(found.updated_at),
        expected_datetime=None if found.due_at is None else moment(found.due_at),
        address=", ".join(part for part in (found.ward, found.province) if part) or None,
        address_id=found.ward_code,
        zipcode=None,
        lat=found.lat,
        long=found.lon,
        media_url=None if found.photo_id is None else url + public_path(found.photo_id),
    )
