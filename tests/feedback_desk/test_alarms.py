"""Officials hear of a term before it ends and when it has, once each; nothing on the lock screen says what about."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context, gathered
from longan.floor.feedback import feedback_states
from longan.floor.messages.notices import lock_screen
from longan.rooms.feedback_desk.tasks import TASKS, raise_feedback_alarms
from tests.conftest import TestClock, new_account
from tests.feedback_desk.conftest import Official, Sent, a_unit, brought
from tests.jobs.hiring import BEN_LUC, LONG_AN

DECLARED = gathered({"feedback_desk": TASKS})
INBOX = """
select i.account_id, i.params ->> 'what' as what from notifications.inbox i
 where i.topic = 'feedback_alarm' and i.subject_id = $1 order by i.created_at, i.id"""


@pytest.fixture
def go(clock: TestClock) -> Callable[[str], None]:
    """Sets the clock to a moment of 2026 in Viet Nam."""
    return lambda text: clock.shift(datetime.fromisoformat(f"2026-{text}:00+07:00") - clock())


async def ring(context: Context, conn: asyncpg.Connection) -> None:
    """The worker's ten minutes: what is raised is said."""
    await raise_feedback_alarms(context)
    rows = await conn.fetch("delete from pgqueuer where entrypoint = 'feedback_alarm' returning payload")
    for row in rows:
        await DECLARED["feedback_alarm"].run(context, row["payload"])
        await DECLARED["feedback_alarm"].run(context, row["payload"])


async def said(conn: asyncpg.Connection, report: UUID, account: UUID) -> list[str]:
    return [row["what"] for row in await conn.fetch(INBOX, report) if row["account_id"] == account]


async def an_official(
    conn: asyncpg.Connection, app: Edge, official: Official, wards: list[str] | None = None, agency: str | None = None
) -> UUID:
    account = await new_account(conn, app, role="official")
    await official(wards, account=account, agency=agency)
    return account


async def test_each_term_is_told_before_its_end_and_after_it_once(
    conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent, context: Context, go: Callable[[str], None]
) -> None:
    go("11-16T08:00")  # a Monday; to be accepted by Tuesday at 8, answered by 1 December
    me, report = await an_official(conn, app, official, [LONG_AN]), await sent(category_code="chinh_sach")
    expected: list[str] = []
    for moment, new in (
        ("11-16T15:20", []), ("11-16T15:40", ["accept_soon"]), ("11-17T07:50", []), ("11-17T08:10", ["accept_late"]),
        ("11-30T16:50", []), ("12-01T07:20", ["answer_soon"]), ("12-01T16:50", []), ("12-01T17:10", ["answer_late"]),
        ("12-20T10:00", []),
    ):  # fmt: skip
        go(moment)
        await ring(context, conn)
        expected += new
        assert await said(conn, report, me) == expected, moment


async def test_a_pause_raises_nothing_anew_and_reopening_does(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, context: Context, sent: Sent,
    go: Callable[[str], None],
) -> None:  # fmt: skip
    go("11-16T08:00")
    me, sender = await an_official(conn, app, official), await new_account(conn, app)
    report = await sent(sender, category_code="chinh_sach")
    go("11-17T08:10")
    await ring(context, conn)
    assert await said(conn, report, me) == ["accept_late"]
    await feedback_states.move(conn, report, "yeu_cau_bo_sung", "official", me, "Ở đâu?", context.clock())
    go("11-30T08:10")
    await ring(context, conn)
    await feedback_states.move(conn, report, "moi_gui", "citizen", sender, "Ở đây.", context.clock())
    await ring(context, conn)
    assert await said(conn, report, me) == ["accept_late"]

    for to in ("da_tiep_nhan", "da_chuyen", "dang_xu_ly", "da_tra_loi"):
        await feedback_states.move(conn, report, to, "official", me, "Xong.", context.clock())
    await feedback_states.move(conn, report, "mo_lai", "citizen", sender, "Chưa.", context.clock())
    go("12-29T08:10")
    await ring(context, conn)
    assert await said(conn, report, me) == ["accept_late", "answer_late"]
    await feedback_states.move(conn, report, "dang_xu_ly", "official", me, None, context.clock())
    await feedback_states.move(conn, report, "da_tra_loi", "official", me, "Xong.", context.clock())
    await feedback_states.move(conn, report, "mo_lai", "citizen", sender, "Chưa.", context.clock())
    go("12-29T23:00")
    await ring(context, conn)
    assert await said(conn, report, me) == ["accept_late", "answer_late"]


