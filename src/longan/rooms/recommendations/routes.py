"""HTTP of the room."""

from uuid import UUID

from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import ConsentRequired, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Locale, Me, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.recommendations import domain, store
from longan.rooms.recommendations.models import Hidden, HiddenIn, HiddenPage, RecommendedJobPage, TooMuchHidden

JOB = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
HIDDEN = {
    "id": "0192f0c1-8e20-7b11-9c41-7d2e1f0a3b5c", "kind": "job", "job_id": JOB, "employer_id": None,
    "occupation_code": None, "name": "Công nhân may", "hidden_at": "2026-11-22T02:00:00Z",
}  # fmt: skip


@get("/v1/me/recommended-jobs", tags=["recommendations"], opt=decided(auth="app", limit="lookup",
     raises=(ConsentRequired,)))  # fmt: skip
async def list_recommended_jobs(
    conn: Conn, me: Me, now: Now, locale: Locale, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> RecommendedJobPage:
    """Jobs that may suit you, each with the reasons why: your ward, occupation, pay, shifts and skills

    It takes your consent to `job_recommendations`: 403 `consent_required` names the purpose to show. Nothing of it is
    kept: it is worked out when you ask. What you applied for, hid or blocked is not in it. When you change your profile
    begin again at the first page.
    """
    return await domain.recommended(conn, pages, me.account_id, locale, cursor, limit, now)


@get("/v1/me/hidden-recommendations", tags=["recommendations"],
     opt=decided(auth="app", limit="lookup", example={"items": [HIDDEN], "next_cursor": None}))  # fmt: skip
async def list_hidden_recommendations(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> HiddenPage:
    """The jobs, employers and occupations that you do not want recommended, the last one first"""
    return await store.hidden(conn, pages, me.account_id, cursor, limit)


@post(
    "/v1/me/hidden-recommendations",
    tags=["recommendations"],
    opt=decided(auth="app", limit="write", idempotent=True, raises=(NotFound, TooMuchHidden),
                request_example={"job_id": JOB}, example=HIDDEN),
)  # fmt: skip
async def hide_recommendation(tx: Tx, me: Me, now: Now, data: JSONBody[HiddenIn]) -> Hidden:
    """Not for me: a job, an employer or an occupation is recommended to you no more

    Lists that you search yourself still show it. Hiding it again changes nothing.
    """
    return await domain.hide(tx, me.account_id, data, now)


@delete(
    "/v1/me/hidden-recommendations/{hidden_id:uuid}",
    tags=["recommendations"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def unhide_recommendation(tx: Tx, me: Me, hidden_id: FromPath[UUID]) -> None:
    """It may be recommended to you again"""
    await domain.unhide(tx, me.account_id, hidden_id)


HANDLERS = [list_recommended_jobs, list_hidden_recommendations, hide_recommendation, unhide_recommendation]
