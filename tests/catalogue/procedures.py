"""Procedures of every kind, for laws."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from longan.floor.procedures.procedures import (
    NamedText,
    Procedure,
    ProcedureCase,
    ProcedureDocument,
    ProcedureFee,
    ProcedureMethod,
)

# Few words, so that elements are often equal, moved, or nearly the same.
words = st.sampled_from(["Đơn", "Tờ khai", "Bản sao", "đơn", "Giấy A\nGiấy B", "x" * 400])
some = st.none() | words
counts = st.integers(0, 3)
units = st.sampled_from(["hour", "working_day", "day", "month", "year", "other"])
fees = st.builds(
    ProcedureFee, kind=st.sampled_from(["fee", "service_fee"]), amount=st.sampled_from([None, 0, 5_000, 15_000]),
    currency=st.sampled_from(["VND", "USD"]), note=some,
)  # fmt: skip
methods = st.builds(
    ProcedureMethod, channel=st.sampled_from(["direct", "online", "postal"]), time=st.none() | counts, time_unit=units,
    time_text=some, fees=st.lists(fees, max_size=2), note=some,
)  # fmt: skip
documents = st.builds(
    ProcedureDocument, case=some, code=st.none() | st.sampled_from(["K1", "K2"]), name=words, originals=counts,
    copies=counts, has_form=st.booleans(),
)  # fmt: skip
named = st.builds(NamedText, code=st.none() | st.sampled_from(["1/2026", "2/2026"]), name=words)


def lists(of: Any, most: int = 5) -> Any:
    return st.lists(of, max_size=most)


procedures = st.builds(
    Procedure, code=st.just("1.004194"), code_valid=st.just(True), name=words, field_code=words, field=words,
    agency_code=words, agency=words, level=st.sampled_from(["xa", "tinh"]),
    levels=lists(st.sampled_from(["xa", "tinh", "nganh_doc", "bo", "khac"])),
    online_level=st.sampled_from(["toan_trinh", "mot_phan", "khong"]),
    audience=lists(st.sampled_from(["cong_dan_viet_nam", "to_chuc", "doanh_nghiep"])), worker_group=some,
    updated_on=st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 3)), is_complete=st.booleans(),
    kind=st.none() | st.sampled_from(["standard", "specific"]), decision_number=some, life_event=some,
    service_groups=lists(words), executing_agencies=lists(words), authorities=lists(words),
    coordinating_agencies=lists(words), channels=lists(st.sampled_from(["direct", "online", "postal"])),
    fee_min=st.none() | counts, fee_max=st.none() | counts, methods=lists(methods),
    cases=lists(st.builds(ProcedureCase, name=words, time=counts, time_unit=units)), documents=lists(documents, 8),
    documents_total=st.none() | counts, results=lists(named), legal_basis=lists(named), conditions=some,
    steps=lists(words), source_url=some, captured_on=st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 3)),
)  # fmt: skip
