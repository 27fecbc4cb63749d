"""A Zalo that is dead, lies, or breaks off: nothing is lost, and doubled at most where an answer was lost."""

from datetime import timedelta
from uuid import uuid4

import pytest

from longan.devkit import zalo
from longan.floor.messages import texting
from longan.rooms.fallback import store
from longan.rooms.fallback.models import Settlement
from longan.rooms.fallback.tasks import FAILURES_TO_OPEN, KEPT, PROMISED_FOR, note_text, prune_texts
from tests.fallback.conftest import World

WAIT, LONG = texting.WAITS["urgent"], texting.WAITS["normal"]
CHANGE = "update fallback.texts set"


async def minutes(world: World, number: int) -> None:
    for _ in range(number):
        await world.minute(timedelta(minutes=1))


@pytest.mark.parametrize("mode", ["unavailable", "unknown", "expired", "too-many", "quota", "balance"])
async def test_while_zalo_takes_nothing_texts_go_by_sms_within_the_wait_and_once(world: World, mode: str) -> None:
    notice = await world.tell(await world.person())
    world.fares(mode)

    await minutes(world, 6)

    assert (world.by_zalo(), len(world.by_sms())) == ([], 1)
    assert (await world.states(notice))["zns"] == ("failed", "not_handed_over")
    assert await world.spent() == {"zns": 0, "sms": zalo.SMS_PRICE}


@pytest.mark.parametrize("mode", ["unavailable", "unknown", "expired", "too-many"])
async def test_what_passes_within_the_wait_costs_no_sms(world: World, mode: str) -> None:
    notice = await world.tell(await world.person())
    world.fares(mode, times=1)

    await minutes(world, 3)

    assert (len(world.by_zalo()), world.by_sms()) == (1, [])
    assert (await world.states(notice))["zns"][0] == "sent"
    assert (await world.spent())["zns"] == zalo.PRICE


@pytest.mark.parametrize("mode", ["reset", "reset-after", "garbled"])
async def test_when_the_answer_is_lost_zalo_is_not_sent_it_twice_and_sms_follows(world: World, mode: str) -> None:
    """Nobody knows whether it was taken: it stays paid for, and is doubled at most by the other carrier."""
    notice = await world.tell(await world.person())
    world.fares(mode)

    await minutes(world, 8)

    assert len(world.by_zalo()) == (0 if mode == "reset" else 1)
    assert len(world.by_sms()) == 1
    assert (await world.states(notice))["zns"] == ("sent", "not_reported")
    assert (await world.spent())["zns"] == zalo.PRICE


@pytest.mark.parametrize(("mode", "arrives"), [("reset", 1), ("reset-after", 2), ("garbled", 2)])
async def test_where_no_sms_follows_what_may_be_lost_is_tried_once_more(world: World, mode: str, arrives: int) -> None:
    notice = await world.interview(await world.person())
    world.fares(mode, times=1)

    await world.minute()
    await world.minute(LONG)
    await world.minute(LONG)
    await world.minute(LONG)

    tracked = {letter.tracking_id for letter in world.by_zalo()}
    assert (len(world.by_zalo()), len(tracked), world.by_sms()) == (arrives, 1, [])
    assert (await world.text(notice))["attempts"] == 2
    assert (await world.spent())["zns"] == zalo.PRICE


async def test_a_zalo_that_only_ever_garbles_is_sent_it_twice_and_no_more(world: World) -> None:
    await world.interview(await world.person())
    world.fares("garbled")

    for _ in range(8):
        await world.minute(LONG)

    assert len(world.by_zalo()) == 2


async def test_a_zalo_that_is_slow_to_answer_is_waited_for(world: World) -> None:
    notice = await world.tell(await world.person())
    world.fares("slow")

    await world.minute()

    assert (await world.states(notice))["zns"] == ("sent", None)


async def test_after_failures_in_a_row_zalo_is_left_alone_for_a_while(world: World) -> None:
    for _ in range(FAILURES_TO_OPEN):
        await world.tell(await world.person())
    world.fares("unavailable")
    await world.minute()
    world.fares("ok")
    late = await world.tell(await world.person())

    await world.minute()
    resting = len(world.by_zalo())
    await world.minute(timedelta(minutes=1))

    assert resting == 0
    assert (await world.states(late))["zns"][0] == "sent"
    assert len(world.by_zalo()) == FAILURES_TO_OPEN + 1


