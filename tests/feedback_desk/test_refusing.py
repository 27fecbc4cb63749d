"""A refusal hides a report; whoever supports it hears that it has ended, and nothing of what it said."""

from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.database.tasks import Context
from longan.floor.messages.notices import NOTICES
from tests.conftest import Bearer
from tests.feedback.conftest import context
from tests.feedback.reporting import account_of, told, work
from tests.feedback_desk.conftest import Official, Sent, brought

__all__ = ["context"]

REFUSED = ("refusal", {"words": "Nơi này là đất nhà bà Ổi.", "reason_code": "not_real"})
HIDDEN = ("hiding", {"because": "Ảnh chụp rõ mặt người."})


@pytest.mark.parametrize("acts", [[REFUSED], [HIDDEN, REFUSED]], ids=["shown until then", "hidden before"])
async def test_whoever_supports_what_is_refused_hears_that_it_ended_and_nothing_else(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent, bearer: Bearer,
    context: Context, acts: list[tuple[str, dict[str, str]]],
) -> None:  # fmt: skip
    who, other, report = await official(), await bearer(), await sent()
    await brought(client, who, report, ("publication", {}))
    assert (await client.put(f"/v1/feedback/{report}/support", headers=other)).status_code == 200
    theirs: UUID = await conn.fetchval("select account_id from feedback.supporters")

    await brought(client, who, report, *acts)
    await work(context, conn)
    await work(context, conn)

    assert await told(conn, "supported_feedback_moved") == [(theirs, "tu_choi")]
    assert await told(conn, "feedback_moved") == [(await account_of(conn, str(report)), "tu_choi")]
    said = await conn.fetchrow("select params::text from notifications.inbox where account_id = $1", theirs)
    code = await conn.fetchval("select code from feedback.reports where id = $1", report)
    assert code in said["params"] and "Ổi" not in said["params"]
    assert (await client.get(f"/v1/feedback/{report}", headers=other)).status_code == 404
    stands = NOTICES["supported_feedback_moved"].stands
    assert await conn.fetchval(f"select {stands} from notifications.inbox i where i.account_id = $1", theirs)


async def test_of_what_was_hidden_and_goes_on_supporters_hear_nothing(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent, bearer: Bearer,
    context: Context,
) -> None:  # fmt: skip
    who, other, report = await official(), await bearer(), await sent()
    await brought(client, who, report, ("publication", {}))
    await client.put(f"/v1/feedback/{report}/support", headers=other)

    await brought(client, who, report, HIDDEN, ("acceptance", {}))
    await work(context, conn)

    assert await told(conn, "supported_feedback_moved") == []
