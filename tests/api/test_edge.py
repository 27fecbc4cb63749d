"""What holds for every request, routed or not."""

import asyncio
import re
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.requests.limits import CLASSES
from longan.floor.setup.settings import Settings
from tests.api.test_input import problem
from tests.conftest import Bearer, Real, client_of


async def test_a_request_keeps_its_own_id_when_that_is_one(client: httpx.AsyncClient) -> None:
    own = await client.get("/v1/jobs?limit=1", headers={"X-Request-Id": "abcdef-123456"})
    bad = await client.get("/nowhere", headers={"X-Request-Id": "a b\x01"})
    long = await client.get("/nowhere", headers={"X-Request-Id": "a" * 65})

    assert own.headers["x-request-id"] == "abcdef-123456"
    for answer in (bad, long):
        assert re.fullmatch(r"[0-9a-f]{8,64}", answer.headers["x-request-id"])
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_every_request_has_an_id_of_its_own(client: httpx.AsyncClient) -> None:
    answers = [await client.get(path) for path in ("/healthz", "/nowhere", "/v1/jobs?limit=1", "/v1/jobs?limit=1")]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 4


@pytest.mark.parametrize(
    ("sent", "language"),
    [(None, "vi"), ("vi", "vi"), ("en", "en"), ("en-GB,en;q=0.9,vi;q=0.8", "en"), ("vi;q=0.9,en;q=0.1", "vi"),
     ("fr", "vi"), ("en;q=x", "vi"), ("*", "vi")],
)  # fmt: skip
async def test_a_problem_speaks_the_callers_language(
    client: httpx.AsyncClient, sent: str | None, language: str
) -> None:
    refused = await client.get("/nowhere", headers={} if sent is None else {"Accept-Language": sent})

    assert refused.headers["content-language"] == language
    assert refused.json()["title"] == {"vi": "Không tìm thấy", "en": "There is nothing here"}[language]


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*, text/plain"])
async def test_what_we_cannot_say_in_json_is_406(client: httpx.AsyncClient, accept: str) -> None:
    problem(await client.get("/v1/jobs", headers={"Accept": accept}), 406, "not_acceptable")


@pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html, application/json;q=0.1", "application/json"])
async def test_json_is_given_to_who_takes_it(client: httpx.AsyncClient, accept: str) -> None:
    assert (await client.get("/v1/jobs?limit=1", headers={"Accept": accept})).status_code == 200


async def test_a_missing_or_foreign_token_is_401_with_a_challenge(client: httpx.AsyncClient) -> None:
    missing = await client.get("/v1/me")
    garbled = await client.get("/v1/me", headers={"Authorization": "Bearer a.b.c"})
    basic = await client.get("/v1/me", headers={"Authorization": "Basic YTpi"})

    for answer in (missing, garbled, basic):
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert 'error="invalid_token"' in garbled.headers["www-authenticate"]


