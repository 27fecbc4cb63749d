"""Rules of the room: who may rate what, once; what is kept of it; and what of a month may be told.

A rating is kept without its moment and without its rater: what leads from an account to it is a hash under a key that
no database holds, another one for each rating, and even that is gone when the rating can no longer be taken back.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from longan.floor.base.errors import NotFound
from longan.floor.base.fields import Locale
from longan.floor.base.zones import HOME
from longan.floor.dossiers import kiosk_keys, office_list, rating_invitations, rating_questions
from longan.floor.dossiers.dossier_codes import DossierCode, parsed
from longan.floor.dossiers.dossier_proofs import Proofs, seen
from longan.floor.dossiers.rating_questions import Question
from longan.floor.dossiers.small_groups import FEWEST, apart
from longan.floor.feedback import personal_traces
from longan.floor.guard import number_masks
from longan.floor.pay_and_days.wages import day_of
from longan.floor.setup.crypto import Sealed
from longan.rooms.ratings import store
from longan.rooms.ratings.models import (
    Answered,
    DossierRatingIn,
    DossierUnfinished,
    DossierUnproven,
    NewRating,
    Rated,
    RatingQuestion,
    RatingQuestions,
    Result,
    TooManyVisits,
    VisitRatingIn,
    VisitTokenExpired,
    VisitTokenInvalid,
)

WITHDRAWN_WITHIN = timedelta(days=7)
# A counter serves fewer in a day; whoever would praise it without end is stopped here.
MOST_OF_KIOSK_A_DAY = 200

# What can be answered. Scores are told apart each by itself: were 1 and 2 told together, an average would part them.
SCORES: dict[rating_questions.Kind, tuple[int, ...]] = {"score": (1, 2, 3, 4, 5), "yes_no": (0, 1)}


def asked(day: date, locale: Locale) -> RatingQuestions:
    return RatingQuestions([
        RatingQuestion(each.code, each.kind, each.text_vi if locale == "vi" else each.text_en)
        for each in rating_questions.questions(day).values()
    ])  # fmt: skip


def without_persons(words: str | None) -> str | None:
    """What is written down of free words: numbers of persons, addresses of mail and plates are gone for ever."""
    if words is None:
        return None
    text = number_masks.masked(words)
    for trace in reversed(personal_traces.certain(text)):
        text = text[: trace.start] + number_masks.MASK + text[trace.end :]
    return text


async def rate_dossier(
    tx: asyncpg.Connection, proofs: Proofs, numbers: Sealed, given: DossierRatingIn, now: datetime
) -> Rated:
    """The one rating of a dossier, by somebody who has shown its receipt or has watched it to its end.

    Raises `DossierCodeInvalid`, `InvalidRequest`, `DossierUnproven`, `DossierUnfinished`, `AlreadyRated`.
    """
    code, day = parsed(given.code), day_of(now)
    scores = rating_questions.scores(given.answers, day)
    me = proofs.asking.me().account_id
    finished = await _finished_on(tx, proofs, numbers, me, code)
    if finished is None or day > finished + rating_invitations.RATE_WITHIN:
        raise DossierUnfinished
    office = await office_list.of_agency(tx, office_list.agency_of(code), day, now)
    subject = rating_invitations.subject_index(numbers, code.text)
    return await _keep(tx, numbers, me, office, subject, scores, given.words, day)


async def _finished_on(
    tx: asyncpg.Connection, proofs: Proofs, numbers: Sealed, account: UUID, code: DossierCode
) -> date | None:
    """The day on which the dossier was finished, as far as the account knows. Raises `DossierUnproven`."""
    invited = await rating_invitations.invited(tx, rating_invitations.holder_index(numbers, account, code.text))
    if invited is not None:
        return invited
    kept = await store.seen(tx, proofs.holder_index(code.text), proofs.code_index(code.text))
    if kept is None:
        raise DossierUnproven
    finished = seen(numbers, kept.id, kept.sealed).finished_at
    return None if finished is None else day_of(finished)


async def rate_visit(
    tx: asyncpg.Connection, numbers: Sealed, account: UUID | None, given: VisitRatingIn, now: datetime
) -> Rated:
    """The one rating of a visit, by whoever has the token that the kiosk has signed for it.

    Raises `InvalidRequest`, `VisitTokenInvalid`, `VisitTokenExpired`, `AlreadyRated`, `TooManyVisits`.
    """
    day = day_of(now)
    scores = rating_questions.scores(given.answers, day)
    try:
        key_id = kiosk_keys.key_named(given.token)
        key = await store.key(tx, key_id, now, kiosk_keys.LIFE, day)
        if key is None:
            raise VisitTokenInvalid
        visit = kiosk_keys.visit(given.token, key_id, key.public_key, now)
    except kiosk_keys.InvalidToken as error:
        raise VisitTokenInvalid from error
    except kiosk_keys.ExpiredToken as error:
        raise VisitTokenExpired from error
    await store.spend(tx, visit.mark, visit.expires_at)
    if not await store.take(tx, key.kiosk_id, day, MOST_OF_KIOSK_A_DAY):
        raise TooManyVisits(headers={"Retry-After": str(_seconds_to_midnight(now))})
    return await _keep(tx, numbers, account, key.office_id, None, scores, given.words, day)


async def _keep(
    tx: asyncpg.Connection, numbers: Sealed, account: UUID | None, office: UUID, subject: bytes | None,
    scores: dict[str, int], words: str | None, day: date,
) -> Rated:  # fmt: skip
    rating = uuid4()
    rater = None if account is None else rater_index(numbers, account, rating)
    await store.insert(tx, NewRating(rating, office, subject, rater, day, scores, without_persons(words)))
    return Rated(rating, office, day, None if account is None else day + WITHDRAWN_WITHIN)


def rater_index(numbers: Sealed, account: UUID, rating: UUID) -> bytes:
    """By what a rater is known again: in no two ratings the same."""
    return numbers.index(f"rater {account} {rating}")


def _seconds_to_midnight(now: datetime) -> int:
    here = now.astimezone(ZoneInfo(HOME))
    return int((here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - here).total_seconds()) + 1


async def withdraw(tx: asyncpg.Connection, numbers: Sealed, account: UUID, rating: UUID, now: datetime) -> None:
    """Raises `NotFound`, also when it was made too long ago."""
    if not await store.withdraw(tx, rating, rater_index(numbers, account, rating), day_of(now) - WITHDRAWN_WITHIN):
        raise NotFound


class Group(msgspec.Struct, frozen=True):
    """The raters of an office who answered a question, by what they said; of the `rest` where there is no office."""

    office: UUID | None
    listed: bool
    scores: dict[int, int]

    @property
    def people(self) -> int:
        return sum(self.scores.values())


def together(groups: Sequence[Group]) -> Group:
    everybody: dict[int, int] = {}
    for group in groups:
        for score, people in group.scores.items():
            everybody[score] = everybody.get(score, 0) + people
    return Group(None, False, everybody)


def _size(group: Group) -> tuple[int, str]:
    return group.people, str(group.office)


def told(answered: Sequence[Answered], questions: Mapping[str, Question]) -> list[Result]:
    """What may be told of a month: the total, the offices that can be told by themselves, and all the others together.

    Whoever gave a bad mark is a group as well, so the same holds once more for how the marks are spread.
    """
    results: list[Result] = []
    for code, question in questions.items():
        offices: dict[UUID, Group] = {}
        for each in answered:
            if each.question == code:
                group = offices.setdefault(each.office_id, Group(each.office_id, each.listed, {}))
                group.scores[each.score] = each.people
        parts = apart(list(offices.values()), _are_enough, _size, lambda office: office.listed)
        if parts is not None:
            results += _of_question(question, *parts)
    return results


def _are_enough(groups: Sequence[Group]) -> bool:
    return sum(group.people for group in groups) >= FEWEST


def _of_question(question: Question, shown: list[Group], hidden: list[Group]) -> list[Result]:
    groups = [*shown, together(hidden)] if hidden else shown

    def spread(parts: Sequence[Group]) -> list[int]:
        whole = together(parts).scores
        return [whole.get(score, 0) for score in SCORES[question.kind]]

    spreading = apart(groups, lambda parts: min(spread(parts)) >= FEWEST, _size)
    total = together(groups)
    may_spread = [] if spreading is None else [*spreading[0], total]
    return [
        Result(
            part="total" if group is total else "rest" if group.office is None else "office",
            office_id=group.office,
            question=question.code,
            ratings=group.people,
            average=average(group) if question.kind == "score" else None,
            scores=spread([group]) if any(group is each for each in may_spread) else None,
        )
        for group in (total, *groups)
    ]


def average(group: Group) -> float:
    """To one place, halves upwards."""
    points = sum(score * people for score, people in group.scores.items())
    return (20 * points + group.people) // (2 * group.people) / 10
