"""What may happen once happens once, however many ask for it at the same time."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest

from longan.floor.accounts import tickets
from longan.floor.requests.limits import Limiter, Strict
from longan.rooms.passkeys import store
from longan.rooms.passkeys.models import PasskeyChallengeOver
from tests.conftest import Real, TestClock
from tests.passkeys.authenticator import Authenticator, raw
from tests.passkeys.conftest import FINISH, Headers, asked, begun, finish, held, registered, show, signed_in
from tests.passkeys.test_enrolling import begun as begun_enrolment
from tests.passkeys.test_enrolling import enrol


@pytest.fixture
async def wide(real: Real) -> Real:
    """A real app whose windows are too wide to do the work of what is tested, and whose connections are open: who waits
    for one comes too late to race."""
    state = real.app.app.state
    state.strict = Strict(state.valkey, 10_000)
    real.app.limiter = Limiter(state.valkey, 10_000)
    await asyncio.gather(*(real.pool.fetchval("select pg_sleep(0.1)::text") for _ in range(10)))
    return real


async def test_of_nine_connections_that_use_a_challenge_one_does(wide: Real) -> None:
    """SECURITY 0.8: a look first and a write after it is won by many."""
    connections = [await wide.pool.acquire() for _ in range(9)]
    try:
        for _ in range(100):
            now = wide.app.app.state.clock()
            challenge = raw(await store.ask(connections[0], "sign_in", None, now))

            used = await asyncio.gather(
                *(store.use(each, challenge, "sign_in", None, now) for each in connections), return_exceptions=True
            )

            assert Counter(type(each) for each in used) == {type(None): 1, PasskeyChallengeOver: 8}
    finally:
        for each in connections:
            await wide.pool.release(each)


async def test_fifty_answers_at_once_to_one_challenge_are_one_session(wide: Real, phone: Authenticator) -> None:
    account = await wide.account()
    me: Headers = await wide.bearer(account)
    await registered(wide.client, me, phone)
    options = await asked(wide.client)
    credentials = [phone.get(options) for _ in range(50)]
    before = await wide.pool.fetchval("select count(*) from sessions.sessions")

    answers = await asyncio.gather(*(show(wide.client, each, me) for each in credentials))

    seen = Counter(answer.status_code for answer in answers)
    assert seen[200] == 1
    assert seen.keys() <= {200, 410, 503}
    assert await wide.pool.fetchval("select count(*) from sessions.sessions") == before + 1


async def test_fifty_times_one_answer_are_one_session(wide: Real, phone: Authenticator) -> None:
    me: Headers = await wide.bearer(await wide.account())
    await registered(wide.client, me, phone)
    credential = phone.get(await asked(wide.client))

    answers = await asyncio.gather(*(show(wide.client, credential, me) for _ in range(50)))

    seen = Counter(answer.status_code for answer in answers)
    assert seen[200] == 1
    assert seen.keys() <= {200, 410, 503}


async def test_twenty_registrations_at_once_are_ten_passkeys(wide: Real) -> None:
    staff = await wide.bearer(await wide.account("official"), audience="official", acr=3)
    made = [Authenticator().create(await begun(wide.client, staff)) for _ in range(20)]

    answers = await asyncio.gather(*(finish(wide.client, staff, each) for each in made))

    seen = Counter(answer.status_code for answer in answers)
    assert seen[201] <= 10
    assert seen.keys() <= {201, 409, 503}
    assert await wide.pool.fetchval("select count(*) from passkeys.credentials") == seen[201]


async def test_one_challenge_at_once_is_one_passkey(wide: Real) -> None:
    staff = await wide.bearer(await wide.account("official"), audience="official", acr=3)
    options = await begun(wide.client, staff)

    answers = await asyncio.gather(*(finish(wide.client, staff, Authenticator().create(options)) for _ in range(20)))

    seen = Counter(answer.status_code for answer in answers)
    assert seen[201] == 1
    assert seen.keys() <= {201, 410, 503}


async def test_a_ticket_at_once_is_one_passkey(wide: Real, clock: TestClock) -> None:
    account = await wide.account("official")
    async with wide.pool.acquire() as connection, connection.transaction():
        ticket = await tickets.give(connection, account, None, clock())  # type: ignore[arg-type]
    made = [await begun_enrolment(wide.client, ticket) for _ in range(10)]

    answers = await asyncio.gather(*(enrol(wide.client, wide.app, ticket, each, Authenticator()) for each in made))

    seen = Counter(answer.status_code for answer in answers)
    assert seen[200] == 1
    assert seen.keys() <= {200, 410, 503}


async def test_two_removals_at_once_leave_an_official_one_passkey(wide: Real) -> None:
    staff = await wide.bearer(await wide.account("official"), audience="official", acr=3)
    passkeys = [await registered(wide.client, staff, Authenticator()) for _ in range(2)]

    answers = await asyncio.gather(
        *(wide.client.delete(f"{FINISH}/{each['id']}", headers=staff) for each in passkeys)
    )  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_of_the_last_passkey_and_the_last_provider_removed_at_once_one_stays(wide: Real) -> None:
    provider = SimpleNamespace(provider=SimpleNamespace(id="local", issuer="https://local.example"))
    wide.app.app.state.providers = {"local": provider}
    for _ in range(10):
        account, phone = await wide.account(), Authenticator()
        passkey = await registered(wide.client, await wide.bearer(account), phone)
        await wide.pool.execute(
            "update identity.accounts set phone_index = null, phone_cipher = null where id = $1", account
        )
        await wide.pool.execute(
            """insert into federation.links (account_id, issuer, subject_index, linked_at)
               values ($1, 'https://local.example', $2, now())""",
            account, account.bytes,
        )  # fmt: skip
        me = held(await signed_in(wide.client, phone))

        answers = await asyncio.gather(
            wide.client.delete(f"{FINISH}/{passkey['id']}", headers=me),
            wide.client.delete("/v1/me/ways-in/local", headers=me),
        )

        assert sorted(answer.status_code for answer in answers) == [204, 409]
