"""Kiosks that sign tokens as those at a counter do, and what people say of offices."""

import base64
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias, cast
from uuid import UUID, uuid4

import asyncpg
import httpx
import jwt
import msgspec
from jwt.algorithms import ECAlgorithm

from tests.conftest import Bearer, Real
from tests.jobs.hiring import ACCOUNTS, LONG_AN

SERVICES_OFFICIAL = ACCOUNTS["22"]
SCORES = {"overall": 4, "attitude": 5, "time": 3, "clarity": 4, "extra_fees": 0}
AGENCY = "H53.16"
OFFICE = {"agency_code": AGENCY, "name": "Sở Xây dựng", "ward_code": LONG_AN, "valid_from": "2025-07-01"}


class Kiosk(msgspec.Struct):
    """A kiosk without a network: it has its key and a clock, and nothing else."""

    id: str
    office: str
    key_id: str
    private: dict[str, str]

    def token(self, now: datetime, *, life: int = 600, header: Any = None, key: Any = None, **claims: Any) -> str:
        """A token of a visit; `claims` and `header` replace what is right, None leaves it out."""
        issued = int(now.timestamp())
        bits = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
        said = {"aud": "longan-visit", "iat": issued, "exp": issued + life, "jti": bits, **claims}
        named = {"typ": "visit+jwt", "kid": self.key_id, **(header or {})}
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            cast(Any, ECAlgorithm.from_jwk(self.private) if key is None else key), named.pop("alg", "ES256"),
            headers={name: value for name, value in named.items() if value is not None},
        )  # fmt: skip


Client: TypeAlias = httpx.AsyncClient
Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


def answers(**others: int) -> list[dict[str, object]]:
    """An answer to each question, `others` by its code."""
    return [
        {"question": code, "yes": bool(score)} if code == "extra_fees" else {"question": code, "score": score}
        for code, score in (SCORES | others).items()
    ]


ANSWERS = answers()


async def office(client: Client, headers: dict[str, str], **changes: object) -> dict[str, Any]:
    answer = await client.post("/v1/offices", json=OFFICE | changes, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def again(headers: dict[str, str]) -> dict[str, str]:
    """The same caller with another Idempotency-Key."""
    return headers | {"Idempotency-Key": str(uuid4())}


async def kiosk(client: Client, headers: dict[str, str], of: str, counter: str = "Quầy 3") -> Kiosk:
    answer = await client.post(f"/v1/managed-offices/{of}/kiosks", json={"counter": counter}, headers=again(headers))
    assert answer.status_code == 201, answer.text
    return await keyed(client, headers, answer.json()["id"], of)


async def keyed(client: Client, headers: dict[str, str], identifier: str, of: str) -> Kiosk:
    answer = await client.post(f"/v1/kiosks/{identifier}/keys", headers=headers)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    return Kiosk(identifier, of, said["key_id"], said["private_key"])


async def visited(client: Client, token: str, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
    """A rating with a token, by nobody who is signed in unless `headers` say who."""
    body = {"token": token, "answers": ANSWERS, **changes}
    return await client.post("/v1/visit-ratings", json=body, headers=headers or {"Idempotency-Key": str(uuid4())})


async def official(client_bearer: Bearer | Real, account: UUID = SERVICES_OFFICIAL) -> dict[str, str]:
    made = client_bearer.bearer if isinstance(client_bearer, Real) else client_bearer
    return await made(account, audience="official", acr=3)


async def rated(
    conn: Writing, of: str | UUID, day: date, times: int = 1, words: str | None = None, **others: int
) -> None:
    """Ratings as they lie in the database."""
    await conn.execute(
        """insert into ratings.ratings (office_id, rated_on, answers, words)
           select $1, $2, $3::text::jsonb, $5 from generate_series(1, $4)""",
        UUID(str(of)), day, msgspec.json.encode(SCORES | others).decode(), times, words,
    )  # fmt: skip


def month_before(now: datetime) -> date:
    """The first day of the month before the one of `now`, in Viet Nam."""
    first = (now.astimezone(UTC) + timedelta(hours=7)).date().replace(day=1)
    return (first - timedelta(days=1)).replace(day=1)
