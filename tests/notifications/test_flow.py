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
    await real.pool.execute("insert into members.members values ($1, $2, 'recruiter')", of, recruiter)
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


class Hiring:
    """Somebody with a phone who has applied, and whoever decides on it."""

    def __init__(self, real: Real) -> None:
        self.real = real

    async def begin(self) -> "Hiring":
        real = self.real
        self.applicant, recruiter = await real.account(), await real.account()
        self.me, self.recruiter = await real.bearer(self.applicant), await real.bearer(recruiter)
        job, self.employer = await real.pool.fetchrow(
            "select id, employer_id from jobs.postings where status = 'open' limit 1"
        )
        await real.pool.execute("update jobs.postings set title = $1 where id = $2", CANARIES[0], job)
        await real.pool.execute("update employers.employers set name = $1 where id = $2", CANARIES[1], self.employer)
        await real.pool.execute("insert into members.members values ($1, $2, 'recruiter')", self.employer, recruiter)
        assert (await real.client.put("/v1/me/devices/installation-1", json=PHONE, headers=self.me)).status_code == 200
        made = await real.client.post(f"/v1/jobs/{job}/applications", json={}, headers=self.me)
        assert made.status_code == 201, made.text
        self.steps = f"/v1/applications/{made.json()['id']}/transitions"
        return self

    async def move(self, to: str) -> None:
        moved = await self.real.client.post(self.steps, json={"to": to}, headers=self.recruiter)
        assert moved.status_code == 200, moved.text

    async def tasks_are_done(self) -> bool:
        return await self.real.pool.fetchval("select count(*) from pgqueuer where entrypoint like 'application%'") == 0


async def test_who_chose_full_words_reads_them_on_the_lock_screen(
    real: Real, services: embedded.Services, keys_dir: Path, tmp_path: Path
) -> None:
    hiring = await Hiring(real).begin()
    chosen = await real.client.patch(
        "/v1/me/notification-preferences", headers={**hiring.me, "If-Match": "*"}, json={"lock_screen": "full"}
    )
    assert chosen.status_code == 200, chosen.text
    async with made_world(real.url, services.redis_url, keys_dir, tmp_path) as world:
        stop = asyncio.Event()
        queue = asyncio.create_task(worker.keep_promises(world.context, stop))
        async with world.sending():
            await hiring.move("interview")

            async def the_phone_was_told() -> bool:
                return len(world.accepted()) == 1

            await until(the_phone_was_told)
        stop.set()
        await queue

        [push] = world.accepted()
        words = push.message["notification"]
        assert words["title"] == "Mời phỏng vấn"
        assert CANARIES[0] in words["body"] and CANARIES[1] in words["body"]
        assert str(hiring.applicant) not in json.dumps(push.message)


async def test_who_blocks_an_employer_hears_nothing_more_not_even_what_was_promised(
    real: Real, services: embedded.Services, keys_dir: Path, tmp_path: Path
) -> None:
    hiring = await Hiring(real).begin()
    async with made_world(real.url, services.redis_url, keys_dir, tmp_path) as world:
        stop = asyncio.Event()
        queue = asyncio.create_task(worker.keep_promises(world.context, stop))
        await hiring.move("viewed")

        async def it_is_promised() -> bool:
            return (await world.states()) == {"queued": 1}

        await until(it_is_promised)
        blocked = await real.client.put(f"/v1/me/blocked-employers/{hiring.employer}", headers=hiring.me)
        assert blocked.status_code == 200, blocked.text
        await hiring.move("interview")
        await until(hiring.tasks_are_done)
        async with world.sending():
            await world.settled()
        stop.set()
        await queue

        assert world.accepted() == []
        assert await world.states() == {"obsolete": 1}
    page = (await real.client.get("/v1/me/notifications", headers=hiring.me)).json()
    assert page["unread_count"] == 1
