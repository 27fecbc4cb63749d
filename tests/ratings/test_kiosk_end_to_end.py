"""A kiosk made from the guide alone (docs/app-developers.md, docs/wire-formats.md): with the key it was issued, nothing
else of ours, and no library of tokens."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.conftest import Bearer, TestClock
from tests.ratings.saying import ANSWERS, again, office, official


def spelled(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def number(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def shown(issued: dict[str, Any], now: datetime) -> str:
    """What the QR code of one visitor holds."""
    jwk, at = issued["private_key"], int(now.timestamp())
    assert (jwk["kty"], jwk["crv"]) == ("EC", "P-256")
    header = {"alg": "ES256", "typ": "visit+jwt", "kid": issued["key_id"]}
    claims = {"aud": "longan-visit", "iat": at, "exp": at + 600, "jti": spelled(secrets.token_bytes(16))}
    signed = ".".join(spelled(json.dumps(each).encode()) for each in (header, claims))
    key = ec.derive_private_key(number(jwk["d"]), ec.SECP256R1())
    # Two numbers of 32 octets side by side (RFC 7518 section 3.4), not the DER that most libraries sign with.
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{issued['link_prefix']}{signed}.{spelled(r.to_bytes(32) + s.to_bytes(32))}"


async def test_a_visitor_scans_the_code_of_a_kiosk_and_rates_the_office_once(
    client: httpx.AsyncClient, bearer: Bearer, clock: TestClock, conn: asyncpg.Connection
) -> None:
    headers = await official(bearer)
    of = (await office(client, headers))["id"]
    made = await client.post(
        f"/v1/managed-offices/{of}/kiosks", json={"counter": "Quầy 3"}, headers=again(headers)
    )  # fmt: skip
    issued = (await client.post(f"/v1/kiosks/{made.json()['id']}/keys", headers=headers)).json()

    link = shown(issued, clock())
    clock.shift(timedelta(minutes=5))
    token = urlsplit(link).path.rsplit("/", 1)[-1]
    body = {"token": token, "answers": ANSWERS}
    rated = await client.post("/v1/visit-ratings", json=body, headers={"Idempotency-Key": str(uuid4())})
    second = await client.post("/v1/visit-ratings", json=body, headers={"Idempotency-Key": str(uuid4())})

    assert rated.status_code == 201, rated.text
    assert (rated.json()["office_id"], second.json()["code"]) == (of, "already_rated")
    assert await conn.fetchval("select count(*) from ratings.ratings where office_id = $1::text::uuid", of) == 1
    kept = await conn.fetch("select k::text as row from offices.kiosk_keys k")
    assert not any(issued["private_key"]["d"] in each["row"] for each in kept), "what signs is kept nowhere"
