"""Nouns of the room: a procedure as it is listed and as it is explained, what the ones that were found have in common,
and events of a life."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Day
from longan.floor.procedures.procedure_advice import Note, Related, Way
from longan.floor.procedures.procedure_papers import Paper, PaperCase
from longan.floor.procedures.procedure_places import WhereToGo
from longan.floor.procedures.procedure_words import Who
from longan.floor.procedures.procedures import (
    Audience,
    Known,
    Level,
    Levels,
    LowestLevel,
    Online,
    OnlineLevel,
    ProcedureCode,
)
from longan.floor.procedures.procedures import ProcedureName as Name

Place = Literal["name", "field", "agency", "words", "life_event"]
Dimension = Literal["field_code", "level", "online_level", "audience", "who"]
PapersVersion = Annotated[str, Meta(description="Changes when a paper does", examples=["8f14e45fceea167a"])]


class ProcedureMatch(msgspec.Struct, frozen=True):
    """Words that answer `q`, as they are spelled there: `words` are what people say for the procedure, `life_event`
    the words of `q` that name an event which brings it with it."""

    field: Place
    words: list[str]


class ProcedureItem(msgspec.Struct, frozen=True):
    """A procedure in a list. `code_valid` is false where the source's code is no national one. `matched` is why it is
    here: empty without `q`."""

    code: ProcedureCode
    name: Name
    field_code: str
    field: str
    agency: str
    level: LowestLevel
    levels: Levels
    online_level: Online
    code_valid: bool
    matched: list[ProcedureMatch] = []


class ProcedureGuess(msgspec.Struct, frozen=True):
    """A word of `q` that no procedure has, and those it was read as."""

    typed: str
    read_as: list[str]


class EventBrief(msgspec.Struct, frozen=True):
    """An event of a life, by the name that people give it."""

    code: str
    name: str


class ProcedurePage(msgspec.Struct, frozen=True):
    """`guesses` are the words that were taken for mistyped; `life_event` is what `q` names."""

    items: list[ProcedureItem]
    next_cursor: str | None
    guesses: list[ProcedureGuess] = []
    life_event: EventBrief | None = None


class ProcedureFacetCount(msgspec.Struct, frozen=True):
    """`value` can be sent as the filter of that name; `name` is what to show, null where the value says it."""

    value: str
    name: str | None
    count: Count


class ProcedureFacets(msgspec.Struct, frozen=True):
    """How many of the matches have what, the most frequent first."""

    total: Count
    facets: dict[Dimension, list[ProcedureFacetCount]]


class ProcedureSuggestion(msgspec.Struct, frozen=True):
    """`text` is what to show; `value` the code of the procedure, of the event or of the field."""

    kind: Literal["life_event", "procedure", "field"]
    text: str
    value: str


class ProcedureSuggestionList(msgspec.Struct, frozen=True):
    items: list[ProcedureSuggestion]


class ProcedureField(msgspec.Struct, frozen=True):
    """A field of administration, and how many procedures it has."""

    code: str
    name: str
    count: Count


class FieldList(msgspec.Struct, frozen=True):
    items: list[ProcedureField]


class PersonaItem(msgspec.Struct, frozen=True):
    """What somebody is, as they call themselves: `code` is a value of the filter `who`."""

    code: Who
    name: str


class PersonaList(msgspec.Struct, frozen=True):
    items: list[PersonaItem]


class LifeEventList(msgspec.Struct, frozen=True):
    items: list[EventBrief]


class LifeEventStep(msgspec.Struct, frozen=True):
    """A procedure of an event, and when one needs it."""

    when: str
    procedure: ProcedureItem


class LifeEventShown(msgspec.Struct, frozen=True):
    """An event and its procedures in the order in which one meets them."""

    code: str
    name: str
    valid_from: Day
    steps: list[LifeEventStep]


class Portal(msgspec.Struct, frozen=True):
    """Where it is filed: the procedure's own page of the national portal, or its front page (`is_exact` false), where
    one looks for the code."""

    url: str
    is_exact: bool


class ProcedureShown(Known, frozen=True, kw_only=True):
    """A procedure with everything, explained. `fee_min` and `fee_max` are null where the source's figure cannot be one.
    `papers` are the checklist by case, `papers_version` what changes with it; `forms` those with a form to fill in.
    The blank forms themselves are at `forms_url`, the procedure's page at the national portal: null where no paper has
    one, or where that page is not known."""

    methods: list[Way]
    who: list[Who]
    papers: list[PaperCase]
    papers_version: PapersVersion
    forms: list[Paper]
    forms_url: str | None
    where: WhereToGo
    notes: list[Note]
    related: list[Related]
    life_events: list[EventBrief]
    portal: Portal


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What `list_procedures` was asked; of each list one value must fit."""

    q: str | None = None
    field_codes: list[str] | None = None
    levels: list[Level] | None = None
    online_levels: list[OnlineLevel] | None = None
    audiences: list[Audience] | None = None
    who: list[Who] | None = None
    life_event: str | None = None
    province_code: str | None = None

    def asked(self) -> dict[str, object]:
        """What a cursor is bound to."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}


PAPER_EXAMPLE = {
    "key": "000.00.00.G01-KQ003630", "name": "Tờ khai thay đổi thông tin cư trú (Mẫu CT01)", "originals": 1,
    "copies": 0, "has_form": True,
}  # fmt: skip
FEE_EXAMPLE = {
    "kind": "fee", "amount": 7000, "currency": "VND", "note": "Nộp qua mạng, một lần đăng ký", "reading": "amount",
    "says": "7.000 đồng", "source_amount": 7000,
}  # fmt: skip
FREE_EXAMPLE = FEE_EXAMPLE | {
    "amount": None, "note": "Miễn phí cho người thuộc diện được miễn", "reading": "see_note",
    "says": "Xem ghi chú của khoản này", "source_amount": 0,
}  # fmt: skip
PAGE_EXAMPLE = "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/019d2bfe-03ac-70cd-a6db-636d0bd839e5"
PROCEDURE_EXAMPLE = {
    "code": "1.004194", "code_valid": True, "name": "Đăng ký tạm trú", "field_code": "G01-CA05",
    "field": "Đăng ký, quản lý cư trú", "agency_code": "G01", "agency": "Bộ Công an", "level": "xa",
    "levels": ["xa", "nganh_doc"], "online_level": "toan_trinh", "audience": ["cong_dan_viet_nam"],
    "worker_group": "cu_tru", "updated_on": "2026-04-29", "is_complete": True, "kind": "standard",
    "decision_number": None, "life_event": "cu_tru_va_giay_to_tuy_than", "service_groups": ["Tạm trú"],
    "executing_agencies": ["Công an cấp Xã"], "authorities": ["Công an cấp Xã"], "coordinating_agencies": [],
    "channels": ["online"], "fee_min": None, "fee_max": 7000,
    "cases": [{"name": "Đăng ký tạm trú", "time": 3, "time_unit": "working_day"}],
    "documents": [{
        "case": None, "code": "000.00.00.G01-KQ003630", "name": "Tờ khai thay đổi thông tin cư trú (Mẫu CT01)",
        "originals": 1, "copies": 0, "has_form": True,
    }],
    "documents_total": 1,
    "results": [{"code": "KQ.G01.000066", "name": "Cập nhật thông tin trong Cơ sở dữ liệu về cư trú"}],
    "legal_basis": [{"code": "68/2020/QH14", "name": "Luật Cư trú"}], "conditions": None,
    "steps": ["Bước 1: Nộp hồ sơ", "Bước 2: Nhận kết quả"],
    "source_url": PAGE_EXAMPLE,
    "captured_on": "2026-07-18",
    "methods": [{
        "channel": "online", "time": 3, "time_unit": "working_day", "time_text": None, "time_says": "3 ngày làm việc",
        "fees": [FEE_EXAMPLE, FREE_EXAMPLE], "note": None,
    }],
    "who": ["worker", "tenant", "landlord"],
    "papers": [{"case": None, "kind": "hand_in", "papers": [PAPER_EXAMPLE], "notes": []}],
    "papers_version": "8f14e45fceea167a", "forms": [PAPER_EXAMPLE], "forms_url": PAGE_EXAMPLE,
    "where": {
        "agencies": ["Công an cấp Xã"],
        "offices": [{
            "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d", "name": "Công an phường Long An", "unit": None,
            "ward_code": "27694", "why": "in_charge",
        }],
        "needs_ward": False, "says": "Nộp tại một trong các nơi này",
    },
    "notes": [{
        "code": "filed_online", "says": "Nộp qua mạng trên Cổng Dịch vụ công quốc gia bằng tài khoản VNeID.",
        "basis": "NĐ 69/2024/NĐ-CP", "valid_from": "2025-07-01",
    }],
    "related": [{"kind": "same_name", "code": "1.010028", "name": "Xóa đăng ký tạm trú", "agency": "Bộ Công an"}],
    "life_events": [{"code": "thue_nha", "name": "Thuê nhà, ở trọ"}],
    "portal": {"url": PAGE_EXAMPLE, "is_exact": True},
}  # fmt: skip
