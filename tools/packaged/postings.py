"""Postings: the province's own, worker-like ones from elsewhere, and those written by hand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from longan.floor.search import search

from .employers import Employers
from .files import Row, Value, line
from .places import NEW_VERSION
from .stable import draw, uuid7
from .titles import clean_title
from .wards import Wards

WORKER_LIKE = re.compile(
    r"\b(?:công nhân|cn (?:may|vận hành|sản xuất)|lao động phổ thông|lđpt|bốc xếp|tạp vụ|phụ kho|lao công|đóng gói"
    r"|đứng máy|lắp ráp|thợ|vận hành máy|nhân viên bảo vệ|tài xế|lái xe|giao hàng|phụ xe|phụ bếp|phục vụ|thủ kho"
    r"|nhân viên kho|xe nâng|vệ sinh|thu ngân)\b"
)
NOT_A_WORKER = re.compile(
    r"\b(?:quản lý|trưởng|phó|giám đốc|giám sát|chuyên viên|tuyển dụng|kế toán|kỹ sư|manager|supervisor|bác sĩ"
    r"|giáo viên|thực tập|trợ lý|cộng tác viên|nghiên cứu|kinh doanh)\b"
)
ELSEWHERE = ("tphcm", "tp.hcm", "tp hcm", "hcm", "hn", "sài gòn", "nhật bản", "đài loan", "hàn quốc", "miền bắc",
             "miền nam", "miền trung", "miền tây", "q.")  # fmt: skip
AGO = re.compile(r"(\d+) (giờ|ngày|tuần|tháng) trước")
DAYS = {"giờ": 0, "ngày": 1, "tuần": 7, "tháng": 30}
PER_PIECE = re.compile(r"k\s*/\s*sp", re.IGNORECASE)
HIGHEST_USD = 100_000
LOWEST_MONTHLY = 1_000_000
FIRST_HOUR, OPEN_HOURS = 7, 10  # published in the daytime
SHOWN_DAYS = 30
LEAST_DAYS_LEFT = 2
DAY_SECONDS = 86_400
# Titles of the sources carry no clock; UUIDs of the hand-written ones need some moment.
HAND_WRITTEN_MS = int(datetime(2025, 10, 20, tzinfo=UTC).timestamp() * 1000)
IS_A_SAMPLE = "Đây là tin mẫu để thử phần mềm, không phải tin tuyển dụng thật."
PERIODS = {"hour": "giờ", "day": "ngày", "week": "tuần", "month": "tháng", "piece": "sản phẩm"}


@dataclass(frozen=True)
class Pay:
    """Whole đồng or dollars; both bounds None when the posting says "Cạnh tranh" or "Thỏa thuận"."""

    least: int | None = None
    most: int | None = None
    currency: str = "VND"
    period: str = "month"

    def words(self) -> str:
        if self.least is None and self.most is None:
            return "thỏa thuận"
        bounds = [f"{bound:,}".replace(",", ".") for bound in (self.least, self.most) if bound is not None]
        unit = f"{'đồng' if self.currency == 'VND' else 'USD'}/{PERIODS[self.period]}"
        if self.least is None:
            return f"đến {bounds[0]} {unit}"
        return f"từ {bounds[0]}{f' đến {bounds[1]}' if self.most is not None else ''} {unit}"


@dataclass(frozen=True)
class Draft:
    """A posting before it is told what its dates are relative to."""

    key: str
    employer_id: str
    employer_name: str
    title: str
    ward_code: str
    pay: Pay
    openings: int
    published: datetime
    expires: datetime
    about: str


def postings(
    jobs: list[Row],
    by_hand: list[Row],
    *,
    wards: Wards,
    employers: Employers,
    province: str,
    elsewhere: re.Pattern[str],
) -> tuple[list[dict[str, Value]], Mapping[str, int]]:
    """The sample's postings, newest first, and how many were left out for each reason."""
    left_out = {"a company stands in the title": 0, "same title and employer": 0}
    titles: dict[str, list[str]] = {}
    kept: list[tuple[Row, str, bool]] = []
    seen: set[tuple[str, str]] = set()
    for job in jobs:
        local = province in job["province_new"].split("|")
        marked = search.mark(job["title"])
        if not local and (not WORKER_LIKE.search(marked) or NOT_A_WORKER.search(marked)):
            continue
        if (title := clean_title(job["title"], None if local else elsewhere)) is None:
            left_out["a company stands in the title"] += 1
            continue
        if (once := (search.fold(title), _employer_key(job))) in seen:
            left_out["same title and employer"] += 1
            continue
        seen.add(once)
        titles.setdefault(_employer_key(job), []).append(title)
        kept.append((job, title, local))
    drafts = [
        _real(job, title, local, all_titles=titles[_employer_key(job)], wards=wards, employers=employers)
        for job, title, local in kept
    ]
    newest = max(draft.published for draft in drafts)
    drafts += [_by_hand(row, newest, wards, employers) for row in by_hand]
    newest = max(draft.published for draft in drafts)
    drafts.sort(key=lambda draft: (newest - draft.published, draft.key))
    return [_row(draft, newest, wards, province) for draft in drafts], left_out


def elsewhere_pattern(old_units: list[Row], province: str) -> re.Pattern[str]:
    """Names of other provinces and of districts, over marked text: a re-homed posting must not speak of them."""
    names = {
        search.mark(row["short_name"])
        for row in old_units
        if row["level"] in ("province", "district") and " " in row["short_name"] and row["code"] != province
    }
    names |= set(ELSEWHERE)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names)))})(?!\w)|\bq(?:uận)?\.?\s?\d")


