"""Numbers of persons in free words are gone before anything is written down; what was asked in money stays."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.guard.number_masks import FEWEST_DIGITS, MASK, masked
from longan.rooms.ratings.domain import without_persons


@pytest.mark.parametrize(
    "text",
    [
        "0912345678", "0912 345 678", "0912.345.678", "(+84) 91-234-5678", "0912_345_678", "0912/345/678",
        "so O9l2345678", "o9o1234567", "090x123x4567", "0 9 1 2 3 4 5 6 7 8", "0\n9\n1\n2\n3\n4\n5\n6\n7",
        "٠٩١٢٣٤٥٦٧٨", "０９１２３４５６７８", "①②③④⑤⑥⑦⑧", "0️⃣9️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "09\u200b12\u200b34\u202e56\u00ad78",
        "không chín một hai ba bốn năm sáu bảy tám", "KHÔNG CHÍN MỘT HAI BA BỐN NĂM SÁU",
        "kho\u0302ng chi\u0301n một hai ba bốn năm sáu",
        "không chín mươi hai ba bốn năm sáu bảy tám", "zero nine one two three four five six", "09 một hai 34 năm sáu",
        "080090012345", "CCCD: 080 090 012 345", "stk VCB0123456789", "H53.16-261102-0007", "09:12:34:56:78",
        "912.345.678 đồng", "09-12-34-56-78",
    ],
)  # fmt: skip
def test_a_number_of_a_person_is_masked_however_it_is_spelt(text: str) -> None:
    shown = masked(f"Gọi tôi {text} nhé")

    assert MASK in shown
    assert sum(char.isdigit() for char in shown) < FEWEST_DIGITS
    assert shown.startswith("Gọi tôi ")
    assert shown.endswith(" nhé")


@pytest.mark.parametrize(
    "text",
    [
        "Bị đòi 1.500.000 đồng, rồi 15 000 000đ, sau cùng 15000000 đồng.", "Nộp thêm 500.000đ ngoài quy định.",
        "Sáng 12/05/2026 lúc 07:30 - 11:30 ở quầy 3", "Theo NĐ 118/2025/NĐ-CP thì 8 giờ",
        "Không có gì, không phải chờ, một lần là xong", "Quầy 1, 2, 3 đều vắng", "",
    ],
)  # fmt: skip
def test_money_days_and_times_stay(text: str) -> None:
    assert masked(text) == text


@given(st.text(max_size=200))
def test_whatever_is_written_it_is_masked_once_and_for_all(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@given(st.text(max_size=30), st.from_regex(r"0[0-9]{9}", fullmatch=True), st.text(alphabet=" .-_/()\t", max_size=3))
def test_a_phone_is_found_among_whatever_else(around: str, phone: str, between: str) -> None:
    shown = masked(f"{around} {between.join(phone)} {around}")

    assert phone not in re.sub(r"[^0-9]", "", shown) or phone in re.sub(r"[^0-9]", "", around + around)


def test_mail_and_plates_go_as_well_and_nothing_stays_nothing() -> None:
    assert without_persons("Viết cho an.nguyen@example.vn, xe 62-A1 123.45") == f"Viết cho {MASK}, xe {MASK}"
    assert without_persons(None) is None
