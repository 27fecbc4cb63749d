"""A campaign from the first word to the last push, as officials see it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.rooms.campaigns import store
from tests.campaigns.conftest import OTHER_WARD, TEXT, WARD, Act, Official, Write, go_on, told, workers
from tests.conftest import Bearer

Approved = Callable[..., Awaitable[str]]
OPEN_STATES = ("draft", "proposed", "scheduled", "running", "paused")


async def test_whoever_is_told_finds_it_in_their_inbox_in_their_language(
    approved: Approved, conn: asyncpg.Connection, app: Edge, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    now = app.app.state.clock()
    [me] = await workers(conn, 1, now)
    campaign = await approved(en={"title": "Job fair", "body": "On Saturday"})

    await go_on(conn, UUID(campaign), app.app.state.clock())

    headers = await bearer(me)
    vi = (await client.get("/v1/me/notifications", headers=headers)).json()["items"][0]
    en = (await client.get("/v1/me/notifications", headers={**headers, "Accept-Language": "en"})).json()["items"][0]
    assert (vi["title"], vi["body"]) == (TEXT["title"], TEXT["body"])
    assert (en["title"], en["body"]) == ("Job fair", "On Saturday")
    assert vi["subject"] == {"kind": "campaign", "id": campaign}


async def test_without_english_everybody_reads_vietnamese(
    approved: Approved, conn: asyncpg.Connection, app: Edge, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    [me] = await workers(conn, 1, app.app.state.clock())
    campaign = await approved()

    await go_on(conn, UUID(campaign), app.app.state.clock())

    english = {**await bearer(me), "Accept-Language": "en"}
    assert (await client.get("/v1/me/notifications", headers=english)).json()["items"][0]["title"] == TEXT["title"]


async def test_a_campaign_that_was_told_is_done_and_says_how_many(
    approved: Approved, official: Official, conn: asyncpg.Connection, app: Edge, client: httpx.AsyncClient
) -> None:
    people = await workers(conn, 23, app.app.state.clock())
    campaign = await approved()

    await go_on(conn, UUID(campaign), app.app.state.clock())

    reader = await official([WARD])
    shown = (await client.get(f"/v1/campaigns/{campaign}", headers=reader)).json()
    assert (shown["state"], shown["counts"]["told"]) == ("done", len(await told(conn, UUID(campaign))))
    assert set(people) <= set(await told(conn, UUID(campaign)))
    steps = (await client.get(f"/v1/campaigns/{campaign}/history", headers=reader)).json()["items"]
    assert [step["action"] for step in steps] == ["done", "begun", "approved", "proposed", "drafted"]
    assert [step["account_id"] is None for step in steps] == [True, True, False, False, False]


async def test_recipients_are_listed_page_by_page_and_by_how_far_it_came(
    approved: Approved, official: Official, conn: asyncpg.Connection, app: Edge, client: httpx.AsyncClient
) -> None:
    people = await workers(conn, 7, app.app.state.clock())
    campaign = await approved()
    await go_on(conn, UUID(campaign), app.app.state.clock())
    await conn.execute("update campaigns.recipients set status = 'opened' where account_id = any($1)", people[:3])
    reader, path, found = await official(), f"/v1/campaigns/{campaign}/recipients", []

    cursor: dict[str, Any] = {}
    while cursor is not None:
        page = (await client.get(path, headers=reader, params={"limit": 2, **cursor})).json()
        found += [item["account_id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    opened = (await client.get(path, headers=reader, params={"status": "opened"})).json()["items"]

    assert sorted(map(UUID, found)) == sorted(await told(conn, UUID(campaign)))
    assert {item["account_id"] for item in opened} == set(map(str, people[:3]))


async def test_the_furthest_that_any_phone_of_theirs_came_is_what_counts(
    approved: Approved, conn: asyncpg.Connection, app: Edge, official: Official, client: httpx.AsyncClient
) -> None:
    now = app.app.state.clock()
    people = await workers(conn, 8, now)
    campaign = await approved()
    await go_on(conn, UUID(campaign), app.app.state.clock())
    # Phones of each, by state and receipts: nothing, waiting, accepted, delivered, opened, dead, obsolete, read.
    phones: list[list[tuple[str, bool, bool]]] = [
        [], [("queued", False, False), ("dead", False, False)], [("sent", False, False), ("queued", False, False)],
        [("sent", True, False), ("sent", False, False)], [("sent", True, True)], [("dead", False, False)],
        [("obsolete", False, False)], [("obsolete", False, False)],
    ]  # fmt: skip
    for person, states in zip(people, phones, strict=True):
        for state, delivered, opened in states:
            await conn.execute(
                """insert into push.outbox (notification_id, account_id, installation_id, state, not_before, expires_at,
                                            created_at, delivered_at, opened_at)
                   select i.id, $1, $2, $3, $4::timestamptz, $4, $4, case when $5 then $4 end,
                              case when $6 then $4 end
                     from notifications.inbox i where i.account_id = $1""",
                person, str(uuid4()), state, now, delivered, opened,
            )  # fmt: skip
    await conn.execute("update notifications.inbox set read_at = $2 where account_id = $1", people[-1], now)

    await store.tally(conn, UUID(campaign), now)  # type: ignore[arg-type]

    rows = dict(await conn.fetch("select account_id, status from campaigns.recipients"))
    assert [rows[person] for person in people] == [
        "inbox_only", "queued", "sent", "delivered", "opened", "failed", "obsolete", "opened"
    ]  # fmt: skip
    counts = (await client.get(f"/v1/campaigns/{campaign}", headers=await official())).json()["counts"]
    assert (counts["opened"], counts["obsolete"], counts["delivered"]) == (2, 1, 1)


async def test_a_campaign_begins_at_its_time_and_not_before(
    approved: Approved, conn: asyncpg.Connection, app: Edge
) -> None:
    now = app.app.state.clock()
    people = await workers(conn, 3, now)
    begins = now + timedelta(hours=1)
    campaign = UUID(await approved(starts_at=begins.isoformat()))
    due = await conn.fetchval("select max(execute_after) - now() from pgqueuer where entrypoint = 'campaign_goes_on'")

    await go_on(conn, campaign, now + timedelta(minutes=59))
    assert await told(conn, campaign) == []
    await go_on(conn, campaign, begins)

    assert set(people) <= set(await told(conn, campaign))
    assert timedelta(minutes=59) < due <= timedelta(hours=1)


async def test_a_paused_campaign_tells_nobody_until_it_is_resumed(
    approved: Approved, official: Official, act: Act, conn: asyncpg.Connection, app: Edge
) -> None:
    await workers(conn, 9, app.app.state.clock())
    campaign = await approved()
    me = await official()
    await go_on(conn, UUID(campaign), app.app.state.clock(), batch=0)
    assert (await act(me, campaign, "pause", reason="Chờ")).json()["state"] == "paused"

    await go_on(conn, UUID(campaign), app.app.state.clock())
    assert await told(conn, UUID(campaign)) == []

    assert (await act(me, campaign, "resume")).json()["state"] == "running"
    await go_on(conn, UUID(campaign), app.app.state.clock())
    assert len(await told(conn, UUID(campaign))) >= 9


@pytest.mark.parametrize("state", [*OPEN_STATES, "done"])
async def test_a_campaign_is_stopped_in_whatever_state_it_is(
    state: str, approved: Approved, official: Official, act: Act, conn: asyncpg.Connection, app: Edge
) -> None:
    await workers(conn, 3, app.app.state.clock())
    campaign = UUID(await approved())
    await conn.execute(
        "update campaigns.campaigns set state = $2, begun_at = $3, spread_from = $3, planned = 3 where id = $1",
        campaign, state, app.app.state.clock(),
    )  # fmt: skip

    for _ in range(2):
        assert (await act(await official(), str(campaign), "stop", reason="Sai")).json()["state"] == "stopped"
    await go_on(conn, campaign, app.app.state.clock())

    assert await told(conn, campaign) == []
    assert await conn.fetchval("select campaigns.stands($1)", campaign) is False


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ("draft", "pause"), ("draft", "resume"), ("draft", "decision"), ("proposed", "resume"), ("scheduled", "pause"),
        ("scheduled", "propose"), ("scheduled", "withdraw"), ("running", "withdraw"), ("running", "decision"),
        ("stopped", "resume"), ("stopped", "propose"), ("stopped", "pause"), ("done", "resume"), ("done", "decision"),
    ],
)  # fmt: skip
async def test_a_step_that_makes_no_sense_is_refused(
    state: str, what: str, approved: Approved, official: Official, act: Act, conn: asyncpg.Connection
) -> None:
    campaign = await approved()
    await conn.execute("update campaigns.campaigns set state = $2 where id = $1", UUID(campaign), state)
    body = {"decision": "approved", "version": 3} if what == "decision" else {}

    refused = await act(await official(), campaign, what, **body)

    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")


async def test_a_draft_changes_for_who_holds_its_version(
    official: Official, write: Write, client: httpx.AsyncClient
) -> None:
    me = await official()
    answer = await write(me, en={"title": "Job fair", "body": "On Saturday"})
    path = f"/v1/campaigns/{answer.json()['id']}"

    missing = await client.patch(path, headers=me, json={"spread_seconds": 60})
    changed = await client.patch(
        path, headers={**me, "If-Match": answer.headers["etag"]},
        json={"spread_seconds": 60, "audience": {"locale": "vi"}, "clear": ["en"]},
    )  # fmt: skip
    stale = await client.patch(path, headers={**me, "If-Match": answer.headers["etag"]}, json={"spread_seconds": 90})

    assert (missing.status_code, stale.status_code, changed.status_code) == (428, 412, 200)
    body = changed.json()
    assert (body["spread_seconds"], body["en"], body["version"]) == (60, None, 2)
    assert body["audience"] | {"ward_version": None} == {
        "ward_version": None, "ward_codes": None, "old_ward_codes": None, "role": None, "locale": "vi",
        "occupation_code": None,
    }  # fmt: skip
    assert changed.headers["etag"] == (await client.get(path, headers=me)).headers["etag"]


async def test_officials_see_and_touch_the_campaigns_of_their_wards_only(
    official: Official, administrator: Official, write: Write, act: Act, client: httpx.AsyncClient
) -> None:
    here, there, boss = await official([WARD]), await official([OTHER_WARD]), await administrator()
    made = (await write(here)).json()["id"]

    assert (await client.get(f"/v1/campaigns/{made}", headers=there)).status_code == 404
    for what in ("propose", "pause", "stop", "withdraw"):
        assert (await act(there, made, what)).status_code == 404
    for what in ("preview", "history", "recipients"):
        assert (await client.get(f"/v1/campaigns/{made}/{what}", headers=there)).status_code == 404
    for who, sees in ((here, True), (there, False), (boss, True)):
        items = (await client.get("/v1/campaigns", headers=who, params={"state": "draft"})).json()["items"]
        assert any(item["id"] == made for item in items) is sees


async def test_the_preview_shows_how_it_looks_and_never_a_small_number(
    official: Official, write: Write, client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge
) -> None:
    me = await official()
    made = (await write(me, audience={"ward_codes": [OTHER_WARD], "role": "worker"})).json()["id"]
    await conn.execute("delete from people.profiles where ward_code = $1", OTHER_WARD)
    await workers(conn, 9, app.app.state.clock(), OTHER_WARD)

    few = (await client.get(f"/v1/campaigns/{made}/preview", headers=me)).json()
    await workers(conn, 1, app.app.state.clock(), OTHER_WARD)
    ten = (await client.get(f"/v1/campaigns/{made}/preview", headers=me)).json()

    assert (few["people"], ten["people"]) == ("<10", "10")
    assert few["looks"][0] == {"locale": "vi", **TEXT, "push_title": TEXT["title"], "push_body": TEXT["body"]}
    assert few["conditions"] == []
