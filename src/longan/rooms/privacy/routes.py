"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody, PathParameter

from longan.floor.base.errors import InsufficientAuthentication, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Locale, Me, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.privacy import domain, store
from longan.rooms.privacy.models import (
    BlockedEmployer,
    BlockedEmployerPage,
    Consent,
    ConsentIn,
    ConsentPage,
    PurposeChanged,
    PurposePage,
)

Code = Annotated[
    str, PathParameter(pattern="^[a-z_]{2,40}$", description="`code` of a purpose, as list_purposes names it")
]
GIVEN = {"purpose": "job_recommendations", "given": True, "version": 1, "said_at": "2026-11-22T02:00:00Z"}
BLOCKED = {
    "employer_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11",
    "name": "Công ty May Long An",
    "blocked_at": "2026-11-22T02:00:00Z",
}
PURPOSES = {
    "items": [
        {"code": "job_recommendations", "version": 1, "title": "Gợi ý việc làm",
         "text": "Dùng hồ sơ, nơi ở và những việc bạn đã xem, đã lưu hoặc đã ứng tuyển để gợi ý việc làm phù hợp.",
         "legal_basis": "Luật 91/2025/QH15 Đ9", "sensitive": False, "third_party": False},
    ],
}  # fmt: skip


@get("/v1/privacy/purposes", tags=["privacy"], opt=decided(auth="public", limit="lookup", example=PURPOSES))
async def list_purposes(conn: Conn, locale: Locale, now: Now) -> PurposePage:
    """What personal data is used for beyond what you ask for yourself; nothing of it without your consent"""
    return PurposePage(await store.purposes(conn, locale, now))


@get(
    "/v1/me/consents",
    tags=["privacy"],
    opt=decided(auth="any", limit="lookup", example={"items": [GIVEN]}),
)
async def list_my_consents(conn: Conn, me: Me, now: Now) -> ConsentPage:
    """Your word on every purpose; where you have said nothing, that is no"""
    return ConsentPage(await store.consents(conn, me.account_id, now))


@put(
    "/v1/me/consents/{purpose_code:str}",
    tags=["privacy"],
    opt=decided(
        auth="any", limit="write", raises=(NotFound, PurposeChanged, InsufficientAuthentication),
        request_example={"version": 1}, example=GIVEN,
    ),
)  # fmt: skip
async def give_consent(
    tx: Tx, me: Me, locale: Locale, now: Now, purpose_code: Code, data: JSONBody[ConsentIn]
) -> Consent:
    """Consent to a purpose, in the text whose version you were shown

    Giving it again changes nothing. Where data would leave this service the session must be fresh.
    """
    return await domain.give(tx, me, purpose_code, data.version, locale, now)


@post(
    "/v1/me/consents/{purpose_code:str}/withdraw",
    tags=["privacy"],
    status_code=200,
    opt=decided(auth="any", limit="write", raises=(NotFound,), example={**GIVEN, "given": False}),
)
async def withdraw_consent(tx: Tx, me: Me, locale: Locale, now: Now, purpose_code: Code) -> Consent:
    """Take a consent back; it holds at once

    Withdrawing what was not given is said and kept all the same.
    """
    return await domain.withdraw(tx, me, purpose_code, locale, now)


@get(
    "/v1/me/blocked-employers",
    tags=["privacy"],
    opt=decided(auth="app", limit="lookup", example={"items": [BLOCKED], "next_cursor": None}),
)
async def list_blocked_employers(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> BlockedEmployerPage:
    """The employers you want to hear nothing of, newest first"""
    return await store.blocked(conn, pages, me.account_id, cursor, limit)


@put(
    "/v1/me/blocked-employers/{employer_id:uuid}",
    tags=["privacy"],
    opt=decided(auth="app", limit="write", raises=(NotFound,), example=BLOCKED),
)
async def block_employer(tx: Tx, me: Me, now: Now, employer_id: FromPath[UUID]) -> BlockedEmployer:
    """Hear nothing more of an employer; it holds at once, also for what was to be sent

    What you were told before stays in the inbox. The employer does not learn of it.
    """
    return await domain.block(tx, me, employer_id, now)


@delete(
    "/v1/me/blocked-employers/{employer_id:uuid}",
    tags=["privacy"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def unblock_employer(tx: Tx, me: Me, employer_id: FromPath[UUID]) -> None:
    """Hear of an employer again, from now on"""
    if not await store.unblock(tx, me.account_id, employer_id):
        raise NotFound


HANDLERS = [
    list_purposes,
    list_my_consents,
    give_consent,
    withdraw_consent,
    list_blocked_employers,
    block_employer,
    unblock_employer,
]
