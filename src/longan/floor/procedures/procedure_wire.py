"""Procedures as the national catalogue writes them (docs/wire-formats.md), read into `procedures.Procedure`.

Nothing raises: what cannot be believed is named, and a procedure with a fault that matters is none.
"""

import re
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from longan.floor.pay_and_days.wages import day_of
from longan.floor.procedures.procedure_wire_names import (
    AUDIENCES,
    KINDS,
    KNOWN,
    LEVELS,
    OF_NAMED,
    OF_STEP,
    STATES,
)
from longan.floor.procedures.procedure_wire_parts import cases_of, documents_of, method_of
from longan.floor.procedures.procedure_wire_text import PROBLEMS, Reading, WireProblem, list_of
from longan.floor.procedures.procedures import (
    Level,
    NamedText,
    Procedure,
)

CODE = re.compile(r"[0-9]\.[0-9]{6}\Z")
# As a province numbers its own: the national code, perhaps an agency, and the province.
LOCAL_CODE = re.compile(r"([0-9]\.[0-9]{6})(?:\.[0-9]{3}\.[0-9]{2}\.[0-9]{2})?\.H[0-9]{2}\Z")
PORTAL = "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Read(msgspec.Struct, frozen=True):
    """One procedure as it came. `code` is what it calls itself, however wrong; `procedure` is None where it was
    refused; a doubtful one is published only when somebody names it."""

    code: str
    name: str | None
    procedure: Procedure | None
    problems: list[WireProblem]

    @property
    def is_doubtful(self) -> bool:
        return any(PROBLEMS[problem.code].weight == "doubtful" for problem in self.problems)


def refused(code: str, problem: str, said: object = None) -> Read:
    """What has no procedure in it at all."""
    reading = Reading()
    reading.say(problem, "", said)
    return Read(code[:100], None, None, reading.problems)


def unwrapped(value: object) -> object:
    """The procedure inside of an answer (`data`) or of a file of collectors (`detail`)."""
    for name in ("data", "detail"):
        if isinstance(value, dict) and isinstance(value.get(name), dict):
            value = value[name]
    return value


def read(value: object, day: date | None) -> Read:
    """What was taken on `day`, as it was decoded from JSON."""
    value = unwrapped(value)
    if not isinstance(value, dict):
        return refused("", "not_an_object")
    reading = Reading()
    code = reading.line(value.get("codeNotation") or value.get("code"), "/code", 100)
    _code(reading, code)
    name = reading.line(value.get("name"), "/name", 2_000, missing="name_missing")
    reading.unknown(value, KNOWN, "")
    procedure = _procedure(reading, value, code, name, day)
    refusing = any(PROBLEMS[problem.code].weight == "refused" for problem in reading.problems)
    return Read(code, name or None, None if refusing else procedure, reading.problems)


def _code(reading: Reading, code: str) -> None:
    if not code:
        reading.say("code_missing", "/code")
    elif local := LOCAL_CODE.match(code):
        reading.say("code_local", "/code", local[1])
    elif not CODE.match(code):
        reading.say("code_dirty", "/code", code)


