"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import Forbidden, NotFound, RateLimited
from longan.floor.database.page import Cursor, Limit
from longan.floor.housing.housing_contact import OwnHousing
from longan.floor.places import ward
from longan.floor.requests.deps import Conn, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.housing_reports import domain, store
from longan.rooms.housing_reports.models import (
    HousingReport,
    HousingReportAnswered,
    HousingReportClaimed,
    HousingReportDecided,
    HousingReportDecisionIn,
    HousingReportIn,
    HousingReportPage,
    HousingReportTaken,
    ReasonCode,
    WaitingHousingReportPage,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)
SAID = {"reason_code": "fraud", "note": "Bắt chuyển cọc trước khi cho xem phòng."}
REFUSALS = (Forbidden, NotFound, OwnHousing, HousingReportAnswered, HousingReportTaken)

OfReason = Annotated[ReasonCode | None, QueryParameter(name="reason_code", description="Only of this reason")]
OfHousing = Annotated[UUID | None, QueryParameter(name="housing", description="Only of this listing")]


@put(
    "/v1/housing/{housing_id:uuid}/report",
    tags=["housing_reports"],
    opt=decided(auth="app", limit="write", raises=(NotFound, OwnHousing, RateLimited), request_example=SAID),
)
async def report_housing(
    tx: Tx, me: Me, now: Now, housing_id: FromPath[UUID], data: JSONBody[HousingReportIn]
) -> HousingReport:
    """Say that a listing is not what it should be: an official reads it, and you hear what they found

    One report a listing: another one takes its place as long as nobody has answered. The owner is never shown who
    reported, nor the note. 429 beyond ten listings a day.
    """
    return await domain.report(tx, me, housing_id, data, now)


@get("/v1/me/housing-reports", tags=["housing_reports"], opt=decided(auth="app", limit="lookup"))
async def list_own_housing_reports(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> HousingReportPage:
    """What you have reported, newest first, and what officials answered"""
    return await store.own(conn, pages, me.account_id, cursor, limit)


@get(
    "/v1/housing-reports",
    tags=["housing_reports"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,)),
)
async def list_housing_reports(
    conn: Conn, me: Me, now: Now, pages: Pages, reason: OfReason = None, ward_code: ward.WardCode = None,
    housing: OfHousing = None, cursor: Cursor = None, limit: Limit = 20,
) -> WaitingHousingReportPage:  # fmt: skip
    """Reports that wait for your answer, oldest first; nothing says who reported

    It is what the wards of your role reach, and nothing that is your own or that you have reported yourself.
    """
    filters: dict[str, object] = {"reason_code": reason, "ward_code": ward_code, "housing": housing}
    return await domain.waiting(conn, pages, me, filters, cursor, limit, now)


@post(
    "/v1/housing-reports/{report_id:uuid}/claim",
    tags=["housing_reports"],
    status_code=200,
    opt=decided(auth="official", limit="write", proof=WITH_PASSKEY, raises=REFUSALS),
)
async def claim_housing_report(tx: Tx, me: Me, now: Now, report_id: FromPath[UUID]) -> HousingReportClaimed:
    """Take a report for half an hour, in which no other official decides on it; again for another half hour"""
    return await domain.claim(tx, me, report_id, now)


@post(
    "/v1/housing-reports/{report_id:uuid}/decision",
    tags=["housing_reports"],
    status_code=200,
    opt=decided(auth="official", limit="write", proof=WITH_PASSKEY, raises=REFUSALS,
                request_example={"outcome": "confirmed", "answer": "Đúng như bạn nói. Cảm ơn bạn."}),
)  # fmt: skip
async def decide_housing_report(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[HousingReportDecisionIn]
) -> HousingReportDecided:
    """Confirm a report or dismiss it; whoever reported hears of it, and reads your answer

    With the third person whose report is confirmed since an official last let the listing be shown it is hidden by
    itself, and an official looks at it before it is shown again. The same decision again changes nothing.
    """
    return await domain.decide(tx, me, report_id, data, now)


HANDLERS = [
    report_housing, list_own_housing_reports, list_housing_reports, claim_housing_report, decide_housing_report
]  # fmt: skip
