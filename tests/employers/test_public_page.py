"""What everybody sees of an employer: its name among the verified ones, what it has open, how it answers."""

from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from tests.conftest import Bearer, new_account
from tests.jobs.hiring import OWNER, UNVERIFIED_OWNER, employer_of

APPLIED = """
insert into applications.applications (job_id, employer_id, worker_id, status, created_at, updated_at)
select j.id, j.employer_id, $2, $3, $4, $4 from jobs.postings j where j.employer_id = $1 limit 1 returning id"""
MOVED = """
insert into applications.moves (application_id, moved_by, from_status, to_status, moved_at)
values ($1, $2, 'submitted', $3, $4)"""


class Applicants:
    """People who applied, in the days before `now`, and how they fared."""

    def __init__(self, conn: asyncpg.Connection, app: Edge, employer: UUID, now: datetime) -> None:
        self.conn, self.app, self.employer, self.now = conn, app, employer, now

    async def one(
        self, days_ago: float, hours: float | None, *, withdrawn: bool = False, obsolete: bool = False,
        viewed: bool = False,
    ) -> None:  # fmt: skip
        """Answered after `hours`, never when None."""
        worker = uuid4()
        await self.conn.execute(
            "insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, '')", worker, worker.bytes
        )
        at = self.now - timedelta(days=days_ago)
        status = "withdrawn" if withdrawn else "obsolete" if obsolete else "submitted"
        made = await self.conn.fetchval(APPLIED, self.employer, worker, status, at)
        if hours is not None:
            await self.conn.execute(MOVED, made, OWNER, "viewed", at + timedelta(hours=hours / 2))
            await self.conn.execute(MOVED, made, OWNER, "rejected", at + timedelta(hours=hours))
            await self.conn.execute(MOVED, made, OWNER, "interview", at + timedelta(hours=hours + 1))
        elif viewed:
            await self.conn.execute(MOVED, made, OWNER, "viewed", at + timedelta(hours=1))
        if withdrawn:
            await self.conn.execute(MOVED, made, worker, "withdrawn", at + timedelta(hours=1))
        if obsolete:
            await self.conn.execute(MOVED, made, None, "obsolete", at + timedelta(hours=1))


@pytest.fixture
async def applicants(conn: asyncpg.Connection, app: Edge, now: datetime) -> Applicants:
    employer = await employer_of(conn, UNVERIFIED_OWNER)
    await conn.execute(
        "update jobs.postings set employer_id = $1 where id = (select id from jobs.postings limit 1)", employer
    )
    return Applicants(conn, app, employer, now)


async def figures(client: httpx.AsyncClient, employer: UUID) -> tuple[float | None, float | None]:
    found = (await client.get(f"/v1/employers/{employer}")).json()
    return found["response_rate"], found["response_hours"]


async def test_the_share_that_was_answered_in_a_week_and_the_median_hours(
    client: httpx.AsyncClient, applicants: Applicants
) -> None:
    for number in range(10):
        await applicants.one(20, 2.0 * number + 1)
    for _ in range(2):
        await applicants.one(30, 24 * 8)
    for _ in range(4):
        await applicants.one(40, None)

    rate, hours = await figures(client, applicants.employer)

    assert rate == 0.63  # 10 of 16
    assert hours == median([2.0 * number + 1 for number in range(10)] + [192.0] * 2)


async def test_fewer_than_ten_say_nothing(client: httpx.AsyncClient, applicants: Applicants) -> None:
    for _ in range(9):
        await applicants.one(20, 3)
    nine = await figures(client, applicants.employer)
    await applicants.one(20, None)

    ten = await figures(client, applicants.employer)

    assert (nine, ten) == ((None, None), (0.9, None))


async def test_what_is_too_new_too_old_or_was_withdrawn_unanswered_does_not_count(
    client: httpx.AsyncClient, applicants: Applicants
) -> None:
    for _ in range(10):
        await applicants.one(20, 5)
    for days in (1, 6.9, 90.1, 200):
        await applicants.one(days, None)
    await applicants.one(20, None, withdrawn=True)

    assert await figures(client, applicants.employer) == (1.0, 5.0)


async def test_what_time_did_is_no_answer_of_the_employer(client: httpx.AsyncClient, applicants: Applicants) -> None:
    for _ in range(10):
        await applicants.one(20, 5)
    for _ in range(10):
        await applicants.one(20, None, obsolete=True)

    assert await figures(client, applicants.employer) == (0.5, 5.0)


