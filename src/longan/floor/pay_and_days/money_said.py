"""Money as people say it: read from what they type ("1tr8", "1,8 triệu", "1800k"), and written as they read it.

What can be meant in two ways is never guessed: it is asked back with what is likely meant.
"""

import re
import unicodedata

import msgspec

from longan.floor.base.fields import MAX_DONG
from longan.floor.pay_and_days.pay import Amount

THOUSAND, MILLION = 1_000, 1_000_000
# So much in figures alone is meant in đồng; less is what people say for thousands or millions.
IN_DONG_FROM = 100_000

_SPACE = r"[ \u00a0]*"
_MILLIONS = "triệu|trieu|tr|củ|cu|chai|m"
_THOUSANDS = "nghìn|nghin|ngàn|ngan|ng|k"
_END = rf"{_SPACE}(?P<dong>đồng|dong|vnđ|vnd|đ|d)?{_SPACE}(?:(?:/|một|mot|1|mỗi|moi){_SPACE}(?:tháng|thang|th))?"
_AMOUNT = re.compile(
    rf"(?P<number>[0-9]{{1,3}}(?:[., \u00a0][0-9]{{3}})+|[0-9]{{1,13}}(?:[.,][0-9]{{1,6}})?){_SPACE}"
    rf"(?:(?P<unit>{_MILLIONS}|{_THOUSANDS})(?![a-zà-ỹđ]){_SPACE}(?P<rest>rưỡi|ruoi|rươi|[0-9]{{1,3}}(?![0-9]))?"
    rf"(?:{_SPACE}(?P<small>{_THOUSANDS})(?![a-zà-ỹđ]))?)?{_END}"
)


class HeardAmount(msgspec.Struct, frozen=True):
    """`amount` in đồng where there is one meaning; else it is null, and `likely` are what may be meant, the likeliest
    first: empty where nothing can be made of it."""

    amount: Amount | None
    likely: list[Amount]


NOTHING = HeardAmount(None, [])


def hear(text: str, in_dong_from: int = IN_DONG_FROM) -> HeardAmount:
    """Read an amount of money. Figures alone below `in_dong_from` are asked back: "15" may be 15 or 1.5 million."""
    found = _AMOUNT.fullmatch(unicodedata.normalize("NFKC", text).strip().lower())
    if found is None:
        return NOTHING
    amount = _of(found)
    if amount is None:
        millions = None if found["unit"] or found["dong"] else _times(found["number"], MILLION)
        return NOTHING if millions is None or millions > MAX_DONG else HeardAmount(None, [millions])
    if amount > MAX_DONG:
        return NOTHING
    if found["unit"] or found["dong"] or amount >= in_dong_from or amount == 0:
        return HeardAmount(amount, [])
    return HeardAmount(None, _likely(amount))


def _of(found: re.Match[str]) -> int | None:
    number: str = found["number"]
    unit: str | None = found["unit"]
    rest: str | None = found["rest"]
    small: str | None = found["small"]
    if unit is None:
        return _whole(number)
    size = MILLION if re.fullmatch(_MILLIONS, unit) else THOUSAND
    if rest is None:
        return _times(number, size)
    whole = _whole(number)
    if whole is None:
        return None
    if rest in ("rưỡi", "ruoi", "rươi"):
        return None if small else whole * size + size // 2
    if small:
        return whole * size + int(rest) * THOUSAND if size == MILLION else None
    # "1tr8" and "1tr85" go on behind the point: 1.8 and 1.85 million; so does "1tr05".
    part: int = size // 10 ** len(rest)
    return whole * size + int(rest) * part


def _whole(number: str) -> int | None:
    """Figures in groups of three, or without any mark; None for what has a fraction."""
    plain = re.sub(r"[., \u00a0]", "", number)
    grouped = re.fullmatch(r"[0-9]{1,3}(?:[., \u00a0][0-9]{3})+|[0-9]+", number)
    return int(plain) if grouped else None


def _times(number: str, size: int) -> int | None:
    """One mark is a point before millions ("1.850 triệu"); before thousands three figures after it are a group."""
    marks = re.findall(r"[., \u00a0]", number)
    if len(marks) == 1 and marks[0] in ".," and (size == MILLION or not re.fullmatch(r".*[.,][0-9]{3}", number)):
        whole, fraction = re.split("[.,]", number)
        scaled = int(whole + fraction) * size
        return scaled // 10 ** len(fraction) if scaled % 10 ** len(fraction) == 0 else None
    grouped = _whole(number)
    return None if grouped is None else grouped * size


def _likely(figures: int) -> list[int]:
    """What figures alone are short for, the likeliest first, as rents go."""
    if figures < 10:
        return [figures * MILLION]
    if figures < 100:
        return [figures * MILLION // 10, figures * MILLION]
    return [figures * THOUSAND]


def vi(amount: int) -> str:
    """1.800.000 đ"""
    return f"{amount:,} đ".replace(",", ".")


def en(amount: int) -> str:
    """1,800,000 đ"""
    return f"{amount:,} đ"
