"""The labour market as the worker counts it and everybody sees it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.setup.settings import Settings
from longan.rooms.insights import tasks
from tests.conftest import TestClock

OPEN = """select j.employer_id, left(j.occupation_code, 2) as occupation, j.ward_code as ward, j.shift,
       j.openings - j.filled as openings, j.effective_month
  from jobs.postings j where j.status = 'open' and j.expires_at > $1 and j.province_code = '80'"""


class Here:
    """What the task uses of a context, over the test's own connection."""

    def __init__(self, app: Edge, settings: Settings, clock: TestClock) -> None:
        self.pool, self.valkey = OneConnection(app), app.app.state.valkey
        self.settings, self.clock = settings, clock


class OneConnection:
    """A pool whose transactions are parts of the test's own."""

    def __init__(self, app: Edge) -> None:
        self.acquire = app.app.state.pool.acquire


@pytest.fixture
async def counted(app: Edge, settings: Settings, clock: TestClock) -> None:
    await tasks.count_market(cast(Context, Here(app, settings, clock)))


async def market(client: httpx.AsyncClient, dimension: str) -> dict[str, Any]:
    answer = await client.get("/v1/job-market", params={"dimension": dimension})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("dimension", ["occupation", "ward", "shift"])
async def test_the_market_is_what_the_open_postings_say(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, dimension: str
) -> None:
    rows = await conn.fetch(OPEN, now)
    postings, openings = Counter(row[dimension] for row in rows), Counter[str]()
    for row in rows:
        openings[row[dimension]] += row["openings"]

    found = await market(client, dimension)

    assert (found["total"]["postings"], found["total"]["openings"]) == (len(rows), sum(openings.values()))
    for item in found["items"]:
        employers = {row["employer_id"] for row in rows if row[dimension] == item["key"]}
        assert (item["postings"], item["openings"]) == (postings[item["key"]], openings[item["key"]])
        assert item["postings"] >= 10 and len(employers) >= 3
        assert (item["name"] is None) == (item["key"] is None or dimension == "shift")
    told = sum(item["postings"] for item in found["items"]) + (found["rest"] or {"postings": 0})["postings"]
    assert told == len(rows)


@pytest.mark.usefixtures("counted")
async def test_a_median_is_that_of_the_postings_that_tell_their_pay(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rows = await conn.fetch(OPEN, now)

    found = await market(client, "occupation")

    drivers = next(item for item in found["items"] if item["key"] == "83")
    pays = sorted(row["effective_month"] for row in rows if row["occupation"] == "83" and row["effective_month"])
    assert drivers["name"] == "Lái xe và thợ vận hành thiết bị chuyên dụng"
    assert abs(drivers["median_month"] - pays[(len(pays) - 1) // 2]) <= 5_000


@pytest.mark.usefixtures("counted")
async def test_months_are_in_their_order_and_at_most_twelve(client: httpx.AsyncClient, now: datetime) -> None:
    keys = [item["key"] for item in (await market(client, "month"))["items"]]

    assert keys == sorted(keys)
    assert 1 <= len(keys) <= 12
    assert keys[0] >= f"{tasks.first_month(now):%Y-%m}"


async def test_before_anything_was_counted_nothing_is_told(client: httpx.AsyncClient) -> None:
    assert await market(client, "ward") == {
        "dimension": "ward", "counted_at": None, "total": None, "items": [], "rest": None,
    }  # fmt: skip


async def test_counted_again_the_old_figures_are_gone(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, settings: Settings, clock: TestClock
) -> None:
    here = cast(Context, Here(app, settings, clock))
    await tasks.count_market(here)
    await conn.execute("update jobs.postings set status = 'closed', closed_at = now() where status = 'open'")
    clock.shift(timedelta(hours=1))

    await tasks.count_market(here)

    app.app.state.cache.forget("places", 1)
    assert (await market(client, "occupation"))["total"] is None
    assert (await market(client, "month"))["total"] is not None
    assert await conn.fetchval("select count(distinct counted_at) from insights.market") == 1


@pytest.mark.usefixtures("counted")
async def test_the_table_itself_holds_nothing_that_may_not_be_told(conn: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute(
            """insert into insights.market (dimension, part, key, postings, openings, counted_at)
               values ('ward', 'group', '00000', 9, 9, now())"""
        )


@pytest.mark.parametrize("dimension", ["employer", "", "occupation,ward", "occupation; drop table x"])
async def test_an_unknown_dimension_is_refused(client: httpx.AsyncClient, dimension: str) -> None:
    answer = await client.get("/v1/job-market", params={"dimension": dimension})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?dimension"


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        (datetime(2026, 11, 22, 3, tzinfo=UTC), "2025-12-01T00:00:00+07:00"),
        (datetime(2026, 12, 31, 17, tzinfo=UTC), "2026-02-01T00:00:00+07:00"),
        (datetime(2026, 12, 31, 16, 59, tzinfo=UTC), "2026-01-01T00:00:00+07:00"),
    ],
)
def test_months_begin_in_viet_nam(moment: datetime, first: str) -> None:
    assert tasks.first_month(moment) == datetime.fromisoformat(first)