async def test_to_have_looked_is_no_answer(client: httpx.AsyncClient, applicants: Applicants) -> None:
    for _ in range(10):
        await applicants.one(20, 5)
    for _ in range(10):
        await applicants.one(20, None, viewed=True)

    assert await figures(client, applicants.employer) == (0.5, 5.0)


Case = st.tuples(
    st.floats(0, 100).filter(lambda days: min(abs(days - 7), abs(days - 90)) > 0.01),
    st.none() | st.floats(0.1, 400).filter(lambda hours: abs(hours - 168) > 0.01),
    st.booleans(),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=st.lists(Case, max_size=30))
async def test_the_figures_are_those_of_the_definition(applicants: Applicants, cases: list[Any]) -> None:
    conn, now = applicants.conn, applicants.now
    await conn.execute("delete from applications.moves")
    await conn.execute("delete from applications.applications")
    counted: list[float | None] = []
    for days, hours, withdrawn in cases:
        await applicants.one(days, hours, withdrawn=withdrawn)
        seen = hours if hours is not None and hours <= days * 24 else None
        if 7 <= days < 90 and not (withdrawn and seen is None):
            counted.append(seen)

    row = await conn.fetchrow("select * from employers.response($1, $2)", applicants.employer, now)

    answered = [hours for hours in counted if hours is not None]
    rate = sum(hours <= 168 for hours in answered) / len(counted) if len(counted) >= 10 else None
    assert row["counted"] == len(counted)
    assert row["rate"] is None if rate is None else abs(row["rate"] - rate) <= 0.0051
    middle = median(answered) if len(answered) >= 10 else None
    assert row["median_hours"] is None if middle is None else abs(row["median_hours"] - middle) <= 0.051


async def test_it_counts_what_can_be_applied_for(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    employer = await employer_of(conn, OWNER)
    await conn.execute(
        """update jobs.postings set expires_at = now() - interval '1 minute'
            where id = (select id from jobs.postings where employer_id = $1 and status = 'open' limit 1)""",
        employer,
    )

    shown = (await client.get(f"/v1/employers/{employer}")).json()["open_jobs"]

    assert shown == await conn.fetchval(
        "select count(*) from jobs.postings where employer_id = $1 and status = 'open' and expires_at > now()", employer
    )


async def test_employers_are_found_by_name_without_marks_and_only_verified_ones(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    name = await conn.fetchval("select name from employers.employers where id = $1", await employer_of(conn, OWNER))
    unverified = await employer_of(conn, UNVERIFIED_OWNER)
    await conn.execute("update employers.employers set search_text = 'cong ty hoa sen do' where id = $1", unverified)
    await conn.execute(
        """update employers.employers set name = 'Công ty Hoa Sen Đỏ', search_text = 'cong ty hoa sen do'
            where id = (select id from employers.employers where status = 'verified' limit 1)"""
    )

    found = (await client.get("/v1/employers", params={"q": "hoa sen do"})).json()["items"]
    exact = (await client.get("/v1/employers", params={"q": f'"{name}"', "limit": 100})).json()["items"]

    assert [item["name"] for item in found] == ["Công ty Hoa Sen Đỏ"]
    assert name in {item["name"] for item in exact} | {"Công ty Hoa Sen Đỏ"}


async def test_paging_the_list_neither_repeats_nor_loses(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/employers", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None or len(seen) >= 500:
            break

    total = await conn.fetchval("select count(*) from employers.employers where status = 'verified'")
    assert len(seen) == len(set(seen))
    assert len(seen) >= min(total, 500)


@pytest.mark.parametrize("q", ["%" * 200, "'", "\"'; drop table", "& | !", "đ", "-", "a:*b", "(" * 100])
async def test_any_words_are_answered(client: httpx.AsyncClient, q: str) -> None:
    assert (await client.get("/v1/employers", params={"q": q})).status_code == 200


@pytest.mark.parametrize("query", [{"q": "x" * 201}, {"sort": "id;drop"}, {"limit": "0"}, {"limit": "101"}])
async def test_what_cannot_be_asked_for_is_a_400(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await client.get("/v1/employers", params=query)).status_code == 400


async def test_a_held_page_is_sent_again_when_a_figure_has_changed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    path = f"/v1/employers/{await employer_of(conn, OWNER)}"
    held = {"If-None-Match": (await client.get(path)).headers["ETag"]}
    same = await client.get(path, headers=held)
    await new_account(conn, app)
    await conn.execute("update jobs.postings set status = 'closed' where status = 'open'")

    changed = await client.get(path, headers=held)

    assert (same.status_code, changed.status_code, changed.json()["open_jobs"]) == (304, 200, 0)
