"""What many do at the same moment is done once, on a real pool."""

import asyncio
from collections import Counter
from uuid import UUID, uuid4

import httpx

from tests.conftest import Real
from tests.jobs.hiring import OWNER, WORKER, open_job


async def apply(real: Real, job: UUID, headers: dict[str, str], note: str = "Tôi muốn làm.") -> httpx.Response:
    return await real.client.post(f"/v1/jobs/{job}/applications", json={"note": note}, headers=headers)


async def test_one_key_sent_twenty_times_at_once_is_one_application_and_twenty_equal_answers(real: Real) -> None:
    job, headers = await open_job(real), await real.bearer(WORKER)

    answers = await asyncio.gather(*(apply(real, job, headers) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Counter(answer.headers.get("Idempotent-Replayed") for answer in answers) == {None: 1, "true": 19}
    assert await real.pool.fetchval("select count(*) from applications.applications where worker_id = $1", WORKER) == 1
    assert await real.pool.fetchval("select count(*) from pgqueuer where entrypoint = 'application_received'") == 1


async def test_twenty_keys_at_once_are_one_application_and_nineteen_named_conflicts(real: Real) -> None:
    job, headers = await open_job(real), await real.bearer(WORKER)

    answers = await asyncio.gather(*(apply(real, job, headers | {"Idempotency-Key": str(uuid4())}) for _ in range(20)))

    said = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert said == {(201, None): 1, (409, "already_applied"): 19}
    assert await real.pool.fetchval("select count(*) from applications.applications where worker_id = $1", WORKER) == 1


async def test_of_fifty_steps_at_once_one_side_wins_and_one_step_is_told(real: Real) -> None:
    worker, owner = await real.bearer(WORKER), await real.bearer(OWNER)
    made = (await apply(real, await open_job(real), worker)).json()
    path = f"/v1/applications/{made['id']}/transitions"

    answers = await asyncio.gather(
        *(
            real.client.post(path, json={"to": to}, headers=headers)
            for _ in range(25)
            for to, headers in (("withdrawn", worker), ("hired", owner))
        )
    )

    final = await real.pool.fetchval("select status from applications.applications where id = $1", UUID(made["id"]))
    said = Counter((answer.status_code, answer.json().get("code"), answer.json()["status"]) for answer in answers)
    assert final in ("withdrawn", "hired")
    assert said == {(200, None, final): 25, (409, "illegal_transition", 409): 25}
    moves = await real.pool.fetch(
        "select to_status from applications.moves where application_id = $1", UUID(made["id"])
    )
    assert [move["to_status"] for move in moves] == [final]
    assert await real.pool.fetchval("select count(*) from pgqueuer where entrypoint = 'application_moved'") == 1


async def test_steps_forward_at_once_leave_one_unbroken_way(real: Real) -> None:
    worker, owner = await real.bearer(WORKER), await real.bearer(OWNER)
    made = (await apply(real, await open_job(real), worker)).json()
    path = f"/v1/applications/{made['id']}/transitions"
    steps = ("viewed", "shortlisted", "interview", "offer", "hired")

    answers = await asyncio.gather(
        *(real.client.post(path, json={"to": to}, headers=owner) for _ in range(4) for to in steps)
    )

    moves = await real.pool.fetch(
        "select from_status, to_status from applications.moves where application_id = $1 order by moved_at, id",
        UUID(made["id"]),
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    order = ("submitted", *steps)
    ways = sorted(((m["from_status"], m["to_status"]) for m in moves), key=lambda way: order.index(way[0]))
    assert [way[0] for way in ways] == ["submitted", *(way[1] for way in ways[:-1])]
    assert ways[-1][1] == "hired"
