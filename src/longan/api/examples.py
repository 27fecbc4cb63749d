"""Examples of the document: what a field holds in Long An, by its name, so that every operation shows real life."""

from collections.abc import Mapping
from typing import Any

from longan.api.schemas import OPEN, Schema

# By "Struct.field" where the name alone says too little, else by the field's name.
FIELDS: dict[str, object] = {
    "EmployerBrief.name": "Công ty TNHH May Long An",
    "Health.status": "ok",
    "ProblemField.pointer": "/pay/min",
    "ProblemField.code": "too_small",
    "ProblemField.message": "Giá trị quá nhỏ",
    "Readiness.cache": "ok",
    "Readiness.database": "ok",
    "Readiness.status": "ok",
    "access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIwMTkyZjBjMSJ9.c2lnbmF0dXJl",
    "address": "12 đường Nguyễn Huệ",
    "agency": "Công an cấp xã",
    "agency_code": "LD",
    "assurance_level": 0,
    "audience": "app",
    "body": "Hồ sơ của bạn đã được nhà tuyển dụng xem.",
    "candidates": ["27694"],
    "clear": [],
    "closed_at": None,
    "code": "123456",
    "currency": "VND",
    "decision": "approve",
    "description": "May chuyền áo thun, có xe đưa rước và cơm trưa.",
    "distance_km": 1.2,
    "district": "Huyện Bến Lức",
    "employer_name": "Công ty TNHH May Long An",
    "expires_at": "2027-01-31T17:00:00Z",
    "expires_in": 300,
    "fee": 0,
    "full_name": "Nguyễn Thị Lan",
    "job_title": "Công nhân may",
    "kind": "whole",
    "lat": 10.6356,
    "level": "xa",
    "locale": "vi",
    "lon": 106.4917,
    "max": 12_000_000,
    "message": "Mời bạn đến phỏng vấn lúc 8 giờ sáng thứ Hai.",
    "min": 8_000_000,
    "name": "Nguyễn Thị Lan",
    "next_cursor": "c2lnbmVkLWN1cnNvcg",
    "note": "Tôi có hai năm kinh nghiệm may chuyền.",
    "online_level": "toan_trinh",
    "openings": 20,
    "pay_min": 8_000_000,
    "period": "month",
    "phone": "+84901234567",
    "place": "Đức Hòa",
    "place_source": "employer",
    "platform": "android",
    "province_code": "80",
    "q": "công nhân may",
    "radius_km": 5.0,
    "reason": "Giấy đăng ký doanh nghiệp khớp với mã số thuế.",
    "refresh_token": "rt_k3JxT0sVb2Q5d1hGZ0hqS2xNbk9wUXI",
    "rent": 1_500_000,
    "rent_max": 2_000_000,
    "resend_after": 60,
    "role": "worker",
    "status": "open",
    "tax_code": "1100123456",
    "title": "Công nhân may",
    "token_type": "Bearer",
    "unread_count": 3,
    "version": 3,
    "ward_code": "27694",
}

UUID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
_FORMATS: dict[str, object] = {
    "uuid": UUID,
    "date-time": "2026-11-02T01:30:00Z",
    "date": "2026-11-02",
    "time": "08:00:00",
    "uri": "https://example.vn/",
}
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


class Examples:
    """Builds a value for any schema of the document."""

    def __init__(self, named: Mapping[str, Schema]) -> None:
        self._named = named

    def of(self, schema: Schema, field: str = "", owner: str = "") -> Any:
        """A value for `field` of the struct `owner`: the schema's own example, ours for that name, or a plain one."""
        if "$ref" in schema:
            return self._struct(schema["$ref"].rpartition("/")[2])
        if "anyOf" in schema:
            return self.of(schema["anyOf"][0], field, owner)
        for found in self._known(schema, field, owner):
            if _fits(found, schema):
                return found
        return self._plain(schema, field, owner)

    def _struct(self, name: str) -> dict[str, Any]:
        schema = self._named[name]
        return {field: self.of(part, field, name) for field, part in schema.get("properties", {}).items()}

    def _known(self, schema: Schema, field: str, owner: str) -> list[Any]:
        mine = [FIELDS[key] for key in (f"{owner}.{field}",) if key in FIELDS]
        common = [FIELDS[field]] if field in FIELDS else []
        return [*mine, *schema.get("examples", []), *common, *([schema["default"]] if "default" in schema else [])]

    def _plain(self, schema: Schema, field: str, owner: str) -> Any:
        for key in ("enum", OPEN):
            if key in schema:
                return schema[key][0]
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        match _kinds(schema):
            case ["null", *_] | [_, "null"]:
                return None
            case ["array", *_]:
                return [self.of(schema["items"], field, owner)] if "items" in schema else []
            case ["object", *_]:
                rest = schema.get("additionalProperties")
                return {"vi": self.of(rest, field, owner)} if isinstance(rest, dict) and rest else {}
            case ["boolean", *_]:
                return True
            case ["integer", *_]:
                return max(1, schema.get("minimum", 1))
            case ["number", *_]:
                return float(max(1, schema.get("minimum", 1)))
            case _:
                return "Ví dụ"


def _kinds(schema: Schema) -> list[str]:
    kind = schema.get("type", "string")
    return [kind] if isinstance(kind, str) else list(kind)


def _fits(value: object, schema: Schema) -> bool:
    """Whether a value of the table belongs here: a name may mean a number in one struct and a word in another."""
    if not any(
        isinstance(value, _KINDS[kind]) and (kind == "boolean") == isinstance(value, bool) for kind in _kinds(schema)
    ):
        return False
    if "enum" in schema or OPEN in schema:
        allowed: list[object] = schema.get("enum") or schema[OPEN]
        return value in allowed
    return True
