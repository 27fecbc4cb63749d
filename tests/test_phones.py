"""One phone, one spelling; and everything that is no Vietnamese mobile number stays outside."""

import pytest

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.base.phones import SINCE_2018, canonical, masked

SPELLINGS = [
    "0912345678", "+84912345678", "84912345678", "0084912345678", "912345678", "+840912345678", "+84 91 234 56 78",
    "091.234.5678", "091-234-5678", "(091) 234 5678", "0 9 1 2 3 4 5 6 7 8", "  0912345678 ", "+84 (0) 912 345 678",
]  # fmt: skip

NOT_ASCII_DIGITS = [
    "０９１２３４５６７８", "٠٩١٢٣٤٥٦٧٨", "0912\u200b345678", "0912\u00a0345678", "\u202e0912345678",
    "0912345678\n", "0912\t345678", "o912345678", "0912 345 67O", "0912345678;ext=1", "0912345678,,1", "0912345678x12",
    "tel:0912345678", "tel:+84912345678", "0912345678 - 0987654321", "+84912345678+", "0912/345/678",
]  # fmt: skip

NOT_MOBILE = [
    "", " ", "-", "0", "091234567", "09123456789", "0123456789", "0271234567", "02723822222", "+842723822222",
    "02743822222", "1022", "112", "113", "115", "1900123456", "+841900123456", "18001091", "0693456789",
    "+16502530000", "+882161234567", "0016502530000", "0551234567", "0521234567", "0992123456", "0951234567",
    "0121234567", "0140123456", "0160123456", "01711234567", "84", "8484", "+84", "0000000000", "+" + "8" * 31,
    "8491234567", "084912345678",
]  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_the_same_number(text: str) -> None:
    assert canonical(text) == "+84912345678"


@pytest.mark.parametrize("text", ["0841234567", "841234567", "84841234567", "+84841234567", "008484 123 4567"])
def test_a_number_that_begins_like_the_country_is_not_cut_twice(text: str) -> None:
    assert canonical(text) == "+84841234567"


@pytest.mark.parametrize(
    "prefix",
    ["030", "031", *(f"03{d}" for d in range(2, 10)), "051", "0522", "0523", "0528", "0559", "056", "058", "059", "070",
     "076", "077", "078", "079", *(f"08{d}" for d in range(1, 9)), "0896", "0899", "090", "091", "092", "093", "094",
     "096", "097", "098", "0990"],
)  # fmt: skip
def test_every_network_is_taken(prefix: str) -> None:
    assert canonical(prefix.ljust(10, "1")) == "+84" + prefix[1:].ljust(9, "1")


@pytest.mark.parametrize(
    ("old", "now"),
    [("01681234567", "+84381234567"), ("0123 123 4567", "+84831234567"), ("01861234567", "+84561234567"),
     ("01991234567", "+84591234567"), ("+841201234567", "+84701234567"), ("841201234567", "+84701234567"),
     ("00841201234567", "+84701234567"), ("+84 0120 1234567", "+84701234567")],
)  # fmt: skip
def test_a_number_of_eleven_digits_is_what_it_became_in_2018(old: str, now: str) -> None:
    assert canonical(old) == now


def test_the_numbers_of_2018_became_others_one_by_one() -> None:
    assert len(SINCE_2018) == len(set(SINCE_2018.values())) == 21
    assert all(canonical(f"0{old}7654321") == f"+84{new}7654321" for old, new in SINCE_2018.items())


@pytest.mark.parametrize("number", [1, 9, 11, 12, 21, 22, 23, 31, 92, 93, 94])
def test_the_personas_have_numbers(number: int) -> None:
    assert canonical(f"090 0000 0{number:02d}") == f"+849000000{number:02d}"


@pytest.mark.parametrize("text", [*NOT_ASCII_DIGITS, *NOT_MOBILE])
def test_what_is_no_mobile_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        canonical(text)

    assert refused.value.errors == (FieldError("/phone", "not_mobile"),)


def test_a_masked_number_shows_both_ends() -> None:
    assert masked("+84912345678") == "091•••678"
