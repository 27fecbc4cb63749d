"""The way back to an account whose phone and SIM are lost: slow, loud, and easy to stop (SECURITY A12)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from longan.rooms.notifications.tasks import security_notice
from longan.rooms.recovery.tasks import prune_recoveries, resolve_recovery
from tests.conftest import Bearer
from tests.recovery.conftest import ANOTHER, DAYS, NUMBER, Somebody, Town

Official = Callable[[], Awaitable[tuple[dict[str, str], UUID]]]


async def test_after_three_days_the_account_is_at_the_new_phone(
    town: Town, person: Somebody, other_phone: str, clock: Any
) -> None:
    begun = await town.recovers(person.phone, other_phone)
    clock.shift(DAYS - timedelta(minutes=1))
    await town.finish()
    assert await town.phone_of(person.account) == person.phone
    clock.shift(timedelta(minutes=2))

    await town.finish()

    assert (begun.status_code, begun.json().keys()) == (202, {"recovery_id", "due_at"})
    assert await town.state(begun.json()["recovery_id"]) == "done"
    assert await town.phone_of(person.account) == other_phone
    assert (await town.signs_in(other_phone)).account == person.account
    assert "dang nhap" in (await town.texts(other_phone))[-1]


async def test_its_owner_is_told_at_once_by_message_and_in_the_app_and_once_more_at_the_end(
    town: Town, person: Somebody, other_phone: str, clock: Any
) -> None:
    await town.recovers(person.phone, other_phone)
    (begun,) = await town.texts(person.phone)
    told = await town.notices(person.account)
    clock.shift(DAYS)
    await town.finish()

    assert ("72 gio" in begun, begun.isascii(), len(begun) <= 160) == (True, True, True)
    assert told[-1] == "recovery_begun"
    assert (await town.notices(person.account))[-1] == "recovered"
    assert "so dien thoai khac" in (await town.texts(person.phone))[-1]


async def test_the_owner_sees_it_and_stops_it_with_one_tap(
    town: Town, person: Somebody, other_phone: str, clock: Any
) -> None:
    begun = (await town.recovers(person.phone, other_phone)).json()
    (seen,) = (await person.get("/v1/me/recoveries")).json()["items"]

    cancelled = await person.post(f"/v1/me/recoveries/{seen['id']}/cancel")

    assert seen["id"] == begun["recovery_id"]
    assert (seen["state"], seen["due_at"]) == ("under_way", begun["due_at"])
    assert seen["new_phone"] == f"0{other_phone[3:5]}•••{other_phone[-3:]}"
    assert (cancelled.status_code, cancelled.json()) == (200, seen | {"state": "cancelled"})
    assert (await person.post(f"/v1/me/recoveries/{seen['id']}/cancel")).status_code == 404
    assert (await person.get("/v1/me/recoveries")).json() == {"items": []}
    clock.shift(DAYS)
    await town.finish()
    assert await town.phone_of(person.account) == person.phone


async def test_an_owner_who_still_has_the_sim_stops_it_with_a_code(
    town: Town, person: Somebody, other_phone: str
) -> None:
    begun = (await town.recovers(person.phone, other_phone)).json()

    again = await town.signs_in(person.phone)

    stopped = await again.post(f"/v1/me/recoveries/{begun['recovery_id']}/cancel")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")


async def test_nobody_stops_the_recovery_of_another(town: Town, person: Somebody, other_phone: str) -> None:
    begun = (await town.recovers(person.phone, other_phone)).json()
    other = await town.signs_in("+84387654321")

    refused = await other.post(f"/v1/me/recoveries/{begun['recovery_id']}/cancel")
    missing = await other.post(f"/v1/me/recoveries/{uuid4()}/cancel")

    assert (refused.status_code, missing.status_code) == (404, 404)
    assert {**refused.json(), "request_id": "", "instance": ""} == {**missing.json(), "request_id": "", "instance": ""}
    assert (await other.get("/v1/me/recoveries")).json() == {"items": []}


async def test_at_the_end_sessions_and_devices_are_gone_and_caution_begins(
    town: Town, person: Somebody, other_phone: str, clock: Any, conn: asyncpg.Connection
) -> None:
    await town.add_device(person.account)
    await town.recovers(person.phone, other_phone)
    clock.shift(DAYS)
    await town.finish()
    again = await town.signs_in(other_phone)

    me, refused = await again.get("/v1/me"), await town.moves(again, "+84387654321")

    assert (me.status_code, (await again.get("/v1/me/notifications")).status_code) == (200, 200)
    assert (refused.status_code, refused.json()["code"]) == (403, "cooling_off")
    assert await conn.fetchval("select count(*) from device_keys.keys where ended_at is null") == 0
    ended = await conn.fetch("select end_reason from sessions.sessions where ended_at is not null")
    assert {row[0] for row in ended} == {"recovered"}
    clock.shift(DAYS + timedelta(seconds=1))
    assert (await town.moves(await town.signs_in(other_phone), "+84387654321")).status_code == 200


async def test_a_phone_without_an_account_gets_the_same_answers_until_the_time_is_over(
    town: Town, person: Somebody, other_phone: str, clock: Any
) -> None:
    known = await town.recovers(person.phone, other_phone)
    unknown = await town.recovers("+84381111111", "+84382222222")

    assert known.status_code == unknown.status_code
    assert known.json().keys() == unknown.json().keys()
    assert sorted(known.headers) == sorted(unknown.headers)
    clock.shift(DAYS)
    await town.finish()
    assert await town.state(unknown.json()["recovery_id"]) == "refused"


async def test_a_recovery_does_not_look_for_the_account_before_it_answers(
    town: Town, person: Somebody, other_phone: str, conn: asyncpg.Connection
) -> None:
    """What takes as long with an account as without: the worker looks."""
    case = (await town.recovers(person.phone, other_phone, NUMBER, work=False)).json()["recovery_id"]

    row = await conn.fetchrow("select state, account_id from recovery.cases where id = $1::text::uuid", case)

    assert tuple(row) == ("opened", None)


async def test_a_new_phone_that_has_an_account_is_refused_to_who_holds_it(
    town: Town, person: Somebody, other_phone: str, conn: asyncpg.Connection
) -> None:
    await town.signs_in(other_phone)

    refused = await town.recovers(person.phone, other_phone)

    assert (refused.status_code, refused.json()["code"]) == (409, "phone_taken")
    assert await conn.fetchval("select count(*) from recovery.cases") == 0


async def test_a_new_phone_that_got_an_account_meanwhile_ends_it(
    town: Town, person: Somebody, other_phone: str, clock: Any
) -> None:
    begun = (await town.recovers(person.phone, other_phone)).json()
    await town.signs_in(other_phone)
    clock.shift(DAYS)

    await town.finish()

    assert await town.state(begun["recovery_id"]) == "refused"
    assert await town.phone_of(person.account) == person.phone


async def test_an_account_that_moved_or_was_disabled_meanwhile_stays_where_it_is(
    town: Town, person: Somebody, other_phone: str, clock: Any, conn: asyncpg.Connection
) -> None:
    moved = (await town.recovers(person.phone, other_phone)).json()
    await town.moves(person, "+84387654321")
    disabled = await town.signs_in("+84386666666")
    shut = (await town.recovers(disabled.phone, "+84385555555")).json()
    await conn.execute("update identity.accounts set disabled_at = created_at where id = $1", disabled.account)
    clock.shift(DAYS)

    await town.finish()

    assert [await town.state(each["recovery_id"]) for each in (moved, shut)] == ["refused", "refused"]
    assert await town.phone_of(person.account) == "+84387654321"


async def test_whoever_begins_again_has_one_recovery(
    town: Town, person: Somebody, other_phone: str, conn: asyncpg.Connection
) -> None:
    first = (await town.recovers("+84381111111", other_phone)).json()

    second = (await town.recovers(person.phone, other_phone)).json()

    assert [await town.state(each["recovery_id"]) for each in (first, second)] == ["replaced", "waiting"]


async def test_the_lost_phone_is_not_the_new_one(town: Town) -> None:
    refused = await town.client.post(
        "/v1/auth/recovery", json={"lost_phone": "0912345678", "new_phone": "+84912345678"}
    )

    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "same_as_old")


async def test_who_only_names_a_number_uses_up_nothing_of_its_owner(town: Town, person: Somebody, at: Any) -> None:
    for number in range(5):
        async with at(town.app) as stranger:
            body = {"lost_phone": person.phone, "new_phone": f"+8438{number}234567"}
            assert (await stranger.post("/v1/auth/recovery", json=body)).status_code == 202

    begun = await town.recovers(person.phone, "+84389999999")

    assert begun.status_code == 202
    assert await town.state(begun.json()["recovery_id"]) == "waiting"


async def test_a_number_is_claimed_by_three_other_phones_a_day_at_most(
    town: Town, person: Somebody, clock: Any
) -> None:
    phones = [f"+8438{number}234567" for number in range(4)]
    answers = [await town.recovers(person.phone, phone) for phone in (*phones, phones[0])]
    unknown = [await town.recovers("+84381111111", f"+8439{number}234567") for number in range(4)]
    clock.shift(timedelta(days=1, seconds=1))

    later = await town.recovers(person.phone, phones[3])

    assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 202]
    assert [answer.status_code for answer in unknown] == [202, 202, 202, 429]
    assert answers[3].headers["Retry-After"] == "86400"
    assert later.status_code == 202


async def test_an_account_that_somebody_uses_is_for_a_person(
    town: Town, person: Somebody, other_phone: str, clock: Any
) -> None:
    case = (await town.recovers(person.phone, other_phone)).json()["recovery_id"]
    clock.shift(timedelta(hours=1))
    refreshed = await town.client.post("/v1/auth/refresh", json={"refresh_token": person.refresh_token})
    clock.shift(DAYS)

    await town.finish()

    assert refreshed.status_code == 200, refreshed.text
    assert await town.review_for(case) == "in_use"
    assert await town.phone_of(person.account) == person.phone


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("gained", "why"),
    [("passkey", "other_way_in"), ("provider", "other_way_in"), ("identity", "identity_confirmed")],
)
async def test_an_account_that_has_more_than_its_phone_is_for_a_person(
    town: Town, person: Somebody, other_phone: str, clock: Any, gained: str, why: str, when: str
) -> None:
    async def gain() -> None:
        if gained == "passkey":
            await town.add_passkey(person.account)
        elif gained == "provider":
            await town.add_provider(person.account)
        else:
            await town.confirm(person)

    if when == "before":
        await gain()
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    assert await town.state(case) == ("review" if when == "before" else "waiting")
    if when == "after":
        await gain()
    clock.shift(DAYS)

    await town.finish()

    assert await town.review_for(case) == why
    assert await town.phone_of(person.account) == person.phone


async def test_at_the_end_the_thiefs_ways_in_are_gone_and_their_owner_is_told(
    town: Town, person: Somebody, other_phone: str, clock: Any, conn: asyncpg.Connection, official: Official
) -> None:
    await town.confirm(person)
    await town.add_passkey(person.account)
    await town.add_provider(person.account)
    device = {"target": "f" * 160, "target_kind": "token", "platform": "android"}
    installed = await town.client.put("/v1/me/devices/fJ1x2y3z4A5b6C7d8E9f0G", json=device, headers=person.headers)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, _ = await official()
    await town.decide(case, "approved", headers)
    clock.shift(DAYS)

    await town.finish()
    await security_notice(town.context, account_id=person.account, what="recovered", fact=UUID(case))

    assert installed.status_code == 200, installed.text
    assert await town.state(case) == "done"
    for table in ("passkeys.credentials", "federation.links"):
        assert await conn.fetchval(f"select count(*) from {table} where account_id = $1", person.account) == 0
    assert {"passkey_removed", "way_in_removed", "recovered"} <= set(await town.notices(person.account))
    assert await conn.fetchval("select count(*) from notifications.inbox where account_id = $1", person.account) == 1
    assert await conn.fetchval("select count(*) from push.outbox") == 0, "the lost phone hears nothing"


async def test_after_the_caution_the_owner_adds_again_what_was_removed(
    town: Town, person: Somebody, other_phone: str, clock: Any, official: Official
) -> None:
    await town.confirm(person)
    await town.add_passkey(person.account)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, _ = await official()
    await town.decide(case, "approved", headers)
    clock.shift(DAYS)
    await town.finish()
    early = await (await town.signs_in(other_phone)).post("/v1/me/passkeys/registrations")
    clock.shift(DAYS + timedelta(seconds=1))

    late = await (await town.signs_in(other_phone)).post("/v1/me/passkeys/registrations")

    assert (early.status_code, early.json()["code"]) == (403, "cooling_off")
    assert late.status_code in (200, 201), late.text


async def test_a_code_alone_does_not_stop_the_recovery_of_an_account_that_has_more(
    town: Town, person: Somebody, other_phone: str, clock: Any, official: Official, bearer: Bearer
) -> None:
    """Whoever has the SIM may be the thief."""
    await town.add_device(person.account)
    case = (await town.recovers(person.phone, other_phone)).json()["recovery_id"]

    objected = await person.post(f"/v1/me/recoveries/{case}/cancel")

    assert (objected.status_code, objected.json()["state"]) == (200, "objected")
    assert await town.review_for(case) == "objection"
    (seen,) = (await person.get("/v1/me/recoveries")).json()["items"]
    assert seen["state"] == "objected"
    headers, _ = await official()
    (review,) = (await town.client.get("/v1/recoveries", headers=headers)).json()["items"]
    assert review["objected_at"] is not None
    strong = await bearer(person.account, acr=1)
    stopped = await town.client.post(f"/v1/me/recoveries/{case}/cancel", headers=strong)
    assert stopped.json()["state"] == await town.state(case) == "cancelled"


async def test_an_objection_brings_an_approved_recovery_back_once(
    town: Town, person: Somebody, other_phone: str, clock: Any, official: Official
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, _ = await official()
    await town.decide(case, "approved", headers)

    states = []
    for _ in range(2):
        await person.post(f"/v1/me/recoveries/{case}/cancel")
        states.append(await town.state(case))
        await town.decide(case, "approved", headers)

    assert states == ["review", "approved"]
    clock.shift(DAYS)
    await town.finish()
    assert await town.phone_of(person.account) == other_phone


async def test_nothing_tells_a_stranger_whether_they_have_named_the_right_person(
    town: Town, person: Somebody, clock: Any, official: Official
) -> None:
    """Neither the new phone nor whoever holds the old number now, whatever becomes of it."""
    await town.confirm(person)
    guesses = {"+84381111111": NUMBER, "+84382222222": ANOTHER, "+84383333333": None}
    cases, seen = {}, set()
    for phone, number in guesses.items():
        before = len(await town.texts(person.phone)), len(await town.notices(person.account))
        cases[phone] = (await town.recovers(person.phone, phone, number)).json()["recovery_id"]
        after = len(await town.texts(person.phone)), len(await town.notices(person.account))
        mine = (await person.get("/v1/me/recoveries")).json()["items"][-1]
        objected = (await person.post(f"/v1/me/recoveries/{cases[phone]}/cancel")).json()
        seen.add((after[0] - before[0], after[1] - before[1], mine["state"], objected["state"]))
    headers, _ = await official()
    await town.decide(cases["+84381111111"], "refused", headers)
    clock.shift(DAYS)
    await town.finish()
    clock.shift(timedelta(days=14))
    await town.finish()

    assert seen == {(1, 1, "under_way", "objected")}
    assert [await town.texts(phone) for phone in guesses] == [[], [], []]
    assert {await town.state(case) for case in cases.values()} == {"refused"}


@pytest.mark.parametrize("phone", ["+84900000021", "+84900000031"])
async def test_staff_do_not_come_back_this_way_and_hear_who_helps(
    town: Town, other_phone: str, phone: str, conn: asyncpg.Connection
) -> None:
    begun = await town.recovers(phone, other_phone)

    account = await conn.fetchval("select account_id from recovery.cases")
    assert begun.status_code == 202, "that it is staff's is told to nobody"
    assert await town.state(begun.json()["recovery_id"]) == "refused"
    assert await town.notices(account) == ["recovery_of_staff"]
    assert "quan tri" in (await town.texts(phone))[-1]
    assert await town.texts(other_phone) == []


async def test_a_task_that_runs_twice_tells_once(town: Town, person: Somebody, other_phone: str, clock: Any) -> None:
    case = UUID((await town.recovers(person.phone, other_phone)).json()["recovery_id"])
    await resolve_recovery(town.context, case_id=case)
    clock.shift(DAYS)
    await town.finish()
    await town.finish()

    assert len(await town.texts(person.phone)) == 2
    assert (await town.notices(person.account)).count("recovered") == 1


async def test_what_was_over_long_ago_is_forgotten(
    town: Town, person: Somebody, other_phone: str, clock: Any, conn: asyncpg.Connection
) -> None:
    case = (await town.recovers(person.phone, other_phone)).json()["recovery_id"]
    await person.post(f"/v1/me/recoveries/{case}/cancel")
    clock.shift(timedelta(days=401))

    await prune_recoveries(town.context)

    assert await conn.fetchval("select count(*) from recovery.cases") == 0


async def test_no_number_no_phone_and_no_code_is_kept_in_clear(
    town: Town, person: Somebody, other_phone: str, conn: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await town.confirm(person)
    await town.recovers(person.phone, other_phone, NUMBER, work=False)
    code = (await town.gateway.sent())[0]["code"]

    tables = ("recovery.cases", "identity.challenges", "pgqueuer")
    kept = "\n".join([row[0] for table in tables for row in await conn.fetch(f"select t::text from {table} t")])
    kept += (
        "\n".join([bytes(row[0]).decode() for row in await conn.fetch("select payload from pgqueuer")]) + caplog.text
    )

    for secret in (NUMBER, person.phone[3:], other_phone[3:], f'"{code}"'):
        assert secret not in kept
        assert secret.encode().hex() not in kept
