"""What officials decide about recoveries, and what they see (SECURITY A12, Z6)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.rooms.recovery import domain
from longan.rooms.recovery.tasks import written
from tests.conftest import Bearer
from tests.recovery.conftest import ANOTHER, DAYS, NUMBER, Somebody, Town

Official = Callable[[], Awaitable[tuple[dict[str, str], UUID]]]


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
    assert {(each["number_matched"], each["review_for"]) for each in waiting} == {(False, "several_claims")}
    assert (await town.decide(second["recovery_id"], "approved", headers)).status_code == 204
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


async def test_an_approval_does_not_shorten_the_wait(
    town: Town, person: Somebody, other_phone: str, clock: Any, official: Official, conn: asyncpg.Connection
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()
    (seen,) = (await town.client.get("/v1/recoveries", headers=headers)).json()["items"]

    approved = await town.decide(case, "approved", headers)
    await town.finish()

    assert (seen["id"], seen["number_matched"], seen["review_for"]) == (case, True, "identity_confirmed")
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
    town: Town, person: Somebody, other_phone: str, official: Official, bearer: Bearer
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, _ = await official()
    await town.decide(case, "approved", headers)
    strong = await bearer(person.account, acr=1)

    stopped = await town.client.post(f"/v1/me/recoveries/{case}/cancel", headers=strong)

    assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    assert await town.state(case) == "cancelled"


async def test_a_refusal_is_final(town: Town, person: Somebody, other_phone: str, official: Official) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, _ = await official()

    assert (await town.decide(case, "refused", headers)).status_code == 204

    again = await town.decide(case, "approved", headers)
    assert (again.status_code, again.json()["code"], again.json()["from"]) == (409, "illegal_transition", "refused")


async def test_a_review_that_nobody_does_lapses(town: Town, person: Somebody, other_phone: str, clock: Any) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    clock.shift(timedelta(days=14, minutes=1))

    await town.finish()

    assert await town.state(case) == "lapsed"


async def test_only_officials_with_a_fresh_passkey_decide(
    town: Town, person: Somebody, other_phone: str, official: Official, conn: asyncpg.Connection, bearer: Any
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()
    weak = await bearer(account, audience="official", acr=0)

    answers = [
        await town.decide(case, "approved", person.headers),
        await town.decide(case, "approved", weak),
        await town.decide(str(uuid4()), "approved", headers),
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
        await look(town, case, headers),
        await town.decide(case, "approved", headers),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "forbidden")}
    assert await town.state(case) == "review"


async def test_an_official_for_some_wards_decides_on_people_of_those_alone(
    town: Town, person: Somebody, other_phone: str, conn: asyncpg.Connection, official: Official
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()
    wards = await conn.fetch(
        """select version, code from places.units
            where version = places.version_on($1) and level = 'commune' order by code limit 2""",
        town.now(),
    )  # fmt: skip
    await conn.execute(
        """insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
           values ($1, 'official', 'identity', $2, array[$3], $4)""",
        account, wards[0]["version"], wards[0]["code"], town.now(),
    )  # fmt: skip

    async def answers(ward: int) -> tuple[int, int, int]:
        await conn.execute(
            """insert into people.profiles (account_id, ward_version, ward_code) values ($1, $2, $3)
               on conflict (account_id) do update set ward_code = excluded.ward_code""",
            person.account, wards[ward]["version"], wards[ward]["code"],
        )  # fmt: skip
        listed = (await town.client.get("/v1/recoveries", headers=headers)).json()["items"]
        looked, decided = await look(town, case, headers), await town.decide(case, "approved", headers)
        return len(listed), looked.status_code, decided.status_code

    assert await answers(1) == (0, 404, 404)
    assert await answers(0) == (1, 200, 204)


async def look(town: Town, case: str, headers: dict[str, str]) -> httpx.Response:
    return await town.client.post(f"/v1/recoveries/{case}/looks", json={"purpose": "decide"}, headers=headers)


async def test_a_name_is_seen_for_a_purpose_and_its_owner_sees_by_whom(
    town: Town, person: Somebody, other_phone: str, conn: asyncpg.Connection, official: Official
) -> None:
    await town.confirm(person)
    await conn.execute(
        "insert into people.profiles (account_id, full_name) values ($1, 'Trần Thị Thử')", person.account
    )
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()

    listed = await town.client.get("/v1/recoveries", headers=headers)
    before = await person.get("/v1/me/recoveries/looks")
    opened = await look(town, case, headers)
    after = await person.get("/v1/me/recoveries/looks")

    assert "Trần Thị Thử" not in listed.text
    assert str(person.account) not in listed.text
    assert before.json()["items"] == []
    assert opened.json() == {"id": case, "account_id": str(person.account), "full_name": "Trần Thị Thử"}
    (seen,) = after.json()["items"]
    assert (seen["recovery_id"], seen["purpose"]) == (case, "decide")
    assert await conn.fetchval("select official_id from recovery.looks") == account
    assert (await town.client.post(f"/v1/recoveries/{case}/looks", json={}, headers=headers)).status_code == 400


async def test_an_official_sees_three_hundred_people_a_day_in_all_rooms(
    town: Town, person: Somebody, other_phone: str, conn: asyncpg.Connection, official: Official
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()
    other = await town.signs_in("+84387654321")
    await seen_in_reviews(conn, other.account, account, 299, town)

    first, second = await look(town, case, headers), await look(town, case, headers)

    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 429, "rate_limited")


async def seen_in_reviews(conn: asyncpg.Connection, who: UUID, official: UUID, times: int, town: Town) -> None:
    """An official has seen the identity papers of somebody."""
    case = await conn.fetchval(
        "insert into assurance.cases (account_id, state, source, submitted_at) values ($1, 'submitted', 'typed', $2) "
        "returning id", who, town.now(),
    )  # fmt: skip
    await conn.execute(
        """insert into reviews.looks (case_id, account_id, official_id, purpose, looked_at)
           select $1, $2, $3, 'decide', $4 from generate_series(1, $5)""",
        case, who, official, town.now(), times,
    )  # fmt: skip


async def test_who_has_seen_the_identity_of_somebody_does_not_decide_on_their_recovery(
    town: Town, person: Somebody, other_phone: str, official: Official, conn: asyncpg.Connection
) -> None:
    """They know all that it takes to begin one."""
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()
    await seen_in_reviews(conn, person.account, account, 1, town)

    listed = (await town.client.get("/v1/recoveries", headers=headers)).json()["items"]
    answers = [await look(town, case, headers), await town.decide(case, "approved", headers)]

    assert listed == []
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "forbidden")}
    assert await town.state(case) == "review"


async def test_nobody_decides_on_an_account_of_their_own(
    town: Town, person: Somebody, other_phone: str, official: Official, conn: asyncpg.Connection
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, account = await official()
    await conn.execute("update recovery.cases set account_id = $1", account)

    listed = (await town.client.get("/v1/recoveries", headers=headers)).json()["items"]
    answers = [await look(town, case, headers), await town.decide(case, "approved", headers)]

    assert listed == []
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "forbidden")}


async def test_who_became_staff_after_an_approval_does_not_come_back_this_way(
    town: Town, person: Somebody, other_phone: str, official: Official, clock: Any
) -> None:
    await town.confirm(person)
    case = (await town.recovers(person.phone, other_phone, NUMBER)).json()["recovery_id"]
    headers, _ = await official()
    await town.decide(case, "approved", headers)
    await town.appoint(person.account)
    clock.shift(DAYS)

    await town.finish()

    assert await town.state(case) == "refused"
    assert await town.phone_of(person.account) == person.phone
    assert (await town.notices(person.account))[-1] == "recovery_of_staff"


async def test_an_identity_confirmed_after_an_approval_is_looked_at_again(
    town: Town, person: Somebody, clock: Any, official: Official
) -> None:
    case = (await town.recovers(person.phone, "+84381111111")).json()["recovery_id"]
    await town.recovers(person.phone, "+84382222222")
    clock.shift(DAYS)
    await town.finish()
    headers, _ = await official()
    await town.decide(case, "approved", headers)
    clock.shift(timedelta(seconds=1))
    await town.confirm(person)

    await town.finish()

    assert await town.review_for(case) == "identity_confirmed"
    assert await town.phone_of(person.account) == person.phone


async def test_what_comes_to_an_official_while_the_worker_looks_does_not_lapse(
    town: Town, person: Somebody, other_phone: str, clock: Any
) -> None:
    """Two workers find one case due; the first hands it to an official."""
    case = (await town.recovers(person.phone, other_phone)).json()["recovery_id"]
    await town.add_passkey(person.account)
    clock.shift(DAYS)
    await town.finish()

    async with written(town.context) as tx:
        await domain.finish(tx, town.context.phones, UUID(case), town.now())

    assert await town.review_for(case) == "other_way_in"
