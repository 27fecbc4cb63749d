"""A cursor is good for the list, the filters and the caller it was made for, and nothing else (SECURITY I20, Z2)."""

import base64
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from longan.floor.setup.settings import Settings
from tests.conftest import Copies, made_real
from tests.faults.conftest import StillClock
from tests.faults.house import House, built
from tests.faults.walking import Answer, path_of, query

# Whose first one is the owner's.
NAMED = ("saved_search_id", "import_id", "housing_id", "housing_search_id")


@pytest.fixture(scope="module")
async def house(copies: Copies, settings: Settings) -> AsyncIterator[House]:
    """A house that nobody walked through: whoever sends anything to everything answers invitations too, and a list
    without rows has no cursor."""
    async with made_real(copies, settings, StillClock()) as real, built(real) as made:
        yield made


async def cursors_of(house: House) -> dict[str, tuple[str, dict[str, str], str]]:
    """A real cursor of every list: the operation, who it was for and what it was."""
    made = {}
    for operation in house.operations:
        if "cursor" not in operation.parameters:
            continue
        headers = house.headers(operation, house.worker if operation.name == "list_my_applications" else None)
        named: dict[str, object] = {"job_id": house.jobs[0], "employer_id": house.employer, "month": "2026-10"}
        named["code"] = "1.004194"
        named |= {name: house.ids[name][0] for name in ("campaign_id", "office_id", "procedure_import_id")}
        path = path_of(operation, named | {name: house.ids[name][0] for name in NAMED})
        page = await house.call("GET", path, query(limit=1), headers)
        assert page.json["next_cursor"], operation.name
        made[operation.name] = (path, headers, page.json["next_cursor"])
    return made


def is_bad_cursor(answer: Answer) -> bool:
    return answer.status == 400 and [error["pointer"] for error in answer.json["errors"]] == ["?cursor"]


async def test_a_cursor_is_good_for_its_own_list_and_caller_only(house: House) -> None:
    cursors = await cursors_of(house)
    assert len(cursors) >= 12
    for name, (path, headers, cursor) in cursors.items():
        assert (await house.call("GET", path, query(limit=1, cursor=cursor), headers)).status == 200
        for other, (_, _, foreign) in cursors.items():
            if other != name:
                assert is_bad_cursor(await house.call("GET", path, query(cursor=foreign), headers)), (name, other)
        for forged in (
            cursor[:-1],
            cursor[1:],
            cursor * 2,
            cursor[:20],
            "A" * 512,
            "=" * 10,
            "é",
            "\x00",
            "",
            " ",
            "-",
            "_" * 7,
        ):
            assert is_bad_cursor(await house.call("GET", path, query(cursor=forged), headers)), (name, forged)
        assert is_bad_cursor(await house.call("GET", path, query(cursor="A" * 5_000), headers))
    path, headers, cursor = cursors["list_jobs"]
    assert is_bad_cursor(await house.call("GET", path, query(cursor=cursor, q="may"), headers))
    for name in ("list_my_applications", "list_notifications"):
        path, _, cursor = cursors[name]
        for somebody_else in (house.stranger, house.worker if name == "list_notifications" else house.owner):
            headers = {"Authorization": somebody_else["Authorization"]}
            assert is_bad_cursor(await house.call("GET", path, query(cursor=cursor), headers)), name


@examples(max_examples=60, deadline=None)
@given(data=st.data())
async def test_a_cursor_with_one_bit_changed_is_refused(house: House, data: st.DataObject) -> None:
    cursors = await cursors_of(house)
    path, headers, cursor = cursors[data.draw(st.sampled_from(sorted(cursors)))]
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8

    forged = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    assert is_bad_cursor(await house.call("GET", path, query(cursor=forged), headers))
