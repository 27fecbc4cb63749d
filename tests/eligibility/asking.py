"""What people say of themselves when they ask about social housing."""

from typing import Any
from uuid import UUID

import httpx

CASE: dict[str, Any] = {
    "wish": "buy", "groups": [6], "household": "single", "income_month": 22_000_000, "has_house": False,
    "was_helped": False, "has_contract": True, "papers": ["application"],
}  # fmt: skip
CHECK, RULES, MINE = "/v1/social-housing/check", "/v1/social-housing/rules", "/v1/me/social-housing-case"
CONSENT = "/v1/me/consents/social_housing"


async def checked(client: httpx.AsyncClient, as_of: str | None = None, **changes: Any) -> dict[str, Any]:
    query = {"as_of": as_of} if as_of else {}
    answer = await client.post(CHECK, json=CASE | changes, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def consented(client: httpx.AsyncClient, who: dict[str, str]) -> None:
    answer = await client.put(CONSENT, json={"version": 1}, headers=who)
    assert answer.status_code == 200, answer.text


async def kept(client: httpx.AsyncClient, who: dict[str, str], **changes: Any) -> httpx.Response:
    await consented(client, who)
    return await client.put(MINE, json=CASE | changes, headers=who)


async def account_of(client: httpx.AsyncClient, who: dict[str, str]) -> UUID:
    return UUID((await client.get("/v1/me", headers=who)).json()["id"])
