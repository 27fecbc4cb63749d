"""A posting as a JobPosting of schema.org, as search engines want it (Google's structured data for job postings).

What came as JSON-LD goes out as it came: each member by its own text as long as it still says what the posting says,
and members that we have no field for in any case. Whose posting it is, and since when it is public, we say ourselves.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from longan.floor.formats import json_ld
from longan.floor.formats.json_ld import Member
from longan.floor.formats.markup import from_text
from longan.floor.postings.drafts import Draft
from longan.floor.postings.job_terms import OWN, PAY_PARTS, READERS, UNITS, Unread, Wrong, says
from longan.floor.postings.job_vocabulary import BENEFITS, EDUCATION, SHIFTS
from longan.floor.search.search import fold

UNIT_TEXTS = {period: unit for unit, period in UNITS.items()}
PART_TIME_BELOW = 35
"""Hours a week."""


class Posted(msgspec.Struct, frozen=True):
    """A posting with what stands around it. `extra` is what `kept` made of the node it came as."""

    id: UUID
    draft: Draft
    employer_name: str
    ward_name: str
    province_name: str
    source_key: str | None
    extra: Mapping[str, Any] | None
    published_at: datetime | None
    created_at: datetime


def kept(node: str, ward_code: str) -> dict[str, str]:
    """The node as it came, and the ward as which its words were read: what `Posted.extra` holds."""
    return {"json_ld": node, "ward_code": ward_code}


def written(posted: Posted) -> bytes:
    """The posting as a JSON-LD document that may stand in a page: no `<` is in it as such."""
    ours = generated(posted)
    parts = {name: json.dumps(value, ensure_ascii=False) for name, value in ours.items()}
    if posted.extra is not None and isinstance(came := posted.extra.get("json_ld"), str):
        parts = _merged(posted, came, ours, parts)
    text = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {value}" for name, value in parts.items())
    return "{{{}}}".format(text.replace("<", "\\u003c")).encode()


def _merged(posted: Posted, came: str, ours: Mapping[str, Any], parts: Mapping[str, str]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for member in json_ld.members(came):
        if member.name not in READERS or member.name in ("@context", "@type"):
            merged[member.name] = member.text
        elif member.name in ours:
            merged[member.name] = member.text if _still_true(posted, member, ours[member.name]) else parts[member.name]
        elif not _said(member):
            merged[member.name] = member.text
    return {**merged, **{name: text for name, text in parts.items() if name not in merged}}


def _still_true(posted: Posted, member: Member, ours: Any) -> bool:
    """Whether what came reads as what we would write now."""
    if member.name == "datePosted":
        return posted.published_at is None
    if member.name == "jobLocation":
        return posted.extra is not None and posted.extra.get("ward_code") == posted.draft.ward_code
    return _said(member) == _said(Member(member.name, "", ours))


def _said(member: Member) -> dict[str, Any]:
    try:
        said = says(member)
    except (Unread, Wrong):
        return {}
    said.pop("unread", None)
    return {name: fold(value) if name == "organisation" else value for name, value in said.items()}


def generated(posted: Posted) -> dict[str, Any]:
    """What the posting's own fields say."""
    draft = posted.draft
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": draft.title,
        "description": from_text(draft.description),
        "identifier": _typed("PropertyValue", name=posted.employer_name, value=posted.source_key or str(posted.id)),
        "datePosted": _moment(posted.published_at or posted.created_at),
        "validThrough": _moment(draft.expires_at),
        "employmentType": _employment(draft),
        "hiringOrganization": _typed("Organization", name=posted.employer_name),
        "jobLocation": _typed("Place", address=_typed(
            "PostalAddress", addressLocality=posted.ward_name, addressRegion=posted.province_name, addressCountry="VN",
        )),
        "baseSalary": _salary(draft),
        "totalJobOpenings": draft.openings,
        "workHours": _hours(draft),
        "jobBenefits": ", ".join(BENEFITS[benefit][0] for benefit in draft.benefits) or None,
        "occupationalCategory": draft.occupation_code and _typed(
            "CategoryCode", inCodeSet="VSCO 2020", codeValue=draft.occupation_code
        ),
        "experienceRequirements": _experience(draft.experience_months),
        "educationRequirements": draft.education and _typed(
            "EducationalOccupationalCredential", credentialCategory=_category(draft.education)
        ),
        "skills": draft.skills or None,
        f"{OWN}ward_code": draft.ward_code,
        f"{OWN}contract": draft.contract,
        f"{OWN}park_code": draft.park_code,
        f"{OWN}pay": {part: value for part in PAY_PARTS if (value := getattr(draft.pay, part)) is not None} or None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def _typed(kind: str, **members: Any) -> dict[str, Any]:
    return {"@type": kind, **members}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _employment(draft: Draft) -> str | None:
    if draft.contract in ("apprenticeship", "casual"):
        return "INTERN" if draft.contract == "apprenticeship" else "TEMPORARY"
    if draft.week_hours is not None and draft.week_hours < PART_TIME_BELOW:
        return "PART_TIME"
    return "FULL_TIME" if draft.contract is not None or draft.week_hours is not None else None


def _salary(draft: Draft) -> dict[str, Any] | None:
    """The range where there is one, else the base."""
    pay = draft.pay
    ranged = pay.min is not None or pay.max is not None
    found = {"minValue": pay.min, "maxValue": pay.max} if ranged else {"value": pay.base}
    amounts = {name: amount for name, amount in found.items() if amount is not None}
    if not amounts:
        return None
    return _typed(
        "MonetaryAmount", currency=pay.currency,
        value=_typed("QuantitativeValue", **amounts, unitText=UNIT_TEXTS[pay.period]),
    )  # fmt: skip


def _hours(draft: Draft) -> str | None:
    parts = [
        SHIFTS[draft.shift][0] if draft.shift else None,
        f"{draft.week_hours} giờ/tuần" if draft.week_hours else None,
        f"{draft.week_days} ngày/tuần" if draft.week_days else None,
    ]
    return ", ".join(part for part in parts if part) or None


def _experience(months: int | None) -> Any:
    if months == 0:
        return "no requirements"
    return None if months is None else _typed("OccupationalExperienceRequirements", monthsOfExperience=months)


def _category(education: str) -> str:
    """In English, as search engines compare it."""
    return EDUCATION[education][-1].lower()
