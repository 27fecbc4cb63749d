"""What in public words leads to a person is found, however it is spelt; what does not is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.feedback.personal_traces import HIDDEN, certain, found, redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Gọi 0901 234 567 giúp", "Gọi ••• giúp"),
        ("gọi +84.901.234.567", "gọi •••"),
        ("máy O9o1-234-567 nha", "máy ••• nha"),
        ("zalo 0901234567, gặp", "zalo •••, gặp"),
        ("Điện thoại bàn (0272) 3826 123", "Điện thoại bàn (•••"),
        ("CCCD 080090012345", "CCCD •••"),
        ("số tài khoản 1903 4567 8901 23", "số tài khoản •••"),
        ("thư nguyenvana@example.com", "thư •••"),
        ("xe 62-A1 123.45 đậu", "xe ••• đậu"),
        ("xe 51F-123.45 và 62A 1234", "xe ••• và •••"),
        ("Ông Nguyễn Văn Tèo đổ rác", "Ông ••• đổ rác"),
        ("nhà bà Lê Thị Bưởi, hẻm 5", "nhà bà •••, hẻm 5"),
        ("máy ０９０１２３４５６７", "máy •••"),
    ],
)
def test_what_leads_to_a_person_is_taken_out(text: str, shown: str) -> None:
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Ngày 22.11.2026 và 22-11-2026, 22/11/2026",
        "hết 1.500.000.000 đồng",
        "15000000 đ mỗi tháng",
        "gọi 1022 hoặc 113",
        "số 12/3 đường Nguyễn Huệ, hẻm 45",
        "QĐ 61/2024/QĐ-UBND",
        "cột đèn số 1234567",
        "Bà con bức xúc; anh em chờ",
        "Ổ gà ở ngã tư, sâu 20cm",
    ],
)
def test_what_leads_to_nobody_is_left_alone(text: str) -> None:
    assert redacted(text) == text


def test_a_name_is_no_certainty() -> None:
    assert certain("đường Ông Nguyễn Văn Tèo") == []
    assert [trace.kind for trace in found("Ông Nguyễn Văn Tèo 0901234567")] == ["name", "number"]


PIECES = st.sampled_from([*"0123456789 .-()+oOaZĐ@,", "０", "•", "ông ", "Nguyễn ", "\n"])
TEXTS = st.lists(PIECES, max_size=60).map("".join)


@given(text=TEXTS | st.text(max_size=60))
def test_what_was_redacted_holds_nothing_certain_any_more(text: str) -> None:
    assert certain(redacted(text)) == []


@given(text=TEXTS)
def test_traces_stand_in_order_and_apart(text: str) -> None:
    last = 0
    for trace in found(text):
        assert last <= trace.start < trace.end <= len(text)
        last = trace.end
    assert HIDDEN in redacted(text) or not found(text) or HIDDEN in text


@given(
    phone=st.from_regex(r"0[35789][0-9]{8}", fullmatch=True),
    gaps=st.lists(st.sampled_from(["", " ", ".", "-"]), min_size=9, max_size=9),
)
def test_a_phone_is_found_however_it_is_spaced(phone: str, gaps: list[str]) -> None:
    spelt = "".join(digit + gap for digit, gap in zip(phone, [*gaps, ""], strict=True))

    assert spelt not in redacted(f"gọi {spelt} nha")


@pytest.mark.parametrize(
    "text", ["sđt0901234567", "ĐT0912345678 nhé", "zalo0909123456", "CMND301234567", "Lh_0909123456", "xe 62a1 123.45"]
)
def test_what_is_stuck_to_a_word_or_written_small_is_found_too(text: str) -> None:
    assert certain(text)
    assert not certain(redacted(text))
