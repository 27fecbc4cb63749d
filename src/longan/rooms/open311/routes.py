"""HTTP of the room: the reads of GeoReport v2 and its discovery, in the format that a path ends with."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter

from longan.floor.base.errors import NotFound, Problem
from longan.floor.feedback.open311_partners import (
    JurisdictionMissing,
    JurisdictionUnknown,
    Open311KeyRefused,
    jurisdiction,
)
from longan.floor.formats import georeport
from longan.floor.formats.georeport import (
    KINDS,
    SPECIFICATION,
    AttributeValue,
    Discovery,
    DiscoveryEndpoint,
    Format,
    Open311Service,
    RedeemedToken,
    ServiceAttribute,
    ServiceDefinition,
    ServiceRequest,
    Written,
    written,
)
from longan.floor.requests.deps import Conn, Locale, Now
from longan.floor.requests.policy import decided
from longan.rooms.open311 import domain
from longan.rooms.open311.models import RangeTooLong, ReportRefused, ServiceUnknown

JurisdictionId = Annotated[
    str | None, QueryParameter(max_length=64, description="Only needed where several jurisdictions are served")
]
ApiKey = Annotated[
    str | None, QueryParameter(max_length=200, description="Not needed; with it a partner sees its own reports too")
]
Ids = Annotated[
    str | None, QueryParameter(max_length=8_000, description="Ids, comma delimited; overrides all other arguments")
]
Codes = Annotated[str | None, QueryParameter(max_length=1_000, description="service_codes, comma delimited")]
When = Annotated[str | None, QueryParameter(max_length=40, description="W3C-DTF with a zone: 2026-11-02T00:00:00Z")]
Status = Annotated[str | None, QueryParameter(max_length=20, description="`open`, `closed`, comma delimited")]
PageNumber = Annotated[int, QueryParameter(ge=1, le=domain.MOST_PAGE, description="From 1 on")]
PageSize = Annotated[int, QueryParameter(ge=1, le=domain.MOST, description="Requests in a page")]
Extensions = Annotated[str | None, QueryParameter(max_length=10, description="Taken, and means nothing here")]
NamedIn = Annotated[str, PathParameter(description="The id with `.json` or `.xml` behind it")]

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PROMISE = "Tiếp nhận trong 8 giờ làm việc, trả lời trong 5 ngày làm việc."
DISCOVERY = Discovery(
    "2026-07-01 00:00", "1022@example.vn (jurisdiction_id: tayninh.gov.vn)", "Xin cấp api_key: 1022@example.vn",
    [DiscoveryEndpoint(SPECIFICATION, "https://id.example.vn/open311/v2", "2026-07-01 00:00", "production",
                       ["text/xml", "application/json"])],
)  # fmt: skip
SERVICE = Open311Service(
    "ha_tang", "Sự cố hạ tầng kỹ thuật", PROMISE, True, "realtime", "điện, nước, cây xanh", "Hạ tầng và môi trường"
)
DEFINITION = ServiceDefinition(
    "ha_tang",
    [ServiceAttribute(True, "loai", "singlevaluelist", False, None, 1, "Sự cố về gì?",
                      [AttributeValue("chieu_sang", "Chiếu sáng")])],
)  # fmt: skip
REQUEST = ServiceRequest(
    "PA-7K3M-92QX", "closed", "Đã thay bóng đèn.", "Sự cố hạ tầng kỹ thuật", "ha_tang", "Đèn đường hư",
    "Đội chiếu sáng", PROMISE, AT, AT, AT, "Xã Bến Lức, Tỉnh Tây Ninh", "27694", None, 10.6355, 106.487,
    "https://id.example.vn/v1/photos/4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10",
)  # fmt: skip
PLACE: tuple[type[Problem], ...] = (JurisdictionMissing, JurisdictionUnknown)


def _told(root: str, example: Written | Sequence[Written], kind: Any, *forms: Format, raises: Any = PLACE) -> Any:
    """What the operations have decided alike. The format is the path's to say, so any Accept is taken as one for it."""
    kinds = {each: KINDS[each].partition(";")[0] for each in forms}
    shown: dict[str, object] = {
        media: msgspec.to_builtins(example) if form == "json" else written(root, example, form).decode()
        for form, media in kinds.items()
    }
    return {
        "tags": ["open311"],
        "opt": decided(
            auth="public", limit="lookup", produces=", ".join(kinds.values()), refused=georeport.refused,
            raises=raises, example=shown,
        ),
        "responses": {200: ResponseSpec(kind, generate_examples=False)},
    }  # fmt: skip


def _as(form: Format, root: str, content: Written | Sequence[Written]) -> Response[bytes]:
    return Response(written(root, content, form), media_type=KINDS[form])


@get("/open311/discovery.json", **_told("discovery", DISCOVERY, Discovery, "json", raises=()))
async def get_open311_discovery(conn: Conn, state: State, now: Now, locale: Locale) -> Response[bytes]:
    """Service Discovery of Open311: where the endpoint is, its formats, who gives keys"""
    return _as("json", "discovery", await domain.discovery(conn, state.settings, locale, now))


@get("/open311/discovery.xml", **_told("discovery", DISCOVERY, Discovery, "xml", raises=()))
async def get_open311_discovery_in_xml(conn: Conn, state: State, now: Now, locale: Locale) -> Response[bytes]:
    """As `get_open311_discovery`, in XML"""
    return _as("xml", "discovery", await domain.discovery(conn, state.settings, locale, now))


