"""Files of procedures: the shapes they come in, and those that are none."""

import gzip
import json
from typing import Any

import asyncpg
import httpx
import pytest

from longan.devkit.procedures_source import procedure, samples
from longan.rooms.catalogue import domain
from tests.catalogue.conftest import Import, Official, procedures, sent
from tests.conftest import TestClock

Client = httpx.AsyncClient
LINES = "application/jsonl"


def lines(*each: Any) -> bytes:
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in each).encode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"code": "OK", "data": procedure("1.999001")}, LINES),
        (procedure("1.999001"), LINES),
        ([procedure("1.999001")], LINES),
        ({"code": "OK", "data": {"items": [procedure("1.999001")]}}, LINES),
        ({"id": "x", "code": "1.999001", "name": "x", "detail": procedure("1.999001")}, LINES),
        (lines(procedure("1.999001")), LINES),
        (lines({"code": "OK", "data": procedure("1.999001")}) + b"\r\n\n", LINES),
        (b"\xef\xbb\xbf" + lines(procedure("1.999001")), LINES),
    ],
    ids=["answer", "one", "list", "items", "collected", "line", "answer-line", "marked"],
)  # fmt: skip
async def test_a_procedure_comes_in_any_of_its_wrappings(brought: Import, body: Any, kind: str) -> None:
    made = await brought(body, kind)

    assert (made["total"], made["new"], made["refused"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"", LINES, 422, "file_empty"),
        (b" \n\t", LINES, 422, "file_empty"),
        (b"[]", LINES, 422, "file_empty"),
        (b"[1, 2", LINES, 400, "invalid_body"),
        (b'{"a": ', LINES, 400, "invalid_body"),
        (b"[" * 100_000, LINES, 400, "invalid_body"),
        (gzip.compress(b"{}", mtime=0), LINES, 400, "file_not_utf8"),
        ('{"name": "Đăng ký"}'.encode("utf-16"), LINES, 400, "file_not_utf8"),
        (b"PK\x03\x04", LINES, 400, "file_not_utf8"),
        (b"{}", "text/csv", 415, "unsupported_media_type"),
        (b"{}", "application/jsonl; charset=latin-1", 400, "file_not_utf8"),
        (b"{}\n" * 5_001, LINES, 422, "file_too_large"),
        (b" " * (10 * 1024 * 1024 + 1), LINES, 413, "payload_too_large"),
    ],
)  # fmt: skip
async def test_a_file_that_is_none_is_refused_whole_and_leaves_nothing(
    client: Client, conn: asyncpg.Connection, official: Official, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = await sent(client, await official(), body, kind)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await conn.fetchval("select count(*) from catalogue.imports") == 0


async def test_one_bad_line_is_named_and_the_others_are_taken(brought: Import) -> None:
    body = lines(procedure("1.999001")) + b'\n{"code": \n[]\n7\n' + lines(procedure("1.999002"), procedure("1.999001"))
    deep = b'\n{"a": ' * 3 + b"[" * 100 + b"]" * 100

    made = await brought(body + deep, LINES)

    assert (made["total"], made["new"], made["refused"]) == (9, 2, 7)


async def test_the_oddities_of_the_real_catalogue_are_named_in_the_report(
    client: Client, brought: Import, official: Official
) -> None:
    made = await brought(samples())
    who = await official()

    assert (made["refused"], made["doubtful"]) == (4, 2)
    named = {code: [each["code"] for each in row["problems"]] for code, row in made["procedures"].items()}
    assert named["1.0133611"] == named["1.014955-Xoa"] == named["2.009182739"] == ["code_dirty"]
    assert named["1.011442.000.00.00.H38"] == ["code_local"]
    local = made["procedures"]["1.011442.000.00.00.H38"]["problems"][0]
    assert local["message"] == "Mã riêng của một tỉnh; mã quốc gia là: 1.011442"
    assert set(await procedures(client, who, made["id"], problem="code_dirty")) == {
        "1.0133611", "1.014955-Xoa", "2.009182739",
    }  # fmt: skip
    assert set(await procedures(client, who, made["id"], doubtful="true")) == {"1.999002", "1.999003"}
    assert set(await procedures(client, who, made["id"], kind="new")) == {"1.999001", "1.999002", "1.999003"}


async def test_a_code_that_comes_twice_is_not_guessed_between(brought: Import) -> None:
    made = await brought([procedure("1.999001", "Một"), procedure("1.999001", "Hai")])

    assert (made["total"], made["new"], made["refused"]) == (2, 1, 1)


async def test_a_file_of_ten_megabytes_is_taken_and_compared(
    client: Client, conn: asyncpg.Connection, brought: Import
) -> None:
    each = {"executionSteps": [{"name": "", "description": "Nộp hồ sơ. " * 600} for _ in range(3)]}
    body = [procedure(f"7.{number:06}", **each) for number in range(300)]
    size = len(json.dumps(body, ensure_ascii=False).encode())
    assert 9_000_000 < size < domain.MOST_BYTES

    made = await brought(body)

    assert (made["state"], made["new"]) == ("drafted", 300)


async def test_a_hostile_text_is_stored_as_text(client: Client, brought: Import, official: Official) -> None:
    body = procedure(
        "1.999001", "<script>alert(1)</script>' or 1=1 -- \u0000\u202e", **{"=cmd|' /C calc'!A0": 1, "a/~b": 2}
    )

    made = await brought(body)
    row = made["procedures"]["1.999001"]

    assert row["name"] == "<script>alert(1)</script>' or 1=1 --"
    assert {each["code"] for each in row["problems"]} == {"markup", "field_unknown"}


async def test_pages_of_an_import_follow_each_other(
    client: Client, brought: Import, official: Official, clock: TestClock
) -> None:
    made = await brought([procedure(f"1.99900{number}") for number in range(5)])
    who, seen, cursor = await official(), [], None

    for _ in range(4):
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        path = f"/v1/procedure-imports/{made['id']}/procedures"
        page = (await client.get(path, params=asked, headers=who)).json()
        seen += [each["code"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [f"1.99900{number}" for number in range(5)]
    listed = (await client.get("/v1/procedure-imports", params={"status": "drafted"}, headers=who)).json()["items"]
    assert [each["id"] for each in listed] == [made["id"]]
