"""HTTP of the room: the addresses, parameters and pages are those of the HSDS API specification 3.1."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from longan.floor.base.errors import NotFound
from longan.floor.pay_and_days.wages import day_of
from longan.floor.requests.deps import Conn, Now
from longan.floor.requests.policy import Policy, decided
from longan.rooms.hsds import domain
from longan.rooms.hsds.models import (
    VERSION,
    Asked,
    HsdsAbout,
    HsdsOrganization,
    HsdsOrganizationPage,
    HsdsService,
    HsdsServiceAtLocation,
    HsdsServiceAtLocationPage,
    HsdsServicePage,
    HsdsTaxonomy,
    HsdsTaxonomyPage,
    HsdsTaxonomyTerm,
    HsdsTaxonomyTermPage,
)

ID, OTHER = "8d3f2f3e-3b7a-3c0e-9f58-6a1f0f6a7b11", "5b0f7d52-1c8e-3f6d-8a44-0d6b8f2f9c22"
AGENCY = {
    "id": OTHER, "name": "Bộ Công an", "description": "Cơ quan ban hành thủ tục hành chính, mã G01",
    "organization_identifiers": [
        {"id": ID, "organization_id": OTHER, "identifier_type": "Mã định danh điện tử của cơ quan, tổ chức",
         "identifier": "G01"},
    ],
}  # fmt: skip
FIELDS = {
    "id": OTHER, "name": "Lĩnh vực thủ tục hành chính", "uri": domain.PORTAL,
    "description": "Các lĩnh vực của Cơ sở dữ liệu quốc gia về thủ tục hành chính",
}  # fmt: skip
TERM = {
    "id": ID, "code": "G01-CA05", "name": "Đăng ký, quản lý cư trú", "taxonomy": FIELDS["name"], "taxonomy_id": OTHER,
    "description": "Thủ tục hành chính thuộc lĩnh vực Đăng ký, quản lý cư trú", "language": "vi",
    "taxonomy_detail": FIELDS,
}  # fmt: skip
AT_PORTAL = {
    "id": ID, "service_id": ID, "location_id": OTHER, "description": "Nộp trực tuyến",
    "location": {"id": OTHER, "location_type": "virtual", "name": "Cổng Dịch vụ công quốc gia", "url": domain.PORTAL},
}  # fmt: skip
LISTED = {
    "id": ID, "organization_id": OTHER, "name": "Đăng ký tạm trú", "url": domain.PORTAL, "status": "active",
    "description": "Đăng ký tạm trú (mã thủ tục 1.004194, lĩnh vực Đăng ký, quản lý cư trú)",
    "application_process": "Nộp hồ sơ tại Công an cấp xã", "fees_description": "Trực tiếp: lệ phí: 15.000 đồng",
    "eligibility_description": "Đối tượng: công dân Việt Nam", "organization": AGENCY,
}  # fmt: skip
WHOLE = {
    **LISTED,
    "schedules": [
        {"id": ID, "service_id": ID, "valid_from": "2025-07-01", "timezone": 7, "freq": "WEEKLY",
         "byday": "MO,TU,WE,TH,FR", "opens_at": "07:30+07:00", "closes_at": "11:30+07:00",
         "description": "Các ngày làm việc, 07:30-11:30, trừ ngày nghỉ lễ", "attending_type": "Trực tiếp"},
    ],
    "service_areas": [{"id": ID, "service_id": ID, "name": "Việt Nam"}], "service_at_locations": [AT_PORTAL],
    "languages": [{"id": ID, "service_id": ID, "name": "Tiếng Việt", "code": "vi"}],
    "cost_options": [
        {"id": ID, "service_id": ID, "option": "Lệ phí, trực tiếp", "currency": "VND", "amount": 15000,
         "amount_description": "15.000 đồng"},
    ],
    "required_documents": [{"id": ID, "service_id": ID, "document": "Tờ khai (CT01) — 1 bản chính, 0 bản sao"}],
    "attributes": [
        {"id": ID, "link_id": ID, "taxonomy_term_id": ID, "link_type": "field", "link_entity": "service",
         "label": "Lĩnh vực", "taxonomy_term": TERM},
    ],
}  # fmt: skip
ABOUT = {
    "version": VERSION, "profile": "https://id.example.vn/docs", "openapi_url": "https://id.example.vn/docs/openapi.json",
    "description": "Thủ tục hành chính của cơ sở dữ liệu quốc gia",
}  # fmt: skip


def _page(content: object) -> dict[str, object]:
    return {"total_items": 1, "total_pages": 1, "page_number": 1, "size": 1, "first_page": True, "last_page": True,
            "empty": False, "contents": [content]}  # fmt: skip


def _public(example: object) -> dict[str, Policy]:
    return decided(auth="public", limit="lookup", cache="procedures", raises=(NotFound,), example=example)


PageNumber = Annotated[int, QueryParameter(ge=1, le=100_000, description="Page of the list, from 1")]
PerPage = Annotated[int, QueryParameter(ge=1, le=100, description="How many on a page")]
Words = Annotated[str | None, QueryParameter(max_length=200, description="Full text search")]
OfOrganization = Annotated[UUID | None, QueryParameter(description="Only what this organization provides")]
OfTerm = Annotated[UUID | None, QueryParameter(description="Only what has this term")]
Since = Annotated[str | None, QueryParameter(max_length=40, description="Modified on or after this date or moment")]


@get("/v1/hsds", tags=["hsds"], opt=_public(ABOUT))
async def get_hsds_about(state: State) -> HsdsAbout:
    """Which version of the Human Services Data Specification is spoken here"""
    here = state.settings.public_url
    return HsdsAbout(
        VERSION, f"{here}/docs", f"{here}/docs/openapi.json", "Thủ tục hành chính của cơ sở dữ liệu quốc gia"
    )


@get("/v1/hsds/services", tags=["hsds"], opt=_public(_page(LISTED)))
async def list_hsds_services(
    conn: Conn,
    search: Words = None,
    page: PageNumber = 1,
    per_page: PerPage = 20,
    organization_id: OfOrganization = None,
    taxonomy_term_id: OfTerm = None,
    modified_after: Since = None,
) -> HsdsServicePage:
    """Procedures as services, by code; all conditions must hold"""
    asked = Asked(
        search=search or None, organization_id=organization_id, taxonomy_term_id=taxonomy_term_id,
        modified_after=modified_after,
    )  # fmt: skip
    return await domain.services(conn, asked, page, per_page)


@get("/v1/hsds/services/{service_id:uuid}", tags=["hsds"], opt=_public(WHOLE))
async def get_hsds_service(conn: Conn, now: Now, service_id: FromPath[UUID]) -> HsdsService:
    """A procedure as a service: required documents, cost options, schedules, organization"""
    return await domain.service(conn, service_id, day_of(now))


@get("/v1/hsds/organizations", tags=["hsds"], opt=_public(_page(AGENCY)))
async def list_hsds_organizations(conn: Conn, page: PageNumber = 1, per_page: PerPage = 20) -> HsdsOrganizationPage:
    """Agencies that issue procedures, by code"""
    return await domain.organizations(conn, page, per_page)


@get("/v1/hsds/organizations/{organization_id:uuid}", tags=["hsds"], opt=_public(AGENCY))
async def get_hsds_organization(conn: Conn, organization_id: FromPath[UUID]) -> HsdsOrganization:
    """An agency that issues procedures"""
    return await domain.one_organization(conn, organization_id)


@get("/v1/hsds/taxonomies", tags=["hsds"], opt=_public(_page(FIELDS)))
async def list_hsds_taxonomies(page: PageNumber = 1, per_page: PerPage = 20) -> HsdsTaxonomyPage:
    """By what services are classified: the fields of the national database"""
    return domain.taxonomies(page, per_page)


@get("/v1/hsds/taxonomies/{taxonomy_id:uuid}", tags=["hsds"], opt=_public(FIELDS))
async def get_hsds_taxonomy(taxonomy_id: FromPath[UUID]) -> HsdsTaxonomy:
    """One classification"""
    return domain.taxonomy(taxonomy_id)


@get("/v1/hsds/taxonomy_terms", tags=["hsds"], opt=_public(_page(TERM)))
async def list_hsds_taxonomy_terms(conn: Conn, page: PageNumber = 1, per_page: PerPage = 20) -> HsdsTaxonomyTermPage:
    """The fields of procedures, by code"""
    return await domain.terms(conn, page, per_page)


@get("/v1/hsds/taxonomy_terms/{taxonomy_term_id:uuid}", tags=["hsds"], opt=_public(TERM))
async def get_hsds_taxonomy_term(conn: Conn, taxonomy_term_id: FromPath[UUID]) -> HsdsTaxonomyTerm:
    """One field of procedures"""
    return await domain.one_term(conn, taxonomy_term_id)


@get("/v1/hsds/service_at_locations", tags=["hsds"], opt=_public(_page(AT_PORTAL)))
async def list_hsds_service_at_locations(
    conn: Conn,
    search: Words = None,
    page: PageNumber = 1,
    per_page: PerPage = 20,
    organization_id: OfOrganization = None,
    taxonomy_term_id: OfTerm = None,
    modified_after: Since = None,
) -> HsdsServiceAtLocationPage:
    """Where services are given, as far as we know: what may be filed online, at the national portal"""
    asked = Asked(
        search=search or None, organization_id=organization_id, taxonomy_term_id=taxonomy_term_id,
        modified_after=modified_after,
    )  # fmt: skip
    return await domain.services_at_locations(conn, asked, page, per_page)


@get("/v1/hsds/service_at_locations/{service_at_location_id:uuid}", tags=["hsds"], opt=_public(AT_PORTAL))
async def get_hsds_service_at_location(conn: Conn, service_at_location_id: FromPath[UUID]) -> HsdsServiceAtLocation:
    """One service at one location"""
    return await domain.one_at_location(conn, service_at_location_id)


HANDLERS = [
    get_hsds_about, list_hsds_services, get_hsds_service, list_hsds_organizations, get_hsds_organization,
    list_hsds_taxonomies, get_hsds_taxonomy, list_hsds_taxonomy_terms, get_hsds_taxonomy_term,
    list_hsds_service_at_locations, get_hsds_service_at_location,
]  # fmt: skip
