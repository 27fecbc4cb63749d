"""Alerts to everybody: sent to topics of FCM as tasks, and the campaign hears what became of each."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from longan.devkit import embedded
from longan.rooms.push.tasks import NotNow, log_depth, send_public_alert
from tests.conftest import Copies
from tests.push.pushing import World, fresh_world


@pytest.fixture(scope="module")
async def world(
    services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path_factory.mktemp("alerts")) as made:
        yield made


async def campaign(world: World, state: str = "draft") -> UUID:
    made: UUID = await world.pool.fetchval(
        """insert into campaigns.campaigns (kind, state, title, body, drafted_by, drafted_at, updated_at)
           values ('public_alert', $1, 'Bão', 'Bão số 9', $2, now(), now()) returning id""",
        state, await world.person(),
    )  # fmt: skip
    return made


async def alert(world: World, campaign: UUID, topic: str, hours: float = 1) -> dict[str, Any]:
    """Tries it once; what the campaign hears of it."""
    await send_public_alert(
        world.context, campaign_id=campaign, condition=f"'{topic}' in topics", locale="vi", title="Bão", body="Số 9",
        expires_at=world.context.clock() + timedelta(hours=hours),
    )  # fmt: skip
    rows = await world.pool.fetch("select payload from pgqueuer where entrypoint = 'public_alert_sent'")
    [heard] = [said for row in rows if (said := json.loads(row["payload"]))["campaign_id"] == str(campaign)]
    return dict(heard)


async def test_an_alert_is_accepted_and_the_campaign_hears_its_name(world: World) -> None:
    of = await campaign(world)

    heard = await alert(world, of, "good-topic")

    [push] = [push for push in world.accepted() if push.target == "'good-topic' in topics"]
    assert heard == {
        "campaign_id": str(of), "condition": "'good-topic' in topics", "message_name": push.name, "error": None
    }  # fmt: skip
    assert push.message["android"]["notification"]["tag"] == str(of)


@pytest.mark.parametrize(("state", "hours", "error"), [("stopped", 1.0, "stopped"), ("draft", 0.0, "expired")])
async def test_an_alert_that_nobody_wants_any_more_is_not_sent(
    world: World, state: str, hours: float, error: str
) -> None:
    before = len(world.accepted())

    heard = await alert(world, await campaign(world, state), "good-topic", hours)

    assert (heard["error"], heard["message_name"]) == (error, None)
    assert len(world.accepted()) == before


async def test_an_alert_that_fcm_cannot_take_now_is_tried_again_by_the_queue(world: World) -> None:
    of = await campaign(world)
    world.server.outage.on = True
    with pytest.raises(NotNow):
        await alert(world, of, "good-topic")
    world.server.outage.on = False

    assert (await alert(world, of, "good-topic"))["error"] is None


async def test_an_alert_of_nobody_we_know_is_not_sent(world: World) -> None:
    assert (await alert(world, uuid4(), "good-topic"))["error"] == "stopped"


async def test_how_much_waits_is_logged_for_whoever_watches(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "longan.push")
    await world.tell(await world.somebody("good-phone-1"), await world.somebody("good-phone-2"))
    await world.pool.execute("update push.outbox set not_before = now() - interval '1 minute'")

    await log_depth(world.context)

    said = vars(caplog.records[-1])
    assert {name: said[name] for name in ("queued", "due", "leased", "dead")} == {
        "queued": 2, "due": 2, "leased": 0, "dead": 0
    }  # fmt: skip
    assert said["oldest_due_seconds"] >= 60
