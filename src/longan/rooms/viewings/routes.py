"""HTTP of the room. Each step takes If-Match where the caller sends one."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import IllegalTransition, NotFound, RateLimited
from longan.floor.base.several import commas, several
from longan.floor.database.page import Cursor, Limit
from longan.floor.housing.housing_contact import HousingNotOpen, OwnHousing
from longan.floor.requests.deps import Conn, Ex, Me, Now, OpensPhones, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.viewings import domain, store
from longan.rooms.viewings.models import (
    AcceptIn,
    RefuseIn,
    Status,
    TimesIn,
    Viewing,
    ViewingIdTaken,
    ViewingIn,
    ViewingPage,
    ViewingRequestedAlready,
)

ASKED = {"times": ["2026-11-24T01:30:00Z", "2026-11-24T11:00:00Z"], "people": 2, "note": "Cho em xem phòng có gác."}
OF = (NotFound, IllegalTransition)

OfStatus = Annotated[str | None, QueryParameter(max_length=100, description=commas(Status))]
OfHousing = Annotated[UUID | None, QueryParameter(name="housing", description="Only for this listing")]


@post(
    "/v1/housing/{housing_id:uuid}/viewings",
    tags=["viewings"],
    opt=decided(
        auth="app", limit="write", idempotent=True, request_example=ASKED,
        raises=(NotFound, OwnHousing, HousingNotOpen, ViewingRequestedAlready, ViewingIdTaken, RateLimited),
    ),
)  # fmt: skip
async def request_viewing(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, housing_id: FromPath[UUID], data: JSONBody[ViewingIn]
) -> Viewing:
    """Ask to see a place, at one of up to three times; its owner is told

    With an `id` made by the phone it is one request however often and late it is sent. 429 with Retry-After beyond 10
    an hour, 30 a day, and 3 a day to one owner. Neither side sees the other's number before a time is agreed on.
    """
    made = await domain.request(tx, phones, me, housing_id, data, now)
    return _tagged(exchange, made)


@post(
    "/v1/viewings/{viewing_id:uuid}/accept",
    tags=["viewings"],
    status_code=200,
    opt=decided(auth="app", limit="write", may_match=True, raises=(*OF, HousingNotOpen),
                request_example={"time": "2026-11-24T01:30:00Z"}),
)  # fmt: skip
async def accept_viewing(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, viewing_id: FromPath[UUID], data: JSONBody[AcceptIn]
) -> Viewing:
    """Agree on one of the times that the other side has offered; both may see the other's number from then on

    Both are reminded two hours before. The same time again changes nothing.
    """
    made = await domain.accept(tx, phones, me, viewing_id, data, exchange.versions_if_given(), now)
    return _tagged(exchange, made)


@post(
    "/v1/viewings/{viewing_id:uuid}/move",
    tags=["viewings"],
    status_code=200,
    opt=decided(auth="app", limit="write", may_match=True, raises=(*OF, HousingNotOpen),
                request_example={"times": ["2026-11-25T11:00:00Z"]}),
)  # fmt: skip
async def move_viewing(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, viewing_id: FromPath[UUID], data: JSONBody[TimesIn]
) -> Viewing:
    """Offer other times instead of those the other side has offered; then it is the other side's turn"""
    made = await domain.move(tx, phones, me, viewing_id, data, exchange.versions_if_given(), now)
    return _tagged(exchange, made)


@post(
    "/v1/viewings/{viewing_id:uuid}/refuse",
    tags=["viewings"],
    status_code=200,
    opt=decided(auth="app", limit="write", may_match=True, raises=OF,
                request_example={"reason": "Phòng vừa có người đặt."}),
)  # fmt: skip
async def refuse_viewing(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, viewing_id: FromPath[UUID],
    data: JSONBody[RefuseIn | None] = None,
) -> Viewing:  # fmt: skip
    """For the owner: no, or not any more; the numbers are hidden again"""
    reason = None if data is None else data.reason
    made = await domain.call_off(tx, phones, me, viewing_id, "refused", reason, exchange.versions_if_given(), now)
    return _tagged(exchange, made)


@post(
    "/v1/viewings/{viewing_id:uuid}/withdraw",
    tags=["viewings"],
    status_code=200,
    opt=decided(
        auth="app", limit="write", may_match=True, raises=OF, request_example={"reason": "Em đã tìm được phòng."}
    ),
)
async def withdraw_viewing(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, viewing_id: FromPath[UUID],
    data: JSONBody[RefuseIn | None] = None,
) -> Viewing:  # fmt: skip
    """For whoever asked: not any more; the numbers are hidden again"""
    reason = None if data is None else data.reason
    made = await domain.call_off(tx, phones, me, viewing_id, "withdrawn", reason, exchange.versions_if_given(), now)
    return _tagged(exchange, made)


@get("/v1/viewings/{viewing_id:uuid}", tags=["viewings"], opt=decided(auth="app", limit="lookup", raises=(NotFound,)))
async def get_viewing(
    conn: Conn, phones: OpensPhones, me: Me, now: Now, exchange: Ex, viewing_id: FromPath[UUID]
) -> Viewing:
    """One request, for either of its sides"""
    found = await domain.shown(conn, phones, me, viewing_id, now)
    return _tagged(exchange, found)


@get("/v1/me/viewings", tags=["viewings"], opt=decided(auth="app", limit="lookup"))
async def list_my_viewings(
    conn: Conn, me: Me, pages: Pages, status: OfStatus = None, cursor: Cursor = None, limit: Limit = 20
) -> ViewingPage:
    """What you have asked to see, the latest first"""
    filters = {"status": several("status", status, Status)}
    return await store.page(conn, pages, me.account_id, "worker", filters, cursor, limit)


@get("/v1/me/housing-viewings", tags=["viewings"], opt=decided(auth="app", limit="lookup"))
async def list_housing_viewings(
    conn: Conn, me: Me, pages: Pages, status: OfStatus = None, housing: OfHousing = None, cursor: Cursor = None,
    limit: Limit = 20,
) -> ViewingPage:  # fmt: skip
    """Who wants to see your listings, or those of an employer you act for, the latest first"""
    filters = {"status": several("status", status, Status), "housing": housing}
    return await store.page(conn, pages, me.account_id, "owner", filters, cursor, limit)


def _tagged(exchange: Ex, viewing: Viewing) -> Viewing:
    return exchange.tagged(viewing, viewing.version, viewing.housing_title, viewing.phone_masked, viewing.can_call)


HANDLERS = [
    request_viewing, accept_viewing, move_viewing, refuse_viewing, withdraw_viewing, get_viewing, list_my_viewings,
    list_housing_viewings,
]  # fmt: skip
