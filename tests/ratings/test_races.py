"""Of many who rate the same thing at the same moment one does."""

import asyncio
from datetime import timedelta
from typing import Any

from longan.floor.dossiers import kiosk_keys
from longan.floor.dossiers.rating_invitations import invite
from longan.floor.setup.crypto import Sealed
from longan.rooms.ratings import domain, tasks
from tests.conftest import Real, TestClock
from tests.ratings.saying import ANSWERS, again, kiosk, month_before, office, official, rated, visited
from tests.ratings.telling import context

CODE = "H53.16-261102-0101"


async def test_a_token_that_many_send_at_once_counts_once(real: Real, clock: TestClock) -> None:
    headers = await official(real)
    made = await kiosk(real.client, headers, (await office(real.client, headers))["id"])
    token = made.token(clock())

    answers = await asyncio.gather(*(visited(real.client, token) for _ in range(8)))

    assert sorted(each.status_code for each in answers) == [201, *[409] * 7], [each.text for each in answers]
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"already_rated"}
    assert await real.pool.fetchval("select count(*) from ratings.ratings") == 1


async def test_a_counter_takes_no_more_than_its_day_however_many_come_at_once(real: Real, clock: TestClock) -> None:
    headers = await official(real)
    made = await kiosk(real.client, headers, (await office(real.client, headers))["id"])
    await visited(real.client, made.token(clock()))
    await real.pool.execute("update ratings.kiosk_days set visits = $1", domain.MOST_OF_KIOSK_A_DAY - 2)

    answers = await asyncio.gather(*(visited(real.client, made.token(clock())) for _ in range(6)))

    assert sorted(each.status_code for each in answers) == [201, 201, *[429] * 4]


async def test_two_who_watched_one_dossier_rate_it_once_and_its_office_is_known_once(
    real: Real, clock: TestClock
) -> None:
    state: Any = real.app.app.state
    people = [await real.account() for _ in range(4)]
    numbers: Sealed = state.numbers
    async with real.pool.acquire() as connection, connection.transaction():
        await invite(connection, numbers, CODE, clock(), [(each, each) for each in people], clock())
        await invite(connection, numbers, CODE[:-1] + "2", clock(), [(each, each) for each in people], clock())
    headers = [await real.bearer(each) for each in people]

    answers = await asyncio.gather(
        *(
            real.client.post("/v1/dossier-ratings", json={"code": code, "answers": ANSWERS}, headers=again(each))
            for code in (CODE, CODE[:-1] + "2")
            for each in headers
        )
    )

    assert sorted(each.status_code for each in answers) == [201, 201, *[409] * 6], [each.text for each in answers]
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"already_rated"}
    assert await real.pool.fetchval("select count(*) from offices.offices") == 1


async def test_two_workers_tell_a_month_once(real: Real, clock: TestClock) -> None:
    headers = await official(real)
    made = await office(real.client, headers)
    today = (clock() + timedelta(hours=7)).date()
    clock.shift(timedelta(days=max(8 - today.day, 0)))
    month = month_before(clock())
    async with real.pool.acquire() as connection:
        await rated(connection, made["id"], month, 12)

    await asyncio.gather(*(tasks.tell_ratings(context(real.app)) for _ in range(3)))

    rows = await real.pool.fetch("select part, question, ratings from ratings.results")
    assert len(rows) == 10 and {row["ratings"] for row in rows} == {12}


async def test_a_key_that_is_revoked_while_a_token_of_it_is_rated_ends_one_way_or_the_other(
    real: Real, clock: TestClock
) -> None:
    headers = await official(real)
    made = await kiosk(real.client, headers, (await office(real.client, headers))["id"])
    tokens = [made.token(clock()) for _ in range(4)]

    answers = await asyncio.gather(
        *(visited(real.client, token) for token in tokens), real.client.delete(f"/v1/kiosks/{made.id}", headers=headers)
    )

    assert answers[-1].status_code == 204
    assert {each.status_code for each in answers[:-1]} <= {201, 422}
    assert (await visited(real.client, made.token(clock()))).json()["code"] == "visit_token_invalid"
    assert timedelta(minutes=10) == kiosk_keys.LIFE
