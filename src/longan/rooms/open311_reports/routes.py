"""HTTP of the room."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import Forbidden, IllegalTransition, NotFound, RateLimited
from longan.floor.database.page import Cursor, Limit
from longan.floor.feedback.feedback_places import PointElsewhere, PointOutside
from longan.floor.feedback.open311_partners import (
    JurisdictionMissing,
    JurisdictionRefused,
    JurisdictionUnknown,
    Open311KeyRefused,
)
from longan.floor.feedback.open311_sent import LocationMissing, ServiceMissing, ServiceNotOffered
from longan.floor.formats import georeport, georeport_form
from longan.floor.formats.georeport import KINDS, CreatedRequest, Format, written
from longan.floor.requests.deps import Conn, Me, Now, OpensPhones, Pages, Tx
from longan.floor.requests.policy import Policy, Proof, decided
from longan.rooms.open311_reports import domain
from longan.rooms.open311_reports.domain import COUNTER, AtCounter
from longan.rooms.open311_reports.models import (
    Open311Contact,
    Open311Decided,
    Open311DecisionIn,
    Open311LookIn,
    Open311SubmissionPage,
    SubmissionState,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)
ID = "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d"
REPORT = "7c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10"
SUBMISSION = {
    "id": ID, "state": "waiting", "partner": "Trung tâm giám sát đô thị", "service_code": "thai_do",
    "description": "Cán bộ tiếp dân trả lời không đúng mực", "address": "UBND xã Bến Lức", "lat": None, "lon": None,
    "report_id": None, "has_contact": True, "reason": None, "created_at": "2026-11-22T02:00:00Z",
}  # fmt: skip
FORM = (
    "api_key=xyz&jurisdiction_id=tayninh.gov.vn&service_code=ha_tang&lat=10.6356&long=106.4871"
    "&address_string=%E1%BA%A4p+2%2C+X%C3%A3+B%E1%BA%BFn+L%E1%BB%A9c"
    "&description=%C4%90%C3%A8n+%C4%91%C6%B0%E1%BB%9Dng+h%C6%B0&attribute%5Bloai%5D=chieu_sang"
)
CREATED = CreatedRequest("PA-7K3M-92QX", "Tiếp nhận trong 8 giờ làm việc, trả lời trong 5 ngày làm việc.", None)
REFUSALS = (
    Open311KeyRefused, JurisdictionRefused, JurisdictionMissing, JurisdictionUnknown, ServiceMissing,
    ServiceNotOffered, LocationMissing, PointOutside, PointElsewhere, RateLimited,
)  # fmt: skip
Wanted = Annotated[
    SubmissionState | None,
    QueryParameter(name="state", description="`waiting` for a decision, `filed` or `refused`; else all"),
]
OfReport = Annotated[UUID | None, QueryParameter(description="The submission of which this report was made")]


def _posted(form: Format) -> dict[str, Any]:
    media = KINDS[form].partition(";")[0]
    made = written("service_requests", [CREATED], form)
    opt: dict[str, Policy] = decided(
        auth="public", limit="page", produces=media, refused=georeport.refused, raises=REFUSALS,
        takes=(georeport_form.TAKES,), largest=georeport_form.MOST_BYTES, reads=georeport_form.read,
        request_example={georeport_form.TAKES: FORM},
        example=[msgspec.to_builtins(CREATED)] if form == "json" else made.decode(),
    )  # fmt: skip
    responses = {200: ResponseSpec(list[CreatedRequest], generate_examples=False)}
    return {
        "status_code": 200, "tags": ["open311_reports"], "dependencies": COUNTER, "opt": opt, "responses": responses
    }  # fmt: skip


@post("/open311/v2/requests.json", **_posted("json"))
async def create_open311_request(counter: AtCounter, now: Now) -> Response[bytes]:
    """GeoReport v2, POST Service Request: report as a form; the answer has a `service_request_id`, or a `token`

    Needs an `api_key`. Send one of `lat` with `long`, `address_string`, `address_id` (the code of a ward of now, or of
    the list before). `device_id` and `account_id` are taken and forgotten, the other personal fields sealed;
    `media_url` is shown to officials and never fetched. The same again within 15 minutes is the same report.
    """
    return Response(written("service_requests", [await domain.submit(counter, now)], "json"), media_type=KINDS["json"])


@post("/open311/v2/requests.xml", **_posted("xml"))
async def create_open311_request_in_xml(counter: AtCounter, now: Now) -> Response[bytes]:
    """As `create_open311_request`, answered in XML"""
    return Response(written("service_requests", [await domain.submit(counter, now)], "xml"), media_type=KINDS["xml"])


@get(
    "/v1/open311/submissions",
    tags=["open311_reports"],
    opt=decided(
        auth="official", limit="lookup", raises=(Forbidden,), example={"items": [SUBMISSION], "next_cursor": None}
    ),
)
async def list_open311_submissions(
    conn: Conn, me: Me, now: Now, pages: Pages, wanted: Wanted = None, report_id: OfReport = None,
    cursor: Cursor = None, limit: Limit = 20,
) -> Open311SubmissionPage:  # fmt: skip
    """For officials of feedback: what partners have posted within the wards of their role, the latest first"""
    return await domain.listed(conn, pages, me, wanted, report_id, now, cursor, limit)


@post(
    "/v1/open311/submissions/{submission_id:uuid}/decision",
    tags=["open311_reports"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY, raises=(Forbidden, NotFound, IllegalTransition),
        request_example={"decision": "file", "reason": "Phản ánh về tác phong, đúng phạm vi"},
        example={"id": ID, "state": "filed", "report_id": REPORT, "code": "PA-7K3M-92QX"},
    ),
)  # fmt: skip
async def decide_open311_submission(
    tx: Tx, me: Me, now: Now, submission_id: FromPath[UUID], data: JSONBody[Open311DecisionIn]
) -> Open311Decided:
    """For officials of feedback: make a report of what waits, or refuse it; its token then says so"""
    return await domain.decide(tx, me, submission_id, data, now)


@post(
    "/v1/open311/submissions/{submission_id:uuid}/looks",
    tags=["open311_reports"],
    status_code=200,
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound),
        request_example={"purpose": "Gọi lại để hỏi vị trí"},
        example={
            "first_name": "Thử", "last_name": "Nguyễn Văn", "email": "thu@example.vn", "phone": "0901234567",
            "media_url": "https://photos.example.vn/2002/2212426634.jpg",
        },
    ),
)  # fmt: skip
async def open_open311_contact(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, submission_id: FromPath[UUID], data: JSONBody[Open311LookIn]
) -> Open311Contact:
    """For officials of feedback: who reported, and the foreign address that came with it

    Each look is written down with your name and the purpose. Nobody here has opened the address: it may lead anywhere.
    """
    return await domain.look(tx, phones, me, submission_id, data.purpose, now)


HANDLERS = [
    create_open311_request, create_open311_request_in_xml, list_open311_submissions, decide_open311_submission,
    open_open311_contact,
]  # fmt: skip
