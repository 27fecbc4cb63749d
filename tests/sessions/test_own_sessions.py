"""People see where they are signed in, name their devices, and sign out from afar (SECURITY S2)."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import jwt
import msgspec
import pytest

from longan.rooms.sessions import store
from tests.sessions.conftest import Refresh, SignedIn, held

PHONE = {"name": "Điện thoại của Lan", "platform": "android"}
LIST = "/v1/auth/sessions"


def session_of(pair: dict[str, Any]) -> str:
    return str(jwt.decode(pair["access_token"], options={"verify_signature": False})["sid"])


async def listed(client: httpx.AsyncClient, pair: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.get(LIST, headers=held(pair))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_sessions_are_listed_with_the_last_used_first_and_ones_own_marked(
    client: httpx.AsyncClient, signed_in: SignedIn, clock: Any, refresh: Refresh
) -> None:
    old, mine = await signed_in(device=PHONE), await signed_in()
    await signed_in("+84900000002")
    clock.shift(store.IDLE["app"] / 100)
    await refresh(old["refresh_token"])

    items = await listed(client, await current(refresh, mine))

    assert [(item["id"], item["current"]) for item in items] == [(session_of(mine), True), (session_of(old), False)]
    first = items[1]
    assert (first["device_name"], first["platform"]) == (PHONE["name"], "android")
    assert (first["audience"], first["acr"], first["key_bound"], first["version"]) == ("app", 0, False, 1)
    assert first["signed_in_at"] < first["last_used_at"] < first["expires_at"]


async def current(refresh: Refresh, pair: dict[str, Any]) -> dict[str, Any]:
    """The pair after this one, whose access token is not over."""
    made: dict[str, Any] = (await refresh(pair["refresh_token"])).json()
    return made


async def test_what_ended_or_ran_out_is_not_listed(
    client: httpx.AsyncClient, signed_in: SignedIn, clock: Any, conn: asyncpg.Connection
) -> None:
    ended, unused = await signed_in(), await signed_in()
    await client.post("/v1/auth/logout", headers=held(ended))
    await conn.execute(
        "update sessions.sessions set idle_expires_at = $2 where id = $1::text::uuid", session_of(unused), clock()
    )

    mine = await signed_in()
    assert [item["id"] for item in await listed(client, mine)] == [session_of(mine)]


async def test_a_device_is_named_by_whoever_saw_its_latest_state(
    client: httpx.AsyncClient, signed_in: SignedIn
) -> None:
    mine, other = await signed_in(), await signed_in()
    path = f"{LIST}/{session_of(other)}"
    seen = await client.get(path, headers=held(mine))
    named = {**held(mine), "If-Match": seen.headers["ETag"]}

    first = await client.patch(path, json={"device_name": "Máy ở nhà"}, headers=named)
    second = await client.patch(path, json={"device_name": "Máy khác"}, headers=named)

    assert (first.status_code, first.json()["device_name"], first.json()["version"]) == (200, "Máy ở nhà", 2)
    assert first.headers["ETag"] not in ("", seen.headers["ETag"])
    assert (second.status_code, second.json()["code"]) == (412, "stale")
    assert [item["device_name"] for item in await listed(client, mine)] == ["Máy ở nhà", None]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 201, "\u202eevil", 7, None])
async def test_a_name_is_one_visible_line(client: httpx.AsyncClient, signed_in: SignedIn, name: object) -> None:
    mine = await signed_in()

    answer = await client.patch(
        f"{LIST}/{session_of(mine)}", json={"device_name": name}, headers={**held(mine), "If-Match": "*"}
    )

    assert answer.status_code == 400


async def test_a_lost_phone_is_signed_out_from_another(
    client: httpx.AsyncClient, signed_in: SignedIn, refresh: Refresh, conn: asyncpg.Connection
) -> None:
    mine, lost = await signed_in(), await signed_in()
    assert (await client.get("/v1/me", headers=held(lost))).status_code == 200

    ended = await client.delete(f"{LIST}/{session_of(lost)}", headers=held(mine))

    assert (ended.status_code, ended.content) == (204, b"")
    assert (await client.get("/v1/me", headers=held(lost))).status_code == 401
    assert (await refresh(lost["refresh_token"])).status_code == 401
    assert (await client.get("/v1/me", headers=held(mine))).status_code == 200
    assert (await client.delete(f"{LIST}/{session_of(lost)}", headers=held(mine))).status_code == 404
    assert (
        await conn.fetchval("select end_reason from sessions.sessions where ended_at is not null") == "ended_by_owner"
    )


async def test_everywhere_but_here_is_signed_out(
    client: httpx.AsyncClient, signed_in: SignedIn, refresh: Refresh
) -> None:
    mine, others, neighbour = await signed_in(), [await signed_in() for _ in range(3)], await signed_in("+84900000002")
    for pair in others:
        assert (await client.get("/v1/me", headers=held(pair))).status_code == 200

    answer = await client.post(f"{LIST}/end-others", headers=held(mine))

    assert answer.status_code == 204
    assert [(await client.get("/v1/me", headers=held(pair))).status_code for pair in others] == [401] * 3
    assert [(await refresh(pair["refresh_token"])).status_code for pair in others] == [401] * 3
    assert [(await client.get("/v1/me", headers=held(pair))).status_code for pair in (mine, neighbour)] == [200, 200]
    assert [item["id"] for item in await listed(client, mine)] == [session_of(mine)]


@pytest.mark.parametrize("whose", ["another", "nobody"])
async def test_somebody_elses_session_does_not_exist(
    client: httpx.AsyncClient, signed_in: SignedIn, whose: str
) -> None:
    mine, theirs = await signed_in(), await signed_in("+84900000002")
    path = f"{LIST}/{session_of(theirs) if whose == 'another' else uuid4()}"
    headers = {**held(mine), "If-Match": "*"}

    answers = [
        await client.get(path, headers=headers),
        await client.patch(path, json={"device_name": "Của tôi"}, headers=headers),
        await client.delete(path, headers=headers),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 3
    assert (await client.get("/v1/me", headers=held(theirs))).status_code == 200


async def test_a_thousand_ended_sessions_are_not_looked_at(
    conn: asyncpg.Connection, bearer: Callable[..., Awaitable[dict[str, str]]], client: httpx.AsyncClient, clock: Any
) -> None:
    account: UUID = UUID("019b755a-2281-738c-98a4-7e135cc74212")
    await conn.execute(
        """insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at, idle_expires_at,
                                          expires_at, ended_at, end_reason)
           select $1, 'app', 0, '{otp}', $2::timestamptz, $2, $2 + interval '1 day',
                  $2 + interval '1 day', $2, 'replaced'
             from generate_series(1, 1000)""",
        account, clock(),
    )  # fmt: skip
    mine = await bearer(account)
    await client.get(LIST, headers=mine)
    own = jwt.decode(mine["Authorization"].split()[1], options={"verify_signature": False})["sid"]

    asked = conn.round_trips
    answer = await client.get(LIST, headers=mine)
    trips = conn.round_trips - asked
    plan = await conn.fetchval(
        f"explain (analyze, timing off, format json) {store.OWN}", account, UUID(own), clock(), None
    )

    assert [item["id"] for item in answer.json()["items"]] == [own]
    assert trips == 1
    scan = next(node for node in nodes(msgspec.json.decode(plan)[0]["Plan"]) if "Relation Name" in node)
    # Both hold only sessions that go on; among so few of them either is as good.
    assert scan["Index Name"] in ("sessions_of_account", "sessions_over")
    assert scan["Actual Rows"] == 1
    assert scan.get("Rows Removed by Filter", 0) < 100


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(inner for part in plan.get("Plans", []) for inner in nodes(part))]
