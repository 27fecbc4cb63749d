"""What a landlord let goes with their account."""

from uuid import UUID

import asyncpg
import httpx

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.rooms.letting import tasks
from tests.conftest import Bearer, new_account
from tests.jobs.hiring import promised
from tests.listings.renting import opened, picture, stepped


async def test_what_a_landlord_let_is_hidden_with_their_account_and_its_pictures_with_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, context: Context
) -> None:
    landlord = await new_account(conn, app)
    administrator = await bearer(await new_account(conn, app, role="administrator"), audience="official", acr=3)
    who = await bearer(landlord)
    made = (await opened(client, who))["id"]
    shot = str(await picture(conn, landlord))
    await client.put(f"/v1/housing/{made}/photos", json={"upload_ids": [shot]}, headers=who)
    await conn.execute("delete from pgqueuer")

    closed = await client.post(f"/v1/staff/accounts/{landlord}/close", headers=administrator)
    for topic, payload in await promised(conn):
        if topic == "account_closed":
            await tasks.account_closed(context, account_id=UUID(payload["account_id"]))
    shown = await client.get(f"/v1/housing/{made}")
    public = await conn.fetchval("select is_public from photos.uploads where id = $1", UUID(shot))
    await client.post(f"/v1/staff/accounts/{landlord}/reopen", headers=administrator)
    who = await bearer(landlord)
    await stepped(client, who, made, "close")
    again = await stepped(client, who, made, "reopen")

    assert closed.status_code == 204, closed.text
    assert (shown.status_code, public) == (404, False)
    assert again.json()["status"] == "in_review"
