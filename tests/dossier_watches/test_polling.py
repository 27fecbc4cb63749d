"""Each difference is told once to each who watches, whatever the source does and whoever dies in between."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.dossiers.lgsp import Breaker, Lgsp
from longan.floor.dossiers.source_pace import SourcePace
from longan.rooms.dossier_watches import store
from longan.rooms.dossier_watches.tasks import LEASE, Poller
from tests.conftest import Bearer, TestClock
from tests.dossier_watches.conftest import Hook, Watch, changed, now_due, told
from tests.dossiers.conftest import CODE, FACTOR, Platform, account, ago
from tests.dossiers.test_source_away import AWAY
from tests.jobs.hiring import SECOND_WORKER, WORKER


async def test_a_dossier_is_asked_about_once_for_all_who_watch_it_and_each_is_told_once(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await watch()
    await watch(who=SECOND_WORKER)
    before = (await platform.calls()).count("TraCuuHoSo")

    said = await changed(conn, clock, platform, poller, TrangThaiHoSo="9", NgayKetThucXuLy=ago(clock, 0))
    await now_due(conn, clock)
    await poller.once()

    assert said == ["da_xu_ly_xong"] * 2
    assert await told(conn, WORKER) == await told(conn, SECOND_WORKER) == ["da_xu_ly_xong"]
    assert (await platform.calls()).count("TraCuuHoSo") - before == 2


async def test_whoever_watched_a_dossier_to_its_end_is_asked_once_how_it_went(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await watch()
    await watch(who=SECOND_WORKER)

    # The source does not say when it was finished.
    await changed(conn, clock, platform, poller, TrangThaiHoSo="9")
    await changed(conn, clock, platform, poller, TrangThaiHoSo="10", NgayTra=ago(clock, 0))

    asked = await conn.fetch("select payload from pgqueuer where entrypoint = 'rating_invited'")
    assert len(asked) == await conn.fetchval("select count(*) from ratings.invitations") == 2


async def test_each_kind_of_difference_has_its_words_and_what_is_of_no_matter_has_none(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await watch()
    first = {"NgayBoSung": ago(clock, 2), "NoiDungBoSung": "Hộ chiếu"}
    brought = first | {"NgayTiepNhanBoSung": ago(clock, 1)}
    more = {"NgayBoSung": ago(clock, 0.5), "NoiDungBoSung": "Ảnh"}
    steps: list[dict[str, Any]] = [
        {"TrangThaiHoSo": "5", "DanhSachHoSoBoSung": [first]},
        {"DanhSachHoSoBoSung": [first, more]},
        {"DanhSachHoSoBoSung": [brought, more]},
        {"TrangThaiHoSo": "4", "DanhSachHoSoBoSung": [brought, more | {"NgayTiepNhanBoSung": ago(clock, 0.2)}]},
        {"NgayHenTra": ago(clock, -50)},
        {"DonViXuLy": "Sở Tư pháp"},
        {"ChuHoSo": "Trần Thị Bích Ngân", "MaTTHC": "1.004194"},
        {"TrangThaiHoSo": "6", "QuaTrinhXuLy": [{"TrangThai": "6", "ThoiDiemXuLy": ago(clock, 0.1)}]},
        {"TrangThaiHoSo": "10", "NgayTra": ago(clock, 0)},
    ]
    status = "4"
    for step in steps:
        status = step.get("TrangThaiHoSo", status)
        await changed(conn, clock, platform, poller, **{"TrangThaiHoSo": status} | step)
        clock.shift(timedelta(seconds=1))

    assert await told(conn) == [
        "yeu_cau_bo_sung", "supplement_asked", "supplement_brought", "dang_xu_ly", "due_changed", "office_changed",
        "nghia_vu_tai_chinh", "da_tra_ket_qua",
    ]  # fmt: skip


async def test_what_is_finished_is_asked_about_no_more(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock,
    client: httpx.AsyncClient, bearer: Bearer,
) -> None:  # fmt: skip
    made = (await watch()).json()["id"]
    await changed(conn, clock, platform, poller, TrangThaiHoSo="10", NgayTra=ago(clock, 0))
    asked = len(await platform.calls())

    clock.shift(timedelta(days=30))
    await poller.once()
    found = (await client.get(f"/v1/me/dossier-watches/{made}", headers=await bearer(WORKER))).json()

    assert len(await platform.calls()) == asked
    assert (found["ended_by"], found["stale"], found["status"]) == ("done", False, "da_tra_ket_qua")
    assert found["ended_at"] is not None


@pytest.mark.parametrize("mode", AWAY)
async def test_whatever_is_wrong_with_the_source_the_last_state_stays_and_no_push_is_lost_or_doubled(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, mode: str,
    client: httpx.AsyncClient, bearer: Bearer,
) -> None:  # fmt: skip
    made = (await watch()).json()
    await platform.says(mode)
    clock.shift(timedelta(hours=2))

    away = await changed(conn, clock, platform, poller, TrangThaiHoSo="9", NgayKetThucXuLy=ago(clock, 0.1))
    shown = (await client.get(f"/v1/me/dossier-watches/{made['id']}", headers=await bearer(WORKER))).json()
    await platform.says("by_code")
    await now_due(conn, clock)
    await poller.once()
    await now_due(conn, clock)
    await poller.once()
    mended = (await client.get(f"/v1/me/dossier-watches/{made['id']}", headers=await bearer(WORKER))).json()

    assert away == []
    assert (shown["stale"], shown["status"], shown["as_of"]) == (True, "dang_xu_ly", made["as_of"])
    assert await told(conn) == ["da_xu_ly_xong"]
    assert (mended["stale"], mended["status"]) == (False, "da_xu_ly_xong")


async def test_looking_it_up_while_the_source_is_away_shows_what_was_polled_last(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock,
    client: httpx.AsyncClient, bearer: Bearer,
) -> None:  # fmt: skip
    await watch()
    clock.shift(timedelta(hours=1))
    await changed(conn, clock, platform, poller, TrangThaiHoSo="9", NgayKetThucXuLy=ago(clock, 0))
    await platform.says("unavailable")

    found = await client.post(
        "/v1/dossiers/lookup", json={"code": CODE, "second_factor": FACTOR}, headers=await bearer(WORKER)
    )

    assert (found.json()["stale"], found.json()["status"]) == (True, "da_xu_ly_xong")


async def test_a_source_that_vanishes_is_asked_again_ever_later_and_at_once_when_it_is_back(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await watch()
    await platform.says("reset")
    await now_due(conn, clock)
    pauses = []
    for _ in range(9):
        await poller.once()
        due = await conn.fetchval("select due_at from dossier_watches.followed")
        pauses.append((due - clock()).total_seconds() / 60)
        clock.shift(due - clock() + timedelta(seconds=1))

    assert 0.9 <= pauses[0] <= 1.1
    assert all(later >= earlier * 0.8 for earlier, later in pairwise(pauses))
    assert 40 <= pauses[-1] <= 50
    # That it does not answer is not that it knows none.
    assert await conn.fetchval("select missing_since from dossier_watches.followed") is None
    await platform.says("by_code")
    await poller.once()
    assert await conn.fetchval("select failures from dossier_watches.followed") == 0


async def test_one_that_the_source_no_longer_knows_stays_as_it_was_and_is_given_up_after_a_month(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock,
    client: httpx.AsyncClient, bearer: Bearer,
) -> None:  # fmt: skip
    made = (await watch()).json()
    await platform.says("unknown")
    states = []
    for days in (1, 28, 3):
        clock.shift(timedelta(days=days))
        await now_due(conn, clock)
        await poller.once()
        found = (await client.get(f"/v1/me/dossier-watches/{made['id']}", headers=await bearer(WORKER))).json()
        states.append((found["stale"], found["as_of"] == made["as_of"], found["ended_by"]))

    assert states == [(True, True, None), (True, True, None), (False, True, "missing")]
    assert await told(conn) == ["no_longer_watched"]


async def test_a_breaker_that_is_open_lets_nothing_fall_behind(
    watch: Watch, platform: Platform, conn: asyncpg.Connection, clock: TestClock, context: Context, app: Edge,
    valkey: redis.asyncio.Redis,
) -> None:  # fmt: skip
    codes = [f"H53.16-261102-02{number:02d}" for number in range(12)]
    for code in codes:
        await platform.enter(code, NgayTiepNhan=ago(clock, 3), NgayHenTra=ago(clock, -30))
        assert (await watch(code)).status_code == 201
    source = Lgsp(account(platform), SourcePace(valkey, "breaker", 1_000, 100), breaker=Breaker(3, 0.3))
    poller = Poller(context, source)
    stop = asyncio.Event()
    await platform.says("unavailable", 4)
    for code in codes:
        await platform.enter(code, TrangThaiHoSo="9", NgayKetThucXuLy=ago(clock, 0))
    await now_due(conn, clock)

    running = asyncio.create_task(poller.run(stop))
    for _ in range(600):
        clock.shift(timedelta(seconds=5))
        if len(await told(context.pool)) == len(codes):  # type: ignore[arg-type]
            break
        await asyncio.sleep(0.02)
    stop.set()
    await running
    await source.close()

    assert await told(conn) == ["da_xu_ly_xong"] * len(codes)


async def test_a_lease_that_its_worker_lost_gives_the_dossier_to_another_and_the_late_answer_says_nothing(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    await watch()
    await now_due(conn, clock)
    stale = await poller._working_days()
    now = clock()
    first = uuid4()
    held = (await store.claim(context.pool, "lgsp", first, now + LEASE, 30, now))[0]
    old = await poller._source.dossier(CODE)
    await poller.once()  # it is leased
    nobody = await conn.fetchval("select answers from dossier_watches.followed")

    clock.shift(LEASE + timedelta(seconds=1))
    await platform.enter(TrangThaiHoSo="9", NgayKetThucXuLy=ago(clock, 0))
    await poller.once()
    await poller._answered(held, first, old, stale)

    assert nobody == 0
    assert await told(conn) == ["da_xu_ly_xong"]
    assert await conn.fetchval("select answers from dossier_watches.followed") == 1


async def test_two_who_bring_the_same_difference_tell_it_once(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    await watch()
    await platform.enter(TrangThaiHoSo="9", NgayKetThucXuLy=ago(clock, 0))
    await now_due(conn, clock)
    first, now = uuid4(), clock()
    held = (await store.claim(context.pool, "lgsp", first, now + LEASE, 30, now))[0]
    found = await poller._source.dossier(CODE)

    clock.shift(LEASE + timedelta(seconds=1))
    await poller.once()
    await poller._answered(held, first, found, await poller._working_days())

    assert await told(conn) == ["da_xu_ly_xong"]


async def test_a_ring_while_it_is_asked_about_has_it_asked_about_again(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, hook: Hook,
    context: Context,
) -> None:  # fmt: skip
    await watch()
    await now_due(conn, clock)
    lease, now = uuid4(), clock()
    held = (await store.claim(context.pool, "lgsp", lease, now + LEASE, 30, now))[0]
    before = await poller._source.dossier(CODE)
    await platform.enter(TrangThaiHoSo="9", NgayKetThucXuLy=ago(clock, 0))
    assert (await hook()).status_code == 204

    await poller._answered(held, lease, before, await poller._working_days())
    quiet = await told(conn)
    await poller.once()

    assert quiet == []
    assert await told(conn) == ["da_xu_ly_xong"]


async def test_claiming_reads_the_index_of_what_is_due(conn: asyncpg.Connection, clock: TestClock) -> None:
    await conn.execute(
        """insert into dossier_watches.followed (id, source, code_index, code_sealed, sealed, as_of, followed_at,
                                                 due_at)
           select gen_random_uuid(), 'lgsp', uuid_send(uuidv7()), '', '', $1, $1,
                  $1::timestamptz + make_interval(secs => n) from generate_series(1, 20000) n""",
        clock(),
    )
    await conn.execute("analyze dossier_watches.followed")
    await conn.execute("set local plan_cache_mode = force_generic_plan")
    await conn.execute(
        f"prepare claiming (text, timestamptz, uuid, timestamptz, int) as {store.CLAIM.partition(chr(10))[2]}"
    )

    plan = await conn.fetch("explain execute claiming ('lgsp', now(), gen_random_uuid(), now(), 30)")
    await conn.execute("deallocate claiming")

    text = "\n".join(row[0] for row in plan)
    assert "Index Scan using followed_due" in text
    assert "Seq Scan" not in text
    assert "Sort" not in text
