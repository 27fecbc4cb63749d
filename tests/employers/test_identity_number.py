"""A household business is known by the identity number of a person: sealed at rest, masked in answers, in no log."""

import logging
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import redis.asyncio

from longan.api.edge import Edge
from tests.conftest import Bearer
from tests.jobs.hiring import LABOUR_OFFICIAL, LONG_AN, OWNER, UNVERIFIED_OWNER, WORKER

NUMBER = "080090012345"
MASKED = "080*******45"
NAME = "Hộ kinh doanh Bông Súng"
BODY = {"tax_code": NUMBER, "name": NAME, "ward_code": LONG_AN}
VERIFIED = {"decision": "verified", "reason": "Giấy đăng ký hộ kinh doanh khớp.", "version": 1}

TABLES = """select format('%I.%I', schemaname, tablename) from pg_tables
             where schemaname not in ('pg_catalog', 'information_schema')"""


async def registered(client: httpx.AsyncClient, bearer: Bearer) -> dict[str, Any]:
    answer = await client.post("/v1/employers", json=BODY, headers=await bearer(WORKER))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def holders(conn: asyncpg.Connection, *needles: str) -> set[str]:
    """The tables that hold one of `needles` in any column of any type; bytes are read as hexadecimal."""
    wanted = [form for needle in needles for form in (needle, needle.encode().hex())]
    found = set()
    for table in [row[0] for row in await conn.fetch(TABLES)]:
        held = f"select exists (select from {table} t, unnest($1::text[]) w where strpos(t::text, w) > 0)"
        if await conn.fetchval(held, wanted):
            found.add(table)
    return found


async def test_it_is_masked_but_for_a_member_or_an_official_who_asks(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = await bearer(WORKER)
    first = await client.post("/v1/employers", json=BODY, headers=headers)
    again = await client.post("/v1/employers", json=BODY, headers=headers)
    path = f"/v1/employers/{first.json()['id']}"
    official = await bearer(LABOUR_OFFICIAL, audience="official", acr=3)

    public = await client.get(path)
    stranger = await client.get(path, headers=await bearer(OWNER))
    member = await client.get(path, headers=await bearer(WORKER))
    deciding = await client.get(path, headers=official)
    decided = await client.post(f"{path}/verification", json=VERIFIED, headers=official)

    assert (first.status_code, again.content) == (201, first.content)
    for answer in (first, public, stranger, decided):
        assert answer.json()["tax_code"] == MASKED
        assert NUMBER not in answer.text
    for answer in (member, deciding):
        assert answer.json()["tax_code"] == NUMBER
        assert (answer.headers["Cache-Control"], answer.headers.get("ETag")) == ("no-store", None)


async def test_it_stands_nowhere_in_the_clear(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, valkey: redis.asyncio.Redis, bearer: Bearer,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    first = await client.post("/v1/employers", json=BODY, headers=await bearer(WORKER))
    path = f"/v1/employers/{first.json()['id']}"
    official = await bearer(LABOUR_OFFICIAL, audience="official", acr=3)

    taken = await client.post("/v1/employers", json=BODY, headers=await bearer(OWNER))
    member = await client.get(path, headers=await bearer(WORKER))
    await client.get(path, headers=official)
    await client.post(f"{path}/verification", json=VERIFIED, headers=official)
    app._log.flush()

    assert (taken.json()["code"], member.json()["tax_code"]) == ("employer_exists", NUMBER)
    # Without its leading 0 too: so it would stand in a column of integers. A plain hash is as good as the number.
    digests = [sha256(secret).hexdigest() for secret in (NUMBER.encode(), first.request.content)]
    assert await holders(conn, NUMBER.lstrip("0"), *digests) == set()
    assert await holders(conn, NAME) == {"employers.employers", "floor.idempotency_keys"}
    kept = [key + (await valkey.dump(key) or b"") async for key in valkey.scan_iter()]
    assert not [entry for entry in kept if NUMBER.lstrip("0").encode() in entry]
    written = "".join(capfd.readouterr()) + caplog.text
    assert "register_employer" in written
    assert NUMBER.lstrip("0") not in written


async def test_it_registers_one_employer_only(client: httpx.AsyncClient, bearer: Bearer) -> None:
    await registered(client, bearer)

    again = await client.post("/v1/employers", json=BODY, headers=await bearer(UNVERIFIED_OWNER))

    assert (again.status_code, again.json()["code"]) == (409, "employer_exists")


async def test_sealed_for_one_employer_it_opens_for_no_other(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await registered(client, bearer)
    other = await client.post(
        "/v1/employers", json=BODY | {"tax_code": "080090054321"}, headers=await bearer(UNVERIFIED_OWNER)
    )
    await conn.execute(
        """update employers.employers e set tax_code_cipher = moved.tax_code_cipher
             from employers.employers moved where moved.id = $1 and e.id = $2""",
        UUID(made["id"]), UUID(other.json()["id"]),
    )  # fmt: skip

    answer = await client.get(f"/v1/employers/{other.json()['id']}", headers=await bearer(UNVERIFIED_OWNER))

    assert answer.status_code == 500
    assert NUMBER not in answer.text


@pytest.mark.parametrize(
    "change", [f"tax_code = '{NUMBER}', tax_code_cipher = null", "tax_code_cipher = null", "tax_code = '0100112437'"]
)
async def test_the_table_itself_refuses_it_in_the_clear_and_wants_one_of_the_two(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, change: str
) -> None:
    made = await registered(client, bearer)

    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute(f"update employers.employers set {change} where id = $1", UUID(made["id"]))
