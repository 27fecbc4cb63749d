"""The table of phone numbers (phone_cases.csv): what phonenumbers says, and what we take (SECURITY A7)."""

import csv
from collections.abc import Callable
from pathlib import Path

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.base.errors import InvalidRequest
from longan.floor.base.phones import canonical

At = Callable[..., httpx.AsyncClient]

with Path(__file__).with_name("phone_cases.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))

# phonenumbers is kinder than we are: these it takes, and they are not one number written by one person.
REFUSED = {
    "0951234567": "no operator holds 095",
    "０９１２３４５６７８": "full-width digits",
    "o912345678": "a letter",
}


def expected(case: dict[str, str]) -> str | None:
    if case["legacy_converted"]:
        return case["legacy_converted"]
    return case["e164"] if case["type"] == "mobile" and case["input"] not in REFUSED else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["input"] or "empty")
def test_every_case_of_the_table_is_decided(case: dict[str, str]) -> None:
    try:
        decided: str | None = canonical(case["input"])
    except InvalidRequest:
        decided = None

    assert decided == expected(case)


async def test_every_refused_case_is_refused_before_the_gateway(app: Edge, at: At, conn: asyncpg.Connection) -> None:
    for case in CASES:
        if expected(case) is None:
            async with at(app) as client:
                refused = await client.post("/v1/auth/otp", json={"phone": case["input"]})
            assert refused.status_code == 400, case["input"]
            assert refused.json()["errors"][0]["pointer"] == "/phone"

    assert await conn.fetchval("select count(*) from identity.challenges") == 0
    assert await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'send_one_time_code'") == 0


SPELLINGS = [
    "0912345678", "+84912345678", "84912345678", "0084912345678", "912345678", "+840912345678", "+84 91 234 56 78",
    "091.234.5678", "091-234-5678", "(091) 234 5678",
]  # fmt: skip
OTHERS = [
    "０９１２３４５６７８", "٠٩١٢٣٤٥٦٧٨", "0912\u200b345678", "0912\u00a0345678", "\u202e0912345678",
    "0912345678;ext=1", "0912345678,,1", "tel:0912345678",
]  # fmt: skip


async def test_every_spelling_of_a_number_shares_one_bucket_or_is_refused(app: Edge, at: At) -> None:
    statuses = {}
    for spelling in ["0912345678", *SPELLINGS, *OTHERS]:
        async with at(app) as client:
            statuses.setdefault(spelling, []).append(
                (await client.post("/v1/auth/otp", json={"phone": spelling})).status_code
            )

    assert statuses.pop("0912345678") == [202, 429]
    assert {statuses[spelling][0] for spelling in SPELLINGS[1:]} == {429}
    assert {statuses[spelling][0] for spelling in OTHERS} == {400}
