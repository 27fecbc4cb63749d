"""What many do to listings at the same moment."""

import asyncio
from collections import Counter
from uuid import UUID, uuid4

from tests.conftest import Real
from tests.jobs.hiring import insisted
from tests.listings.renting import ROOM


async def written(real: Real, who: dict[str, str], **changes: object) -> str:
    answer = await real.client.post("/v1/housing", json=ROOM | changes, headers=who | {"Idempotency-Key": str(uuid4())})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_whoever_publishes_many_at_once_has_no_more_than_a_few(real: Real) -> None:
    who = await real.bearer()
    drafts = [await written(real, who) for _ in range(8)]

    answers = await asyncio.gather(*(insisted(real, f"/v1/housing/{each}/publish", who) for each in drafts))

    assert Counter(answer.status_code for answer in answers) == {200: 3, 401: 5}


async def test_one_listing_published_and_closed_by_many_at_once_moves_once_each(real: Real) -> None:
    who = await real.bearer()
    made = await written(real, who)

    opened = await asyncio.gather(*(insisted(real, f"/v1/housing/{made}/publish", who) for _ in range(8)))
    closed = await asyncio.gather(*(insisted(real, f"/v1/housing/{made}/close", who) for _ in range(8)))

    assert {answer.status_code for answer in (*opened, *closed)} == {200}
    ways = await real.pool.fetch(
        "select to_status from housing.history where listing_id = $1 and from_status <> to_status order by version",
        UUID(made),
    )
    assert [row[0] for row in ways] == ["open", "closed"]


async def test_an_id_sent_by_many_at_once_is_one_listing(real: Real) -> None:
    now = real.app.app.state.clock()
    made = str(UUID(int=int(now.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | 99))
    people = [await real.bearer() for _ in range(6)]

    answers = await asyncio.gather(
        *(real.client.post("/v1/housing", json=ROOM | {"id": made}, headers=who) for who in people)
    )

    assert Counter(answer.status_code for answer in answers if answer.status_code != 503)[201] == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"id_taken"}
