"""Rules of the room: what is taken, what is for somebody else, and what its sender may do afterwards."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, RateLimited
from longan.floor.base.fields import Locale
from longan.floor.feedback import feedback_places, feedback_states, feedback_terms
from longan.floor.feedback.feedback_states import ENDED, Lodged, New, Status
from longan.floor.feedback.feedback_terms import Category
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pictures import uploads
from longan.floor.pictures.object_storage import Storage
from longan.floor.places.ward import Place
from longan.floor.requests.exchange import Exchange
from longan.rooms.feedback import store
from longan.rooms.feedback.models import (
    AlreadyRated,
    Answered,
    CategoryUnknown,
    DraftSent,
    Feedback,
    FeedbackIn,
    FeedbackMerged,
    FeedbackPhoto,
    FeedbackPhotos,
    FeedbackRatingIn,
    FeedbackSent,
    FeedbackSupport,
    FeedbackSupported,
    FeedbackWordsIn,
    MaybeOutOfScope,
    NotAnswered,
    OutOfScope,
    OwnFeedbackReport,
    ReopenOver,
    SupportClosed,
)

PURPOSE: uploads.Purpose = "feedback"
DAY = timedelta(days=1)
RETRY_SECONDS = 3_600


async def send(
    tx: asyncpg.Connection, account: UUID, data: FeedbackIn, home: str, locale: Locale, now: datetime
) -> FeedbackSent:
    """Take a report in, with its pictures, or none of it.

    Raises `DraftSent`, `CategoryUnknown`, `OutOfScope`, `MaybeOutOfScope`, `AnswersInvalid`, the problems of
    `feedback_places`, `RateLimited`, `UploadNotUsable`.
    """
    digest = digest_of(data)
    if data.client_id is not None:
        before = await feedback_states.sent_before(tx, account, data.client_id)
        if before is not None:
            return _again(before, digest)
    category = await _category(tx, data, home, locale, now)
    given = {each.code: each.values for each in data.attributes}
    if len(given) < len(data.attributes):
        raise InvalidRequest(FieldError("/attributes", "repeated"))
    attributes, is_urgent = feedback_terms.answers(category.questions, given, "/attributes")
    place, lat, lon = await _placed(tx, account, data, home, now)
    terms = await feedback_terms.terms(tx, day_of(now), home)
    if await store.sent_since(tx, account, now - DAY) >= terms.reports_a_day:
        raise RateLimited(headers={"Retry-After": str(RETRY_SECONDS)})
    lodged = await feedback_states.lodge(
        tx,
        New(
            account_id=account, client_id=data.client_id, sent_digest=digest if data.client_id else None,
            category_code=category.code, attributes=attributes or None, description=data.description,
            address=data.address, lat=lat, lon=lon, ward_version=place.version, ward_code=place.code,
            province_code=home, is_urgent=is_urgent,
        ),
        now,
    )  # fmt: skip
    if lodged.again:
        return _again(lodged, digest)
    await uploads.claim(tx, account, data.media, PURPOSE, lodged.id, now, pointer="/media")
    return _sent(lodged)


async def _placed(
    tx: asyncpg.Connection, account: UUID, data: FeedbackIn, home: str, now: datetime
) -> tuple[Place, float | None, float | None]:
    """The ward and the point of a report: as they were given, else where a picture says it was taken. Of a picture that
    was taken elsewhere than the ward that was given nothing is believed."""
    codes = (data.ward_code, data.old_ward_code)
    if data.lat is None and data.lon is None:
        taken = await uploads.location(tx, account, data.media, now)
        if taken is not None:
            try:
                return await feedback_places.ward_of(tx, home, now, *taken, *codes), *taken
            except feedback_places.PointElsewhere:
                pass
    return await feedback_places.ward_of(tx, home, now, data.lat, data.lon, *codes), data.lat, data.lon


def digest_of(data: FeedbackIn) -> bytes:
    """The same for the same draft, whether or not its sender was asked for whom it is."""
    draft = msgspec.structs.replace(data, confirmed_in_scope=False)
    return hashlib.sha256(msgspec.json.encode(draft, order="sorted")).digest()


def _sent(lodged: Lodged) -> FeedbackSent:
    return FeedbackSent(lodged.id, lodged.code, lodged.status, lodged.due_at)


def _again(before: Lodged, digest: bytes) -> FeedbackSent:
    """Raises `DraftSent` where the draft was another one."""
    if before.sent_digest != digest:
        raise DraftSent(members={"report": _sent(before)})
    return _sent(before)


async def _category(tx: asyncpg.Connection, data: FeedbackIn, home: str, locale: Locale, now: datetime) -> Category:
    """Raises `CategoryUnknown`, `OutOfScope`, `MaybeOutOfScope`."""
    known = await feedback_terms.categories(tx, day_of(now), home)
    category = known.get(data.category_code)
    if category is None:
        raise CategoryUnknown(FieldError("/category_code", "not_one_of"))
    if not category.is_handled:
        raise OutOfScope(members={"elsewhere": way_of(category, locale)})
    if not data.confirmed_in_scope:
        meant = feedback_terms.meant_elsewhere(data.description, known.values())
        if meant:
            raise MaybeOutOfScope(members={"elsewhere": [way_of(each, locale) for each in meant]})
    return category


def way_of(category: Category, locale: Locale) -> dict[str, str | None]:
    """Whom to turn to, in words."""
    if category.elsewhere is None:
        raise LookupError("what is handled here is not handled elsewhere")
    vi = locale == "vi"
    return {
        "code": category.code,
        "name": category.name_vi if vi else category.name_en,
        "law": category.elsewhere.law,
        "where": category.elsewhere.where_vi if vi else category.elsewhere.where_en,
        "phone": category.elsewhere.phone,
    }


async def one(conn: asyncpg.Connection, exchange: Exchange, account: UUID, report: UUID, now: datetime) -> Feedback:
    """A report of the account's, or one that is public. Raises `NotFound`."""
    row = await store.one(conn, report, account)
    if row is None:
        raise NotFound
    until, left = None, 0
    if row["own"] and row["merged_into"] is None and row["status"] == "da_tra_loi":
        terms = await feedback_terms.terms(conn, day_of(now), row["province_code"])
        until = row["answered_at"] + terms.reopen_days * DAY
        left = max(terms.reopen_times - row["reopened"], 0)
    found = await store.shown(conn, row, account, until, left)
    return exchange.tagged(found, row["version"], found)


