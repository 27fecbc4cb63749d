"""A procedure of the national database as it is stored. Keys are the national database's own."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Day

Level: TypeAlias = Literal["xa", "tinh", "nganh_doc", "bo", "khac"]
OnlineLevel: TypeAlias = Literal["toan_trinh", "mot_phan", "khong"]
Audience: TypeAlias = Literal[
    "cong_dan_viet_nam", "nguoi_viet_o_nuoc_ngoai", "nguoi_nuoc_ngoai", "nguoi_nuoc_ngoai_cu_tru",
    "nguoi_nuoc_ngoai_da_cu_tru", "cong_dan_khong_ro_noi_cu_tru", "can_bo_cong_chuc", "dang_vien", "doanh_nghiep",
    "doanh_nghiep_viet_nam", "doanh_nghiep_von_nuoc_ngoai", "hop_tac_xa", "to_chuc", "to_chuc_dang",
    "to_chuc_nuoc_ngoai",
]  # fmt: skip
Channel: TypeAlias = Literal["direct", "online", "postal"]
TimeUnit: TypeAlias = Literal["hour", "working_day", "day", "month", "year", "other"]

ProcedureCode = Annotated[str, Meta(examples=["1.004194"], description="Code of the national database of procedures")]
ProcedureName = Annotated[str, Meta(examples=["Đăng ký tạm trú"])]
LowestLevel = Annotated[Level, Meta(description="The one of `levels` that is nearest to the citizen")]
Levels = Annotated[
    list[Level],
    Meta(
        description="Who handles it: `xa` commune, `tinh` province, `nganh_doc` a ministry's branch, `bo` the ministry"
    ),
]
Online = Annotated[
    OnlineLevel, Meta(description="`toan_trinh`: wholly online, `mot_phan`: in part, `khong`: not (NĐ 42/2022)")
]
Time = Annotated[int, Meta(description="In `time_unit`; null when `time_text` says it in words")] | None
Unit = Annotated[TimeUnit, Meta(description="`other`: read the note; working days skip weekends and public holidays")]
Amount = Annotated[int, Meta(description="Whole units of the currency", extra_json_schema={"format": "int64"})] | None
Fee = Annotated[int, Meta(description="Whole đồng", extra_json_schema={"format": "int64"})] | None


class ProcedureFee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` is null or 0 where the note says what is to be paid."""

    kind: Literal["fee", "service_fee", "price_level"]
    amount: Amount
    currency: Literal["VND", "USD"]
    note: str | None


class ProcedureMethod(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to file, how long it takes and what it costs; a channel may occur several times."""

    channel: Channel
    time: Time
    time_unit: Unit
    time_text: str | None
    fees: list[ProcedureFee]
    note: str | None


class ProcedureCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case with documents or a time of its own."""

    name: str
    time: Count
    time_unit: Unit


class ProcedureDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A paper to hand in, in so many originals and copies. `case`: only then; null: always."""

    case: str | None
    code: str | None
    name: str
    originals: Count
    copies: Count
    has_form: bool


class NamedText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A law, decree or circular with its number, or a paper that is given out."""

    code: str | None
    name: str


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a procedure is listed by: the columns of `services.procedures`. `code_valid` is false where the code has not
    the form of a national one: that is the source's mistake, which may be put right under another code."""

    code: ProcedureCode
    code_valid: bool
    name: ProcedureName
    field_code: str
    field: str
    agency_code: str
    agency: str
    level: LowestLevel
    levels: Levels
    online_level: Online
    audience: list[Audience]
    worker_group: Annotated[str, Meta(description="Set on the procedures that workers need most")] | None
    updated_on: Day | None


class Known(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All but the ways to file. `is_complete` is false where only the national index is known: documents, steps and
    legal basis are then empty because we do not have them."""

    is_complete: bool
    kind: Literal["standard", "specific", "standard_internal"] | None
    decision_number: str | None
    life_event: str | None
    service_groups: list[str]
    executing_agencies: list[str]
    authorities: list[str]
    coordinating_agencies: list[str]
    channels: list[Channel]
    fee_min: Fee
    fee_max: Fee
    cases: list[ProcedureCase]
    documents: list[ProcedureDocument]
    documents_total: Count | None
    results: list[NamedText]
    legal_basis: list[NamedText]
    conditions: str | None
    steps: list[str]
    source_url: str | None
    captured_on: Day | None


class Procedure(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A procedure with everything."""

    methods: list[ProcedureMethod]


def detail_of(procedure: Procedure) -> dict[str, object]:
    """What the column `detail` of `services.procedures` holds of it."""
    listed = set(Head.__struct_fields__)
    whole: dict[str, object] = msgspec.to_builtins(procedure)
    return {name: value for name, value in whole.items() if name not in listed}
