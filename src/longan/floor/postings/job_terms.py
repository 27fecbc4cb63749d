"""The terms of schema.org's JobPosting that we understand, each with what it says of a draft.

Pay parts, kind of contract, park and ward, for which schema.org has no words, are terms of our own; their names are
IRIs, so that they mean the same under any context.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from longan.floor.base.errors import FieldError
from longan.floor.formats import strict_json
from longan.floor.formats.json_ld import Member
from longan.floor.formats.markup import to_text
from longan.floor.formats.strict_json import is_clean
from longan.floor.postings.job_sheets import LONGEST_KEY, moment
from longan.floor.postings.job_vocabulary import codes_of
from longan.floor.search.search import fold

OWN = "urn:longan:"
PAY_PARTS = ("base", "allowances", "attendance", "overtime", "overtime_hours", "deductions")
UNITS = {"HOUR": "hour", "DAY": "day", "WEEK": "week", "MONTH": "month", "PIECE": "piece"}
EMPLOYMENT = {"INTERN": "apprenticeship", "TEMPORARY": "casual", "PER_DIEM": "casual"}
LONGEST_PLACE = 120
_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.0{1,4})?", re.ASCII)
_TIME = re.compile(r"([0-9]{1,3}) (gio|ngay) tuan", re.ASCII)

Values = dict[str, Any]


class Unread(Exception):
    """A member that says nothing we have a field for."""


class Wrong(Exception):
    """A member that says something no posting can say; `where` below it."""

    def __init__(self, code: str, where: str = "") -> None:
        self.error = FieldError(where, code)
        super().__init__(code)


def says(member: Member) -> Values:
    """What a member says, by the names of a draft. Raises `Unread`, `Wrong`."""
    reader = READERS.get(member.name)
    if reader is None:
        raise Unread
    return reader(strict_json.clean(member.value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("wrong_type")
    return value


def _title(value: Any) -> Values:
    return {"title": _text(value)}


def _description(value: Any) -> Values:
    text = to_text(_text(value))
    if not is_clean(text):  # what was written as a reference to a character is one now
        raise Wrong("bad_text")
    return {"description": text}


def _nothing(value: Any) -> Values:
    return {}


def _expires(value: Any) -> Values:
    try:
        return {"expires_at": moment(_text(value))}
    except ValueError:
        raise Wrong("bad_time") from None


def _employment(value: Any) -> Values:
    kinds = value if isinstance(value, list) else [value]
    codes = {EMPLOYMENT[kind] for kind in kinds if isinstance(kind, str) and kind in EMPLOYMENT}
    return {"contract": codes.pop()} if len(codes) == 1 else {"unread": ["employmentType"]}


def _organisation(value: Any) -> Values:
    name = value.get("name") if isinstance(value, dict) else value
    return {"organisation": name} if isinstance(name, str) else {}


def _location(value: Any) -> Values:
    """The address in words, from the narrowest part to the widest."""
    if isinstance(value, list):
        if len(value) != 1:
            raise Wrong("repeated" if value else "required")
        value = value[0]
    address = value.get("address") if isinstance(value, dict) else value
    if isinstance(address, dict):
        country = address.get("addressCountry")
        country = country.get("name") if isinstance(country, dict) else country
        if isinstance(country, str) and fold(country) not in ("vn", "viet nam", "vietnam", "vnm"):
            raise Wrong("not_one_of", "/address/addressCountry")
        parts = [address.get(name) for name in ("streetAddress", "addressLocality", "addressRegion")]
        address = ", ".join(part.strip() for part in parts if isinstance(part, str) and part.strip())
    if not isinstance(address, str) or not address.strip():
        raise Wrong("required", "/address")
    return {"place": address}


def _salary(value: Any) -> Values:
    if not isinstance(value, dict):
        raise Unread
    inner = value.get("value", value)
    amounts = inner if isinstance(inner, dict) else {**value, "value": inner}
    pay: Values = {}
    for name, field in (("minValue", "min"), ("maxValue", "max"), ("value", "base")):
        if amounts.get(name) is not None:
            pay[field] = _amount(amounts[name], f"/value/{name}")
    unit = amounts.get("unitText", value.get("unitText"))
    if unit is None:
        raise Wrong("required", "/value/unitText")
    if not isinstance(unit, str) or unit.upper() not in UNITS:
        raise Wrong("not_one_of", "/value/unitText")
    currency = value.get("currency", amounts.get("currency", "VND"))
    if currency not in ("VND", "USD"):
        raise Wrong("not_one_of", "/currency")
    return {"pay": {**pay, "period": UNITS[unit.upper()], "currency": currency}}


def _amount(value: Any, where: str) -> int:
    """1.2E7 and "12000000.00" are whole as well."""
    if isinstance(value, str):
        if not _AMOUNT.fullmatch(value):
            raise Wrong("bad_form", where)
        return int(value.partition(".")[0])
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Wrong("wrong_type", where)
    if not 0 <= value <= 10**15:
        raise Wrong("too_large" if value > 0 else "too_small", where)
    if value != int(value):
        raise Wrong("wrong_type", where)
    return int(value)


def _openings(value: Any) -> Values:
    return {"openings": _amount(value, "")}


def _hours(value: Any) -> Values:
    """As we write them: `Ca ngày, 48 giờ/tuần, 6 ngày/tuần`."""
    said: Values = {}
    for part in _text(value).split(","):
        if timed := _TIME.fullmatch(fold(part)):
            said["week_hours" if timed[2] == "gio" else "week_days"] = int(timed[1])
        elif code := codes_of("shift").get(fold(part)):
            said["shift"] = code
        else:
            raise Unread
    return said


def _words(value: Any) -> list[str]:
    """A list, or a text of several, or terms with a name."""
    if isinstance(value, str):
        return [part.strip() for part in re.split("[,;\n]", to_text(value)) if part.strip()]
    if not isinstance(value, list):
        raise Unread
    return [name for part in value if isinstance(name := part.get("name") if isinstance(part, dict) else part, str)]


def _benefits(value: Any) -> Values:
    codes = [codes_of("benefits").get(fold(word)) for word in _words(value)]
    known = list(dict.fromkeys(code for code in codes if code))
    return {"benefits": known, **({"unread": ["jobBenefits"]} if None in codes else {})}


def _skills(value: Any) -> Values:
    return {"skills": _words(value)}


def _occupation(value: Any) -> Values:
    if isinstance(value, dict) and "VSCO" in str(value.get("inCodeSet")):
        value = value.get("codeValue")
    if not isinstance(value, str) or not re.fullmatch("[0-9]{1,5}", value, re.ASCII):
        raise Unread
    return {"occupation_code": value}


def _experience(value: Any) -> Values:
    if value == "no requirements":
        return {"experience_months": 0}
    if not isinstance(value, dict) or value.get("monthsOfExperience") is None:
        raise Unread
    return {"experience_months": _amount(value["monthsOfExperience"], "/monthsOfExperience")}


def _education(value: Any) -> Values:
    category = value.get("credentialCategory") if isinstance(value, dict) else value
    code = codes_of("education").get(fold(category)) if isinstance(category, str) else None
    if code is None:
        raise Unread
    return {"education": code}


def _identifier(value: Any) -> Values:
    key = value.get("value") if isinstance(value, dict) else value
    key = str(key) if isinstance(key, int) and not isinstance(key, bool) else key
    if not isinstance(key, str) or not key.strip() or len(key) > LONGEST_KEY or "\n" in key:
        raise Unread
    return {"source_key": key}


def _own_pay(value: Any) -> Values:
    if not isinstance(value, dict):
        raise Wrong("wrong_type")
    return {"pay": {part: _amount(value[part], f"/{part}") for part in PAY_PARTS if value.get(part) is not None}}


def _own(name: str) -> Callable[[Any], Values]:
    return lambda value: {name: _text(value)}


READERS: Mapping[str, Callable[[Any], Values]] = {
    "@context": _nothing, "@type": _nothing, "title": _title, "description": _description, "datePosted": _nothing,
    "validThrough": _expires, "employmentType": _employment, "hiringOrganization": _organisation,
    "jobLocation": _location, "baseSalary": _salary, "totalJobOpenings": _openings, "workHours": _hours,
    "jobBenefits": _benefits, "skills": _skills, "occupationalCategory": _occupation,
    "experienceRequirements": _experience, "educationRequirements": _education, "identifier": _identifier,
    f"{OWN}pay": _own_pay, f"{OWN}contract": _own("contract"), f"{OWN}park_code": _own("park_code"),
    f"{OWN}ward_code": _own("ward_code"),
}  # fmt: skip
TERMS = frozenset(READERS) - {"@context", "@type"}
