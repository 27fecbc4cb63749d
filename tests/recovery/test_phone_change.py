"""Another phone for an account: proved on both sides, told to the old one, and a day of caution (SECURITY A12)."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer
from tests.identity.conftest import asked_by
from tests.recovery.conftest import Somebody, Town


async def test_a_person_moves_to_another_phone_and_the_old_one_hears_of_it(
    town: Town, person: Somebody, other_phone: str
) -> None:
    changed = await town.moves(person, other_phone)

    assert changed.status_code == 200
    assert changed.json()["phone"] == other_phone
    assert (await person.get("/v1/me")).json()["phone"] == other_phone
    (text,) = await town.texts(person.phone)
    assert (text.isascii(), len(text) <= 160, "so dien thoai khac" in text) == (True, True, True)
    assert "phone_changed" in await town.notices(person.account)
    assert (await town.signs_in(other_phone)).account == person.account


async def test_the_old_number_opens_another_account_from_then_on(
    town: Town, person: Somebody, other_phone: str
) -> None:
    await town.moves(person, other_phone)

    assert (await town.signs_in(person.phone)).account != person.account


async def test_every_other_session_ends_and_ones_own_goes_on(town: Town, person: Somebody, other_phone: str) -> None:
    later = await town.signs_in(person.phone)

    await town.moves(later, other_phone)

    assert [(await each.get("/v1/me")).status_code for each in (person, later)] == [401, 200]


async def test_for_a_day_sensitive_acts_wait_and_the_rest_goes_on(
    town: Town, person: Somebody, other_phone: str, clock: Any
) -> None:
    changed = await town.moves(person, other_phone)

    refused = await town.moves(person, person.phone)
    me, jobs = await person.get("/v1/me"), await person.get("/v1/jobs")

    assert (refused.status_code, refused.json()["code"]) == (403, "cooling_off")
    assert refused.json()["until"] == changed.json()["cooling_until"]
    assert (me.status_code, jobs.status_code) == (200, 200)
    clock.shift(timedelta(hours=24, seconds=1))
    again = await town.signs_in(other_phone)
    assert (await town.moves(again, person.phone)).status_code == 200


async def test_a_proof_older_than_five_minutes_is_not_enough(
    town: Town, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    held = await bearer()
    await conn.execute("update sessions.sessions set signed_in_at = signed_in_at - interval '301 seconds'")

    refused = [
        await town.client.post(path, json=body, headers=held)
        for path, body in (
            ("/v1/me/phone", {"phone": "+84389999999"}),
            ("/v1/me/phone/verify", {"challenge_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "code": "000000"}),
        )
    ]

    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (401, "insufficient_user_authentication")
        assert (answer.json()["acr_values"], answer.json()["max_age"]) == ("0", 300)


@pytest.mark.parametrize(
    ("device", "passkey", "confirmed", "level"),
    [(0, 0, 0, 0), (1, 0, 0, 1), (0, 1, 0, 1), (0, 0, 1, 1), (1, 0, 1, 1), (0, 1, 1, 2), (1, 1, 1, 2)],
)
async def test_it_takes_the_strongest_proof_that_the_account_has(
    town: Town, person: Somebody, other_phone: str, bearer: Bearer, device: int, passkey: int, confirmed: int,
    level: int,
) -> None:  # fmt: skip
    if device:
        await town.add_device(person.account)
    if passkey:
        await town.add_passkey(person.account)
    if confirmed:
        await town.confirm(person)
    answers = []
    for acr in range(3):
        await town.valkey.flushdb()
        held = await bearer(person.account, acr=acr)
        answers.append(await town.client.post("/v1/me/phone", json={"phone": other_phone}, headers=held))

    assert [answer.status_code for answer in answers] == [401] * level + [202] * (3 - level)
    assert {answer.json()["acr_values"] for answer in answers[:level]} <= {str(level)}
    for refused in answers[:level]:
        assert f'acr_values="{level}"' in refused.headers["WWW-Authenticate"]


async def test_a_number_that_has_an_account_is_refused_only_to_who_holds_it(
    town: Town, person: Somebody, other_phone: str
) -> None:
    other = await town.signs_in(other_phone)
    free, taken = await free_and_taken(town, person, other_phone)
    wrong = await person.post("/v1/me/phone/verify", {"challenge_id": taken.json()["challenge_id"], "code": "990099"})

    held = await person.post(
        "/v1/me/phone/verify", {"challenge_id": taken.json()["challenge_id"], "code": await town.code(other_phone)}
    )

    assert (free.status_code, taken.status_code, wrong.status_code) == (202, 202, 422)
    assert free.json() | {"challenge_id": ""} == taken.json() | {"challenge_id": ""}
    assert (held.status_code, held.json()["code"]) == (409, "phone_taken")
    assert (await town.phone_of(person.account), await town.phone_of(other.account)) == (person.phone, other_phone)
    assert await town.texts(person.phone) == []


async def free_and_taken(town: Town, person: Somebody, taken: str) -> tuple[httpx.Response, httpx.Response]:
    await town.valkey.flushdb()
    free = await person.post("/v1/me/phone", {"phone": "+84389999999"})
    return free, await person.post("/v1/me/phone", {"phone": taken})


async def test_the_number_one_has_is_no_other(town: Town, person: Somebody) -> None:
    refused = await town.moves(person, person.phone)

    assert (refused.status_code, refused.json()["code"]) == (409, "phone_taken")


async def test_what_is_no_mobile_number_is_no_new_phone(person: Somebody) -> None:
    refused = await person.post("/v1/me/phone", {"phone": "02723822222"})

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/phone")


async def test_an_account_without_a_phone_gets_one(
    town: Town, conn: asyncpg.Connection, bearer: Bearer, other_phone: str
) -> None:
    """Whoever came in by a passkey or a provider (SECURITY A10): there is no old number to tell."""
    account = await conn.fetchval("insert into identity.accounts default values returning id")
    await conn.execute("insert into identity.roles (account_id, role) values ($1, 'worker')", account)
    held = await bearer(account, acr=1)
    asked = await town.client.post("/v1/me/phone", json={"phone": other_phone}, headers=held)
    entry = {"challenge_id": asked.json()["challenge_id"], "code": await town.code(other_phone)}

    changed = await town.client.post("/v1/me/phone/verify", json=entry, headers=held)

    await town.work()
    assert changed.status_code == 200
    assert await town.phone_of(account) == other_phone
    assert len(await town.gateway.sent()) == 1


async def test_two_accounts_that_prove_one_new_phone_at_once_do_not_share_it(wide: Any, other_phone: str) -> None:
    people = [await wide.bearer() for _ in range(2)]
    entries = [await asked_by(wide, "/v1/me/phone", {"phone": other_phone}, held) for held in people]

    answers = await asyncio.gather(*(
        wide.client.post("/v1/me/phone/verify", json=entry, headers=held)
        for entry, held in zip(entries, people, strict=True)
    ))  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == [200, 409]
