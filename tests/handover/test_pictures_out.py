"""A picture that an official has published is told to everybody by Open311, and to whom its report is handed over; one
that was not published is told to nobody."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.pictures import uploads
from longan.floor.pictures.object_storage import Storage
from tests.conftest import new_account, sign_in
from tests.feedback_desk.conftest import Official, Sent, brought
from tests.handover.conftest import There
from tests.open311.speaking import both
from tests.photos.conftest import context as storing
from tests.photos.sending import clean_upload

__all__ = ["storing"]

Work = Callable[..., Awaitable[int]]


@pytest.mark.parametrize("with_photos", [True, False], ids=["published", "not published"])
async def test_a_picture_goes_out_where_it_is_published_and_nowhere_else(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent, storing: Context,
    storage: Storage, context: Context, work: Work, there: There, with_photos: bool,
) -> None:  # fmt: skip
    sender, who = await new_account(conn, app), await official()
    report = await sent(sender, category_code="ha_tang")
    first, second = [
        await clean_upload(client, await sign_in(conn, app, sender, "app", 0), storing, conn) for _ in range(2)
    ]
    await uploads.claim(conn, sender, [second, first], "feedback", report, app.app.state.clock())
    await brought(client, who, report, ("acceptance", {}), ("publication", {"with_photos": with_photos}))
    handed = await client.post(
        f"/v1/feedback/{report}/handovers", json={"receiver": "long_an_so"},
        headers=who | {"Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    await work()

    assert handed.status_code == 201, handed.text
    (shown,) = await both(client, "v2/requests")
    (held,) = await there.held()
    address = f"{context.settings.public_url.rstrip('/')}/v1/photos/{second}" if with_photos else None
    assert (shown["media_url"], held["fields"].get("media_url")) == (address, address)
    assert [await status(client, each) for each in (first, second)] == [302 if with_photos else 404] * 2
    everything: list[Any] = [shown, held]
    assert with_photos or not any(str(each) in str(everything) for each in (first, second))


async def status(client: httpx.AsyncClient, photo: UUID) -> int:
    return (await client.get(f"/v1/photos/{photo}")).status_code
