"""HTTP of the room."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, OpensPhones, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.viewing_numbers import domain, store
from longan.rooms.viewing_numbers.models import NumberNotShown, OwnerResponse, ViewingLookPage, ViewingPhone


@post(
    "/v1/viewings/{viewing_id:uuid}/phone",
    tags=["viewing_numbers"],
    status_code=200,
    opt=decided(auth="app", limit="write", raises=(NotFound, NumberNotShown)),
)
async def open_viewing_phone(tx: Tx, phones: OpensPhones, me: Me, now: Now, viewing_id: FromPath[UUID]) -> ViewingPhone:
    """The other side's number, from when a time is agreed on until a day after it; they see that you have looked"""
    return await domain.look(tx, phones, me, viewing_id, now)


@get("/v1/me/viewing-looks", tags=["viewing_numbers"], opt=decided(auth="app", limit="lookup"))
async def list_my_viewing_looks(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> ViewingLookPage:
    """Each time somebody with whom you had agreed on a viewing has seen your number, the latest first"""
    return await store.looks(conn, pages, me.account_id, cursor, limit)


@get(
    "/v1/housing/{housing_id:uuid}/response",
    tags=["viewing_numbers"],
    opt=decided(auth="public", limit="lookup", raises=(NotFound,)),
)
async def get_owner_response(conn: Conn, now: Now, housing_id: FromPath[UUID]) -> OwnerResponse:
    """How many of those who ask the owner of a listing are answered, and how fast; from five requests on"""
    return await domain.response(conn, housing_id, now)


HANDLERS = [open_viewing_phone, list_my_viewing_looks, get_owner_response]
