"""Real worker processes, one of them killed in the middle: every difference is told once, to each who watches."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from longan.devkit import embedded, lgsp
from longan.floor.dossiers.dossier_clock import Change
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.setup.crypto import Sealed
from longan.rooms.dossier_watches import store
from tests.conftest import Copies
from tests.push.pushing import World, fresh_world, until
from tests.test_worker import process

DOSSIERS = 40
CODES = [f"H53.16-261102-{number:04d}" for number in range(1_000, 1_000 + DOSSIERS)]


@pytest.fixture
async def world(services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        made.settings = msgspec.structs.replace(
            made.settings, lgsp_url=made.settings.fcm_base_url, lgsp_user=lgsp.USER, lgsp_unit=lgsp.UNIT,
            lgsp_password=lgsp.DEVELOPMENT_PASSWORD, lgsp_calls_per_second=15,
        )  # fmt: skip
        yield made


async def watched(world: World, watchers: list[UUID]) -> None:
    """Dossiers that all of them watch, which are due, and have changed at their source since."""
    numbers, now = Sealed(world.context.keys, "number"), datetime.now(UTC)
    for code in CODES:
        row = uuid4()
        before = Dossier(
            code=code, status="2", changes=[Change(now - timedelta(days=3), "2")], received_at=now - timedelta(days=3),
            promised=now + timedelta(days=20), promised_anew=None, procedure_code=None, office=None, applicant="N•••",
            phone=None, identity=None, supplements=[],
        )  # fmt: skip
        await world.pool.execute(
            """insert into dossier_watches.followed (id, source, code_index, code_sealed, sealed, as_of, followed_at,
                                                     due_at)
               values ($1, 'lgsp', $2, $3, $4, $5, $5, $5)""",
            row, numbers.index(f"dossier {code}"), numbers.seal(code, row),
            numbers.seal(msgspec.json.encode(before).decode(), row), now,
        )  # fmt: skip
        await world.pool.execute(
            """insert into dossier_watches.watches (account_id, dossier_id, created_at)
               select a, $1, $2 from unnest($3::uuid[]) a""",
            row, now, watchers,
        )  # fmt: skip
        fields = {
            "TrangThaiHoSo": "4", "NgayTiepNhan": lgsp.moment(now - timedelta(days=3)),
            "NgayHenTra": lgsp.moment(now + timedelta(days=20)), "ChuHoSo": "Nguyễn Văn Thử",
        }  # fmt: skip
        async with world.context.http.post(
            f"{world.settings.lgsp_url}/lgsp/dossiers", json={"code": code, "fields": fields}
        ) as answer:
            assert answer.status == 200


def notices(world: World, number: int) -> Any:
    async def so_many_were_told() -> bool:
        told = await world.pool.fetchval("select count(*) from notifications.inbox where topic = 'dossier_changed'")
        return bool(told >= number)

    return so_many_were_told


async def ring_for_all(world: World) -> None:
    """Webhooks of everything, while it is polled."""
    numbers = Sealed(world.context.keys, "number")
    for code in CODES:
        async with world.pool.acquire() as tx, tx.transaction():
            await store.ring(tx, "lgsp", numbers.index(f"dossier {code}"))


async def all_is_asked(world: World) -> bool:
    """Everything was taken in, what was rung for while it was asked about a second time."""
    return bool(
        await world.pool.fetchval(
            """select count(*) = $1 from dossier_watches.followed
                where answers >= 1 and rings >= 1 and due_at > $2 and lease is null""",
            DOSSIERS, store.RUNG,
        )
    )  # fmt: skip


async def test_a_worker_killed_in_the_middle_and_two_that_race_with_webhooks_tell_everything_once(
    world: World, tmp_path: Path
) -> None:
    watchers = [await world.somebody() for _ in range(2)]
    await watched(world, watchers)
    with process(world, tmp_path) as first:
        await until(notices(world, 10), 30)
        first.kill()
    leased = await world.pool.fetchval("select count(*) from dossier_watches.followed where lease is not null")
    told = await world.pool.fetchval("select count(*) from notifications.inbox")
    in_flight = await world.pool.fetchval("select count(*) from push.outbox where state = 'leased'")

    # A minute later:
    await world.pool.execute(
        "update dossier_watches.followed set leased_until = now() - interval '1 s' where lease is not null"
    )
    await world.pool.execute("update push.outbox set lease_until = now()")
    with process(world, tmp_path) as second, process(world, tmp_path) as third:
        await until(notices(world, told + 6), 30)
        await ring_for_all(world)
        await until(lambda: all_is_asked(world), 30)
        await world.settled(20)
        for each in (second, third):
            each.terminate()
            assert await asyncio.to_thread(each.wait, 10) == 0

    assert 0 < told < 2 * DOSSIERS
    assert leased > 0
    pushed = [push.message["data"]["notification_id"] for push in world.accepted()]
    rows = await world.pool.fetch(
        """select i.account_id, w.dossier_id, i.params ->> 'what' as what
             from notifications.inbox i join dossier_watches.watches w on w.id = i.subject_id"""
    )
    assert len(rows) == len({(row["account_id"], row["dossier_id"]) for row in rows}) == 2 * DOSSIERS
    assert {row["what"] for row in rows} == {"dang_xu_ly"}
    # FCM may have taken what the killed one could not write down any more: it replaces itself on the phone.
    assert len(set(pushed)) == 2 * DOSSIERS
    assert len(pushed) - 2 * DOSSIERS <= in_flight
    assert await world.pool.fetchval("select array_agg(distinct revision) from dossier_watches.followed") == [1]
    log = (tmp_path / "worker.log").read_text()
    for secret in ("261102", "Nguyễn", "Thử"):
        assert secret not in log + str([push.message for push in world.accepted()])
