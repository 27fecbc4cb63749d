"""Any number of workers share what is due: one message for each text, and never more than the budget and the day."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import aiohttp
import asyncpg
import pytest
import redis.asyncio

from longan.devkit import zalo
from longan.floor.messages import texting
from longan.floor.messages.texting import Plan, Rate, Tariff
from longan.floor.setup.settings import Settings
from longan.rooms.fallback import store, tasks
from longan.rooms.fallback.domain import claim
from tests.conftest import Real, TestClock
from tests.fallback.conftest import World, to_the_morning, world_over

WORKERS = 6


@pytest.fixture
async def crowd(
    real: Real, told: Settings, runner: Any, valkey: redis.asyncio.Redis, clock: TestClock
) -> AsyncIterator[World]:
    to_the_morning(clock)
    async with aiohttp.ClientSession() as http:
        made = world_over(real.pool, real.app, told, http, runner, valkey, clock)
        zns = tasks._zns(made.context)
        assert zns is not None
        await tasks.access(made.context, zns)  # or they would wait for one another there
        yield made


def told_in(world: World, zns: int, sms: int, texts_a_day: int) -> None:
    """A plan with these budgets in đồng, where LONGAN_TEXTS is read."""
    file = world.context.settings.texts
    assert file is not None
    text = file.read_text().replace(f"budget = {zalo.BUDGET} }}\nsms", f"budget = {zns} }}\nsms")
    text = text.replace(f"price = {zalo.SMS_PRICE}, budget = {zalo.SMS_BUDGET}", f"price = 850, budget = {sms}")
    file.write_text(text.replace("texts_a_day = 10", f"texts_a_day = {texts_a_day}"))
    plan = texting.read(world.context.settings)
    assert plan is not None
    assert (plan.tariffs[0].zns.budget, plan.tariffs[0].sms.budget, plan.texts_a_day) == (zns, sms, texts_a_day)


async def work(world: World) -> None:
    """A minute of many workers at once."""
    await asyncio.gather(*(tasks.send_texts(world.context) for _ in range(WORKERS)))


async def test_every_text_goes_once_however_many_workers_there_are(crowd: World) -> None:
    notices = [await crowd.tell(await crowd.person()) for _ in range(50)]

    await work(crowd)

    assert len(crowd.by_zalo()) == len(notices)
    assert len({letter.tracking_id for letter in crowd.by_zalo()}) == len(notices)
    assert (await crowd.spent())["zns"] == len(notices) * zalo.PRICE


async def test_the_race_for_the_last_dong_is_lost_by_all_but_one_and_told_once(
    crowd: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each looks into the purse, and takes its time before it spends."""
    at_leisure = store.due

    async def due(*asked: Any) -> Any:
        await asyncio.sleep(0.1)
        return await at_leisure(*asked)

    monkeypatch.setattr(store, "due", due)
    told_in(crowd, zns=7 * zalo.PRICE + 299, sms=3 * 850, texts_a_day=10)
    for _ in range(40):
        await crowd.tell(await crowd.person())

    await work(crowd)
    await work(crowd)
    await crowd.promises()

    assert (len(crowd.by_zalo()), len(crowd.by_sms())) == (7, 3)
    assert await crowd.spent() == {"zns": 7 * zalo.PRICE, "sms": 3 * 850}
    over = [record for record in caplog.records if "budget" in record.message]
    assert sorted((record.levelname, record.__dict__["carrier"]) for record in over) == [
        ("ERROR", "sms"), ("ERROR", "zns"),
    ]  # fmt: skip


async def test_nobody_gets_more_texts_in_a_day_than_they_may_and_the_next_day_is_another(crowd: World) -> None:
    told_in(crowd, zns=3_000_000, sms=3_000_000, texts_a_day=2)
    account = await crowd.person()
    for _ in range(12):
        await crowd.tell(account)

    await work(crowd)
    today = len(crowd.by_zalo())
    crowd.clock.shift(timedelta(days=1))
    await crowd.tell(account)
    await work(crowd)

    assert (today, len(crowd.by_zalo())) == (2, 3)


