"""Ways to file, fees, times and papers of a procedure as the national catalogue writes them."""

from typing import Any

from longan.floor.procedures.procedure_advice import LEAST_DONG
from longan.floor.procedures.procedure_wire_names import (
    CHANNELS,
    CURRENCIES,
    FEES,
    MOST_DONG,
    OF_CASE,
    OF_FEE,
    OF_METHOD,
    OF_PAPER,
    UNITS,
)
from longan.floor.procedures.procedure_wire_text import Items, Reading
from longan.floor.procedures.procedures import ProcedureCase, ProcedureDocument, ProcedureFee, ProcedureMethod


def _time(reading: Reading, value: object, unit: object, at: str) -> tuple[int | None, Any, str | None]:
    name = reading.line(unit, f"{at}Unit", 100)
    if name not in UNITS:
        reading.say("unit_unknown", f"{at}Unit", name)
    if isinstance(value, str):
        words = reading.line(value, at, 200)
        if words.isascii() and words.isdecimal() and len(words) < 7:
            return int(words), UNITS.get(name, "other"), None
        if words and words != "-":
            reading.say("time_in_words", at, words)
        return None, UNITS.get(name, "other"), words if words != "-" and words else None
    return reading.number(value, at, 100_000), UNITS.get(name, "other"), None


def method_of(reading: Reading, value: dict[str, Any], at: str) -> ProcedureMethod:
    reading.unknown(value, OF_METHOD, at)
    channel = reading.line(value.get("submissionMethod"), f"{at}/submissionMethod", 100)
    if channel not in CHANNELS:
        reading.say("channel_unknown", f"{at}/submissionMethod", channel)
    time, unit, words = _time(
        reading, value.get("processingTime"), value.get("processingTimeUnit"), f"{at}/processingTime"
    )
    fees = [_fee(reading, each, inside) for inside, each in reading.items(value, "fees", 100, at)]
    note = reading.text(value.get("description"), f"{at}/description") or None
    said: Any = CHANNELS.get(channel, "direct")
    return ProcedureMethod(said, time, unit, words, fees, note)


def _fee(reading: Reading, value: dict[str, Any], at: str) -> ProcedureFee:
    reading.unknown(value, OF_FEE, at)
    kind = reading.line(value.get("type"), f"{at}/type", 100)
    if kind not in FEES:
        reading.say("fee_kind_unknown", f"{at}/type", kind)
    name = reading.line(value.get("currencyName"), f"{at}/currencyName", 100)
    if name not in CURRENCIES:
        reading.say("currency_unknown", f"{at}/currencyName", name)
    currency: Any = CURRENCIES.get(name, "VND")
    amount = reading.number(value.get("value"), f"{at}/value", 10**12)
    if currency == "VND" and amount and not LEAST_DONG <= amount <= MOST_DONG:
        reading.say("fee_suspicious", f"{at}/value", amount)
    said: Any = FEES.get(kind, "fee")
    return ProcedureFee(said, amount, currency, reading.text(value.get("description"), f"{at}/description") or None)


def cases_of(reading: Reading, value: dict[str, Any]) -> list[ProcedureCase]:
    found = []
    for at, each in reading.checked(value, "cases", 300, OF_CASE):
        day = each.get("processingDay")
        if not isinstance(day, dict):
            reading.say("case_without_time", at)
            continue
        time, unit, _ = _time(reading, day.get("qty"), day.get("type"), f"{at}/processingDay")
        found.append(ProcedureCase(reading.line(each.get("name"), f"{at}/name", 2_000), time or 0, unit))
    return found


def documents_of(reading: Reading, value: dict[str, Any]) -> Items[ProcedureDocument]:
    groups = [("", value), *reading.checked(value, "executionCases", 300, OF_CASE), *reading.items(value, "cases", 300)]
    for at, group in groups:
        case = reading.text(group.get("name"), f"{at}/name") or None if at else None
        for inside, each in reading.checked(group, "profileComponents", 1_000, OF_PAPER, at):
            name = reading.text(each.get("name"), f"{inside}/name")
            if not name:
                reading.say("paper_without_name", inside)
                continue
            yield ProcedureDocument(
                case, reading.line(each.get("code"), f"{inside}/code", 200) or None, name,
                reading.number(each.get("originalQty"), f"{inside}/originalQty", 10_000) or 0,
                reading.number(each.get("copyQty"), f"{inside}/copyQty", 10_000) or 0,
                bool(each.get("hasElectronicForm")) or bool(each.get("attachments")),
            )  # fmt: skip
