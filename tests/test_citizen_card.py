"""Personal numbers and QR codes: every sample gives its expected result, and the laws of the form hold."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from longan.floor.accounts import citizen_card
from longan.floor.accounts.citizen_card import Card, Number, Unreadable, agree, card_of, masked, number_of
from longan.floor.base.errors import MESSAGES

# A machine that is busy with other tests is slow now and then.
unhurried = settings(deadline=None)

TODAY = date(2026, 11, 22)
SAMPLES = [json.loads(line) for line in (Path(__file__).parent / "data/cccd_qr_samples.jsonl").read_text().splitlines()]
SEXES = {"Nam": "male", "Nữ": "female"}

provinces = st.sampled_from(sorted(citizen_card._provinces()))
sexes = st.sampled_from(["male", "female"])
birth_dates = st.dates(date(1900, 1, 1), date(2026, 11, 22))
words = st.text(st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyÁẾỘỮ "), min_size=1).filter(str.strip).map(str.strip)


@st.composite
def numbers(draw: Any) -> str:
    serial = draw(st.text("0123456789", min_size=6, max_size=6))
    return str(Number(draw(provinces), draw(sexes), draw(st.integers(1900, 2399)), serial))


@st.composite
def cards(draw: Any) -> Card:
    born, sex = draw(birth_dates), draw(sexes)
    serial = draw(st.text("0123456789", min_size=6, max_size=6))
    return Card(
        number=str(Number(draw(provinces), sex, born.year, serial)),
        old_number=draw(st.none() | st.text("0123456789", min_size=9, max_size=9)),
        full_name=draw(words),
        birth_date=born,
        sex=sex,
        address=draw(st.none() | words),
        issued_on=draw(st.dates(born, TODAY)),
        trailing=draw(st.lists(st.sampled_from(["", "Nguyễn Văn Thử"]), max_size=4)),
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["id"])
def test_every_sample_gives_its_expected_result(sample: dict[str, Any]) -> None:
    if sample["valid"] is False:
        with pytest.raises(Unreadable) as refused:
            card_of(sample["raw"], TODAY)
        assert refused.value.code == sample["error"]
        return

    card = card_of(sample["raw"], TODAY)

    if sample["valid"] is None:  # the order of its fields is in no public text: they are recognised by content
        whole = next(other for other in SAMPLES if other["id"] == "Q07")["expect"]
        assert (card.order, card.number, card.full_name) == ("assumed", whole["so_dinh_danh"], whole["ho_ten"])
        assert (card.old_number, str(card.issued_on)) == (whole["cmnd_cu"], whole["ngay_cap"])
        return
    expected = sample["expect"]
    assert card == Card(
        number=expected["so_dinh_danh"],
        old_number=expected["cmnd_cu"],
        full_name=expected["ho_ten"],
        birth_date=date.fromisoformat(expected["ngay_sinh"]),
        sex=SEXES[expected["gioi_tinh"]],
        address=expected["noi_cu_tru"],
        issued_on=date.fromisoformat(expected["ngay_cap"]),
        trailing=expected["truong_them"],
    )


def test_there_are_all_the_samples_and_each_error_has_words() -> None:
    assert len(SAMPLES) == 30
    assert {sample["error"] for sample in SAMPLES} - {""} <= set(MESSAGES)


@unhurried
@given(numbers())
def test_a_number_taken_apart_and_put_together_is_the_number(number: str) -> None:
    assert str(number_of(number)) == number


@unhurried
@given(cards())
def test_a_printed_card_is_read_back_as_it_was(card: Card) -> None:
    assert card_of(str(card), TODAY) == card


@unhurried
@given(birth_dates, sexes, provinces, st.integers(3, 5), st.integers(1, 9))
def test_one_wrong_digit_of_century_sex_or_year_is_noticed_beside_the_birth_date(
    born: date, sex: Any, province: str, place: int, turn: int
) -> None:
    right = str(Number(province, sex, born.year, "123456"))
    wrong = right[:place] + str((int(right[place]) + turn) % 10) + right[place + 1 :]

    with pytest.raises(Unreadable) as refused:
        agree(number_of(wrong), born, sex, TODAY)

    assert refused.value.code in ("gender_mismatch", "century_or_year_mismatch")


@unhurried
@given(birth_dates, sexes, provinces, st.dates(date(1900, 1, 1), date(2026, 11, 22)))
def test_a_birth_date_of_another_year_is_noticed(born: date, sex: Any, province: str, other: date) -> None:
    assume(born.year != other.year)

    with pytest.raises(Unreadable, match="century_or_year_mismatch"):
        agree(number_of(str(Number(province, sex, born.year, "123456"))), other, sex, TODAY)


@unhurried
@given(st.text(max_size=200))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        card_of(text, TODAY)


@unhurried
@given(cards(), st.data())
def test_a_card_with_one_field_replaced_is_read_or_refused_and_never_a_crash(card: Card, data: Any) -> None:
    fields = str(card).split("|")
    fields[data.draw(st.integers(0, len(fields) - 1))] = data.draw(st.text(max_size=30))

    try:
        read = card_of("|".join(fields), TODAY)
    except Unreadable as refused:
        assert refused.code in MESSAGES
    else:
        number_of(read.number)


@pytest.mark.parametrize(
    "text", ["080090012345\n", " 080090012345", "٠٨٠٠٩٠٠١٢٣٤٥", "08009001234५", "0800900123456", "", "080 090012345"]
)
def test_only_twelve_ascii_digits_are_a_number(text: str) -> None:
    with pytest.raises(Unreadable, match="not_12_ascii_digits"):
        number_of(text)


def test_all_63_provinces_of_birth_registration_stay_good_after_the_mergers() -> None:
    assert len(citizen_card._provinces()) == 63
    assert {"080", "072"} <= citizen_card._provinces()


def test_who_is_not_born_yet_has_no_card() -> None:
    tomorrow = TODAY + timedelta(days=1)

    with pytest.raises(Unreadable, match="birth_in_future"):
        agree(number_of("080226123456"), tomorrow, "male", TODAY)


def test_a_masked_number_shows_the_province_and_two_digits() -> None:
    assert masked("079090012334") == "079*******34"
