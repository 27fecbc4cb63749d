"""Differences between versions of a procedure, in sentences that a person reads."""

from typing import Any

import msgspec

from longan.floor.base.fields import Locale
from longan.floor.procedures.procedure_differences import Difference, Part

LONGEST = 300

_PARTS: dict[Part, tuple[str, str]] = {
    "name": ("Tên", "Name"),
    "field": ("Lĩnh vực", "Field"),
    "agency": ("Cơ quan ban hành", "Issuing agency"),
    "levels": ("Cấp thực hiện", "Level"),
    "online_level": ("Mức độ trực tuyến", "Online level"),
    "audience": ("Đối tượng", "Who may file"),
    "kind": ("Loại thủ tục", "Kind of procedure"),
    "decision_number": ("Số quyết định", "Decision"),
    "life_event": ("Sự kiện", "Life event"),
    "worker_group": ("Nhóm cho người lao động", "Group for workers"),
    "service_groups": ("Nhóm dịch vụ", "Service group"),
    "executing_agencies": ("Cơ quan thực hiện", "Executing agency"),
    "authorities": ("Cơ quan có thẩm quyền", "Authority"),
    "coordinating_agencies": ("Cơ quan phối hợp", "Coordinating agency"),
    "channels": ("Kênh nộp", "Channel"),
    "fee_min": ("Mức phí thấp nhất", "Lowest fee"),
    "fee_max": ("Mức phí cao nhất", "Highest fee"),
    "methods": ("Cách nộp", "Way to file"),
    "cases": ("Trường hợp", "Case"),
    "documents": ("Giấy tờ", "Paper"),
    "results": ("Kết quả", "Result"),
    "legal_basis": ("Căn cứ pháp lý", "Legal basis"),
    "conditions": ("Yêu cầu, điều kiện", "Conditions"),
    "steps": ("Bước", "Step"),
    "source_url": ("Địa chỉ ở nguồn", "Address at the source"),
    "is_complete": ("Nội dung đầy đủ", "Complete"),
    "updated_on": ("Ngày nguồn cập nhật", "Updated at the source"),
    "captured_on": ("Ngày lấy dữ liệu", "Captured on"),
    "code_valid": ("Mã hợp lệ", "Valid code"),
    "field_code": ("Mã lĩnh vực", "Field code"),
    "agency_code": ("Mã cơ quan", "Agency code"),
    "level": ("Cấp gần dân nhất", "Level nearest to the citizen"),
    "documents_total": ("Số giấy tờ", "Number of papers"),
}
_KINDS = {
    "added": ("Thêm", "Added"), "removed": ("Bỏ", "Removed"), "changed": ("Sửa", "Changed"),
    "moved": ("Chuyển chỗ", "Moved"),
}  # fmt: skip
_VALUES: dict[Any, tuple[str, str]] = {
    "xa": ("cấp xã", "commune"), "tinh": ("cấp tỉnh", "province"), "nganh_doc": ("ngành dọc", "a ministry's branch"),
    "bo": ("cấp bộ", "ministry"), "khac": ("cơ quan khác", "another agency"),
    "toan_trinh": ("toàn trình", "wholly online"), "mot_phan": ("một phần", "in part online"),
    "khong": ("chưa trực tuyến", "not online"), "direct": ("trực tiếp", "in person"),
    "online": ("trực tuyến", "online"), "postal": ("bưu chính", "by post"), True: ("có", "yes"), False: ("không", "no"),
}  # fmt: skip
_UNITS = {
    "hour": ("giờ", "hours"), "working_day": ("ngày làm việc", "working days"), "day": ("ngày", "days"),
    "month": ("tháng", "months"), "year": ("năm", "years"),
}  # fmt: skip
_FEES = {"fee": ("phí", "fee"), "service_fee": ("lệ phí", "service fee"), "price_level": ("giá", "price")}


class Told(msgspec.Struct, frozen=True):
    """`case` where it concerns the papers of one only; `before` and `after` are the two sides, cut."""

    case: str | None
    before: str | None
    after: str | None
    words: str


def told(difference: Difference, locale: Locale) -> Told:
    """What happened, and both sides of it."""
    now, was = difference.after, difference.before
    side = now if now is not None else was
    case = side.get("case") if difference.part == "documents" else None
    before = None if was is None else _said(difference.part, was, locale)
    after = None if now is None else _said(difference.part, now, locale)
    label = _PARTS[difference.part][locale == "en"]
    kind = _KINDS[difference.kind][locale == "en"]
    if difference.kind == "changed":
        nothing = "(trống)" if locale == "vi" else "(empty)"
        said = f"{before if before is not None else nothing} → {after if after is not None else nothing}"
    else:
        said = (after if after is not None else before) or ""
    in_case = f" ({'trường hợp' if locale == 'vi' else 'case'} «{_cut(case, 120)}»)" if case else ""
    return Told(case, before, after, f"{kind} {label[0].lower()}{label[1:]}{in_case}: {said}")


def _said(part: Part, value: Any, locale: Locale) -> str:
    at = int(locale == "en")
    if part == "documents":
        return _paper(value, at)
    if part == "methods":
        return _method(value, at)
    if part == "cases":
        return f"«{_cut(value['name'], 200)}», {_time(value, at)}"
    if part in ("results", "legal_basis"):
        return _cut(" ".join(filter(None, (value["code"], value["name"]))))
    if part in ("fee_min", "fee_max"):
        return _money(value, "VND")
    if isinstance(value, str | bool) and value in _VALUES:
        return _VALUES[value][at]
    return _cut(str(value))


def _paper(paper: Any, at: int) -> str:
    counted = [
        f"{paper['originals']} {('bản chính', 'originals')[at]}", f"{paper['copies']} {('bản sao', 'copies')[at]}"
    ]  # fmt: skip
    form = [("có mẫu", "has a form")[at]] if paper["has_form"] else []
    code = f" [{paper['code']}]" if paper["code"] else ""
    return f"«{_cut(paper['name'], 200)}»{code}, {', '.join(counted + form)}"


def _method(method: Any, at: int) -> str:
    fees = [
        f"{_FEES[fee['kind']][at]} "
        + (_money(fee["amount"], fee["currency"]) if fee["amount"] is not None else ("xem ghi chú", "see the note")[at])
        + (f" ({_cut(fee['note'], 100)})" if fee["note"] else "")
        for fee in method["fees"]
    ]
    note = f" — {_cut(method['note'], 200)}" if method["note"] else ""
    return ", ".join([f"{_VALUES[method['channel']][at]}: {_time(method, at)}", *fees]) + note


def _time(thing: Any, at: int) -> str:
    if thing.get("time_text"):
        return _cut(thing["time_text"], 200)
    if thing["time"] is None:
        return ("không nói", "not said")[at]
    if thing["time_unit"] == "other":
        return ("xem ghi chú", "see the note")[at]
    return f"{thing['time']} {_UNITS[thing['time_unit']][at]}"


def _money(amount: int, currency: str) -> str:
    grouped = f"{amount:,}".replace(",", ".")
    return f"{grouped} đ" if currency == "VND" else f"{grouped} {currency}"


def _cut(text: str, most: int = LONGEST) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= most else f"{one_line[: most - 1]}…"
