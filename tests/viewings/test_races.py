"""What many do to requests at the same moment."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import httpx

from tests.conftest import Real
from tests.jobs.hiring import insisted
from tests.letting.test_races import written


async def opened(real: Real, who: dict[str, str]) -> str:
    made = await written(real, who)
    assert (await insisted(real, f"/v1/housing/{made}/publish", who)).status_code == 200
    return made


def soon(real: Real, hours: int = 5) -> str:
    at = real.app.app.state.clock() + timedelta(hours=hours)
    return str(at.replace(microsecond=0).isoformat().replace("+00:00", "Z"))


async def asked(real: Real, housing: str, who: dict[str, str], **more: object) -> httpx.Response:
    """A request with a key of its own, sent again as long as everything is busy."""
    headers, body = who | {"Idempotency-Key": str(uuid4())}, {"times": [soon(real)], **more}
    for _ in range(50):
        answer = await real.client.post(f"/v1/housing/{housing}/viewings", json=body, headers=headers)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.1)
    return answer


async def test_of_many_requests_for_one_listing_at_once_one_is_made(real: Real) -> None:
    housing, worker = await opened(real, await real.bearer()), await real.bearer()

    answers = await asyncio.gather(*(asked(real, housing, worker) for _ in range(8)))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"viewing_requested_already"}


async def test_an_id_sent_many_times_at_once_under_any_key_is_one_request(real: Real) -> None:
    housing, worker = await opened(real, await real.bearer()), await real.bearer()
    now = real.app.app.state.clock()
    made = str(UUID(int=int(now.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | 815))

    answers = await asyncio.gather(*(asked(real, housing, worker, id=made) for _ in range(8)))

    assert {(answer.status_code, answer.json()["id"]) for answer in answers} == {(201, made)}
    assert await real.pool.fetchval("select count(*) from viewings.requests where id = $1", UUID(made)) == 1


async def test_a_burst_to_one_owner_at_once_passes_three_times(real: Real) -> None:
    owner, worker = await real.bearer(acr=2), await real.bearer()
    housings = [await opened(real, owner) for _ in range(6)]

    answers = await asyncio.gather(*(asked(real, each, worker) for each in housings))

    assert Counter(answer.status_code for answer in answers) == {201: 3, 429: 3}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status_code == 429)


async def test_of_accepting_refusing_and_withdrawing_at_once_what_stands_is_the_last_that_was_allowed(
    real: Real,
) -> None:
    owner, worker = await real.bearer(), await real.bearer()
    housing = await opened(real, owner)
    made = (await asked(real, housing, worker)).json()

    async with real.pool.acquire() as held, held.transaction():
        await held.execute("select from viewings.requests where id = $1 for update", UUID(made["id"]))
        steps = [
            asyncio.ensure_future(insisted(real, f"/v1/viewings/{made['id']}/{to}", who))
            for to, who in (("refuse", owner), ("withdraw", worker))
        ]
        while await held.fetchval("select count(*) from pg_locks where not granted") < len(steps):
            await asyncio.sleep(0.02)
    await asyncio.gather(*steps)

    row = await real.pool.fetchrow("select status, version from viewings.requests where id = $1", UUID(made["id"]))
    assert row["status"] in ("refused", "withdrawn")
    assert row["version"] == 2
    promised = await real.pool.fetchval("select count(*) from pgqueuer where entrypoint = 'viewing_stepped'")
    assert promised == 2


async def test_two_times_accepted_at_once_are_one_appointment(real: Real) -> None:
    owner, worker = await real.bearer(), await real.bearer()
    housing = await opened(real, owner)
    times = [soon(real, 5), soon(real, 6)]
    made = (await asked(real, housing, worker, times=times)).json()["id"]

    answers = await asyncio.gather(
        *(real.client.post(f"/v1/viewings/{made}/accept", json={"time": each}, headers=owner) for each in times * 3)
    )

    agreed = {answer.json()["agreed_for"] for answer in answers if answer.status_code == 200}
    assert len(agreed) == 1
    assert {answer.status_code for answer in answers} <= {200, 409, 503}
    assert await real.pool.fetchval("select count(*) from floor.reminders where topic = 'viewing_soon'") == 1
