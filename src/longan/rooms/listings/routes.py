"""HTTP of the room."""

from typing import Annotated, get_args
from uuid import UUID

from litestar import get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from longan.floor.base.errors import FieldError, InsufficientAuthentication, InvalidRequest, NotFound, WardUnknown
from longan.floor.database.page import Cursor, Limit
from longan.floor.housing.housing_costs import PriceFlagsUnseen
from longan.floor.housing.housing_listings import Status
from longan.floor.housing.housing_view import MyHousing, shown
from longan.floor.housing.room_ranges import AmountsDoubted
from longan.floor.pictures.object_storage import StorageUnavailable
from longan.floor.pictures.uploads import UploadNotUsable
from longan.floor.requests.deps import Conn, Ex, Me, Now, Pages, Stored, Tx
from longan.floor.requests.policy import decided
from longan.rooms.listings import domain
from longan.rooms.listings.models import (
    Checked,
    CheckIn,
    HousingChange,
    HousingEventPage,
    HousingIn,
    HousingPhotos,
    HousingSuspended,
    IdTaken,
    MyHousingPage,
    PhotosIn,
)

EXAMPLE_IN = {
    "kind": "room",
    "title": "Phòng trọ có gác, gần khu công nghiệp Long Hậu",
    "description": "Phòng mới, có gác, cổng vân tay, để xe trong nhà.",
    "ward_code": "28165",
    "rent": 1_500_000,
    "deposit": 1_500_000,
    "area_m2": 18,
    "electricity_price": 3_500,
    "electricity_unit": "kwh",
    "water_price": 80_000,
    "water_unit": "person_month",
    "max_people": 3,
    "has_loft": True,
    "motorbike_parking": True,
}
EXAMPLE_CHECK = {
    "area_m2": 18, "electricity_price": 4_000, "electricity_unit": "kwh",
    "typed": [{"field": "rent", "text": "15 triệu"}],
}  # fmt: skip

Statuses = Annotated[
    str | None,
    QueryParameter(max_length=100, description=f"One or more of {', '.join(get_args(Status))}, comma-separated"),
]


@post(
    "/v1/housing",
    tags=["listings"],
    opt=decided(
        auth="any", limit="write", idempotent=True, request_example=EXAMPLE_IN,
        raises=(NotFound, InsufficientAuthentication, WardUnknown, IdTaken),
    ),
)  # fmt: skip
async def create_housing(tx: Tx, me: Me, now: Now, exchange: Ex, data: JSONBody[HousingIn]) -> MyHousing:
    """A draft: of a landlord, of an employer you act for, or of an official for a project

    Amounts outside the world's ranges are refused by name; those that look like slips are asked back when it is
    published, or before by `check_housing`.
    """
    made = await domain.create(tx, me, data, now)
    return exchange.tagged(made, made.version)


@post(
    "/v1/housing/check",
    tags=["listings"],
    status_code=200,
    opt=decided(auth="any", limit="lookup", request_example=EXAMPLE_CHECK),
)
async def check_housing(now: Now, data: JSONBody[CheckIn]) -> Checked:
    """What would be asked back, what the law says of the prices, and what a month would cost; nothing is kept

    `typed` amounts are read as people write them ("1tr8"); one that may mean two things comes back with what is likely
    meant.
    """
    return domain.checked(data, now)


@patch(
    "/v1/housing/{housing_id:uuid}",
    tags=["listings"],
    opt=decided(
        auth="any", limit="write", if_match=True,
        raises=(NotFound, InsufficientAuthentication, HousingSuspended, AmountsDoubted, PriceFlagsUnseen, WardUnknown),
        request_example={"rent": 1_600_000, "clear": ["service_fee"]},
    ),
)  # fmt: skip
async def update_housing(
    tx: Tx, me: Me, now: Now, exchange: Ex, housing_id: FromPath[UUID], data: JSONBody[HousingChange]
) -> MyHousing:
    """Change what is named; the rest stays

    What is no draft is looked at again as when it was published: amounts, and prices above the legal ones that were not
    there before. What differs stands in the history.
    """
    changed = await domain.update(tx, me, housing_id, data, exchange.expected_versions(), now)
    return exchange.tagged(changed, changed.version)


@put(
    "/v1/housing/{housing_id:uuid}/photos",
    tags=["listings"],
    opt=decided(
        auth="any", limit="write",
        raises=(NotFound, InsufficientAuthentication, HousingSuspended, UploadNotUsable, StorageUnavailable),
        request_example={"upload_ids": ["4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10"]},
    ),
)  # fmt: skip
async def set_housing_photos(
    tx: Tx, me: Me, now: Now, storage: Stored, housing_id: FromPath[UUID], data: JSONBody[PhotosIn]
) -> HousingPhotos:
    """All pictures of a listing, in their order; whatever is not named is deleted

    They are public as long as the listing is open.
    """
    return HousingPhotos(await domain.arrange(tx, storage, me, housing_id, data.upload_ids, now))


@get(
    "/v1/me/housing/{housing_id:uuid}/photos",
    tags=["listings"],
    opt=decided(auth="any", limit="lookup", raises=(NotFound, InsufficientAuthentication, StorageUnavailable)),
)
async def list_my_housing_photos(
    conn: Conn, me: Me, now: Now, storage: Stored, housing_id: FromPath[UUID]
) -> HousingPhotos:
    """The pictures of a listing of yours, of a draft too, each at an address"""
    return HousingPhotos(await domain.photos(conn, storage, me, housing_id, now))


@get(
    "/v1/me/housing",
    tags=["listings"],
    opt=decided(auth="any", limit="lookup", raises=(InsufficientAuthentication,)),
)
async def list_my_housing(
    conn: Conn,
    me: Me,
    now: Now,
    pages: Pages,
    employer_id: FromQuery[UUID | None] = None,
    status: Statuses = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> MyHousingPage:
    """Your listings, drafts too, newest first; those of an employer you act for; for officials the projects of their
    wards
    """
    return await domain.own(conn, pages, me, employer_id, _statuses(status), cursor, limit, now)


@get(
    "/v1/me/housing/{housing_id:uuid}",
    tags=["listings"],
    opt=decided(auth="any", limit="lookup", raises=(NotFound, InsufficientAuthentication)),
)
async def get_my_housing(conn: Conn, me: Me, now: Now, exchange: Ex, housing_id: FromPath[UUID]) -> MyHousing:
    """One listing that you may write, whatever its state"""
    found = await shown(conn, me, housing_id, now)
    return exchange.tagged(found, found.version, found.cost, found.photo_ids, found.job_ids)


@get(
    "/v1/me/housing/{housing_id:uuid}/history",
    tags=["listings"],
    opt=decided(auth="any", limit="lookup", raises=(NotFound, InsufficientAuthentication)),
)
async def list_housing_history(
    conn: Conn, me: Me, now: Now, pages: Pages, housing_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> HousingEventPage:
    """What happened to a listing of yours, and what was changed in it, newest first"""
    return await domain.history(conn, pages, me, housing_id, cursor, limit, now)


def _statuses(text: str | None) -> list[Status] | None:
    if text is None:
        return None
    named = set(text.split(","))
    known: tuple[Status, ...] = get_args(Status)
    if not named <= set(known):
        raise InvalidRequest(FieldError("?status", "not_one_of"))
    return [status for status in known if status in named]


HANDLERS = [
    create_housing, check_housing, update_housing,
    set_housing_photos, list_my_housing_photos, list_my_housing, get_my_housing, list_housing_history,
]  # fmt: skip
