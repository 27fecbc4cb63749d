"""People who report things to the province, and an official who deals with them."""

from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx

from longan.floor.database.tasks import Context, gathered
from longan.floor.feedback import feedback_states
from longan.rooms.feedback import tasks

Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Headers = dict[str, str]
# Thủ Thừa: well within one ward.
CLEAR = {"lat": 10.6001, "lon": 106.4003}
WARD = "28036"
DECLARED = gathered({"feedback": tasks.TASKS})


def draft(**changes: Any) -> dict[str, Any]:
    return {
        "category_code": "giao_thong", "description": "Ổ gà lớn ngay ngã tư, tối không thấy.", **CLEAR, **changes,
    }  # fmt: skip


async def send(client: httpx.AsyncClient, me: Headers, **changes: Any) -> httpx.Response:
    headers = me | {"Idempotency-Key": str(uuid4())}
    return await client.post("/v1/feedback", json=draft(**changes), headers=headers)


async def sent(client: httpx.AsyncClient, me: Headers, **changes: Any) -> dict[str, Any]:
    answer = await send(client, me, **changes)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def seen(client: httpx.AsyncClient, me: Headers, report: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/feedback/{report}", headers=me)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def an_official(conn: Connection) -> UUID:
    account = uuid4()
    await conn.execute(
        "insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, $2)", account, account.bytes
    )
    return account


async def step(
    conn: Connection, report: str, *to: feedback_states.Status, words: str | None = "Đã xem.",
    now: datetime | None = None,
) -> feedback_states.Moved:  # fmt: skip
    """The official's steps, one after the other; the last one."""
    official = await an_official(conn)
    for each in to:
        moved = await feedback_states.move(
            conn, UUID(report), each, "official", official, words, now or datetime.now(UTC)
        )
    return moved


async def answer(conn: Connection, report: str, now: datetime | None = None) -> None:
    """From the beginning to the answer."""
    await step(conn, report, "da_tiep_nhan", "da_chuyen", "dang_xu_ly", "da_tra_loi", words="Đã vá xong.", now=now)


async def publish(conn: Connection, report: str, words: str = "Ổ gà ở ngã tư.") -> None:
    """As the desk does, in an official's words."""
    await conn.execute(
        """insert into feedback_desk.public_copies (report_id, words, answer, with_photos, approved_by, approved_at)
           values ($1, $2, 'Đã vá.', false, $3, now())""",
        UUID(report), words, await an_official(conn),
    )  # fmt: skip
    await conn.execute("update feedback.reports set visibility = 'public' where id = $1", UUID(report))


async def hide(conn: Connection, report: str) -> None:
    await conn.execute("update feedback.reports set visibility = 'hidden' where id = $1", UUID(report))


async def work(context: Context, conn: Connection) -> int:
    """Run what was promised of the room until nothing is left; how many tasks there were."""
    done = 0
    while promised := await conn.fetch(
        "delete from pgqueuer where entrypoint = any($1) returning entrypoint, payload", list(tasks.TASKS)
    ):
        for row in promised:
            await DECLARED[row["entrypoint"]].run(context, row["payload"])
        done += len(promised)
    return done


async def told(conn: Connection, topic: str) -> list[tuple[UUID, str]]:
    """Who was told what of a topic."""
    rows = await conn.fetch(
        "select account_id, params ->> 'status' as said from notifications.inbox where topic = $1 order by id", topic
    )
    return [(row["account_id"], row["said"]) for row in rows]


async def account_of(conn: Connection, report: str) -> UUID:
    found: UUID = await conn.fetchval("select account_id from feedback.reports where id = $1", UUID(report))
    return found
