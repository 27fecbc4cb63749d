"""What a procedure is in HSDS: the mapping, in one place (docs/hsds.md has it in words)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.procedures import procedure_advice
from longan.floor.procedures.procedures import Procedure, ProcedureDocument, ProcedureFee, ProcedureMethod
from longan.rooms.hsds import store
from longan.rooms.hsds.models import (
    Asked,
    Coded,
    Hours,
    HsdsAttribute,
    HsdsCostOption,
    HsdsLanguage,
    HsdsListedService,
    HsdsLocation,
    HsdsOrganization,
    HsdsOrganizationIdentifier,
    HsdsOrganizationPage,
    HsdsRequiredDocument,
    HsdsSchedule,
    HsdsService,
    HsdsServiceArea,
    HsdsServiceAtLocation,
    HsdsServiceAtLocationPage,
    HsdsServicePage,
    HsdsTaxonomy,
    HsdsTaxonomyPage,
    HsdsTaxonomyTerm,
    HsdsTaxonomyTermPage,
    lasting_id,
)

PORTAL = "https://dichvucong.gov.vn/"
CHANNELS = {"direct": "Trực tiếp", "online": "Trực tuyến", "postal": "Bưu chính"}
FEES = {"fee": "Phí", "service_fee": "Lệ phí", "price_level": "Giá"}
AUDIENCES = {
    "cong_dan_viet_nam": "công dân Việt Nam", "nguoi_viet_o_nuoc_ngoai": "người Việt Nam định cư ở nước ngoài",
    "nguoi_nuoc_ngoai": "người nước ngoài", "nguoi_nuoc_ngoai_cu_tru": "người nước ngoài cư trú tại Việt Nam",
    "nguoi_nuoc_ngoai_da_cu_tru": "người nước ngoài đã cư trú tại Việt Nam",
    "cong_dan_khong_ro_noi_cu_tru": "công dân không rõ nơi cư trú",
    "can_bo_cong_chuc": "cán bộ, công chức, viên chức", "dang_vien": "đảng viên", "doanh_nghiep": "doanh nghiệp",
    "doanh_nghiep_viet_nam": "doanh nghiệp Việt Nam",
    "doanh_nghiep_von_nuoc_ngoai": "doanh nghiệp có vốn đầu tư nước ngoài", "hop_tac_xa": "hợp tác xã",
    "to_chuc": "tổ chức", "to_chuc_dang": "tổ chức đảng", "to_chuc_nuoc_ngoai": "tổ chức nước ngoài",
}  # fmt: skip
FIELDS = HsdsTaxonomy(
    id=lasting_id("taxonomy:field"), name="Lĩnh vực thủ tục hành chính",
    description="Các lĩnh vực của Cơ sở dữ liệu quốc gia về thủ tục hành chính", uri=PORTAL,
)  # fmt: skip
VIRTUAL = HsdsLocation(
    id=lasting_id("location:portal"), location_type="virtual", name="Cổng Dịch vụ công quốc gia", url=PORTAL
)

P = TypeVar("P")


def page_of(kind: type[P], contents: Sequence[object], total: int, page: int, per_page: int) -> P:
    """A page with what the specification says of it. Raises `InvalidRequest` beyond the last one."""
    pages = -(-total // per_page)
    if page > max(pages, 1):
        raise InvalidRequest(FieldError("?page", "too_large"))
    made: Any = kind
    return cast(P, made(
        contents=contents, total_items=total, total_pages=pages, page_number=page, size=len(contents),
        first_page=page == 1, last_page=page >= pages, empty=not contents,
    ))  # fmt: skip


async def services(conn: asyncpg.Connection, asked: Asked, page: int, per_page: int) -> HsdsServicePage:
    """Raises `InvalidRequest` for a page beyond the last, or a moment that is none."""
    total, found = await store.services(
        conn, asked.search, asked.organization_id, asked.taxonomy_term_id, _moment(asked.modified_after), per_page,
        (page - 1) * per_page,
    )  # fmt: skip
    return page_of(HsdsServicePage, [listed(each) for each in found], total, page, per_page)


async def service(conn: asyncpg.Connection, identifier: UUID, day: date) -> HsdsService:
    """Raises `NotFound`."""
    if (found := await store.service(conn, identifier)) is None:
        raise NotFound
    return whole(found, await store.hours(conn, day))


async def organizations(conn: asyncpg.Connection, page: int, per_page: int) -> HsdsOrganizationPage:
    found = await store.agencies(conn)
    some = found[(page - 1) * per_page : page * per_page]
    return page_of(HsdsOrganizationPage, [organization(each) for each in some], len(found), page, per_page)


async def one_organization(conn: asyncpg.Connection, identifier: UUID) -> HsdsOrganization:
    """Raises `NotFound`."""
    for each in await store.agencies(conn):
        if lasting_id(f"organization:{each.code}") == identifier:
            return organization(each)
    raise NotFound


def taxonomies(page: int, per_page: int) -> HsdsTaxonomyPage:
    return page_of(HsdsTaxonomyPage, [FIELDS] if page == 1 else [], 1, page, per_page)


def taxonomy(identifier: UUID) -> HsdsTaxonomy:
    """Raises `NotFound`."""
    if identifier != FIELDS.id:
        raise NotFound
    return FIELDS


async def terms(conn: asyncpg.Connection, page: int, per_page: int) -> HsdsTaxonomyTermPage:
    found = await store.fields(conn)
    some = found[(page - 1) * per_page : page * per_page]
    return page_of(HsdsTaxonomyTermPage, [term(each) for each in some], len(found), page, per_page)


async def one_term(conn: asyncpg.Connection, identifier: UUID) -> HsdsTaxonomyTerm:
    """Raises `NotFound`."""
    for each in await store.fields(conn):
        if lasting_id(f"term:field:{each.code}") == identifier:
            return term(each)
    raise NotFound


async def services_at_locations(
    conn: asyncpg.Connection, asked: Asked, page: int, per_page: int
) -> HsdsServiceAtLocationPage:
    """Raises `InvalidRequest` for a page beyond the last, or a moment that is none."""
    total, found = await store.services(
        conn, asked.search, asked.organization_id, asked.taxonomy_term_id, _moment(asked.modified_after), per_page,
        (page - 1) * per_page, is_online=True,
    )  # fmt: skip
    return page_of(HsdsServiceAtLocationPage, [at_portal(each) for each in found], total, page, per_page)


async def one_at_location(conn: asyncpg.Connection, identifier: UUID) -> HsdsServiceAtLocation:
    """Raises `NotFound`."""
    if (found := await store.service_at_portal(conn, identifier)) is None:
        raise NotFound
    return at_portal(found)


def organization(agency: Coded) -> HsdsOrganization:
    """Whoever issued a procedure is the organization; its code is an identifier (QCVN 102:2016)."""
    identifier = lasting_id(f"organization:{agency.code}")
    own = HsdsOrganizationIdentifier(
        id=lasting_id(f"organization_identifier:{agency.code}"), organization_id=identifier,
        identifier_type="Mã định danh điện tử của cơ quan, tổ chức", identifier=agency.code,
    )  # fmt: skip
    return HsdsOrganization(
        id=identifier, name=agency.name, description=f"Cơ quan ban hành thủ tục hành chính, mã {agency.code}",
        organization_identifiers=[own],
    )  # fmt: skip


def term(field: Coded) -> HsdsTaxonomyTerm:
    return HsdsTaxonomyTerm(
        id=lasting_id(f"term:field:{field.code}"), code=field.code, name=field.name,
        description=f"Thủ tục hành chính thuộc lĩnh vực {field.name}", taxonomy=FIELDS.name, taxonomy_id=FIELDS.id,
        taxonomy_detail=FIELDS, language="vi",
    )  # fmt: skip


def listed(procedure: Procedure) -> HsdsListedService:
    """What there is one of."""
    return HsdsListedService(**_one(procedure))


def whole(procedure: Procedure, hours: Sequence[Hours]) -> HsdsService:
    """With everything; times are of offices, so of what is handed in there."""
    code, one = procedure.code, lasting_id(f"service:{procedure.code}")
    field = term(Coded(procedure.field_code, procedure.field))
    attribute = HsdsAttribute(
        id=lasting_id(f"attribute:{code}:field"), link_id=one, taxonomy_term_id=field.id,
        link_type="field", link_entity="service", label="Lĩnh vực", taxonomy_term=field,
    )  # fmt: skip
    return HsdsService(
        **_one(procedure), attributes=[attribute],
        schedules=[_schedule(code, one, each) for each in hours] if "direct" in procedure.channels else [],
        service_areas=[HsdsServiceArea(id=lasting_id(f"service_area:{code}"), service_id=one, name="Việt Nam")],
        languages=[HsdsLanguage(id=lasting_id(f"language:{code}"), service_id=one, name="Tiếng Việt", code="vi")],
        service_at_locations=[at_portal(procedure)] if "online" in procedure.channels else [],
        cost_options=list(_costs(procedure, one)),
        required_documents=[
            HsdsRequiredDocument(
                id=lasting_id(f"required_document:{code}:{number}"), service_id=one, document=_paper(each)
            )
            for number, each in enumerate(procedure.documents, 1)
        ],
    )  # fmt: skip


def _one(procedure: Procedure) -> dict[str, Any]:
    return {
        "id": lasting_id(f"service:{procedure.code}"),
        "organization_id": lasting_id(f"organization:{procedure.agency_code}"),
        "name": procedure.name, "description": "\n".join(_description(procedure)),
        "url": procedure.source_url or PORTAL, "status": "active",
        "application_process": "\n\n".join(procedure.steps), "fees_description": "\n".join(_fees(procedure)),
        "eligibility_description": "\n".join(_eligible(procedure)),
        "organization": organization(Coded(procedure.agency_code, procedure.agency)),
    }  # fmt: skip


def at_portal(procedure: Procedure) -> HsdsServiceAtLocation:
    """Filed online, at the national portal."""
    return HsdsServiceAtLocation(
        id=lasting_id(f"service_at_location:{procedure.code}"), service_id=lasting_id(f"service:{procedure.code}"),
        location_id=VIRTUAL.id, description="Nộp trực tuyến", location=VIRTUAL,
    )  # fmt: skip


def _description(procedure: Procedure) -> Iterator[str]:
    yield f"{procedure.name} (mã thủ tục {procedure.code}, lĩnh vực {procedure.field})"
    if procedure.executing_agencies:
        yield f"Cơ quan thực hiện: {', '.join(procedure.executing_agencies)}"
    if procedure.results:
        yield f"Kết quả: {'; '.join(each.name for each in procedure.results)}"
    if procedure.legal_basis:
        yield f"Căn cứ pháp lý: {'; '.join(each.code or each.name for each in procedure.legal_basis)}"


def _eligible(procedure: Procedure) -> Iterator[str]:
    if procedure.audience:
        yield f"Đối tượng: {', '.join(AUDIENCES[each] for each in procedure.audience)}"
    if procedure.conditions:
        yield procedure.conditions


def _schedule(code: str, service: UUID, hours: Hours) -> HsdsSchedule:
    return HsdsSchedule(
        id=lasting_id(f"schedule:{code}:{hours.begins}"), service_id=service, valid_from=hours.valid_from, timezone=7,
        freq="WEEKLY", byday="MO,TU,WE,TH,FR", opens_at=hours.begins, closes_at=hours.ends,
        description=f"Các ngày làm việc, {hours.begins[:5]}-{hours.ends[:5]}, trừ ngày nghỉ lễ",
        attending_type=CHANNELS["direct"],
    )  # fmt: skip


def _costs(procedure: Procedure, service: UUID) -> Iterator[HsdsCostOption]:
    number = 0
    for method in procedure.methods:
        for fee in method.fees:
            number += 1
            # Where the source's figure cannot be one, no sum is better than a wrong one: `_fees` says what to do.
            meant = procedure_advice.fee(fee, "vi")
            if meant.amount is not None:
                yield HsdsCostOption(
                    id=lasting_id(f"cost_option:{procedure.code}:{number}"), service_id=service,
                    option=_option(method, fee), currency=fee.currency, amount=meant.amount,
                    amount_description=fee.note or meant.says,
                )  # fmt: skip


def _option(method: ProcedureMethod, fee: ProcedureFee) -> str:
    return ", ".join(filter(None, (FEES[fee.kind], CHANNELS[method.channel].lower(), method.note)))


def _fees(procedure: Procedure) -> Iterator[str]:
    for method in procedure.methods:
        for fee in method.fees:
            note = f" ({fee.note})" if fee.note else ""
            says = procedure_advice.fee(fee, "vi").says
            yield f"{CHANNELS[method.channel]}: {FEES[fee.kind].lower()}: {says}{note}"


def _paper(document: ProcedureDocument) -> str:
    counted = f"{document.originals} bản chính, {document.copies} bản sao"
    case = f" (trường hợp: {document.case})" if document.case else ""
    return f"{document.name}{case} — {counted}"


def _moment(text: str | None) -> datetime | None:
    """Raises `InvalidRequest`."""
    if text is None:
        return None
    try:
        return msgspec.convert(text, datetime if "T" in text else date, strict=True)  # type: ignore[return-value]
    except msgspec.ValidationError as error:
        raise InvalidRequest(FieldError("?modified_after", "bad_time")) from error
