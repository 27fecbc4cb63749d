"""Owners decide who acts for an employer; who is gone has nothing from that moment on; there is always an owner."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from tests.conftest import Bearer
from tests.employers.conftest import Work, told
from tests.jobs.hiring import OWNER, WORKER, job, published
from tests.members.conftest import Join, member_id, phone_of


async def listed(client: httpx.AsyncClient, bearer: Bearer, employer: UUID, who: UUID = OWNER) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await client.get(f"/v1/employers/{employer}/members", headers=await bearer(who))
    ).json()["items"]
    return found


async def put_role(
    client: httpx.AsyncClient, bearer: Bearer, employer: UUID, member: UUID, role: str, who: UUID = OWNER
) -> httpx.Response:
    path = f"/v1/employers/{employer}/members/{member}/role"
    return await client.put(path, json={"role": role}, headers=await bearer(who))


async def remove(
    client: httpx.AsyncClient, bearer: Bearer, employer: UUID, member: UUID, who: UUID = OWNER
) -> httpx.Response:
    return await client.delete(f"/v1/employers/{employer}/members/{member}", headers=await bearer(who))


async def leave(client: httpx.AsyncClient, bearer: Bearer, employer: UUID, who: UUID) -> httpx.Response:
    return await client.post(f"/v1/employers/{employer}/leave", headers=await bearer(who))


async def test_members_see_each_other_with_masked_phones_and_no_account_ids(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, employer: UUID, join: Join
) -> None:
    recruiter = await join()
    phone = await phone_of(conn, app, recruiter)

    items = await listed(client, bearer, employer, recruiter)

    assert [(item["role"], item["me"]) for item in items] == [("owner", False), ("recruiter", True)]
    assert items[1]["phone"] == f"0{phone[3:5]}•••{phone[-3:]}"
    assert not any(str(account) in str(items) for account in (OWNER, recruiter))


async def test_an_owner_makes_an_owner_who_then_decides_too(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, join: Join, work: Work
) -> None:
    second = await join()
    them, me = await member_id(conn, employer, second), await member_id(conn, employer, OWNER)

    made = await put_role(client, bearer, employer, them, "owner")
    again = await put_role(client, bearer, employer, them, "owner")
    demoted = await put_role(client, bearer, employer, me, "recruiter", second)
    powerless = await put_role(client, bearer, employer, them, "recruiter", OWNER)
    await work("membership_changed")

    assert [made.status_code, again.status_code, demoted.status_code] == [204, 204, 204]
    assert powerless.status_code == 403
    assert [each["what"] for each in await told(conn, second)] == ["made_owner"]
    assert [each["what"] for each in await told(conn, OWNER)] == ["made_recruiter"]


async def test_the_last_owner_stays(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, join: Join
) -> None:
    await join("recruiter")
    me = await member_id(conn, employer, OWNER)

    refused = [
        await put_role(client, bearer, employer, me, "recruiter"),
        await remove(client, bearer, employer, me),
        await leave(client, bearer, employer, OWNER),
    ]

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(409, "last_owner")] * 3


async def test_who_leaves_is_gone_and_the_owners_hear_of_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, join: Join, work: Work
) -> None:
    second = await join("owner")

    left = await leave(client, bearer, employer, OWNER)
    again = await leave(client, bearer, employer, OWNER)
    await work("membership_changed")

    assert (left.status_code, again.status_code) == (204, 404)
    assert [each["what"] for each in await told(conn, second)] == ["left"]
    assert await told(conn, OWNER) == []


async def test_whoever_is_removed_loses_everything_at_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, join: Join, work: Work
) -> None:
    """SECURITY Z9. With the token that they held before."""
    posting = await published(client, conn, bearer)
    removed = await join("owner")
    headers = await bearer(removed)
    reads = [
        f"/v1/employers/{employer}/members", f"/v1/employers/{employer}/invitations",
        f"/v1/employers/{employer}/registration", f"/v1/employers/{employer}/decisions",
        f"/v1/jobs/{posting['id']}/applications",
    ]  # fmt: skip
    before = [(await client.get(path, headers=headers)).status_code for path in reads]

    gone = await remove(client, bearer, employer, await member_id(conn, employer, removed))
    after = [(await client.get(path, headers=headers)).status_code for path in reads]
    writes = [
        await client.post("/v1/jobs", json=job(employer), headers=headers),
        await client.post(f"/v1/jobs/{posting['id']}/close", headers=headers),
        await client.patch(
            f"/v1/jobs/{posting['id']}", json={"title": "Việc khác"}, headers=headers | {"If-Match": "*"}
        ),
        await client.patch(f"/v1/employers/{employer}", json={}, headers=headers | {"If-Match": "*"}),
        await client.post(f"/v1/employers/{employer}/leave", headers=headers),
    ]
    await work("membership_changed")

    assert gone.status_code == 204
    assert (before, after) == ([200] * 5, [404] * 5)
    assert {each.status_code for each in writes} == {404}
    assert str(employer) not in (await client.get("/v1/me", headers=headers)).text
    assert [each["what"] for each in await told(conn, removed)] == ["removed"]


async def test_pushes_about_the_employer_end_with_the_membership(
    conn: asyncpg.Connection, client: httpx.AsyncClient, bearer: Bearer, employer: UUID, join: Join, work: Work
) -> None:
    posting = await published(client, conn, bearer)
    removed = await join()
    await client.post(f"/v1/jobs/{posting['id']}/applications", json={}, headers=await bearer(WORKER))
    await work("application_received")
    wanted = """select n.account_id from notifications.inbox n
                 where n.topic = 'application_received' and notifications.still_wanted(n.id, 'push', now())"""
    before = {row[0] for row in await conn.fetch(wanted)}

    await remove(client, bearer, employer, await member_id(conn, employer, removed))

    assert before == {OWNER, removed}
    assert {row[0] for row in await conn.fetch(wanted)} == {OWNER}


@pytest.mark.parametrize("what", ["role", "remove"])
async def test_only_owners_decide_and_only_on_their_own(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, join: Join, what: str
) -> None:
    recruiter = await join()
    owner = await member_id(conn, employer, OWNER)
    foreign = await conn.fetchval("select id from members.members where employer_id <> $1 limit 1", employer)

    async def attempt(who: UUID, member: UUID) -> int:
        if what == "role":
            return (await put_role(client, bearer, employer, member, "owner", who)).status_code
        return (await remove(client, bearer, employer, member, who)).status_code

    assert await attempt(recruiter, owner) == 403
    assert await attempt(WORKER, owner) == 404
    assert await attempt(OWNER, foreign) == 404