def _procedure(reading: Reading, value: dict[str, Any], code: str, name: str, day: date | None) -> Procedure:
    field_code, field = _field(reading, value)
    methods = [method_of(reading, each, at) for at, each in reading.items(value, "executionMethods", 200)]
    levels = _levels(reading, value)
    amounts = [
        fee.amount for method in methods for fee in method.fees if fee.currency == "VND" and fee.amount is not None
    ]
    documents = list(documents_of(reading, value))
    channels: Any = sorted({method.channel for method in methods})
    steps = list_of(
        "\n".join(filter(None, (reading.text(s.get("name"), f"{at}/name"),
                                reading.text(s.get("description"), f"{at}/description"))))
        for at, s in reading.checked(value, "executionSteps", 200, OF_STEP)
    )  # fmt: skip
    for part, empty in (("methods", not methods), ("documents", not documents), ("steps", not steps)):
        if empty:
            reading.say("part_missing", f"/{part}")
    identifier = value.get("id")
    is_known_id = isinstance(identifier, str) and _UUID.match(identifier)
    return Procedure(
        code=code, code_valid=True, name=name, field_code=field_code, field=field,
        agency_code=reading.line(value.get("departmentPromulgateCode"), "/departmentPromulgateCode", 100,
                                 missing="agency_missing"),
        agency=reading.line(value.get("departmentPromulgateName"), "/departmentPromulgateName", 500,
                            missing="agency_missing"),
        level=levels[0] if levels else "khac", levels=levels, online_level=_online(reading, value, channels),
        audience=_audience(reading, value), worker_group=None, updated_on=_updated_on(reading, value),
        is_complete=True, kind=_kind(reading, value),
        decision_number=reading.line(value.get("decisionNo"), "/decisionNo", 500) or None, life_event=None,
        service_groups=_names(reading, value, "serviceGroupsDetails"),
        executing_agencies=_names(reading, value, "departmentsExecuting", "unitGroupsExecuting"),
        authorities=_names(reading, value, "departmentsAuthority", "unitGroupsAuthority"),
        coordinating_agencies=_names(reading, value, "departmentsCoordinating", "unitGroupsCoordinating"),
        channels=channels, fee_min=min(amounts, default=None), fee_max=max(amounts, default=None), methods=methods,
        cases=cases_of(reading, value), documents=documents, documents_total=len(documents),
        results=_named(reading, value, "resultsDetails"), legal_basis=_named(reading, value, "legalBasisesDetails"),
        conditions=reading.text(value.get("requirementsAndConditions"), "/requirementsAndConditions")
        or reading.text(value.get("description"), "/description") or None,
        steps=steps, source_url=f"{PORTAL}{identifier}" if is_known_id else None, captured_on=day,
    )  # fmt: skip


def _field(reading: Reading, value: dict[str, Any]) -> tuple[str, str]:
    category = value.get("category")
    if not isinstance(category, dict):
        first = reading.items(value, "categoriesDetails", 50)
        category = first[0][1] if first else {}
    return (
        reading.line(category.get("code"), "/category/code", 100, missing="field_missing"),
        reading.line(category.get("name"), "/category/name", 500, missing="field_missing"),
    )


def _levels(reading: Reading, value: dict[str, Any]) -> list[Level]:
    levels = [level for flag, level in LEVELS.items() if reading.flag(value, flag)]
    if not levels:
        if not reading.flag(value, "isUndetermined"):
            reading.say("level_missing", "/isWard")
        else:
            reading.say("level_unknown", "/isUndetermined")
            levels = ["khac"]
    return levels


def _online(reading: Reading, value: dict[str, Any], channels: list[str]) -> Any:
    """Wholly where it says so, else in part where one may file online (NĐ 42/2022 knows two levels)."""
    if reading.flag(value, "isFullProcess"):
        if "online" not in channels:
            reading.say("online_unlikely", "/isFullProcess")
        return "toan_trinh"
    return "mot_phan" if "online" in channels else "khong"


def _kind(reading: Reading, value: dict[str, Any]) -> Any:
    state = reading.line(value.get("state"), "/state", 100)
    if state not in STATES:
        reading.say("state_unknown", "/state", state)
    kind = reading.line(value.get("type"), "/type", 100)
    if kind and kind not in KINDS:
        reading.say("kind_unknown", "/type", kind)
    return KINDS.get(kind)


def _audience(reading: Reading, value: dict[str, Any]) -> list[Any]:
    found = []
    for at, each in reading.checked(value, "subjectTypesDetails", 50, OF_NAMED):
        code = reading.line(each.get("code"), f"{at}/code", 100).replace("Đ", "D")
        if code in AUDIENCES:
            found.append(AUDIENCES[code])
        else:
            reading.say("subject_unknown", at, code or each.get("name"))
    return list(dict.fromkeys(found))


def _updated_on(reading: Reading, value: dict[str, Any]) -> date | None:
    milliseconds = reading.number(value.get("updatedAt"), "/updatedAt", 10**13)
    return None if milliseconds is None else day_of(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _names(reading: Reading, value: dict[str, Any], *members: str) -> list[str]:
    return list_of(
        reading.line(each.get("name"), f"{at}/name", 1_000)
        for member in members
        for at, each in reading.checked(value, member, 200, OF_NAMED)
    )


def _named(reading: Reading, value: dict[str, Any], member: str) -> list[NamedText]:
    found = [
        NamedText(reading.line(each.get("code"), f"{at}/code", 200) or None,
                  reading.line(each.get("name"), f"{at}/name", 4_000))
        for at, each in reading.checked(value, member, 300, OF_NAMED)
    ]  # fmt: skip
    return [each for each in found if each.name or each.code]
