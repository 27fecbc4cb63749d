"""What happens when everything is sent at once."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.conftest import Real
from tests.feedback.reporting import draft, publish, step
from tests.feedback_desk.conftest import lodged

WAITING = "select exists (select from pg_locks where not granted)"


async def create(real: Real, me: dict[str, str], **changes: Any) -> httpx.Response:
    return await real.client.post("/v1/feedback", json=draft(**changes), headers=me | {"Idempotency-Key": str(uuid4())})


async def test_one_draft_sent_many_times_at_once_is_one_report(real: Real) -> None:
    me, identifier = await real.bearer(), str(uuid4())

    same = await asyncio.gather(*(create(real, me, client_id=identifier) for _ in range(6)))
    mixed_id = str(uuid4())
    mixed = await asyncio.gather(
        *(create(real, me, client_id=mixed_id, description=f"Ổ gà thứ {n % 2} ở ngã tư.") for n in range(6))
    )

    assert {each.status_code for each in same} == {201}
    assert len({each.json()["id"] for each in same}) == 1
    made = {each.json()["id"] for each in mixed if each.status_code == 201}
    told = {each.json()["report"]["id"] for each in mixed if each.status_code == 409}
    assert len(made) == 1 and told == made
    assert await real.pool.fetchval("select count(*) from feedback.reports") == 2
    assert await real.pool.fetchval("select count(*) from feedback.moves") == 2


async def test_support_that_comes_and_goes_at_once_is_counted_exactly(real: Real) -> None:
    report = (await create(real, await real.bearer())).json()["id"]
    async with real.pool.acquire() as connection:
        await publish(connection, report)
    people = [await real.bearer() for _ in range(6)]
    path = f"/v1/feedback/{report}/support"

    async def changing_their_mind(me: dict[str, str], times: int) -> None:
        for number in range(times):
            if number % 2 == 0:
                await asyncio.gather(real.client.put(path, headers=me), real.client.put(path, headers=me))
            else:
                await real.client.delete(path, headers=me)

    await asyncio.gather(*(changing_their_mind(me, 1 + number % 4) for number, me in enumerate(people)))

    row = await real.pool.fetchrow(
        """select r.supporters, (select count(*) from feedback.supporters s where s.report_id = r.id) as rows
             from feedback.reports r where r.id = $1""",
        UUID(report),
    )
    assert row is not None
    assert row["supporters"] == row["rows"] == 3


async def test_two_answers_at_once_are_one_step_and_one_rating(real: Real) -> None:
    me = await real.bearer()
    report = (await create(real, me)).json()["id"]
    async with real.pool.acquire() as connection, connection.transaction():
        await step(connection, report, "yeu_cau_bo_sung")

    said = await asyncio.gather(
        *(
            real.client.post(f"/v1/feedback/{report}/supplement", json={"words": f"Ở đây {n}."}, headers=me)
            for n in range(4)
        )
    )
    async with real.pool.acquire() as connection, connection.transaction():
        await step(connection, report, "da_tiep_nhan", "da_chuyen", "dang_xu_ly", "da_tra_loi")
    rated = await asyncio.gather(
        *(
            real.client.post(f"/v1/feedback/{report}/rating", json={"stars": stars}, headers=me)
            for stars in (1, 2, 3, 4)
        )
    )

    assert sorted(each.status_code for each in said) == [200, 409, 409, 409]
    assert sorted(each.status_code for each in rated) == [200, 409, 409, 409]


async def test_what_others_are_merged_into_is_not_taken_back_not_even_while_they_are_merged(real: Real) -> None:
    """A report of another system has no sender who would count as a supporter."""
    account = await real.account()
    async with real.pool.acquire() as tx, tx.transaction():
        main, alone = [await lodged(tx, account, real.app.app.state.clock()) for _ in range(2)]
        foreign = await lodged(tx, None, real.app.app.state.clock())
        own = await lodged(tx, account, real.app.app.state.clock())
    me = await real.bearer(account)

    async with real.pool.acquire() as official:
        merging = official.transaction()
        await merging.start()
        await official.execute("select from feedback.reports where id = any($1) for update", [main, foreign])
        asked = asyncio.create_task(real.client.post(f"/v1/feedback/{main}/withdrawal", json={}, headers=me))
        while not asked.done() and not await real.pool.fetchval(WAITING):
            await asyncio.sleep(0.01)
        await official.execute("update feedback.reports set merged_into = $2 where id = $1", foreign, main)
        await official.execute("update feedback.reports set merged_into = $2 where id = $1", own, alone)
        await merging.commit()
    waited = await asked
    after = await real.client.post(f"/v1/feedback/{main}/withdrawal", json={}, headers=me)
    with_own = await real.client.post(f"/v1/feedback/{alone}/withdrawal", json={}, headers=me)

    assert [(each.status_code, each.json()["code"]) for each in (waited, after)] == [(409, "feedback_supported")] * 2
    assert with_own.status_code == 200
