"""Text that people write: something must be seen of it, and a line is one line."""

import msgspec
import pytest

from longan.floor.base.fields import Name, Note, Text, Title

SEEN = ["May", "  May  ", "Công nhân may", "123", "???", "ăn ở", "😀😀😀", "\u3000May", "MAY\u00a0MẶC"]
BLANK = ["   ", "\u00a0\u00a0\u00a0", "\u3000\u2003\u200a", "\u2800\u2800\u2800", "\ufe0f\ufe0f\ufe0f", " \u034f "]
LINES = ["May\nmặc", "May\n", "\nMay", "May\r", "May\tmặc", "May\t"]
ONE_LINE, MANY_LINES = [Name, Title], [Text, Note]


def is_taken(text: str, kind: object) -> bool:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("kind", ONE_LINE + MANY_LINES, ids=["name", "title", "text", "note"])
def test_what_is_seen_is_taken_and_what_is_blank_is_not(kind: object) -> None:
    assert [text for text in SEEN if not is_taken(text, kind)] == []
    assert [text for text in [*BLANK, " \n ", "\n\n\n", "\t\t\t"] if is_taken(text, kind)] == []


@pytest.mark.parametrize("text", LINES)
def test_a_name_and_a_title_are_one_line_and_a_text_may_have_many(text: str) -> None:
    assert [is_taken(text, kind) for kind in ONE_LINE] == [False, False]
    assert [is_taken(text, kind) for kind in MANY_LINES] == [True, True]
