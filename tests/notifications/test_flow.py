"""From the worker's application over the employer's step to the phone: API, queue, tasks, outbox, FCM."""

import asyncio
import json
from pathlib import Path

from longan import worker
from longan.devkit import embedded
from tests.conftest import Real
from tests.push.pushing import CANARIES, made_world, until

PHONE = {"target": "good-phone-of-the-flow", "target_kind": "fid", "platform": "android", "locale": "vi"}


async def test_a_step_of_the_employer_reaches_the_phone_until_its_owner_signs_out(
    real: Real, services: embedded.Services, keys_dir: Path, tmp_path: Path
) -> None:
    applicant, recruiter = await real.account(), await real.account()
    me, employer = await real.bearer(applicant), await real.bearer(recruiter)
    job, of = await real.pool.fetchrow("select id, employer_id from jobs.postings where status = 'open' limit 1")
    await real.pool.execute("update jobs.postings set title = $1 where id = $2", CANARIES[0], job)
    await real.pool.execute("update employers.employers set name = $1 where id = $2", CANARIES[1], of)
    await real.pool.execute("insert into employers.members values ($1, $2, 'recruiter')", of, recruiter)
    assert (await real.client.put("/v1/me/devices/installation-1", json=PHONE, headers=me)).status_code == 200

    made = await real.client.post(f"/v1/jobs/{job}/applications", json={}, headers=me)
    assert made.status_code == 201, made.text
    steps = f"/v1/applications/{made.json()['id']}/transitions"
    async with made_world(real.url, services.redis_url, keys_dir, tmp_path) as world:
        stop = asyncio.Event()
        queue = asyncio.create_task(worker.keep_promises(world.context, stop))
        async with world.sending():
            moved = await real.client.post(steps, json={"to": "interview"}, headers=employer)
            assert moved.status_code == 200, moved.text

            async def the_phone_was_told() -> bool:
                return len(world.accepted()) == 1

            await until(the_phone_was_told)
            assert (await real.client.post("/v1/auth/logout", headers=me)).status_code == 204
            await real.client.post(steps, json={"to": "offer"}, headers=employer)

            async def the_inbox_has_both() -> bool:
                told = "select count(*) from notifications.inbox where account_id = $1"
                return await world.pool.fetchval(told, applicant) == 2

            await until(the_inbox_has_both)
            await asyncio.sleep(0.5)
        stop.set()
        await queue

        [push] = world.accepted()
        sent = json.dumps(push.message, ensure_ascii=False)
        assert push.target == PHONE["target"]
        assert not any(canary in sent for canary in (*CANARIES, str(applicant), str(recruiter)))

    page = (await real.client.get("/v1/me/notifications", headers=await real.bearer(applicant))).json()
    assert page["unread_count"] == 2
    assert push.message["data"]["notification_id"] == page["items"][1]["id"]
    assert CANARIES[0] in page["items"][1]["body"] and CANARIES[1] in page["items"][1]["body"]
