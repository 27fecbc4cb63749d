"""What officials take down stays down, wherever its employer has brought it or a copy of it."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from longan.floor.database.tasks import Context
from longan.floor.postings import employer_postings
from tests.conftest import Bearer
from tests.job_reports.test_reporting import Client, confirmed, decide, report
from tests.jobs.hiring import OWNER, WORKER, drafted, published, stepped
from tests.moderation.conftest import Official, context, official
from tests.moderation.test_appeals import appeal, decisions
from tests.moderation.test_deciding import decide as decide_case

__all__ = ["context", "official"]


@pytest.fixture
async def job(client: Client, conn: asyncpg.Connection, bearer: Bearer) -> AsyncIterator[str]:
    yield (await published(client, conn, bearer))["id"]


@pytest.mark.parametrize("ended", ["closed", "expired"])
async def test_what_its_employer_ended_in_time_is_taken_down_too_and_cannot_be_renewed(
    client: Client, bearer: Bearer, job: str, official: Official, conn: asyncpg.Connection, ended: str
) -> None:
    made = (await report(client, job, await bearer(WORKER))).json()
    if ended == "closed":
        await stepped(client, bearer, job, "close")
    else:
        await conn.execute("update jobs.postings set status = 'expired' where id = $1", UUID(job))

    answer = await decide(client, made["id"], await official(), suspend_because="Thu tiền của người xin việc.")
    renewed = await stepped(client, bearer, job, "renew", expires_at="2026-12-20T00:00:00Z")

    assert answer.json()["job_status"] == "suspended"
    assert renewed.status_code == 409
    assert (await client.get(f"/v1/jobs/{job}")).status_code == 404


async def test_an_appeal_gives_back_what_was_over_as_a_draft(
    client: Client, bearer: Bearer, job: str, official: Official
) -> None:
    made = (await report(client, job, await bearer(WORKER))).json()
    await stepped(client, bearer, job, "close")
    await decide(client, made["id"], await official(), suspend_because="Thu tiền của người xin việc.")
    decision = (await decisions(client, bearer, job))[0]
    asked = (await appeal(client, bearer, job, decision["id"])).json()
    version = (await client.get(f"/v1/jobs/{job}", headers=await bearer(OWNER))).json()["version"]

    case = {"case_id": asked["case_id"], "version": version}
    granted = await decide_case(client, await official(), case, decision="granted")

    assert granted.json()["status"] == "draft"


async def test_what_was_withheld_with_its_employer_and_then_taken_down_does_not_come_back_with_it(
    client: Client, bearer: Bearer, job: str, official: Official, conn: asyncpg.Connection, context: Context
) -> None:
    made = (await report(client, job, await bearer(WORKER))).json()
    employer, who = await conn.fetchval("select employer_id from jobs.postings where id = $1", UUID(job)), OWNER
    await conn.execute("update employers.employers set status = 'suspended' where id = $1", employer)
    await employer_postings.withhold(context.pool, employer, context.clock())

    await decide(client, made["id"], await official(), suspend_because="Thu tiền của người xin việc.")
    await conn.execute("update employers.employers set status = 'verified' where id = $1", employer)
    await employer_postings.give_back(context.pool, employer, who, context.clock())

    assert (await decisions(client, bearer, job))[0]["reason"] == "Thu tiền của người xin việc."
    assert await conn.fetchval("select status from jobs.postings where id = $1", UUID(job)) == "suspended"


LONG = (
    "May chuyền áo thun xuất khẩu tại khu công nghiệp, có xe đưa rước từ Bến Lức và Tân An, cơm trưa hai món một canh, "
    "nghỉ chủ nhật, thưởng chuyên cần hằng tháng, tháng lương mười ba trước tết, được học thêm máy hai kim và vắt sổ."
)


@pytest.mark.parametrize(
    ("text", "again", "status"),
    [
        ("May áo thun.", "MAY ÁO THUN!", "in_review"), (LONG, f"{LONG} Tuyển gấp.", "in_review"),
        ("May áo thun.", "Đứng máy ép nhựa, ca ngày.", "open"),
    ],
)  # fmt: skip
async def test_a_copy_of_what_was_taken_down_waits_for_an_official(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, official: Official, text: str, again: str, status: str
) -> None:
    job = (await published(client, conn, bearer, description=text))["id"]
    await confirmed(client, bearer, job, await official(), 3)

    copy = await drafted(client, conn, bearer, description=again)
    opened = await stepped(client, bearer, copy["id"], "publish")

    assert opened.json()["status"] == status
    found = [each["rule"] for each in opened.json()["review"]["findings"]]
    assert found == (["taken_down_before"] if status == "in_review" else [])


async def test_a_copy_of_what_an_appeal_gave_back_opens(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, official: Official, job: str
) -> None:
    await confirmed(client, bearer, job, await official(), 3)
    decision = (await decisions(client, bearer, job))[0]
    asked = (await appeal(client, bearer, job, decision["id"])).json()
    version = (await client.get(f"/v1/jobs/{job}", headers=await bearer(OWNER))).json()["version"]
    case = {"case_id": asked["case_id"], "version": version}
    await decide_case(client, await official(), case, decision="granted")

    copy = await drafted(client, conn, bearer)

    assert (await stepped(client, bearer, copy["id"], "publish")).json()["status"] == "open"
