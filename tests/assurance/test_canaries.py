"""What a person entrusts to us lies nowhere in clear: after a whole life of it, every place is searched (A11, P1)."""

import base64
import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.accounts.citizen_card import Number
from longan.floor.database.tasks import Context, gathered
from longan.floor.setup.crypto import Sealed
from longan.rooms.identity import tasks as codes
from tests.assurance.conftest import Provider, Work
from tests.conftest import Bearer

NUMBER = str(Number("080", "female", 1990, "739182"))
NAME, ADDRESS = "Trần Thị Chim Hoàng Yến", "Ấp Chim Hoàng Yến 77, Đức Hòa, Tây Ninh"
BIRTHS = ("1990-07-29", "29071990", "29/07/1990")
CARD = f"{NUMBER}|301739182|{NAME}|29071990|Nữ|{ADDRESS}|10052021"
PHONE = "+84917391820"

TABLES = """
select format('%I.%I', n.nspname, c.relname)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
   and n.nspname not in ('places', 'services')"""


def spellings(secret: str) -> set[str]:
    """As text, as a bytea is printed, as base64 whatever stands before and behind it."""
    raw, found = secret.encode(), {secret, secret.encode().hex()}
    for before, first in ((0, 0), (1, 2), (2, 3)):
        whole = base64.b64encode(b"\0" * before + raw).decode()
        found.add(whole[first : {0: None, 1: -3, 2: -2}[(before + len(raw)) % 3]])
    return found


def leaks(everything: str, secrets: Iterable[str]) -> set[str]:
    """Which of them are in it; six digits are a code where they are no part of a number, an id or a second."""
    found = set()
    for secret in secrets:
        if re.fullmatch("[0-9]{6}", secret):
            if re.search(rf"(?<![0-9a-f.-]){secret}(?![0-9a-f-])", everything):
                found.add(secret)
        elif any(each in everything for each in spellings(secret)):
            found.add(secret)
    return found


async def database(conn: asyncpg.Connection) -> str:
    tables = [row[0] for row in await conn.fetch(TABLES)]
    assert {
        "assurance.cases",
        "reviews.looks",
        "floor.idempotency_keys",
        "public.pgqueuer",
        "identity.challenges",
    } <= {*tables}
    return "\n".join(
        [f"{table} {row[0]}" for table in tables for row in await conn.fetch(f"select t::text from {table} t")]
    )


async def cache(valkey: redis.asyncio.Redis) -> str:
    rows = []
    async for key in valkey.scan_iter("*"):
        rows.append(f"{key!r} {await valkey.dump(key)!r} {await valkey.type(key)!r}")
        if await valkey.type(key) == b"string":
            rows.append(str(await valkey.get(key)))
    return "\n".join(rows)


class Life:
    """One person's way through everything, and what they entrusted on it."""

    def __init__(
        self, client: httpx.AsyncClient, provider: Provider, context: Context, conn: asyncpg.Connection
    ) -> None:
        self.client, self.provider, self.context, self.conn = client, provider, context, conn
        self.secrets: set[str] = {NUMBER, NAME, ADDRESS, *BIRTHS, PHONE, PHONE[3:]}

    async def sign_in(self) -> UUID:
        asked = await self.client.post("/v1/auth/otp", json={"phone": PHONE})
        row = await self.conn.fetchrow("select id, payload from pgqueuer where entrypoint = 'send_one_time_code'")
        assert row is not None
        await gathered({"identity": codes.TASKS})["send_one_time_code"].run(self.context, row["payload"])
        await self.conn.execute("delete from pgqueuer where id = $1", row["id"])
        async with self.provider.session.get(f"{self.provider.url}/sms/latest", params={"phone": PHONE}) as answer:
            code = (await answer.json())["code"]
        made = await self.client.post(
            "/v1/auth/otp/verify", json={"challenge_id": asked.json()["challenge_id"], "code": code}
        )
        assert made.status_code == 200, made.text
        tokens = made.json()
        again = await self.client.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        for each in (tokens, again.json()):
            self.secrets |= {each["access_token"], each["access_token"].split(".")[2], each["refresh_token"]}
        self.secrets.add(code)
        self.headers = {"Authorization": f"Bearer {again.json()['access_token']}"}
        return UUID(tokens["account_id"])

    async def submit(self, **body: Any) -> httpx.Response:
        path = "/v1/me/identity/card" if "qr" in body else "/v1/me/identity"
        return await self.client.post(path, json=body, headers={**self.headers, "Idempotency-Key": str(uuid4())})


