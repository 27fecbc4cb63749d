"""Vietnamese mobile numbers: one spelling for each, before anything is counted, looked up or sent."""

import re

import phonenumbers

from longan.floor.base.errors import FieldError, InvalidRequest

COUNTRY = "84"

# Ranges of mobile networks (phonenumbers also takes 012, 014 and 016 with ten digits, which nobody has been given, and
# 095, which no operator holds).
_MOBILE = re.compile(r"(?:[3578][0-9]|9[0-46-9])[0-9]{7}", re.ASCII)
_SPELLING = re.compile(r"\+?[0-9 .()\-]{8,31}", re.ASCII)
_SEPARATORS = re.compile(r"[ .()\-]")

# Decision 798/QĐ-BTTTT of 2018-05-25: from 2018-09-15 the numbers of eleven digits (0168…) have ten (038…), and people
# still write the old ones. Without the leading 0.
SINCE_2018 = {
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38", "169": "39",
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip


def canonical(text: str, pointer: str = "/phone") -> str:
    """The number in E.164, from any of its spellings (0…, 84…, +84…, 0084…, the old eleven digits).

    Raises `InvalidRequest` at `pointer` for what is no Vietnamese mobile number: landlines, premium and foreign
    numbers, and every spelling with anything but ASCII digits, spaces, dots, dashes, parentheses and a leading plus.
    phonenumbers itself would drop letters and extensions, and take the digits of any script.
    """
    if _SPELLING.fullmatch(text.strip(" ")) is None:
        raise _refused(pointer)
    number = _national(_SEPARATORS.sub("", text))
    if len(number) == 10:
        number = SINCE_2018.get(number[:3], "") + number[3:]
    if _MOBILE.fullmatch(number) is None:
        raise _refused(pointer)
    parsed = phonenumbers.PhoneNumber(country_code=int(COUNTRY), national_number=int(number))
    if phonenumbers.number_type(parsed) != phonenumbers.PhoneNumberType.MOBILE:
        raise _refused(pointer)
    return f"+{COUNTRY}{number}"


def masked(phone: str) -> str:
    """A number in E.164 as its owner would know it again and nobody else: 091•••678."""
    return f"0{phone[3:5]}•••{phone[-3:]}"


def _national(digits: str) -> str:
    """Without the country code and the 0 of the trunk; +84 0… is a common slip of the pen."""
    for prefix in (f"+{COUNTRY}", f"00{COUNTRY}"):
        if digits.startswith(prefix):
            return digits.removeprefix(prefix).removeprefix("0")
    if digits.startswith("+"):
        return ""
    # 84 also begins numbers of an operator (084…), which have nine digits without their 0.
    if len(digits) > 10 and digits.startswith(COUNTRY):
        return digits.removeprefix(COUNTRY).removeprefix("0")
    return digits.removeprefix("0")


def _refused(pointer: str) -> InvalidRequest:
    return InvalidRequest(FieldError(pointer, "not_mobile"))