async def test_a_refusal_about_one_person_is_no_failure_of_zalo(world: World) -> None:
    world.fares("no-account")
    for _ in range(FAILURES_TO_OPEN + 1):
        await world.tell(await world.person())
    await world.minute()
    world.fares("ok")

    await world.tell(await world.person())
    await world.minute()

    assert len(world.by_zalo()) == 1


async def test_a_quota_that_is_used_up_closes_zalo_for_everybody(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.tell(await world.person())
    world.fares("quota", times=1)
    await world.minute()

    other = await world.tell(await world.person())
    await world.minute()
    await world.minute()

    assert (world.by_zalo(), len(world.by_sms())) == ([], 2)
    assert (await world.states(other))["zns"] == ("failed", "not_handed_over")
    assert [record.levelname for record in caplog.records if "no more messages" in record.message] == ["ERROR"]


async def test_what_a_worker_that_died_had_in_its_hands_is_followed_by_sms(world: World) -> None:
    """Whether Zalo had it nobody knows, so it is not sent there again."""
    notice = await world.tell(await world.person())
    await world.minute()
    await world.pool.execute(
        f"{CHANGE} state = 'leased', message_id = null, report_by = null, lease_by = $1, lease_until = $2",
        uuid4(), world.clock() + timedelta(seconds=60),
    )  # fmt: skip

    await world.minute(timedelta(seconds=59))
    leased = await world.states(notice)
    await world.minute(timedelta(seconds=2))
    await world.minute(WAIT)

    assert leased["zns"][0] == "leased"
    assert (len(world.by_zalo()), len(world.by_sms())) == (1, 1)


async def test_a_late_worker_does_not_settle_what_is_no_longer_its_own(world: World) -> None:
    notice = await world.tell(await world.person())
    await world.minute()
    text = await world.text(notice)

    settled = await store.settle(world.pool, text["id"], uuid4(), Settlement("failed", refund=True), world.clock())

    assert not settled
    assert (await world.states(notice))["zns"][0] == "sent"
    assert (await world.spent())["zns"] == zalo.PRICE


async def test_while_the_sms_gateway_is_away_the_promise_is_kept_later(world: World) -> None:
    notice = await world.tell(await world.person())
    world.fares("no-account")
    world.sms.faults.script = zalo.wire.Script("unavailable", 1)

    with pytest.raises(Exception, match="503"):
        await minutes(world, 2)
    promised = await world.states(notice)
    await world.promises()

    assert promised["sms"][0] == "promised"
    assert len(world.by_sms()) == 1
    assert (await world.states(notice))["sms"][0] == "sent"


async def test_an_sms_whose_answer_was_lost_is_sent_once(world: World) -> None:
    await world.tell(await world.person())
    world.fares("no-account")
    world.sms.faults.script = zalo.wire.Script("reset", 1)

    with pytest.raises(Exception, match=r"ClientOSError|ServerDisconnected"):
        await minutes(world, 2)
    await world.promises()
    await world.promises()

    assert len(world.by_sms()) == 1


async def test_what_was_never_handed_over_is_buried_and_what_is_old_forgotten(world: World) -> None:
    notice = await world.tell(await world.person())
    await world.minute()
    await world.pool.execute(f"{CHANGE} state = 'promised', carrier = 'sms', report_by = null")
    world.clock.shift(PROMISED_FOR + timedelta(seconds=1))

    await prune_texts(world.context)
    buried = await world.states(notice)
    world.clock.shift(KEPT + timedelta(seconds=1))
    await prune_texts(world.context)

    assert buried == {"sms": ("dead", "not_handed_over")}
    assert await world.states(notice) == {}


async def test_what_is_said_of_a_text_that_is_over_or_of_another_carrier_changes_nothing(world: World) -> None:
    notice = await world.tell(await world.person())
    await world.minute()
    text = await world.text(notice)

    await note_text(world.context, reference=text["id"], status="failed", reason="unreachable")
    await note_text(world.context, reference=uuid4(), status="delivered")

    assert await world.states(notice) == {"zns": ("sent", None)}
