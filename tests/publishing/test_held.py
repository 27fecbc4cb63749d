"""Where the honesty guard holds a posting it waits for an official; its members see why, nobody else sees it."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan import postings
from tests.conftest import Bearer
from tests.jobs.hiring import LABOUR_OFFICIAL, OWNER, WORKER, drafted, history, promised, published, stepped

DISHONEST = "May áo thun. Đóng phí hồ sơ 500.000 đồng trước khi nhận việc."


async def rewritten(client: httpx.AsyncClient, bearer: Bearer, posting: str, description: str) -> httpx.Response:
    headers = await bearer(OWNER) | {"If-Match": "*"}
    return await client.patch(f"/v1/jobs/{posting}", json={"description": description}, headers=headers)


async def test_a_posting_that_asks_workers_for_money_waits_for_an_official(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer, description=DISHONEST)

    held = await stepped(client, bearer, draft["id"], "publish")
    again = await stepped(client, bearer, draft["id"], "publish")

    assert (held.status_code, held.json()["status"], held.json()["published_at"]) == (200, "in_review", None)
    assert held.json()["review"]["held"] is True
    assert held.json()["review"]["findings"][0]["quote"] in DISHONEST
    assert again.json() == held.json()
    assert (await client.get(f"/v1/jobs/{draft['id']}")).status_code == 404
    assert (await client.get(f"/v1/jobs/{draft['id']}", headers=await bearer(WORKER))).status_code == 404
    assert "job_opened" not in [topic for topic, _ in await promised(conn)]
    assert await history(conn, draft["id"]) == [("employer", "draft", "in_review", None)]


async def test_what_an_official_lets_out_is_open_and_everybody_hears_of_it_then(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    draft = await drafted(client, conn, bearer, description=DISHONEST)
    await stepped(client, bearer, draft["id"], "publish")

    await postings.move(conn, UUID(draft["id"]), "open", "official", LABOUR_OFFICIAL, "Đã xem.", now)

    shown = (await client.get(f"/v1/jobs/{draft['id']}")).json()
    assert (shown["status"], shown["review"]) == ("open", None)
    assert shown["published_at"] is not None
    assert [topic for topic, _ in await promised(conn)][-2:] == ["jobs_changed", "job_opened"]


@pytest.mark.parametrize("paused", [False, True])
async def test_words_that_are_put_in_later_take_a_posting_down_until_an_official_has_looked(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, *, paused: bool
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    if paused:
        await stepped(client, bearer, posting, "pause")

    changed = await rewritten(client, bearer, posting, DISHONEST)

    assert (changed.status_code, changed.json()["status"]) == (200, "in_review")
    assert (await client.get(f"/v1/jobs/{posting}")).status_code == 404
    assert [why for _, _, to, why in await history(conn, posting) if to == "in_review"] == ["guard"]


async def test_words_that_wait_for_an_official_do_not_come_out_by_closing_the_posting(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    await rewritten(client, bearer, posting, DISHONEST)

    closed = await stepped(client, bearer, posting, "close")
    back = await stepped(client, bearer, posting, "renew", expires_at=(now + timedelta(days=9)).isoformat())

    assert closed.json()["status"] == "closed"
    assert (await client.get(f"/v1/jobs/{posting}")).status_code == 404
    assert (back.status_code, back.json()["code"]) == (409, "illegal_transition")


async def test_taking_the_words_out_again_renews_the_findings_but_an_official_decides(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    posting = (await drafted(client, conn, bearer, description=DISHONEST))["id"]
    await stepped(client, bearer, posting, "publish")

    mended = await rewritten(client, bearer, posting, "May áo thun, có xe đưa rước.")

    assert (mended.status_code, mended.json()["status"]) == (200, "in_review")
    assert mended.json()["review"]["findings"] == []


async def test_a_posting_that_comes_back_is_read_again(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    await stepped(client, bearer, posting, "close")
    await conn.execute("update jobs.postings set description = $2 where id = $1", UUID(posting), DISHONEST)
    end = (now + timedelta(days=9)).isoformat()

    back = await stepped(client, bearer, posting, "renew", expires_at=end)
    again = await stepped(client, bearer, posting, "renew", expires_at=end)

    assert back.json()["status"] == "in_review"
    assert again.json() == back.json()


async def test_a_draft_is_not_judged_before_it_is_published(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer)

    changed = await rewritten(client, bearer, draft["id"], DISHONEST)

    assert (changed.json()["status"], changed.json()["review"]) == ("draft", None)
