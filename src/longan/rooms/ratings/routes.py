"""HTTP of the room."""

from uuid import UUID

from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import NotFound
from longan.floor.dossiers.dossier_codes import DossierCodeInvalid
from longan.floor.dossiers.dossier_proofs import PROOFS, AtProofs
from longan.floor.pay_and_days.wages import day_of
from longan.floor.requests.deps import Ex, Locale, Me, Now, OpensNumbers, Tx
from longan.floor.requests.policy import decided
from longan.rooms.ratings import domain
from longan.rooms.ratings.models import (
    AlreadyRated,
    DossierRatingIn,
    DossierUnfinished,
    DossierUnproven,
    Rated,
    RatingQuestions,
    TooManyVisits,
    VisitRatingIn,
    VisitTokenExpired,
    VisitTokenInvalid,
)

ANSWERS = [
    *({"question": code, "score": score} for code, score in
      {"overall": 4, "attitude": 5, "time": 3, "clarity": 4}.items()),
    {"question": "extra_fees", "yes": False},
]  # fmt: skip
RATED = {
    "id": "4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10", "office_id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d",
    "rated_on": "2026-11-22", "withdraw_until": "2026-11-29",
}  # fmt: skip
WORDS = "Hướng dẫn rõ, nhưng phải chờ hơn một giờ."


@get(
    "/v1/rating-questions",
    tags=["ratings"],
    opt=decided(
        auth="public", limit="lookup",
        example={"items": [{"code": "overall", "kind": "score", "text": "Nhìn chung bạn hài lòng đến mức nào?"}]},
    ),
)  # fmt: skip
async def list_rating_questions(now: Now, locale: Locale) -> RatingQuestions:
    """What is asked today of whoever rates; every one of them is to be answered"""
    return domain.asked(day_of(now), locale)


@post(
    "/v1/dossier-ratings",
    tags=["ratings"],
    dependencies=PROOFS,
    opt=decided(
        auth="app", limit="write", idempotent=True,
        raises=(DossierCodeInvalid, DossierUnproven, DossierUnfinished, AlreadyRated),
        request_example={"code": "H53.16-261102-0007", "answers": ANSWERS, "words": WORDS}, example=RATED,
    ),
)  # fmt: skip
async def rate_dossier(
    tx: Tx, proofs: AtProofs, numbers: OpensNumbers, now: Now, data: JSONBody[DossierRatingIn]
) -> Rated:
    """How it went with a dossier that is finished, for 60 days after; once

    For whoever has looked it up since (`look_up_dossier`), or watched it to its end. Nobody is told who has rated what:
    results are told by the month and the office, in groups of at least ten.
    """
    return await domain.rate_dossier(tx, proofs, numbers, data, now)


@post(
    "/v1/visit-ratings",
    tags=["ratings"],
    opt=decided(
        auth="optional", limit="write", idempotent=True,
        raises=(VisitTokenInvalid, VisitTokenExpired, AlreadyRated, TooManyVisits),
        request_example={"token": "eyJhbGciOiJFUzI1NiIs…", "answers": ANSWERS, "words": WORDS}, example=RATED,
    ),
)  # fmt: skip
async def rate_visit(tx: Tx, exchange: Ex, numbers: OpensNumbers, now: Now, data: JSONBody[VisitRatingIn]) -> Rated:
    """How it went at a counter, with the token of its QR code; nobody needs to be signed in

    A token is good once, and for ten minutes. Whoever is signed in can take the rating back within a week.
    """
    account = exchange.principal.account_id if exchange.principal else None
    return await domain.rate_visit(tx, numbers, account, data, now)


@delete(
    "/v1/ratings/{rating_id:uuid}",
    tags=["ratings"],
    status_code=204,
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def withdraw_rating(tx: Tx, me: Me, numbers: OpensNumbers, now: Now, rating_id: FromPath[UUID]) -> None:
    """Take back a rating of yours, for a week after; a dossier can then be rated anew"""
    await domain.withdraw(tx, numbers, me.account_id, rating_id, now)


HANDLERS = [list_rating_questions, rate_dossier, rate_visit, withdraw_rating]
