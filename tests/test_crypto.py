"""What is sealed opens in its place, with its key, and nowhere else."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from longan.floor.setup import keys
from longan.floor.setup.crypto import PersonKey, PersonKeys, Sealed

# A machine that is busy with other tests is slow now and then.
unhurried = settings(deadline=None)

COLUMNS = ("number", "full_name", "birth_date", "sex", "address")
SECOND = "fedcba9876543210" * 4

places = st.tuples(st.sampled_from(("assurance.cases", "federation.claims")), st.sampled_from(COLUMNS), st.uuids())
KEY = PersonKey(bytes(range(32)), 1)


@pytest.fixture
def ring(tmp_path: Path) -> keys.Keys:
    keys.ensure(tmp_path)
    return keys.load(tmp_path)


@unhurried
@given(places, st.text(max_size=300))
def test_what_is_sealed_opens_in_its_place(place: tuple[str, str, UUID], value: str) -> None:
    table, column, row = place

    assert KEY.open(KEY.seal(value, f"{table}.{column}", row), f"{table}.{column}", row) == value


@unhurried
@given(places, places, st.text(max_size=50))
def test_what_is_moved_to_another_row_column_or_table_does_not_open(
    place: tuple[str, str, UUID], other: tuple[str, str, UUID], value: str
) -> None:
    assume(place != other)
    sealed = KEY.seal(value, f"{place[0]}.{place[1]}", place[2])

    with pytest.raises(InvalidTag):
        KEY.open(sealed, f"{other[0]}.{other[1]}", other[2])


@pytest.mark.parametrize("part", ["table", "column", "row"])
def test_each_part_of_the_place_counts_by_itself(part: str) -> None:
    here = {"table": "assurance.cases", "column": "number", "row": uuid4()}
    there: dict[str, Any] = here | {
        part: {"table": "assurance.looks", "column": "sex", "row": uuid4()}[part],
    }
    sealed = KEY.seal("080090012345", f"{here['table']}.{here['column']}", here["row"])  # type: ignore[arg-type]

    with pytest.raises(InvalidTag):
        KEY.open(sealed, f"{there['table']}.{there['column']}", there["row"])


@unhurried
@given(st.integers(0, 59), st.integers(1, 255))
def test_one_changed_bit_is_noticed(place: int, change: int) -> None:
    row = UUID(int=1)
    sealed = bytearray(KEY.seal("x" * 32, "assurance.cases.number", row))
    sealed[place] ^= change

    with pytest.raises(InvalidTag):
        KEY.open(bytes(sealed), "assurance.cases.number", row)


@unhurried
@given(st.binary(max_size=40))
def test_what_was_never_sealed_does_not_open(noise: bytes) -> None:
    with pytest.raises(InvalidTag):
        KEY.open(noise, "assurance.cases.number", UUID(int=1))


def test_another_persons_key_and_another_version_open_nothing() -> None:
    row = uuid4()
    sealed = KEY.seal("080090012345", "assurance.cases.number", row)

    for other in (PersonKey(bytes(32), 1), PersonKey(bytes(range(32)), 2)):
        with pytest.raises(InvalidTag):
            other.open(sealed, "assurance.cases.number", row)


def test_the_same_value_sealed_twice_is_never_the_same() -> None:
    row = uuid4()

    assert len({KEY.seal("080090012345", "assurance.cases.number", row) for _ in range(100)}) == 100


def test_a_data_key_is_bound_to_its_account_and_version(ring: keys.Keys) -> None:
    persons, account = PersonKeys(ring), uuid4()
    wrapped = persons.make(account)

    with pytest.raises(InvalidTag):
        persons.open(wrapped, uuid4())
    with pytest.raises(InvalidTag):
        persons.open(msgspec.structs.replace(wrapped, version=2), account)


def test_data_keys_are_random_and_do_not_show_themselves(ring: keys.Keys) -> None:
    persons, account, row = PersonKeys(ring), uuid4(), uuid4()
    first, second = (persons.open(persons.make(account), account) for _ in range(2))

    with pytest.raises(InvalidTag):
        second.open(first.seal("x", "assurance.cases.number", row), "assurance.cases.number", row)
    assert repr(first) == "PersonKey(…)"


def test_a_rewrapped_key_opens_what_it_sealed_and_the_old_wrapping_key_may_go(tmp_path: Path) -> None:
    keys.ensure(tmp_path)
    account, row = uuid4(), uuid4()
    before = PersonKeys(keys.load(tmp_path))
    old = before.make(account)
    sealed = before.open(old, account).seal("080090012345", "assurance.cases.number", row)
    (tmp_path / "person-wrap.2.key").write_text(SECOND)

    both = PersonKeys(keys.load(tmp_path))
    new = both.rewrap(old, account)

    assert (old.wrap_key, new.wrap_key, both.newest) == ("1", "2", "2")
    assert {both.open(each, account).open(sealed, "assurance.cases.number", row) for each in (old, new)} == {
        "080090012345"
    }
    (tmp_path / "person-wrap.1.key").unlink()
    after = PersonKeys(keys.load(tmp_path))
    assert after.open(new, account).open(sealed, "assurance.cases.number", row) == "080090012345"
    with pytest.raises(KeyError):
        after.open(old, account)


def test_the_index_is_keyed_and_not_that_of_any_other_purpose(tmp_path: Path) -> None:
    """Unkeyed it would be read back in seconds: there are a million numbers for a province, a sex and a year."""
    rings = []
    for name in ("one", "other"):
        keys.ensure(tmp_path / name)
        rings.append(keys.load(tmp_path / name))
    number = "080090012345"

    indexes = [PersonKeys(ring).index(number) for ring in rings]

    assert len(indexes[0]) == 32
    assert PersonKeys(rings[0]).index(number) == indexes[0]
    assert len({*indexes, Sealed(rings[0], "number").index(number), Sealed(rings[0], "phone").index(number)}) == 4


def test_a_key_that_came_later_opens_without_a_restart(tmp_path: Path) -> None:
    keys.ensure(tmp_path)
    running, row = keys.load(tmp_path), uuid4()
    phones = Sealed(running, "phone")
    (tmp_path / "phone-cipher.2.key").write_text(SECOND)
    sealed = Sealed(keys.load(tmp_path), "phone").seal("+84901234567", row)

    with pytest.raises(KeyError):
        phones.open(sealed, row)
    found = running.look()
    assert found is not None
    running.take(found)

    assert phones.open(sealed, row) == "+84901234567"
    assert phones.seal("+84901234567", row).startswith(phones.begins)