async def test_a_stale_token_shuts_nobody_out_of_what_is_public(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/jobs?limit=1", headers={"Authorization": "Bearer a.b.c"})

    assert answer.status_code == 200


async def test_a_token_of_the_other_audience_is_401(client: httpx.AsyncClient, bearer: Bearer) -> None:
    official = await bearer(audience="official", acr=3)

    problem(await client.get("/v1/me/applications", headers=official), 401, "unauthenticated")


async def test_an_answer_the_client_holds_is_304_and_costs_no_rate_limit(client: httpx.AsyncClient) -> None:
    first = await client.get("/v1/jobs?limit=2")
    again = await client.get("/v1/jobs?limit=2", headers={"If-None-Match": first.headers["etag"]})
    weak = await client.get("/v1/jobs?limit=2", headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    other = await client.get("/v1/jobs?limit=2", headers={"If-None-Match": '"x"'})

    assert [answer.status_code for answer in (again, weak, other)] == [304, 304, 200]
    assert again.content == b""
    assert "content-length" not in again.headers
    left = [int(re.search(r"r=(\d+)", answer.headers["ratelimit"])[1]) for answer in (first, other)]  # type: ignore[index]
    assert left[0] - left[1] == 1


async def test_a_public_answer_says_how_long_it_may_be_kept_and_a_private_one_that_it_may_not(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    public = await client.get("/v1/jobs?limit=1")
    private = await client.get("/v1/me", headers=await bearer())

    assert public.headers["cache-control"].startswith("public, max-age=")
    assert public.headers["vary"] == "Accept-Language"
    assert private.headers["cache-control"] == "private, no-cache"


async def test_patch_demands_if_match_and_refuses_a_stale_one(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    tag = (await client.get("/v1/me", headers=me)).headers["etag"]

    none = await client.patch("/v1/me", json={"full_name": "An"}, headers=me)
    first = await client.patch("/v1/me", json={"full_name": "An"}, headers=me | {"If-Match": tag})
    stale = await client.patch("/v1/me", json={"full_name": "Bình"}, headers=me | {"If-Match": tag})
    weak = await client.patch(
        "/v1/me", json={"full_name": "C"}, headers=me | {"If-Match": "W/" + first.headers["etag"]}
    )
    garbage = await client.patch("/v1/me", json={"full_name": "C"}, headers=me | {"If-Match": "v1"})
    listed = await client.patch(
        "/v1/me", json={"full_name": "D"}, headers=me | {"If-Match": f'"x", {first.headers["etag"]}'}
    )
    star = await client.patch("/v1/me", json={"full_name": "E"}, headers=me | {"If-Match": "*"})

    problem(none, 428, "if_match_required")
    problem(stale, 412, "stale")
    problem(weak, 412, "stale")
    problem(garbage, 400, "invalid_request")
    assert [answer.status_code for answer in (first, listed, star)] == [200, 200, 200]
    assert star.json()["full_name"] == "E"


async def test_the_rate_limit_is_told_in_structured_fields_and_ends_in_429(client: httpx.AsyncClient) -> None:
    quota = CLASSES["lookup"][1].quota

    answers = [await client.get("/nowhere") for _ in range(quota + 1)]

    assert answers[0].headers["ratelimit-policy"] == f'"lookup";q={quota};w=60'
    left = [int(re.fullmatch(r'"lookup";r=(\d+);t=\d+', answer.headers["ratelimit"])[1]) for answer in answers]  # type: ignore[index]
    assert left == sorted(left, reverse=True)
    problem(answers[-1], 429, "rate_limited")
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert {answer.status_code for answer in answers[:-1]} == {404}


async def test_a_limit_is_one_for_all_processes(
    services: object, settings: object, app: Edge, conn: asyncpg.Connection
) -> None:
    from longan.api.app import create_app  # a second process, as far as Valkey can tell

    second = create_app(settings, pool=app.app.state.pool, valkey=app.app.state.valkey)  # type: ignore[arg-type]
    quota = CLASSES["lookup"][1].quota
    async with client_of(app) as one, client_of(second) as two:
        two._transport.client = one._transport.client  # type: ignore[attr-defined]  # the same caller

        async def call(client: httpx.AsyncClient) -> int:
            return (await client.get("/nowhere")).status_code

        codes = await asyncio.gather(*(call(client) for _ in range(quota) for client in (one, two)))

    slices = 2 * (quota // 6)
    assert quota <= codes.count(404) <= quota + slices
    assert codes.count(429) == len(codes) - codes.count(404)


async def test_who_signed_in_is_not_limited_by_the_address(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    for _ in range(CLASSES["lookup"][1].quota + 1):
        last = await client.get("/nowhere")

    mine = await client.get("/v1/me", headers=me)

    assert (last.status_code, mine.status_code) == (429, 200)


async def test_a_proxys_word_is_taken_from_a_known_proxy_only(client: httpx.AsyncClient) -> None:
    first = await client.get("/nowhere", headers={"X-Forwarded-For": "1.2.3.4"})
    second = await client.get("/nowhere", headers={"X-Forwarded-For": "5.6.7.8"})

    left = [int(re.search(r"r=(\d+)", answer.headers["ratelimit"])[1]) for answer in (first, second)]  # type: ignore[index]
    assert left[0] - left[1] == 1


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
    ],
)
async def test_all_addresses_of_a_home_share_its_limit(app: Edge, one: str, other: str, shared: bool) -> None:
    left = []
    for address in (one, other):
        transport = httpx.ASGITransport(app=app, client=(address, 4711))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.get("/nowhere")
            left.append(int(re.search(r"r=(\d+)", answer.headers["ratelimit"])[1]))  # type: ignore[index]

    assert (left[0] - left[1] == 1) is shared


@pytest.mark.parametrize(
    ("peer", "chain", "counted"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8::2", "203.0.113.9", "2001:db8::/64"),
        ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
    ],
)
def test_a_known_proxy_says_who_is_behind_it(
    settings: Settings, app: Edge, peer: str, chain: str, counted: str
) -> None:
    behind = msgspec.structs.replace(settings, trusted_proxies="10.0.0.1, 2001:db8::1")
    edge = Edge(
        app.app, behind, log=app._log, cache=app.app.state.cache, limiter=app.limiter, authenticator=app.authenticator
    )

    assert edge._client({"client": (peer, 4711)}, {b"x-forwarded-for": chain.encode()}) == counted


async def test_a_creation_without_an_idempotency_key_is_refused(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    employer = {"tax_code": "0100112437", "name": "Xưởng may Hoa Sen", "ward_code": "27694"}

    missing = await client.post("/v1/employers", json=employer, headers={"Authorization": me["Authorization"]})
    spaced = await client.post("/v1/employers", json=employer, headers=me | {"Idempotency-Key": "a b"})
    long = await client.post("/v1/employers", json=employer, headers=me | {"Idempotency-Key": "a" * 256})

    problem(missing, 400, "idempotency_key_missing")
    problem(spaced, 400, "invalid_request")
    problem(long, 400, "invalid_request")


async def test_a_write_sent_again_is_done_once_and_answered_with_the_same_bytes(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    employer = {"tax_code": "0100112437", "name": "Xưởng may Hoa Sen", "ward_code": "27694"}

    first = await client.post("/v1/employers", json=employer, headers=me)
    again = await client.post("/v1/employers", json=employer, headers=me)
    quoted = await client.post(
        "/v1/employers", json=employer, headers=me | {"Idempotency-Key": f'"{me["Idempotency-Key"]}"'}
    )
    other = await client.post("/v1/employers", json=employer | {"name": "Khác"}, headers=me)

    assert [answer.status_code for answer in (first, again, quoted)] == [201, 201, 201]
    assert first.content == again.content == quoted.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    problem(other, 422, "idempotency_key_reused")
    assert await conn.fetchval("select count(*) from employers.employers where tax_code = '0100112437'") == 1


async def test_the_key_of_one_caller_is_not_the_key_of_another(client: httpx.AsyncClient, bearer: Bearer) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    one, two = await bearer() | key, await bearer() | key
    employer = {"tax_code": "0100112437", "name": "Xưởng may Hoa Sen", "ward_code": "27694"}

    first = await client.post("/v1/employers", json=employer, headers=one)
    second = await client.post("/v1/employers", json=employer, headers=two)

    assert first.status_code == 201
    problem(second, 409, "employer_exists")


async def test_twenty_parallel_retries_are_one_application_and_twenty_equal_answers(real: Real) -> None:
    me = await real.bearer()
    job = (await real.client.get("/v1/jobs?limit=1")).json()["items"][0]["id"]

    answers = await asyncio.gather(
        *(real.client.post(f"/v1/jobs/{job}/applications", json={"note": "Em đi làm ngay được"}, headers=me)
          for _ in range(20))
    )  # fmt: skip

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
    assert await real.pool.fetchval("select count(*) from applications.applications where job_id = $1", job) == 1


async def test_requests_waiting_for_one_key_leave_the_pool_to_others(real: Real) -> None:
    me = await real.bearer()
    job = (await real.client.get("/v1/jobs?limit=1")).json()["items"][0]["id"]
    async with real.pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("lock table applications.applications in access exclusive mode")
        waiting = [
            asyncio.ensure_future(real.client.post(f"/v1/jobs/{job}/applications", json={}, headers=me))
            for _ in range(40)
        ]
        await asyncio.sleep(0.2)
        other = await real.client.get("/v1/jobs?limit=3")
    answers = await asyncio.gather(*waiting)

    assert other.status_code == 200
    assert {answer.status_code for answer in answers} == {201}


async def test_nothing_of_one_request_is_left_on_a_connection_for_the_next(real: Real) -> None:
    # An extension adds its settings when its first function is called.
    async with real.pool.acquire() as connection:
        await connection.fetchval("select similarity('a', 'b')")
        before = await connection.fetch("select name, setting from pg_settings order by name")
    me = await real.bearer()
    for path in ("/v1/jobs?q=may", "/v1/me", "/v1/housing", "/v1/me/notifications", "/v1/procedures?q=tam+tru"):
        await real.client.get(path, headers=me)
    await real.client.post("/v1/employers", json={"tax_code": "1"}, headers=me)

    async with real.pool.acquire() as connection:
        await connection.fetchval("select similarity('a', 'b')")
        after = await connection.fetch("select name, setting from pg_settings order by name")
        listening = await connection.fetch("select * from pg_listening_channels()")
        locks = await connection.fetchval("select count(*) from pg_locks where locktype = 'advisory'")
        inside = await connection.fetchval("select pg_current_xact_id_if_assigned()")

    assert before == after
    assert (listening, locks, inside) == ([], 0, None)


async def test_a_log_line_says_what_happened_and_nothing_of_whom(
    client: httpx.AsyncClient, app: Edge, bearer: Bearer, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    me = await bearer()
    app._log.flush()
    capsysbinary.readouterr()
    await client.get("/v1/me", headers=me | {"X-Request-Id": "line-0001"})
    await client.get("/v1/jobs?q=bi-mat-0912345678", headers={"X-Request-Id": "line-0002"})
    await client.post("/v1/auth/otp", json={"phone": "0912345678"}, headers={"X-Request-Id": "line-0003"})

    app._log.flush()
    lines = [line for line in capsysbinary.readouterr().out.splitlines() if b'"line-000' in line]

    read = [msgspec.json.decode(line) for line in lines]
    assert [line["route"] for line in read] == ["get_me", "list_jobs", "request_otp"]
    assert set(read[0]) == {"at", "request_id", "method", "route", "status", "ms", "queries", "bytes", "code", "cached"}
    assert read[0]["queries"] == 2
    for line in lines:
        assert b"0912345678" not in line
        assert me["Authorization"].split()[1].encode() not in line


async def test_metrics_count_by_route_never_by_address(client: httpx.AsyncClient, app: Edge) -> None:
    for _ in range(3):
        await client.get(f"/v1/jobs/{uuid4()}")
    app._log.flush()

    names = {sample.labels.get("route") for metric in app._log._figures.collect() for sample in metric.samples}

    assert "get_job" in names
    assert names <= {operation.name for operation in app.routes.operations} | {"unrouted"}
