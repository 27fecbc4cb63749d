"""Procedures: the index joined with the detail, in the shape `get_procedure` publishes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .files import Row, Value, clean, line

CUT = "…"
METHOD = re.compile("(DIRECT|ONLINE|POSTAL):(.*):(WORKING_DAY|DAY|HOUR|MONTH|YEAR|OTHER)")
NEXT_METHOD = re.compile("; (?=(?:DIRECT|ONLINE|POSTAL):)")

# The portal's codes of those who may file (spelled with Đ or with D), with keys that can stand in an address.
AUDIENCES = {
    "DT1": "cong_dan_viet_nam",
    "DT2": "doanh_nghiep",
    "DT3": "nguoi_nuoc_ngoai_cu_tru",
    "DT4": "nguoi_nuoc_ngoai",
    "DT5": "dang_vien",
    "DT6": "to_chuc_dang",
    "DT7": "to_chuc_nuoc_ngoai",
    "DT8": "doanh_nghiep_viet_nam",
    "DT9": "to_chuc",
    "DT10": "doanh_nghiep_von_nuoc_ngoai",
    "DT11": "hop_tac_xa",
    "DT12": "nguoi_viet_o_nuoc_ngoai",
    "DT13": "can_bo_cong_chuc",
    "DT14": "cong_dan_khong_ro_noi_cu_tru",
    "DT15": "nguoi_nuoc_ngoai_da_cu_tru",
}
CURRENCIES = {None: "VND", "Việt Nam Đồng": "VND", "USD": "USD"}

Detail = Mapping[str, Any]


def procedures(index: list[Row], details: Mapping[str, Detail], worker: list[Row]) -> Iterator[dict[str, Value]]:
    """Every procedure of either file, by code."""
    rows = {row["code"]: row for row in index}
    groups = {row["code"]: row["group"] for row in worker}
    for code in sorted(rows.keys() | details.keys()):
        row, detail = rows.get(code), details.get(code)
        yield _procedure(code, row if row is not None else _as_row(details[code]), detail, groups.get(code))


def _as_row(detail: Detail) -> Row:
    """The index's columns of a procedure that only the detail file has."""
    return {
        **{key: detail[key] for key in ("code", "name", "field_code", "field", "issuer_code", "issuer", "life_event")},
        "levels": "|".join(detail["levels"]),
        "online_level": detail["online_level"],
        "targets": "|".join(target["code"] for target in detail["targets"]),
        **dict.fromkeys(("kind", "executing", "channels", "time", "fee_min", "fee_max", "updated"), ""),
        "code_valid": "1",
    }


def _procedure(code: str, row: Row, detail: Detail | None, group: str | None) -> dict[str, Value]:
    name = detail["name"] if detail and row["name"].endswith(CUT) else row["name"]
    targets = (target.replace("Đ", "D") for target in row["targets"].split("|"))
    return {
        "code": code,
        "name": line(name),
        "field_code": row["field_code"],
        "field": line(row["field"]),
        "agency_code": row["issuer_code"],
        "agency": line(row["issuer"]),
        "levels": row["levels"].split("|"),
        "online_level": row["online_level"],
        "audience": [AUDIENCES[target] for target in targets if target in AUDIENCES],
        "worker_group": group,
        "code_valid": row["code_valid"] == "1",
        "updated_on": row["updated"] or None,
        "detail": _detail(row, detail),
    }


def _detail(row: Row, detail: Detail | None) -> dict[str, Value]:
    known: Detail = detail or {}
    methods = [_method(method) for method in known["methods"]] if detail else list(_methods_of(row))
    channels = [channel.lower() for channel in row["channels"].split("|") if channel]
    return {
        "is_complete": detail is not None,
        "kind": row["kind"].lower() or None,
        "decision_number": known.get("decision_no") or None,
        "life_event": row["life_event"].replace("-", "_") or None,
        "service_groups": _lines(known.get("service_groups", ())),
        "executing_agencies": _lines(known["executing"] if detail else row["executing"].split(";")),
        "authorities": _lines(known.get("authority", ())),
        "coordinating_agencies": _lines(known.get("coordinating", ())),
        "channels": channels or sorted({str(method["channel"]) for method in methods}),
        "fee_min": int(row["fee_min"]) if row["fee_min"] else None,
        "fee_max": int(row["fee_max"]) if row["fee_max"] else None,
        "methods": methods,
        "cases": [_case(case) for case in known.get("cases", ())],
        "documents": [_document(document) for document in known.get("documents", ())],
        "documents_total": known.get("documents_total"),
        "results": [_named(result) for result in known.get("results", ())],
        "legal_basis": [_named(text) for text in known.get("legal", ())],
        "conditions": clean(known.get("conditions", "")) or None,
        "steps": [step for step in map(clean, known.get("steps", ())) if step],
        "source_url": known.get("url"),
        "captured_on": known.get("captured"),
    }


def _lines(texts: Sequence[str]) -> list[str]:
    return [text for text in map(line, texts) if text]


def _time(amount: int | str, unit: str) -> dict[str, Value]:
    """The source writes texts such as "Không quy định" where a number belongs; they are kept as text."""
    number = int(amount) if str(amount).isdecimal() else None
    text = None if number is not None or str(amount) == "-" else line(str(amount))
    return {"time": number, "time_unit": unit.lower(), "time_text": text}


def _method(method: Detail) -> dict[str, Value]:
    fees: list[Value] = [
        {
            "kind": fee["type"].lower(),
            "amount": fee["value"],
            "currency": CURRENCIES[fee["currency"]],
            "note": clean(fee["note"] or "") or None,
        }
        for fee in method["fees"]
    ]
    return {
        "channel": method["channel"].lower(),
        **_time(method["time"], method["unit"]),
        "fees": fees,
        "note": clean(method["note"] or "") or None,
    }


def _methods_of(row: Row) -> Iterator[dict[str, Value]]:
    """The index knows channel and time only ("DIRECT:3:WORKING_DAY; …"), and cuts the text at 120 characters."""
    for part in NEXT_METHOD.split(row["time"]):
        if method := METHOD.fullmatch(part):
            yield {"channel": method[1].lower(), **_time(method[2], method[3]), "fees": [], "note": None}


def _case(case: Detail) -> dict[str, Value]:
    day = case["processing_day"]
    return {"name": line(case["name"]), "time": day["qty"], "time_unit": day["type"].lower()}


def _document(document: Detail) -> dict[str, Value]:
    """Without the source's `required`, which is false in every one of its rows."""
    return {
        "case": clean(document["case"]) or None,
        "code": document["code"] or None,
        "name": clean(document["name"]),
        "originals": document["original"],
        "copies": document["copy"],
        "has_form": document["has_form"],
    }


def _named(thing: Detail) -> dict[str, Value]:
    return {"code": thing["code"] or None, "name": line(thing["name"])}
