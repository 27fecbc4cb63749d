"""Asking to see a room: who may, how it goes to and fro, what each side sees of the other, and what both are told."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.messages.notices import NOTICES, lock_screen
from longan.rooms.viewings import tasks
from tests.conftest import Bearer, TestClock, new_account
from tests.jobs.hiring import OWNER, UNKNOWN, WORKER, employer_of, promised
from tests.listings.renting import opened, stepped

Client = httpx.AsyncClient
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(now: datetime, hours: float) -> str:
    return (now + timedelta(hours=hours)).replace(microsecond=0).isoformat().replace("+00:00", "Z")


async def ask(client: Client, who: dict[str, str], housing: str, times: list[str], **more: Any) -> httpx.Response:
    headers = who | {"Idempotency-Key": str(uuid4())}
    return await client.post(f"/v1/housing/{housing}/viewings", json={"times": times, **more}, headers=headers)


async def step(client: Client, who: dict[str, str], viewing: str, to: str, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/viewings/{viewing}/{to}", json=body, headers=who)


class Two:
    """A landlord with an open listing, and a worker who has asked to see it."""

    def __init__(self, owner: dict[str, str], worker: dict[str, str], owner_id: UUID, worker_id: UUID) -> None:
        self.owner, self.worker, self.owner_id, self.worker_id = owner, worker, owner_id, worker_id
        self.housing = self.viewing = ""

    async def later(self, clock: TestClock, by: timedelta, bearer: Bearer) -> None:
        """Time goes by, and both sign in again."""
        clock.shift(by)
        self.owner, self.worker = await bearer(self.owner_id), await bearer(self.worker_id)


@pytest.fixture
async def two(client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime) -> Two:
    owner, worker = await new_account(conn, app), await new_account(conn, app)
    made = Two(await bearer(owner), await bearer(worker), owner, worker)
    made.housing = (await opened(client, made.owner))["id"]
    answer = await ask(client, made.worker, made.housing, [at(now, 5), at(now, 29)], people=2, note="Cho em xem gác.")
    assert answer.status_code == 201, answer.text
    made.viewing = answer.json()["id"]
    return made


async def number_of(conn: asyncpg.Connection, app: Edge, account: UUID) -> str:
    cipher = await conn.fetchval("select phone_cipher from identity.accounts where id = $1", account)
    found: str = app.app.state.phones.open(cipher, account)
    return found


async def run(conn: asyncpg.Connection, context: Context) -> None:
    """The steps that were promised, as the worker takes them."""
    for topic, payload in await promised(conn):
        if topic == "viewing_stepped":
            version = int(payload["version"])
            await tasks.viewing_stepped(context, viewing_id=UUID(payload["viewing_id"]), version=version)
    await conn.execute("delete from pgqueuer")


async def told(conn: asyncpg.Connection, account: UUID) -> list[tuple[str, dict[str, str]]]:
    rows = await conn.fetch(
        """select topic, params::text from notifications.inbox
            where account_id = $1 and topic like 'viewing%' order by id""",
        account,
    )
    return [(row[0], json.loads(row[1])) for row in rows]


async def test_each_side_sees_the_request_and_nobody_else_does(client: Client, bearer: Bearer, two: Two) -> None:
    mine = (await client.get("/v1/me/viewings", headers=two.worker)).json()["items"]
    theirs = (await client.get("/v1/me/housing-viewings", headers=two.owner)).json()["items"]
    stranger = await bearer()

    assert [(each["id"], each["side"], each["your_turn"]) for each in mine] == [(two.viewing, "worker", False)]
    assert [(each["id"], each["side"], each["your_turn"]) for each in theirs] == [(two.viewing, "owner", True)]
    assert (await client.get(f"/v1/viewings/{two.viewing}", headers=two.owner)).json()["note"] == "Cho em xem gác."
    assert (await client.get(f"/v1/viewings/{two.viewing}", headers=stranger)).status_code == 404
    for to, body in (("accept", {"time": mine[0]["times"][0]}), ("move", {"times": mine[0]["times"]}),
                     ("refuse", {}), ("withdraw", {}), ("phone", {})):  # fmt: skip
        assert (await step(client, stranger, two.viewing, to, **body)).status_code == 404, to
    assert (await client.get("/v1/me/viewings", headers=stranger)).json()["items"] == []
    assert (await client.get("/v1/me/housing-viewings", headers=stranger)).json()["items"] == []


async def test_numbers_are_masked_until_a_time_is_agreed_on_and_again_when_it_is_called_off(
    client: Client, conn: asyncpg.Connection, app: Edge, two: Two, now: datetime
) -> None:
    owner, worker = await number_of(conn, app, two.owner_id), await number_of(conn, app, two.worker_id)

    before = await client.get(f"/v1/viewings/{two.viewing}", headers=two.worker)
    too_early = [await step(client, who, two.viewing, "phone") for who in (two.worker, two.owner)]
    accepted = await step(client, two.owner, two.viewing, "accept", time=at(now, 5))
    assert accepted.status_code == 200, accepted.text
    after = [await step(client, who, two.viewing, "phone") for who in (two.worker, two.owner)]
    await step(client, two.worker, two.viewing, "withdraw")
    again = [await step(client, who, two.viewing, "phone") for who in (two.worker, two.owner)]

    assert before.json()["phone_masked"] == f"0{owner[3:5]}•••{owner[-3:]}"
    assert {answer.json()["code"] for answer in (*too_early, *again)} == {"number_not_shown"}
    assert not any(owner[-9:] in answer.text or worker[-9:] in answer.text for answer in (before, accepted, *too_early))
    assert [answer.json()["phone"] for answer in after] == [owner, worker]


async def test_each_look_at_a_number_is_shown_to_whose_it_is(client: Client, two: Two, now: datetime) -> None:
    await step(client, two.owner, two.viewing, "accept", time=at(now, 5))
    for _ in range(2):
        await step(client, two.owner, two.viewing, "phone")

    seen = (await client.get("/v1/me/viewing-looks", headers=two.worker)).json()["items"]
    mine = (await client.get("/v1/me/viewing-looks", headers=two.owner)).json()["items"]

    assert [(look["viewing_id"], look["side"]) for look in seen] == [(two.viewing, "owner")] * 2
    assert mine == []


async def test_times_go_to_and_fro_until_one_is_agreed_on_and_each_step_is_told_to_the_other_side(
    client: Client, conn: asyncpg.Connection, two: Two, context: Context, now: datetime
) -> None:
    await run(conn, context)
    moved = await step(client, two.owner, two.viewing, "move", times=[at(now, 30)])
    await run(conn, context)
    back = await step(client, two.worker, two.viewing, "move", times=[at(now, 31), at(now, 32)])
    await run(conn, context)
    own_time = await step(client, two.worker, two.viewing, "accept", time=at(now, 31))
    not_offered = await step(client, two.owner, two.viewing, "accept", time=at(now, 30))
    agreed = await step(client, two.owner, two.viewing, "accept", time=at(now, 32))
    again = await step(client, two.owner, two.viewing, "accept", time=at(now, 32))
    await run(conn, context)

    assert (moved.status_code, back.status_code) == (200, 200)
    assert (own_time.status_code, own_time.json()["code"]) == (409, "illegal_transition")
    assert (not_offered.status_code, not_offered.json()["errors"][0]["pointer"]) == (400, "/time")
    assert (agreed.json()["status"], agreed.json()["agreed_for"]) == ("accepted", at(now, 32))
    assert again.json()["version"] == agreed.json()["version"]
    assert [each[1]["what"] for each in await told(conn, two.owner_id)] == ["requested", "moved"]
    assert [each[1]["what"] for each in await told(conn, two.worker_id)] == ["moved", "accepted"]


async def test_no_push_says_who_where_or_when(
    client: Client, conn: asyncpg.Connection, two: Two, context: Context, now: datetime
) -> None:
    await step(client, two.owner, two.viewing, "accept", time=at(now, 5))
    await run(conn, context)

    [(topic, params)] = await told(conn, two.worker_id)
    said = " ".join(lock_screen(topic, "vi", json.dumps(params)))
    assert not NOTICES[topic].full and not NOTICES["viewing_soon"].full
    assert params["title"] not in said and params["at"] not in said


async def test_both_are_reminded_two_hours_before_unless_it_was_called_off(
    client: Client,
    conn: asyncpg.Connection,
    two: Two,
    bearer: Bearer,
    context: Context,
    clock: TestClock,
    now: datetime,
) -> None:
    await step(client, two.owner, two.viewing, "accept", time=at(now, 5))
    due = await conn.fetchrow("select due_at, payload from floor.reminders where topic = 'viewing_soon'")
    payload = json.loads(bytes(due["payload"]))
    agreed = datetime.fromisoformat(payload["agreed_for"])

    await two.later(clock, 3 * HOUR, bearer)
    for _ in range(2):
        await tasks.viewing_soon(context, viewing_id=UUID(two.viewing), agreed_for=agreed)
    await step(client, two.worker, two.viewing, "withdraw")
    left = await conn.fetchval("select count(*) from floor.reminders where topic = 'viewing_soon'")
    await tasks.viewing_soon(context, viewing_id=UUID(two.viewing), agreed_for=agreed + HOUR)

    assert due["due_at"] == agreed - 2 * HOUR
    assert [each[0] for each in await told(conn, two.owner_id)] == ["viewing_soon"]
    assert [each[0] for each in await told(conn, two.worker_id)] == ["viewing_soon"]
    assert left == 0


async def test_a_request_lapses_when_the_last_of_its_times_is_over_and_both_hear_of_it(
    client: Client,
    conn: asyncpg.Connection,
    two: Two,
    bearer: Bearer,
    context: Context,
    clock: TestClock,
    now: datetime,
) -> None:
    await conn.execute("delete from pgqueuer")
    await two.later(clock, 28 * HOUR, bearer)
    await tasks.end_viewings(context)
    still = (await client.get(f"/v1/viewings/{two.viewing}", headers=two.worker)).json()["status"]
    await two.later(clock, 2 * HOUR, bearer)
    await tasks.end_viewings(context)
    await tasks.end_viewings(context)
    await run(conn, context)

    assert still == "requested"
    assert (await client.get(f"/v1/viewings/{two.viewing}", headers=two.worker)).json()["status"] == "lapsed"
    assert [each[1]["what"] for each in await told(conn, two.owner_id)] == ["lapsed"]
    assert [each[1]["what"] for each in await told(conn, two.worker_id)] == ["lapsed"]


async def test_a_day_after_the_agreed_time_numbers_are_hidden_and_one_may_ask_again(
    client: Client, two: Two, bearer: Bearer, context: Context, clock: TestClock, now: datetime
) -> None:
    await step(client, two.owner, two.viewing, "accept", time=at(now, 5))
    taken = await ask(client, two.worker, two.housing, [at(now, 40)])
    await two.later(clock, 30 * HOUR, bearer)
    await tasks.end_viewings(context)

    over = (await client.get(f"/v1/viewings/{two.viewing}", headers=two.worker)).json()
    phone = await step(client, two.worker, two.viewing, "phone")
    again = await ask(client, two.worker, two.housing, [at(now, 40)])

    assert (taken.status_code, taken.json()["code"]) == (409, "viewing_requested_already")
    assert (over["status"], over["can_call"]) == ("over", False)
    assert phone.json()["code"] == "number_not_shown"
    assert again.status_code == 201


async def test_requests_end_with_their_listing_and_both_hear_of_it(
    client: Client, conn: asyncpg.Connection, two: Two, context: Context, now: datetime
) -> None:
    await conn.execute("delete from pgqueuer")
    await stepped(client, two.owner, two.housing, "close", reason="let")
    refused = await step(client, two.owner, two.viewing, "accept", time=at(now, 5))

    await tasks.end_viewings(context)
    await run(conn, context)

    assert (refused.status_code, refused.json()["code"]) == (409, "housing_not_open")
    assert (await client.get(f"/v1/viewings/{two.viewing}", headers=two.worker)).json()["status"] == "ended"
    assert [each[1]["what"] for each in await told(conn, two.worker_id)] == ["ended"]


async def test_what_a_phone_sends_again_much_later_is_the_request_it_made(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, two: Two, now: datetime, clock: TestClock
) -> None:
    made = str(UUID(int=int(now.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | 4711))
    account = await new_account(conn, app)

    first = await ask(client, await bearer(account), two.housing, [at(now, 50)], id=made)
    clock.shift(3 * DAY)
    second = await ask(client, await bearer(account), two.housing, [at(now, 50)], id=made)
    foreign = await ask(client, await bearer(), two.housing, [at(now, 90)], id=made)

    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.json()["id"], second.json()["id"]) == (made, made)
    assert (foreign.status_code, foreign.json()["code"]) == (409, "viewing_id_taken")
    assert await conn.fetchval("select count(*) from viewings.requests where id = $1", UUID(made)) == 1


async def test_nobody_asks_to_see_their_own_listing_nor_what_is_not_shown(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, two: Two, now: datetime
) -> None:
    theirs = {"kind": "dormitory", "employer_id": str(await employer_of(conn, OWNER))}
    dormitory = (await opened(client, await bearer(OWNER), **theirs))["id"]
    sample = await conn.fetchval("select id from housing.listings where status = 'open' and owner_id is null limit 1")

    own = [await ask(client, two.owner, two.housing, [at(now, 5)]),
           await ask(client, await bearer(OWNER), dormitory, [at(now, 5)])]  # fmt: skip
    nobodys = await ask(client, two.worker, str(sample), [at(now, 5)])
    unknown = await ask(client, two.worker, UNKNOWN, [at(now, 5)])
    await stepped(client, two.owner, two.housing, "close")
    gone = await ask(client, await bearer(), two.housing, [at(now, 5)])

    assert {(answer.status_code, answer.json()["code"]) for answer in own} == {(403, "own_housing")}
    assert (nobodys.status_code, nobodys.json()["code"]) == (409, "housing_not_open")
    assert {answer.status_code for answer in (unknown, gone)} == {404}


async def test_a_worker_who_blocked_an_employer_finds_none_of_its_rooms(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    employer = await employer_of(conn, OWNER)
    housing = (await opened(client, await bearer(OWNER), kind="dormitory", employer_id=str(employer)))["id"]
    worker = await bearer(WORKER)
    blocked = await client.put(f"/v1/me/blocked-employers/{employer}", headers=worker)

    assert blocked.status_code < 300, blocked.text
    assert (await ask(client, worker, housing, [at(now, 5)])).status_code == 404


@pytest.mark.parametrize(
    ("hours", "pointer", "code"),
    [
        ([-1], "/times/0", "in_past"),
        ([0.1], "/times/0", "too_small"),
        ([5, 24 * 90], "/times/1", "too_large"),
        ([5, 5], "/times/1", "repeated"),
    ],
    ids=["over", "too soon", "too late", "twice"],
)
async def test_times_that_make_no_sense_are_named(
    client: Client, bearer: Bearer, two: Two, now: datetime, hours: list[float], pointer: str, code: str
) -> None:
    answer = await ask(client, await bearer(), two.housing, [at(now, each) for each in hours])

    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


async def test_who_asks_for_many_is_told_when_to_come_back(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime, clock: TestClock
) -> None:
    housings = []
    for _ in range(5):
        owner = await bearer(await new_account(conn, app))
        housings += [(await opened(client, owner))["id"] for _ in range(3)]
    account = await new_account(conn, app)
    worker = await bearer(account)

    answers = [await ask(client, worker, each, [at(now, 50)]) for each in housings]
    clock.shift(HOUR)
    after = await ask(client, await bearer(account), housings[10], [at(now, 50)])

    assert [answer.status_code for answer in answers] == [201] * 10 + [429] * 5
    assert answers[10].json()["code"] == "rate_limited"
    assert 3590 <= int(answers[10].headers["Retry-After"]) <= 3601
    assert after.status_code == 201


async def test_one_owner_is_asked_three_times_a_day_by_one_account(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime, clock: TestClock
) -> None:
    owner, account = await bearer(acr=2), await new_account(conn, app)
    worker = await bearer(account)
    housings = [(await opened(client, owner))["id"] for _ in range(4)]

    answers = [await ask(client, worker, each, [at(now, 50)]) for each in housings]
    clock.shift(DAY)
    after = await ask(client, await bearer(account), housings[3], [at(now, 50)])

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert int(answers[3].headers["Retry-After"]) > 86_000
    assert after.status_code == 201


async def test_how_an_owner_answers_is_told_from_five_requests_on(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, two: Two, now: datetime, clock: TestClock
) -> None:
    answers = [await ask(client, await bearer(), two.housing, [at(now, 50)]) for _ in range(4)]
    viewings = [two.viewing, *[answer.json()["id"] for answer in answers]]
    await two.later(clock, HOUR, bearer)
    for each in viewings[:3]:
        await step(client, two.owner, each, "refuse")
    path = f"/v1/housing/{two.housing}/response"

    too_new = (await client.get(path)).json()
    await two.later(clock, 3 * DAY, bearer)
    found = (await client.get(path)).json()
    await conn.execute("delete from viewings.requests where id = $1", UUID(viewings[0]))
    too_few = (await client.get(path)).json()

    nothing = {"asked": None, "answered_percent": None, "median_minutes": None}
    assert (too_new, too_few) == (nothing, nothing)
    assert found == {"asked": 5, "answered_percent": 60, "median_minutes": 60}
