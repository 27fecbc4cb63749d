"""What is read on one phone leaves the others, live and on the lock screen; what is over leaves everything."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from longan.devkit import embedded
from longan.floor.access.tokens import Principal
from longan.floor.base import clock
from longan.rooms.notifications import domain, store
from longan.rooms.notifications.models import NotificationChange
from longan.rooms.notifications.tasks import TASKS, prune_notifications
from tests.conftest import Copies
from tests.push.pushing import CANARIES, World, fresh_world


@pytest.fixture
async def world(services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        yield made


class Person:
    """Somebody with phones, each in a session of its own."""

    def __init__(self, world: World, account: UUID) -> None:
        self.world, self.account = world, account

    async def phone(self, target: str) -> Principal:
        session = await self.world.session(self.account)
        await self.world.phone(self.account, target)
        return Principal(self.account, session, "app", 0, clock.utc())

    async def told(self, times: int = 1) -> list[UUID]:
        for _ in range(times):
            await self.world.tell(self.account)
        rows = await self.world.pool.fetch("select id from notifications.inbox where account_id = $1", self.account)
        return [row["id"] for row in rows]

    async def shown_on(self, target: str, state: str = "sent") -> None:
        """The pushes to this phone have gone so far."""
        await self.world.pool.execute(
            "update push.outbox set state = $2, attempts = 1, settled_at = case when $2 <> 'leased' then now() end "
            "where installation_id = $1", f"installation-{target}", state,
        )  # fmt: skip

    async def does(self, me: Principal, **change: object) -> None:
        async with self.world.pool.acquire() as tx, tx.transaction():
            await domain.change_many(tx, me, NotificationChange(**change), clock.utc())  # type: ignore[arg-type]

    async def removals(self) -> list[str]:
        rows = await self.world.pool.fetch("select installation_id from push.outbox where kind = 'removal' order by 1")
        return [row["installation_id"].removeprefix("installation-good-") for row in rows]

    async def events(self) -> list[str]:
        rows = await self.world.pool.fetch("select kind from notifications.events order by sequence")
        return [row["kind"] for row in rows if row["kind"] != "notification"]


@pytest.fixture
async def person(world: World) -> Person:
    return Person(world, await world.person())


@pytest.mark.parametrize("action", ["read", "archive"])
async def test_the_other_phones_that_showed_it_take_it_away_and_the_one_in_the_hand_does_not(
    person: Person, action: str
) -> None:
    for target in ("good-tablet", "good-never-sent"):
        await person.phone(target)
    mine = await person.phone("good-mine")
    [notice] = await person.told()
    for target in ("good-tablet", "good-mine"):
        await person.shown_on(target)

    for _ in range(2):
        await person.does(mine, action=action, ids=[notice])

    assert await person.removals() == ["tablet"]
    assert await person.events() == [f"notification_{'read' if action == 'read' else 'archived'}"]


@pytest.mark.parametrize(
    ("state", "removed"), [("sent", True), ("leased", True), ("queued", True), ("dead", True), ("gone", False)]
)
async def test_a_push_that_was_tried_may_be_on_the_screen(person: Person, state: str, removed: bool) -> None:
    await person.phone("good-tablet")
    mine = await person.phone("good-mine")
    [notice] = await person.told()
    await person.shown_on("good-tablet", state)

    await person.does(mine, action="read", ids=[notice])

    assert await person.removals() == (["tablet"] if removed else [])


@pytest.mark.parametrize("action", ["unread", "unarchive"])
async def test_what_comes_back_is_taken_from_no_screen(person: Person, action: str) -> None:
    await person.phone("good-tablet")
    mine = await person.phone("good-mine")
    [notice] = await person.told()
    await person.does(mine, action="read" if action == "unread" else "archive", ids=[notice])
    await person.shown_on("good-tablet")

    await person.does(mine, action=action, ids=[notice])

    assert await person.removals() == []
    assert await person.events() == [
        f"notification_{each}" for each in (("read", "unread") if action == "unread" else ("archived", "unarchived"))
    ]


async def test_a_stranger_takes_nothing_off_anybodys_screen(world: World, person: Person) -> None:
    await person.phone("good-tablet")
    [notice] = await person.told()
    await person.shown_on("good-tablet")
    stranger = Person(world, await world.person())

    await person.does(await stranger.phone("good-stranger"), action="read", ids=[notice])

    assert (await person.removals(), await person.events()) == ([], [])


async def test_many_at_once_are_one_event_and_no_more_pushes_than_a_screen_holds(person: Person) -> None:
    await person.phone("good-tablet")
    mine = await person.phone("good-mine")
    await person.told(60)
    await person.shown_on("good-tablet")

    await person.does(mine, action="read", up_to=clock.utc())

    assert await person.events() == ["inbox_changed"]
    assert await person.removals() == ["tablet"] * 50


async def test_an_opened_push_is_a_read_notice(world: World, person: Person) -> None:
    await person.phone("good-tablet")
    notices = await person.told(2)

    for _ in range(2):
        await TASKS["notices_opened"](world.context, account_id=person.account, notification_ids=notices[:1])

    assert (await store.box(world.pool, person.account, clock.utc())).unread == 1  # type: ignore[arg-type]
    assert await person.events() == ["notification_read"]


async def test_the_silent_push_goes_out_and_says_nothing_about_anybody(world: World, person: Person) -> None:
    await person.phone("good-tablet")
    mine = await person.phone("good-mine")
    [notice] = await person.told()
    async with world.sending():
        await world.settled()

    await person.does(mine, action="read", ids=[notice])
    async with world.sending():
        await world.settled()

    *_, removal = world.accepted()
    sent = json.dumps(removal.message, ensure_ascii=False)
    assert (removal.target, len(world.accepted())) == ("good-tablet", 3)
    assert removal.message["data"]["notification_id"] == str(notice) and "notification" not in removal.message
    assert not any(canary in sent for canary in (*CANARIES, str(person.account)))


async def test_what_is_over_is_pruned_with_its_pushes_and_the_rest_stays(world: World, person: Person) -> None:
    await person.phone("good-tablet")
    first, second = await person.told(2)
    await world.pool.execute(
        "update notifications.inbox set expires_at = $2 where id = $1", first, clock.utc() - timedelta(seconds=1)
    )

    await prune_notifications(world.context)

    for table, column in (("notifications.inbox", "id"), ("push.outbox", "notification_id")):
        rows = await world.pool.fetch(f"select {column} from {table}")
        assert [row[0] for row in rows] == [second], table
    assert await world.pool.fetchval("select unread from notifications.boxes") == 1


async def test_more_than_one_group_is_pruned_in_one_run(
    world: World, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longan.rooms.notifications.tasks.PRUNED_AT_ONCE", 2)
    await person.told(5)
    await world.pool.execute("update notifications.inbox set expires_at = now() - interval '1 second'")

    await prune_notifications(world.context)

    assert await world.pool.fetchval("select count(*) from notifications.inbox") == 0
