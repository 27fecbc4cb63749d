"""An official's passkey, by a ticket of an administrator and a code to the official's own phone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import jwt
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.accounts import tickets
from longan.floor.accounts.codes import Challenge, code_of
from longan.floor.requests.limits import Strict
from longan.rooms.staff import domain
from tests.conftest import Bearer, TestClock, new_account
from tests.devices import Device
from tests.passkeys.authenticator import Authenticator
from tests.passkeys.conftest import FINISH, SIGN_IN, Headers, asked, held, registered, show, signed_in

BEGIN, ENROL = "/v1/auth/passkey-enrolments/challenges", "/v1/auth/passkey-enrolments"


async def begun(client: httpx.AsyncClient, ticket: str) -> dict[str, Any]:
    answer = await client.post(BEGIN, json={"ticket": ticket})
    assert answer.status_code == 200, answer.text
    asked_for: dict[str, Any] = answer.json()
    return asked_for


async def code_in(app: Edge, challenge: str) -> str:
    """What the text message says."""
    row = await app.app.state.pool.fetchrow(
        """select id, purpose, audience, account_id, about_index, phone_index, phone_cipher, nonce, code_key,
                  key_thumbprint, locale
             from identity.challenges where id = $1::text::uuid""",
        challenge,
    )
    return code_of(app.app.state["keys"].secrets["one-time-code"], msgspec.convert(dict(row), Challenge))


async def enrol(
    client: httpx.AsyncClient, app: Edge, ticket: str, asked_for: dict[str, Any], phone: Authenticator, **change: Any
) -> httpx.Response:
    body = {
        "ticket": ticket, "challenge_id": asked_for["code"]["challenge_id"], "name": "Khoá của cơ quan",
        "code": await code_in(app, asked_for["code"]["challenge_id"]),
        "credential": phone.create(asked_for["options"]), **change,
    }  # fmt: skip
    return await client.post(ENROL, json=body)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture(autouse=True)
def wide(app: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute between two codes is what others test."""
    monkeypatch.setattr(app.app.state, "strict", Strict(app.app.state.valkey, 100))


@pytest.fixture
async def official(conn: asyncpg.Connection, app: Edge) -> UUID:
    """Somebody as `propose_grant` makes them: a citizen first."""
    account = await new_account(conn, app)
    await conn.execute("insert into identity.roles (account_id, role) values ($1, 'official')", account)
    return account


@pytest.fixture
async def ticket(conn: asyncpg.Connection, official: UUID, clock: TestClock) -> str:
    return await tickets.give(conn, official, None, clock())


async def test_an_official_enrols_with_a_ticket_and_a_code_and_signs_in_at_level_three(
    client: httpx.AsyncClient, app: Edge, official: UUID, ticket: str, phone: Authenticator
) -> None:
    made = await enrol(client, app, ticket, await begun(client, ticket), phone)

    on_duty = Device.of(app).headers("POST", SIGN_IN)
    session = await signed_in(client, phone, on_duty, audience="official")

    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    assert made.status_code == 200, made.text
    assert session["account_id"] == str(official)
    assert (claims["acr"], claims["aud"], session["token_type"]) == ("3", "official", "DPoP")


async def test_the_code_goes_to_the_phone_of_the_account_and_of_nobody_else(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: UUID, ticket: str
) -> None:
    asked_for = await begun(client, ticket)

    is_theirs = await conn.fetchval(
        """select a.phone_index = c.phone_index from identity.challenges c, identity.accounts a
            where c.id = $1::text::uuid and a.id = $2""",
        asked_for["code"]["challenge_id"], official,
    )  # fmt: skip
    promised = await conn.fetchval("select payload from pgqueuer where entrypoint = 'send_one_time_code'")
    assert is_theirs
    assert asked_for["code"]["challenge_id"] in promised.decode()


async def test_whoever_holds_the_ticket_without_the_phone_registers_nothing_however_often_they_guess(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, ticket: str, phone: Authenticator
) -> None:
    """SECURITY Z7: the administrator who approved it sees the ticket."""
    asked_for = await begun(client, ticket)
    right = await code_in(app, asked_for["code"]["challenge_id"])

    guesses = [
        await enrol(client, app, ticket, asked_for, phone, code=f"{(int(right) + more) % 1_000_000:06d}")
        for more in range(1, 6)
    ]
    tries = await conn.fetchval("select tries from identity.challenges where purpose = 'enrol_passkey'")
    late = await enrol(client, app, ticket, asked_for, phone)

    assert [problem(each) for each in guesses] == [(422, "otp_invalid")] * 5
    assert tries == 5
    assert problem(late) == (410, "otp_expired")
    assert not await conn.fetchval("select exists (select from passkeys.credentials)")


