"""Codes of dossiers in both orders, however they were typed."""

import contextlib
import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.dossiers.dossier_codes import DossierCode, DossierCodeInvalid, parsed

CASES = list(
    csv.DictReader((Path(__file__).parent / "data" / "dossier_code_cases.csv").read_text("utf-8").splitlines())
)
# What is not valid as it stands, and is after it was put right.
PUT_RIGHT = [row for row in CASES if "then valid" in row["why"]]
WRONG = [row for row in CASES if row["valid"] == "0" and row not in PUT_RIGHT]


@pytest.mark.parametrize("row", [row for row in CASES if row["valid"] == "1"], ids=lambda row: row["code"])
def test_a_valid_code_is_read(row: dict[str, str]) -> None:
    expected = DossierCode(row["code"], row["agency"], date.fromisoformat(row["received"]), row["serial"])

    assert parsed(row["code"]) == expected


@pytest.mark.parametrize("row", PUT_RIGHT, ids=lambda row: row["why"])
def test_a_code_that_was_pasted_is_put_right(row: dict[str, str]) -> None:
    assert parsed(row["code"]).text == "000.00.18.H34-220622-0001"


@pytest.mark.parametrize("row", WRONG, ids=lambda row: row["why"])
def test_what_is_no_code_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(DossierCodeInvalid):
        parsed(row["code"])


def test_all_rows_of_the_data_are_seen() -> None:
    assert (len(CASES), len(PUT_RIGHT), len(WRONG)) == (12, 2, 5)


agencies = st.from_regex(
    r"[GHKT][0-9]{2}(\.[0-9]{1,4}){0,3}|[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[GHKT][0-9]{2}", fullmatch=True
)
codes = st.builds(
    lambda agency, day, serial: f"{agency}-{day:%y%m%d}-{serial}",
    agencies.filter(str.isascii), st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.from_regex(r"[0-9]{4,8}", fullmatch=True).filter(str.isascii),
)  # fmt: skip


@given(code=codes, dash=st.sampled_from("-–—‑−－"), blank=st.sampled_from(["", " ", "\u00a0", "\t", "\u200b"]))
def test_dashes_blanks_and_small_letters_make_no_other_code(code: str, dash: str, blank: str) -> None:
    typed = blank + code.lower().replace("-", f"{blank}{dash}{blank}") + blank

    assert parsed(typed).text == code
    assert parsed(parsed(typed).text) == parsed(typed)


@given(text=st.text(max_size=64))
def test_any_text_is_a_code_or_is_refused(text: str) -> None:
    with contextlib.suppress(DossierCodeInvalid):
        assert parsed(text).text.isascii()


@pytest.mark.parametrize("code", ["H53.16-٢٦٠١٠٥-0007", "H53.16-260105-000７", "ẞ53.16-260105-0007"])
def test_digits_and_letters_of_other_scripts_are_none(code: str) -> None:
    with pytest.raises(DossierCodeInvalid):
        parsed(code)
