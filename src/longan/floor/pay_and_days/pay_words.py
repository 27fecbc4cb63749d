"""How an effective pay comes about, line by line, in the words of who is paid and in English."""

import msgspec

from longan.floor.pay_and_days.pay import (
    Amount,
    PayIn,
    Period,
    comparable,
    hours_thirds,
    month_thirds,
    normal_time,
)

PERIODS: dict[Period, tuple[str, str]] = {
    "hour": ("giờ", "hour"), "day": ("ngày", "day"), "week": ("tuần", "week"), "month": ("tháng", "month"),
    "piece": ("sản phẩm", "piece"),
}  # fmt: skip
PARTS = {
    "allowances": ("Phụ cấp", "Allowances"),
    "attendance": ("Chuyên cần, nếu không nghỉ ngày nào", "Attendance bonus, if no day is missed"),
    "overtime": ("Tăng ca", "Overtime"),
    "deductions": ("Các khoản trừ (bảo hiểm, công đoàn, khác)", "Deductions (insurance, union, others)"),
}


class Line(msgspec.Struct, frozen=True):
    """One step. `month` is what it adds to the month, in whole đồng, less than nought for deductions and nought for a
    line that only explains; together the lines are the effective month."""

    part: str
    month: Amount
    vi: str
    en: str


def explain(pay: PayIn, week_hours: int | None, week_days: int | None) -> list[Line]:
    """The lines of `pay.comparable`, or the one that says why there is no figure."""
    if (reason := _untold(pay)) is not None:
        return [Line("none", 0, *reason)]
    lines = [_start(pay, week_hours, week_days)]
    for part, (vi, en) in PARTS.items():
        amount: int | None = getattr(pay, part)
        if amount is None:
            continue
        if part == "deductions":
            lines.append(Line(part, -amount, f"{vi}: trừ {_vi(amount)}", f"{en}: less {_en(amount)}"))
        elif pay.base is None:
            vi_left = f"{vi}: {_vi(amount)}, không cộng thêm vì không rõ khoảng lương đã gồm chưa"
            lines.append(Line(part, 0, vi_left, f"{en}: {_en(amount)}, not added: the range may hold it already"))
        else:
            hours = pay.overtime_hours if part == "overtime" else None
            vi_hours, en_hours = (f" {hours} giờ một tháng", f", {hours} hours a month") if hours else ("", "")
            lines.append(
                Line(part, amount, f"{vi}{vi_hours}: cộng {_vi(amount)}", f"{en}{en_hours}: plus {_en(amount)}")
            )
    lines.append(_hour(pay, week_hours, week_days))
    return lines


def _untold(pay: PayIn) -> tuple[str, str] | None:
    if pay.currency != "VND":
        return "Lương bằng đô la, không quy đổi ra đồng", "Paid in dollars, which are not converted to đồng"
    if pay.period == "piece":
        return (
            "Lương theo sản phẩm, không biết một tháng làm được bao nhiêu",
            "Paid by the piece; how many a month makes is not known",
        )
    if pay.base is None and pay.min is None:
        return (
            "Chỉ nói mức cao nhất hoặc không nói lương, không có mức chắc chắn",
            "Only an upper end, or nothing, is said: no pay that one can rely on",
        )
    return None


def _start(pay: PayIn, week_hours: int | None, week_days: int | None) -> Line:
    part, amount = ("base", pay.base) if pay.base is not None else ("range", pay.min or 0)
    vi_name, en_name = ("Lương cơ bản", "Base") if part == "base" else ("Mức thấp nhất", "The lower end of the range")
    hours, days = normal_time(week_hours, week_days)
    month = month_thirds(amount or 0, pay.period, week_hours, week_days) // 3
    times = {
        "month": ("", ""),
        "week": (" × 52 tuần ÷ 12", " × 52 weeks ÷ 12"),
        "day": (f" × {days} ngày × 52 tuần ÷ 12", f" × {days} days × 52 weeks ÷ 12"),
        "hour": (f" × {hours} giờ × 52 tuần ÷ 12", f" × {hours} hours × 52 weeks ÷ 12"),
    }
    vi_period, en_period = PERIODS[pay.period]
    vi, en = times[pay.period]
    vi_text = f"{vi_name}: {_vi(amount or 0)} một {vi_period}{vi}"
    en_text = f"{en_name}: {_en(amount or 0)} a{'n' if en_period == 'hour' else ''} {en_period}{en}"
    if pay.period != "month":
        vi_text, en_text = f"{vi_text} = {_vi(month)}", f"{en_text} = {_en(month)}"
    return Line(part, month, vi_text, en_text)


def _hour(pay: PayIn, week_hours: int | None, week_days: int | None) -> Line:
    worth = comparable(pay, week_hours, week_days)
    if worth.month is None:
        return Line("hour", 0, "Các khoản trừ không để lại gì", "The deductions leave nothing")
    overtime = pay.overtime_hours if pay.base is not None else None
    hours, _ = normal_time(week_hours, week_days)
    thirds = hours_thirds(week_hours, week_days, overtime)
    said = week_hours is not None or week_days is not None
    vi_why, en_why = ("", "") if said else (", theo BLLĐ điều 105", ", Labour Code art. 105")
    vi_more, en_more = (f" + {overtime} giờ tăng ca", f" + {overtime} of overtime") if overtime else ("", "")
    return Line(
        "hour", 0,
        f"Một giờ: {_vi(worth.month)} ÷ {_hours(thirds, ',')} giờ ({hours} giờ × 52 tuần ÷ 12{vi_more}{vi_why})"
        f" = {_vi(worth.hour or 0)}",
        f"An hour: {_en(worth.month)} ÷ {_hours(thirds, '.')} hours ({hours} hours × 52 weeks ÷ 12{en_more}{en_why})"
        f" = {_en(worth.hour or 0)}",
    )  # fmt: skip


def _hours(thirds: int, point: str) -> str:
    """Hours to two places; a third is 33 hundredths."""
    whole, rest = divmod(thirds, 3)
    return f"{whole}{point}{('', '33', '67')[rest]}" if rest else str(whole)


def _vi(amount: int) -> str:
    return f"{amount:,} đ".replace(",", ".")


def _en(amount: int) -> str:
    return f"{amount:,} đ"
