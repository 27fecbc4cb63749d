"""How long a session lasts, what ends it, and what its owner hears of it (SECURITY S1, S3, S5, S6)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import jwt
import msgspec
import pytest
import redis.asyncio

from longan.api.app import create_app
from longan.api.edge import Edge
from longan.floor.access.entrance import ABSOLUTE, IDLE, IDLE_ADMINISTRATOR, MOST, Entering, SignInDevice
from longan.floor.database.tasks import Context, declared
from longan.floor.setup.settings import Settings
from longan.rooms.sessions import tasks
from tests.conftest import Real, TestClock, client_of, new_account
from tests.sessions.conftest import Refresh, SignedIn, Told, held, signed_in_on

WITHIN_SECONDS = 5.0
KEY, OTHER = "k" * 43, "o" * 43

Enter = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def somebody(conn: asyncpg.Connection, app: Edge) -> UUID:
    return await new_account(conn, app)


@pytest.fixture
def entering(app: Edge, conn: asyncpg.Connection, clock: TestClock, somebody: UUID) -> Enter:
    """`await entering(audience="app", amr=["otp"], ...)`: what a way in does in its end."""

    async def open_session(**said: Any) -> dict[str, Any]:
        whole = Entering(**{"account_id": somebody, "audience": "app", "amr": ["otp"], **said})
        made: dict[str, Any] = msgspec.to_builtins(await app.app.state.entrance.open(conn, whole, clock()))
        return made

    return open_session


def sid(pair: dict[str, Any]) -> UUID:
    return UUID(jwt.decode(pair["access_token"], options={"verify_signature": False})["sid"])


async def until_refused(client: httpx.AsyncClient, path: str, pair: dict[str, Any], status: int) -> float:
    """Seconds until a token that was good is refused as it should be."""
    begun = time.monotonic()
    while (answer := await client.get(path, headers=held(pair))).status_code != status:
        assert answer.status_code == 200, answer.text
        assert time.monotonic() < begun + 2 * WITHIN_SECONDS, "it is still good"
        await asyncio.sleep(0.1)
    return time.monotonic() - begun


async def test_what_ends_a_session_here_holds_everywhere_within_five_seconds(
    real: Real, settings: Settings, clock: TestClock, valkey: redis.asyncio.Redis
) -> None:
    told = msgspec.structs.replace(settings, database_url=real.url)
    async with client_of(create_app(told, pool=real.pool, clock=clock, valkey=valkey)) as there:
        pairs = {
            name: await signed_in_on(real.client, phone)
            for name, phone in (
                ("signed out", "+84900000001"), ("ended from afar", "+84900000001"), ("evicted", "+84900000002"),
                ("reused", "+84900000003"), ("disabled", "+84900000004"), ("role", "+84900000031"),
            )
        }  # fmt: skip
        paths = {"role": "/v1/staff/grants"}
        for name, pair in pairs.items():
            assert (await there.get(paths.get(name, "/v1/me"), headers=held(pair))).status_code == 200

        here, ended = real.client, sid(pairs["ended from afar"])
        renewed = await here.post("/v1/auth/refresh", json={"refresh_token": pairs["reused"]["refresh_token"]})
        await here.post("/v1/auth/refresh", json={"refresh_token": renewed.json()["refresh_token"]})
        assert (await here.delete(f"/v1/auth/sessions/{ended}", headers=held(pairs["signed out"]))).status_code == 204
        assert (await here.post("/v1/auth/logout", headers=held(pairs["signed out"]))).status_code == 204
        reused = await here.post("/v1/auth/refresh", json={"refresh_token": pairs["reused"]["refresh_token"]})
        assert reused.json()["code"] == "refresh_token_reused"
        for _ in range(MOST["app"]):
            await signed_in_on(here, "+84900000002")
        disabled, role = pairs["disabled"]["account_id"], pairs["role"]["account_id"]
        await real.pool.execute("update identity.accounts set disabled_at = $2 where id = $1", UUID(disabled), clock())
        await real.pool.execute("delete from identity.roles where account_id = $1", UUID(role))

        took = await asyncio.gather(
            *(
                until_refused(there, paths.get(name, "/v1/me"), pair, 403 if name == "role" else 401)
                for name, pair in pairs.items()
            )
        )

    assert max(took) < WITHIN_SECONDS


async def test_every_proof_is_a_new_session_and_the_old_one_is_over(
    client: httpx.AsyncClient, entering: Enter, refresh: Refresh, told: Told
) -> None:
    first = await entering()
    assert (await client.get("/v1/me", headers=held(first))).status_code == 200

    second = await entering(replaces=sid(first))

    assert sid(second) != sid(first)
    assert (await client.get("/v1/me", headers=held(first))).status_code == 401
    assert (await refresh(first["refresh_token"])).status_code == 401
    assert (await client.get("/v1/me", headers=held(second))).status_code == 200
    assert await told() == []


async def test_who_signs_in_again_with_the_token_has_a_new_session_instead_of_the_old(
    client: httpx.AsyncClient, signed_in: SignedIn, refresh: Refresh
) -> None:
    first = await signed_in()
    challenge = (await client.post("/v1/auth/otp", json={"phone": "+84900000001"})).json()["challenge_id"]
    entry = {"challenge_id": challenge, "code": "000000"}

    second = (await client.post("/v1/auth/otp/verify", json=entry, headers=held(first))).json()

    assert sid(second) != sid(first)
    assert [(await client.get("/v1/me", headers=held(pair))).status_code for pair in (first, second)] == [401, 200]
    assert (await refresh(first["refresh_token"])).status_code == 401


async def test_nobody_replaces_the_session_of_another(
    client: httpx.AsyncClient, entering: Enter, app: Edge, conn: asyncpg.Connection
) -> None:
    mine, other = await entering(), await new_account(conn, app)

    await entering(account_id=other, replaces=sid(mine))

    assert (await client.get("/v1/me", headers=held(mine))).status_code == 200


async def test_the_sixth_phone_signs_out_the_one_unused_the_longest_and_its_owner_is_told(
    client: httpx.AsyncClient, entering: Enter, refresh: Refresh, clock: TestClock, told: Told
) -> None:
    pairs = []
    for _ in range(MOST["app"]):
        clock.shift(timedelta(minutes=1))
        pairs.append(await entering(key_thumbprint=None))
    used = (await refresh(pairs[0]["refresh_token"])).json()
    before = await told()

    sixth = await entering()

    seen = [(await client.get("/v1/me", headers=held(pair))).status_code for pair in [used, *pairs[1:], sixth]]
    assert seen == [200, 401, 200, 200, 200, 200]
    assert (await told())[len(before) :] == ["session_evicted", "new_sign_in"]


async def test_an_official_has_one_session(client: httpx.AsyncClient, entering: Enter, told: Told) -> None:
    first = await entering(audience="official", amr=["persona"])
    app = await entering()

    second = await entering(audience="official", amr=["persona"])

    seen = [(await client.get("/v1/me", headers=held(pair))).status_code for pair in (first, app, second)]
    assert seen == [401, 200, 200]
    assert "session_evicted" in await told()


async def test_a_device_never_seen_before_is_told_of_where_somebody_is_signed_in_already(
    entering: Enter, conn: asyncpg.Connection, told: Told, clock: TestClock
) -> None:
    async def told_by(**said: Any) -> list[str]:
        before = len(await told())
        await entering(**said)
        return (await told())[before:]

    phone = SignInDevice("Điện thoại", "android")
    assert await told_by(key_thumbprint=KEY, device=phone) == []  # nobody there to hear of it
    assert await told_by(key_thumbprint=KEY, device=phone) == []
    assert await told_by(key_thumbprint=OTHER, device=phone) == ["new_sign_in"]
    assert await told_by(key_thumbprint=OTHER, device=phone) == []
    assert await told_by(device=phone) == ["new_sign_in"]
    await conn.execute("update sessions.sessions set ended_at = $1", clock())
    assert await told_by(device=phone) == []


@pytest.mark.parametrize(
    ("role", "audience", "idle"),
    [
        ("worker", "app", IDLE["app"]),
        ("official", "official", timedelta(minutes=15)),
        ("administrator", "official", timedelta(minutes=5)),
        ("administrator", "app", IDLE["app"]),
    ],
)
async def test_how_long_a_session_waits_to_be_used_goes_by_what_its_owner_may_do(
    entering: Enter, refresh: Refresh, conn: asyncpg.Connection, clock: TestClock, somebody: UUID, role: str,
    audience: str, idle: timedelta,
) -> None:  # fmt: skip
    await conn.execute(
        "insert into identity.roles (account_id, role) values ($1, $2) on conflict do nothing", somebody, role
    )
    second = timedelta(seconds=1)
    unused = await entering(audience=audience, amr=["persona"])
    clock.shift(idle + second)
    assert (await refresh(unused["refresh_token"])).status_code == 401
    pair = await entering(audience=audience, amr=["persona"])
    clock.shift(idle - second)
    renewed = await refresh(pair["refresh_token"])
    assert renewed.status_code == 200

    clock.shift(idle + second)

    assert (await refresh(renewed.json()["refresh_token"])).status_code == 401
    assert IDLE_ADMINISTRATOR < IDLE["official"] < ABSOLUTE["official"] == timedelta(hours=12)


async def expired(context: Context, clock: TestClock, by: timedelta) -> None:
    clock.shift(by)
    await tasks.warn_of_expiry(context)


async def test_who_does_not_use_the_app_is_warned_once_before_their_session_ends(
    entering: Enter, refresh: Refresh, context: Context, clock: TestClock, told: Told
) -> None:
    pair, day = await entering(), timedelta(days=1)
    await expired(context, clock, IDLE["app"] - 4 * day)
    assert await told() == []

    for _ in range(2):
        await expired(context, clock, day)
    assert await told() == ["session_expiring"]

    renewed = await refresh(pair["refresh_token"])
    await expired(context, clock, timedelta())
    assert await told() == ["session_expiring"]
    await expired(context, clock, IDLE["app"] - 2 * day)
    assert renewed.status_code == 200
    assert await told() == ["session_expiring"] * 2


async def test_who_uses_the_app_every_day_is_warned_once_before_the_end_comes_anyway(
    entering: Enter, refresh: Refresh, context: Context, clock: TestClock, told: Told
) -> None:
    token, seen = (await entering())["refresh_token"], []
    while (answer := await refresh(token)).status_code == 200:
        token = answer.json()["refresh_token"]
        await expired(context, clock, timedelta(days=1))
        seen.append(len(await told()))

    assert seen[-1] == 1
    assert len(seen) - seen.index(1) == tasks.WARNED_BEFORE.days + 1


async def test_a_warning_is_not_sent_when_the_session_was_used_by_then(
    entering: Enter, refresh: Refresh, conn: asyncpg.Connection, context: Context, clock: TestClock
) -> None:
    pair = await entering()
    await expired(context, clock, IDLE["app"] - timedelta(days=2))
    promise = await conn.fetchval("select payload from pgqueuer where entrypoint = 'session_expiring'")
    for _ in range(2):
        await declared("session_expiring", tasks.session_expiring).run(context, promise)
    wanted = "select topic, subject_id, notifications.still_wanted(id, 'push', $1) from notifications.inbox"
    [before] = await conn.fetch(wanted, clock())

    await refresh(pair["refresh_token"])

    [after] = await conn.fetch(wanted, clock())
    assert before == ("session_expiring", sid(pair), True)
    assert after == ("session_expiring", sid(pair), False)


@pytest.mark.parametrize("ended", ["signed out", "run out", "official"])
async def test_nobody_is_warned_of_what_is_no_loss(
    entering: Enter, conn: asyncpg.Connection, context: Context, clock: TestClock, told: Told, ended: str
) -> None:
    await entering(audience="official" if ended == "official" else "app", amr=["persona"])
    if ended == "signed out":
        await conn.execute("update sessions.sessions set ended_at = signed_in_at")
    clock.shift({"signed out": IDLE["app"] - timedelta(days=1), "run out": IDLE["app"]}.get(ended, timedelta()))

    await tasks.warn_of_expiry(context)

    assert await told() == []


async def test_what_ran_out_is_written_down_as_ended_and_its_tokens_are_forgotten(
    entering: Enter, conn: asyncpg.Connection, context: Context, clock: TestClock
) -> None:
    await entering()
    over = await conn.fetchval("select idle_expires_at from sessions.sessions")
    clock.shift(IDLE["app"] + timedelta(hours=1))
    living = await entering()

    await tasks.prune_sessions(context)
    first = await conn.fetch("select id, ended_at, end_reason from sessions.sessions order by signed_in_at")
    kept = await conn.fetchval("select count(*) from sessions.refresh_tokens")
    clock.shift(tasks.KEPT_FOR)
    await tasks.prune_sessions(context)

    assert [(row["ended_at"], row["end_reason"]) for row in first] == [(over, "expired"), (None, None)]
    assert (first[1]["id"], kept) == (sid(living), 2)
    assert await conn.fetchval("select count(*) from sessions.refresh_tokens") == 1
