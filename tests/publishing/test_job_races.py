"""What many do to one job at the same moment."""

import asyncio
from collections import Counter

from tests.conftest import Real
from tests.jobs.hiring import OWNER, insisted, open_job


async def test_a_job_published_and_closed_by_many_at_once_is_told_once_each(real: Real) -> None:
    owner = await real.bearer(OWNER)
    job = await open_job(real)
    await real.pool.execute("update jobs.postings set status = 'draft', published_at = null where id = $1", job)

    opened = await asyncio.gather(*(insisted(real, f"/v1/jobs/{job}/publish", owner) for _ in range(10)))
    closed = await asyncio.gather(*(insisted(real, f"/v1/jobs/{job}/close", owner) for _ in range(10)))

    assert {answer.status_code for answer in (*opened, *closed)} == {200}
    assert (
        len({answer.json()["version"] for answer in opened})
        == len({answer.json()["version"] for answer in closed})
        == 1
    )
    assert await real.pool.fetchval("select count(*) from pgqueuer where entrypoint = 'jobs_changed'") == 2


async def test_changes_from_one_version_at_once_are_one_change(real: Real) -> None:
    owner, job = await real.bearer(OWNER), await open_job(real)
    held = (await real.client.get(f"/v1/jobs/{job}", headers=owner)).headers["ETag"]

    answers = await asyncio.gather(
        *(
            real.client.patch(f"/v1/jobs/{job}", json={"openings": number}, headers=owner | {"If-Match": held})
            for number in range(1, 11)
        )
    )

    said = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert said == {(200, None): 1, (412, "stale"): 9}
