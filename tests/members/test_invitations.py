"""An owner asks a phone number; whoever has it answers, and nobody learns whether anybody has it."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.rooms.members import domain
from longan.rooms.members.tasks import MOST_NOTICES, prune_invitations
from tests.conftest import Bearer, TestClock
from tests.employers.conftest import Work, told
from tests.jobs.hiring import OWNER, UNVERIFIED_OWNER, WORKER, promised
from tests.members.conftest import Invite, Join, answer, mine, other_employer, person, phone_of

NOBODY = "+84987000111"


async def test_whoever_has_the_phone_finds_the_invitation_and_acts_for_the_employer(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, invite: Invite, employer: UUID
) -> None:
    asked = await person(conn, app)
    phone = await phone_of(conn, app, asked)

    made = await invite("0" + phone[3:])
    (found,) = await mine(client, bearer, asked)
    accepted = await answer(client, bearer, asked, found["id"])
    again = await answer(client, bearer, asked, found["id"])

    assert made.status_code == 201, made.text
    assert (made.json()["phone"], made.json()["state"]) == (f"0{phone[3:5]}•••{phone[-3:]}", "waiting")
    assert (found["id"], found["role"], found["employer"]["id"]) == (made.json()["id"], "recruiter", str(employer))
    assert (accepted.status_code, again.status_code) == (204, 204)
    roles = (await client.get("/v1/me", headers=await bearer(asked))).json()["roles"]
    assert {"role": "recruiter", "employer_id": str(employer), "agency_code": None} in roles
    assert await mine(client, bearer, asked) == []


async def test_who_has_no_account_yet_finds_it_on_signing_in(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, invite: Invite
) -> None:
    await invite(NOBODY)
    phones, account = app.app.state.phones, uuid4()
    await conn.execute(
        "insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, $3)",
        account, phones.index(NOBODY), phones.seal(NOBODY, account),
    )  # fmt: skip

    found = await mine(client, bearer, account)

    assert [item["role"] for item in found] == ["recruiter"]


async def test_an_answer_says_nothing_of_whether_there_is_an_account(
    conn: asyncpg.Connection, app: Edge, invite: Invite
) -> None:
    somebody = await phone_of(conn, app, await person(conn, app))

    known, unknown = await invite(somebody), await invite(NOBODY)

    assert (known.status_code, known.json().keys()) == (unknown.status_code, unknown.json().keys())
    differing = {name for name in known.json() if known.json()[name] != unknown.json()[name]}
    assert differing <= {"id", "phone", "created_at", "expires_at"}
    topics = [topic for topic, _ in await promised(conn)]
    assert topics == ["employer_invitation", "employer_invitation"]


async def test_who_has_an_account_is_told_once_and_who_blocked_the_employer_is_not(
    conn: asyncpg.Connection, app: Edge, invite: Invite, work: Work, employer: UUID, client: httpx.AsyncClient,
    bearer: Bearer,
) -> None:  # fmt: skip
    asked, blocking = await person(conn, app), await person(conn, app)
    await conn.execute(
        "insert into privacy.blocks (account_id, employer_id, blocked_at) values ($1, $2, now())", blocking, employer
    )
    for account in (asked, blocking):
        await invite(await phone_of(conn, app, account))
    await invite(NOBODY)

    await work("employer_invitation")

    name = await conn.fetchval("select name from employers.employers where id = $1", employer)
    assert await told(conn, asked) == [{"topic": "employer_invitation", "standing": "verified", "employer_name": name}]
    assert await told(conn, blocking) == []
    assert await mine(client, bearer, blocking) == []


async def test_what_nobody_has_verified_is_not_named_and_fills_no_inbox(
    conn: asyncpg.Connection, app: Edge, client: httpx.AsyncClient, bearer: Bearer, invite: Invite, work: Work
) -> None:
    asked = await person(conn, app)
    phone = await phone_of(conn, app, asked)
    for _ in range(MOST_NOTICES + 2):
        shady = await other_employer_of(conn)
        assert (await invite(phone, who=UNVERIFIED_OWNER, to=shady)).status_code == 201

    await work("employer_invitation")

    inbox = (await client.get("/v1/me/notifications", headers=await bearer(asked))).json()["items"]
    assert len(inbox) == MOST_NOTICES
    assert not any("Lừa Đảo" in item["title"] + item["body"] for item in inbox)


async def other_employer_of(conn: asyncpg.Connection) -> UUID:
    return await other_employer(conn, UNVERIFIED_OWNER)


async def test_a_person_says_no_and_cannot_be_asked_again_for_a_while(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, invite: Invite, employer: UUID,
    context: Context, clock: TestClock,
) -> None:  # fmt: skip
    asked = await person(conn, app)
    phone = await phone_of(conn, app, asked)
    made = (await invite(phone)).json()

    declined = [await answer(client, bearer, asked, made["id"], "decline") for _ in range(2)]
    late = await answer(client, bearer, asked, made["id"], "accept")
    again = await invite(phone)
    clock.shift(timedelta(days=45))
    await prune_invitations(context)
    later = await invite(phone)

    assert [each.status_code for each in declined] == [204, 204]
    assert (late.status_code, late.json()["code"]) == (409, "invitation_over")
    assert (again.status_code, again.json()["code"]) == (409, "invitation_declined")
    assert later.status_code == 201


async def test_it_is_good_for_fourteen_days_and_can_then_be_made_anew(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, invite: Invite, clock: TestClock
) -> None:
    asked = await person(conn, app)
    phone = await phone_of(conn, app, asked)
    made = (await invite(phone)).json()
    twice = await invite(phone)
    clock.shift(timedelta(days=14, seconds=1))

    late = await answer(client, bearer, asked, made["id"])
    gone = await mine(client, bearer, asked)
    anew = await invite(phone, "owner")
    accepted = await answer(client, bearer, asked, anew.json()["id"])

    assert (twice.status_code, twice.json()["code"]) == (409, "already_invited")
    assert (late.status_code, late.json()["code"], gone) == (409, "invitation_over", [])
    assert (anew.status_code, anew.json()["role"], accepted.status_code) == (201, "owner", 204)


async def test_what_was_taken_back_is_over(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, invite: Invite, employer: UUID
) -> None:
    asked = await person(conn, app)
    made = (await invite(await phone_of(conn, app, asked))).json()
    path = f"/v1/employers/{employer}/invitations/{made['id']}"

    withdrawn = await client.delete(path, headers=await bearer(OWNER))
    again = await client.delete(path, headers=await bearer(OWNER))
    late = await answer(client, bearer, asked, made["id"])

    assert (withdrawn.status_code, again.status_code) == (204, 404)
    assert (late.status_code, late.json()["code"]) == (409, "invitation_over")


async def test_an_invitation_of_another_phone_is_not_there(
    client: httpx.AsyncClient, bearer: Bearer, invite: Invite
) -> None:
    made = (await invite(NOBODY)).json()

    for what in ("accept", "decline"):
        assert (await answer(client, bearer, WORKER, made["id"], what)).status_code == 404
        assert (await answer(client, bearer, OWNER, made["id"], what)).status_code == 404


async def test_who_has_another_phone_by_now_has_not_the_invitation_of_the_old_one(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, invite: Invite
) -> None:
    asked = await person(conn, app)
    made = (await invite(await phone_of(conn, app, asked))).json()
    await conn.execute("update identity.accounts set phone_index = $2 where id = $1", asked, uuid4().bytes)

    assert await mine(client, bearer, asked) == []
    assert (await answer(client, bearer, asked, made["id"])).status_code == 404


async def test_a_member_is_not_invited(conn: asyncpg.Connection, app: Edge, invite: Invite, join: Join) -> None:
    phone = await phone_of(conn, app, await join())

    refused = await invite(phone)

    assert (refused.status_code, refused.json()["code"]) == (409, "already_member")


@pytest.mark.parametrize("phone", ["0280123456", "113", "+1 202 555 0100", "0912345678x", "٠٩١٢٣٤٥٦٧٨", ""])
async def test_what_is_no_mobile_number_is_a_400(invite: Invite, phone: str) -> None:
    refused = await invite(phone)

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/phone"


async def test_owners_invite_recruiters_do_not_and_strangers_find_nothing(
    invite: Invite, join: Join, client: httpx.AsyncClient, bearer: Bearer, employer: UUID
) -> None:
    recruiter = await join("recruiter")

    assert (await invite(NOBODY, who=recruiter)).status_code == 403
    assert (await invite(NOBODY, who=WORKER)).status_code == 404
    path = f"/v1/employers/{employer}/invitations"
    assert (await client.get(path, headers=await bearer(recruiter))).status_code == 403
    assert (await client.get(path, headers=await bearer(WORKER))).status_code == 404


async def test_an_employer_invites_so_many_and_no_more(
    invite: Invite, monkeypatch: pytest.MonkeyPatch, clock: TestClock, conn: asyncpg.Connection
) -> None:
    monkeypatch.setattr(domain, "MOST_WAITING", 2)
    monkeypatch.setattr(domain, "MOST_A_DAY", 3)
    said = [(await invite(f"+8498700012{number}")).status_code for number in range(3)]
    await conn.execute("update members.invitations set answer = 'withdrawn', answered_at = now(), phone_cipher = null")
    said += [(await invite(f"+8498700013{number}")).status_code for number in range(2)]
    clock.shift(timedelta(days=1, seconds=1))
    said.append((await invite("+84987000140")).status_code)

    assert said == [201, 201, 422, 201, 422, 201]


async def test_the_number_lies_sealed_is_shown_masked_and_is_in_no_log_and_no_promise(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, invite: Invite, employer: UUID,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    made = (await invite(NOBODY)).json()

    listed = await client.get(f"/v1/employers/{employer}/invitations", headers=await bearer(OWNER))
    app._log.flush()

    assert [(item["phone"], item["state"]) for item in listed.json()["items"]] == [("098•••111", "waiting")]
    row = await conn.fetchrow("select id, phone_cipher, i::text as whole from members.invitations i")
    assert app.app.state.phones.open(row["phone_cipher"], row["id"]) == NOBODY
    kept = str(await promised(conn)) + row["whole"] + "".join(capfd.readouterr()) + caplog.text
    kept += str(await conn.fetch("select * from floor.idempotency_keys"))
    assert "987000111" not in kept
    assert NOBODY.encode().hex() not in kept
    await client.delete(f"/v1/employers/{employer}/invitations/{made['id']}", headers=await bearer(OWNER))
    assert await conn.fetchval("select phone_cipher from members.invitations") is None


async def test_whoever_has_just_recovered_an_account_invites_nobody(invite: Invite, conn: asyncpg.Connection) -> None:
    await conn.execute("update identity.accounts set cooling_until = now() + interval '1 day' where id = $1", OWNER)

    refused: Any = await invite(NOBODY)

    assert (refused.status_code, refused.json()["code"]) == (403, "cooling_off")
