"""Many hands on one inbox: nothing is counted twice, nobody waits for each other for ever."""

import asyncio
import random
from datetime import timedelta
from uuid import UUID

from longan.floor.messages import telling
from longan.floor.messages.notices import Received
from longan.rooms.notifications import store
from tests.conftest import Real
from tests.notifications.inboxes import INBOX, page

OVER = """update notifications.inbox set expires_at = now()
            where id in (select id from notifications.inbox order by random() limit 5)"""


async def told(real: Real, accounts: list[UUID], times: int) -> None:
    now = real.app.app.state.clock()
    for number in range(times):
        given = random.sample(accounts, len(accounts))
        fact = f"{number}-{random.random()}"
        said = Received("Việc", "Công ty May")
        await telling.tell(real.pool, given, "application_received", accounts[0], said, fact, now)


async def test_phones_that_change_everything_at_once_while_more_is_told_leave_a_count_that_is_true(real: Real) -> None:
    accounts = [await real.account() for _ in range(3)]
    phones = [await real.bearer(account) for account in accounts for _ in range(2)]
    await told(real, accounts, 20)

    async def change(me: dict[str, str], **wanted: object) -> None:
        answer = await real.client.post(f"{INBOX}/changes", json=wanted, headers=me)
        assert answer.status_code in (200, 404), answer.text

    async def phone(me: dict[str, str]) -> None:
        for _ in range(8):
            if ids := [item["id"] for item in (await page(real.client, me))["items"]]:
                action = random.choice(["read", "unread", "archive"])
                await change(me, action=action, ids=random.sample(ids, len(ids)))
                await change(me, action=random.choice(["read", "archive"]), up_to_id=random.choice(ids))

    async def worker() -> None:
        await told(real, accounts, 20)
        for _ in range(3):
            await real.pool.execute(OVER)
            async with real.pool.acquire() as tx, tx.transaction():
                await store.prune_inbox(tx, real.app.app.state.clock(), 10)

    await asyncio.gather(*map(phone, phones), worker(), worker())

    wrong = await real.pool.fetch(
        """select b.account_id from notifications.boxes b
            where b.unread <> (select count(*) from notifications.inbox i
                                where i.account_id = b.account_id and i.read_at is null and i.archived_at is null)"""
    )
    assert wrong == []


async def test_pruning_waits_for_a_reader_with_nothing_in_hand_that_the_reader_may_want(real: Real) -> None:
    account = await real.account()
    await told(real, [account], 1)
    now = real.app.app.state.clock()
    notice = await real.pool.fetchval("update notifications.inbox set expires_at = $1 returning id", now)

    async def pruned() -> int:
        async with real.pool.acquire() as tx, tx.transaction():
            return await store.prune_inbox(tx, now, 10)

    async with real.pool.acquire() as tx, tx.transaction():
        await store.hold(tx, account)
        pruning = asyncio.create_task(pruned())
        await asyncio.sleep(0.2)
        # By a clock that is a little behind.
        changed = await store.change(tx, account, [notice], "read", now - timedelta(seconds=1))

    assert changed == {notice: True}
    assert await pruning == 1
