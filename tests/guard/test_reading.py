"""The guard reads: what must wait, what must not, and that no trick with letters changes that."""

import unicodedata
from datetime import date
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.guard.guard_reading import Read, read
from longan.floor.guard.guard_rules import book
from tests.guard.corpus import BAD, HONEST, MISSED, SLIGHT

DAY = date(2026, 11, 22)
HOLD = book().limits_on(DAY).hold

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: list[Form] = ["NFC", "NFD", "NFKC", "NFKD"]

bad = st.sampled_from([text for _, text in BAD])
honest = st.sampled_from(HONEST)


def found(text: str) -> list[Read]:
    return read({"description": text}, book(), DAY)


def rules(text: str) -> set[str]:
    return {each.rule for each in found(text)}


def score(text: str) -> int:
    return sum({each.rule: each.weight for each in found(text)}.values())


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_what_harms_waits_for_an_official(rule: str, text: str) -> None:
    assert rule in rules(text)
    assert score(text) >= HOLD


@pytest.mark.parametrize(("rule", "text"), SLIGHT)
def test_what_is_slight_is_named_and_does_not_wait(rule: str, text: str) -> None:
    assert rule in rules(text)
    assert score(text) < HOLD


@pytest.mark.parametrize("text", HONEST)
def test_what_is_honest_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_the_corpus_is_told_apart() -> None:
    bad_ones = [text for _, text in BAD] + MISSED
    honest_ones = HONEST + [text for _, text in SLIGHT]

    right = sum(score(text) >= HOLD for text in bad_ones)
    wrong = sum(score(text) >= HOLD for text in honest_ones)

    assert len(bad_ones) + len(honest_ones) > 200
    assert right / (right + wrong) == 1.0, "precision"
    assert right / len(bad_ones) > 0.95, "recall"


@given(st.text(max_size=400))
def test_a_quote_stands_in_the_text_exactly_so(text: str) -> None:
    assert all(each.quote and each.quote in text for each in found(text))


@given(bad, st.lists(st.sampled_from(["\u200b", "\u00ad", "\u2060"]), min_size=1, max_size=1))
def test_what_is_not_seen_hides_nothing(text: str, hidden: list[str]) -> None:
    disguised = hidden[0].join(text)

    assert rules(disguised) == rules(text)
    assert all(each.quote and each.quote in disguised for each in found(disguised))


@given(st.sampled_from([text for _, text in BAD] + HONEST), st.sampled_from(FORMS))
def test_marks_and_capitals_make_no_difference(text: str, form: Form) -> None:
    plain = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    unmarked = plain.replace("đ", "d").replace("Đ", "D")

    for other in (text.upper(), text.lower(), unicodedata.normalize(form, text), unmarked):
        assert rules(other) == rules(text), other


@pytest.mark.parametrize(
    "text",
    ["p h í hồ sơ 200 ngàn", "P.H.Í hồ sơ 200k", "ph-í hồ sơ 200k", "phííí hồ sơ 200k", "đóngphí hồ sơ 200k",
     "đ ó n g p h í 200k", "thu ph1 hồ sơ", "nộp fí 100k", "đóng рhí 100k", "Đ͏óng p̲hí 50k", "ｐｈí hồ sơ 200k",
     "đóng ᴘʜí hồ sơ", "🅿🅷🅸 hồ sơ 300k", "🅟🅗🅘 hồ sơ", "🇵🇭🇮 hồ sơ", "đóngphí200k"],
)  # fmt: skip
def test_a_disguised_word_is_read(text: str) -> None:
    assert "recruitment_fee" in rules(text)
    assert all(each.quote and each.quote in text for each in found(text))


@given(bad, st.lists(honest, max_size=4), st.lists(honest, max_size=4))
def test_honest_words_around_it_change_nothing(text: str, before: list[str], after: list[str]) -> None:
    whole = "\n".join([*before, text, *after])

    assert {(each.rule, each.quote) for each in found(whole)} == {(each.rule, each.quote) for each in found(text)}


@given(st.lists(honest, max_size=6))
def test_honest_sentences_together_are_honest(texts: list[str]) -> None:
    assert found(". ".join(texts)) == []


@given(bad, bad)
def test_more_of_it_never_counts_for_less(one: str, other: str) -> None:
    assert score(f"{one}\n{other}") >= max(score(one), score(other))


@given(bad)
def test_the_same_text_is_judged_the_same(text: str) -> None:
    assert found(text) == found(text)


@pytest.mark.parametrize(
    ("text", "held"),
    [("Không thu phí", False), ("Không chỉ thu phí mà còn giữ bằng gốc", True), ("Nếu không đóng cọc thì thôi", True),
     ("Không phí hồ sơ, đặt cọc 500k", True), ("Không phí hồ sơ, không đặt cọc 500k", False),
     ("Không thu phí. Đặt cọc 300k", True), ("Không thu phí\nĐặt cọc 300k", True),
     ("Không lừa đảo, đóng cọc 500k", True), ("Cam kết không lừa đảo. Phí hồ sơ 100k", True)],
)  # fmt: skip
def test_a_denial_reaches_as_far_as_it_is_meant(text: str, held: bool) -> None:
    assert (score(text) >= HOLD) is held


def test_a_title_is_read_by_itself() -> None:
    both = read({"title": "Đặt cọc 200k", "description": "May áo"}, book(), DAY)

    assert [(each.rule, each.field, each.quote) for each in both] == [("deposit", "title", "Đặt cọc 200k")]


def test_a_long_text_is_read_in_one_go() -> None:
    text = "công nhân đóng gói phí " * 400 + "đặt cọc 500k"

    assert "deposit" in rules(text[-10_000:])
