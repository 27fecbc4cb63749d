"""A registry that is down, or lies, leaves the question waiting; it is seen to, and asked again later and later."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.setup.crypto import Sealed
from longan.rooms.registry import outside
from longan.rooms.registry.domain import FIRST_PAUSE, LONGEST_PAUSE, pause_after
from longan.rooms.registry.models import Kept
from longan.rooms.registry.outside import RegistryDown, believed
from longan.rooms.registry.tasks import FAILURES_TO_OPEN, check_registration
from tests.conftest import Bearer, TestClock
from tests.employers.conftest import Decide
from tests.jobs.hiring import WORKER
from tests.registry.conftest import CODE, NAME, Register, Registry, Work

FORM = "the answer has not the form that was agreed"
DOWN = {
    "unavailable": "status 503", "reset": "", "garbled": FORM, "page": "not plain JSON",
    "huge": "the answer is too long", "packed": "not plain JSON", "elsewhere": "status 307",
    "other_code": "the answer is about something else", "other_reference": "the answer is about something else",
    "wrong_types": FORM, "hidden_letters": FORM,
}  # fmt: skip


@pytest.mark.parametrize("mode", DOWN)
async def test_whatever_is_wrong_with_it_the_question_waits_and_is_answered_later(
    registry: Registry, work: Work, register: Register, seen: Any, clock: TestClock, mode: str
) -> None:
    await registry.says(mode, times=1)
    employer = await register()
    await work()

    waiting = await seen(employer)
    early = await work()
    clock.shift(timedelta(minutes=2))
    await work()
    answered = await seen(employer)

    assert (waiting["state"], waiting["tries"], waiting["result"]) == ("waiting", 1, None)
    assert waiting["last_failure"].endswith(DOWN[mode])
    assert waiting["tried_at"] < waiting["next_try_at"]
    assert early == 0
    assert (answered["state"], answered["result"], answered["next_try_at"]) == ("answered", "active", None)


async def test_a_registry_that_hangs_is_given_up(
    registry: Registry, work: Work, register: Register, seen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.1)
    await registry.says("slow")
    employer = await register()

    await work()

    assert (await seen(employer))["last_failure"] == "no answer in time"


async def test_its_owner_and_the_official_see_since_when_how_often_and_when_again(
    registry: Registry, work: Work, register: Register, seen: Any, clock: TestClock
) -> None:
    await registry.says("unavailable")
    employer = await register()
    pauses: list[float] = []
    for _ in range(3):
        await work()
        shown = await seen(employer, WORKER)
        assert shown == await seen(employer) | {"registered_name": None}
        pauses.append((moment(shown["next_try_at"]) - moment(shown["tried_at"])).total_seconds())
        clock.shift(moment(shown["next_try_at"]) - clock() + timedelta(seconds=1))

    assert shown["tries"] == 3
    assert moment(shown["opened_at"]) < moment(shown["tried_at"])
    assert pauses[0] < pauses[1] < pauses[2]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@given(tries=st.integers(1, 10_000), check=st.uuids())
def test_pauses_grow_from_a_minute_to_hours_and_never_end_the_asking(tries: int, check: UUID) -> None:
    pause = pause_after(tries, check)

    assert FIRST_PAUSE <= pause <= LONGEST_PAUSE * 1.5
    assert pause_after(tries + 1, check) >= pause
    assert pause_after(1, check) <= FIRST_PAUSE * 1.5


async def test_after_a_week_away_it_is_still_asked(
    registry: Registry, work: Work, register: Register, seen: Any, clock: TestClock
) -> None:
    await registry.says("unavailable")
    employer = await register()
    for _ in range(40):
        await work()
        clock.shift(timedelta(hours=10))
    await registry.says("by_code")
    await work()

    found = await seen(employer)
    assert (found["state"], found["tries"]) == ("answered", 40)


async def test_one_that_keeps_failing_is_left_alone_for_a_while(
    registry: Registry, work: Work, register: Register, seen: Any, clock: TestClock, conn: asyncpg.Connection
) -> None:
    await registry.says("unavailable")
    codes = ["0100112437", "0101248141", "0300588569", "0100109106", "0100684378", "0100100079"]
    employers = [await register(code) for code in codes]
    await work()

    asked = await registry.asked()
    spared = await seen(employers[-1])
    await registry.says("by_code")
    clock.shift(timedelta(minutes=3))
    await work()

    assert asked == FAILURES_TO_OPEN
    assert (spared["state"], spared["tries"], spared["last_failure"]) == ("waiting", 0, None)
    assert {(await seen(each))["state"] for each in employers} == {"answered"}
    assert await conn.fetchval("select failures from registry.breakers") == 0


async def test_an_official_need_not_wait_and_nobody_is_asked_about_what_is_decided(
    registry: Registry, work: Work, register: Register, seen: Any, decide: Decide, clock: TestClock
) -> None:
    await registry.says("unavailable")
    employer = await register()
    await work()
    decided = await decide(employer, "verification", decision="verified")
    clock.shift(timedelta(hours=1))
    await work()

    assert decided.status_code == 200
    assert (await seen(employer))["state"] == "not_asked"
    assert await registry.asked() == 1


async def test_without_a_registry_officials_decide_alone(
    context: Context, register: Register, seen: Any, conn: asyncpg.Connection
) -> None:
    none = dataclasses.replace(context, settings=msgspec.structs.replace(context.settings, tax_registry_url=""))
    employer = await register()
    check = await conn.fetchval("select id from registry.checks where employer_id = $1", employer)

    await check_registration(none, check_id=check)

    assert (await seen(employer))["state"] == "not_asked"


async def test_a_question_that_is_run_twice_is_asked_once(
    registry: Registry, context: Context, register: Register, conn: asyncpg.Connection
) -> None:
    employer = await register()
    check = await conn.fetchval("select id from registry.checks where employer_id = $1", employer)

    await check_registration(context, check_id=check)
    await check_registration(context, check_id=check)
    await check_registration(context, check_id=uuid4())

    assert await registry.asked() == 1


async def test_many_changes_of_a_name_are_one_question(
    registry: Registry, work: Work, register: Register, client: httpx.AsyncClient, bearer: Bearer,
    conn: asyncpg.Connection, decide: Decide,
) -> None:  # fmt: skip
    await registry.says("unavailable")
    employer = await register()
    await decide(employer, "verification", decision="rejected")
    for number in range(5):
        headers = {**await bearer(WORKER), "If-Match": "*"}
        await client.patch(f"/v1/employers/{employer}", json={"name": f"{NAME} {number}"}, headers=headers)

    assert await conn.fetchval("select count(*) from registry.checks where employer_id = $1", employer) == 1
    assert await work() == 1


async def test_what_was_sealed_for_one_question_opens_for_no_other(
    registry: Registry, work: Work, register: Register, app: Edge, conn: asyncpg.Connection
) -> None:
    await registry.enter(CODE, NAME)
    await register()
    await work()
    row = await conn.fetchrow("select id, sealed from registry.checks")
    numbers: Sealed = app.app.state.numbers

    assert msgspec.json.decode(numbers.open(row["sealed"], row["id"]), type=Kept).name == NAME
    with pytest.raises(InvalidTag):
        numbers.open(row["sealed"], uuid4())


@given(body=st.binary(max_size=200))
def test_no_bytes_are_believed_but_an_answer(body: bytes) -> None:
    with pytest.raises(RegistryDown):
        believed(body, UUID(int=1), CODE)


@given(
    result=st.sampled_from(["active", "paused", "ceased", "not_found"]) | st.text(max_size=12) | st.none(),
    name=st.text(max_size=600) | st.none() | st.integers(),
)
def test_what_is_believed_is_one_clean_line(result: object, name: object) -> None:
    body = msgspec.json.encode({"reference": str(UUID(int=1)), "tax_code": CODE, "result": result, "name": name})
    try:
        said = believed(body, UUID(int=1), CODE)
    except RegistryDown as down:
        assert str(name) not in str(down) or not str(name).strip() or len(str(name)) < 12
        return

    assert said.result == result
    assert said.name is None or (said.name == " ".join(said.name.split()) and 0 < len(said.name) <= 500)
