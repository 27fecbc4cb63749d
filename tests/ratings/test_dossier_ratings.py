"""Whoever has shown the receipt of a finished dossier, or watched it to its end, rates it once; who it was is lost."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.dossiers.dossier_clock import Change
from longan.floor.dossiers.dossier_codes import parsed
from longan.floor.dossiers.office_list import agency_of
from longan.floor.dossiers.rating_invitations import finished_at, invite
from longan.rooms.ratings import tasks
from tests.conftest import Bearer, TestClock
from tests.dossiers.conftest import Look, Platform, ago
from tests.jobs.hiring import SECOND_WORKER, WORKER, promised
from tests.ratings.saying import AGENCY, ANSWERS, again, office, official
from tests.ratings.telling import context

CODE = "H53.16-261102-0101"


async def rate(
    client: httpx.AsyncClient, headers: dict[str, str], code: str = CODE, **changes: object
) -> httpx.Response:
    body = {"code": code, "answers": ANSWERS, **changes}
    return await client.post("/v1/dossier-ratings", json=body, headers=again(headers))


@pytest.fixture
async def finished(platform: Platform, clock: TestClock) -> None:
    await finish(platform, clock)


async def finish(platform: Platform, clock: TestClock, code: str = CODE, days: float = 1, status: str = "9") -> None:
    await platform.enter(
        code, NgayTiepNhan=ago(clock, days + 9), NgayHenTra=ago(clock, 0), NgayKetThucXuLy=ago(clock, days),
        TrangThaiHoSo=status,
    )  # fmt: skip


async def test_whoever_has_looked_up_a_finished_dossier_rates_it_once(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, finished: None, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me = await bearer(WORKER)
    assert (await look()).status_code == 200

    answer = await rate(client, me, words="Xong đúng hẹn. Số của tôi 0907.654.321")

    assert answer.status_code == 201, answer.text
    today = (clock() + timedelta(hours=7)).date()
    assert answer.json()["withdraw_until"] == str(today + timedelta(days=7))
    row = await conn.fetchrow("select words, rated_on, answers::text from ratings.ratings")
    assert row is not None
    assert (row["words"], row["rated_on"]) == ("Xong đúng hẹn. Số của tôi ••••", today)
    assert json.loads(row["answers"]) == {"overall": 4, "attitude": 5, "time": 3, "clarity": 4, "extra_fees": 0}
    second = await rate(client, me)
    assert (second.status_code, second.json()["code"]) == (409, "already_rated")


async def test_of_several_who_hold_one_receipt_one_rates(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, finished: None
) -> None:
    await look(who=WORKER)
    await look(who=SECOND_WORKER)

    assert (await rate(client, await bearer(WORKER))).status_code == 201
    assert (await rate(client, await bearer(SECOND_WORKER))).json()["code"] == "already_rated"


async def test_whoever_has_shown_no_receipt_is_told_nothing(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, finished: None
) -> None:
    await look(who=SECOND_WORKER)
    me = await bearer(WORKER)

    real, none = await rate(client, me), await rate(client, me, "H53.16-261102-9999")

    for answer in (real, none):
        assert (answer.status_code, answer.json()["code"]) == (403, "dossier_unproven")
    await look(factor="0000")
    assert (await rate(client, me)).json()["code"] == "dossier_unproven"
    assert (await client.post("/v1/dossier-ratings", json={"code": CODE, "answers": ANSWERS})).status_code == 401


@pytest.mark.parametrize("status", ["1", "2", "3", "4", "5", "6", "7", "8"])
async def test_what_is_not_finished_is_not_rated(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, platform: Platform, clock: TestClock, status: str
) -> None:
    await finish(platform, clock, status=status)
    await look()

    answer = await rate(client, await bearer(WORKER))

    assert (answer.status_code, answer.json()["code"]) == (409, "dossier_unfinished")


@pytest.mark.parametrize("days, status", [(1, 201), (59, 201), (61, 409)])
async def test_a_dossier_is_rated_within_sixty_days(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, platform: Platform, clock: TestClock, days: int, status: int
) -> None:
    await finish(platform, clock, days=days, status="10")
    await look()

    assert (await rate(client, await bearer(WORKER))).status_code == status


async def test_what_is_done_without_a_date_is_rated_within_sixty_days_of_being_seen_to_be(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, platform: Platform, clock: TestClock
) -> None:
    undated = {"NgayTiepNhan": ago(clock, 200), "NgayHenTra": ago(clock, 100), "TrangThaiHoSo": "9"}
    other = "H53.16-261102-0102"
    await platform.enter(CODE, **undated)
    await platform.enter(other, **undated | {"NgayTiepNhan": ""})
    for code in (CODE, other):
        assert (await look(code)).json()["late_by"] == 0, "nobody knows that it was late"
    clock.shift(timedelta(days=59))
    # Whoever looks again later, and when it is given out, moves nothing.
    await platform.enter(CODE, TrangThaiHoSo="10")
    assert (await look()).status_code == 200

    in_time = await rate(client, await bearer(WORKER))
    clock.shift(timedelta(days=2))
    assert (await look(other)).status_code == 200
    late = await rate(client, await bearer(WORKER), other)

    assert in_time.status_code == 201, in_time.text
    assert (late.status_code, late.json()["code"]) == (409, "dossier_unfinished")


async def test_both_orders_of_a_code_are_of_the_same_office_and_it_is_listed_later(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, platform: Platform, clock: TestClock
) -> None:
    other = "000.00.16.H53-261102-0102"
    await finish(platform, clock)
    await finish(platform, clock, other)
    await look()
    assert (await look(other)).status_code == 200
    me = await bearer(WORKER)

    first, second = await rate(client, me), await rate(client, me, other)

    assert first.status_code == second.status_code == 201
    assert first.json()["office_id"] == second.json()["office_id"]
    assert (await client.get("/v1/offices")).json()["items"] == [], "nobody has listed it"
    listed = await office(client, await official(bearer))
    assert (listed["id"], listed["agency_code"]) == (first.json()["office_id"], AGENCY)


@pytest.mark.parametrize(
    "code, agency",
    [
        ("H53.16-261102-0001", "H53.16"), ("000.00.16.H53-261102-0001", "H53.16"),
        ("000.05.16.H53-261102-0001", "H53.16.05"), ("012.05.16.H53-261102-0001", "H53.16.05.012"),
        ("000.00.00.H53-261102-0001", "H53"), ("H53-261102-0001", "H53"), ("H53.16.00-261102-0001", "H53.16"),
    ],
)  # fmt: skip
def test_an_agency_has_one_spelling(code: str, agency: str) -> None:
    assert agency_of(parsed(code)) == agency


async def test_within_a_week_it_can_be_taken_back_and_said_anew(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, finished: None, clock: TestClock, conn: asyncpg.Connection
) -> None:
    await look()
    me, stranger = await bearer(WORKER), await bearer(SECOND_WORKER)
    first = (await rate(client, me)).json()["id"]

    assert (await client.delete(f"/v1/ratings/{first}", headers=stranger)).status_code == 404
    assert (await client.delete(f"/v1/ratings/{first}", headers=me)).status_code == 204
    second = await rate(client, me)
    assert second.status_code == 201
    clock.shift(timedelta(days=8))
    late = await client.delete(f"/v1/ratings/{second.json()['id']}", headers=await bearer(WORKER))
    assert late.status_code == 404
    assert await conn.fetchval("select count(*) from ratings.ratings") == 1


async def test_nothing_in_the_database_leads_from_a_person_to_a_rating_or_back(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, platform: Platform, clock: TestClock,
    conn: asyncpg.Connection,
) -> None:  # fmt: skip
    """Every value of the rows of two ratings by one person is looked for in every other table, and in each other."""
    other = "H53.16-261102-0102"
    await finish(platform, clock)
    await finish(platform, clock, other)
    await look()
    await look(other)
    me = await bearer(WORKER)
    await rate(client, me)
    await rate(client, me, other)
    rows = await conn.fetch("select id, subject, rater from ratings.ratings")
    secrets = {value for row in rows for value in row.values()}
    assert len(secrets) == 6, "no two of them are the same"

    tables = await conn.fetch(
        """select format('%I.%I', table_schema, table_name) as name, table_name from information_schema.tables
            where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema', 'places',
                                                                     'reference')"""
    )
    for table in tables:
        if table["name"] in ("ratings.ratings", "floor.idempotency_keys"):
            continue
        for value in secrets:
            text = value.hex() if isinstance(value, bytes) else str(value)
            found = await conn.fetchval(
                f"select exists (select from {table['name']} t where strpos(t::text, $1) > 0)", text
            )
            assert not found, (table["name"], text)


async def test_the_kept_answer_of_a_repeated_request_is_filed_under_no_name(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, finished: None, conn: asyncpg.Connection
) -> None:
    await look()
    await rate(client, await bearer(WORKER))

    kept = await conn.fetch("select k::text as row from floor.idempotency_keys k")

    assert kept and not any(str(WORKER) in each["row"] for each in kept)


def test_a_dossier_is_finished_since_it_was_done_first_and_not_before() -> None:
    at = [datetime.fromisoformat(f"2026-11-{day:02}T03:00:00Z") for day in range(1, 5)]

    assert finished_at([Change(at[0], "2"), Change(at[1], "9"), Change(at[2], "10")]) == at[1]
    assert finished_at([Change(at[2], "10"), Change(at[0], "2")]) == at[2]
    assert finished_at([Change(at[0], "2"), Change(at[1], "9"), Change(at[2], "4")]) is None
    assert finished_at([]) is None


async def watching(conn: asyncpg.Connection, accounts: list[UUID], now: datetime) -> list[tuple[UUID, UUID]]:
    """Watches of one dossier, as room dossier_watches has them."""
    dossier = uuid4()
    await conn.execute(
        """insert into dossier_watches.followed
               (id, source, code_index, code_sealed, sealed, as_of, followed_at, due_at)
           values ($1, 'lgsp', $2, '', '', $3, $3, $3)""",
        dossier, dossier.bytes, now,
    )  # fmt: skip
    rows = await conn.fetch(
        """insert into dossier_watches.watches (account_id, dossier_id, created_at)
           select a, $2, $3 from unnest($1::uuid[]) a returning account_id, id""",
        accounts, dossier, now,
    )  # fmt: skip
    return [(row["account_id"], row["id"]) for row in rows]


async def test_whoever_watched_it_to_its_end_is_asked_once_and_may_rate_without_the_receipt(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, clock: TestClock
) -> None:
    numbers, done = app.app.state.numbers, clock() - timedelta(hours=1)
    watchers = await watching(conn, [WORKER, SECOND_WORKER], clock())
    for _ in range(2):
        await invite(conn, numbers, CODE, done, watchers, clock())
    asked: list[Any] = [payload for topic, payload in await promised(conn) if topic == "rating_invited"]
    assert {(payload["account_id"], payload["watch_id"]) for payload in asked} == {
        (str(account), str(watch)) for account, watch in watchers
    }
    assert len(asked) == 2

    for payload in asked * 2:
        await tasks.rating_invited(
            context(app), account_id=UUID(payload["account_id"]), watch_id=UUID(payload["watch_id"])
        )
    inbox = await conn.fetch(
        "select account_id, subject_id, params::text from notifications.inbox where topic = 'rating_invited'"
    )
    assert {(row["account_id"], row["subject_id"]) for row in inbox} == set(watchers)
    assert all(CODE not in row["params"] for row in inbox)
    shown = (await client.get("/v1/me/notifications", headers=await bearer(WORKER))).json()["items"][0]
    assert shown["topic"] == "rating_invited"

    assert (await rate(client, await bearer())).json()["code"] == "dossier_unproven"
    assert (await rate(client, await bearer(SECOND_WORKER))).status_code == 201
    assert (await rate(client, await bearer(WORKER))).json()["code"] == "already_rated"


async def test_nobody_is_asked_of_what_was_rated_or_is_long_over(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, finished: None, conn: asyncpg.Connection, app: Edge,
    clock: TestClock,
) -> None:  # fmt: skip
    await look()
    assert (await rate(client, await bearer(WORKER))).status_code == 201
    watchers, numbers = await watching(conn, [SECOND_WORKER], clock()), app.app.state.numbers

    await invite(conn, numbers, CODE, clock(), watchers, clock())
    await invite(conn, numbers, "H53.16-261102-0102", clock() - timedelta(days=61), watchers, clock())

    assert [topic for topic, _ in await promised(conn) if topic == "rating_invited"] == []
    assert await conn.fetchval("select count(*) from ratings.invitations") == 0
