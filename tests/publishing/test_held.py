"""Where the honesty guard holds a posting it waits for an official; its members see why, nobody else sees it."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.postings import postings
from tests.conftest import Bearer, Real, TestClock
from tests.jobs.hiring import (
    LABOUR_OFFICIAL,
    OWNER,
    WORKER,
    drafted,
    history,
    insisted,
    open_job,
    promised,
    published,
    stepped,
)

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


async def test_what_is_paused_keeps_the_minimum_wage_when_it_is_changed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    await stepped(client, bearer, posting, "pause")
    cheap = {"pay": {"min": 1_000}, "description": DISHONEST}

    answer = await client.patch(f"/v1/jobs/{posting}", json=cheap, headers=await bearer(OWNER) | {"If-Match": "*"})

    assert (answer.status_code, answer.json()["code"]) == (422, "below_minimum_wage")


async def test_what_an_official_took_down_does_not_come_out_when_it_is_closed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    for to in ("suspended", "closed"):
        await postings.move(conn, UUID(posting), to, "official", LABOUR_OFFICIAL, "Lừa đảo.", now)

    assert (await client.get(f"/v1/jobs/{posting}")).status_code == 404


async def test_whoever_follows_the_feed_hears_that_a_posting_is_gone_that_was_closed_in_review(real: Real) -> None:
    owner, posting = await real.bearer(OWNER), await open_job(real)
    since = (await real.client.get("/v1/jobs/feed", params={"limit": 100})).json()
    while since["more"]:
        since = (await real.client.get("/v1/jobs/feed", params={"limit": 100, "since": since["since"]})).json()
    held = await real.client.patch(
        f"/v1/jobs/{posting}", json={"description": DISHONEST}, headers=owner | {"If-Match": "*"}
    )
    assert held.json()["status"] == "in_review"
    assert (await insisted(real, f"/v1/jobs/{posting}/close", owner)).status_code == 200

    news = (await real.client.get("/v1/jobs/feed", params={"since": since["since"]})).json()["items"]

    assert [(each["id"], each["removed"]) for each in news] == [(str(posting), True)]


@pytest.mark.parametrize("then", ["held", "closed", "suspended"])
async def test_words_that_nobody_has_let_out_are_in_no_list_of_whoever_knew_the_posting(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, then: str
) -> None:
    posting, me = (await published(client, conn, bearer))["id"], await bearer(WORKER)
    await client.post(f"/v1/jobs/{posting}/applications", json={}, headers=me)
    await client.put(f"/v1/me/saved-jobs/{posting}", headers=me)
    await client.post("/v1/me/hidden-recommendations", json={"job_id": posting}, headers=await bearer(WORKER))
    link = (await client.post(f"/v1/jobs/{posting}/shares", headers=await bearer(WORKER))).json()["code"]
    await conn.execute(
        """insert into job_alerts.hits (account_id, posting_id, search_ids, way, found_at, due_at, told_at)
           values ($1, $2, '{}', 'alert', $3, $3, $3)""",
        WORKER, UUID(posting), clock(),
    )  # fmt: skip
    clock.shift(timedelta(minutes=1))
    title = "Đóng phí hồ sơ 500.000 đồng trước khi nhận việc"
    change = await client.patch(
        f"/v1/jobs/{posting}", json={"title": title}, headers=await bearer(OWNER) | {"If-Match": "*"}
    )
    assert change.json()["status"] == "in_review"
    if then == "closed":
        await stepped(client, bearer, posting, "close")
    elif then == "suspended":
        await postings.move(conn, UUID(posting), "suspended", "official", LABOUR_OFFICIAL, "Thu phí.", clock())

    lists = ("job-alerts", "saved-jobs", "hidden-recommendations", "applications", "recommended-jobs")
    seen = {path: await client.get(f"/v1/me/{path}", headers=me) for path in lists}
    seen |= {path: await client.get(path) for path in (f"/v1/shares/{link}", f"/v1/jobs/{posting}", "/v1/jobs")}

    assert [path for path, answer in seen.items() if title in answer.text] == []
    assert [seen[path].status_code for path in lists[:4]] == [200] * 4
    assert (seen[f"/v1/shares/{link}"].status_code, seen[f"/v1/jobs/{posting}"].status_code) == (404, 404)
