"""The tax code: its forms, its check digit, its one spelling; and whose it is, an organisation's or a person's."""

import re

from longan.floor.base.errors import FieldError, InvalidRequest

# TT 105/2020/TT-BTC, annex 1.
WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_COMPANY = re.compile(r"([0-9]{10})(?:-?([0-9]{3}))?", re.ASCII)
# NĐ 137/2015/NĐ-CP, article 13: the province of the birth registration is 001 to 096, the rest has no check.
_PERSON = re.compile(r"0(?:0[1-9]|[1-8][0-9]|9[0-6])[0-9]{9}", re.ASCII)


def canonical(tax_code: str) -> str:
    """The tax code in its one spelling: 10 digits; a branch as 10, hyphen, 3; or a person's id number, 12 digits.

    Raises `InvalidRequest`: `bad_form` for what is none of these, `check_digit` for a code that was never issued.
    TT 86/2024/TT-BTC: since 2025-07-01 the code of a household business is the id number of its owner.
    """
    if is_personal(tax_code):
        return tax_code
    found = _COMPANY.fullmatch(tax_code)
    if found is None or found[2] == "000":
        raise InvalidRequest(FieldError("/tax_code", "bad_form"))
    # A remainder of 0 would ask for the digit "10": such a stem is never issued.
    remainder = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, found[1][:9], strict=True)) % 11
    if int(found[1][9]) != 10 - remainder:
        raise InvalidRequest(FieldError("/tax_code", "check_digit"))
    return "-".join(part for part in found.groups() if part)


def is_personal(tax_code: str) -> bool:
    """Whether it is the id number of a person, and whole: an answer that shows it is kept nowhere, it has no ETag."""
    return _PERSON.fullmatch(tax_code) is not None
