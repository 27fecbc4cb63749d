"""Whatever a receiver does, a handover comes to an end or to an official, and it is never sent without end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from aiohttp import web

from longan.api.edge import Edge
from longan.devkit import stand_ins
from longan.devkit.open311 import errors
from longan.floor.database.tasks import Context
from longan.rooms.handover.domain import QUESTIONS, RETRIES
from tests.conftest import new_account
from tests.feedback.reporting import step
from tests.feedback_desk.conftest import Official, Sent
from tests.handover.conftest import Begin, There

Work = Callable[..., Awaitable[int]]
HALF_A_DAY = timedelta(hours=13)


async def standing(conn: asyncpg.Connection) -> tuple[str, str | None, bool]:
    """The state, the failure, and whether it goes on by itself."""
    row = await conn.fetchrow("select state, failure, next_at from handover.handovers")
    return row["state"], row["failure"], row["next_at"] is not None


async def decided(client: httpx.AsyncClient, who: dict[str, str], handover: UUID, **said: str) -> tuple[int, str]:
    answer = await client.post(f"/v1/handovers/{handover}/decision", json=said, headers=who)
    return answer.status_code, answer.json().get("code") or answer.json()["state"]


async def test_what_never_arrives_is_sent_so_often_and_no_more(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection
) -> None:
    await there.says("lost")
    await begin()
    for _ in range(4 * len(RETRIES)):
        await work(HALF_A_DAY)

    assert (await there.asked()).count("create") == len(RETRIES)
    assert await standing(conn) == ("unsure", "not_shown", False)


async def test_while_a_worker_goes_on_with_it_nobody_decides(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection, client: httpx.AsyncClient, official: Official,
    context: Context,
) -> None:  # fmt: skip
    await there.says("refused", 1)
    await begin()
    await work()
    handover, who = await conn.fetchval("select id from handover.handovers"), await official()
    await conn.execute("update handover.handovers set leased_until = $1", context.clock() + timedelta(minutes=1))

    meanwhile = await decided(client, who, handover, decision="send_again")
    promised = await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'hand_over_report'")
    await conn.execute("update handover.handovers set leased_until = $1", context.clock())
    afterwards = await decided(client, who, handover, decision="send_again")

    assert meanwhile == (409, "illegal_transition")
    assert promised == 0
    assert afterwards == (200, "waiting")


async def test_ones_own_report_is_handed_over_and_decided_on_by_somebody_else(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection, client: httpx.AsyncClient, app: Edge,
    official: Official, sent: Sent,
) -> None:  # fmt: skip
    await there.says("refused", 1)
    other = await begin()
    await work()
    handover = await conn.fetchval("select id from handover.handovers")
    me = await new_account(conn, app, role="official")
    mine, who = await sent(me, category_code="ha_tang"), await official(account=me)
    await step(conn, str(mine), "da_tiep_nhan")

    handed = [
        await client.post(
            f"/v1/feedback/{mine}/handovers", json={"receiver": receiver},
            headers=who | {"Idempotency-Key": str(uuid4())},
        )
        for receiver in ("long_an_so", "nobody")
    ]  # fmt: skip
    await conn.execute("update feedback.reports set account_id = $2 where id = $1", other, me)
    own = await decided(client, who, handover, decision="give_up")
    by_another = await decided(client, await official(), handover, decision="give_up")

    assert [(each.status_code, each.json()["code"]) for each in handed] == [(404, "not_found")] * 2
    assert own == (404, "not_found")
    assert by_another == (200, "given_up")
    assert await conn.fetchval("select count(*) from handover.handovers") == 1


@pytest.fixture
async def without_a_list() -> AsyncIterator[tuple[str, list[str]]]:
    """An endpoint that takes reports, never says so, and does not know the way to its own list; what it was asked."""
    asked: list[str] = []

    async def create(request: web.Request) -> web.Response:
        asked.append("create")
        await request.post()
        return web.Response(status=500, text="?")

    async def listed(request: web.Request) -> web.Response:
        asked.append("list")
        return errors(request.match_info["form"], 404, "not found")

    app = web.Application()
    app.router.add_post("/requests.{form}", create)
    app.router.add_get("/requests.{form}", listed)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    yield stand_ins.address(runner), asked
    await runner.cleanup()


async def test_where_a_receiver_knows_of_no_list_it_is_asked_so_often_and_then_an_official(
    registered: dict[str, Any], request: pytest.FixtureRequest, there: There, conn: asyncpg.Connection,
    client: httpx.AsyncClient, without_a_list: tuple[str, list[str]],
) -> None:  # fmt: skip
    registered["url"], asked = without_a_list
    begin, work = request.getfixturevalue("begin"), request.getfixturevalue("work")
    await begin()
    for _ in range(2 * len(QUESTIONS)):
        await work(HALF_A_DAY)

    assert asked == ["create"] + ["list"] * len(QUESTIONS)
    assert await standing(conn) == ("unsure", "not_shown", False)


async def test_a_token_that_never_becomes_an_id_waits_for_an_official_in_the_end(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection, client: httpx.AsyncClient, official: Official
) -> None:
    await there.says("token", 1)
    await begin()
    await work()
    await work(timedelta(days=6))
    patient = await standing(conn)

    await work(timedelta(days=2))
    asked = len(await there.asked())
    await work(timedelta(days=2))

    assert patient == ("token", "no_id_yet", True)
    assert await standing(conn) == ("token", "no_id_yet", False)
    assert len(await there.asked()) == asked
    handover = await conn.fetchval("select id from handover.handovers")
    said = {"decision": "found", "foreign_id": (await there.held())[0]["id"]}
    assert await decided(client, await official(), handover, **said) == (200, "handed")


async def test_a_report_of_a_category_that_is_none_any_more_keeps_no_other_back(
    registered: dict[str, Any], request: pytest.FixtureRequest, there: There, conn: asyncpg.Connection, sent: Sent
) -> None:
    for service in registered["services"].values():
        service["automatic"] = True
    work = request.getfixturevalue("work")
    gone, good = await sent(category_code="ha_tang"), await sent(category_code="moi_truong")
    for each in (gone, good):
        await step(conn, str(each), "da_tiep_nhan")
    await conn.execute("delete from reference.feedback_categories where code = 'ha_tang'")

    for _ in range(2):
        await work()

    held = await conn.fetch("select report_id, state from handover.handovers")
    assert [(row["report_id"], row["state"]) for row in held] == [(good, "handed")]
    assert await conn.fetchval("select status from feedback.reports where id = $1", gone) == "da_tiep_nhan"
