"""SECURITY table I: what a naive stack answers with 500, or takes, is refused by name here."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.errors import Problem
from longan.floor.formats.strict_json import parse
from tests import naive
from tests.conftest import Bearer

TITLE = '{"employer_id":"0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11","title":%s,"description":"x","ward_code":"27694",'
TITLE += '"pay":{"min":8000000},"openings":%s,"expires_at":"2099-01-01T00:00:00Z"}'


def job(title: bytes = b'"Cong nhan may"', openings: bytes = b"1") -> bytes:
    return (TITLE.encode() % (title, openings)) if b"%" not in title else TITLE.encode().replace(b"%s", title, 1)


# (row of table I, body for us, body for the naive stack, the code we answer, its pointer, what the naive stack answers)
BODIES: list[tuple[str, bytes, bytes, str, str | None, int]] = [
    ("I1", job(b'"a\\u0000bc"'), b'{"title":"a\\u0000b"}', "invalid_request", "/title", 500),
    ("I2 bad byte", job(b'"ab\xff"'), b'{"title":"\xff"}', "invalid_body", None, 500),
    ("I2 surrogate bytes", job(b'"ab\xed\xa0\x80"'), b'{"title":"\xed\xa0\x80"}', "invalid_body", None, 500),
    ("I2 lone surrogate", job(b'"ab\\ud800"'), b'{"title":"\\ud800"}', "invalid_request", "/title", 400),
    ("I3 2^63", job(openings=b"9223372036854775808"), b'{"title":"a","openings":9223372036854775808}',
     "invalid_request", "/openings", 500),
    ("I3 10^30", job(openings=b"1" + b"0" * 30), b'{"title":"a","openings":1' + b"0" * 30 + b"}", "invalid_request",
     "/openings", 500),
    ("I5", b"[" * 100_000, b'{"title":"a","note":' + b"[" * 100_000, "invalid_body", None, 500),
    ("I5 in an unknown field", job()[:-1] + b',"x":' + b"[" * 70 + b"]" * 70 + b"}",
     b'{"title":"a","note":' + b"[" * 900 + b"]" * 900 + b"}", "invalid_body", None, 201),
    ("I6", job()[:-1] + b',"openings":2}', b'{"title":"a","title":"b"}', "invalid_body", None, 201),
    ("I7 string", job(openings=b'"1"'), b'{"title":"a","openings":"1"}', "invalid_request", "/openings", 201),
    ("I7 float", job(openings=b"1.0"), b'{"title":"a","openings":1.0}', "invalid_request", "/openings", 201),
    ("I7 bool", job(openings=b"true"), b'{"title":"a","openings":true}', "invalid_request", "/openings", 400),
    ("I15 bidi", job('"ab\u202ec"'.encode()), '{"title":"\u202e"}'.encode(), "invalid_request", "/title", 201),
    ("I15 zero width", job('"ab\u200bc"'.encode()), '{"title":"\u200b"}'.encode(), "invalid_request", "/title", 201),
    ("I15 tag", job('"ab\U000e0041c"'.encode()), '{"title":"\U000e0041"}'.encode(), "invalid_request", "/title", 201),
    ("I15 marks", job(f'"abc{chr(0x301) * 500}"'.encode()), f'{{"title":"a{chr(0x301) * 500}"}}'.encode(),
     "invalid_request", "/title", 201),
    ("I16", job().replace(b'"27694"', '"٢٧٦٩٤"'.encode()), '{"title":"٢٧٦٩٤"}'.encode(), "invalid_request",
     "/ward_code", 201),
    ("I16 newline", job().replace(b'"27694"', b'"27694\\n"'), b'{"title":"27694\\n"}', "invalid_request", "/ward_code",
     201),
    ("unknown field", job()[:-1] + b',"status":"open"}', b'{"title":"a","status":"open"}', "invalid_request", "/status",
     201),
    ("missing field", b'{"title":"abc"}', b"{}", "invalid_request", "/description", 400),
    ("no JSON", b"{", b"{", "invalid_body", None, 400),
    ("NaN", job(openings=b"NaN"), b'{"title":"a","openings":NaN}', "invalid_body", None, 400),
]  # fmt: skip


@pytest.fixture
async def naive_client(conn: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=naive.create(conn), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer, after a look at what every problem must have (I21)."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"/problems/{code}"
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


@pytest.mark.parametrize(("row", "body", "code", "pointer"), [(r[0], r[1], r[3], r[4]) for r in BODIES],
                         ids=[r[0] for r in BODIES])  # fmt: skip
async def test_a_bad_body_is_refused_by_name(
    client: httpx.AsyncClient, bearer: Bearer, row: str, body: bytes, code: str, pointer: str | None
) -> None:
    headers = await bearer() | {"Content-Type": "application/json"}

    refused = await client.post("/v1/jobs", content=body, headers=headers)

    errors = problem(refused, 400, code)["errors"]
    assert [error["pointer"] for error in errors] == ([] if pointer is None else [pointer])


@pytest.mark.parametrize(("row", "body", "status"), [(r[0], r[2], r[5]) for r in BODIES], ids=[r[0] for r in BODIES])
async def test_the_naive_stack_answers_it_as_table_i_says(
    naive_client: httpx.AsyncClient, row: str, body: bytes, status: int
) -> None:
    answer = await naive_client.post("/things", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == status


QUERIES = [
    ("I1", "q=a%00b", "?q", "q=a%00b", 500),
    ("I2", "q=%ff", "?", "q=%ff", 200),
    ("I3 limit", "limit=9223372036854775808", "?limit", "limit=9223372036854775808", 500),
    ("I3 offset", "pay_min=" + "9" * 40, "?pay_min", "offset=" + "9" * 40, 500),
    ("I4", "limit=-1", "?limit", "offset=-1", 500),
    ("I19", "limit=1&limit=100", "?limit", "limit=1&limit=100", 200),
    ("I20 too many", "limit=101", "?limit", "limit=101", 200),
    ("I20 no number", "limit=x", "?limit", "limit=x", 400),
    ("I20 forged cursor", "cursor=AAAA", "?cursor", "q=x", 200),
    ("I18 sort", "sort=id;drop", "?sort", "sort=id;drop", 200),
    ("unknown", "colour=red", "?colour", "colour=red", 200),
    ("not a number", "lat=nan&lon=1", "?lat", "q=nan", 200),
    ("infinite", "lat=inf&lon=1", "?lat", "q=inf", 200),
    ("half a point", "lat=10.5", "?lon", "q=x", 200),
    ("no UUID", "employer_id=1", "?employer_id", "q=x", 200),
    ("empty number", "limit=", "?limit", "limit=", 400),
    ("I16", "ward_code=%D9%A2%D9%A7%D9%A6%D9%A9%D9%A4", "?ward_code", "q=x", 200),
    ("a line break", "q=a%0Ab", "?q", "q=a%0Ab", 200),
]


@pytest.mark.parametrize(("row", "query", "pointer"), [r[:3] for r in QUERIES], ids=[r[0] for r in QUERIES])
async def test_a_bad_query_is_refused_by_name(client: httpx.AsyncClient, row: str, query: str, pointer: str) -> None:
    refused = await client.get(f"/v1/jobs?{query}")

    assert pointer in [error["pointer"] for error in problem(refused, 400, "invalid_request")["errors"]]


@pytest.mark.parametrize(("row", "query", "status"), [(r[0], r[3], r[4]) for r in QUERIES], ids=[r[0] for r in QUERIES])
async def test_the_naive_stack_answers_the_query_as_table_i_says(
    naive_client: httpx.AsyncClient, row: str, query: str, status: int
) -> None:
    assert (await naive_client.get(f"/things?{query}")).status_code == status


JOB = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
OTHER_SPELLINGS = [
    "/v1/jobs/", "//v1/jobs", "/v1//jobs", "/V1/jobs", "/v1/job%73", "/v1/jobs/%D9%A1", f"/v1/jobs/{JOB.upper()}",
    f"/v1/jobs/{JOB.replace('-', '')}", f"/v1/jobs/urn:uuid:{JOB}", f"/v1/jobs/{{{JOB}}}", f"/v1/jobs/{JOB}/",
    "/v1/jobs;x=1", "/v1/jobs/1_0",
]  # fmt: skip


@pytest.mark.parametrize("path", OTHER_SPELLINGS)
async def test_a_resource_has_one_spelling(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.send(client.build_request("GET", httpx.URL("http://test", raw_path=path.encode())))

    problem(answer, 404, "not_found")


@pytest.mark.parametrize("path", ["/things/", "//things", "/things/١"])
async def test_the_naive_stack_knows_many_spellings(naive_client: httpx.AsyncClient, path: str) -> None:
    assert (await naive_client.get(f"http://test{path}")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": ""},
    ],
)
async def test_only_json_in_utf8_is_taken(client: httpx.AsyncClient, bearer: Bearer, headers: dict[str, str]) -> None:
    refused = await client.post("/v1/jobs", content=job(), headers=await bearer() | headers)

    problem(refused, 415, "unsupported_media_type")


async def test_the_naive_stack_takes_json_as_text(naive_client: httpx.AsyncClient) -> None:
    answer = await naive_client.post("/things", content=b'{"title":"a"}', headers={"Content-Type": "text/plain"})

    assert answer.status_code == 201


async def test_a_body_over_256_kib_is_refused_whether_announced_or_not(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    headers = await bearer() | {"Content-Type": "application/json"}

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(257):
            yield b" " * 1024

    announced = await client.post("/v1/jobs", content=b" " * (256 * 1024 + 1), headers=headers)
    unannounced = await client.post("/v1/jobs", content=pieces(), headers=headers)

    problem(announced, 413, "payload_too_large")
    problem(unannounced, 413, "payload_too_large")


async def test_a_long_address_and_large_headers_are_refused(client: httpx.AsyncClient) -> None:
    problem(await client.get("/v1/jobs?q=" + "a" * 9000), 414, "uri_too_long")
    problem(await client.get("/v1/jobs", headers={"X-Long": "a" * 17_000}), 431, "headers_too_large")
    many = {f"X-{number}": "1" for number in range(120)}
    problem(await client.get("/v1/jobs", headers=many), 431, "headers_too_large")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW"])
async def test_an_unknown_method_is_named_so(client: httpx.AsyncClient, method: str) -> None:
    problem(await client.request(method, "/v1/jobs"), 501, "method_not_implemented")


async def test_head_answers_like_get_without_a_body(client: httpx.AsyncClient) -> None:
    whole = await client.get("/v1/jobs?limit=1")
    head = await client.head("/v1/jobs?limit=1")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["etag"] == whole.headers["etag"]


async def test_options_and_405_name_all_methods_of_the_path(client: httpx.AsyncClient) -> None:
    options = await client.options("/v1/jobs")
    refused = await client.delete("/v1/jobs")

    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_a_method_override_is_not_heard(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/jobs?limit=1", headers={"X-HTTP-Method-Override": "DELETE"})

    assert answer.status_code == 200


async def test_like_wildcards_are_plain_letters(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/jobs", params={"q": "%" * 200})

    assert answer.status_code == 200
    assert answer.json()["items"] == (await client.get("/v1/jobs", params={"q": "%"})).json()["items"]


async def test_nfd_is_taken_as_nfc(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    tag = (await client.get("/v1/me", headers=me)).headers["etag"]

    answer = await client.patch("/v1/me", headers=me | {"If-Match": tag}, json={"full_name": "Nguye\u0302\u0303n"})

    assert answer.json()["full_name"] == "Nguyễn"


async def test_what_nobody_foresaw_is_one_quiet_500_and_the_next_request_works(
    client: httpx.AsyncClient, app: Any
) -> None:
    pool, app.app.state.pool = app.app.state.pool, None

    broken = await client.get("/v1/employers/0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11")
    app.app.state.pool = pool
    works = await client.get("/v1/jobs?limit=1")

    assert problem(broken, 500, "internal_error")["errors"] == []
    assert "NoneType" not in broken.text
    assert works.status_code == 200


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_value_or_a_refusal(body: bytes) -> None:
    try:
        parse(body)
    except Problem as refusal:
        assert refusal.status == 400


async def test_many_bad_requests_leave_the_process_well(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = await bearer() | {"Content-Type": "application/json"}

    answers = await asyncio.gather(
        *(
            client.post("/v1/jobs", content=body[1], headers=headers | {"Idempotency-Key": str(uuid4())})
            for body in BODIES
        )
    )

    assert {answer.status_code for answer in answers} == {400}
    assert (await client.get("/healthz")).status_code == 200
