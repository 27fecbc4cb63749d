"""Power is given by two people, ends at once, and somebody is always left who can give it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.crypto import digest
from longan.staff import domain
from longan.staff.models import LastAdministrator, ProposalDecision, TwoPersonRule
from longan.staff.tasks import end_due_roles
from longan.tasks import Context
from longan.tokens import Principal
from tests.conftest import Bearer, Real, TestClock

PHONE = "+84987650001"
OFFICIAL = {
    "phone": PHONE,
    "role": "official",
    "function": "labour",
    "ward_codes": ["27694"],
    "reason": "Quyết định 12",
}


@pytest.fixture
async def staff(conn: asyncpg.Connection, bearer: Bearer) -> list[dict[str, str]]:
    """Three administrators at their passkeys."""
    made = []
    for number in range(3):
        account = uuid4()
        await conn.execute("insert into identity.accounts (id) values ($1)", account)
        await conn.execute("insert into identity.roles (account_id, role) values ($1, 'administrator')", account)
        made.append({**await bearer(account, audience="official", acr=3), "Idempotency-Key": f"key-{number}"})
    return made


REFUSED = ProposalDecision("refused")

Propose = Callable[..., Awaitable[httpx.Response]]
Decide = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def propose(client: httpx.AsyncClient) -> Propose:
    async def ask(me: dict[str, str], **change: Any) -> httpx.Response:
        headers = {**me, "Idempotency-Key": str(uuid4())}
        return await client.post("/v1/staff/grant-proposals", headers=headers, json={**OFFICIAL, **change})

    return ask


@pytest.fixture
def decide(client: httpx.AsyncClient) -> Decide:
    async def say(me: dict[str, str], proposal: str, decision: str = "approved") -> httpx.Response:
        return await client.post(f"/v1/staff/proposals/{proposal}/decision", headers=me, json={"decision": decision})

    return say


async def roles_of(conn: asyncpg.Connection, account: str) -> set[str]:
    rows = await conn.fetch("select role from identity.roles where account_id = $1::text::uuid", account)
    return {row[0] for row in rows}


async def test_what_one_proposes_and_another_approves_holds(
    staff: list[dict[str, str]], propose: Propose, decide: Decide, conn: asyncpg.Connection, now: datetime
) -> None:
    proposal = (await propose(staff[0])).json()
    assert "official" not in await roles_of(conn, proposal["account_id"])

    answer = await decide(staff[1], proposal["id"])

    assert (answer.status_code, answer.json()["proposal"]["decision"]) == (200, "approved")
    assert "official" in await roles_of(conn, proposal["account_id"])
    ticket = await conn.fetchrow("select * from staff.enrolments")
    assert ticket is not None
    assert ticket["digest"] == digest(answer.json()["enrolment_ticket"])
    assert timedelta(hours=23) < ticket["expires_at"] - now < timedelta(hours=25)


async def test_whoever_proposes_does_not_decide(
    staff: list[dict[str, str]], propose: Propose, decide: Decide, conn: asyncpg.Connection
) -> None:
    proposal = (await propose(staff[0])).json()

    refused = await decide(staff[0], proposal["id"])

    assert (refused.status_code, refused.json()["code"]) == (403, "two_person_rule")
    assert "official" not in await roles_of(conn, proposal["account_id"])


async def test_another_session_of_whoever_proposed_does_not_decide_either(
    staff: list[dict[str, str]], propose: Propose, decide: Decide, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    proposal = (await propose(staff[0])).json()
    account = await conn.fetchval("select proposed_by from staff.proposals")
    again = await bearer(account, audience="official", acr=3)

    assert (await decide(again, proposal["id"])).json()["code"] == "two_person_rule"


async def test_the_same_device_does_not_decide_for_another_person(
    staff: list[dict[str, str]], propose: Propose, conn: asyncpg.Connection, app: Edge, now: datetime
) -> None:
    proposal = UUID((await propose(staff[0])).json()["id"])
    await conn.execute("update staff.proposals set proposed_key = 'one-phone'")
    roles = frozenset({"administrator"})

    def principal(key: str) -> Principal:
        return Principal(uuid4(), uuid4(), "official", 3, now, roles, key_thumbprint=key)

    with pytest.raises(TwoPersonRule):
        await domain.decide(conn, app.app.state.entrance, principal("one-phone"), proposal, REFUSED, now)
    with pytest.raises(asyncpg.ForeignKeyViolationError):  # as far as the row: this made-up person has no account
        await domain.decide(conn, app.app.state.entrance, principal("another"), proposal, REFUSED, now)


async def test_nobody_proposes_or_decides_for_themself(
    staff: list[dict[str, str]], propose: Propose, decide: Decide, conn: asyncpg.Connection, app: Any
) -> None:
    account = await conn.fetchval(
        "select account_id from sessions.sessions where audience = 'official' order by id desc limit 1"
    )
    phones = app.app.state.phones
    await conn.execute(
        "update identity.accounts set phone_index = $2, phone_cipher = $3 where id = $1",
        account, phones.index(PHONE), phones.seal(PHONE, account),
    )  # fmt: skip

    mine = await propose(staff[2])
    of_me = (await propose(staff[0])).json()
    decided = await decide(staff[2], of_me["id"])

    assert (mine.status_code, mine.json()["code"]) == (403, "two_person_rule")
    assert (decided.status_code, decided.json()["code"]) == (403, "two_person_rule")


@pytest.mark.parametrize("role", ["worker", "official"])
async def test_nobody_but_administrators_proposes_decides_or_looks(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, propose: Propose, decide: Decide, role: str,
    staff: list[dict[str, str]],
) -> None:  # fmt: skip
    account = uuid4()
    await conn.execute("insert into identity.accounts (id) values ($1)", account)
    await conn.execute("insert into identity.roles (account_id, role) values ($1, $2)", account, role)
    me = await bearer(account, audience="official", acr=3)
    proposal = (await propose(staff[0])).json()

    refused = [
        await propose(me), await decide(me, proposal["id"]),
        await client.get("/v1/staff/grants", headers=me), await client.get("/v1/staff/proposals", headers=me),
        await client.post(f"/v1/staff/accounts/{account}/close", headers=me),
        await client.post(f"/v1/staff/accounts/{account}/reopen", headers=me),
        await client.post(f"/v1/staff/accounts/{account}/end-sessions", headers=me),
    ]  # fmt: skip

    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(403, "forbidden")}


async def test_an_administrator_shows_their_passkey_again_for_every_act(
    staff: list[dict[str, str]], propose: Propose, conn: asyncpg.Connection
) -> None:
    await conn.execute("update sessions.sessions set signed_in_at = signed_in_at - interval '301 seconds'")

    refused = await propose(staff[0])

    assert (refused.status_code, refused.json()["code"]) == (401, "insufficient_user_authentication")
    assert (refused.json()["acr_values"], refused.json()["max_age"]) == ("3", 300)


async def test_a_proposal_is_decided_once(staff: list[dict[str, str]], propose: Propose, decide: Decide) -> None:
    proposal = (await propose(staff[0])).json()
    await decide(staff[1], proposal["id"], "refused")

    late = await decide(staff[2], proposal["id"])

    assert (late.status_code, late.json()["code"]) == (409, "proposal_decided")


async def test_a_proposal_nobody_decides_is_over_after_a_week(
    staff: list[dict[str, str]], propose: Propose, decide: Decide, conn: asyncpg.Connection
) -> None:
    proposal = (await propose(staff[0])).json()
    assert (await propose(staff[1])).json()["code"] == "proposal_open"
    await conn.execute("update staff.proposals set expires_at = proposed_at")

    assert (await decide(staff[1], proposal["id"])).json()["code"] == "proposal_decided"
    assert (await propose(staff[0])).status_code == 201


async def test_a_role_that_ends_takes_its_sessions_along(
    client: httpx.AsyncClient, staff: list[dict[str, str]], propose: Propose, decide: Decide, bearer: Bearer,
    conn: asyncpg.Connection,
) -> None:  # fmt: skip
    account = (await propose(staff[0])).json()["account_id"]
    (proposal,) = await conn.fetch("select id::text from staff.proposals")
    await decide(staff[1], proposal["id"])
    theirs = await bearer(UUID(account), audience="official", acr=3)
    assert (await client.get("/v1/me", headers=theirs)).status_code == 200
    ending = await client.post(
        f"/v1/staff/accounts/{account}/roles/official/end-proposals",
        headers=staff[0],
        json={"reason": "Chuyển công tác"},
    )

    await decide(staff[1], ending.json()["id"])

    assert (await client.get("/v1/me", headers=theirs)).status_code == 401
    assert await roles_of(conn, account) == {"worker"}
    assert await conn.fetchval("select count(*) from staff.grants where ended_at is null") == 0


async def test_the_last_administrator_cannot_be_removed(
    staff: list[dict[str, str]], conn: asyncpg.Connection, app: Edge, now: datetime
) -> None:
    last = await conn.fetchval(
        "select account_id from sessions.sessions where audience = 'official' order by id desc limit 1"
    )
    await conn.execute(
        """update identity.accounts set disabled_at = $2
            where id <> $1 and id in (select account_id from identity.roles where role = 'administrator')""",
        last, now,
    )  # fmt: skip

    with pytest.raises(LastAdministrator):
        await domain.end_role(conn, app.app.state.entrance, last, "administrator", now)


async def test_two_administrators_who_remove_each_other_leave_one(real: Real) -> None:
    accounts, state = [uuid4(), uuid4()], real.app.app.state
    async with real.pool.acquire() as connection:
        await connection.execute("delete from identity.roles where role = 'administrator'")
        for account in accounts:
            await connection.execute("insert into identity.accounts (id) values ($1)", account)
            await connection.execute(
                "insert into identity.roles (account_id, role) values ($1, 'administrator')", account
            )

    async def remove(account: UUID) -> bool:
        async with real.pool.acquire() as connection, connection.transaction():
            await domain.end_role(connection, state.entrance, account, "administrator", state.clock())  # type: ignore[arg-type]
            return True

    ended = await asyncio.gather(*(remove(account) for account in accounts), return_exceptions=True)

    assert sorted(type(each).__name__ for each in ended) == ["LastAdministrator", "bool"]
    assert await real.pool.fetchval("select count(*) from identity.roles where role = 'administrator'") == 1


async def test_a_closed_account_is_out_at_once_and_stays_out_until_it_is_reopened(
    client: httpx.AsyncClient, staff: list[dict[str, str]], bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    account = (await client.get("/v1/me", headers=me)).json()["id"]

    assert (await client.post(f"/v1/staff/accounts/{account}/close", headers=staff[0])).status_code == 204

    assert (await client.get("/v1/me", headers=me)).status_code == 401
    assert (await client.get("/v1/me", headers=await bearer(UUID(account)))).status_code == 401
    assert (await client.post(f"/v1/staff/accounts/{account}/reopen", headers=staff[0])).status_code == 204
    assert (await client.get("/v1/me", headers=await bearer(UUID(account)))).status_code == 200


async def test_a_role_ends_by_itself_when_its_time_has_come(
    client: httpx.AsyncClient, staff: list[dict[str, str]], propose: Propose, decide: Decide, bearer: Bearer,
    conn: asyncpg.Connection, clock: TestClock, app: Any,
) -> None:  # fmt: skip
    until = (clock() + timedelta(minutes=2)).isoformat()
    proposal = (await propose(staff[0], ends_at=until, role="administrator", function=None, ward_codes=None)).json()
    await decide(staff[1], proposal["id"])
    theirs = await bearer(UUID(proposal["account_id"]), audience="official", acr=3)
    assert (await client.get("/v1/staff/grants", headers=theirs)).status_code == 200
    clock.shift(timedelta(minutes=3))
    app.app.state.authenticator.forget(await conn.fetchval("select id from sessions.sessions order by id desc limit 1"))

    assert (await client.get("/v1/staff/grants", headers=theirs)).status_code == 403
    nothing: Any = None
    await end_due_roles(
        Context(pool=Pooled(conn), valkey=nothing, http=nothing, settings=nothing, keys=nothing, phones=nothing,
                clock=clock)  # type: ignore[arg-type]
    )  # fmt: skip

    assert await roles_of(conn, proposal["account_id"]) == {"worker"}
    app.app.state.authenticator.forget(await conn.fetchval("select id from sessions.sessions order by id desc limit 1"))
    assert (await client.get("/v1/me", headers=theirs)).status_code == 401


class Pooled:
    """A pool of the test's one connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def acquire(self) -> Any:
        return self

    async def __aenter__(self) -> asyncpg.Connection:
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        """It stays open."""


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"phone": "0281234567"}, "/phone", "not_mobile"),
        ({"function": None}, "/function", "required"),
        ({"role": "administrator"}, "/function", "one_of_them"),
        ({"role": "administrator", "function": None}, "/ward_codes", "one_of_them"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "/ends_at", "in_past"),
        ({"role": "worker"}, "/role", "not_one_of"),
        ({"ward_codes": []}, "/ward_codes", "too_short"),
    ],
)
async def test_a_grant_that_cannot_be_is_refused_by_its_field(
    staff: list[dict[str, str]], propose: Propose, change: dict[str, Any], pointer: str, code: str
) -> None:
    refused = await propose(staff[0], **change)

    assert refused.status_code == 400
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [(pointer, code)]


