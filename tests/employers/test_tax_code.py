"""The tax code: its forms, its check digit, its one spelling. The rows are those of the examples we were given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.accounts.citizen_card import masked
from longan.floor.base.errors import InvalidRequest
from longan.floor.postings.tax_codes import WEIGHTS, canonical, is_personal

REAL = [
    "0100112437", "0101248141", "0300588569", "0100109106", "0100684378", "0100100079", "0100107370", "0101245486",
    "0900189284", "0100283873", "1100727545", "1100107301", "0100047516", "0303576603", "0300583659", "0100150619",
    "0100230800", "0100111948", "0100686174",
]  # fmt: skip
BRANCHES = ["0100112437-001", "0100112437-999", "0100112437001"]
PERSONAL = ["080090012345"]
WRONG = {
    "1100440967": "check_digit",
    "0100112438": "check_digit",
    "0100121437": "check_digit",
    "1000000080": "check_digit",
    "010011243": "bad_form",
    "0100112437-000": "bad_form",
    "0100112437-01": "bad_form",
    "01001124370": "bad_form",
    "010011243A": "bad_form",
}


@pytest.mark.parametrize("code", REAL + PERSONAL)
def test_a_code_that_can_be_is_taken_as_it_is(code: str) -> None:
    assert canonical(code) == code


@pytest.mark.parametrize("code", BRANCHES)
def test_a_branch_has_one_spelling(code: str) -> None:
    assert canonical(code) == f"{code[:10]}-{code[-3:]}"


@pytest.mark.parametrize(("code", "reason"), WRONG.items())
def test_a_code_that_cannot_be_is_refused_with_the_reason(code: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        canonical(code)

    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == ("/tax_code", reason)


@pytest.mark.parametrize(
    "code",
    ["", "0100112437\n", " 0100112437", "0100112437-", "0100112437 001", "٠١٠٠١١٢٤٣٧", "０１００１１２４３７",
     "080090012345\n", "000090012345", "097090012345", "180090012345", "0100112437-0011"],
)  # fmt: skip
def test_what_only_looks_like_a_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidRequest):
        canonical(code)


def test_a_masked_number_shows_both_ends_and_is_none_any_more() -> None:
    assert masked("079090012334") == "079*******34"
    assert not is_personal(masked("079090012334"))


@given(st.text("0123456789", min_size=9, max_size=9))
def test_a_stem_has_at_most_one_check_digit_and_none_when_the_remainder_is_zero(stem: str) -> None:
    def fits(code: str) -> bool:
        try:
            return canonical(code) == code
        except InvalidRequest:
            return False

    fitting = [digit for digit in "0123456789" if fits(stem + digit)]

    remainder = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, stem, strict=True)) % 11
    assert fitting == ([] if remainder == 0 else [str(10 - remainder)])


@given(st.text("0123456789-", max_size=16))
def test_the_canonical_spelling_is_its_own(text: str) -> None:
    try:
        spelled = canonical(text)
    except InvalidRequest:
        return

    assert canonical(spelled) == spelled
    assert is_personal(spelled) == (len(spelled) == 12)
