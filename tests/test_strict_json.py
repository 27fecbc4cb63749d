"""Laws of the way in."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.errors import InvalidBody, InvalidRequest
from longan.floor.formats.strict_json import MAX_DEPTH, is_clean, parse

CLEAN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Cn", "Mn", "Me", "Mc", "Zl", "Zp"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | CLEAN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(CLEAN, inner, max_size=4),
    max_leaves=20,
)


def in_nfc(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [in_nfc(item) for item in value]
    if isinstance(value, dict):
        return {name: in_nfc(item) for name, item in value.items()}
    return value


@given(VALUES)
def test_clean_json_comes_in_as_it_is_in_nfc(value: Any) -> None:
    assert parse(json.dumps(value).encode()) == in_nfc(value)
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == in_nfc(value)


@given(st.integers(1, 300))
def test_depth_is_bounded_and_brackets_in_text_do_not_count(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth

    if depth <= MAX_DEPTH:
        assert parse(nested) is not None
    else:
        with pytest.raises(InvalidBody):
            parse(nested)
    assert parse(json.dumps("[{" * depth + '"\\').encode()) == "[{" * depth + '"\\'


@pytest.mark.parametrize("text", ["👍🏽", "👨‍👩‍👧", "lương 8tr 💰", "Nguyễn Thị Ánh", "dòng 1\ndòng 2"])
def test_what_people_type_is_clean(text: str) -> None:
    assert is_clean(text)


@pytest.mark.parametrize(
    "text", ["a\u200db", "a\u202eb", "\ufeffa", "a\x07", "\ufffe", "a" + "\u0301" * 6, "\U000e0041"]
)
def test_what_nobody_can_see_is_not(text: str) -> None:
    assert not is_clean(text)
    with pytest.raises(InvalidRequest):
        parse(json.dumps(text).encode())
