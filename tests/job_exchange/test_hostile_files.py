"""Files that are none, or mean harm: a clear refusal of the whole, before anything is written."""

import asyncpg
import httpx
import pytest

from longan.floor.formats import sheets
from tests.conftest import Bearer, TestClock
from tests.job_exchange.files import imported, sent, sheet
from tests.jobs.hiring import OWNER

HEADINGS = b"title,description,openings,expires_at,place,pay_min\r\n"
ALL = sheets.MOST_BYTES
SHEETS: dict[str, tuple[bytes, str, dict[str, object]]] = {
    "nothing": (b"", "file_empty", {}),
    "blanks": (b"\xef\xbb\xbf \r\n\r\n", "file_empty", {}),
    "headings alone": (HEADINGS, "file_empty", {}),
    "10 MB with one quote": ((HEADINGS + b'"' + b"a,b\r\n" * ALL)[:ALL], "file_malformed", {"line": 2}),
    "a quote at the end": (HEADINGS + b'"a', "file_malformed", {"line": 2}),
    "a cell of 10 MB": ((HEADINGS + b"a" * ALL)[:ALL], "file_too_large", {"what": "row_characters", "line": 2}),
    "a quoted cell of 10 MB": ((HEADINGS + b'"' + b"a" * ALL)[:ALL], "file_too_large", {"what": "row_characters"}),
    "a million columns": (b"," * 1_000_000, "file_too_large", {"what": "columns", "most": 100}),
    "a row of a million cells": (HEADINGS + b"," * 1_000_000, "file_too_large", {"what": "row_characters"}),
    "10 MB of empty lines": ((HEADINGS + b"\n" * ALL)[:ALL], "file_too_large", {"what": "lines"}),
    "a row too many": (HEADINGS + b"a,b\n" * (sheets.MOST_ROWS + 1), "file_too_large", {"what": "rows"}),
    "UTF-16": (HEADINGS.decode().encode("utf-16"), "file_not_utf8", {"encoding": "utf-16"}),
    "UTF-16 without a mark": (HEADINGS.decode().encode("utf-16-be"), "file_not_utf8", {"encoding": "utf-16"}),
    "UTF-32": (HEADINGS.decode().encode("utf-32-le"), "file_not_utf8", {"encoding": "utf-32"}),
    "a workbook": (b"PK\x03\x04" + b"\0" * 100, "file_not_utf8", {"encoding": "xlsx"}),
    "Latin letters": (HEADINGS + b"a,b\n" + b"Th\xfd,m\xe1y\n", "file_not_utf8", {"encoding": None, "line": 3}),
    "no heading we know": (b"a,b\r\nc,d\r\n", "headings_wrong", {"repeated": []}),
    "a heading twice": (
        HEADINGS.strip() + b",Title\r\na\r\n",
        "headings_wrong",
        {"repeated": ["title"], "missing": []},
    ),
}
LD = b'{"@context":"https://schema.org","@type":"JobPosting"'
NODES: dict[str, tuple[bytes, str]] = {
    "half a document": (b"{", "invalid_body"),
    "a number": (b"1", "invalid_body"),
    "no node": (b"[]", "file_empty"),
    "too deep": (b'{"a":' * 70 + b"1" + b"}" * 70, "invalid_body"),
    "five million brackets": (b"[" * (ALL // 2), "file_too_large"),
    "five million closing brackets": (b"[" + b"]" * (ALL // 2), "invalid_body"),
    "five million numbers": (b"[" + b"1," * (ALL // 2 - 5) + b"1]", "file_too_large"),
    "a node too many": (b"[" + b",".join([LD + b"}"] * 1001) + b"]", "file_too_large"),
    "a context for all that is as long as a file": (
        b'{"@context":"' + b"a" * 100_000 + b'","@graph":[' + b",".join([b"{}"] * 100) + b"]}",
        "file_too_large",
    ),
    "a number of 100,000 digits": (LD + b',"a":' + b"9" * 100_000 + b"}", "invalid_body"),
    "a name twice": (LD + b',"a":1,"a":2}', "invalid_body"),
    "UTF-16": ((LD + b"}").decode().encode("utf-16"), "file_not_utf8"),
}


@pytest.mark.parametrize("name", SHEETS)
async def test_a_sheet_that_is_none_is_refused_as_a_whole_and_says_why(
    name: str, client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    body, code, members = SHEETS[name]

    answer = await sent(client, conn, bearer, body, kind="text/csv")

    told = answer.json()
    assert (400 <= answer.status_code < 500, told["code"]) == (True, code), told
    assert members.items() <= told.items()
    assert not await conn.fetchval("select count(*) from job_exchange.imports")


@pytest.mark.parametrize("name", NODES)
async def test_a_document_that_is_none_is_refused_as_a_whole(
    name: str, client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    body, code = NODES[name]

    answer = await sent(client, conn, bearer, body, kind="application/ld+json")

    assert (400 <= answer.status_code < 500, answer.json()["code"]) == (True, code), answer.text
    assert not await conn.fetchval("select count(*) from job_exchange.imports")


async def test_what_is_larger_than_ten_megabytes_or_of_another_kind_is_not_even_read(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    large = await sent(client, conn, bearer, b"a" * (ALL + 1))
    other = await sent(client, conn, bearer, b"{}", kind="application/json")
    charset = await sent(client, conn, bearer, sheet({}), kind="text/csv; charset=windows-1258")

    assert large.status_code == 413
    assert (other.status_code, other.headers["accept"]) == (415, "text/csv, application/ld+json")
    assert (charset.status_code, charset.json()["encoding"]) == (400, "windows-1258")


async def test_other_operations_take_no_more_than_before(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = {**await bearer(OWNER), "Content-Type": "application/json"}

    answer = await client.post("/v1/jobs", content=b"[" + b" " * 300_000 + b"]", headers=headers)

    assert answer.status_code == 413


async def test_a_row_that_means_harm_is_refused_alone(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    rows = [
        {"source_key": "1", "title": "a\0b"}, {"source_key": "2", "title": "a\u202eb"}, {"source_key": "\0"},
        {"source_key": "4", "openings": "١٢"}, {"source_key": "5", "pay_min": "9" * 40},
        {"source_key": "6", "expires_at": "31/12/9999"}, {"source_key": "7", "expires_at": "0001-01-01T00:00:00+23:59"},
        {"source_key": "8", "description": "x" * 10_001}, {"source_key": "9", "place": "Xã " * 250},
        {"source_key": "10", "title": "đ" * 3 + "́" * 9}, {"source_key": "x" * 201}, {"source_key": "12"},
    ]  # fmt: skip
    body = sheet(*rows) + b'"a"b,c\r\n' + b",".join([b"a"] * 200) + b"\r\n"

    _, told = await imported(client, conn, bearer, clock, body)

    assert [row["status"] for row in told] == ["refused"] * 11 + ["made"] + ["refused"] * 2
    codes = [row["errors"][0]["code"] for row in told if row["errors"]]
    assert codes == [
        "bad_text", "bad_text", "bad_text", "wrong_type", "bad_form", "bad_time", "bad_time", "too_long", "too_long",
        "bad_text", "too_long", "bad_quotes", "too_many_cells",
    ]  # fmt: skip


async def test_a_node_of_a_thousand_types_is_refused_alone(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    nodes = [
        {"@context": "https://schema.org", "@type": [f"T{number}" for number in range(1_000)]},
        {"@context": {"@vocab": ["x"]}, "@type": "JobPosting"}, {"@context": [], "@type": "JobPosting"},
        {"@context": {"@vocab": "https://schema.org/", "title": "https://other/"}, "@type": "JobPosting"},
        {"@type": "JobPosting"}, 1, {"@type": "JobPosting", "\ud800": "\ud800"},
        {"@context": "https://schema.org", "@type": "JobPosting", "a": "x" * 40_000},
        {"@context": "https://schema.org", "@type": "JobPosting", "title": "\u202e"},
        {"@context": "https://schema.org", "@type": "JobPosting", "title": {"a": []}, "description": "&#x202e;",
         "jobLocation": [], "baseSalary": {"value": {"value": 1e300, "unitText": ["MONTH"]}}, "skills": 3,
         "identifier": {"value": []}, "occupationalCategory": [1], "workHours": 3, "employmentType": {"a": 1}},
    ]  # fmt: skip

    over, told = await imported(client, conn, bearer, clock, nodes)

    assert over["refused"] == len(nodes)
    assert [row["errors"][0]["pointer"] for row in told[:9]] == [
        "/@type", "/@context", "/@context", "/@context", "/@context", "", "", "", "/title",
    ]  # fmt: skip
    assert {(error["pointer"], error["code"]) for error in told[9]["errors"]} >= {
        ("/title", "wrong_type"), ("/description", "bad_text"), ("/jobLocation", "required"),
        ("/baseSalary/value/value", "too_large"), ("/workHours", "wrong_type"), ("/expires_at", "required"),
    }  # fmt: skip