async def test_a_ward_of_before_the_merger_is_no_ward_of_a_grant(staff: list[dict[str, str]], propose: Propose) -> None:
    assert (await propose(staff[0], ward_codes=["99999"])).json()["code"] == "ward_unknown"


async def test_an_officials_reach_is_function_ward_and_time(
    staff: list[dict[str, str]], propose: Propose, decide: Decide, conn: asyncpg.Connection, now: datetime
) -> None:
    proposal = (await propose(staff[0], ends_at=(now + timedelta(days=1)).isoformat())).json()
    await decide(staff[1], proposal["id"])
    version = await conn.fetchval("select places.version_on($1)", now)
    old_version, old = await conn.fetchrow(
        "select old_version, old_code from places.successions where new_version = $1 and new_code = '27694' limit 1",
        version,
    )

    async def may(function: str, version: Any, ward: str | None, moment: datetime) -> bool:
        return bool(
            await conn.fetchval(
                "select staff.may($1::text::uuid, $2, $3, $4, $5)",
                proposal["account_id"],
                function,
                version,
                ward,
                moment,
            )
        )

    assert await may("labour", version, "27694", now + timedelta(seconds=1))
    assert await may("labour", old_version, old, now + timedelta(seconds=1))
    assert not await may("labour", version, "27697", now + timedelta(seconds=1))
    assert not await may("feedback", version, "27694", now + timedelta(seconds=1))
    assert not await may("labour", version, "27694", now + timedelta(days=2))


async def test_the_operator_makes_the_first_administrator_and_no_second(real: Real) -> None:
    state = real.app.app.state
    async with real.pool.acquire() as connection:
        await connection.execute("delete from identity.roles where role = 'administrator'")

        async def make(phone: str) -> str | None:
            async with connection.transaction():
                return await domain.first_administrator(connection, state.phones, phone, state.clock())  # type: ignore[arg-type]

        ticket, second = await make(PHONE), await make("+84987650002")

        assert ticket is not None
        assert second is None
        assert await connection.fetchval("select digest from staff.enrolments") == digest(ticket)
        assert await connection.fetchval("select count(*) from identity.roles where role = 'administrator'") == 1