async def test_what_zalo_refused_is_given_back_to_the_budget_and_to_the_day(crowd: World) -> None:
    told_in(crowd, zns=2 * zalo.PRICE, sms=3_000_000, texts_a_day=2)
    account = await crowd.person()
    crowd.fares("no-account", times=2)
    for _ in range(2):
        await crowd.tell(account)

    await work(crowd)
    await work(crowd)
    await crowd.promises()

    assert (len(crowd.by_zalo()), len(crowd.by_sms())) == (0, 2)
    assert await crowd.spent() == {"zns": 0, "sms": 2 * 850}


async def test_the_database_refuses_what_would_be_too_much_whoever_counted(crowd: World) -> None:
    """The constraint, without the rule before it."""
    notice, month = await crowd.tell(await crowd.person()), texting.month(crowd.clock())
    await store.purse(crowd.pool, month, {"zns": 500, "sms": 0})  # type: ignore[arg-type]
    text = await crowd.text(notice)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await store.take(crowd.pool, text["id"], crowd.clock(), 501, month, crowd.clock(), None)  # type: ignore[arg-type]

    assert refused.value.constraint_name == "spending_within_budget"
    assert (await crowd.text(notice))["state"] == "queued"


async def test_a_budget_that_is_lowered_below_what_is_spent_stops_and_a_raised_one_goes_on(crowd: World) -> None:
    for _ in range(3):
        await crowd.tell(await crowd.person())
    await work(crowd)
    plans = [Plan([Tariff(date(2026, 1, 1), Rate(zalo.PRICE, budget), Rate(850, 0))]) for budget in (100, 1_200)]
    for _ in range(2):
        await crowd.tell(await crowd.person())

    stopped = await claim(crowd.pool, plans[0], {}, crowd.clock())
    for _ in range(2):
        await crowd.tell(await crowd.person())
    went_on = await claim(crowd.pool, plans[1], {}, crowd.clock())

    assert stopped[1] == []
    assert len(went_on[1]) == 1
    assert (await crowd.spent())["zns"] == 4 * zalo.PRICE


LOST = ("reset", "reset-after", "garbled", "undelivered")
MODES = (*["ok"] * 6, *LOST, "unavailable", "no-account", "expired", "unknown", "too-many")


@pytest.mark.parametrize("seed", range(3))
async def test_under_every_fault_at_once_and_dying_workers_nothing_is_lost_and_only_lost_answers_double(
    crowd: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Of many workers one is cancelled in the middle of each minute, as a kill would end it."""
    chance, lost = random.Random(seed), Counter[str]()

    def fares() -> str:
        mode = chance.choice(MODES)
        lost[mode] += 1
        return mode

    monkeypatch.setattr(crowd.zalo.faults, "next", fares)
    told_in(crowd, zns=3_000_000, sms=3_000_000, texts_a_day=10)
    notices = [await crowd.tell(await crowd.person()) for _ in range(60)]

    killed = 0
    for _ in range(12):
        workers = [asyncio.create_task(tasks.send_texts(crowd.context)) for _ in range(3)]
        await asyncio.sleep(chance.uniform(0, 0.2))
        leased = await crowd.pool.fetchval("select count(*) from fallback.texts where state = 'leased'")
        workers[0].cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        killed += leased
        await crowd.promises()
        crowd.clock.shift(timedelta(minutes=1))

    by_zalo = Counter(letter.tracking_id for letter in crowd.by_zalo())
    by_sms = Counter(str(message.reference) for message in crowd.by_sms())
    arrived = dict.fromkeys(notices, 0)
    for row in await crowd.pool.fetch("select id, notification_id from fallback.texts"):
        arrived[row["notification_id"]] += by_zalo[row["id"].hex] + by_sms[str(row["id"])]
    doubled = sum(count - 1 for count in arrived.values() if count > 1)
    assert [notice for notice, count in arrived.items() if count == 0] == []
    assert max(by_zalo.values()) == 1
    assert max(by_sms.values()) == 1
    assert doubled <= sum(lost[mode] for mode in LOST) + killed
    waiting = "select count(*) from fallback.texts where state in ('queued', 'leased', 'promised')"
    assert await crowd.pool.fetchval(waiting) == 0
    spent = await crowd.spent()
    assert spent["sms"] == len(crowd.by_sms()) * zalo.SMS_PRICE
    assert spent["zns"] >= len(crowd.by_zalo()) * zalo.PRICE
