"""Industrial parks as they are listed, and as people write them."""

from typing import Any

import httpx
import pytest

from longan.floor.places import parks

LONG_HAU = ("kcn-long-hau", "kcn long hau")
KNOWN = [
    LONG_HAU, ("kcn-duc-hoa-1-hanh-phuc", "kcn duc hoa 1 hanh phuc"), ("kcn-duc-hoa-3", "kcn duc hoa 3"),
    ("kcn-tan-do", "kcn tan do"), ("ccn-hoang-gia", "ccn hoang gia"),
]  # fmt: skip


async def codes(client: httpx.AsyncClient, **asked: object) -> list[str]:
    answer = await client.get("/v1/places/parks", params={"limit": 100, **asked})
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.json()["items"]]


async def test_the_parks_of_the_province_in_vietnamese_order(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/v1/places/parks", params={"limit": 100})).json()
    items: list[dict[str, Any]] = answer["items"]

    names = [item["name"] for item in items]
    assert len(names) == 30
    assert names.index("Cầu Tràm") < names.index("Đức Hòa III") < names.index("Hải Sơn")
    assert {item["province_code"] for item in items} == {"80"}
    assert all(item["source"] for item in items)


async def test_parks_of_a_ward_an_old_ward_and_a_place(client: httpx.AsyncClient) -> None:
    assert await codes(client, ward_code="28159") == ["kcn-long-hau", "kcn-tan-kim"]
    assert set(await codes(client, place="Bến Lức")) >= {"kcn-phu-an-thanh", "kcn-thuan-dao"}
    assert await codes(client, province_code="01") == []
    assert await codes(client, q="!!!") == []


@pytest.mark.parametrize("q", ["KCN Đức Hoà 3", "khu công nghiệp Đức Hòa III", "duc hoa iii", "Đức Hòa 3"])
async def test_a_park_is_found_however_its_number_is_written(client: httpx.AsyncClient, q: str) -> None:
    assert await codes(client, q=q) == ["kcn-duc-hoa-3"]


async def test_parks_are_paged_and_a_foreign_cursor_is_refused(client: httpx.AsyncClient) -> None:
    first = (await client.get("/v1/places/parks", params={"limit": 20})).json()
    rest = (await client.get("/v1/places/parks", params={"limit": 20, "cursor": first["next_cursor"]})).json()

    together = [item["code"] for item in first["items"] + rest["items"]]
    assert len(together) == len(set(together)) == 30
    assert rest["next_cursor"] is None
    refused = await client.get("/v1/places/wards", params={"cursor": first["next_cursor"]})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Công nhân KCN Long Hậu", "kcn-long-hau"),
        ("làm ở khu công nghiệp Đức Hoà III, Long An", "kcn-duc-hoa-3"),
        ("KCN Đức Hòa I - Hạnh Phúc", "kcn-duc-hoa-1-hanh-phuc"),
        ("cụm công nghiệp Hoàng Gia", "ccn-hoang-gia"),
        ("xã Long Hậu", None),
        ("KCN Đức Hòa", None),
        ("", None),
    ],
)
def test_a_park_is_named_by_its_kind_and_name(text: str, code: str | None) -> None:
    assert parks.named_in(text, KNOWN) == code
