"""Whoever watches hears that a dossier is late, once, and that it waits for them, twice."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from longan.floor.database import reminders
from longan.floor.database.tasks import Context
from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.dossier_watches import tasks
from longan.rooms.dossier_watches.tasks import Poller
from tests.conftest import TestClock
from tests.dossier_watches.conftest import Watch, changed, now_due, told
from tests.dossiers.conftest import Platform, ago
from tests.jobs.hiring import SECOND_WORKER, WORKER


async def rung(context: Context) -> int:
    """What is due by now is done, as the worker does it; how many reminders that were."""
    await reminders.ring(context.pool, context.clock())
    rows = await context.pool.fetch("delete from pgqueuer where entrypoint like 'dossier_%' returning *")
    for row in rows:
        given = msgspec.json.decode(row["payload"])
        if row["entrypoint"] == "dossier_overdue":
            await tasks.dossier_overdue(
                context, dossier_id=given["dossier_id"], due_on=date.fromisoformat(given["due_on"])
            )
        else:
            since = datetime.fromisoformat(given["since"])
            await tasks.dossier_waiting(context, dossier_id=given["dossier_id"], since=since, days=given["days"])
    return len(rows)


async def promised(conn: asyncpg.Connection) -> list[tuple[str, datetime]]:
    rows = await conn.fetch("select topic, due_at from floor.reminders where topic like 'dossier_%' order by topic")
    return [(row["topic"], row["due_at"]) for row in rows]


def to(clock: TestClock, moment: datetime) -> None:
    clock.shift(moment - clock() + timedelta(seconds=1))


async def test_on_the_morning_after_the_day_each_is_told_once_by_how_many_days_it_is_late(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    made = (await watch()).json()
    await watch(who=SECOND_WORKER)
    ((topic, at),) = await promised(conn)
    due_on = date.fromisoformat(made["due_on"])
    calendar = await working_days.load(conn)

    here = at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
    to(clock, at)
    await now_due(conn, clock)
    await poller.once()
    assert await rung(context) == 1
    # The worker died before it could say so, and another does it again; and so do later days.
    await tasks.dossier_overdue(
        context, dossier_id=await conn.fetchval("select id from dossier_watches.followed"), due_on=due_on
    )
    clock.shift(timedelta(days=3))
    await now_due(conn, clock)
    await poller.once()
    await rung(context)

    assert (topic, here.hour) == ("dossier_overdue", 8)
    assert here.date() == working_days.next_working(calendar, due_on + timedelta(days=1))
    assert await told(conn, WORKER) == await told(conn, SECOND_WORKER) == ["overdue"]
    params = await conn.fetchval("select params from notifications.inbox where topic = 'dossier_reminder' limit 1")
    assert msgspec.json.decode(params) == {"what": "overdue", "days": 1}


async def test_one_that_is_done_in_time_reminds_nobody(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    await watch()
    ((_, at),) = await promised(conn)
    await changed(conn, clock, platform, poller, TrangThaiHoSo="10", NgayTra=ago(clock, 0))

    assert await promised(conn) == []
    to(clock, at)
    assert await rung(context) == 0


async def test_another_day_is_another_promise(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    await watch()
    ((_, first),) = await promised(conn)
    await changed(conn, clock, platform, poller, TrangThaiHoSo="4", NgayHenTra=ago(clock, -60))
    ((_, second),) = await promised(conn)

    to(clock, first)
    nothing = await rung(context)
    to(clock, second)
    await rung(context)

    assert second > first
    assert nothing == 0
    assert await told(conn) == ["due_changed", "overdue"]


async def test_days_off_that_are_announced_later_move_the_day_and_the_promise(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    due_on = date.fromisoformat((await watch()).json()["due_on"])
    ((_, first),) = await promised(conn)
    await conn.execute(
        "insert into reference.holidays (day, name, kind, status) values ($1, 'Nghỉ', 'holiday', 'official')", due_on
    )
    calendar = await working_days.load(conn)
    moved = working_days.next_working(calendar, due_on)

    to(clock, first)
    await now_due(conn, clock)
    await poller.once()
    assert await rung(context) == 1
    early, ((_, anew),) = await told(conn), await promised(conn)
    to(clock, anew)
    await now_due(conn, clock)
    await poller.once()
    assert await rung(context) == 1

    assert day_of(first) == moved, "it was to be told on the day on which it is due now"
    assert early == []
    assert day_of(anew) == working_days.next_working(calendar, moved + timedelta(days=1))
    assert await told(conn) == ["overdue"]
    params = await conn.fetchval("select params from notifications.inbox where topic = 'dossier_reminder'")
    assert msgspec.json.decode(params) == {"what": "overdue", "days": 1}


async def test_while_its_source_does_not_answer_nobody_is_told_that_it_is_late(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    await watch()
    ((_, at),) = await promised(conn)
    await platform.says("unavailable")
    to(clock, at)
    await now_due(conn, clock)
    await poller.once()

    await rung(context)
    away, later = await told(conn), await promised(conn)
    await platform.says("by_code")
    clock.shift(timedelta(hours=1, seconds=1))
    await now_due(conn, clock)
    await poller.once()
    await rung(context)

    assert (away, [topic for topic, _ in later]) == ([], ["dossier_overdue"])
    assert await told(conn) == ["overdue"]


async def test_who_begins_to_watch_what_is_late_already_sees_it_and_is_not_told(
    watch: Watch, platform: Platform, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await platform.enter(NgayTiepNhan=ago(clock, 40), NgayHenTra=ago(clock, 21))

    assert (await watch()).json()["late_by"] > 0
    assert await promised(conn) == []


async def test_what_waits_for_the_citizen_reminds_them_after_three_and_ten_working_days(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    await watch()
    asked: dict[str, Any] = {"NgayBoSung": ago(clock, 0), "NoiDungBoSung": "Hộ chiếu"}
    await changed(conn, clock, platform, poller, TrangThaiHoSo="5", DanhSachHoSoBoSung=[asked])
    calendar, begun = await working_days.load(conn), day_of(clock())
    days = []
    for _ in range(2):
        ((_, at),) = await promised(conn)
        days.append(working_days.working_days_between(calendar, begun, day_of(at)))
        to(clock, at)
        await rung(context)

    assert days == [3, 10]
    assert await promised(conn) == []
    assert await told(conn) == ["yeu_cau_bo_sung", "supplement_waiting", "supplement_waiting"]


async def test_what_was_brought_is_not_waited_for(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    await watch()
    asked = {"NgayBoSung": ago(clock, 0), "NoiDungBoSung": "Hộ chiếu"}
    await changed(conn, clock, platform, poller, TrangThaiHoSo="5", DanhSachHoSoBoSung=[asked])
    clock.shift(timedelta(days=1))
    brought = asked | {"NgayTiepNhanBoSung": ago(clock, 0), "NgayHenTraMoi": ago(clock, -30)}
    await changed(conn, clock, platform, poller, TrangThaiHoSo="4", DanhSachHoSoBoSung=[brought])

    assert [topic for topic, _ in await promised(conn)] == ["dossier_overdue"]


async def test_a_payment_has_words_of_its_own(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    await watch()
    step = {"TrangThai": "6", "ThoiDiemXuLy": ago(clock, 0)}
    await changed(conn, clock, platform, poller, TrangThaiHoSo="6", QuaTrinhXuLy=[step])
    ((_, at),) = await promised(conn)
    to(clock, at)
    await rung(context)

    assert await told(conn) == ["nghia_vu_tai_chinh", "payment_waiting"]
