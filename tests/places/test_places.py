"""Wards as they are listed, and old places as they are led to them."""

import csv
import gzip
import io
import unicodedata
from collections import Counter, defaultdict
from datetime import datetime
from importlib.resources import files

import asyncpg
import httpx
import pytest

from longan.floor.places import ward
from longan.rooms.places import store
from longan.rooms.places.models import Resolution

OLD = "2024-12-01"
HOME_PROVINCES = ("80", "72")
COMMUNES = 186 + 94


def table(name: str) -> list[dict[str, str]]:
    with gzip.open(
        io.BytesIO((files("longan.reference") / "data" / name).read_bytes()), "rt", encoding="utf-8"
    ) as lines:
        return list(csv.DictReader(lines))


def communes() -> dict[str, str]:
    """The province's old communes by code, as the package's data has them."""
    return {
        row["code"]: row["name"]
        for row in table("units.csv.gz")
        if row["version"] == OLD and row["level"] == "commune" and row["province_code"] in HOME_PROVINCES
    }


def pairs() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in table("successions.csv.gz"):
        found[row["old_code"]].append((row["new_code"], row["kind"]))
    return found


async def test_every_old_commune_of_the_province_leads_to_what_the_data_says(
    conn: asyncpg.Connection, now: datetime
) -> None:
    old, expected = communes(), pairs()
    found: dict[str, Resolution | None] = {code: await store.successors(conn, now, code) for code in old}

    kinds: Counter[str] = Counter()
    for code, name in old.items():
        resolution = found[code]
        assert resolution is not None, name
        assert [(item.ward_code, item.kind) for item in resolution.items] == sorted(expected[code]), name
        assert resolution.divided == (len(resolution.items) > 1), name
        assert {item.origin.name for item in resolution.items} == {name}
        kinds.update(item.kind for item in resolution.items)
    assert len(old) == COMMUNES
    assert kinds == {"whole": 259, "partial": 43}


