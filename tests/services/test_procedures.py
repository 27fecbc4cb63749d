"""Procedures as a worker looks for them."""

import asyncpg
import httpx
import msgspec
import pytest

from longan.floor.procedures.procedures import Procedure
from longan.rooms.services import store
from longan.rooms.services.models import ProcedureShown

TEMPORARY_RESIDENCE = "1.004194"


async def codes(client: httpx.AsyncClient, **asked: str) -> list[str]:
    answer = await client.get("/v1/procedures", params=asked)
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("dang ky tam tru", TEMPORARY_RESIDENCE),
        ("đăng ký tạm trú", TEMPORARY_RESIDENCE),
        ("Đăng kí tạm trú", TEMPORARY_RESIDENCE),
        ("tam tru", TEMPORARY_RESIDENCE),
        ("thông báo lưu trú", "2.001159"),
        ("tro cap that nghiep", "1.014748"),
        ("khai sinh", "1.001193"),
    ],
)
async def test_what_workers_look_for_comes_first(client: httpx.AsyncClient, q: str, first: str) -> None:
    assert (await codes(client, q=q))[0] == first


async def test_an_item_says_who_handles_it_and_how_far_online(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/procedures", params={"q": "dang ky tam tru", "limit": 1})

    assert answer.json()["items"] == [
        {
            "code": TEMPORARY_RESIDENCE,
            "name": "Đăng ký tạm trú",
            "field_code": "G01-CA05",
            "field": "Đăng ký, quản lý cư trú",
            "agency": "Bộ Công an",
            "level": "xa",
            "levels": ["xa", "nganh_doc"],
            "online_level": "toan_trinh",
            "code_valid": True,
            "matched": [
                {"field": "name", "words": ["Đăng ký tạm trú"]},
                {"field": "field", "words": ["Đăng ký", "trú"]},
                {"field": "words", "words": ["tạm trú"]},
            ],
        }
    ]


@pytest.mark.parametrize("asked", [{}, {"q": "đăng ký"}, {"level": "xa", "audience": "cong_dan_viet_nam,to_chuc"}])
async def test_pages_hold_every_procedure_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, asked: dict[str, str]
) -> None:
    seen: list[str] = []
    cursor: str | None = None
    pages = 0
    while pages == 0 or (cursor is not None and pages < 50):
        answer = await client.get(
            "/v1/procedures", params={**asked, "limit": "100"} | ({"cursor": cursor} if cursor else {})
        )
        seen += [item["code"] for item in answer.json()["items"]]
        cursor, pages = answer.json()["next_cursor"], pages + 1

    assert len(seen) == len(set(seen)) > 500
    if not asked:
        assert len(seen) == await conn.fetchval("select count(*) from services.procedures")


async def test_without_words_the_procedures_of_workers_come_first(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    needed = await conn.fetchval("select count(*) from services.procedures where worker_group is not null")

    found = await codes(client, limit="100")

    assert 0 < needed < 100
    rows = await conn.fetch("select code from services.procedures where worker_group is not null order by code")
    assert found[:needed] == [row["code"] for row in rows]
    assert found[needed:] == sorted(found[needed:])


async def test_filters_take_one_value_or_several(client: httpx.AsyncClient) -> None:
    both = (await client.get("/v1/procedures", params={"level": "xa,tinh", "limit": 100})).json()["items"]
    online = (await client.get("/v1/procedures", params={"online_level": "toan_trinh"})).json()["items"]
    field = (await client.get("/v1/procedures", params={"field_code": both[0]["field_code"]})).json()["items"]

    assert {item["level"] for item in both} == {"xa", "tinh"}
    assert all({"xa", "tinh"} & set(item["levels"]) for item in both)
    assert {item["online_level"] for item in online} == {"toan_trinh"}
    assert {item["field_code"] for item in field} == {both[0]["field_code"]}


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"level": "huyen"}, "?level"),
        ({"level": "xa,"}, "?level"),
        ({"online_level": "xa"}, "?online_level"),
        ({"audience": "cong_dan_viet_nam,ai_do"}, "?audience"),
        ({"q": "x" * 201}, "?q"),
        ({"who": "worker,king"}, "?who"),
        ({"life_event": "dai_tiec"}, "?life_event"),
        ({"province_code": "8"}, "?province_code"),
        ({"limit": "101"}, "?limit"),
        ({"cursor": "MDE5Mg"}, "?cursor"),
    ],
)
async def test_bad_filters_are_refused_by_name(client: httpx.AsyncClient, asked: dict[str, str], pointer: str) -> None:
    answer = await client.get("/v1/procedures", params=asked)

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("q", ["!!!", "' or 1=1 --", "a & | ! ( ) :*", "<->", "đđđđđđ", "%"])
async def test_any_words_are_only_words(client: httpx.AsyncClient, q: str) -> None:
    assert (await client.get("/v1/procedures", params={"q": q})).status_code == 200


async def test_one_procedure_has_everything(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/v1/procedures/{TEMPORARY_RESIDENCE}")

    procedure = msgspec.json.decode(answer.content, type=ProcedureShown)
    assert answer.headers["content-type"] == "application/json"
    assert procedure.name == "Đăng ký tạm trú"
    assert procedure.agency == "Bộ Công an"
    assert {method.channel for method in procedure.methods} >= {"direct", "online"}
    assert any(method.fees for method in procedure.methods)
    assert any(method.time for method in procedure.methods)
    assert procedure.documents
    assert procedure.cases
    assert procedure.legal_basis
    assert procedure.steps
    assert procedure.executing_agencies
    assert procedure.is_complete


async def test_every_stored_procedure_has_exactly_the_published_shape(conn: asyncpg.Connection) -> None:
    rows = await conn.fetch("select code from services.procedures")
    shape = msgspec.json.Decoder(Procedure)

    for row in rows:
        stored = await store.one(conn, row["code"], "80")
        assert stored is not None
        assert shape.decode(stored.procedure).code == row["code"]
        assert msgspec.json.decode(stored.procedure).keys() == {
            field.name for field in msgspec.structs.fields(Procedure)
        }


@pytest.mark.parametrize("code", ["9.999999", "1.004194-x", "null", "..."])
async def test_an_unknown_code_is_not_found(client: httpx.AsyncClient, code: str) -> None:
    answer = await client.get(f"/v1/procedures/{code}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


async def test_a_procedure_held_by_the_client_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get(f"/v1/procedures/{TEMPORARY_RESIDENCE}")

    again = await client.get(f"/v1/procedures/{TEMPORARY_RESIDENCE}", headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    assert again.content == b""
