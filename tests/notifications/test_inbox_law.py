"""Whatever is done to an inbox, in whatever order: its lists, its count and its tag are those of a model."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursors
from longan.floor.setup import keys
from longan.rooms.notifications import domain, store
from longan.rooms.notifications.models import Action, Asked, NotificationChange
from tests.notifications.inboxes import tell

BEGIN = datetime(2026, 11, 22, 8, tzinfo=UTC)
ACTIONS: tuple[Action, ...] = ("read", "unread", "archive", "unarchive")
PLACES = (
    {"unread": False, "archived": False},
    {"unread": True, "archived": False},
    {"unread": False, "archived": True},
)

which = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(1, 5)),
        st.tuples(st.just("wait"), st.integers(1, 3)),
        st.tuples(st.just("prune"), st.just(0)),
        st.tuples(st.sampled_from(ACTIONS), which),
        st.tuples(st.sampled_from(["read all", "archive all", "read until", "archive until"]), which),
    ),
    max_size=30,
)


@dataclass
class Kept:
    id: UUID
    told: datetime
    ends: datetime
    read: bool = False
    archived: bool = False


@dataclass
class Model:
    now: datetime = BEGIN
    notices: list[Kept] = field(default_factory=list)

    def living(self) -> list[Kept]:
        return sorted((each for each in self.notices if each.ends > self.now), key=lambda n: (n.told, n.id))

    def listed(self, *, unread: bool, archived: bool) -> list[UUID]:
        fits = (each for each in reversed(self.living()) if each.archived is archived and not (unread and each.read))
        return [each.id for each in fits]

    def do(self, action: str, notices: list[Kept]) -> None:
        for each in notices:
            if action in ("read", "unread"):
                each.read = action == "read"
            else:
                each.archived = action == "archive"


@pytest.fixture(scope="module")
def cursors(keys_dir: Path) -> Cursors:
    return Cursors(keys.load(keys_dir))


class Tried:
    """A real inbox beside its model."""

    def __init__(self, conn: asyncpg.Connection, cursors: Cursors, account: UUID) -> None:
        self.conn, self.cursors, self.model = conn, cursors, Model()
        self.me = Principal(account, uuid4(), "app", 0, BEGIN)

    async def step(self, what: str, number: int) -> None:
        model, conn, me = self.model, self.conn, self.me
        if what == "wait":
            model.now += timedelta(days=number)
        elif what == "tell":
            model.now += timedelta(seconds=number % 2)  # two may be told at one moment
            ends = model.now + timedelta(days=number)
            model.notices.append(Kept(await tell(conn, me.account_id, "Việc", model.now, ends=ends), model.now, ends))
        elif what == "prune":
            await store.prune_inbox(conn, model.now, 2)  # type: ignore[arg-type]
        elif model.notices:
            await self.change(what, model.notices[number % len(model.notices)])

    async def change(self, what: str, chosen: Kept) -> None:
        """What a reader does, also to what is over."""
        action: Any = what.split(maxsplit=1)[0]
        fits = [each for each in self.model.living() if not each.archived]
        if what.endswith("until"):
            reached = [each for each in fits if each.told <= chosen.told]
            wanted = NotificationChange(action, up_to=chosen.told)
        elif what.endswith("all"):
            reached = [each for each in fits if (each.told, each.id) <= (chosen.told, chosen.id)]
            wanted = NotificationChange(action, up_to_id=chosen.id)
        else:
            reached, wanted = [chosen], NotificationChange(action, ids=[chosen.id])
        try:
            await domain.change_many(self.conn, self.me, wanted, self.model.now)
        except NotFound:
            assert chosen.ends <= self.model.now
            return
        self.model.do(action, [each for each in reached if each.ends > self.model.now])

    async def shows(self) -> tuple[object, ...]:
        """The lists and the count, which must be the model's; and their tag."""
        me, model = self.me.account_id, self.model
        lists = []
        for place in PLACES:
            asked = Asked(account_id=me, locale="vi", now=model.now, topic=None, q=None, **place)
            page = await store.inbox(self.conn, self.cursors, asked, cursor=None, limit=100)
            lists.append([row.id for row in page.items])
        box = await store.box(self.conn, me, model.now)
        assert lists == [model.listed(**place) for place in PLACES]
        assert box.unread == len(lists[1])
        return lists, box.version, box.over


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(steps=STEPS)
async def test_lists_and_count_are_the_models_and_no_change_leaves_the_tag(
    conn: asyncpg.Connection, cursors: Cursors, steps: list[tuple[str, int]]
) -> None:
    account: UUID = await conn.fetchval(
        "insert into identity.accounts (phone_index, phone_cipher) values (uuid_send(uuidv7()), '') returning id"
    )
    tried = Tried(conn, cursors, account)
    was, version, over = await tried.shows()
    for what, number in steps:
        await tried.step(what, number)
        shown, new_version, new_over = await tried.shows()
        assert shown == was or (version, over) != (new_version, new_over), what
        was, version, over = shown, new_version, new_over
    assert await conn.fetchval(
        """select coalesce(b.unread, 0) = count(i.id) filter (where i.read_at is null and i.archived_at is null)
             from (select $1::uuid as id) a
             left join notifications.boxes b on b.account_id = a.id
             left join notifications.inbox i on i.account_id = a.id
            group by b.unread""",
        account,
    )  # fmt: skip