async def test_a_whole_commune_is_one_ward_and_says_where_it_came_from(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/places/resolve", params={"old_ward_code": "27691"})

    assert answer.status_code == 200
    assert answer.json() == {
        "divided": False,
        "items": [
            {
                "ward_code": "27694",
                "name": "Phường Long An",
                "province_code": "80",
                "kind": "whole",
                "detail": "whole",
                "from": {
                    "version": "2024-12-01",
                    "code": "27691",
                    "level": "commune",
                    "name": "Phường 4",
                    "district": "Thành phố Tân An",
                    "province": "Tỉnh Long An",
                    "province_code": "80",
                },
            }
        ],
    }


async def test_a_divided_commune_is_never_a_single_answer(client: httpx.AsyncClient) -> None:
    successors = pairs()
    code = next(code for code in communes() if len(successors[code]) > 1)

    answer = (await client.get("/v1/places/resolve", params={"old_ward_code": code})).json()

    assert answer["divided"] is True
    assert len(answer["items"]) > 1
    assert {item["kind"] for item in answer["items"]} == {"partial"}


@pytest.mark.parametrize("q", ["huyện Đức Hòa", "Đức Hòa", "duc hoa", unicodedata.normalize("NFD", "Đức Hòa")])
async def test_an_old_district_is_shown_with_all_its_wards(client: httpx.AsyncClient, q: str) -> None:
    answer = (await client.get("/v1/places/resolve", params={"q": q})).json()

    assert answer["divided"] is True
    assert {item["from"]["name"] for item in answer["items"]} == {"Huyện Đức Hòa"}
    assert {item["kind"] for item in answer["items"]} == {"partial"}
    assert "27937" in {item["ward_code"] for item in answer["items"]}


@pytest.mark.parametrize("asked", [{"old_ward_code": "755"}, {"q": "Côn Đảo"}])
async def test_an_island_district_without_communes_is_led_too(client: httpx.AsyncClient, asked: dict[str, str]) -> None:
    answer = (await client.get("/v1/places/resolve", params=asked)).json()

    assert [(item["ward_code"], item["kind"], item["province_code"]) for item in answer["items"]] == [
        ("26732", "whole", "79")
    ]
    assert answer["divided"] is False


async def test_an_ambiguous_name_comes_with_candidates(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/places/resolve", params={"q": "Tân Lập"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "place_ambiguous"
    assert [set(candidate) for candidate in answer.json()["candidates"]] == [
        {"name", "level", "version", "code", "district", "province", "ward_codes"}
    ] * len(answer.json()["candidates"])
    assert len(answer.json()["candidates"]) > 1


@pytest.mark.parametrize("asked", [{"old_ward_code": "99999"}, {"q": "Không Đâu Cả"}, {"q": "!!!"}])
async def test_an_unknown_place_is_not_found(client: httpx.AsyncClient, asked: dict[str, str]) -> None:
    assert (await client.get("/v1/places/resolve", params=asked)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({}, "?old_ward_code"),
        ({"q": "Đức Hòa", "old_ward_code": "27691"}, "?old_ward_code"),
        ({"old_ward_code": "2769"}, "?old_ward_code"),
        ({"old_ward_code": "٢٧٦٩١"}, "?old_ward_code"),
        ({"q": ""}, "?q"),
        ({"q": "x" * 121}, "?q"),
    ],
)
async def test_bad_questions_are_refused_by_name(
    client: httpx.AsyncClient, asked: dict[str, str], pointer: str
) -> None:
    answer = await client.get("/v1/places/resolve", params=asked)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


async def all_pages(client: httpx.AsyncClient, **asked: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    while True:
        page = (await client.get("/v1/places/wards", params=asked)).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        asked["cursor"] = page["next_cursor"]


async def test_the_wards_of_home_come_in_vietnamese_order(client: httpx.AsyncClient) -> None:
    items = await all_pages(client, limit="25")

    names = [str(item["name"]).split(" ", 1)[1] for item in items]
    assert len(items) == len({item["ward_code"] for item in items}) == 96
    assert names[0].startswith("An ")
    assert names.index("Bến Lức") < names.index("Cần Đước") < names.index("Dương Minh Châu") < names.index("Đức Hoà")
    assert max(i for i, name in enumerate(names) if name[0] == "D") < min(
        i for i, name in enumerate(names) if name[0] == "Đ"
    )
    assert items[0]["province"] == "Tỉnh Tây Ninh"
    assert items[0]["version"] == "2025-07-01"
    assert isinstance(items[0]["lat"], float)


async def test_wards_of_another_province_and_by_a_part_of_the_name(client: httpx.AsyncClient) -> None:
    hanoi = await all_pages(client, province_code="01", limit="100")
    named = await all_pages(client, q="duc h")
    typed = await all_pages(client, q="Phường Long")

    assert len(hanoi) == 126
    assert {item["province_code"] for item in hanoi} == {"01"}
    assert {item["name"] for item in named} >= {"Xã Đức Hoà", "Xã Đức Huệ"}
    assert {item["name"] for item in typed} == {"Phường Long An", "Phường Long Hoa"}
    assert await all_pages(client, q="!!!") == []


async def test_a_cursor_of_another_list_is_refused(client: httpx.AsyncClient) -> None:
    first = (await client.get("/v1/places/wards", params={"limit": 2})).json()

    answer = await client.get("/v1/places/wards", params={"cursor": first["next_cursor"], "province_code": "01"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "bad_cursor"


@pytest.fixture
async def to_come(conn: asyncpg.Connection) -> asyncpg.Connection:
    """A list of units that is in force from 2027-03-01 on, with one ward that no other list has."""
    await conn.execute("insert into places.versions (version, name) values ('2027-03-01', 'a list to come')")
    await conn.execute(
        """insert into places.units (version, code, level, name, type, short_name, fold, province_code)
           values ('2027-03-01', '99998', 'commune', 'Xã Mới', 'Xã', 'Mới', 'moi', '80')"""
    )
    return conn


# A day begins in Viet Nam at 17:00 UTC, whatever the zone of the connection.
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize(
    ("moment", "version", "found"),
    [
        ("2027-02-28T16:59:59.999999+00:00", "2025-07-01", []),
        ("2027-02-28T17:00:00+00:00", "2027-03-01", ["99998"]),
        ("2027-03-01T00:00:00+07:00", "2027-03-01", ["99998"]),
    ],
)
async def test_a_new_list_is_in_force_from_midnight_in_viet_nam(
    to_come: asyncpg.Connection, zone: str, moment: str, version: str, found: list[str]
) -> None:
    await to_come.execute(f"set local time zone '{zone}'")
    now = datetime.fromisoformat(moment)

    in_force = await to_come.fetchval("select places.version_on($1)", now)
    wards = [row[0] for row in await to_come.fetch(ward.IN_FORCE, now, "99998")]

    assert (in_force.isoformat(), wards) == (version, found)