async def test_a_mistyped_code_may_be_typed_again(
    client: httpx.AsyncClient, app: Edge, ticket: str, phone: Authenticator
) -> None:
    asked_for = await begun(client, ticket)
    right = await code_in(app, asked_for["code"]["challenge_id"])
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"

    answers = [await enrol(client, app, ticket, asked_for, phone, code=code) for code in (wrong, right)]

    assert [answer.status_code for answer in answers] == [422, 200]


async def test_a_code_for_something_else_or_somebody_else_proves_nothing(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, clock: TestClock, ticket: str, phone: Authenticator
) -> None:
    """The administrator who approved it has a phone too, and perhaps a ticket."""
    asked_for = await begun(client, ticket)
    own = (await client.post("/v1/auth/otp", json={"phone": "0912345678"})).json()["challenge_id"]
    other = await tickets.give(conn, await new_account(conn, app, role="official"), None, clock())
    others = (await begun(client, other))["code"]["challenge_id"]

    answers = [
        await enrol(client, app, ticket, asked_for, phone, challenge_id=each, code=await code_in(app, each))
        for each in (own, others)
    ]

    assert [problem(each) for each in answers] == [(410, "otp_expired")] * 2


async def test_a_ticket_is_one_passkey(client: httpx.AsyncClient, app: Edge, ticket: str) -> None:
    first, second = await begun(client, ticket), await begun(client, ticket)

    answers = [await enrol(client, app, ticket, each, Authenticator()) for each in (first, second, first)]
    begin = await client.post(BEGIN, json={"ticket": ticket})

    assert answers[0].status_code == 200
    assert [problem(each) for each in (*answers[1:], begin)] == [(410, "enrolment_over")] * 3


async def test_a_ticket_that_is_over_or_none_is_refused(
    client: httpx.AsyncClient, ticket: str, clock: TestClock
) -> None:
    unknown = await client.post(BEGIN, json={"ticket": "A" * 43})
    clock.shift(timedelta(hours=24, seconds=1))
    late = await client.post(BEGIN, json={"ticket": ticket})

    assert [problem(each) for each in (unknown, late)] == [(410, "enrolment_over")] * 2


async def test_a_new_ticket_ends_the_older_one(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, official: UUID, ticket: str, clock: TestClock,
    phone: Authenticator,
) -> None:  # fmt: skip
    asked_for = await begun(client, ticket)
    newer = await tickets.give(conn, official, None, clock())

    answers = [await client.post(BEGIN, json={"ticket": ticket}), await enrol(client, app, ticket, asked_for, phone)]

    assert [problem(each) for each in answers] == [(410, "enrolment_over")] * 2
    assert (await client.post(BEGIN, json={"ticket": newer})).status_code == 200


@pytest.mark.parametrize("ending", ["by two people", "by its time"])
async def test_a_ticket_ends_with_the_role(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, official: UUID, ticket: str, clock: TestClock,
    phone: Authenticator, ending: str,
) -> None:  # fmt: skip
    asked_for = await begun(client, ticket)
    if ending == "by two people":
        await domain.end_role(conn, app.app.state.entrance, official, "official", clock())
        await conn.execute("insert into identity.roles (account_id, role) values ($1, 'official')", official)
    else:
        await conn.execute(
            "update identity.roles set ends_at = $2 where account_id = $1 and role = 'official'", official, clock()
        )

    answers = [await client.post(BEGIN, json={"ticket": ticket}), await enrol(client, app, ticket, asked_for, phone)]

    assert [problem(each) for each in answers] == [(410, "enrolment_over")] * 2


async def test_a_role_that_ends_takes_its_passkeys_along_and_leaves_the_persons_own(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, official: UUID, bearer: Bearer, clock: TestClock
) -> None:
    mine, theirs = Authenticator(), Authenticator()
    await registered(client, await bearer(official), mine)
    await registered(client, await bearer(official, audience="official", acr=3), theirs)

    await domain.end_role(conn, app.app.state.entrance, official, "official", clock())

    gone = await show(client, theirs.get(await asked(client)))
    assert problem(gone) == (422, "passkey_unknown")
    assert (await signed_in(client, mine))["account_id"] == str(official)


async def test_of_two_roles_that_one_ends_changes_nothing(
    conn: asyncpg.Connection, client: httpx.AsyncClient, app: Edge, official: UUID, ticket: str, clock: TestClock
) -> None:
    await conn.execute("insert into identity.roles (account_id, role) values ($1, 'administrator')", official)

    await domain.end_role(conn, app.app.state.entrance, official, "official", clock())

    assert (await client.post(BEGIN, json={"ticket": ticket})).status_code == 200