async def test_the_officials_of_the_unit_hear_it_and_without_any_those_of_the_ward(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent, context: Context,
    go: Callable[[str], None],
) -> None:  # fmt: skip
    go("11-16T08:00")
    who = await official()
    roads, empty = await a_unit(client, who, "Đường bộ", agency_code="H53.17"), await a_unit(client, who, "Không ai")
    theirs = await an_official(conn, app, official, [LONG_AN], "H53.17")
    desk = await an_official(conn, app, official, [LONG_AN], "H53.903")
    elsewhere = await an_official(conn, app, official, [BEN_LUC], "H53.17")
    given, not_given = await sent(category_code="chinh_sach"), await sent(category_code="chinh_sach")
    for report, unit in ((given, roads), (not_given, empty)):
        await brought(client, who, report, ("acceptance", {}), ("forwarding", {"unit_id": unit["id"]}))

    go("12-02T08:00")
    await ring(context, conn)

    assert await said(conn, given, theirs) == ["answer_late"]
    assert await said(conn, given, desk) == []
    assert await said(conn, not_given, desk) == await said(conn, not_given, theirs) == ["answer_late"]
    assert await said(conn, given, elsewhere) == await said(conn, not_given, elsewhere) == []


async def test_what_was_answered_in_the_meantime_is_not_said(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent, context: Context,
    go: Callable[[str], None],
) -> None:  # fmt: skip
    go("11-16T08:00")
    me, report = await an_official(conn, app, official), await sent()
    go("11-17T08:10")
    await raise_feedback_alarms(context)
    await feedback_states.move(conn, report, "tu_choi", "official", me, "Không rõ.", context.clock())

    await ring(context, conn)

    assert await said(conn, report, me) == []


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("topic", ["feedback_alarm", "feedback_merged"])
def test_the_lock_screen_says_nothing_of_the_report(topic: str, locale: str) -> None:
    params = msgspec.json.encode({"what": "accept_late", "code": "PA-7K3M-92QX"}).decode()

    words = lock_screen(topic, locale, params)  # type: ignore[arg-type]

    assert "PA-" not in "".join(words)


async def test_what_goes_into_the_queue_names_nobody(
    conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent, context: Context, clock: TestClock
) -> None:
    report = await sent(at=clock() - timedelta(days=60))

    await raise_feedback_alarms(context)

    rows = await conn.fetch("select payload from pgqueuer where entrypoint = 'feedback_alarm'")
    found = sorted((msgspec.json.decode(row["payload"]) for row in rows), key=lambda each: each["kind"])
    assert found == [
        {"report_id": str(report), "kind": "accept_late", "round": 0},
        {"report_id": str(report), "kind": "answer_late", "round": 0},
    ]


async def test_while_the_citizen_is_asked_no_alarm_is_used_up(
    conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent, context: Context, go: Callable[[str], None]
) -> None:
    go("11-16T08:00")
    me, sender = await an_official(conn, app, official), await new_account(conn, app)
    report = await sent(sender, category_code="chinh_sach")
    await feedback_states.move(conn, report, "yeu_cau_bo_sung", "official", me, "Ở đâu?", context.clock())
    go("11-18T08:00")
    await ring(context, conn)
    await feedback_states.move(conn, report, "moi_gui", "citizen", sender, "Ở đây.", context.clock())
    assert await said(conn, report, me) == []

    go("11-23T08:00")
    await ring(context, conn)

    assert await said(conn, report, me) == ["accept_late"]
