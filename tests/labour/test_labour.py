"""What the API says of occupations, minimum wages and the worth of a pay."""

from typing import Any

import asyncpg
import httpx
import pytest

LONG_AN, HANOI_WARD = "27694", "00070"
ASKED = {
    "pay": {"base": 5_800_000, "allowances": 700_000, "attendance": 500_000, "overtime": 1_500_000,
            "overtime_hours": 30, "deductions": 609_000},
    "week_hours": 48, "ward_code": LONG_AN, "day": "2026-11-22",
}  # fmt: skip


async def calculated(client: httpx.AsyncClient, **changes: object) -> dict[str, Any]:
    answer = await client.post("/v1/pay/calculate", json={**ASKED, **changes})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_pay_is_explained_line_by_line_without_signing_in(client: httpx.AsyncClient) -> None:
    found = await calculated(client)

    assert (found["month"], found["hour"]) == (7_891_000, 7_891_000 // 238)
    assert [(line["part"], line["month"]) for line in found["lines"]] == [
        ("base", 5_800_000), ("allowances", 700_000), ("attendance", 500_000), ("overtime", 1_500_000),
        ("deductions", -609_000), ("hour", 0),
    ]  # fmt: skip
    assert found["lines"][3]["vi"] == "Tăng ca 30 giờ một tháng: cộng 1.500.000 đ"
    assert found["lines"][3]["en"] == "Overtime, 30 hours a month: plus 1,500,000 đ"
    assert found["minimum_wage"]["month_vnd"] == 5_310_000
    assert found["minimum_wage"]["decree"] == "NĐ 293/2025/NĐ-CP"
    assert found["keeps_minimum_wage"] is True
    assert found["law"] == "BLLĐ 2019 Điều 90-91"


async def test_a_pay_below_the_minimum_is_told_not_refused(client: httpx.AsyncClient) -> None:
    found = await calculated(client, pay={"base": 5_000_000, "allowances": 2_000_000})

    assert found["keeps_minimum_wage"] is False
    assert found["month"] == 7_000_000


async def test_where_no_list_has_the_ward_nothing_is_compared(client: httpx.AsyncClient) -> None:
    found = await calculated(client, ward_code=HANOI_WARD)

    assert (found["minimum_wage"], found["keeps_minimum_wage"]) == (None, None)


async def test_dollars_have_no_figure_and_a_reason(client: httpx.AsyncClient) -> None:
    found = await calculated(client, pay={"min": 500, "currency": "USD"})

    assert (found["month"], found["hour"], found["keeps_minimum_wage"]) == (None, None, None)
    assert found["lines"] == [
        {"part": "none", "month": 0, "vi": "Lương bằng đô la, không quy đổi ra đồng",
         "en": "Paid in dollars, which are not converted to đồng"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"pay": {}}, 400, "/pay/min"),
        ({"pay": {"base": 500, "currency": "USD", "allowances": 100_000}}, 400, "/pay/allowances"),
        ({"pay": {"base": 6_240_000, "overtime": 449_999, "overtime_hours": 10}}, 400, "/pay/overtime"),
        ({"pay": {"base": 10**13}}, 400, "/pay/base"),
        ({"pay": {"base": 6.5}}, 400, "/pay/base"),
        ({"pay": {"base": "6000000"}}, 400, "/pay/base"),
        ({"week_hours": 73}, 400, "/week_hours"),
        ({"ward_code": "99999"}, 422, "/ward_code"),
        ({"day": "2026-02-30"}, 400, "/day"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(
    client: httpx.AsyncClient, changes: dict[str, object], status: int, pointer: str
) -> None:
    answer = await client.post("/v1/pay/calculate", json={**ASKED, **changes})

    assert answer.status_code == status
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_nothing_of_a_question_is_kept(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    before = await conn.fetchval("select count(*) from pgqueuer")

    await calculated(client)

    assert await conn.fetchval("select count(*) from pgqueuer") == before


async def test_the_minimum_of_every_region_on_a_day(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/v1/minimum-wages", params={"day": "2025-12-31"})).json()

    assert answer["day"] == "2025-12-31"
    assert [(item["region"], item["month_vnd"], item["hour_vnd"]) for item in answer["items"]] == [
        (1, 4_960_000, 23_800), (2, 4_410_000, 21_200), (3, 3_860_000, 18_600), (4, 3_450_000, 16_600),
    ]  # fmt: skip
    assert {item["valid_to"] for item in answer["items"]} == {"2025-12-31"}


async def test_the_minimum_of_a_ward(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/v1/minimum-wages", params={"ward_code": LONG_AN, "day": "2026-05-01"})).json()

    assert [(item["region"], item["month_vnd"]) for item in answer["items"]] == [(1, 5_310_000)]


@pytest.mark.parametrize(
    ("asked", "status", "items"),
    [
        ({"ward_code": HANOI_WARD}, 200, []),
        ({"ward_code": LONG_AN, "day": "2025-06-30"}, 200, []),
        ({"day": "1999-01-01"}, 200, []),
        ({"ward_code": "99999"}, 422, None),
        ({"day": "2026-13-01"}, 400, None),
        ({"day": "10000-01-01"}, 400, None),
    ],
)
async def test_days_and_wards_without_a_list(
    client: httpx.AsyncClient, asked: dict[str, str], status: int, items: list[Any] | None
) -> None:
    answer = await client.get("/v1/minimum-wages", params=asked)

    assert (answer.status_code, answer.json().get("items")) == (status, items)


async def test_occupations_come_as_a_tree_a_group_before_its_members(client: httpx.AsyncClient) -> None:
    items = (await client.get("/v1/occupations")).json()["items"]

    seen: set[str] = set()
    for item in items:
        assert item["level"] == len(item["code"])
        assert item["parent"] is None if item["level"] == 1 else item["parent"] in seen
        seen.add(item["code"])
    assert len(items) == 58


@pytest.mark.parametrize(
    ("q", "code"), [("thợ may", "75"), ("tai xe", "83"), ("bốc xếp", "93"), ("LĐPT", "93"), ("ke toan", "33")]
)
async def test_an_occupation_is_found_by_what_workers_call_it(client: httpx.AsyncClient, q: str, code: str) -> None:
    items = (await client.get("/v1/occupations", params={"q": q})).json()["items"]

    assert code in [item["code"] for item in items]


async def test_occupations_are_paged_and_narrowed(client: httpx.AsyncClient) -> None:
    first = (await client.get("/v1/occupations", params={"parent": "9", "limit": 4})).json()
    rest = (
        await client.get("/v1/occupations", params={"parent": "9", "limit": 4, "cursor": first["next_cursor"]})
    ).json()
    top = (await client.get("/v1/occupations", params={"level": 1})).json()

    assert [item["code"] for item in first["items"] + rest["items"]] == ["91", "92", "93", "94", "95", "96"]
    assert {item["parent_name"] for item in rest["items"]} == {"Lao động giản đơn"}
    assert [item["code"] for item in top["items"]] == list("0123456789")
    assert (await client.get("/v1/occupations", params={"q": "!!!"})).json()["items"] == []
