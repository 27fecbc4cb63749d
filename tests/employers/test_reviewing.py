"""The officials' queue, who may decide on whom, and where the reasons are read."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.floor.access.memberships import add
from tests.conftest import Bearer, TestClock
from tests.employers.conftest import Decide, Work, told
from tests.employers.test_employers import employer as body
from tests.jobs.hiring import LABOUR_OFFICIAL, OWNER, UNVERIFIED_OWNER, WORKER, employer_of

QUEUE = "/v1/employer-reviews"
CODES = ["0100112437", "0101248141", "0300588569"]


async def queue(client: httpx.AsyncClient, bearer: Bearer, **query: object) -> dict[str, Any]:
    headers = await bearer(LABOUR_OFFICIAL, audience="official", acr=3)
    answer = await client.get(QUEUE, headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def register(client: httpx.AsyncClient, bearer: Bearer, code: str, who: UUID = WORKER) -> UUID:
    answer = await client.post("/v1/employers", json=body(tax_code=code), headers=await bearer(who))
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def test_what_waits_is_listed_oldest_first_and_paged(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    already = {item["id"] for item in (await queue(client, bearer, limit=100))["items"]}
    made = [str(await register(client, bearer, code)) for code in CODES]

    seen, cursor = [], None
    while True:
        page = await queue(client, bearer, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert [each for each in seen if each not in already] == made
    assert len(seen) == len(set(seen)) == len(already) + 3


async def test_an_item_says_what_the_registry_is_asked_and_no_number_of_a_person(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    company = await register(client, bearer, CODES[0])
    household = await register(client, bearer, "080090012345")

    items = {item["id"]: item for item in (await queue(client, bearer, limit=100))["items"]}

    assert items[str(company)]["tax_code"] == CODES[0]
    assert items[str(household)]["tax_code"] is None
    assert items[str(company)]["registry_state"] == "waiting"


async def test_what_was_decided_waits_no_more_and_a_wanted_name_waits(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide
) -> None:
    made, other = await register(client, bearer, CODES[0]), await register(client, bearer, CODES[1])
    await decide(made, "verification", decision="verified")
    await decide(other, "verification", decision="rejected")

    decided = {item["id"] for item in (await queue(client, bearer, limit=100))["items"]}
    headers = {**await bearer(WORKER), "If-Match": "*"}
    await client.patch(f"/v1/employers/{made}", json={"name": "Công ty Tên Mới"}, headers=headers)
    wanting = {item["id"]: item for item in (await queue(client, bearer, limit=100))["items"]}

    assert not decided & {str(made), str(other)}
    assert wanting[str(made)]["wanted_name"] == "Công ty Tên Mới"


async def test_officials_see_the_wards_they_were_appointed_for(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    here = await register(client, bearer, CODES[0])
    await conn.execute(
        """insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
           select $1, 'official', 'labour', e.ward_version, array['27991'], e.created_at
             from employers.employers e where e.id = $2""",
        LABOUR_OFFICIAL, here,
    )  # fmt: skip

    items = (await queue(client, bearer, limit=100))["items"]

    assert str(here) not in {item["id"] for item in items}
    assert {item["ward_code"] for item in items} <= {"27991"}


async def test_the_queue_is_for_officials_of_labour_with_a_passkey(client: httpx.AsyncClient, bearer: Bearer) -> None:
    worker = await client.get(QUEUE, headers=await bearer(OWNER))
    no_passkey = await client.get(QUEUE, headers=await bearer(LABOUR_OFFICIAL, audience="official", acr=0))
    nobody = await client.get(QUEUE, headers=await bearer(WORKER, audience="official", acr=3))

    assert (worker.status_code, no_passkey.status_code, nobody.status_code) == (401, 401, 403)


async def be_one_person(conn: asyncpg.Connection, *accounts: UUID, number: bytes = b"one") -> None:
    for account in accounts:
        await conn.execute(
            """insert into assurance.cases (account_id, state, source, number_index, submitted_at)
               values ($1, 'submitted', 'typed', $2, now())""",
            account, number,
        )  # fmt: skip


@pytest.mark.parametrize("by_another_account", [False, True])
@pytest.mark.parametrize(
    ("what", "sent"),
    [
        ("verification", {"decision": "verified"}),
        ("suspension", {}),
        ("reinstatement", {}),
        ("name-decision", {"decision": "accepted", "wanted_name": "X"}),
    ],
)
async def test_nobody_decides_on_an_employer_of_their_own(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide, clock: TestClock,
    what: str, sent: dict[str, object], by_another_account: bool,
) -> None:  # fmt: skip
    employer = await register(client, bearer, CODES[0])
    if by_another_account:
        await be_one_person(conn, WORKER, LABOUR_OFFICIAL)
    else:
        await add(conn, employer, LABOUR_OFFICIAL, "recruiter", clock())

    answer = await decide(employer, what, **sent)

    assert (answer.status_code, answer.json()["code"]) == (403, "own_employer")
    assert str(employer) not in {item["id"] for item in (await queue(client, bearer, limit=100))["items"]}


async def test_members_read_why_and_nobody_else_does(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide
) -> None:
    employer = await employer_of(conn, UNVERIFIED_OWNER)
    await decide(employer, "verification", decision="rejected", reason="Giấy đăng ký mờ.")
    await decide(employer, "verification", decision="verified", reason="Đã bổ sung.")
    path = f"/v1/employers/{employer}/decisions"

    mine = await client.get(path, headers=await bearer(UNVERIFIED_OWNER))
    official = await client.get(path, headers=await bearer(LABOUR_OFFICIAL, audience="official", acr=3))
    stranger = await client.get(path, headers=await bearer(WORKER))
    unknown = await client.get(f"/v1/employers/{uuid4()}/decisions", headers=await bearer(WORKER))

    said = [(item["decision"], item["reason"]) for item in mine.json()["items"]]
    assert said == [("verified", "Đã bổ sung."), ("rejected", "Giấy đăng ký mờ.")]
    assert official.json()["items"] == mine.json()["items"]
    assert (stranger.status_code, unknown.status_code) == (404, 404)


async def test_every_member_is_told(
    client: httpx.AsyncClient, conn: asyncpg.Connection, decide: Decide, work: Work, clock: TestClock
) -> None:
    employer = await employer_of(conn, OWNER)
    await add(conn, employer, WORKER, "recruiter", clock())

    for what in ("suspension", "reinstatement"):
        await decide(employer, what)
        await work("employer_decided")

    for member in (OWNER, WORKER):
        decisions = [each["decision"] for each in await told(conn, member) if each["topic"] == "employer_decided"]
        assert decisions == ["suspended", "reinstated"]


async def test_each_decision_is_told_even_when_the_worker_comes_late(
    conn: asyncpg.Connection, decide: Decide, work: Work
) -> None:
    employer = await employer_of(conn, OWNER)
    await conn.execute("update employers.employers set wanted_name = 'Công ty Tên Mới' where id = $1", employer)
    await decide(employer, "suspension")
    await decide(employer, "name-decision", decision="refused", wanted_name="Công ty Tên Mới")

    await work("employer_decided")
    await work("employer_decided")

    decisions = [each["decision"] for each in await told(conn, OWNER) if each["topic"] == "employer_decided"]
    assert decisions == ["suspended", "name_refused"]
