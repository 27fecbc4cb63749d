"""What a sample posting says of its work in its own words, by rules over its folded text; what it does not say stays
unknown. The sentences that the sample itself wrote around it (openings, place, pay) are not read. No text of the sample
names an amount beside its range, or hours a week, so that no rule reads them."""

import re
from typing import Any

from longan.floor.pay_and_days.pay import PayIn, comparable
from longan.floor.places import parks
from longan.floor.postings import occupations
from longan.floor.search.search import fold

OWN_WORDS = re.compile(r"vị trí .*?(?=Nơi làm việc: )", re.DOTALL)

# The first that fits, in whole words over the folded text.
SHIFTS = {
    "three_shifts": r"ba ca|3 ca",
    "two_shifts": r"hai ca|2 ca|xoay ca",
    "night": r"ca dem|ca toi",
    "day": r"ca ngay|gio hanh chinh|ban ngay",
    "flexible": r"tu chon gio|part ?time|lam theo gio",
}
CONTRACTS = {
    "casual": r"thoi vu",
    "fixed_term": r"hop dong \d+ thang|hd \d+ thang|temp \d+ months|\d+ months contract",
    "apprenticeship": r"thuc tap|intern|hoc viec",
}
EDUCATION = {"none": r"khong can bang cap", "vocational": r"trung cap", "college": r"cao dang"}
EXPERIENCE = re.compile(r"kinh nghiem (duoi |tren )?(\d+) nam|kinh nghiem (khong yeu cau)")

# All that fit.
BENEFITS = {
    "meals": r"an trua tai xuong|com trua|tien com|bao com|bao an",
    "bus": r"xe dua ruoc|xe dua don|xe don tu",
    "dormitory": r"nha tro cong ty|cho o tai|phong o cho|cho ngu lai",
    "social_insurance": r"dong bao hiem|bhxh",
    "accident_insurance": r"bao hiem tai nan",
    "thirteenth_month": r"luong thang 13",
}
SIX_DAYS = r"chu nhat nghi|nghi chu nhat"


def read(
    title: str, description: str, pay: PayIn, ward_code: str, known_parks: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    """The columns of `jobs.postings` that the text fills. `known_parks`: folded name with kind -> code and ward."""
    said = OWN_WORDS.search(description)
    own = f"{title}. {said[0].removeprefix('vị trí ') if said else description}"
    folded = f" {fold(own)} "
    week_days = 6 if _says(SIX_DAYS, folded) else None
    worth = comparable(pay, None, week_days)
    return {
        "occupation_code": occupations.of_title(title),
        "contract": _one(CONTRACTS, folded),
        "shift": _one(SHIFTS, folded),
        "week_days": week_days,
        "benefits": [name for name, words in BENEFITS.items() if _says(words, folded)],
        "experience_months": _experience(folded),
        "education": _one(EDUCATION, folded),
        "park_code": _park(own, ward_code, known_parks),
        "effective_month": worth.month,
        "effective_hour": worth.hour,
    }


def _says(words: str, folded: str) -> bool:
    return re.search(rf"\b(?:{words})\b", folded) is not None


def _one(rules: dict[str, str], folded: str) -> str | None:
    return next((name for name, words in rules.items() if _says(words, folded)), None)


def _experience(folded: str) -> int | None:
    """Months asked for: none for "dưới 1 năm", which takes whoever has less."""
    found = EXPERIENCE.search(folded)
    if found is None:
        return None
    return 0 if found[3] or found[1] == "duoi " else int(found[2]) * 12


def _park(own: str, ward_code: str, known: dict[str, tuple[str, str]]) -> str | None:
    """The park that the text names, when the posting lies in its ward."""
    code = parks.named_in(own, [(code, name) for name, (code, _) in known.items()])
    return code if code is not None and (code, ward_code) in known.values() else None
