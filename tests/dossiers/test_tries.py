"""One stranger keeps no holder out, and however many there are they do not find a factor by trying."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from longan.floor.base.errors import RateLimited
from longan.floor.dossiers import dossier_tries
from longan.floor.dossiers.dossier_tries import KEPT, OF_ACCOUNT, OF_CODE
from tests.conftest import TestClock
from tests.dossiers.conftest import Look, Platform
from tests.jobs.hiring import ACCOUNTS, SECOND_WORKER, WORKER

STRANGER = SECOND_WORKER
CODE_INDEX = b"code"


def holder(account: object) -> bytes:
    return f"holder {account}".encode()


async def begun(conn: asyncpg.Connection, account: object, now: datetime) -> timedelta:
    """How long the account has to wait for its next try at the code; nothing where it has just begun one."""
    try:
        async with conn.transaction():
            await dossier_tries.begin(conn, holder(account), CODE_INDEX, now)
    except RateLimited as refused:
        return timedelta(seconds=int((refused.headers or {})["Retry-After"]))
    return timedelta()


async def test_a_stranger_who_fails_as_often_as_they_may_does_not_keep_a_first_time_holder_out(look: Look) -> None:
    for number in range(OF_ACCOUNT.free):
        assert (await look(factor=f"000{number}", who=STRANGER)).status_code == 404

    assert (await look(who=STRANGER)).status_code == 429
    assert (await look(who=WORKER)).status_code == 200


async def test_a_stranger_who_never_gives_up_does_not_reach_the_ceiling_of_the_code(
    conn: asyncpg.Connection, clock: TestClock
) -> None:
    """With every pause waited for to the second, for 30 days."""
    ends, tries = clock() + KEPT, 0
    while clock() < ends:
        wait = await begun(conn, STRANGER, clock())
        tries += wait == timedelta()
        clock.shift(wait)

    assert tries <= 20 < OF_CODE.free
    clock.shift(ends - clock())
    assert await begun(conn, WORKER, clock()) == timedelta()


async def test_many_accounts_together_begin_71_tries_in_30_days_and_one_a_day_after_that(
    conn: asyncpg.Connection, clock: TestClock
) -> None:
    """A new account for each try, and none waits for longer than it must."""
    tries, first = [], clock()
    while clock() < first + 2 * KEPT and len(tries) <= 200:
        wait = await begun(conn, uuid4(), clock())
        if wait == timedelta():
            tries.append(clock())
        clock.shift(wait)

    assert sum(each < first + KEPT for each in tries) <= 71
    assert sum(each >= first + KEPT for each in tries) <= KEPT.days + 1


async def test_who_is_refused_by_the_ceiling_has_used_up_no_try_of_their_own(
    look: Look, conn: asyncpg.Connection
) -> None:
    await look(factor="0000", who=STRANGER)
    await conn.execute(
        "update dossiers.failures set failures = $1, paused_until = failed_at + interval '1 hour' where failures = 1",
        OF_CODE.free,
    )
    counted = await conn.fetchval("select count(*) from dossiers.failures")

    assert (await look(who=WORKER)).status_code == 429
    assert await conn.fetchval("select count(*) from dossiers.failures") == counted


async def test_who_has_shown_the_receipt_once_is_kept_out_by_nobody(look: Look) -> None:
    assert (await look()).status_code == 200
    strangers = [UUID(str(each)) for each in ACCOUNTS.values() if each != WORKER][: OF_CODE.free // OF_ACCOUNT.free]
    for stranger in strangers:
        for number in range(OF_ACCOUNT.free):
            assert (await look(factor=f"000{number}", who=stranger)).status_code == 404

    newcomer = next(each for each in ACCOUNTS.values() if each != WORKER and each not in strangers)
    assert (await look(who=newcomer)).status_code == 429, "whoever has not shown it waits"
    assert (await look()).status_code == 200


async def test_showing_the_receipt_takes_back_ones_own_failures_and_no_others(
    look: Look, conn: asyncpg.Connection
) -> None:
    for who in (STRANGER, STRANGER, WORKER):
        assert (await look(factor="0000", who=who)).status_code == 404

    assert (await look(who=WORKER)).status_code == 200

    assert await conn.fetchval("select array_agg(failures) from dossiers.failures") == [2, 2]


@pytest.mark.parametrize("given", ["0000", "4321"])
async def test_what_nobody_could_judge_counts_neither_for_who_asks_nor_for_the_code(
    look: Look, platform: Platform, conn: asyncpg.Connection, given: str
) -> None:
    await platform.says("unavailable")

    assert (await look(factor=given)).status_code == 503

    assert await conn.fetchval("select count(*) from dossiers.failures") == 0
