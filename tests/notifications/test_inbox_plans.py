"""An inbox of ten thousand costs what one of a hundred costs: every list of it is read off an index."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from longan.devkit import embedded
from longan.rooms.notifications import store
from longan.rooms.notifications.store import LIST

MANY = 10_000
NOW = datetime.now(UTC)
FILL = """insert into notifications.inbox (account_id, topic, created_at, dedupe_key, read_at, archived_at, search)
select a.id, case when n % 499 = 0 then 'employer_decided' else 'application_moved' end,
       $2::timestamptz - n * interval '1 minute', gen_random_uuid()::text, case when n % 101 <> 0 then $2 end,
       case when n % 2 = 0 then $2 end, to_tsvector('simple', 'cong nhan ' || n)
  from generate_series(1, $3::int) n, unnest($1::uuid[]) a(id)
 order by n"""


@pytest.fixture(scope="module")
async def filled(services: embedded.Services, template: str) -> AsyncIterator[tuple[str, UUID]]:
    """A database in which an account has ten thousand notices, half of them archived and few unread, and three hundred
    people have a hundred each; and that account."""
    url = await embedded.create_database(services.database_url, "inboxes", template=template)
    conn = await asyncpg.connect(url)
    try:
        accounts = [
            row["id"]
            for row in await conn.fetch(
                "insert into identity.accounts (phone_index, phone_cipher)"
                " select uuid_send(uuidv7()), '' from generate_series(1, 301) returning id"
            )
        ]
        await conn.execute(FILL, accounts[:1], NOW, MANY)
        await conn.execute(FILL, accounts[1:], NOW, 100)
        await conn.execute("vacuum analyze notifications.inbox, notifications.boxes")
        yield url, accounts[0]
    finally:
        await conn.close()
        await embedded.drop_database(services.database_url, "inboxes")


@pytest.fixture
async def inboxes(filled: tuple[str, UUID]) -> AsyncIterator[asyncpg.Connection]:
    """A connection that plans as those of our pools do, and changes nothing for good."""
    conn = await asyncpg.connect(filled[0], server_settings={"plan_cache_mode": "force_generic_plan", "jit": "off"})
    transaction = conn.transaction()
    await transaction.start()
    yield conn
    await transaction.rollback()
    await conn.close()


@pytest.fixture
def full(filled: tuple[str, UUID]) -> UUID:
    return filled[1]


async def plan(conn: asyncpg.Connection, sql: str, *values: Any) -> list[dict[str, Any]]:
    """The nodes of what was done, by the plan that is the same for everybody. A prepared one: an EXPLAIN with
    parameters of its own is planned for just these, whatever plan_cache_mode says."""
    literals = [f"'{{{','.join(map(str, value))}}}'" if isinstance(value, list) else f"'{value}'" for value in values]
    await conn.execute(f"prepare asked as {sql}")
    text = await conn.fetchval(
        f"explain (analyze, timing off, buffers off, format json) execute asked ({', '.join(literals)})"
    )
    await conn.execute("deallocate asked")
    return list(nodes(msgspec.json.decode(text)[0]["Plan"]))


def nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for part in tree.get("Plans", []):
        yield from nodes(part)


def touched(plan: list[dict[str, Any]]) -> int:
    """Rows read from tables and indexes, those that did not fit among them."""
    scans = [node for node in plan if "Scan" in node["Node Type"] and "CTE" not in node["Node Type"]]
    return sum(
        int(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))) for node in scans
    )


@pytest.mark.parametrize(("asked", "index"), [
    ({}, "inbox_shown"), ({"unread": True}, "inbox_unread"), ({"archived": True}, "inbox_archived"),
    ({"topic": "employer_decided"}, "inbox_of_topic"),
])  # fmt: skip
@pytest.mark.parametrize("later", [False, True])
async def test_a_page_is_read_off_its_index_and_reads_no_more_than_it_shows(
    inboxes: asyncpg.Connection, full: UUID, asked: dict[str, Any], index: str, later: bool
) -> None:
    values = {"account_id": full, "now": NOW, **asked}
    values |= {"after_0": NOW, "after_1": uuid4()} if later else {}
    sql, names = LIST.statement("newest", frozenset(values), 21)

    done = await plan(inboxes, sql, *(values[name] for name in names))

    assert [node["Index Name"] for node in done if "Index Name" in node] == [index]
    assert not any("Sort" in node["Node Type"] for node in done)
    # Every second notice of the rare topic is archived.
    assert touched(done) <= 2 * 21


async def test_the_count_and_the_tag_cost_the_same_for_every_size(inboxes: asyncpg.Connection, full: UUID) -> None:
    await inboxes.execute("set local enable_seqscan = off")  # as for more boxes than stand on a few pages

    done = await plan(inboxes, store.BOX, full, NOW)

    assert touched(done) <= 1
    assert (await store.box(inboxes, full, NOW)).unread == 50  # of the 99, every second is archived


async def test_a_rare_word_is_looked_for_among_ones_own_only(inboxes: asyncpg.Connection, full: UUID) -> None:
    values = {"account_id": full, "now": NOW, "tsquery": "9999"}
    sql, names = LIST.statement("newest", frozenset(values), 21)

    done = await plan(inboxes, sql, *(values[name] for name in names))

    assert touched(done) <= 2 * MANY  # once in the index, once in the table
    assert all("account_id" in node["Index Cond"] for node in done if "Index Name" in node)


async def test_to_change_one_reads_one(inboxes: asyncpg.Connection, full: UUID) -> None:
    notice = await inboxes.fetchval("select id from notifications.inbox where account_id = $1 limit 1", full)

    done = await plan(inboxes, store.CHANGE, full, [notice], "read", NOW)

    assert touched(done) <= 4


async def test_to_read_all_reads_what_is_unread(inboxes: asyncpg.Connection, full: UUID) -> None:
    done = await plan(inboxes, store.READ_UP_TO, full, NOW, uuid4(), NOW)

    assert [node["Index Name"] for node in done if "Index Name" in node] == ["inbox_unread"]
