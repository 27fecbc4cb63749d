"""What is answered and taken, as Pydantic models with the same fields, order and bounds as ours."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class EmployerBrief(Shown):
    id: UUID
    name: str
    verified: bool


class Pay(Shown):
    min: int | None
    max: int | None
    currency: str
    period: str


class JobItem(Shown):
    id: UUID
    title: str
    employer: EmployerBrief
    pay: Pay
    ward_code: str
    province_code: str
    published_at: datetime | None
    expires_at: datetime
    distance_km: float | None = None


class JobPage(Shown):
    items: list[JobItem]
    next_cursor: str | None


class ProcedureFee(Shown):
    kind: Literal["fee", "service_fee"]
    amount: int | None
    currency: Literal["VND", "USD"]
    note: str | None


class ProcedureMethod(Shown):
    channel: Literal["direct", "online", "postal"]
    time: int | None
    time_unit: str
    time_text: str | None
    fees: list[ProcedureFee]
    note: str | None


class ProcedureCase(Shown):
    name: str
    time: int
    time_unit: str


class ProcedureDocument(Shown):
    case: str | None
    code: str | None
    name: str
    originals: int
    copies: int
    has_form: bool


class NamedText(Shown):
    code: str | None
    name: str


class Procedure(Shown):
    code: str
    code_valid: bool
    name: str
    field_code: str
    field: str
    agency_code: str
    agency: str
    level: str
    levels: list[str]
    online_level: str
    audience: list[str]
    worker_group: str | None
    updated_on: date | None
    is_complete: bool
    kind: Literal["standard", "specific", "standard_internal"] | None
    decision_number: str | None
    life_event: str | None
    service_groups: list[str]
    executing_agencies: list[str]
    authorities: list[str]
    coordinating_agencies: list[str]
    channels: list[str]
    fee_min: int | None
    fee_max: int | None
    methods: list[ProcedureMethod]
    cases: list[ProcedureCase]
    documents: list[ProcedureDocument]
    documents_total: int | None
    results: list[NamedText]
    legal_basis: list[NamedText]
    conditions: str | None
    steps: list[str]
    source_url: str | None
    captured_on: date | None


class Role(Shown):
    role: str
    employer_id: UUID | None
    agency_code: str | None


class Person(Shown):
    id: UUID
    phone: str
    full_name: str | None
    birth_year: int | None
    locale: str
    ward_code: str | None
    assurance_level: int
    roles: list[Role]
    version: int


class ApplicationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None


class Application(Shown):
    id: UUID
    job_id: UUID
    status: str
    note: str | None
    created_at: datetime
    updated_at: datetime
    version: int
