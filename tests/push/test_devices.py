"""Registering a phone over HTTP: one row for an installation, one owner for a target."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.devkit import embedded
from longan.floor.access.tokens import Principal
from longan.floor.base import zones
from longan.rooms.push import store
from longan.rooms.push.models import DeviceIn, Push, Settlement
from longan.rooms.push.tasks import REMEMBERED
from tests.conftest import Bearer, Copies, Real, TestClock, new_account
from tests.push.pushing import World, fresh_world

DAY = timedelta(days=1)
PHONE = {"target": "dmLz9wXoQ7qk3Yf1rT0aBc", "target_kind": "fid", "platform": "android", "locale": "vi"}


def path(installation: str) -> str:
    return f"/v1/me/devices/{installation}"


async def devices(conn: asyncpg.Connection) -> list[asyncpg.Record]:
    return await conn.fetch(
        "select installation_id, account_id, target, session_id from push.devices order by installation_id"
    )


async def test_a_phone_is_registered_and_its_target_is_not_shown_again(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    answer = await client.put(path("installation-1"), json=PHONE, headers=await bearer())

    assert answer.status_code == 200
    assert answer.json() | {"registered_at": "", "seen_at": ""} == {
        "installation_id": "installation-1", "name": None, "target_kind": "fid", "platform": "android", "locale": "vi",
        "time_zone": "Asia/Ho_Chi_Minh", "current": True, "reachable": True, "registered_at": "", "seen_at": "",
    }  # fmt: skip
    assert [row["target"] for row in await devices(conn)] == [PHONE["target"]]


async def test_registering_again_changes_the_one_row(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    await client.put(path("installation-1"), json=PHONE, headers=me)
    await conn.execute("update push.devices set out_of_use_at = now(), out_of_use_for = 'unregistered'")

    answer = await client.put(path("installation-1"), json={**PHONE, "target": "another-target"}, headers=me)

    assert answer.status_code == 200
    assert [row["target"] for row in await devices(conn)] == ["another-target"]
    assert await conn.fetchval("select out_of_use_at is null from push.devices")


@pytest.mark.parametrize("installation", ["installation-1", "installation-2"])
async def test_a_phone_is_taken_from_its_former_owner(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, installation: str
) -> None:
    former, later = await bearer(), await bearer()
    await client.put(path("installation-1"), json=PHONE, headers=former)

    answer = await client.put(path(installation), json=PHONE, headers=later)

    assert answer.status_code == 200
    assert [row["installation_id"] for row in await devices(conn)] == [installation]
    assert (await client.delete(path("installation-1"), headers=former)).status_code == 404
    assert (await client.delete(path(installation), headers=later)).status_code == 204


async def test_unregistering_twice_finds_nothing_the_second_time(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    await client.put(path("installation-1"), json=PHONE, headers=me)

    answers = [await client.delete(path("installation-1"), headers=me) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 404]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"target": "short"}, "/target"),
        ({"target": "x" * 1025}, "/target"),
        ({"target": "with space in it"}, "/target"),
        ({"target": "đ" * 20}, "/target"),
        ({"target": "trailing-newline\n"}, "/target"),
        ({"target_kind": "apns"}, "/target_kind"),
        ({"platform": "windows"}, "/platform"),
        ({"locale": "fr"}, "/locale"),
        ({"time_zone": "Asia/Saigon2"}, "/time_zone"),
        ({"time_zone": "asia/ho_chi_minh"}, "/time_zone"),
        ({"time_zone": "localtime"}, "/time_zone"),
        ({"time_zone": "+07"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"time_zone": "Asia/Ho_Chi_Minh\n"}, "/time_zone"),
        ({"time_zone": ""}, "/time_zone"),
        ({"time_zone": "A" * 65}, "/time_zone"),
        ({"more": 1}, "/more"),
    ],
)
async def test_a_wrong_field_is_named(
    client: httpx.AsyncClient, bearer: Bearer, change: dict[str, object], pointer: str
) -> None:
    answer = await client.put(path("installation-1"), json={**PHONE, **change}, headers=await bearer())

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("installation", "status"),
    [
        ("short", 400),
        ("x" * 129, 404),
        ("with%20space", 404),
        ("%C4%91%C4%91%C4%91%C4%91%C4%91", 404),
        ("newline-1%0A", 404),
    ],
)
async def test_a_wrong_installation_id_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, installation: str, status: int
) -> None:
    answer = await client.put(path(installation), json=PHONE, headers=await bearer())

    assert answer.status_code == status


async def test_nobody_registers_a_phone_without_signing_in(client: httpx.AsyncClient) -> None:
    assert (await client.put(path("installation-1"), json=PHONE)).status_code == 401


async def test_one_target_claimed_by_many_at_once_ends_with_one_of_them(real: Real) -> None:
    everybody = [await real.bearer() for _ in range(8)]

    answers = await asyncio.gather(
        *(real.client.put(path(f"installation-{uuid4()}"), json=PHONE, headers=headers) for headers in everybody)
    )

    assert [answer.status_code for answer in answers] == [200] * 8
    assert await real.pool.fetchval("select count(*) from push.devices") == 1


async def test_accounts_that_swap_phones_at_once_never_stand_in_each_other_s_way(real: Real) -> None:
    everybody = [await real.bearer() for _ in range(4)]
    asked = [(who, phone, target) for who in everybody for phone in range(3) for target in range(3)]
    random.Random(1).shuffle(asked)

    answers = await asyncio.gather(
        *(
            real.client.put(path(f"installation-{phone}"), json={**PHONE, "target": f"target-{target}"}, headers=who)
            for who, phone, target in asked
        )
    )

    assert [answer.status_code for answer in answers] == [200] * len(asked)
    rows = await real.pool.fetch("select installation_id, target from push.devices")
    assert len({row["target"] for row in rows}) == len({row["installation_id"] for row in rows}) == len(rows) <= 3


async def test_an_account_that_registers_many_phones_at_once_keeps_ten(real: Real) -> None:
    me = await real.bearer()

    await asyncio.gather(
        *(
            real.client.put(path(f"installation-{number}"), json={**PHONE, "target": f"target-{number}"}, headers=me)
            for number in range(14)
        )
    )

    assert await real.pool.fetchval("select count(*) from push.devices") == store.MOST == 10


async def named(conn: asyncpg.Connection, name: str) -> None:
    """The newest session is that of a device with this name."""
    newest = "select id from sessions.sessions order by id desc limit 1"
    await conn.execute(f"update sessions.sessions set device_name = $1 where id = ({newest})", name)


async def shown(client: httpx.AsyncClient, headers: dict[str, str]) -> list[dict[str, Any]]:
    answer = await client.get("/v1/me/devices", headers=headers)
    assert answer.status_code == 200, answer.text
    assert "target-of" not in answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_people_see_their_phones_by_name_and_take_away_one_they_lost(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, clock: TestClock
) -> None:
    account = await new_account(conn, app)
    old = await bearer(account)
    await named(conn, "Điện thoại cũ")
    await client.put(path("installation-old"), json={**PHONE, "target": "target-of-old"}, headers=old)
    clock.shift(timedelta(minutes=1))
    new = await bearer(account)
    await named(conn, "Điện thoại mới")
    body = {**PHONE, "target": "target-of-new", "platform": "ios", "locale": "en", "time_zone": "Asia/Tokyo"}
    await client.put(path("installation-new"), json=body, headers=new)
    await client.put(path("installation-else"), json={**PHONE, "target": "target-of-else"}, headers=await bearer())

    listed = await shown(client, new)
    removed = await client.delete(path("installation-old"), headers=new)

    keys = ("installation_id", "name", "platform", "locale", "time_zone", "current", "reachable")
    assert [tuple(phone[key] for key in keys) for phone in listed] == [
        ("installation-new", "Điện thoại mới", "ios", "en", "Asia/Tokyo", True, True),
        ("installation-old", "Điện thoại cũ", "android", "vi", "Asia/Ho_Chi_Minh", False, True),
    ]
    assert removed.status_code == 204
    assert [phone["installation_id"] for phone in await shown(client, old)] == ["installation-new"]


async def test_a_phone_whose_session_ended_is_no_longer_among_one_s_phones(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, now: datetime
) -> None:
    account = await new_account(conn, app)
    there = await bearer(account)
    await client.put(path("installation-1"), json=PHONE, headers=there)
    here = await bearer(account)
    reachable = "select push.reachable($1, $2)"
    before = await conn.fetchval(reachable, account, now)

    await client.post("/v1/auth/logout", json={}, headers=there)

    assert await shown(client, here) == []
    assert (before, await conn.fetchval(reachable, account, now)) == (True, False)


async def test_the_start_of_the_app_says_that_the_phone_is_there(
    client: httpx.AsyncClient, bearer: Bearer, clock: TestClock
) -> None:
    me = await bearer()
    first = (await client.put(path("installation-1"), json=PHONE, headers=me)).json()
    clock.shift(timedelta(minutes=2))

    again = (await client.put(path("installation-1"), json=PHONE, headers=me)).json()
    moved = (await client.put(path("installation-1"), json={**PHONE, "target": "another-one"}, headers=me)).json()

    assert again["registered_at"] == first["registered_at"] < again["seen_at"]
    assert moved["registered_at"] == moved["seen_at"]


async def test_a_phone_that_is_silent_for_a_month_does_not_count_and_after_270_days_hears_nothing(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, now: datetime
) -> None:
    account = await new_account(conn, app)
    me = await bearer(account)
    await client.put(path("installation-1"), json=PHONE, headers=me)
    await conn.execute("update sessions.sessions set idle_expires_at = $1, expires_at = $1", now + 999 * DAY)

    async def reachable(at: datetime) -> tuple[bool, bool]:
        principal = Principal(account, uuid4(), "app", 0, at)
        [phone] = await store.own(conn, principal, at)
        return phone.reachable, await conn.fetchval("select push.reachable($1, $2)", account, at)

    seen: datetime = await conn.fetchval("select seen_at from push.devices")
    month = await reachable(seen + 30 * DAY - timedelta(seconds=1)), await reachable(seen + 30 * DAY)
    early = await store.retire(conn, seen + 270 * DAY - timedelta(seconds=1), now)  # type: ignore[arg-type]
    late = await store.retire(conn, seen + 270 * DAY, now)  # type: ignore[arg-type]

    assert month == ((True, True), (False, False))
    assert (early, late) == (0, 1)
    assert await conn.fetchval("select out_of_use_for from push.devices") == "silent"
    await client.put(path("installation-1"), json=PHONE, headers=me)
    assert await conn.fetchval("select out_of_use_at is null from push.devices")


async def test_a_phone_that_is_long_out_of_use_is_forgotten(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    await client.put(path("installation-1"), json=PHONE, headers=await bearer())
    await conn.execute("update push.devices set out_of_use_at = $1", now - REMEMBERED)

    await store.retire(conn, now, now - REMEMBERED)  # type: ignore[arg-type]

    assert await devices(conn) == []


async def test_an_account_has_at_most_ten_phones_and_the_one_heard_of_least_lately_makes_room(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me = await bearer()

    async def register(number: int) -> None:
        clock.shift(timedelta(seconds=1))
        body = {**PHONE, "target": f"target-{number}"}
        assert (await client.put(path(f"installation-{number}"), json=body, headers=me)).status_code == 200

    for number in (*range(10), 0):
        await register(number)
    await register(10)

    assert {row["target"] for row in await devices(conn)} == {f"target-{number}" for number in (0, *range(2, 11))}


async def test_postgresql_knows_every_time_zone_that_we_take(conn: asyncpg.Connection) -> None:
    known = {row["name"] for row in await conn.fetch("select name from pg_timezone_names")}

    assert zones.HOME in zones.known()
    assert zones.known() <= known


ACCOUNTS, INSTALLATIONS, TARGETS = range(3), range(4), range(4)
DEEDS = st.lists(
    st.one_of(
        st.tuples(
            st.just("register"), st.sampled_from(ACCOUNTS), st.sampled_from(INSTALLATIONS), st.sampled_from(TARGETS)
        ),
        st.tuples(st.just("unregister"), st.sampled_from(ACCOUNTS), st.sampled_from(INSTALLATIONS)),
        st.tuples(st.just("sign_out"), st.sampled_from(ACCOUNTS)),
        st.tuples(st.just("unregistered"), st.sampled_from(TARGETS)),
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(deeds=DEEDS)
async def test_whatever_people_do_a_target_has_one_owner_an_installation_one_row_and_an_account_few(
    conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime, deeds: Sequence[Any]
) -> None:
    around = conn.transaction()
    await around.start()
    most, store.MOST = store.MOST, 2
    try:
        await follow(conn, app, bearer, now, deeds)
    finally:
        store.MOST = most
        await around.rollback()


async def follow(conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime, deeds: Sequence[Any]) -> None:
    """Do it, beside a model: by installation whose it is, in which session, to which target, since when; the last heard
    of last."""
    accounts = [await new_account(conn, app) for _ in ACCOUNTS]
    sessions = [await signed_in(conn, bearer, account) for account in accounts]
    model: dict[int, tuple[int, UUID, int]] = {}
    out_of_use: set[int] = set()
    for number, (deed, *about) in enumerate(deeds):
        at = now + timedelta(seconds=number)
        match deed:
            case "register":
                who, installation, target = about
                for other in [i for i, (_, _, t) in model.items() if t == target or i == installation]:
                    del model[other]
                mine = [i for i, (w, _, _) in model.items() if w == who]
                for oldest in mine[: max(0, len(mine) - 1)]:
                    del model[oldest]
                model[installation] = (who, sessions[who], target)
                out_of_use -= {installation}
                principal = Principal(accounts[who], sessions[who], "app", 0, now)
                body = DeviceIn(f"target-{target}", "fid", "android")
                await store.register(conn, principal, f"installation-{installation}", body, at)
            case "unregister":
                who, installation = about
                was = installation in model and model[installation][0] == who
                if was:
                    del model[installation]
                assert await store.unregister(conn, accounts[who], f"installation-{installation}") is was
            case "sign_out":
                [who] = about
                await conn.execute("update sessions.sessions set ended_at = $2 where id = $1", sessions[who], at)
                sessions[who] = await signed_in(conn, bearer, accounts[who])
            case "unregistered":
                [target] = about
                out_of_use |= {i for i, (_, _, t) in model.items() if t == target}
                await conn.execute(
                    "update push.devices set out_of_use_at = $2 where target = $1", f"target-{target}", at
                )
        out_of_use &= model.keys()
        rows = await conn.fetch(
            "select installation_id, account_id, session_id, target, out_of_use_at is not null as out from push.devices"
        )
        assert {
            (row["installation_id"], row["account_id"], row["session_id"], row["target"], row["out"]) for row in rows
        } == {
            (f"installation-{i}", accounts[who], session, f"target-{target}", i in out_of_use)
            for i, (who, session, target) in model.items()
        }
        assert len({row["target"] for row in rows}) == len(rows)
        for who, account in enumerate(accounts):
            hears = any(w == who and s == sessions[who] and i not in out_of_use for i, (w, s, _) in model.items())
            assert await conn.fetchval("select push.reachable($1, $2)", account, at) is hears


async def signed_in(conn: asyncpg.Connection, bearer: Bearer, account: UUID) -> UUID:
    await bearer(account)
    session: UUID = await conn.fetchval(
        "select id from sessions.sessions where account_id = $1 and ended_at is null", account
    )
    return session


@pytest.fixture
async def world(services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        yield made


async def claimed(world: World) -> list[Push]:
    """All that is due, leased."""
    now = world.context.clock()
    leased, _ = await store.claim(
        world.pool, "test", 10_000.0, 100, now, lease=uuid4(), until=now + timedelta(seconds=60), most_tries=9
    )
    return leased


@pytest.mark.parametrize("again", [True, False])
async def test_a_phone_that_registers_while_fcm_says_that_it_is_gone_stays_in_use(world: World, again: bool) -> None:
    account = await world.somebody("good-phone-1")
    await world.tell(account)
    leased = await claimed(world)
    if again:
        session = await world.pool.fetchval("select session_id from push.devices")
        now = world.context.clock()
        async with world.pool.acquire() as tx, tx.transaction():
            await store.register(
                tx,  # type: ignore[arg-type]
                Principal(account, session, "app", 0, now),
                "installation-good-phone-1",
                DeviceIn("good-phone-1", "fid", "android"),
                now,
            )

    gone = [Settlement(push, "gone", error="unregistered") for push in leased]
    settled = await store.settle(world.pool, gone, world.context.clock())

    assert settled == len(leased) == 1
    assert await world.pool.fetchval("select out_of_use_at is null from push.devices") is again


async def test_registering_and_settling_of_the_same_phones_at_once_never_block_each_other_for_good(
    world: World,
) -> None:
    people = await world.crowd(20)
    phones = await world.pool.fetch("select installation_id, account_id, session_id, target from push.devices")
    await world.tell(*people)
    leased = await claimed(world)

    async def register(phone: asyncpg.Record) -> None:
        now = world.context.clock()
        async with world.pool.acquire() as tx, tx.transaction():
            await store.register(
                tx,  # type: ignore[arg-type]
                Principal(phone["account_id"], phone["session_id"], "app", 0, now),
                phone["installation_id"],
                DeviceIn(phone["target"], "fid", "android"),
                now,
            )

    gone = [Settlement(push, "gone", error="unregistered") for push in leased]
    await asyncio.gather(store.settle(world.pool, gone, world.context.clock()), *(register(phone) for phone in phones))

    assert await world.pool.fetchval("select count(*) from push.devices where out_of_use_at is null") == 20
