"""Rules of the room: what is recommended to whom, and how each point of the score is said."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.base.errors import ConsentRequired, FieldError, InvalidRequest, NotFound
from longan.floor.base.fields import Locale
from longan.floor.database.page import Cursors
from longan.rooms.recommendations import store
from longan.rooms.recommendations.models import (
    PURPOSE,
    Hidden,
    HiddenIn,
    Place,
    ReasonCode,
    RecommendationReason,
    RecommendedJob,
    RecommendedJobPage,
    Scored,
    TooMuchHidden,
)

Said = tuple[str, str]

HERE: Said = ("Ngay nơi bạn ở", "Where you live")
NEAR: Said = ("Gần nhà bạn {}", "{} from your home")
OCCUPATION: Said = ("Đúng nghề của bạn", "In your occupation")
SIMILAR: Said = ("Gần với nghề của bạn", "Close to your occupation")
LIKED: Said = ("Giống việc bạn đã lưu, đã xem hoặc ứng tuyển", "Like jobs you kept, opened or applied for")
PAY: Said = ("Lương đạt mức bạn muốn", "Pays what you want")
NEARLY: Said = ("Lương gần mức bạn muốn", "Pays nearly what you want")
SHIFT: Said = ("Đúng ca bạn làm được", "A shift you would work")
SKILLS: Said = ("Cần kỹ năng bạn có: {}", "Asks for skills you have: {}")
EXPERIENCED: Said = ("Bạn đủ kinh nghiệm", "You have the experience it asks for")
UNEXPERIENCED: Said = ("Không cần kinh nghiệm", "Asks for no experience")
EDUCATED: Said = ("Bạn đủ trình độ", "You have the education it asks for")
UNEDUCATED: Said = ("Không đòi bằng cấp", "Asks for no certificate")
NEW: Said = ("Mới đăng", "New")


async def recommended(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, locale: Locale, cursor: str | None, limit: int,
    now: datetime,
) -> RecommendedJobPage:  # fmt: skip
    """The jobs that suit the account best; nothing of it is kept.

    Raises `ConsentRequired`, `InvalidRequest` for a cursor of somebody else, or of before the profile was changed.
    """
    scope = ["recommendations", str(account)]
    after = cursors.read(cursor, scope, Place) if cursor is not None else None
    began = now if after is None else after.began
    seeker = await store.seeker(conn, account, began, now)
    if not seeker.consented:
        raise ConsentRequired(members={"purpose": PURPOSE})
    if after is not None and after.version != seeker.version:
        raise InvalidRequest(FieldError("?cursor", "bad_cursor"))
    liked = seeker.liked if after is None else after.liked
    found = await store.page(conn, account, seeker, liked, began, after, limit + 1, now)
    shown, more = found[:limit], len(found) > limit
    end = (
        cursors.write(scope, [began, seeker.version, liked, shown[-1].score, shown[-1].published_at, shown[-1].id])
        if more
        else None
    )
    return RecommendedJobPage([_item(job, seeker.skills, locale) for job in shown], end)


def reasons(job: Scored, skills: list[str], locale: Locale) -> list[RecommendationReason]:
    """What the score is made of, the weightiest first: their points are all of it."""
    km = job.distance_km or 0.0
    matched = ", ".join(skills[number - 1] for number in job.skilled)
    parts: list[tuple[ReasonCode, int, Said, str]] = [
        ("near_home", job.near_home, NEAR if km else HERE, distance(km, locale)),
        ("occupation" if job.occupation == store.SAME else "similar_occupation", job.occupation,
         OCCUPATION if job.occupation == store.SAME else SIMILAR, ""),
        ("like_your_jobs", job.like_your_jobs, LIKED, ""),
        ("pay" if job.pay_points == store.ENOUGH else "pay_nearly", job.pay_points,
         PAY if job.pay_points == store.ENOUGH else NEARLY, ""),
        ("shift", job.shift, SHIFT, ""),
        ("skills", job.skills, SKILLS, matched),
        ("experience", job.experience, EXPERIENCED if job.asks_experience else UNEXPERIENCED, ""),
        ("education", job.education, EDUCATED if job.asks_education else UNEDUCATED, ""),
        ("new", job.new, NEW, ""),
    ]  # fmt: skip
    said = [
        RecommendationReason(code, points, words[locale == "en"].format(filled))
        for code, points, words, filled in parts
        if points
    ]
    return sorted(said, key=lambda reason: -reason.points)


def distance(km: float, locale: Locale) -> str:
    """`3,2 km` in Vietnamese, `3.2 km` in English."""
    text = f"{km:.1f} km"
    return text if locale == "en" else text.replace(".", ",")


async def hide(tx: asyncpg.Connection, account: UUID, what: HiddenIn, now: datetime) -> Hidden:
    """Raises `InvalidRequest` unless one thing is named, `NotFound` where there is no such thing, `TooMuchHidden`."""
    named = [name for name in HiddenIn.__struct_fields__ if getattr(what, name) is not None]
    if len(named) != 1:
        wrong = [FieldError(f"/{name}", "one_of_them") for name in named] or [FieldError("/job_id", "required")]
        raise InvalidRequest(*wrong)
    there, made = await store.hide(tx, account, what, now)
    if not there:
        raise NotFound(FieldError(f"/{named[0]}", "not_found"))
    if made is None:
        raise TooMuchHidden
    shown = await store.one(tx, account, made)
    if shown is None:
        raise RuntimeError("what was hidden is not there")
    return shown


async def unhide(tx: asyncpg.Connection, account: UUID, hidden: UUID) -> None:
    """Raises `NotFound`."""
    if not await store.unhide(tx, account, hidden):
        raise NotFound


def _item(job: Scored, skills: list[str], locale: Locale) -> RecommendedJob:
    return RecommendedJob(
        id=job.id, title=job.title, employer=job.employer, pay=job.pay, ward_code=job.ward_code,
        province_code=job.province_code, published_at=job.published_at, expires_at=job.expires_at,
        distance_km=job.distance_km, score=job.score, reasons=reasons(job, skills, locale),
    )  # fmt: skip
