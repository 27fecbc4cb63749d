"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from longan.floor.base.errors import Forbidden, NotFound, Stale, WardUnknown
from longan.floor.database.page import Cursor, Limit
from longan.floor.places import ward
from longan.floor.requests.deps import Conn, Ex, Home, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.offices import domain
from longan.rooms.offices.models import (
    Kiosk,
    KioskExists,
    KioskIn,
    KioskKey,
    KioskPage,
    ManagedOffice,
    ManagedOfficePage,
    OfficeChange,
    OfficeEnded,
    OfficeExists,
    OfficeIn,
    OfficePage,
    OfficeStepPage,
)

Agency = Annotated[str | None, QueryParameter(max_length=20, description="Only of this agency, as `H53.16`")]

OFFICE_ID, KIOSK_ID = "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d", "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4e"
KEY_ID, OFFICIAL = "4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10", "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31"
OFFICE = {
    "id": OFFICE_ID, "agency_code": "H53.16", "unit": None, "name": "Sở Xây dựng tỉnh Tây Ninh",
    "ward_version": "2025-07-01", "ward_code": "27694", "valid_from": "2025-07-01", "valid_to": None,
}  # fmt: skip
OFFICE_IN = {"agency_code": "H53.16", "name": OFFICE["name"], "ward_code": "27694", "valid_from": "2025-07-01"}
KIOSK = {
    "id": KIOSK_ID, "office_id": OFFICE_ID, "counter": "Quầy 3", "key_id": None, "key_issued_at": None,
    "created_at": "2026-11-22T02:00:00Z", "revoked_at": None,
}  # fmt: skip
KEY = {
    "kiosk_id": KIOSK_ID, "key_id": KEY_ID, "link_prefix": "https://id.example.vn/open/visits/",
    "private_key": {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "d": "…"},
    "issued_at": "2026-11-22T02:00:00Z",
}  # fmt: skip
STEP = {
    "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4f", "action": "key_issued", "kiosk_id": KIOSK_ID, "key_id": KEY_ID,
    "account_id": OFFICIAL, "at": "2026-11-22T02:00:00Z",
}  # fmt: skip


@get(
    "/v1/offices",
    tags=["offices"],
    opt=decided(auth="public", limit="lookup", raises=ward.PROBLEMS, example={"items": [OFFICE], "next_cursor": None}),
)
async def list_offices(
    conn: Conn, pages: Pages, home: Home, now: Now, ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None, place: ward.PlaceName = None, agency_code: Agency = None,
    cursor: Cursor = None, limit: Limit = 20,
) -> OfficePage:  # fmt: skip
    """Offices of agencies, of all or of a place"""
    return await domain.listed(conn, pages, home, (ward_code, old_ward_code, place), agency_code, cursor, limit, now)


@get(
    "/v1/managed-offices",
    tags=["offices"],
    opt=decided(auth="official", limit="lookup", raises=(Forbidden,),
                example={"items": [{**OFFICE, "version": 1}], "next_cursor": None}),
)  # fmt: skip
async def list_managed_offices(
    conn: Conn, pages: Pages, me: Me, now: Now, unlisted: FromQuery[bool | None] = None, cursor: Cursor = None,
    limit: Limit = 20,
) -> ManagedOfficePage:  # fmt: skip
    """Offices of your agency in your wards, ended ones among them; those that only a rated dossier has named where you
    are appointed for everywhere"""
    return await domain.managed(conn, pages, me, unlisted, cursor, limit, now)


@post(
    "/v1/offices",
    tags=["offices"],
    opt=decided(
        auth="official", limit="write", idempotent=True, raises=(Forbidden, WardUnknown, OfficeExists),
        request_example=OFFICE_IN, example={**OFFICE, "version": 1},
    ),
)  # fmt: skip
async def create_office(tx: Tx, me: Me, now: Now, data: JSONBody[OfficeIn]) -> ManagedOffice:
    """List an office of your agency

    One that rated dossiers have named already keeps what was said of it. After it has moved: end it and list it anew,
    or change its ward where that is to hold for the past as well.
    """
    return await domain.create(tx, me, data, now)