async def test_after_a_whole_life_nothing_lies_in_clear(
    client: httpx.AsyncClient, provider: Provider, context: Context, work: Work, conn: asyncpg.Connection, app: Edge,
    official: Any, bearer: Bearer, valkey: redis.asyncio.Redis, caplog: pytest.LogCaptureFixture,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    life = Life(client, provider, context, conn)
    account = await life.sign_in()
    consented = await client.put("/v1/me/consents/identity_confirmation", json={"version": 1}, headers=life.headers)
    assert consented.status_code == 200
    places = [await database(conn), await cache(valkey)]

    # What is refused, and what goes wrong, with the person's data in hand.
    typed = {"number": NUMBER, "full_name": NAME, "birth_date": BIRTHS[0], "sex": "male", "address": ADDRESS}
    refused = [
        await life.submit(**typed), await life.submit(qr=CARD.replace("|Nữ|", "|Nam|")),
        await life.submit(**typed, photo=NUMBER), await life.submit(qr=CARD + "|" * 2_000),
    ]  # fmt: skip
    assert {answer.status_code for answer in refused} == {400}
    assert (await life.submit(qr=CARD)).status_code == 201
    for mode in ("garbled", "other_person", "unavailable"):
        await provider.says(mode, times=1)
        with pytest.raises(Exception):  # noqa: B017
            await work()
        places.append(caplog.text)
    await provider.says("unknown", times=1)
    await work()
    places += [await database(conn)]

    # An official looks and decides; the owner reads it; a federated sign-in says it again.
    case = await conn.fetchval("select id from assurance.cases where account_id = $1", account)
    headers = await official()
    seen = [
        await client.post(f"/v1/identity-reviews/{case}/{step}", headers=headers, json=body)
        for step, body in (
            ("claim", None), ("looks", {"purpose": "decide"}),
            ("decision", {"decision": "confirmed", "reason_code": "data_matches", "reason": "Khớp."}),
        )
    ]  # fmt: skip
    assert [answer.status_code for answer in seen] == [200, 200, 204]
    assert seen[1].json()["number"] == NUMBER
    strong = await bearer(account, acr=2)
    assert (await client.post("/v1/me/identity/reveal", headers=strong)).json()["number"] == NUMBER
    assert (await client.get("/v1/me/identity", headers=strong)).status_code == 200
    claims, said = uuid4(), {"personal_number": NUMBER, "full_name": NAME, "birth_date": BIRTHS[0]}
    await conn.execute(
        """insert into federation.claims (id, account_id, issuer, acr, sealed, created_at)
           values ($1, $2, 'i', 2, $3, now())""",
        claims, account, Sealed(app.app.state["keys"], "number").seal(msgspec.json.encode(said).decode(), claims),
    )  # fmt: skip
    assert (await client.post("/v1/auth/logout", headers=life.headers)).status_code == 204
    places += [await database(conn), await cache(valkey), caplog.text]
    app._log.flush()
    lines = capfdbinary.readouterr()
    places += [lines.out.decode(), lines.err.decode(), str(await provider.asked())]

    everything = "\n".join(places)

    assert str(case) in everything
    assert b"reveal" in lines.out
    assert leaks(everything, life.secrets) == set()


@pytest.mark.parametrize("secret", [NUMBER, NAME, ADDRESS, *BIRTHS, "048213", "vkGkq1ufw3nYI4C8eB2Q1g8y0Vqk0b7m0Yf3n"])
def test_the_search_finds_what_lies_there(secret: str) -> None:
    """The control: whatever the place, what was left in it is found."""
    plain = f'{{"a": 1}} (0192f0c1-6d1e-7c3a,"{secret}",t) x'

    assert leaks(plain, [secret]) == {secret}
    if not re.fullmatch("[0-9]{6}", secret):
        assert leaks(f"(\\x00{secret.encode().hex()}ff)", [secret]) == {secret}
        for pad in ("", "a", "ab"):
            assert leaks(base64.b64encode(f"{pad}{secret}{'z' * 9}".encode()).decode(), [secret]) == {secret}
