"""What an import asked to publish: each by the rules of publish_job, the others stay drafts and say why."""

from uuid import UUID

import asyncpg
import httpx

from longan.floor.database.tasks import Context
from longan.rooms.publishing import tasks
from tests.conftest import Bearer
from tests.jobs.hiring import OWNER, UNVERIFIED_OWNER, drafted, employer_of, history, promised, published


async def test_each_is_published_by_itself_and_a_refusal_stands_in_the_history_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context
) -> None:
    good, low = await drafted(client, conn, bearer), await drafted(client, conn, bearer, pay={"min": 1})
    opened = await published(client, conn, bearer)
    foreign = await drafted(client, conn, bearer, UNVERIFIED_OWNER)
    given = [UUID(each["id"]) for each in (low, good, opened, foreign)]

    for _ in range(2):
        await tasks.publish_jobs(
            context, member_id=OWNER, employer_id=await employer_of(conn, OWNER), job_ids=given
        )  # fmt: skip

    statuses = await conn.fetch("select id, status from jobs.postings where id = any($1)", given)
    assert {row["id"]: row["status"] for row in statuses} == dict(
        zip(given, ("draft", "open", "open", "draft"), strict=True)
    )
    assert await history(conn, low["id"]) == [("system", "draft", "draft", "below_minimum_wage")]
    assert await history(conn, good["id"]) == [("employer", "draft", "open", None)]
    assert await history(conn, foreign["id"]) == []
    assert [payload for topic, payload in await promised(conn) if topic == "job_opened"] == [
        {"job_id": opened["id"]}, {"job_id": good["id"]},
    ]  # fmt: skip
