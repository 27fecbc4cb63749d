"""Postings in a sheet: its headings, in Vietnamese and English, and how the cells of a row are read.

Headings and words of a vocabulary are compared folded, so that marks, case and underscores do not matter; docs tell
employers of both. A cell is taken as it was meant or refused: nothing is guessed.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from longan.floor.base.errors import FieldError, Unprocessable
from longan.floor.base.zones import HOME
from longan.floor.formats.sheets import FORMULA
from longan.floor.formats.strict_json import is_clean
from longan.floor.postings.job_vocabulary import codes_of
from longan.floor.search.search import fold

LONGEST_KEY = 200
# Characters of a cell whose reading is remembered.
ONCE = 200

# By the field's name in our documents: other headings it may have.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "source_key": ("Mã tin", "Mã"),
    "title": ("Tiêu đề", "Tên công việc", "Vị trí", "Vị trí tuyển dụng"),
    "description": ("Mô tả", "Mô tả công việc"),
    "ward_code": ("Mã xã", "Mã phường", "Mã xã phường"),
    "place": ("Nơi làm việc", "Địa điểm", "Địa điểm làm việc"),
    "pay_min": ("Lương từ", "Lương tối thiểu"),
    "pay_max": ("Lương đến", "Lương tối đa"),
    "pay_base": ("Lương cơ bản",),
    "pay_allowances": ("Phụ cấp",),
    "pay_attendance": ("Chuyên cần", "Thưởng chuyên cần"),
    "pay_overtime": ("Tiền tăng ca",),
    "pay_overtime_hours": ("Giờ tăng ca", "Số giờ tăng ca"),
    "pay_deductions": ("Khấu trừ", "Các khoản trừ"),
    "pay_currency": ("Loại tiền", "Tiền tệ", "currency"),
    "pay_period": ("Kỳ trả lương", "Trả lương theo"),
    "openings": ("Số lượng", "Số lượng tuyển", "Số người"),
    "expires_at": ("Hạn nộp", "Hạn nộp hồ sơ", "Ngày hết hạn"),
    "occupation_code": ("Mã nghề",),
    "contract": ("Loại hợp đồng", "Hợp đồng"),
    "shift": ("Ca làm việc", "Ca"),
    "week_hours": ("Giờ mỗi tuần", "Số giờ mỗi tuần"),
    "week_days": ("Ngày mỗi tuần", "Số ngày mỗi tuần"),
    "benefits": ("Phúc lợi", "Quyền lợi"),
    "experience_months": ("Tháng kinh nghiệm", "Số tháng kinh nghiệm"),
    "education": ("Học vấn", "Trình độ", "Trình độ học vấn"),
    "skills": ("Kỹ năng",),
    "park_code": ("Mã khu công nghiệp", "Mã KCN"),
}
NEEDED: tuple[tuple[str, ...], ...] = (
    ("title",), ("description",), ("openings",), ("expires_at",), ("ward_code", "place"),
    ("pay_min", "pay_max", "pay_base"),
)  # fmt: skip

_AMOUNT = re.compile(r"(?:[0-9]{1,15}|[0-9]{1,3}(?:([., \u00a0])[0-9]{3})(?:\1[0-9]{3}){0,4})", re.ASCII)
_UNIT = re.compile(r"\s*(?:đồng|vnđ|vnd|đ|₫|usd|\$)$")
_WHOLE = re.compile("[0-9]{1,9}", re.ASCII)
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", re.ASCII)
_LISTED = re.compile(r"[|,;\n]")


class HeadingsWrong(Unprocessable):
    """`missing` names for each lack the headings of which one is needed, `repeated` what stands there twice, `known`
    every heading."""

    code = "headings_wrong"
    vi, en = "Dòng tiêu đề của tệp thiếu cột hoặc lặp cột", "The headings of the file lack a column or repeat one"

    def __init__(self, missing: Sequence[Sequence[str]], repeated: Sequence[str]) -> None:
        super().__init__(members={"missing": missing, "repeated": repeated, "known": list(HEADINGS)})


class Read(msgspec.Struct):
    """What a row says: `values` as `drafts.Draft` has them, the pay's in a mapping of their own; `place` in words."""

    values: dict[str, Any]
    place: str | None
    wrong: list[FieldError]


@cache
def _meanings() -> Mapping[str, str]:
    return {fold(heading): name for name, others in HEADINGS.items() for heading in (name, *others)}


def columns_of(header: Sequence[str]) -> list[str]:
    """What each column is, "" where that is not known. Raises `HeadingsWrong`."""
    columns = [_meanings().get(fold(heading), "") for heading in header]
    missing = [choices for choices in NEEDED if not set(choices) & set(columns)]
    repeated = sorted({name for name in columns if name and columns.count(name) > 1})
    if missing or repeated:
        raise HeadingsWrong(missing, repeated)
    return columns