def _employer_key(job: Row) -> str:
    """Household businesses are masked in the source, so each of their postings counts as another one."""
    name = search.fold(job["company"])
    return f"{name} {job['source_id']}" if "an ten" in name else name


def _real(job: Row, title: str, local: bool, *, all_titles: list[str], wards: Wards, employers: Employers) -> Draft:
    key = f"{job['source']} {job['source_id']}"
    ward = (wards.named_in(job["title"], key) if local else None) or wards.any_with_park(key)
    employer = employers.invented_for(_employer_key(job), all_titles, ward)
    published, expires = _dates(job, key)
    worker = WORKER_LIKE.search(search.mark(title)) and not NOT_A_WORKER.search(search.mark(title))
    facts = [f"Kinh nghiệm: {line(job['experience']).lower()}."] if job["experience"] else []
    facts += [f"Cấp bậc: {line(job['level']).lower()}."] if job["level"] else []
    return Draft(
        key=key,
        employer_id=str(employer["id"]),
        employer_name=str(employer["name"]),
        title=title,
        ward_code=ward,
        pay=_pay(job),
        openings=1 + draw(f"openings {key}", 40 if worker else 3),
        published=published,
        expires=expires,
        about=" ".join(facts),
    )


def _by_hand(row: Row, newest: datetime, wards: Wards, employers: Employers) -> Draft:
    key = f"by hand {row['employer']} {row['title']} {row['ward_code']}"
    employer = employers.named(row["employer"], row["ward_code"], "verified")
    ago = timedelta(days=int(row["days_ago"]), seconds=draw(f"clock {key}", DAY_SECONDS // 2))
    published = newest - (ago if row["days_ago"] != "0" else ago / 12)
    return Draft(
        key=key,
        employer_id=str(employer["id"]),
        employer_name=str(employer["name"]),
        title=line(row["title"]),
        ward_code=wards.by_code[row["ward_code"]]["code"],
        pay=Pay(int(row["pay_min"]), int(row["pay_max"]), "VND", row["pay_period"]),
        openings=int(row["openings"]),
        published=published,
        expires=published + timedelta(days=SHOWN_DAYS),
        about=line(row["description"]),
    )


def _pay(job: Row) -> Pay:
    least, most = (int(job[column]) or None if job[column] else None for column in ("salary_min", "salary_max"))
    if least is None and most is None:
        return Pay()
    if PER_PIECE.search(job["salary_raw"]):
        return Pay(least and least * 1000, most and most * 1000, "VND", "piece")
    highest = max(bound for bound in (least, most) if bound is not None)
    # VietnamWorks writes dollars as "500 - 1.000 VND": nobody is paid a thousand đồng a month.
    currency = "USD" if job["currency"] == "USD" or highest < HIGHEST_USD else "VND"
    period = "day" if currency == "VND" and highest < LOWEST_MONTHLY else "month"
    return Pay(least, most, currency, period)


def _dates(job: Row, key: str) -> tuple[datetime, datetime]:
    captured = datetime.fromisoformat(job["captured"])
    relative = job["posted_relative"]
    if job["posted"]:
        day = datetime.fromisoformat(job["posted"])
    elif ago := AGO.search(relative):
        day = captured - timedelta(days=int(ago[1]) * DAYS[ago[2]])
    else:
        day = datetime.fromisoformat(relative) if re.fullmatch(r"[\d-]{10}", relative) else captured
    published = day + timedelta(hours=FIRST_HOUR, seconds=draw(f"clock {key}", OPEN_HOURS * 3600))
    expires = datetime.fromisoformat(job["expires"]) if job["expires"] else published + timedelta(days=SHOWN_DAYS)
    return published.replace(tzinfo=UTC), expires.replace(tzinfo=UTC)


def _row(draft: Draft, newest: datetime, wards: Wards, province: str) -> dict[str, Value]:
    left = draft.expires - newest
    if left < timedelta(days=LEAST_DAYS_LEFT):  # it ended while the crawl went on; the sample shows open ones only
        left = timedelta(days=LEAST_DAYS_LEFT + 1, seconds=draw(f"left {draft.key}", 27 * DAY_SECONDS))
    latitude, longitude = wards.point(draft.ward_code, draft.key)
    description = (
        f"{draft.employer_name} tuyển {draft.openings} người cho vị trí {draft.title}. {draft.about} "
        f"Nơi làm việc: {wards.label(draft.ward_code)}. Lương: {draft.pay.words()}. {IS_A_SAMPLE}"
    )
    moment = HAND_WRITTEN_MS if draft.key.startswith("by hand") else int(draft.published.timestamp() * 1000)
    return {
        "id": str(uuid7(moment, f"posting {draft.key}")),
        "employer_id": draft.employer_id,
        "title": draft.title,
        "description": line(description),
        "ward_version": NEW_VERSION,
        "ward_code": draft.ward_code,
        "province_code": province,
        "lat": latitude,
        "lon": longitude,
        "pay_min": draft.pay.least,
        "pay_max": draft.pay.most,
        "pay_currency": draft.pay.currency,
        "pay_period": draft.pay.period,
        "openings": draft.openings,
        "published_offset": -int((newest - draft.published).total_seconds()),
        "expires_offset": int(left.total_seconds()),
    }


def employers_used(rows: list[dict[str, Value]], employers: Employers) -> Iterator[dict[str, Value]]:
    """Employers that have a posting, and those that are there for a persona."""
    used = {row["employer_id"] for row in rows}
    return (employer for employer in employers.all() if employer["id"] in used or employer["status"] == "unverified")
