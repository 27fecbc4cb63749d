"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import Forbidden, IllegalTransition, NotFound, Stale
from longan.floor.database.page import Cursor, Limit
from longan.floor.guard.standing import EmployerSuspended
from longan.floor.housing.housing_contact import OwnHousing
from longan.floor.pictures.object_storage import StorageUnavailable
from longan.floor.places import ward
from longan.floor.requests.deps import Conn, Me, Now, Pages, Stored, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.housing_desk import domain
from longan.rooms.housing_desk.models import (
    AtDesk,
    HousingAppeal,
    HousingAppealIn,
    HousingCasePage,
    HousingCaseView,
    HousingDecided,
    HousingDecidedByYou,
    HousingDecisionIn,
    HousingNotAppealable,
    PairDecided,
    PairDecidedAlready,
    PairDecisionIn,
    SamePicturePage,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)
HOUSING_ID = "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18"

OfStatus = Annotated[AtDesk | None, QueryParameter(description="Only those that stand there")]
Appealed = Annotated[bool | None, QueryParameter(description="Only those whose owners have appealed, or only others")]


@get(
    "/v1/housing-desk",
    tags=["housing_desk"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,)),
)
async def list_housing_cases(
    conn: Conn, me: Me, now: Now, pages: Pages, status: OfStatus = None,
    ward_code: ward.WardCode = None, appealed: Appealed = None, cursor: Cursor = None, limit: Limit = 20,
) -> HousingCasePage:  # fmt: skip
    """Listings that are kept from the lists in your wards, the longest first: to be read, hidden, or taken down"""
    filters: dict[str, object] = {"status": status, "ward_code": ward_code, "appealed": appealed}
    return await domain.queue_of(conn, pages, me, filters, cursor, limit, now)


@get(
    "/v1/housing-desk/{housing_id:uuid}",
    tags=["housing_desk"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY,
                raises=(Forbidden, NotFound, OwnHousing, StorageUnavailable)),
)  # fmt: skip
async def get_housing_case(
    storage: Stored, conn: Conn, me: Me, now: Now, housing_id: FromPath[UUID]
) -> HousingCaseView:
    """A listing in your wards with its pictures, what is reported of it, what became of it, and its owner's appeal"""
    return await domain.shown(conn, storage, me, housing_id, now)


@post(
    "/v1/housing-desk/{housing_id:uuid}/decision",
    tags=["housing_desk"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY,
        raises=(Forbidden, NotFound, OwnHousing, HousingDecidedByYou, Stale, IllegalTransition, EmployerSuspended),
        request_example={"to": "open", "reason": "Giá đã sửa đúng.", "version": 4},
    ),
)  # fmt: skip
async def decide_housing_case(
    tx: Tx, me: Me, now: Now, housing_id: FromPath[UUID], data: JSONBody[HousingDecisionIn]
) -> HousingDecided:
    """Let a listing be shown, give it back, take it down or close it; its owner reads the reason

    Any listing in your wards may be taken down. An appeal is for another official than who decided first.
    """
    return await domain.decide(tx, me, housing_id, data, now)


@post(
    "/v1/housing/{housing_id:uuid}/appeal",
    tags=["housing_desk"],
    status_code=200,
    opt=decided(auth="app", limit="write", raises=(NotFound, HousingNotAppealable),
                request_example={"text": "Giá trong tin đã sửa theo phản ánh, mong xem lại."}),
)  # fmt: skip
async def appeal_housing(
    tx: Tx, me: Me, now: Now, housing_id: FromPath[UUID], data: JSONBody[HousingAppealIn]
) -> HousingAppeal:
    """For the owner: ask for another look at a listing that was hidden or taken down; once for each time"""
    return await domain.appeal(tx, me, housing_id, data, now)


@get(
    "/v1/same-pictures",
    tags=["housing_desk"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,)),
)
async def list_same_pictures(
    conn: Conn, me: Me, now: Now, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> SamePicturePage:
    """Listings of different owners that show one picture, one of them in your wards; the longest found first"""
    return await domain.pairs(conn, pages, me, cursor, limit, now)


@post(
    "/v1/same-pictures/{pair_id:uuid}/decision",
    tags=["housing_desk"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY,
        raises=(Forbidden, NotFound, OwnHousing, PairDecidedAlready),
        request_example={"outcome": "copied", "reason": "Ảnh lấy từ tin khác.", "copy_id": HOUSING_ID},
    ),
)  # fmt: skip
async def decide_same_pictures(
    tx: Tx, me: Me, now: Now, pair_id: FromPath[UUID], data: JSONBody[PairDecisionIn]
) -> PairDecided:
    """Both may show it, or one has copied it and is taken down, which its owner reads with the reason"""
    return await domain.decide_pair(tx, me, pair_id, data, now)


HANDLERS = [
    list_housing_cases, get_housing_case, decide_housing_case, appeal_housing, list_same_pictures, decide_same_pictures
]  # fmt: skip