async def test_a_redeemed_ticket_puts_out_whoever_holds_the_lost_passkey(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, official: UUID, bearer: Bearer, ticket: str,
    phone: Authenticator,
) -> None:  # fmt: skip
    lost, key = Authenticator(), Device.of(app)
    await registered(client, await bearer(official, audience="official", acr=3), lost)
    thief = await signed_in(client, lost, key.headers("POST", SIGN_IN), audience="official")

    made = await enrol(client, app, ticket, await begun(client, ticket), phone)

    again = await show(client, lost.get(await asked(client)), key.headers("POST", SIGN_IN), audience="official")
    at = key.headers("GET", "/v1/me", thief["access_token"])
    assert made.status_code == 200
    assert problem(again) == (422, "passkey_unknown")
    assert (await client.get("/v1/me", headers=at)).status_code == 401
    left = await conn.fetch("select id::text from passkeys.credentials where account_id = $1", official)
    assert [row["id"] for row in left] == [made.json()["id"]]


async def test_a_challenge_belongs_to_its_ticket(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, clock: TestClock, ticket: str, phone: Authenticator
) -> None:
    other = await tickets.give(conn, await new_account(conn, app, role="official"), None, clock())
    of_other, of_this = await begun(client, other), await begun(client, ticket)

    answer = await enrol(client, app, ticket, {**of_this, "options": of_other["options"]}, phone)

    assert problem(answer) == (410, "passkey_challenge_over")


@pytest.mark.parametrize(
    ("change", "code"), [("disabled_at = created_at", "account_disabled"), ("cooling_until = $2", "cooling_off")]
)
async def test_a_ticket_of_a_closed_account_or_with_a_phone_of_yesterday_opens_nothing(
    client: httpx.AsyncClient, app: Edge, ticket: str, conn: asyncpg.Connection, official: UUID, clock: TestClock,
    phone: Authenticator, change: str, code: str,
) -> None:  # fmt: skip
    asked_for = await begun(client, ticket)
    await conn.execute(
        f"update identity.accounts set {change} where id = $1 and $2::timestamptz is not null", official,
        clock() + timedelta(hours=1),
    )  # fmt: skip

    answers = [await client.post(BEGIN, json={"ticket": ticket}), await enrol(client, app, ticket, asked_for, phone)]

    assert [problem(each) for each in answers] == [(403, code)] * 2


async def test_the_two_sides_of_an_account_have_passkeys_of_their_own(
    client: httpx.AsyncClient, app: Edge, official: UUID, bearer: Bearer
) -> None:
    """SECURITY T16: what opens one side opens, shows and removes nothing of the other."""
    mine, theirs = Authenticator(), Authenticator()
    as_citizen: Headers = await bearer(official)
    as_official: Headers = await bearer(official, audience="official", acr=3)
    own, duty = await registered(client, as_citizen, mine), await registered(client, as_official, theirs)
    key = Device.of(app)

    crossed = [
        await show(client, theirs.get(await asked(client)), key.headers("POST", SIGN_IN)),
        await show(client, mine.get(await asked(client)), key.headers("POST", SIGN_IN), audience="official"),
    ]
    by_mine = held(await signed_in(client, mine))
    removed = [
        await client.delete(f"{FINISH}/{duty['id']}", headers=by_mine),
        await client.delete(f"{FINISH}/{own['id']}", headers=as_official),
    ]
    lists = [(await client.get(FINISH, headers=each)).json()["items"] for each in (by_mine, as_official)]

    assert [problem(each) for each in crossed] == [(403, "passkey_of_other_side")] * 2
    assert [each.status_code for each in removed] == [404, 404]
    assert [[each["id"] for each in items] for items in lists] == [[own["id"]], [duty["id"]]]
    assert mine.user_handle != theirs.user_handle, "a phone would replace one by the other"


async def test_an_officials_passkey_counts_for_nothing_on_the_persons_own_side(
    client: httpx.AsyncClient, official: UUID, bearer: Bearer
) -> None:
    """It cannot be shown there, so nothing there may wait for it, or count it as a way in."""
    await registered(client, await bearer(official, audience="official", acr=3), Authenticator())
    as_citizen: Headers = await bearer(official)

    ways = await client.get("/v1/me/ways-in", headers=as_citizen)
    change = await client.post("/v1/me/phone", json={"phone": "0912345679"}, headers=as_citizen)
    first = await registered(client, as_citizen, Authenticator())

    assert ways.json()["passkeys"] == 0
    assert change.status_code == 202, change.text
    assert first["name"]


async def test_the_first_administrators_ticket_is_worth_nothing_without_the_phone_either(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, clock: TestClock, phone: Authenticator
) -> None:
    """`longan create-admin` goes the same way."""
    await conn.execute("delete from identity.roles where role = 'administrator'")
    ticket = await domain.first_administrator(conn, app.app.state.phones, "+84987650009", clock())
    assert ticket is not None
    asked_for = await begun(client, ticket)
    right = await code_in(app, asked_for["code"]["challenge_id"])

    answers = [
        await enrol(client, app, ticket, asked_for, phone, code=f"{(int(right) + more) % 1_000_000:06d}")
        for more in (1, 0)
    ]

    assert [answer.status_code for answer in answers] == [422, 200]