@get("/open311/v2/services.json", **_told("services", [SERVICE], list[Open311Service], "json"))
async def list_open311_services(
    conn: Conn, state: State, now: Now, locale: Locale, jurisdiction_id: JurisdictionId = None, api_key: ApiKey = None
) -> Response[bytes]:
    """GeoReport v2, GET Service List: what may be reported"""
    where = jurisdiction(state.settings, jurisdiction_id)
    return _as("json", "services", await domain.services(conn, where, locale, now))


@get("/open311/v2/services.xml", **_told("services", [SERVICE], list[Open311Service], "xml"))
async def list_open311_services_in_xml(
    conn: Conn, state: State, now: Now, locale: Locale, jurisdiction_id: JurisdictionId = None, api_key: ApiKey = None
) -> Response[bytes]:
    """As `list_open311_services`, in XML"""
    where = jurisdiction(state.settings, jurisdiction_id)
    return _as("xml", "services", await domain.services(conn, where, locale, now))


@get(
    "/open311/v2/services/{service:str}",
    **_told("service_definition", DEFINITION, ServiceDefinition, "xml", "json", raises=(*PLACE, ServiceUnknown)),
)
async def get_open311_definition(
    conn: Conn, state: State, now: Now, locale: Locale, service: NamedIn, jurisdiction_id: JurisdictionId = None,
    api_key: ApiKey = None,
) -> Response[bytes]:  # fmt: skip
    """GeoReport v2, GET Service Definition: the questions of a service, as `ha_tang.json` or `ha_tang.xml`"""
    code, form = domain.served_as(service)
    where = jurisdiction(state.settings, jurisdiction_id)
    return _as(form, "service_definition", await domain.definition(conn, where, code, locale, now))


@get(
    "/open311/v2/tokens/{token:str}",
    **_told(
        "service_requests", [RedeemedToken("PA-7K3M-92QX", "zq0r2mY5sVw1uAa9bCdEfGhIjKlMnOpQ")], list[RedeemedToken],
        "xml", "json", raises=(*PLACE, ReportRefused),
    ),
)  # fmt: skip
async def redeem_open311_token(
    conn: Conn, state: State, token: NamedIn, jurisdiction_id: JurisdictionId = None, api_key: ApiKey = None
) -> Response[bytes]:
    """GeoReport v2, GET service_request_id from a token: empty while an official has not decided

    Where none was made of it: 404, in words for who reported.
    """
    ident, form = domain.served_as(token)
    where = jurisdiction(state.settings, jurisdiction_id)
    return _as(form, "service_requests", [await domain.redeemed(conn, where, ident)])


REQUESTS = {"raises": (*PLACE, RangeTooLong, Open311KeyRefused)}


@get("/open311/v2/requests.json", **_told("service_requests", [REQUEST], list[ServiceRequest], "json", **REQUESTS))
async def list_open311_requests(
    conn: Conn, state: State, now: Now, locale: Locale, jurisdiction_id: JurisdictionId = None,
    service_request_id: Ids = None, service_code: Codes = None, start_date: When = None, end_date: When = None,
    status: Status = None, page: PageNumber = 1, page_size: PageSize = domain.MOST, api_key: ApiKey = None,
    extensions: Extensions = None,
) -> Response[bytes]:  # fmt: skip
    """GeoReport v2, GET Service Requests: what officials have made public, the latest first

    At most 90 days and 1,000 requests; `page` and `page_size` as most endpoints have them.
    """
    asked = domain.Asked(service_request_id, service_code, start_date, end_date, status, page, page_size, api_key)
    found = await domain.requests(conn, state.settings, jurisdiction_id, asked, locale, now)
    return _as("json", "service_requests", found)


@get("/open311/v2/requests.xml", **_told("service_requests", [REQUEST], list[ServiceRequest], "xml", **REQUESTS))
async def list_open311_requests_in_xml(
    conn: Conn, state: State, now: Now, locale: Locale, jurisdiction_id: JurisdictionId = None,
    service_request_id: Ids = None, service_code: Codes = None, start_date: When = None, end_date: When = None,
    status: Status = None, page: PageNumber = 1, page_size: PageSize = domain.MOST, api_key: ApiKey = None,
    extensions: Extensions = None,
) -> Response[bytes]:  # fmt: skip
    """As `list_open311_requests`, in XML"""
    asked = domain.Asked(service_request_id, service_code, start_date, end_date, status, page, page_size, api_key)
    found = await domain.requests(conn, state.settings, jurisdiction_id, asked, locale, now)
    return _as("xml", "service_requests", found)


@get(
    "/open311/v2/requests/{request_id:str}",
    **_told(
        "service_requests", [REQUEST], list[ServiceRequest], "xml", "json",
        raises=(*PLACE, NotFound, Open311KeyRefused),
    ),
)  # fmt: skip
async def get_open311_request(
    conn: Conn, state: State, now: Now, locale: Locale, request_id: NamedIn, jurisdiction_id: JurisdictionId = None,
    api_key: ApiKey = None,
) -> Response[bytes]:  # fmt: skip
    """GeoReport v2, GET Service Request: one, as an array of one"""
    code, form = domain.served_as(request_id)
    found = await domain.one(conn, state.settings, jurisdiction_id, code, api_key, locale, now)
    return _as(form, "service_requests", [found])


HANDLERS = [
    get_open311_discovery, get_open311_discovery_in_xml, list_open311_services, list_open311_services_in_xml,
    get_open311_definition, redeem_open311_token, list_open311_requests, list_open311_requests_in_xml,
    get_open311_request,
]  # fmt: skip
