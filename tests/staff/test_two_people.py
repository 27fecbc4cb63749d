"""Power is given by two people, and ends at once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.access.tokens import Principal
from longan.floor.setup.crypto import digest
from longan.rooms.staff import domain
from longan.rooms.staff.models import ProposalDecision, TwoPersonRule
from tests.conftest import Bearer, Real
from tests.staff.conftest import PHONE, Decide, Propose, roles_of

REFUSED = ProposalDecision("refused")


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
    proposal, state = UUID((await propose(staff[0])).json()["id"]), app.app.state
    await conn.execute("update staff.proposals set proposed_key = 'one-phone'")
    roles = frozenset({"administrator"})

    def principal(key: str) -> Principal:
        return Principal(uuid4(), uuid4(), "official", 3, now, roles, key_thumbprint=key)

    with pytest.raises(TwoPersonRule):
        await domain.decide(conn, state.entrance, state.phones, principal("one-phone"), proposal, REFUSED, now)
    with pytest.raises(asyncpg.ForeignKeyViolationError):  # as far as the row: this made-up person has no account
        await domain.decide(conn, state.entrance, state.phones, principal("another"), proposal, REFUSED, now)


async def test_nobody_proposes_or_decides_for_themself(
    staff: list[dict[str, str]], administrators: list[UUID], propose: Propose, decide: Decide,
    conn: asyncpg.Connection, app: Edge,
) -> None:  # fmt: skip
    account, phones = administrators[2], app.app.state.phones
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
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, propose: Propose, about: Propose,
    decide: Decide, role: str, staff: list[dict[str, str]],
) -> None:  # fmt: skip
    account = uuid4()
    await conn.execute("insert into identity.accounts (id) values ($1)", account)
    await conn.execute("insert into identity.roles (account_id, role) values ($1, $2)", account, role)
    me = await bearer(account, audience="official", acr=3)
    proposal = (await propose(staff[0])).json()

    refused = [
        await propose(me), await decide(me, proposal["id"]),
        await client.get("/v1/staff/grants", headers=me), await client.get("/v1/staff/proposals", headers=me),
        await about(me, account, "closing"), await about(me, account, "reopening"),
        await about(me, account, "enrolment"), await about(me, account, "roles/official/end"),
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


async def test_a_proposal_stands_no_more_when_whoever_made_it_is_no_administrator(
    staff: list[dict[str, str]], administrators: list[UUID], propose: Propose, decide: Decide, about: Propose,
    client: httpx.AsyncClient, conn: asyncpg.Connection,
) -> None:  # fmt: skip
    proposal = (await propose(staff[0])).json()
    ending = (await about(staff[1], administrators[0], "roles/administrator/end")).json()
    assert (await decide(staff[2], ending["id"])).status_code == 200

    late = [await decide(staff[1], proposal["id"]), await decide(staff[1], proposal["id"], "refused")]

    assert {(answer.status_code, answer.json()["code"]) for answer in late} == {(409, "proposal_decided")}
    assert "official" not in await roles_of(conn, proposal["account_id"])
    assert (await client.get("/v1/staff/proposals", headers=staff[1])).json()["items"] == []
    assert (await propose(staff[1])).status_code == 201


@pytest.mark.parametrize(
    "change", ["update identity.accounts set disabled_at = now() where id = $1",
               "update identity.roles set ends_at = now() where account_id = $1"]
)  # fmt: skip
async def test_a_proposal_of_somebody_who_is_closed_or_whose_time_is_over_stands_no_more(
    staff: list[dict[str, str]], administrators: list[UUID], propose: Propose, decide: Decide,
    conn: asyncpg.Connection, change: str,
) -> None:  # fmt: skip
    proposal = (await propose(staff[0])).json()
    await conn.execute(change, administrators[0])

    assert (await decide(staff[1], proposal["id"])).json()["code"] == "proposal_decided"


async def test_a_proposal_says_whom_it_is_about_and_no_whole_number(
    staff: list[dict[str, str]], propose: Propose, decide: Decide, client: httpx.AsyncClient,
    conn: asyncpg.Connection, app: Edge, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    made = await propose(staff[0])
    await conn.execute(
        "insert into people.profiles (account_id, full_name) values ($1, 'Nguyễn Thị Bông Súng')",
        UUID(made.json()["account_id"]),
    )
    listed = await client.get("/v1/staff/proposals", headers=staff[1])
    decided = await decide(staff[1], made.json()["id"])
    app._log.flush()

    shown = [made.json(), listed.json()["items"][0], decided.json()["proposal"]]
    assert [(each["phone"], each["full_name"]) for each in shown] == [
        ("098•••001", None), ("098•••001", "Nguyễn Thị Bông Súng"), ("098•••001", "Nguyễn Thị Bông Súng")
    ]  # fmt: skip
    written = "".join(capfd.readouterr())
    assert "propose_grant" in written
    assert not [text for text in (made.text, listed.text, decided.text, written) if PHONE[3:] in text]


async def test_a_proposal_about_an_account_without_a_phone_is_shown_all_the_same(
    staff: list[dict[str, str]], administrators: list[UUID], about: Propose
) -> None:
    proposal = (await about(staff[0], administrators[1], "closing")).json()

    assert (proposal["kind"], proposal["phone"], proposal["full_name"]) == ("close", None, None)


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


async def test_the_operator_makes_the_first_two_administrators_and_no_third(real: Real) -> None:
    state = real.app.app.state
    async with real.pool.acquire() as connection:
        await connection.execute("delete from identity.roles where role = 'administrator'")

        async def make(phone: str) -> str | None:
            async with connection.transaction():
                return await domain.first_administrator(connection, state.phones, phone, state.clock())  # type: ignore[arg-type]

        async def able() -> None:
            await connection.execute(
                """insert into passkeys.credentials (account_id, credential_id, public_key, sign_count, name,
                                                     transports, backed_up, for_staff, created_at)
                   select r.account_id, uuid_send(uuidv7()), '', 0, '', '{}', false, true, now()
                     from identity.roles r where r.role = 'administrator'"""
            )

        lost, again = await make(PHONE), await make(PHONE)
        other = await make("+84987650002")

        assert lost is not None and again is not None and other is not None
        good = await connection.fetch("select digest from staff.enrolments where ended_at is null")
        assert {row["digest"] for row in good} == {digest(again), digest(other)}
        assert await connection.fetchval("select count(*) from identity.roles where role = 'administrator'") == 2
        await able()
        assert await make("+84987650003") is None
        assert await make(PHONE) is None
        assert await connection.fetchval("select count(*) from identity.roles where role = 'administrator'") == 2