async def photos(conn: asyncpg.Connection, storage: Storage, account: UUID, report: UUID) -> FeedbackPhotos:
    """Those the account may see: of its own report all of them, of another one those that are public."""
    seen = await store.subjects(conn, report, account)
    if seen is None:
        raise NotFound
    moves, is_own = seen
    found = await uploads.of(conn, PURPOSE, [report, *moves])
    return FeedbackPhotos(
        [
            FeedbackPhoto(None if subject == report else subject, link)
            for subject in (report, *moves)
            for link in uploads.links(storage, [p for p in found.get(subject, ()) if is_own or p.is_public])
        ]
    )


async def say(
    tx: asyncpg.Connection, exchange: Exchange, account: UUID, report: UUID, to: Status, said: FeedbackWordsIn,
    now: datetime,
) -> Feedback:  # fmt: skip
    """Answer what was asked (`moi_gui`), or call an answer in question (`mo_lai`); the same again changes nothing.

    Raises `NotFound`, `FeedbackMerged`, `IllegalTransition`, `ReopenOver`, `UploadNotUsable`.
    """
    standing = await _held(tx, report, account)
    if standing.status != to or not await store.said_already(tx, report, to, said.words):
        if to == "mo_lai" and standing.status == "da_tra_loi":
            await _may_reopen(tx, standing, now)
        moved = await feedback_states.move(tx, report, to, "citizen", account, said.words, now)
        await uploads.claim(tx, account, said.media, PURPOSE, moved.move_id, now, pointer="/media")
    return await one(tx, exchange, account, report, now)


async def _held(tx: asyncpg.Connection, report: UUID, account: UUID) -> Answered:
    """Raises `NotFound`, `FeedbackMerged`."""
    standing = await store.answered(tx, report, account)
    if standing is None:
        raise NotFound
    if standing.merged_into is not None:
        raise FeedbackMerged(members={"merged_into": standing.merged_into})
    return standing


async def _may_reopen(tx: asyncpg.Connection, standing: Answered, now: datetime) -> None:
    terms = await feedback_terms.terms(tx, day_of(now), standing.province_code)
    over = standing.answered_at is None or now > standing.answered_at + terms.reopen_days * DAY
    if over or standing.reopened >= terms.reopen_times:
        raise ReopenOver


async def withdraw(
    tx: asyncpg.Connection, exchange: Exchange, account: UUID, report: UUID, words: str | None, now: datetime
) -> Feedback:
    """Take a report back that nobody has accepted; a second time changes nothing.

    Raises `NotFound`, `FeedbackMerged`, `FeedbackSupported`, `IllegalTransition`.
    """
    standing = await _held(tx, report, account)
    if not standing.is_withdrawn:
        if standing.supporters:
            raise FeedbackSupported
        await feedback_states.move(tx, report, "da_dong", "citizen", account, words, now)
        await uploads.set_public(tx, PURPOSE, report, public=False)
        await feedback_states.redraw(tx)
    return await one(tx, exchange, account, report, now)


async def rate(
    tx: asyncpg.Connection, exchange: Exchange, account: UUID, report: UUID, rating: FeedbackRatingIn, now: datetime
) -> Feedback:
    """Raises `NotFound`, `FeedbackMerged`, `NotAnswered`, `AlreadyRated` for another rating than the first."""
    standing = await _held(tx, report, account)
    if standing.rating is not None:
        if (standing.rating, standing.rating_words) != (rating.stars, rating.words):
            raise AlreadyRated
        return await one(tx, exchange, account, report, now)
    if standing.answered_at is None or standing.status not in ("da_tra_loi", "da_dong"):
        raise NotAnswered
    await store.rate(tx, report, account, rating.stars, rating.words, now)
    return await one(tx, exchange, account, report, now)


async def support(tx: asyncpg.Connection, account: UUID, report: UUID, now: datetime) -> FeedbackSupport:
    """Raises `NotFound` for what is not shown, `OwnFeedbackReport`, `SupportClosed`."""
    target = await store.target(tx, report, account)
    if target is None or not target.is_shown:
        raise NotFound
    if target.is_own:
        raise OwnFeedbackReport
    if target.status in ENDED:
        raise SupportClosed
    return await store.support(tx, target.id, account, now)


async def unsupport(tx: asyncpg.Connection, account: UUID, report: UUID) -> None:
    """Raises `NotFound` for what the account does not support."""
    target = await store.target(tx, report, account)
    if target is None or not await store.unsupport(tx, target.id, account):
        raise NotFound