def source_key(columns: Sequence[str], cells: Sequence[str]) -> tuple[str, FieldError | None]:
    """The employer's own name for the row, else one made of what it says, whatever the order of its columns."""
    named = next((_tidy(cell) for name, cell in zip(columns, cells, strict=False) if name == "source_key"), "")
    if len(named) > LONGEST_KEY:
        return named[:LONGEST_KEY].replace("\0", ""), FieldError("/source_key", "too_long")
    fault = None
    if named:
        code = "formula" if named.startswith(FORMULA) else None if is_clean(named) and "\n" not in named else "bad_text"
        if code is None:
            return named, None
        fault = FieldError("/source_key", code)
    said = {name: text for name, cell in zip(columns, cells, strict=False) if name and (text := _tidy(cell))}
    return hashed(said), fault


def hashed(said: object) -> str:
    """A key for what has none: the same for the same content, half a surrogate pair in it or not."""
    return "row-" + hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()


def read(columns: Sequence[str], cells: Sequence[str]) -> Read:
    """What the cells of a row say."""
    found = Read({"pay": {}}, None, [])
    for name, cell in zip(columns, cells, strict=False):
        text = _tidy(cell)
        if not name or not text or name == "source_key":
            continue
        pointer = "/" + name.replace("pay_", "pay/", 1)
        if not is_clean(text):
            found.wrong.append(FieldError(pointer, "bad_text"))
        # A list of duties begins with a hyphen; nothing else that a posting says does.
        elif text.startswith(FORMULA) and not (name == "description" and text.startswith("-")):
            found.wrong.append(FieldError(pointer, "formula"))
        elif name == "place":
            found.place = text
        else:
            _put(found, name, pointer, text)
    if found.place is not None and "ward_code" in found.values:
        found.place = None
    return found


def _put(found: Read, name: str, pointer: str, text: str) -> None:
    reader = READERS.get(name)
    value, code = (text, None) if reader is None else _once(reader, text) if len(text) <= ONCE else reader(text)
    if code is not None:
        found.wrong.append(FieldError(pointer, code))
        return
    into = found.values["pay"] if name.startswith("pay_") else found.values
    into[name.removeprefix("pay_")] = value


def _tidy(cell: str) -> str:
    text = cell.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


Reader = Callable[[str], tuple[Any, str | None]]


@lru_cache(maxsize=4_096)
def _once(reader: Reader, text: str) -> tuple[Any, str | None]:
    """A sheet says the same words, days and amounts in row after row."""
    return reader(text)


def _amount(text: str) -> tuple[Any, str | None]:
    bare = _UNIT.sub("", text.lower())
    return (int(re.sub("[^0-9]", "", bare)), None) if _AMOUNT.fullmatch(bare) else (None, "bad_form")


def _whole(text: str) -> tuple[Any, str | None]:
    return (int(text), None) if _WHOLE.fullmatch(text) else (None, "wrong_type")


def _moment(text: str) -> tuple[Any, str | None]:
    try:
        return moment(text), None
    except ValueError:
        return None, "bad_time"


def moment(text: str) -> datetime:
    """In UTC. A day (31/12/2026 or 2026-12-31) is over at its end in Viet Nam; a time without a zone is of Viet Nam.
    Raises `ValueError`."""
    try:
        return _moment_of(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no calendar has it") from error


def _moment_of(text: str) -> datetime:
    home = ZoneInfo(HOME)
    if dated := _DAY.fullmatch(text):
        day, month, year = map(int, dated.groups())
        return _end_of(datetime(year, month, day, tzinfo=home))
    if not text.isascii():
        raise ValueError("not a time")
    found = datetime.fromisoformat(text)
    if len(text) <= 10:
        return _end_of(found.replace(tzinfo=home))
    return found.replace(tzinfo=home) if found.tzinfo is None else found


def _end_of(day: datetime) -> datetime:
    return datetime.combine(day.date() + timedelta(days=1), time(), tzinfo=day.tzinfo)


def _coded(kind: str) -> Reader:
    def read_one(text: str) -> tuple[Any, str | None]:
        code = codes_of(kind).get(fold(text))
        return code, None if code else "not_one_of"

    return read_one


def _benefits(text: str) -> tuple[Any, str | None]:
    codes = [codes_of("benefits").get(fold(part)) for part in _listed(text)]
    return codes, "not_one_of" if None in codes else None


def _skills(text: str) -> tuple[Any, str | None]:
    return _listed(text), None


def _listed(text: str) -> list[str]:
    return [part for piece in _LISTED.split(text) if (part := piece.strip())]


READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("pay_min", "pay_max", "pay_base", "pay_allowances", "pay_attendance", "pay_overtime",
                     "pay_deductions"), _amount),
    **dict.fromkeys(("openings", "week_hours", "week_days", "experience_months", "pay_overtime_hours"), _whole),
    "expires_at": _moment, "contract": _coded("contract"), "shift": _coded("shift"), "education": _coded("education"),
    "pay_period": _coded("period"), "pay_currency": _coded("currency"), "benefits": _benefits, "skills": _skills,
}  # fmt: skip
