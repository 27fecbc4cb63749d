"""A source's webhook has a dossier asked about at once; what is forged, old, replayed or of others changes nothing."""

import asyncio
import base64
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest

from longan.devkit.sms_reports import signed
from longan.floor.database.tasks import Context
from longan.floor.formats.signed_webhooks import TOLERANCE_SECONDS
from longan.floor.setup.settings import BadSettings, Settings, check
from longan.rooms.dossier_watches import tasks
from longan.rooms.dossier_watches.tasks import Poller
from tests.conftest import Copies, TestClock, made_real
from tests.dossier_watches.conftest import KEY, Hook, Watch, told
from tests.dossiers.conftest import CODE, Platform, ago


async def rings(conn: asyncpg.Connection) -> tuple[int, int]:
    """How often it was rung for, and how many webhooks were taken."""
    return (
        await conn.fetchval("select rings from dossier_watches.followed"),
        await conn.fetchval("select count(*) from dossier_watches.heard"),
    )


async def test_a_webhook_has_the_source_asked_at_once_and_what_it_answers_is_told(
    watch: Watch, hook: Hook, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await watch()
    await platform.enter(TrangThaiHoSo="9", NgayKetThucXuLy=ago(clock, 0))
    await poller.once()
    before = await told(conn)

    answer = await hook(CODE.lower().replace("-", "–"))
    await poller.once()

    assert answer.status_code == 204
    assert (before, await told(conn)) == ([], ["da_xu_ly_xong"])


async def test_a_webhook_of_nothing_new_tells_nobody_anything(
    watch: Watch, hook: Hook, poller: Poller, conn: asyncpg.Connection
) -> None:
    await watch()
    for _ in range(3):
        assert (await hook()).status_code == 204
        await poller.once()

    assert await told(conn) == []


WRONG: dict[str, dict[str, Any]] = {
    "another key": {"key": "f" * 64},
    "no key": {"key": ""},
    "too old": {"at": -TOLERANCE_SECONDS - 1},
    "too far ahead": {"at": TOLERANCE_SECONDS + 2},
    "other bytes": {"sent": lambda body: body + b" "},
    "another id": {"webhook-id": "msg_other"},
    "an empty id": {"webhook-id": ""},
    "an endless id": {"webhook-id": "x" * 65},
    "another time": {"webhook-timestamp": "1"},
    "no time": {"webhook-timestamp": "now"},
    "foreign digits": {"webhook-timestamp": "١٧٩٣٠٠٠٠٠٠".encode()},
    "no signature": {"webhook-signature": ""},
    "another version": {"webhook-signature": "v2,AAAA"},
    "no base64": {"webhook-signature": "v1,%%%"},
    "a signature of nothing": {"webhook-signature": "v1," + base64.b64encode(b"").decode()},
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_its_source_did_not_sign_just_now_is_refused_and_changes_nothing(
    watch: Watch, hook: Hook, conn: asyncpg.Connection, clock: TestClock, wrong: str
) -> None:
    await watch()
    given = dict(WRONG[wrong])
    if "at" in given:
        given["at"] = clock() + timedelta(seconds=given["at"])

    answer = await hook(**given)

    assert (answer.status_code, answer.json()["code"]) == (403, "signature_invalid")
    assert await rings(conn) == (0, 0)


async def test_the_same_webhook_again_is_refused_and_changes_nothing(
    watch: Watch, hook: Hook, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await watch()
    at = clock()
    first = await hook(webhook_id="msg_1", at=at)
    clock.shift(timedelta(minutes=4))

    again = await hook(webhook_id="msg_1", at=at)

    assert first.status_code == 204
    assert (again.status_code, again.json()["code"]) == (409, "webhook_heard")
    assert await rings(conn) == (1, 1)


async def test_one_that_is_forgotten_is_too_old_to_come_again(
    watch: Watch, hook: Hook, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    await watch()
    ahead = clock() + timedelta(seconds=TOLERANCE_SECONDS)
    assert (await hook(webhook_id="msg_1", at=ahead)).status_code == 204

    clock.shift(timedelta(minutes=10, seconds=2))
    await tasks.forget_dossier_watches(context)
    kept = await rings(conn)
    clock.shift(tasks.HEARD_KEPT)
    await tasks.forget_dossier_watches(context)

    assert kept == (1, 1)
    assert (await hook(webhook_id="msg_1", at=ahead)).status_code == 403
    assert await rings(conn) == (1, 0)


async def test_sources_that_are_none_of_ours_are_not_there(hook: Hook, watch: Watch, conn: asyncpg.Connection) -> None:
    await watch()

    assert [(await hook(source=name)).status_code for name in ("other", "sms", "l", "LGSP")] == [400] * 4
    assert await rings(conn) == (0, 0)


async def test_without_a_key_nothing_is_heard(
    client: httpx.AsyncClient, clock: TestClock, app: Any, settings: Settings
) -> None:
    app.app.state.settings = settings
    body = msgspec.json.encode({"type": "dossier.changed", "data": {"code": CODE}})

    answer = await client.post("/v1/hooks/dossiers/lgsp", content=body, headers=signed("", body, clock(), "msg_1"))

    assert answer.status_code == 404


async def test_dossiers_that_nobody_watches_and_other_events_are_taken_and_nothing_happens(
    watch: Watch, hook: Hook, conn: asyncpg.Connection
) -> None:
    await watch()

    answers = [await hook("H53.16-261102-9999"), await hook(kind="dossier.viewed"), await hook("1.004194")]

    assert [each.status_code for each in answers] == [204, 204, 422]
    assert await rings(conn) == (0, 2)


async def test_one_that_had_ended_is_asked_about_again(
    watch: Watch, hook: Hook, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await platform.enter(TrangThaiHoSo="8")
    assert (await watch()).json()["ended_by"] == "done"
    await platform.enter(TrangThaiHoSo="4")

    await hook()
    await poller.once()

    assert await told(conn) == ["dang_xu_ly"]
    assert await conn.fetchval("select ended_at from dossier_watches.followed") is None


async def test_of_many_that_are_the_same_at_once_one_is_taken(copies: Copies, settings: Any, clock: TestClock) -> None:
    async with made_real(copies, msgspec.structs.replace(settings, lgsp_webhook_key=KEY), clock) as real:
        body = msgspec.json.encode({"type": "dossier.changed", "data": {"code": CODE}})
        headers = signed(KEY, body, clock(), f"msg_{uuid4().hex}")

        async def sent() -> int:
            for _ in range(50):
                answer = await real.client.post("/v1/hooks/dossiers/lgsp", content=body, headers=headers)
                if answer.status_code != 503:
                    break
            return answer.status_code

        codes = await asyncio.gather(*(sent() for _ in range(20)))

    assert sorted(codes) == [204] + [409] * 19


def test_a_weak_key_stops_the_start(settings: Settings) -> None:
    with pytest.raises(BadSettings, match="LONGAN_LGSP_WEBHOOK_KEY"):
        check(msgspec.structs.replace(settings, lgsp_webhook_key="short"), {})
