"""A source that is slow, lies, forgets or vanishes: the last known state with its age, or 503."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.dossiers.dossier_tries import OF_ACCOUNT, OF_CODE
from longan.floor.dossiers.lgsp import Breaker, Lgsp, SourceDown
from longan.floor.dossiers.lgsp_answers import NotBelieved, moment
from longan.floor.dossiers.source_pace import SourcePace
from tests.conftest import Copies, TestClock, made_real
from tests.dossiers.conftest import CODE, FACTOR, Look, Platform, account, ago
from tests.jobs.hiring import SECOND_WORKER

AWAY = (
    "unavailable", "slow", "reset", "vanish", "garbled", "page", "huge", "packed", "elsewhere", "other_code",
    "wrong_types", "bad_moment", "new_status", "forgets", "system_error",
)  # fmt: skip


@pytest.mark.parametrize("mode", AWAY)
async def test_whatever_is_wrong_with_it_what_was_last_seen_is_shown_with_its_age(
    look: Look, platform: Platform, clock: TestClock, mode: str
) -> None:
    fresh = (await look()).json()
    clock.shift(timedelta(hours=2))
    await platform.says(mode)

    stale = await look()
    wrong, unknown = await look(factor="0000"), await look("H53.16-261102-9998")
    await platform.says("by_code")
    mended = (await look()).json()

    assert stale.status_code == 200, stale.text
    assert (stale.json()["stale"], stale.json()["as_of"]) == (True, fresh["as_of"])
    assert (wrong.status_code, unknown.status_code) == (503, 404 if mode in OF_A_DOSSIER else 503)
    assert "Retry-After" in wrong.headers
    assert mended["stale"] is False
    assert datetime.fromisoformat(mended["as_of"]) >= datetime.fromisoformat(fresh["as_of"]) + timedelta(hours=2)


KINDS = {
    "unavailable": "status 503", "slow": "no answer in time", "page": "not plain JSON", "packed": "not plain JSON",
    "huge": "the answer is too long", "elsewhere": "status 307", "other_code": "the answer is about something else",
    "garbled": "the answer has not the form that was agreed", "bad_moment": "a moment that is none",
    "wrong_types": "the answer has not the form that was agreed", "forgets": "it forgets the session",
    "new_status": "a status or a moment that nobody knows", "system_error": "it says that it cannot",
}  # fmt: skip


@pytest.mark.parametrize("mode", KINDS)
async def test_the_kind_of_failure_is_told_and_nothing_that_was_said(
    source: Lgsp, platform: Platform, mode: str
) -> None:
    await platform.says(mode)

    with pytest.raises(SourceDown) as down:
        await source.dossier(CODE)

    assert str(down.value) == KINDS[mode]


# Only of a dossier that is there can these be said.
OF_A_DOSSIER = {"other_code", "wrong_types", "bad_moment", "new_status"}


async def test_the_countdown_of_what_was_last_seen_goes_on(look: Look, platform: Platform, clock: TestClock) -> None:
    before = (await look()).json()["working_days_left"]
    await platform.says("unavailable")
    clock.shift(timedelta(days=7))

    assert (await look()).json()["working_days_left"] < before


async def test_tries_at_what_was_last_seen_are_counted_too(look: Look, platform: Platform) -> None:
    await look()
    await platform.says("unavailable")
    other = [(await look(factor=f"{number:04d}", who=SECOND_WORKER)).status_code for number in range(6)]

    assert other == [503] * 5 + [429]


async def test_a_try_that_nobody_could_judge_is_none(look: Look, platform: Platform, conn: asyncpg.Connection) -> None:
    await look(factor="0000")
    await platform.says("unavailable")

    assert [(await look()).status_code for _ in range(8)] == [503] * 8
    assert await conn.fetchval("select array_agg(failures) from dossiers.failures") == [1, 1]


async def test_a_platform_that_does_not_take_us_is_down(look: Look, platform: Platform) -> None:
    await platform.login_says("refused")

    assert (await look()).status_code == 503


async def test_a_session_that_is_over_is_renewed_by_one_for_all(
    platform: Platform, app: Edge, valkey: redis.asyncio.Redis
) -> None:
    source = Lgsp(account(platform), SourcePace(valkey, "test", 1_000, 100))
    await source.dossier(CODE)
    await platform.forget_sessions()
    await platform.login_says("slow")  # so that all find out while the first one signs in
    before = len(await platform.calls())

    found = await asyncio.gather(*(source.dossier(CODE) for _ in range(10)))

    assert all(each is not None and each.code == CODE for each in found)
    assert (await platform.calls())[before:].count("login") == 1
    await source.close()


async def test_a_session_that_ends_by_itself_is_renewed(source: Lgsp, platform: Platform, clock: TestClock) -> None:
    await source.dossier(CODE)
    clock.shift(timedelta(hours=1))

    assert await source.dossier(CODE) is not None
    assert (await platform.calls()).count("login") == 2


async def test_one_who_gives_up_does_not_take_the_session_from_the_others(source: Lgsp, platform: Platform) -> None:
    impatient = asyncio.create_task(source.dossier(CODE))
    patient = asyncio.create_task(source.dossier(CODE))
    await asyncio.sleep(0)
    impatient.cancel()

    assert await patient is not None
    assert (await platform.calls()).count("login") == 1


class Monotonic:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_one_that_keeps_failing_is_left_alone_and_then_tried_by_one(
    platform: Platform, app: Edge, valkey: redis.asyncio.Redis
) -> None:
    clock = Monotonic()
    source = Lgsp(account(platform), SourcePace(valkey, "test", 1_000, 100), breaker=Breaker(5, 30.0, clock))
    await platform.says("unavailable")
    for _ in range(5):
        with pytest.raises(SourceDown, match="status 503"):
            await source.dossier(CODE)
    asked = len(await platform.calls())

    with pytest.raises(SourceDown, match="left alone"):
        await source.dossier(CODE)
    assert len(await platform.calls()) == asked
    clock.now += 30
    first, *others = await asyncio.gather(*(source.dossier(CODE) for _ in range(4)), return_exceptions=True)
    assert str(first) == "status 503"
    assert {str(each) for each in others} == {"left alone for a while"}
    await platform.says("by_code")
    clock.now += 30
    assert await source.dossier(CODE) is not None
    assert await source.dossier(CODE) is not None
    await source.close()


async def test_a_platform_that_is_gone_is_away_and_no_error_of_ours(
    look: Look, platform: Platform, source: Lgsp
) -> None:
    await look()
    await platform.runner.cleanup()

    assert (await look()).json()["stale"] is True
    assert (await look("H53.16-261102-9998")).status_code == 503


async def test_where_no_platform_is_set_up_it_is_away(look: Look, app: Edge) -> None:
    app.app.state.dossier_source = None

    assert (await look()).status_code == 503


@pytest.mark.parametrize(("people", "tries", "free"), [(1, 20, OF_ACCOUNT.free), (40, 1, OF_CODE.free)])
async def test_of_many_wrong_tries_at_once_only_the_free_ones_are_asked(
    copies: Copies, settings: Any, clock: TestClock, platform: Platform, valkey: redis.asyncio.Redis, people: int,
    tries: int, free: int,
) -> None:  # fmt: skip
    async with made_real(copies, settings, clock) as real:
        source = Lgsp(account(platform), SourcePace(valkey, "race", 1_000, 100))
        real.app.app.state.dossier_source = source
        headers = [await real.bearer() for _ in range(people)] * tries

        async def asked(factor: str, who: dict[str, str]) -> httpx.Response:
            for _ in range(50):  # a busy machine may have no connection to give in time: who asks then is to ask again
                answer = await real.client.post(
                    "/v1/dossiers/lookup", json={"code": CODE, "second_factor": factor}, headers=who
                )
                if answer.status_code != 503:
                    break
            return answer

        answers = await asyncio.gather(*(asked(f"{n:04d}", each) for n, each in enumerate(headers)))
        right = await real.client.post(
            "/v1/dossiers/lookup", json={"code": CODE, "second_factor": FACTOR}, headers=headers[0]
        )
        await source.close()

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [404] * free + [429] * (people * tries - free)
    assert right.status_code == 429
    assert (await platform.calls()).count("TraCuuHoSo") == free


async def test_the_last_seen_of_two_at_once_is_readable(
    copies: Copies, settings: Any, clock: TestClock, platform: Platform, valkey: redis.asyncio.Redis
) -> None:
    async with made_real(copies, settings, clock) as real:
        source = Lgsp(account(platform), SourcePace(valkey, "race", 1_000, 100))
        real.app.app.state.dossier_source = source
        headers, body = await real.bearer(), {"code": CODE, "second_factor": FACTOR}
        both = await asyncio.gather(
            *(real.client.post("/v1/dossiers/lookup", json=body, headers=headers) for _ in range(4))
        )
        await platform.says("unavailable")
        stale = await real.client.post("/v1/dossiers/lookup", json=body, headers=headers)
        await source.close()

    assert [answer.status_code for answer in both] == [200] * 4
    assert stale.json()["stale"] is True


@pytest.mark.parametrize("text", ["20260230080000", "00010101000000", "99991231235959", "20261122250000"])
def test_a_moment_that_is_none_is_not_believed(text: str) -> None:
    with pytest.raises(NotBelieved):
        moment(text)


def test_moments_are_those_of_viet_nam() -> None:
    found = moment("20261122063000")
    assert found is not None
    assert found.isoformat() == "2026-11-21T23:30:00+00:00"
    assert moment("") is None
    assert moment(None) is None


async def test_a_promise_made_anew_after_the_supplement_holds(look: Look, platform: Platform, clock: TestClock) -> None:
    asked = {"NgayBoSung": ago(clock, 10), "NgayTiepNhanBoSung": ago(clock, 2), "NgayHenTraTruoc": ago(clock, 3),
             "NgayHenTraMoi": ago(clock, -20)}  # fmt: skip
    await platform.enter(NgayTiepNhan=ago(clock, 12), NgayHenTra=ago(clock, -20), DanhSachHoSoBoSung=[asked])

    found = (await look()).json()

    assert (found["clock"], found["late_by"]) == ("running", 0)
    assert datetime.fromisoformat(found["due_on"]).date() >= (clock() + timedelta(days=19)).date()
