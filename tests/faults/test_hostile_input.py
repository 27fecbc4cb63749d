"""Whatever is sent to whichever operation is answered, and never with 500 (SECURITY I1 to I7, I20, Z2)."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.routing import Operation
from longan.limits import Limiter, Strict
from tests.conftest import Real
from tests.faults.walking import QUERIES, Answer, Caller, bodies, parameters_of, path_of, query, struct_of, valid_body

SEGMENTS = (
    *map(str, (0, -1, 2**31, 2**63, 2**64, 10**30)), "x" * 129, "x" * 4_000, "%00", "a%00b", "%ff", "%ed%a0%80", "..", ".", "~", "*",
    "1.004194'", "null", "0" * 36, "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000", "a" * 20 + "%0a",
)  # fmt: skip


@dataclass
class House:
    """The app over a database of its own, and who calls: an owner and a worker with two of everything, a stranger, an
    official. `ids` are of everything there is."""

    real: Real
    call: Caller
    operations: list[Operation]
    owner: dict[str, str]
    worker: dict[str, str]
    stranger: dict[str, str]
    official: dict[str, str]
    leaving: dict[str, str]
    employer: UUID
    jobs: list[UUID]
    ids: dict[str, list[UUID]]

    def headers(self, operation: Operation, who: dict[str, str] | None = None) -> dict[str, str]:
        """Everything an operation demands, of somebody it is for."""
        made = {"If-Match": "*"} if operation.policy.if_match else {}
        if operation.policy.idempotent:
            made["Idempotency-Key"] = str(uuid4())
        for_it = {"verify_employer": self.official, "end_session": self.leaving}
        caller = who or for_it.get(operation.name, self.owner)
        return made | {"Authorization": caller["Authorization"]}


async def rows(pool: asyncpg.Pool, sql: str, *given: object) -> list[Any]:
    return [row[0] for row in await pool.fetch(sql, *given)]


@pytest.fixture
async def house(real: Real) -> AsyncIterator[House]:
    state, wide = real.app.app.state, 1_000_000
    real.app.limiter, state.strict = Limiter(state.valkey, wide), Strict(state.valkey, wide)
    owner, worker, official = await real.account(), await real.account(), await real.account(role="official")
    jobs = await rows(real.pool, "select id from jobs.postings where status = 'open' and expires_at > now() limit 2")
    employer = await real.pool.fetchval(
        """insert into employers.members (employer_id, account_id, role)
           select distinct employer_id, $1::uuid, 'owner' from jobs.postings where id = any($2) returning employer_id""",
        owner, jobs,
    )  # fmt: skip
    await real.pool.execute(
        """insert into applications.applications (job_id, employer_id, worker_id, created_at, updated_at)
           select p.id, p.employer_id, a, now(), now() from jobs.postings p, unnest($2::uuid[]) a where p.id = any($1)""",
        jobs, [worker, await real.account()],
    )  # fmt: skip
    await real.pool.execute(
        """insert into notifications.inbox (account_id, topic, created_at, dedupe_key)
           select a, 'x', now(), gen_random_uuid()::text from unnest($1::uuid[]) a, generate_series(1, 3)""",
        [owner, worker],
    )
    ids = {
        "job_id": [*jobs, *await rows(real.pool, "select id from jobs.postings where status <> 'open' limit 2")],
        "employer_id": [employer, *await rows(real.pool, "select id from employers.employers limit 2")],
        "application_id": await rows(real.pool, "select id from applications.applications"),
        "notification_id": await rows(real.pool, "select id from notifications.inbox"),
        "housing_id": await rows(real.pool, "select id from housing.listings limit 2"),
        "account_id": [owner, worker, official],
    }
    made = House(
        real, Caller(real.app), real.app.routes.operations, await real.bearer(owner), await real.bearer(worker),
        await real.bearer(), await real.bearer(official, audience="official", acr=3), await real.bearer(), employer, jobs, ids,
    )  # fmt: skip
    yield made
    # Whoever signs out on the way would be refused everything that comes after.
    assert (await made.call("GET", "/v1/me", headers=made.owner)).status == 200


def answered(answer: Answer, what: str) -> None:
    """Not with 500, and when it is a refusal, as one."""
    assert answer.status < 500, (what, answer.status, answer.body)
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json", what
        assert answer.json["status"] == answer.status, what


async def test_every_field_of_every_body_may_hold_anything(house: House) -> None:
    seen = 0
    for operation in house.operations:
        struct, body = struct_of(operation), valid_body(operation, house.employer)
        if struct is None or body is None:
            continue
        values = {name: found[0] for name, found in house.ids.items()}
        for what, sent in bodies(struct, body):
            answer = await house.call(
                operation.method, path_of(operation, values), headers=house.headers(operation), body=sent
            )
            answered(answer, f"{operation.name}: {what}")
            seen += 1
    assert seen > 1_000


DEEP = (
    b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 40_000, b'{"a":' * 65 + b"1" + b"}" * 65,
    b'{"unknown":' + b"[" * 64 + b"]" * 64 + b"}", b"[" * 65 + b"]" * 65, b'{"\xed\xa0\x80":1}', b'{"\\ud800":1}', b'"\\ud800"', b"\xff",
    b"\x00", b'{"a":1,"a":2}', b"[]", b"1", b"null", b'""', b"", b"{}", b" ", b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16"),
)  # fmt: skip


async def test_every_operation_that_writes_takes_any_bytes_for_a_body(house: House) -> None:
    for operation in house.operations:
        if operation.method not in ("POST", "PUT", "PATCH"):
            continue
        for sent in DEEP:
            path = path_of(operation, {"job_id": house.jobs[0], "installation_id": "installation"})
            answer = await house.call(operation.method, path, headers=house.headers(operation), body=sent)
            answered(answer, f"{operation.name}: {sent[:40]!r}")
            if sent in DEEP[:6]:
                assert answer.status == 400, (operation.name, sent[:40])


async def test_every_parameter_of_every_operation_may_hold_anything(house: House) -> None:
    for operation in house.operations:
        path = path_of(operation, {name: found[0] for name, found in house.ids.items()} | {"code": "1.004194"})
        headers = house.headers(operation)
        for name in sorted(operation.parameters):
            for value in QUERIES:
                answered(await house.call(operation.method, path, query(**{name: value}), headers), f"{path}?{name}={value:.60}")
            for raw in (b"=%00", b"=%ff", b"=%ed%a0%80", b"=%ed%a0%80%ed%b0%80", b"", b"=", b"=1&" + name.encode() + b"=2"):
                answered(await house.call(operation.method, path, name.encode() + raw, headers), f"{path}?{name}{raw!r}")
        for raw in (b"&", b"=", b"%", b"?", b"a=" + b"b" * 8_000, b"&".join(b"a%d=1" % n for n in range(200))):
            answered(await house.call(operation.method, path, raw, headers), f"{path}?{raw[:40]!r}")


async def test_every_segment_of_every_path_may_hold_anything(house: House) -> None:
    for operation in house.operations:
        for name in parameters_of(operation):
            for segment in SEGMENTS:
                body = b"{}" if struct_of(operation) else None
                answer = await house.call(
                    operation.method, path_of(operation, {name: segment}), headers=house.headers(operation), body=body
                )
                answered(answer, f"{operation.name}: {segment:.40}")


async def test_every_number_in_a_header_may_be_anything(house: House) -> None:
    for operation in house.operations:
        path = path_of(operation, {"job_id": house.jobs[0]})
        for value in ('"v99999999999999999999"', '"v-1"', '"v1"', "v1", 'W/"v1"', '"', "", "*, *", '"v2147483648"', '"v١"', "x" * 5_000):
            headers = house.headers(operation) | {"If-Match": value, "If-None-Match": value, "Idempotency-Key": value}
            body = b"{}" if struct_of(operation) else None
            answered(await house.call(operation.method, path, headers=headers, body=body), f"{operation.name}: {value:.40}")


# What may be done with the id of a thing that is not one's own; for every other operation it is as if it were not there.
FOR_EVERYBODY = {"get_job", "get_employer", "get_housing", "apply_to_job"}


async def test_what_is_not_yours_is_not_there(house: House) -> None:
    for operation in house.operations:
        names = [name for name in parameters_of(operation) if name in house.ids]
        if not names or operation.name in FOR_EVERYBODY or operation.policy.auth == "official":
            continue
        body = None if struct_of(operation) is None else b'{"to":"viewed"}' if "transition" in operation.name else b"{}"
        for found in [*house.ids.values(), [uuid4()]]:
            for each in found:
                path = path_of(operation, dict.fromkeys(names, each))
                answer = await house.call(
                    operation.method, path, headers=house.headers(operation, house.stranger), body=body
                )
                assert answer.status == 404, (operation.name, each, answer.status, answer.body)


async def test_every_id_may_stand_where_another_is_meant(house: House) -> None:
    every = [each for found in house.ids.values() for each in found]
    for operation in house.operations:
        example = valid_body(operation, house.employer)
        for each in every:
            for name in parameters_of(operation):
                body = None if example is None else b"{}"
                answer = await house.call(
                    operation.method, path_of(operation, {name: each}), headers=house.headers(operation), body=body
                )
                answered(answer, f"{operation.name}: {name} = {each}")
            for name in operation.parameters & {"employer_id", "q", "cursor"}:
                path = path_of(operation, {"job_id": house.jobs[0]})
                answered(await house.call("GET", path, query(**{name: each}), house.headers(operation)), f"{path}?{name}={each}")


async def test_nothing_is_made_for_an_employer_of_somebody_else(house: House) -> None:
    (create,) = [operation for operation in house.operations if operation.name == "create_job"]
    example = valid_body(create, house.employer) or {}
    for each in (house.employer, house.jobs[0], uuid4(), house.ids["account_id"][0]):
        sent = msgspec.json.encode(example | {"employer_id": str(each)})

        answer = await house.call("POST", create.path, headers=house.headers(create, house.stranger), body=sent)

        assert answer.status in (403, 404, 422), (each, answer.body)


async def cursors_of(house: House) -> dict[str, tuple[str, dict[str, str], str]]:
    """A real cursor of every list: the operation, who it was for and what it was."""
    made = {}
    for operation in house.operations:
        if "cursor" not in operation.parameters:
            continue
        who = house.worker if operation.name == "list_my_applications" else house.owner
        path = path_of(operation, {"job_id": house.jobs[0]})
        page = await house.call("GET", path, query(limit=1), {"Authorization": who["Authorization"]})
        assert page.json["next_cursor"], operation.name
        made[operation.name] = (path, {"Authorization": who["Authorization"]}, page.json["next_cursor"])
    return made


def is_bad_cursor(answer: Answer) -> bool:
    return answer.status == 400 and [error["pointer"] for error in answer.json["errors"]] == ["?cursor"]


async def test_a_cursor_is_good_for_its_own_list_and_caller_only(house: House) -> None:
    cursors = await cursors_of(house)
    assert len(cursors) >= 7
    for name, (path, headers, cursor) in cursors.items():
        assert (await house.call("GET", path, query(limit=1, cursor=cursor), headers)).status == 200
        for other, (_, _, foreign) in cursors.items():
            if other != name:
                assert is_bad_cursor(await house.call("GET", path, query(cursor=foreign), headers)), (name, other)
        for forged in (cursor[:-1], cursor[1:], cursor * 2, cursor[:20], "A" * 512, "=" * 10, "é", "\x00", "", " ", "-", "_" * 7):
            assert is_bad_cursor(await house.call("GET", path, query(cursor=forged), headers)), (name, forged)
        assert is_bad_cursor(await house.call("GET", path, query(cursor="A" * 5_000), headers))
    path, headers, cursor = cursors["list_jobs"]
    assert is_bad_cursor(await house.call("GET", path, query(cursor=cursor, q="may"), headers))
    for name in ("list_my_applications", "list_notifications"):
        path, _, cursor = cursors[name]
        for somebody_else in (house.stranger, house.worker if name == "list_notifications" else house.owner):
            headers = {"Authorization": somebody_else["Authorization"]}
            assert is_bad_cursor(await house.call("GET", path, query(cursor=cursor), headers)), name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_a_cursor_with_one_bit_changed_is_refused(house: House, data: st.DataObject) -> None:
    cursors = await cursors_of(house)
    path, headers, cursor = cursors[data.draw(st.sampled_from(sorted(cursors)))]
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8

    forged = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    assert is_bad_cursor(await house.call("GET", path, query(cursor=forged), headers))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_query_of_any_list_is_answered(house: House, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([each for each in house.operations if each.parameters]))
    given = data.draw(
        st.dictionaries(st.sampled_from(sorted(operation.parameters)), st.text(max_size=30) | st.integers() | st.floats() | st.uuids())
    )
    path = path_of(operation, {name: found[0] for name, found in house.ids.items()})

    answered(await house.call("GET", path, query(**given), house.headers(operation)), f"{path} {given}")