@get(
    "/v1/managed-offices/{office_id:uuid}",
    tags=["offices"],
    opt=decided(auth="official", limit="lookup", raises=(Forbidden, NotFound), example={**OFFICE, "version": 1}),
)
async def get_managed_office(conn: Conn, exchange: Ex, me: Me, now: Now, office_id: FromPath[UUID]) -> ManagedOffice:
    """An office of your agency, with the ETag that changing it takes"""
    office = await domain.shown(conn, office_id, me, now)
    return exchange.tagged(office, office.version)


@patch(
    "/v1/managed-offices/{office_id:uuid}",
    tags=["offices"],
    opt=decided(
        auth="official", limit="write", if_match=True,
        raises=(Forbidden, NotFound, Stale, OfficeEnded, WardUnknown),
        request_example={"name": "Trung tâm Phục vụ hành chính công"}, example={**OFFICE, "version": 2},
    ),
)  # fmt: skip
async def update_office(
    tx: Tx, exchange: Ex, me: Me, now: Now, office_id: FromPath[UUID], data: JSONBody[OfficeChange]
) -> ManagedOffice:
    """Change the name or the ward of an office, or end it, which ends its kiosks too"""
    office = await domain.update(tx, office_id, me, data, exchange.expected_versions(), now)
    return exchange.tagged(office, office.version)


@get(
    "/v1/managed-offices/{office_id:uuid}/history",
    tags=["offices"],
    opt=decided(auth="official", limit="lookup", raises=(Forbidden, NotFound),
                example={"items": [STEP], "next_cursor": None}),
)  # fmt: skip
async def list_office_history(
    conn: Conn, pages: Pages, me: Me, now: Now, office_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> OfficeStepPage:
    """Which official has done what to an office, its kiosks and their keys, the last first"""
    return await domain.history(conn, pages, office_id, me, cursor, limit, now)


@get(
    "/v1/managed-offices/{office_id:uuid}/kiosks",
    tags=["offices"],
    opt=decided(auth="official", limit="lookup", raises=(Forbidden, NotFound),
                example={"items": [KIOSK], "next_cursor": None}),
)  # fmt: skip
async def list_kiosks(
    conn: Conn, pages: Pages, me: Me, now: Now, office_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> KioskPage:
    """The kiosks of an office, revoked ones among them"""
    return await domain.kiosks(conn, pages, office_id, me, cursor, limit, now)


@post(
    "/v1/managed-offices/{office_id:uuid}/kiosks",
    tags=["offices"],
    opt=decided(
        auth="official", limit="write", idempotent=True, raises=(Forbidden, NotFound, OfficeEnded, KioskExists),
        request_example={"counter": "Quầy 3"}, example=KIOSK,
    ),
)  # fmt: skip
async def create_kiosk(tx: Tx, me: Me, now: Now, office_id: FromPath[UUID], data: JSONBody[KioskIn]) -> Kiosk:
    """A kiosk for a counter; it can sign nothing before `issue_kiosk_key`"""
    return await domain.create_kiosk(tx, office_id, me, data.counter, now)


@post(
    "/v1/kiosks/{kiosk_id:uuid}/keys",
    tags=["offices"],
    status_code=200,
    opt=decided(auth="official", limit="write", proof=Proof(acr=3), raises=(Forbidden, NotFound), example=KEY),
)
async def issue_kiosk_key(tx: Tx, me: Me, now: Now, state: State, kiosk_id: FromPath[UUID]) -> KioskKey:
    """The kiosk's key, its first or a new one: shown now and never again

    It replaces the one before, whose last tokens are good for ten minutes more. Lost before it was read: issue another.
    Known to somebody else: `revoke_kiosk`, and make a new kiosk.
    """
    return await domain.issue_key(tx, kiosk_id, me, state.settings.public_url, now)


@delete(
    "/v1/kiosks/{kiosk_id:uuid}",
    tags=["offices"],
    status_code=204,
    opt=decided(auth="official", limit="write", raises=(Forbidden, NotFound)),
)
async def revoke_kiosk(tx: Tx, me: Me, now: Now, kiosk_id: FromPath[UUID]) -> None:
    """From now on nothing that any key of this kiosk has signed is good"""
    await domain.revoke(tx, kiosk_id, me, now)


HANDLERS = [
    list_offices, list_managed_offices, create_office, get_managed_office, update_office, list_office_history,
    list_kiosks, create_kiosk, issue_kiosk_key, revoke_kiosk,
]  # fmt: skip
