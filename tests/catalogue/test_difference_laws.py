"""What holds of differences whatever the two procedures are."""

import msgspec
import pytest
from hypothesis import given, settings

from longan.floor.procedures.procedure_difference_words import told
from longan.floor.procedures.procedure_differences import FOLLOWING, applied, differences, parts
from longan.floor.procedures.procedures import Procedure
from tests.catalogue.procedures import procedures


@settings(deadline=None)
@given(procedures, procedures)
def test_what_is_applied_to_one_gives_the_other(before: Procedure, after: Procedure) -> None:
    assert applied(differences(before, after), before) == after


@settings(deadline=None)
@given(procedures)
def test_nothing_differs_from_itself(one: Procedure) -> None:
    assert differences(one, one) == []


@settings(deadline=None)
@given(procedures, procedures)
def test_the_way_back_is_as_long_and_names_the_same_parts(one: Procedure, other: Procedure) -> None:
    there, back = differences(one, other), differences(other, one)

    assert set(parts(there)) == set(parts(back))
    assert applied(back, applied(there, one)) == one
    assert bool(there) == (one != other)


@settings(deadline=None)
@given(procedures, procedures)
def test_no_element_is_told_twice_and_none_is_a_change_to_itself(before: Procedure, after: Procedure) -> None:
    found = differences(before, after)

    for side in ("before_at", "after_at"):
        places = [(each.part, getattr(each, side)) for each in found if getattr(each, side) is not None]
        assert len(places) == len(set(places))
    for each in found:
        assert (each.before == each.after) == (each.kind == "moved")
        assert (each.kind == "added") == (each.before is None and each.after_at is not None)
        assert (each.kind == "removed") == (each.after is None and each.before_at is not None)


@settings(deadline=None)
@given(procedures, procedures)
def test_every_difference_is_said_in_both_languages_on_one_line(before: Procedure, after: Procedure) -> None:
    for each in differences(before, after):
        for words in (told(each, "vi"), told(each, "en")):
            assert "\n" not in words.words and 0 < len(words.words) < 3_000


@settings(deadline=None, max_examples=50)
@given(procedures, procedures)
def test_differences_survive_the_way_through_json(before: Procedure, after: Procedure) -> None:
    again = [msgspec.json.decode(msgspec.json.encode(side), type=Procedure) for side in (before, after)]

    assert differences(*again) == differences(before, after)


def test_differences_of_another_version_are_refused(minimal: Procedure) -> None:
    renamed = msgspec.structs.replace(minimal, name="Khác", steps=["Một"])
    found = differences(minimal, renamed)

    with pytest.raises(ValueError, match="name"):
        applied(found, msgspec.structs.replace(minimal, name="Thứ ba"))


def test_what_only_follows_is_no_change_of_its_own(minimal: Procedure) -> None:
    later = msgspec.structs.replace(minimal, fee_max=9, captured_on=None, updated_on=None, documents_total=9)

    found = differences(minimal, later)

    assert {each.part for each in found} <= FOLLOWING and parts(found) == []


def test_a_paper_that_changed_its_copies_is_one_change_and_one_that_moved_none(minimal: Procedure) -> None:
    first, second = minimal.documents
    more = msgspec.structs.replace(first, copies=2)

    changed = differences(minimal, msgspec.structs.replace(minimal, documents=[more, second]))
    moved = differences(minimal, msgspec.structs.replace(minimal, documents=[second, first]))

    assert [(each.kind, each.before["copies"], each.after["copies"]) for each in changed] == [("changed", 0, 2)]
    assert [each.kind for each in moved] == ["moved"]
