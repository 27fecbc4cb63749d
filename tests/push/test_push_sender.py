"""Pushes over real HTTP to the local FCM: none lost, none doubled but those accepted without our hearing it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from longan.devkit import embedded, fcm_answers
from longan.rooms.push import domain, outside, store
from longan.rooms.push.domain import MOST_TRIES
from longan.rooms.push.models import Settlement
from longan.rooms.push.outside import message
from longan.worker import Lines
from tests.push.pushing import CANARIES, World, made_world, until


@pytest.fixture(scope="module")
async def database(services: embedded.Services, template: str) -> str:
    """One for all tests of this file: what they leave is a few rows, and a copy takes longer than most of them."""
    return await embedded.create_database(services.database_url, "pushing", template=template)


@pytest.fixture
async def world(
    services: embedded.Services, database: str, keys_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setattr(domain, "POLL_SECONDS", 0.02)
    async with made_world(database, services.redis_url, keys_dir, tmp_path) as made:
        yield made
        await made.pool.execute("truncate push.outbox, push.pace, notifications.inbox, push.devices cascade")


async def test_a_promised_push_is_accepted_once_and_its_receipt_is_kept(world: World) -> None:
    await world.tell(await world.somebody("good-phone-1"))

    async with world.sending():
        await world.settled()

    row = await world.row("good-phone-1")
    assert [push.name for push in world.accepted()] == [row["message_name"]]
    assert (row["state"], row["attempts"], row["lease_by"]) == ("sent", 1, None)


async def test_a_push_says_nothing_about_anybody(world: World) -> None:
    account = await world.somebody("good-phone-1")
    await world.tell(account)

    async with world.sending():
        await world.settled()

    sent = json.dumps(world.accepted()[0].message, ensure_ascii=False)
    assert not any(canary in sent for canary in CANARIES)
    assert str(account) not in sent
    assert set(world.accepted()[0].message["data"]) == {
        "notification_id", "topic", "subject_kind", "subject_id", "link"
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["fid", "token"])
async def test_a_phone_is_reached_by_either_kind_of_target(world: World, kind: str) -> None:
    await world.tell(await world.somebody("good-phone-1", kind=kind))

    async with world.sending():
        await world.settled()

    assert [(push.target_kind, push.target) for push in world.accepted()] == [(kind, "good-phone-1")]


async def test_a_push_ends_when_the_notice_does_and_replaces_its_double(world: World) -> None:
    await world.tell(await world.somebody("good-phone-1"))

    async with world.sending():
        await world.settled()

    row, message = await world.row("good-phone-1"), world.accepted()[0].message
    assert message["android"]["notification"]["tag"] == str(row["notification_id"])
    assert message["apns"]["headers"]["apns-collapse-id"] == str(row["notification_id"])
    assert message["apns"]["headers"]["apns-expiration"] == str(int(row["expires_at"].timestamp()))
    assert 86_390 <= int(message["android"]["ttl"].rstrip("s")) <= 86_400


@pytest.mark.parametrize("target", ["unregistered-1", "sender-mismatch-1", "invalid-1"])
@pytest.mark.parametrize("kind", ["fid", "token"])
async def test_a_phone_that_is_gone_is_put_out_of_use_and_the_others_hear(world: World, target: str, kind: str) -> None:
    account = await world.somebody(target, kind=kind)
    await world.phone(account, "good-phone-2")
    await world.tell(account)

    async with world.sending():
        await world.settled()

    assert world.targets() == ["good-phone-2"]
    assert (await world.row(target))["state"] == "gone"
    assert await world.pool.fetchval("select out_of_use_for from push.devices where target = $1", target)
    await world.tell(account)
    assert await world.states() == {"sent": 1, "gone": 1, "queued": 1}


@pytest.mark.parametrize("target", ["unavailable-2-a", "internal-2-a", "badgateway-1-a", "reset-before-1-a"])
async def test_what_fails_on_the_way_arrives_later_and_once(world: World, target: str) -> None:
    await world.tell(await world.somebody(target))

    async with world.sending():
        await world.settled()

    assert world.targets() == [target]
    assert (await world.row(target))["attempts"] == int(target.split("-")[-2]) + 1


@pytest.mark.parametrize("target", ["reset-after-1-a", "garbled-1-a", "slow-1-a"])
async def test_what_was_accepted_without_our_hearing_it_is_sent_again_as_the_same_notice(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "TIMEOUT", aiohttp.ClientTimeout(total=0.5))
    await world.tell(await world.somebody(target))

    async with world.sending():
        await world.settled()

    assert world.targets() == [target, target]
    assert len({push.message["data"]["notification_id"] for push in world.accepted()}) == 1


async def test_a_push_that_always_fails_ends_as_dead(world: World) -> None:
    await world.tell(await world.somebody("unavailable-for-ever"))
    await world.pool.execute("update push.outbox set attempts = $1", MOST_TRIES - 1)

    async with world.sending():
        await world.settled()

    row = await world.row("unavailable-for-ever")
    assert (row["state"], row["attempts"], row["last_error"]) == ("dead", MOST_TRIES, "unavailable")


async def test_when_fcm_asks_for_a_pause_every_push_waits_for_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcm_answers, "RETRY_AFTER_SECONDS", 1)
    await world.tell(await world.somebody("quota-1-a"))
    async with world.sending():
        await until(lambda: has_tried(world, "quota-1-a"))
        await world.tell(*await world.crowd(20))
        asked = asyncio.get_running_loop().time()
        await asyncio.sleep(0.7)
        assert world.accepted() == []
        await world.settled()

    assert asyncio.get_running_loop().time() - asked < 7
    assert len(world.targets()) == len(set(world.targets())) == 21


async def has_tried(world: World, target: str) -> bool:
    row = await world.row(target)
    return row["attempts"] == 1 and row["state"] == "queued"


async def test_a_broken_key_of_one_carrier_holds_up_only_its_phones(world: World) -> None:
    await world.tell(await world.somebody("apns-1", platform="ios"))
    async with world.sending():
        await until(lambda: was_given_back(world, "apns-1"))
        await world.tell(await world.somebody("good-ios-1", platform="ios"), await world.somebody("good-phone-1"))
        await until(lambda: arrived(world, "good-phone-1"))
        await asyncio.sleep(0.5)

    assert world.targets() == ["good-phone-1"]
    assert (await world.row("apns-1"))["attempts"] == (await world.row("good-ios-1"))["attempts"] == 0


async def was_given_back(world: World, target: str) -> bool:
    row = await world.row(target)
    return row["last_error"] is not None and row["state"] == "queued"


async def arrived(world: World, target: str) -> bool:
    return target in world.targets()


async def test_without_an_access_token_nothing_is_tried_and_nothing_lost(world: World) -> None:
    world.server.outage.on = world.server.outage.grants = True
    await world.tell(*await world.crowd(5))

    async with world.sending():
        await asyncio.sleep(0.7)
        tried = await world.pool.fetchval("select sum(attempts) from push.outbox")
        world.server.outage.on = False
        await world.settled()

    assert tried == 0
    assert len(world.targets()) == 5


async def test_while_our_credentials_are_refused_pushes_wait_and_lose_no_try(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert world.settings.fcm_credentials is not None
    account = json.loads(world.settings.fcm_credentials.read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**account, "project_id": "somebody-elses"}))
    await world.tell(*await world.crowd(5))

    async def refused_twice() -> bool:
        return caplog.text.count("FCM does not take our credentials") >= 2

    async with world.sending(world.sender(credentials=other)):
        await until(refused_twice)

    assert await world.states() == {"queued": 5}
    assert await world.pool.fetchval("select sum(attempts) from push.outbox") == 0
    async with world.sending():
        await world.settled()
    assert len(world.targets()) == 5


async def test_an_access_token_that_fcm_no_longer_takes_is_replaced(world: World) -> None:
    sender = world.sender()
    async with world.sending(sender):
        await world.tell(await world.somebody("good-phone-1"))
        await world.settled()
        world.server.grants._seal_key = b"another key"
        await world.tell(await world.somebody("good-phone-2"))
        await world.settled()

    assert world.targets() == ["good-phone-1", "good-phone-2"]


async def test_two_senders_never_send_the_same_push(world: World) -> None:
    await world.tell(*await world.crowd(300))

    async with world.sending(world.sender(), world.sender()):
        await world.settled(20)

    assert len(world.targets()) == len(set(world.targets())) == 300
    assert await world.states() == {"sent": 300}


async def test_what_a_dead_sender_leased_is_sent_by_another_and_its_late_word_does_not_count(world: World) -> None:
    await world.tell(await world.somebody("good-phone-1"))
    now = world.context.clock()
    [leased], _ = await store.claim(
        world.pool, "test", 1_000.0, 10, now, lease=uuid4(), until=now + timedelta(seconds=0.3), most_tries=MOST_TRIES
    )

    async with world.sending(world.sender(lease=timedelta(seconds=0.3))):
        await world.settled()
    late = await store.settle(world.pool, [Settlement(leased, "gone", error="unregistered")], world.context.clock())

    row = await world.row("good-phone-1")
    assert (late, row["state"], row["attempts"]) == (0, "sent", 2)
    assert await world.pool.fetchval("select count(*) from push.devices where out_of_use_at is not null") == 0


async def test_a_phone_that_registered_again_since_the_claim_stays_in_use(world: World) -> None:
    world.server.latency.ms = 300
    await world.tell(await world.somebody("unregistered-1"))

    async with world.sending():
        await until(lambda: is_on_its_way(world))
        await world.pool.execute("update push.devices set seen_at = now()")
        await world.settled()

    assert (await world.row("unregistered-1"))["state"] == "gone"
    assert await world.pool.fetchval("select count(*) from push.devices where out_of_use_at is not null") == 0


async def is_on_its_way(world: World) -> bool:
    return await world.states() == {"leased": 1}


async def test_a_push_whose_senders_always_die_is_not_tried_for_ever(world: World) -> None:
    await world.tell(await world.somebody("good-phone-1"))
    await world.pool.execute("update push.outbox set attempts = $1", MOST_TRIES)

    async with world.sending():
        await world.settled()

    assert (await world.row("good-phone-1"))["state"] == "dead"
    assert world.accepted() == []


@pytest.mark.parametrize(
    "event",
    [
        "update sessions.sessions set ended_at = now() where account_id = $1",
        "update sessions.sessions set expires_at = now() where account_id = $1",
        "update identity.accounts set disabled_at = now() where id = $1",
        "delete from push.devices where account_id = $1",
    ],
)
async def test_a_phone_that_its_owner_left_hears_nothing_more(world: World, event: str) -> None:
    account = await world.somebody("good-phone-1")
    await world.tell(account)
    await world.pool.execute(event, account)

    async with world.sending():
        await world.settled()

    assert world.accepted() == []
    assert (await world.row("good-phone-1"))["state"] == "gone"


async def test_a_phone_that_changed_hands_hears_nothing_meant_for_the_former_owner(world: World) -> None:
    former, later = await world.somebody("good-phone-1"), await world.person()
    await world.tell(former)
    await world.pool.execute("update push.devices set account_id = $1", later)

    async with world.sending():
        await world.settled()

    assert world.accepted() == []


async def test_a_push_goes_to_the_target_the_phone_has_by_then(world: World) -> None:
    account = await world.somebody("good-old-target")
    await world.tell(account)
    await world.pool.execute("update push.devices set target = 'good-new-target'")

    async with world.sending():
        await world.settled()

    assert world.targets() == ["good-new-target"]


async def test_a_push_that_nobody_needs_any_more_is_not_sent(world: World) -> None:
    await world.tell(await world.somebody("good-phone-1"))
    await world.pool.execute("update push.outbox set expires_at = now()")

    async with world.sending():
        await world.settled()

    assert (await world.row("good-phone-1"))["state"] == "expired"
    assert world.accepted() == []


async def test_a_sender_that_stops_gives_back_every_lease(world: World) -> None:
    world.server.latency.ms = 1_500
    await world.tell(*await world.crowd(250))

    async with world.sending(grace=0.2):
        await until(lambda: all_leased(world))

    assert await world.states() == {"queued": 250}
    tries = await world.pool.fetch("select attempts, count(*) from push.outbox group by attempts")
    assert dict(tries) == {0: 50, 1: domain.WINDOW}


async def all_leased(world: World) -> bool:
    return await world.states() == {"leased": 250}


async def test_a_topic_of_a_newer_version_waits_for_a_worker_that_knows_it(world: World) -> None:
    await world.tell(await world.somebody("good-phone-1"))
    await world.pool.execute("update notifications.inbox set topic = 'from_the_future'")

    async with world.sending():
        await until(lambda: was_given_back(world, "good-phone-1"))

    assert (await world.row("good-phone-1"))["last_error"] == "KeyError"


async def test_no_notice_of_a_collapse_key_overtakes_an_earlier_one(world: World) -> None:
    account = await world.somebody("unavailable-2-a")
    for _ in range(3):
        await world.tell(account)

    async with world.sending(world.sender(), world.sender()):
        await world.settled()

    rows = await world.pool.fetch("select notification_id, attempts from push.outbox order by id")
    assert [push.message["data"]["notification_id"] for push in world.accepted()] == [str(row[0]) for row in rows]
    assert [row["attempts"] for row in rows] == [3, 1, 1]


async def test_what_waits_behind_a_late_push_waits_as_long_and_no_longer(world: World) -> None:
    account = await world.somebody("unavailable-for-ever")
    await world.tell(account)
    await world.tell(account)
    await world.pool.execute(
        "update push.outbox set attempts = $1 where id = (select id from push.outbox order by id limit 1)",
        MOST_TRIES - 2,
    )

    async with world.sending():
        await until(lambda: both_wait(world))
        await until(lambda: later_is_tried(world))

    assert await world.pool.fetchval("select state from push.outbox order by id limit 1") == "dead"


async def both_wait(world: World) -> bool:
    times = await world.pool.fetch("select retry_at from push.outbox where state = 'queued'")
    return len(times) == 2 and times[0]["retry_at"] is not None and times[0] == times[1]


async def later_is_tried(world: World) -> bool:
    return bool(await world.pool.fetchval("select attempts > 0 from push.outbox order by id desc limit 1"))


async def test_notices_of_different_collapse_keys_do_not_wait_for_each_other(world: World) -> None:
    account = await world.somebody("unavailable-1-a")
    await world.tell(account)
    await world.pool.execute("update push.outbox set retry_at = now() + interval '1 hour', attempts = 1")
    await world.tell(account)
    await world.pool.execute("update push.outbox set collapse_key = 'another' where attempts = 0")

    async with world.sending():
        await until(lambda: arrived(world, "unavailable-1-a"))

    assert await world.states() == {"sent": 1, "queued": 1}


async def test_a_notice_read_elsewhere_is_not_sent_any_more(world: World) -> None:
    await world.tell(await world.somebody("good-phone-1"))
    await world.pool.execute("update notifications.inbox set read_at = now()")

    async with world.sending():
        await world.settled()

    row = await world.row("good-phone-1")
    assert (row["state"], row["status"], row["attempts"]) == ("obsolete", "obsolete", 0)
    assert world.accepted() == []


async def test_a_push_that_waited_for_its_turn_is_asked_again_whether_anybody_wants_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "WINDOW", 1)
    monkeypatch.setattr(domain, "FRESH_SECONDS", 0.2)
    world.server.latency.ms = 600
    await world.tell(await world.somebody("good-phone-1"))
    await world.tell(await world.somebody("good-phone-2"))

    async with world.sending():
        await until(lambda: holds_two(world))
        await world.pool.execute(
            """update notifications.inbox set read_at = now()
                where account_id = (select account_id from push.devices where target = 'good-phone-2')"""
        )
        await world.settled()

    assert world.targets() == ["good-phone-1"]
    assert (await world.row("good-phone-2"))["state"] == "obsolete"


async def holds_two(world: World) -> bool:
    return await world.states() == {"leased": 2}


async def test_what_can_wait_is_not_sent_in_the_busy_minutes(world: World) -> None:
    over = world.context.clock() + timedelta(seconds=1)
    account = await world.somebody("good-phone-1")
    await world.tell(account, topic="job_expired")
    await world.now_due()

    async with world.sending(world.sender(quiet=lambda now: over if now < over else None)):
        await world.settled()

    assert [push.accepted_at >= over for push in world.accepted()] == [True]
    assert (await world.row("good-phone-1"))["attempts"] == 1


def test_the_busy_minutes_are_two_before_and_after_each_quarter() -> None:
    hour = datetime(2026, 11, 22, 8, tzinfo=UTC)
    held = [second for second in range(3_600) if domain.quiet_from(hour + timedelta(seconds=second))]

    assert held == [second for second in range(3_600) if second % 900 < 120 or second % 900 >= 780]
    for second in held:
        end = domain.quiet_from(hour + timedelta(seconds=second))
        assert end is not None
        assert (end.minute % 15, end.second) == (2, 0)
        assert domain.quiet_from(end) is None


async def test_a_digest_says_how_much_there_is_and_replaces_the_one_before(world: World) -> None:
    account = await world.somebody("good-phone-1")
    for _ in range(3):
        await world.tell(account, topic="job_expired")
    await world.now_due()

    async with world.sending():
        await world.settled()

    [push] = world.accepted()
    assert push.message["data"]["count"] == "3"
    assert push.message["android"]["notification"]["tag"] == "digest"
    assert push.message["android"]["collapse_key"] == "digest"
    assert push.message["android"]["priority"] == "normal"


async def test_a_removal_is_silent_and_goes_although_the_notice_was_read(world: World) -> None:
    account = await world.somebody("good-phone-1")
    await world.tell(account)
    async with world.sending():
        await world.settled()
        await world.pool.execute("update notifications.inbox set read_at = now()")
        await world.pool.execute(
            """insert into push.outbox (kind, notification_id, account_id, installation_id, not_before, expires_at,
                                        created_at)
               select 'removal', notification_id, account_id, installation_id, now(), now() + interval '1 day', now()
                 from push.outbox"""
        )
        await world.settled()

    shown, removed = (push.message for push in world.accepted())
    tag = shown["android"]["notification"]["tag"]
    assert removed["data"] == {"action": "remove", "notification_id": shown["data"]["notification_id"], "tag": tag}
    assert not {"notification"} & (removed.keys() | removed["android"].keys() | removed["webpush"].keys())
    assert removed["apns"]["payload"]["aps"] == {"content-available": 1}


async def test_whoever_chose_so_reads_the_words_of_the_inbox_on_the_lock_screen(world: World) -> None:
    account = await world.somebody("good-phone-1")
    await world.pool.execute(
        "insert into preferences.choices (account_id, lock_screen, updated_at) values ($1, 'full', now())", account
    )
    await world.tell(account)

    async with world.sending():
        await world.settled()

    assert CANARIES[0] in world.accepted()[0].message["notification"]["body"]


async def test_all_senders_of_a_project_share_one_rate(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "RATE", 200.0)
    await world.tell(*await world.crowd(60))
    began = world.context.clock()

    async with world.sending(world.sender(), world.sender()):
        await world.settled(20)

    # A tenth of the rate at once, and then a tenth of it a second: 20 pushes, and 20 a second.
    seconds = sorted((push.accepted_at - began).total_seconds() for push in world.accepted())
    assert all(place < 20 * (1 + second) + 1 for place, second in enumerate(seconds))


async def test_a_pause_that_fcm_asks_for_holds_for_every_worker(world: World) -> None:
    now = world.context.clock()
    await world.tell(await world.somebody("good-phone-1"))
    project = json.loads((world.settings.fcm_credentials or Path()).read_text())["project_id"]
    await store.pause(world.pool, project, now + timedelta(seconds=1), now)

    async with world.sending():
        await world.settled()

    assert world.accepted()[0].accepted_at >= now + timedelta(seconds=1)


async def test_an_error_code_from_outside_is_kept_only_when_it_looks_like_one() -> None:
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError"}
    said = [
        outside.outcome(400, None, json.dumps({"error": {"details": [detail | {"errorCode": code}]}}).encode()).error
        for code in ("INVALID_ARGUMENT", "+84912345678", "Nguyễn Văn A", "X" * 60)
    ]

    assert said == ["invalid_argument", "http_400", "http_400", "http_400"]


async def test_a_push_that_fcm_refuses_is_dead_and_its_log_line_says_only_why(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "message", lambda *given: message(*given).replace(b'"data"', b'"words"'))
    await world.tell(account := await world.somebody("good-phone-1"))

    async with world.sending():
        await world.settled()

    row = await world.row("good-phone-1")
    assert (row["state"], row["last_error"], row["attempts"]) == ("dead", "http_400", 1)
    said = "".join(Lines().format(record) for record in caplog.records)
    assert str(row["id"]) in said
    assert not any(secret in said for secret in ("good-phone-1", str(account), *CANARIES))


async def test_no_log_line_holds_whom_a_push_is_for(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "longan")
    targets = ["good-phone-1", "unregistered-1", "invalid-1", "unavailable-1-a", "garbled-1-a", "apns-1"]
    for target in targets:
        await world.tell(await world.somebody(target))

    async with world.sending():
        await until(lambda: arrived(world, "garbled-1-a"))

    said = caplog.text + "".join(Lines().format(record) for record in caplog.records)
    errors = await world.pool.fetch("select last_error from push.outbox where last_error is not null")
    said += str([dict(row) for row in errors])
    assert said
    assert not any(secret in said for secret in (*targets, *CANARIES))
