"""What the text of a procedure means for whoever needs it: times, fees, notes and related procedures, in words."""

import csv
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Day, Locale
from longan.floor.procedures.procedures import Amount, Channel, Known, ProcedureFee, ProcedureMethod, Time, Unit
from longan.floor.search.search import fold

# Below this no office asks for money: the source's 0 stands for "see the note", its 10 or 100 are typing errors.
LEAST_DONG = 1_000

Relation = Literal["same_benefit", "other_way", "other_level", "bundle", "next", "similar", "same_name"]
NoteCode = Literal[
    "district_is_gone", "any_centre", "filed_online", "partly_online", "no_online", "code_is_dirty", "only_listed",
    "papers_cut", "of_another_province",
]  # fmt: skip

_UNITS: dict[str, tuple[str, str, str]] = {
    "hour": ("giờ", "hour", "hours"),
    "working_day": ("ngày làm việc", "working day", "working days"),
    "day": ("ngày", "day", "days"),
    "month": ("tháng", "month", "months"),
    "year": ("năm", "year", "years"),
}
_FEES = {
    "see_note": ("Xem ghi chú của khoản này", "See the note of this fee"),
    "ask": (
        "Nguồn không ghi số tiền dùng được: hỏi nơi nộp hồ sơ trước khi đi",
        "The source gives no usable amount: ask where you file before you go",
    ),
}


class FeeShown(msgspec.Struct, frozen=True):
    """`amount` is null where the source's own figure (`source_amount`, such as 0 or 10 đồng) cannot be one: it never
    means that nothing is to be paid. `reading` says what to do then, `says` the same in words."""

    kind: Literal["fee", "service_fee", "price_level"]
    amount: Amount
    currency: Literal["VND", "USD"]
    note: str | None
    reading: Literal["amount", "see_note", "ask"]
    says: str
    source_amount: Amount


class Way(msgspec.Struct, frozen=True):
    """One way to file, how long it takes and what it costs; a channel may occur several times. `time_says` is the time
    in words, as the source means it."""

    channel: Channel
    time: Time
    time_unit: Unit
    time_text: str | None
    time_says: str
    fees: list[FeeShown]
    note: str | None


class Note(msgspec.Struct, frozen=True):
    """What one has to know beside the text. `basis` is the rule, null for a remark on the data."""

    code: NoteCode
    says: str
    basis: str | None
    valid_from: Annotated[Day, Meta(description="From when on it holds")]


class Related(msgspec.Struct, frozen=True):
    """Another procedure that one may have meant, or needs as well. `same_benefit`: the same under another agency's
    code; `next`: what may follow or come before; `same_name`: that name under another code, of `agency`."""

    kind: Relation
    code: str
    name: str
    agency: str


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: NoteCode
    valid_from: date
    vi: str
    en: str
    basis: str | None = None


def way(method: ProcedureMethod, locale: Locale) -> Way:
    """A way to file, explained."""
    return Way(
        channel=method.channel, time=method.time, time_unit=method.time_unit, time_text=method.time_text,
        time_says=time_says(method, locale), fees=[fee(each, locale) for each in method.fees], note=method.note,
    )  # fmt: skip


def fee(paid: ProcedureFee, locale: Locale) -> FeeShown:
    """A fee, explained."""
    amount = usable(paid.amount, paid.currency)
    reading: Literal["amount", "see_note", "ask"] = (
        "amount" if amount is not None else "see_note" if paid.note else "ask"
    )
    if amount is None:
        says = _FEES[reading][locale == "en"]
    else:
        grouped = f"{amount:,}".replace(",", "," if locale == "en" else ".")
        says = f"{grouped} {'USD' if paid.currency == 'USD' else 'đồng'}"
    return FeeShown(paid.kind, amount, paid.currency, paid.note, reading, says, paid.amount)


def usable(amount: int | None, currency: Literal["VND", "USD"] = "VND") -> int | None:
    """The amount where it can be one, else None."""
    least = LEAST_DONG if currency == "VND" else 1
    return amount if amount is not None and amount >= least else None


def time_says(method: ProcedureMethod, locale: Locale) -> str:
    """How long it takes, in words. A text of the source ("Không", "3.5") stays what it is."""
    english = locale == "en"
    if method.time_unit == "other":
        if method.time_text is not None:
            return f"The source says: “{method.time_text}”" if english else f"Nguồn ghi: “{method.time_text}”"
        if method.note:
            return "See the note" if english else "Xem ghi chú"
        return "The source gives no time" if english else "Nguồn không ghi rõ thời gian"
    vi, one, several = _UNITS[method.time_unit]
    if method.time is not None:
        return f"{method.time} {(one if method.time == 1 else several) if english else vi}"
    text = method.time_text or ""
    if text.replace(".", "", 1).isdecimal():
        return f"{text} {several}" if english else f"{text.replace('.', ',')} {vi}"
    if text:
        return f"The source says: “{text}”" if english else f"Nguồn ghi: “{text}”"
    return "The source gives no time" if english else "Nguồn không ghi rõ thời gian"


def notes(known: Known, day: date, locale: Locale, *, papers_cut: bool, elsewhere: bool) -> list[Note]:
    """What holds for this procedure on that day. `elsewhere`: another province has issued it."""
    said = set(_said(known, papers_cut=papers_cut, elsewhere=elsewhere))
    return [
        Note(rule.code, rule.en if locale == "en" else rule.vi, rule.basis, rule.valid_from)
        for rule in _rules()
        if rule.code in said and rule.valid_from <= day
    ]


def _said(known: Known, *, papers_cut: bool, elsewhere: bool) -> Iterator[NoteCode]:
    if _names_a_district(known):
        yield "district_is_gone"
    if elsewhere:
        yield "of_another_province"
    elif at_any_centre(known):
        yield "any_centre"
    yield "no_online" if known.online_level == "khong" else "filed_online"
    if known.online_level == "mot_phan":
        yield "partly_online"
    if not known.code_valid:
        yield "code_is_dirty"
    if not known.is_complete:
        yield "only_listed"
    if papers_cut:
        yield "papers_cut"


def at_any_centre(known: Known) -> bool:
    """Whether any centre of the province takes it: what no ministry's branch keeps to its own counters."""
    return "nganh_doc" not in known.levels and ("xa" in known.levels or "tinh" in known.levels)


def _names_a_district(known: Known) -> bool:
    texts = [known.name, *known.executing_agencies, *known.authorities]
    return any(f" {word} " in f" {fold(text)} " for text in texts for word in ("huyen", "cap quan", "quan huyen"))


@cache
def _rules() -> tuple[_Rule, ...]:
    read = tomllib.loads((files("longan.reference") / "data" / "procedure_notes.toml").read_text("utf-8"))
    return msgspec.convert(read["notes"], tuple[_Rule, ...])


@cache
def _relations() -> tuple[tuple[str, str, Relation, date], ...]:
    text = (files("longan.reference") / "data" / "procedure_relations.csv").read_text("utf-8")
    return tuple(
        (row["code"], row["other"], msgspec.convert(row["kind"], Relation), date.fromisoformat(row["valid_from"]))
        for row in csv.DictReader(text.splitlines())
    )


def related(code: str, day: date) -> dict[str, Relation]:
    """The codes that are related to a procedure on that day, either way round, and how."""
    known: Iterable[tuple[str, str, Relation]] = (
        (one, other, kind) for one, other, kind, valid_from in _relations() if valid_from <= day
    )
    return {(other if one == code else one): kind for one, other, kind in known if code in (one, other)}
