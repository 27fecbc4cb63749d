"""Two reports of one thing become one: whoever sent or supports either hears of the one that goes on, each once."""

from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context, gathered
from longan.rooms.feedback_desk.tasks import TASKS
from tests.conftest import Bearer, new_account
from tests.feedback_desk.conftest import Official, Sent, acted, brought, parts, seen
from tests.jobs.hiring import BEN_LUC, LONG_AN

SUPPORT = "insert into feedback.supporters (report_id, account_id, created_at) values ($1, $2, $3)"
DECLARED = gathered({"feedback_desk": TASKS})


async def supporters(conn: asyncpg.Connection, report: UUID) -> tuple[set[UUID], int]:
    """Who they are, and how many the report says there are."""
    rows = await conn.fetch("select account_id from feedback.supporters where report_id = $1", report)
    said = await conn.fetchval("select supporters from feedback.reports where id = $1", report)
    return {row["account_id"] for row in rows}, said


async def test_everybody_supports_the_main_one_once_and_never_its_own_sender(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent
) -> None:
    now, who = app.app.state.clock(), await official()
    one, other, both, main_sender, sender = [await new_account(conn, app) for _ in range(5)]
    main, report = await sent(main_sender), await sent(sender)
    for where, account in ((main, one), (main, both), (report, other), (report, both), (report, main_sender)):
        await conn.execute(SUPPORT, where, account, now)

    merged = await acted(client, who, report, "merge", into=str(main), into_version=1)

    assert merged.json()["merged_into"] == str(main)
    assert await supporters(conn, main) == ({one, both, other, sender}, 4)
    assert await supporters(conn, report) == (set(), 0)
    assert [each["id"] for each in (await seen(client, who, main))["merged"]] == [str(report)]
    for each, there in ((main, report), (report, main)):
        acts = (await seen(client, who, each))["acts"]
        assert [(act["action"], act["report_id"]) for act in acts] == [("merged", str(there))]


async def test_what_was_merged_before_follows_too_and_there_are_no_chains(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent
) -> None:
    who = await official()
    first, second, third = await sent(), await sent(), await sent()
    await brought(client, who, first, ("merge", {"into": str(second), "into_version": 1}))

    await brought(client, who, second, ("merge", {"into": str(third), "into_version": 1}))

    rows = await conn.fetch("select merged_into from feedback.reports where id = any($1)", [first, second])
    assert {row["merged_into"] for row in rows} == {third}
    people, said = await supporters(conn, third)
    assert (len(people), said) == (2, 2)


async def test_a_merged_report_takes_no_step_of_its_own(
    client: httpx.AsyncClient, official: Official, sent: Sent
) -> None:
    who, report, main, another = await official(), await sent(), await sent(), await sent()
    await brought(client, who, report, ("merge", {"into": str(main), "into_version": 1}))

    for act, said in (("acceptance", {}), ("urgency", {"is_urgent": True}), ("publication", {}), ("hiding", {}),
                      ("merge", {"into": str(another), "into_version": 1})):  # fmt: skip
        answer = await acted(client, who, report, act, **said)
        assert parts(answer) == (409, "report_merged"), act
        assert answer.json()["into"] == str(main)


async def test_it_is_merged_into_a_report_of_the_officials_wards_that_goes_on(
    client: httpx.AsyncClient, official: Official, sent: Sent
) -> None:
    who, report = await official([LONG_AN]), await sent()
    elsewhere, ended, merged, main = await sent(ward_code=BEN_LUC), await sent(), await sent(), await sent()
    await brought(client, who, ended, ("refusal", {"words": "x", "reason_code": "other"}))
    await brought(client, who, merged, ("merge", {"into": str(main), "into_version": 1}))

    for into in (elsewhere, ended, merged, report, uuid4()):
        answer = await acted(client, who, report, "merge", into=str(into), into_version=1)
        assert parts(answer) == (422, "feedback_not_mergeable")
    assert parts(await acted(client, who, report, "merge", into=str(main), into_version=9)) == (412, "stale")
    assert parts(await acted(client, who, ended, "merge", into=str(main), into_version=1)) == (409, "feedback_ended")
    assert (await acted(client, who, elsewhere, "merge", version=1, into=str(main), into_version=1)).status_code == 404


async def test_nobody_merges_anything_into_their_own_report_nor_their_own_into_another(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent
) -> None:
    me = await new_account(conn, app, role="official")
    who, mine, other = await official(account=me), await sent(me), await sent()

    for report, into in ((other, mine), (mine, other)):
        answer = await acted(client, who, report, "merge", version=1, into=str(into), into_version=1)
        assert parts(answer) == (403, "own_report")
    assert await conn.fetchval("select count(*) from feedback.reports where merged_into is not null") == 0


async def test_its_sender_hears_that_it_was_merged_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent, bearer: Bearer,
    context: Context,
) -> None:  # fmt: skip
    sender, who, main = await new_account(conn, app), await official(), await sent()
    report = await sent(sender)
    await brought(client, who, report, ("merge", {"into": str(main), "into_version": 1}))
    payload = await conn.fetchval("select payload from pgqueuer where entrypoint = 'feedback_merged'")

    for _ in range(2):
        await DECLARED["feedback_merged"].run(context, payload)

    told = await conn.fetch("select topic, subject_id from notifications.inbox where account_id = $1", sender)
    assert [(row["topic"], row["subject_id"]) for row in told] == [("feedback_merged", report)]


@pytest.mark.parametrize("missing", ["version", "into", "into_version"])
async def test_a_merge_names_both_versions(
    client: httpx.AsyncClient, official: Official, sent: Sent, missing: str
) -> None:
    report, main = await sent(), await sent()
    body = {"version": 1, "into": str(main), "into_version": 1}
    del body[missing]

    answer = await client.post(f"/v1/feedback-queue/{report}/merge", json=body, headers=await official())

    assert answer.status_code == 400
