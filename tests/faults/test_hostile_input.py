"""Whatever is sent to whichever operation is answered, and never with 500 (SECURITY I1 to I7, I20, Z2)."""

from uuid import UUID, uuid4

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from longan.floor.formats.georeport import KINDS
from tests.faults.house import House
from tests.faults.walking import QUERIES, Answer, bodies, body_of, parameters_of, path_of, query, struct_of, valid_body

SEGMENTS = (
    *map(str, (0, -1, 2**31, 2**63, 2**64, 10**30)), "x" * 129, "x" * 4_000, "%00", "a%00b", "%ff", "%ed%a0%80",
    "..", ".", "~", "*", "1.004194'", "null", "0" * 36, str(UUID(int=0)), str(UUID(int=2**128 - 1)), "a" * 20 + "%0a",
)  # fmt: skip


def answered(answer: Answer, what: str) -> None:
    """Not with 500, and when it is a refusal, as one."""
    assert answer.status < 500, (what, answer.status, answer.body)
    if answer.status >= 400 and answer.headers["content-type"] in KINDS.values():
        # Open311 prescribes the form of its refusals: only its routes answer so (api/problems.py).
        assert answer.body.startswith((b'[{"code":', b'<?xml version="1.0" encoding="UTF-8"?>\n<errors><error>')), what
    elif answer.status >= 400:
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
    b'{"unknown":' + b"[" * 64 + b"]" * 64 + b"}", b"[" * 65 + b"]" * 65,
)  # fmt: skip
BYTES = (
    b'{"\xed\xa0\x80":1}', b'{"\\ud800":1}', b'"\\ud800"', b"\xff", b"\x00", b'{"a":1,"a":2}', b"[]", b"1", b"null",
    b'""', b"", b"{}", b" ", b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16"),
)  # fmt: skip


async def test_every_operation_that_writes_takes_any_bytes_for_a_body(house: House) -> None:
    for operation in house.operations:
        if operation.method not in ("POST", "PUT", "PATCH"):
            continue
        for sent in (*DEEP, *BYTES):
            path = path_of(operation, {"job_id": house.jobs[0], "installation_id": "installation"})
            answer = await house.call(operation.method, path, headers=house.headers(operation), body=sent)
            answered(answer, f"{operation.name}: {sent[:40]!r}")
            # A file of procedures, one on each line, names a line that is none in its report.
            is_lines = operation.name == "import_procedures"
            assert answer.status == 400 or sent not in DEEP or is_lines, (operation.name, sent[:40])


async def test_every_parameter_of_every_operation_may_hold_anything(house: House) -> None:
    for operation in house.operations:
        path = path_of(operation, {name: found[0] for name, found in house.ids.items()} | {"code": "1.004194"})
        headers = house.headers(operation)
        for name in sorted(operation.parameters):
            for value in QUERIES:
                answered(
                    await house.call(operation.method, path, query(**{name: value}), headers),
                    f"{path}?{name}={value:.60}",
                )
            for raw in (
                b"=%00",
                b"=%ff",
                b"=%ed%a0%80",
                b"=%ed%a0%80%ed%b0%80",
                b"",
                b"=",
                b"=1&" + name.encode() + b"=2",
            ):
                answered(
                    await house.call(operation.method, path, name.encode() + raw, headers), f"{path}?{name}{raw!r}"
                )
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
        for value in (
            '"v99999999999999999999"',
            '"v-1"',
            '"v1"',
            "v1",
            'W/"v1"',
            '"',
            "",
            "*, *",
            '"v2147483648"',
            '"v١"',
            "x" * 5_000,
        ):
            headers = house.headers(operation) | {"If-Match": value, "If-None-Match": value, "Idempotency-Key": value}
            body = b"{}" if struct_of(operation) else None
            answered(
                await house.call(operation.method, path, headers=headers, body=body), f"{operation.name}: {value:.40}"
            )


# What may be done with what is not one's own; for every other operation it is as if it were not there.
FOR_EVERYBODY = {
    "get_job", "get_job_json_ld", "get_employer", "get_housing", "list_jobs_near_housing",
    "list_housing_near_job", "apply_to_job", "block_employer", "save_job",
    "report_job", "create_job_share", "list_office_ratings",
    "request_viewing", "report_housing", "get_owner_response",
    "keep_checklist",  # its id is the phone's own: of somebody else's it makes nothing but a checklist of one's own
}  # fmt: skip


async def test_what_is_not_yours_is_not_there(house: House) -> None:
    for operation in house.operations:
        names = [name for name in parameters_of(operation) if name in house.ids]
        if not names or operation.name in FOR_EVERYBODY or operation.policy.auth == "official":
            continue
        body = body_of(operation, house.employer)
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
                answered(
                    await house.call("GET", path, query(**{name: each}), house.headers(operation)),
                    f"{path}?{name}={each}",
                )


async def test_nothing_is_made_for_an_employer_of_somebody_else(house: House) -> None:
    (create,) = [operation for operation in house.operations if operation.name == "create_job"]
    example = valid_body(create, house.employer) or {}
    for each in (house.employer, house.jobs[0], uuid4(), house.ids["account_id"][0]):
        sent = msgspec.json.encode(example | {"employer_id": str(each)})

        answer = await house.call("POST", create.path, headers=house.headers(create, house.stranger), body=sent)

        assert answer.status in (403, 404, 422), (each, answer.body)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
async def test_any_query_of_any_list_is_answered(house: House, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([each for each in house.operations if each.parameters]))
    given = data.draw(
        st.dictionaries(
            st.sampled_from(sorted(operation.parameters)),
            st.text(max_size=30) | st.integers() | st.floats() | st.uuids(),
        )
    )
    path = path_of(operation, {name: found[0] for name, found in house.ids.items()})

    answered(await house.call("GET", path, query(**given), house.headers(operation)), f"{path} {given}")
