"""Who is told at all, when a push may go out, and whether it still should at the moment of sending."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.accounts import blocks
from longan.floor.messages import telling, wanting
from longan.floor.messages.notices import NOTICES, Moved, Received, Security
from longan.floor.setup.settings import BadSettings
from tests.conftest import Bearer, TestClock, new_account, sign_in

MINE = "/v1/me/notification-preferences"
PURPOSE = "job_recommendations"
# A Monday evening in Vietnam.
EVENING = datetime(2026, 11, 23, 20, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
RECEIVED = Received("Công nhân may", "Công ty May")
NIGHT = {"weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "begins": "22:00", "ends": "05:30"}


class Somebody:
    """A person with a phone, told by the statement that tells everybody."""

    def __init__(self, conn: asyncpg.Connection, client: httpx.AsyncClient, account: UUID, me: dict[str, str]) -> None:
        self.conn, self.client, self.account, self.me = conn, client, account, me

    async def phone(self, name: str = "phone-one") -> None:
        await self.conn.execute(
            """insert into push.devices
                   (installation_id, account_id, session_id, target_kind, target, platform, locale, registered_at)
               select $1 || s.id, $2, s.id, 'fid', $1 || s.id, 'android', 'vi', s.signed_in_at
                 from sessions.sessions s where s.account_id = $2""",
            name, self.account,
        )  # fmt: skip

    async def choose(self, **change: Any) -> None:
        answer = await self.client.patch(MINE, headers={**self.me, "If-Match": "*"}, json=change)
        assert answer.status_code == 200, answer.text

    async def tell(
        self, topic: str = "application_received", params: Any = RECEIVED, *, now: datetime = EVENING,
        subject: UUID | None = None, employer: UUID | None = None,
    ) -> UUID | None:  # fmt: skip
        """The notice in their inbox, None where they were not told."""
        fact = uuid4()
        await telling.tell(
            self.conn, [self.account], topic, subject or uuid4(), params, fact, now, employer=employer
        )  # fmt: skip
        told: UUID | None = await self.conn.fetchval(
            "select id from notifications.inbox where dedupe_key = $1", f"{topic}:{fact}:{self.account}"
        )
        return told

    async def pushes(self) -> Sequence[asyncpg.Record]:
        return await self.conn.fetch(
            """select notification_id, not_before, expires_at, digest_at
                 from push.outbox where account_id = $1 order by id""",
            self.account,
        )

    async def wanted(self, notice: UUID | None, channel: str = "push", now: datetime = EVENING) -> bool:
        said: bool = await self.conn.fetchval("select notifications.still_wanted($1, $2, $3)", notice, channel, now)
        return said


@pytest.fixture
async def lan(conn: asyncpg.Connection, client: httpx.AsyncClient, app: Edge, clock: TestClock) -> Somebody:
    clock.shift(EVENING - clock())
    account = await new_account(conn, app)
    made = Somebody(conn, client, account, await sign_in(conn, app, account, "app", 0))
    await made.phone()
    return made


@pytest.fixture
async def employer(conn: asyncpg.Connection) -> UUID:
    found: UUID = await conn.fetchval("select id from employers.employers order by id limit 1")
    return found


async def make_low(conn: asyncpg.Connection, topic: str = "application_received") -> None:
    await conn.execute("update preferences.topics set urgency = 'low' where topic = $1", topic)


async def test_a_push_waits_until_it_is_no_longer_quiet_and_the_inbox_does_not(lan: Somebody) -> None:
    await lan.choose(quiet_hours=[NIGHT])

    notice = await lan.tell(now=EVENING + timedelta(hours=3))

    [push] = await lan.pushes()
    assert push["notification_id"] == notice
    assert push["not_before"] == EVENING.replace(hour=5, minute=30) + timedelta(days=1)


async def test_an_urgent_notice_does_not_wait(lan: Somebody) -> None:
    await lan.choose(quiet_hours=[NIGHT])
    late = EVENING + timedelta(hours=3)

    await lan.tell("security_notice", Security("new_sign_in"), now=late, subject=lan.account)

    assert [push["not_before"] for push in await lan.pushes()] == [late]
    ask = "select notifications.loud_at($1, $2, $3)"
    assert await lan.conn.fetchval(ask, lan.account, "security_notice", late) == late
    assert await lan.conn.fetchval(ask, lan.account, "application_moved", late) > late


async def test_quiet_hours_are_those_of_the_persons_own_time_zone(lan: Somebody) -> None:
    await lan.choose(quiet_hours=[NIGHT], time_zone="Asia/Tokyo")

    await lan.tell(now=EVENING + timedelta(minutes=10))

    [push] = await lan.pushes()
    assert push["not_before"] == datetime(2026, 11, 24, 5, 30, tzinfo=ZoneInfo("Asia/Tokyo"))


async def test_what_is_switched_off_is_in_the_inbox_only(lan: Somebody) -> None:
    await lan.choose(topics={"application_received": {"push": False}})

    notice = await lan.tell()

    assert notice is not None and not await lan.pushes()


async def test_what_is_switched_off_after_the_promise_is_not_sent(lan: Somebody) -> None:
    notice = await lan.tell()
    assert await lan.wanted(notice)

    await lan.choose(topics={"application_received": {"push": False}})
    assert not await lan.wanted(notice)

    await lan.choose(topics={"application_received": {"push": True}})
    assert await lan.wanted(notice)


async def test_a_channel_that_a_topic_does_not_have_is_never_wanted(lan: Somebody) -> None:
    await lan.conn.execute(
        "update preferences.topics set carriers = '{zns,sms}', at_first = '{push,zns}' where topic = 'employer_decided'"
    )
    notice = await lan.tell()
    decided = await lan.tell("employer_decided", NOTICES["employer_decided"].params("verified", "Công ty May"))

    assert not await lan.wanted(notice, "zns") and not await lan.wanted(notice, "sms")
    assert await lan.wanted(decided, "zns") and not await lan.wanted(decided, "sms")


@pytest.mark.parametrize(
    "change",
    [
        "update notifications.inbox set read_at = now() where id = $1",
        "update notifications.inbox set archived_at = now() where id = $1",
        "update notifications.inbox set expires_at = '2026-11-23 12:59+00' where id = $1",
        """update identity.accounts set disabled_at = now()
            where id = (select account_id from notifications.inbox where id = $1)""",
    ],
)
async def test_what_was_read_put_away_or_is_over_is_not_sent(lan: Somebody, change: str) -> None:
    notice = await lan.tell()
    assert await lan.wanted(notice) and await lan.wanted(await lan.tell())

    await lan.conn.execute(change, notice)

    assert not await lan.wanted(notice)
    assert not await lan.wanted(uuid4())


async def test_a_step_that_was_followed_by_another_is_no_longer_news(lan: Somebody) -> None:
    job, of = await lan.conn.fetchrow("select id, employer_id from jobs.postings where status = 'open' limit 1")
    application = await lan.conn.fetchval(
        """insert into applications.applications (job_id, employer_id, worker_id, status, created_at, updated_at)
           values ($1, $2, $3, 'viewed', now(), now()) returning id""", job, of, lan.account,
    )  # fmt: skip
    await lan.conn.execute(
        "insert into members.members (employer_id, account_id, role) values ($1, $2, 'recruiter')", of, lan.account
    )
    viewed = await lan.tell("application_moved", Moved("viewed", "May", "Công ty"), subject=application)
    received = await lan.tell(subject=application)
    assert await lan.wanted(viewed) and await lan.wanted(received)

    await lan.conn.execute("update applications.applications set status = 'withdrawn' where id = $1", application)

    assert not await lan.wanted(viewed) and not await lan.wanted(received)
    assert await lan.wanted(await lan.tell("application_moved", Moved("withdrawn", "May", "X"), subject=application))


async def test_who_blocks_an_employer_hears_no_more_of_it(lan: Somebody, employer: UUID) -> None:
    promised = await lan.tell(employer=employer)
    other = await lan.tell()
    assert await lan.wanted(promised) and not await blocks.blocked(lan.conn, lan.account, employer)

    blocked = await lan.client.put(f"/v1/me/blocked-employers/{employer}", headers=lan.me)

    assert blocked.status_code == 200, blocked.text
    assert await blocks.blocked(lan.conn, lan.account, employer)
    assert not await lan.wanted(promised) and await lan.wanted(other)
    assert await lan.tell(employer=employer) is None
    assert [push["notification_id"] for push in await lan.pushes()] == [promised, other]
    events = "select count(*) from notifications.events where account_id = $1"
    assert await lan.conn.fetchval(events, lan.account) == 2

    assert (await lan.client.delete(f"/v1/me/blocked-employers/{employer}", headers=lan.me)).status_code == 204
    assert await lan.wanted(promised) and await lan.tell(employer=employer) is not None


async def test_who_takes_a_consent_back_hears_no_more_of_its_purpose(lan: Somebody) -> None:
    await lan.conn.execute("update preferences.topics set consent = $1 where topic = 'application_received'", PURPOSE)
    assert await lan.tell() is None
    consent = f"/v1/me/consents/{PURPOSE}"
    assert (await lan.client.put(consent, headers=lan.me, json={"version": 1})).status_code == 200
    promised = await lan.tell()
    assert await lan.wanted(promised)

    assert (await lan.client.post(f"{consent}/withdraw", headers=lan.me)).status_code == 200

    assert not await lan.wanted(promised) and await lan.tell() is None


async def test_what_can_wait_is_one_push_of_the_day_for_each_phone(lan: Somebody) -> None:
    await make_low(lan.conn)
    await lan.phone("phone-two")
    await lan.choose(digest_at="21:00")

    first, *_ = [await lan.tell(now=EVENING + timedelta(minutes=number)) for number in range(3)]

    pushes = await lan.pushes()
    hour = EVENING + timedelta(hours=1)
    assert [(push["notification_id"], push["digest_at"], push["not_before"]) for push in pushes] == [
        (first, hour, hour)
    ] * 2
    assert all(push["expires_at"] > hour for push in pushes)
    assert await lan.conn.fetchval("select notifications.gathered($1, $2)", first, hour) == 3


async def test_the_push_of_the_day_counts_what_is_still_unread_and_falls_silent_when_nothing_is(lan: Somebody) -> None:
    await make_low(lan.conn)
    notices = [await lan.tell(now=EVENING + timedelta(minutes=number)) for number in range(3)]
    await lan.tell("employer_decided", NOTICES["employer_decided"].params("verified", "Công ty"))  # cannot wait
    count = "select notifications.gathered($1, $2)"
    hour = EVENING + timedelta(hours=22)

    read = "update notifications.inbox set read_at = now() where id = $1"
    for left, notice in zip((2, 1), notices, strict=False):
        await lan.conn.execute(read, notice)
        assert await lan.conn.fetchval(count, notices[0], hour) == left
        assert await lan.wanted(notices[0], "digest", hour)
    await lan.conn.execute(read, notices[2])

    assert not await lan.wanted(notices[0], "digest", hour)


async def test_after_the_push_of_the_day_the_next_one_is_tomorrow_and_counts_anew(lan: Somebody) -> None:
    await make_low(lan.conn)
    today = EVENING.replace(hour=18)
    first = await lan.tell(now=today - timedelta(minutes=1))

    second = await lan.tell(now=today)

    assert [push["digest_at"] for push in await lan.pushes()] == [today, today + timedelta(days=1)]
    count = "select notifications.gathered($1, $2)"
    assert await lan.conn.fetchval(count, second, today + timedelta(days=1)) == 1
    assert first != second


async def test_the_push_of_the_day_keeps_quiet_hours_too_and_one_night_has_one(lan: Somebody) -> None:
    await make_low(lan.conn)
    await lan.choose(quiet_hours=[NIGHT], digest_at="23:00")

    await lan.tell()
    await lan.tell(now=EVENING + timedelta(hours=4))  # after midnight: its hour is the next evening's

    morning = EVENING.replace(hour=5, minute=30) + timedelta(days=1)
    assert [push["not_before"] for push in await lan.pushes()] == [morning, morning + timedelta(days=1)]


async def test_full_text_is_for_whom_chose_it_and_topics_that_allow_it(lan: Somebody) -> None:
    ask = "select notifications.full_text($1, $2)"
    assert not await lan.conn.fetchval(ask, lan.account, "application_moved")
    await lan.choose(lock_screen="discreet")
    assert not await lan.conn.fetchval(ask, lan.account, "application_moved")

    await lan.choose(lock_screen="full")

    assert await lan.conn.fetchval(ask, lan.account, "application_moved")
    await lan.conn.execute("update preferences.topics set full_text = false where topic = 'application_moved'")
    assert not await lan.conn.fetchval(ask, lan.account, "application_moved")


async def test_the_second_time_a_fact_is_told_nothing_happens(lan: Somebody) -> None:
    for _ in range(2):
        await telling.tell(
            lan.conn, [lan.account, lan.account], "application_received", uuid4(), RECEIVED, "once", EVENING
        )

    assert len(await lan.pushes()) == 1


async def test_a_process_does_not_start_where_the_database_does_not_know_a_topic(conn: asyncpg.Connection) -> None:
    await wanting.check(conn)
    await conn.execute("delete from preferences.topics where topic = 'employer_decided'")

    with pytest.raises(BadSettings, match="employer_decided"):
        await wanting.check(conn)

    await wanting.install(conn)
    await wanting.check(conn)


@pytest.mark.parametrize("reason", ["exists (select from nowhere.at_all)", "i.colour = 'red'", "exists (", "'maybe'"])
async def test_a_reason_that_does_not_fit_the_database_stops_the_deployment(
    conn: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    notice = msgspec.structs.replace(NOTICES["employer_decided"], stands=reason)
    monkeypatch.setitem(NOTICES, "employer_decided", notice)

    for brought in (wanting.install, wanting.check):
        with pytest.raises(BadSettings, match="employer_decided"):
            async with conn.transaction():
                await brought(conn)


async def test_what_newer_code_tells_is_let_through_by_older_code(lan: Somebody) -> None:
    await lan.conn.execute("delete from preferences.topics where topic = 'application_received'")

    notice = await lan.tell()

    assert await lan.wanted(notice) and len(await lan.pushes()) == 1


async def test_blocked_employers_are_listed_newest_first_and_are_ones_own(
    lan: Somebody, bearer: Bearer, clock: TestClock
) -> None:
    ids = [row["id"] for row in await lan.conn.fetch("select id from employers.employers order by id limit 3")]
    for employer in ids:
        clock.shift(timedelta(minutes=1))
        assert (await lan.client.put(f"/v1/me/blocked-employers/{employer}", headers=lan.me)).status_code == 200
    again = await lan.client.put(f"/v1/me/blocked-employers/{ids[0]}", headers=lan.me)

    first = (await lan.client.get("/v1/me/blocked-employers", headers=lan.me, params={"limit": 2})).json()
    rest = (
        await lan.client.get(
            "/v1/me/blocked-employers", headers=lan.me, params={"limit": 2, "cursor": first["next_cursor"]}
        )
    ).json()

    items = first["items"] + rest["items"]
    assert [item["employer_id"] for item in items] == [str(each) for each in reversed(ids)]
    assert items[-1] == again.json() and rest["next_cursor"] is None
    stranger = await bearer()
    assert (await lan.client.get("/v1/me/blocked-employers", headers=stranger)).json()["items"] == []
    assert (await lan.client.delete(f"/v1/me/blocked-employers/{ids[0]}", headers=stranger)).status_code == 404
    assert (await lan.client.put(f"/v1/me/blocked-employers/{uuid4()}", headers=lan.me)).status_code == 404
    assert (await lan.client.delete(f"/v1/me/blocked-employers/{uuid4()}", headers=lan.me)).status_code == 404
    assert (await lan.client.get("/v1/me/blocked-employers")).status_code == 401
