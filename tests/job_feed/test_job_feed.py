"""The feed of open postings, and one of them as JSON-LD."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.rooms.job_feed import store
from tests.conftest import Bearer, Real, TestClock
from tests.jobs.hiring import OWNER, WORKER, drafted, published

MINE = "select id from jobs.postings where status = 'open' order by id limit 3"


async def followed(client: httpx.AsyncClient, since: str | None, limit: int = 100) -> tuple[list[dict[str, Any]], str]:
    """All there is after `since`, page by page."""
    items: list[dict[str, Any]] = []
    while True:
        query: dict[str, Any] = {"limit": limit} | ({"since": since} if since else {})
        answer = await client.get("/v1/jobs/feed", params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items, since = items + page["items"], page["since"]
        if not page["more"]:
            return items, since


async def test_a_reader_that_begins_is_given_what_is_open_and_once(real: Real) -> None:
    items, _ = await followed(real.client, None)

    still = await real.pool.fetch("select id from jobs.postings where status = 'open' and expires_at > now()")
    shown = [item["id"] for item in items if not item["removed"]]
    assert sorted(shown) == sorted(str(row["id"]) for row in still)
    assert all(item["posting"]["@type"] == "JobPosting" for item in items if not item["removed"])


@pytest.mark.parametrize("status", ["closed", "expired", "paused", "suspended", "in_review", "draft"])
async def test_what_is_open_no_more_is_removed_and_what_opens_comes(real: Real, status: str) -> None:
    _, since = await followed(real.client, None)
    gone, changed, back = [row["id"] for row in await real.pool.fetch(MINE)]
    await real.pool.execute("update jobs.postings set status = $2 where id = any($1)", [gone, back], status)
    await real.pool.execute("update jobs.postings set title = 'Thợ hàn' where id = $1", changed)
    await real.pool.execute("update jobs.postings set status = 'open' where id = $1", back)

    items, later = await followed(real.client, since)

    told = {item["id"]: (item["removed"], item["posting"] and item["posting"]["title"]) for item in items}
    assert told.keys() == {str(gone), str(changed), str(back)}
    assert told[str(gone)] == (True, None) and told[str(changed)] == (False, "Thợ hàn") and not told[str(back)][0]
    assert await followed(real.client, later) == ([], later)


async def test_a_draft_that_was_never_public_is_not_spoken_of(real: Real) -> None:
    _, since = await followed(real.client, None)
    await real.pool.execute(
        """update jobs.postings set status = 'draft', published_at = null where id = (
           select id from jobs.postings where status = 'open' limit 1)"""
    )

    assert (await followed(real.client, since))[0] == []


async def test_what_commits_late_is_not_stepped_over(real: Real) -> None:
    _, since = await followed(real.client, None)
    early, late, _ = [row["id"] for row in await real.pool.fetch(MINE)]
    async with real.pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute("update jobs.postings set title = 'Muộn một' where id = $1", late)
        await real.pool.execute("update jobs.postings set title = 'Sớm một' where id = $1", early)

        first, since = await followed(real.client, since)
        await transaction.commit()
    second, _ = await followed(real.client, since)

    assert {item["posting"]["title"] for item in first + second} == {"Muộn một", "Sớm một"}


async def test_nothing_new_is_the_same_answer_under_the_same_tag(real: Real) -> None:
    _, since = await followed(real.client, None)
    first = await real.client.get("/v1/jobs/feed", params={"since": since})

    again = await real.client.get(
        "/v1/jobs/feed", params={"since": since}, headers={"If-None-Match": first.headers["etag"]}
    )

    assert (first.json()["items"], again.status_code) == ([], 304)


async def test_the_token_of_another_database_is_gone_and_a_forged_one_refused(real: Real) -> None:
    _, since = await followed(real.client, None)
    await real.pool.execute(
        """create or replace function job_exchange.epoch() returns text language sql stable return 'restored'"""
    )

    restored = await real.client.get("/v1/jobs/feed", params={"since": since})
    forged = await real.client.get("/v1/jobs/feed", params={"since": ("B" if since[0] == "A" else "A") + since[1:]})

    assert (restored.status_code, restored.json()["code"]) == (410, "feed_restarted")
    assert (forged.status_code, forged.json()["errors"][0]["code"]) == (400, "bad_cursor")


async def test_after_a_restore_postings_bear_numbers_of_this_cluster_again(real: Real) -> None:
    posting = await real.pool.fetchval("select id from jobs.postings where status = 'open' limit 1")
    async with real.pool.acquire() as tx:
        await tx.execute("alter table jobs.postings disable trigger postings_bear_their_transaction")
        await tx.execute("update jobs.postings set changed_in = '9000000000'::xid8 where id = $1", posting)
        await tx.execute("alter table jobs.postings enable trigger postings_bear_their_transaction")
        hidden, _ = await followed(real.client, None)

        repaired, again = await store.repair(tx, 100), await store.repair(tx, 100)

    items, _ = await followed(real.client, None)
    assert (repaired, again) == (1, 0)
    assert (str(posting) in {item["id"] for item in hidden}, str(posting) in {item["id"] for item in items}) == (
        False,
        True,
    )


async def test_every_write_of_a_posting_bears_its_transaction(conn: asyncpg.Connection) -> None:
    own = await conn.fetchval("select pg_current_xact_id()::text")
    posting = await conn.fetchval("select id from jobs.postings limit 1")

    await conn.execute("update jobs.postings set filled = filled, changed_in = '3'::xid8 where id = $1", posting)

    assert await conn.fetchval("select changed_in::text from jobs.postings where id = $1", posting) == own


async def test_the_index_leads_to_what_changed(conn: asyncpg.Connection) -> None:
    await conn.execute("set local plan_cache_mode = force_generic_plan")
    for name, statement in (("open", store.OPEN), ("changed", store.CHANGED)):
        await conn.execute(f"prepare feed_{name} as {statement}")
        nothing = "'00000000-0000-0000-0000-000000000000'"

        plan = await conn.fetch(f"explain execute feed_{name}('3', {nothing}, '900', now(), 101)")

        text = "\n".join(row[0] for row in plan)
        assert "Seq Scan on postings" not in text and "Sort" not in text and "_changes" in text, text


async def test_an_open_job_is_shown_as_search_engines_want_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    job = await published(client, conn, bearer, title="Thợ <may>", description="dòng 1\ndòng & 2")

    answer = await client.get(f"/v1/jobs/{job['id']}/json-ld", headers={"Accept": "application/ld+json"})
    held = await client.get(f"/v1/jobs/{job['id']}/json-ld", headers={"If-None-Match": answer.headers["etag"]})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json")
    said = json.loads(answer.content)
    needed = {"title", "description", "datePosted", "hiringOrganization", "jobLocation", "baseSalary", "identifier"}
    assert needed <= said.keys() and said["@context"] == "https://schema.org" and b"<" not in answer.content
    assert said["description"] == "dòng 1<br>dòng &amp; 2"
    assert said["jobLocation"]["address"]["addressCountry"] == "VN"
    assert held.status_code == 304
    assert (await client.get(f"/v1/jobs/{job['id']}/json-ld", headers={"Accept": "text/html"})).status_code == 406


async def test_a_job_that_is_not_open_is_shown_to_its_employer_only(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    job = await drafted(client, conn, bearer)
    path = f"/v1/jobs/{job['id']}/json-ld"

    answers = [await client.get(path, headers=headers) for headers in ({}, await bearer(WORKER), await bearer(OWNER))]

    assert [answer.status_code for answer in answers] == [404, 404, 200]
    assert UUID(answers[2].json()["identifier"]["value"]) == UUID(job["id"])
