"""The way back to an account whose phone and SIM are lost: slow, loud, and easy to stop (SECURITY A12)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from longan.api.edge import Edge
from longan.recovery.tasks import prune_recoveries, resolve_recovery
from tests.devices import Device
from tests.recovery.conftest import ANOTHER, NUMBER, Somebody, Town

Official = Callable[[], Awaitable[tuple[dict[str, str], UUID]]]

DAYS = timedelta(hours=72)


async def decide(town: Town, case: str, decision: str, headers: dict[str, str]) -> Any:
    body = {"decision": decision, "reason": "Đã gặp trực tiếp."}
    return await town.client.post(f"/v1/recoveries/{case}/decision", json=body, headers=headers)


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
    assert (seen["state"], seen["due_at"]) == ("waiting", begun["due_at"])
    assert seen["new_phone"] == f"0{other_phone[3:5]}•••{other_phone[-3:]}"
    assert cancelled.status_code == 204
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

    assert (await again.post(f"/v1/me/recoveries/{begun['recovery_id']}/cancel")).status_code == 204


async def test_nobody_stops_the_recovery_of_another(town: Town, person: Somebody, other_phone: str) -> None:
    begun = (await town.recovers(person.phone, other_phone)).json()
    other = await town.signs_in("+84387654321")

    refused = await other.post(f"/v1/me/recoveries/{begun['recovery_id']}/cancel")
    missing = await other.post(f"/v1/me/recoveries/{uuid4()}/cancel")

    assert (refused.status_code, missing.status_code) == (404, 404)
    assert {**refused.json(), "request_id": "", "instance": ""} == {**missing.json(), "request_id": "", "instance": ""}
    assert (await other.get("/v1/me/recoveries")).json() == {"items": []}


async def test_at_the_end_sessions_and_devices_are_gone_and_caution_begins(
    app: Edge, town: Town, person: Somebody, other_phone: str, clock: Any, conn: asyncpg.Connection
) -> None:
    await conn.execute(
        """insert into device_keys.keys (account_id, thumbprint, enrolled_at, enrolled_by, first_seen_at, last_seen_at)
           values ($1, $2, $3, 'device', $3, $3)""",
        person.account, Device.of(app).thumbprint, clock(),
    )  # fmt: skip
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
    assert "khong duoc chap nhan" in (await town.texts("+84382222222"))[-1]


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


async def test_a_phone_is_said_to_be_lost_three_times_a_day(town: Town, person: Somebody) -> None:
    answers = []
    for number in range(4):
        body = {"lost_phone": person.phone, "new_phone": f"+8438{number}234567"}
        answers.append(await town.client.post("/v1/auth/recovery", json=body))

    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]


async def test_two_who_claim_an_unconfirmed_account_are_told_apart_by_a_person(
    town: Town, person: Somebody, clock: Any, official: Official
) -> None:
    first = (await town.recovers(person.phone, "+84381111111")).json()
    second = (await town.recovers(person.phone, "+84382222222")).json()
    clock.shift(DAYS)
    await town.finish()
    assert await town.phone_of(person.account) == person.phone
    headers, _ = await official()

    waiting = (await town.client.get("/v1/recoveries", headers=headers)).json()["items"]
    assert {each["id"] for each in waiting} == {first["recovery_id"], second["recovery_id"]}
    assert {each["number_matched"] for each in waiting} == {False}
    assert (await decide(town, second["recovery_id"], "approved", headers)).status_code == 204
    await town.finish()

    assert [await town.state(each["recovery_id"]) for each in (first, second)] == ["refused", "done"]
    assert await town.phone_of(person.account) == "+84382222222"


@pytest.mark.parametrize(("number", "state"), [(NUMBER, "review"), (ANOTHER, "blind"), (None, "blind")])
async def test_a_confirmed_account_needs_its_number_and_an_official(
    town: Town, person: Somebody, other_phone: str, clock: Any, conn: asyncpg.Connection, number: str | None, state: str
) -> None:
    await town.confirm(person)

    begun = (await town.recovers(person.phone, other_phone, number)).json()

    assert await town.state(begun["recovery_id"]) == state
    assert await conn.fetchval("select number_index from recovery.cases") is None, "it was compared and is not kept"
    clock.shift(DAYS)
    await town.finish()
    assert await town.state(begun["recovery_id"]) == ("review" if state == "review" else "refused")
    assert await town.phone_of(person.account) == person.phone
    assert (await town.texts(person.phone) != []) == (state == "review")


async def test_an_approval_does_not_shorten_the_wait(
    town: Town, person: Somebody, other_phone: str, clock: Any, official: Official, conn: asyncpg.Connection
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()
    (seen,) = (await town.client.get("/v1/recoveries", headers=headers)).json()["items"]

    approved = await decide(town, case, "approved", headers)
    await town.finish()

    assert (seen["id"], seen["number_matched"], seen["account_id"]) == (case, True, str(person.account))
    assert NUMBER not in str(seen)
    assert other_phone[3:] not in str(seen)
    assert approved.status_code == 204
    assert await town.phone_of(person.account) == person.phone
    clock.shift(DAYS)
    await town.finish()
    assert await town.phone_of(person.account) == other_phone
    row = await conn.fetchrow("select decided_by, agency_code is not null, reason from recovery.cases")
    assert (row[0], row[2]) == (account, "Đã gặp trực tiếp.")


async def test_an_owner_stops_what_an_official_has_approved(
    town: Town, person: Somebody, other_phone: str, official: Official
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, _ = await official()
    await decide(town, case, "approved", headers)

    assert (await person.post(f"/v1/me/recoveries/{case}/cancel")).status_code == 204
    assert await town.state(case) == "cancelled"


async def test_a_refusal_is_told_to_the_new_phone_and_is_final(
    town: Town, person: Somebody, other_phone: str, clock: Any, official: Official
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, _ = await official()

    assert (await decide(town, case, "refused", headers)).status_code == 204

    again = await decide(town, case, "approved", headers)
    assert (again.status_code, again.json()["code"], again.json()["from"]) == (409, "illegal_transition", "refused")
    assert "khong duoc chap nhan" in (await town.texts(other_phone))[-1]


async def test_a_review_that_nobody_does_lapses(town: Town, person: Somebody, other_phone: str, clock: Any) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    clock.shift(timedelta(days=14, minutes=1))

    await town.finish()

    assert await town.state(case) == "lapsed"
    assert "khong duoc chap nhan" in (await town.texts(other_phone))[-1]


async def test_only_officials_with_a_fresh_passkey_decide(
    town: Town, person: Somebody, other_phone: str, official: Official, conn: asyncpg.Connection, bearer: Any
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()
    weak = await bearer(account, audience="official", acr=0)

    answers = [
        await decide(town, case, "approved", person.headers),
        await decide(town, case, "approved", weak),
        await decide(town, str(uuid4()), "approved", headers),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 404]
    assert (await town.client.get("/v1/recoveries", headers=person.headers)).status_code == 401
    assert await town.state(case) == "review"


@pytest.mark.parametrize(("role", "function"), [("administrator", None), ("official", "labour")])
async def test_administrators_and_officials_for_something_else_decide_nothing(
    town: Town, person: Somebody, other_phone: str, conn: asyncpg.Connection, bearer: Any, role: str,
    function: str | None,
) -> None:  # fmt: skip
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    account = await conn.fetchval("select account_id from identity.roles where role = $1 limit 1", role)
    if function is not None:
        await conn.execute("delete from staff.grants where account_id = $1", account)
        await conn.execute(
            "insert into staff.grants (account_id, role, function, starts_at) values ($1, $2, $3, $4)",
            account, role, function, town.now(),
        )  # fmt: skip
    headers = await bearer(account, audience="official", acr=3)

    answers = [
        await town.client.get("/v1/recoveries", headers=headers),
        await decide(town, case, "approved", headers),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "forbidden")}
    assert await town.state(case) == "review"


async def test_nobody_decides_on_an_account_of_their_own(
    town: Town, person: Somebody, other_phone: str, official: Official, conn: asyncpg.Connection
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()
    await conn.execute("update recovery.cases set account_id = $1", account)

    refused = await decide(town, case, "approved", headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("phone", ["+84900000021", "+84900000031"])
async def test_staff_do_not_come_back_this_way(town: Town, other_phone: str, phone: str) -> None:
    case = (await town.recovers(phone, other_phone)).json()["recovery_id"]

    assert await town.state(case) == "blind"


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
