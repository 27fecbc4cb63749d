"""Registering an employer, and an official's word on it."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer
from tests.jobs.hiring import (
    ADMINISTRATOR,
    LABOUR_OFFICIAL,
    LONG_AN,
    OWNER,
    UNKNOWN,
    UNVERIFIED_OWNER,
    WORKER,
    drafted,
    employer_of,
    promised,
)

TAX_CODE = "1100727545"
KEYS = {
    "id", "tax_code", "name", "wanted_name", "description", "status", "verified", "verified_at", "ward_code",
    "province_code", "open_jobs", "response_rate", "response_hours", "created_at", "updated_at", "version",
}  # fmt: skip
VERIFIED = {"decision": "verified", "reason": "Giấy đăng ký doanh nghiệp khớp với mã số thuế.", "version": 1}
REJECTED = {"decision": "rejected", "reason": "Giấy đăng ký đã hết hiệu lực.", "version": 2}


def employer(**changes: object) -> dict[str, object]:
    return {"tax_code": TAX_CODE, "name": "Công ty TNHH May Bông Súng", "ward_code": LONG_AN, **changes}


async def registered(client: httpx.AsyncClient, bearer: Bearer, **changes: object) -> dict[str, Any]:
    answer = await client.post("/v1/employers", json=employer(**changes), headers=await bearer(WORKER))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_who_registers_an_employer_owns_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await registered(client, bearer)

    assert set(made) == KEYS
    assert (made["tax_code"], made["status"], made["verified"]) == (TAX_CODE, "unverified", False)
    assert (made["ward_code"], made["province_code"], made["verified_at"]) == (LONG_AN, "80", None)
    assert (await client.get(f"/v1/employers/{made['id']}")).json() == made
    members = await conn.fetch("select account_id, role from members.members where employer_id = $1", UUID(made["id"]))
    assert [tuple(member) for member in members] == [(WORKER, "owner")]


async def test_an_employer_is_registered_once_whatever_the_spelling(client: httpx.AsyncClient, bearer: Bearer) -> None:
    made = await registered(client, bearer, tax_code="0100112437001")

    again = await client.post(
        "/v1/employers", json=employer(tax_code="0100112437-001"), headers=await bearer(UNVERIFIED_OWNER)
    )

    assert made["tax_code"] == "0100112437-001"
    assert (again.status_code, again.json()["code"]) == (409, "employer_exists")


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer", "reason"),
    [
        ({"tax_code": "0100112438"}, 400, "invalid_request", "/tax_code", "check_digit"),
        ({"tax_code": "1000000080"}, 400, "invalid_request", "/tax_code", "check_digit"),
        ({"tax_code": "010011243A"}, 400, "invalid_request", "/tax_code", "bad_form"),
        ({"tax_code": "0100112437-000"}, 400, "invalid_request", "/tax_code", "bad_form"),
        ({"tax_code": "0100112437\n"}, 400, "invalid_request", "/tax_code", "bad_form"),
        ({"tax_code": 1100727545}, 400, "invalid_request", "/tax_code", "wrong_type"),
        ({"name": ""}, 400, "invalid_request", "/name", "too_short"),
        ({"name": "   "}, 400, "invalid_request", "/name", "bad_form"),
        ({"ward_code": "99999"}, 422, "ward_unknown", "/ward_code", "not_found"),
        ({"ward_code": "80"}, 400, "invalid_request", "/ward_code", "bad_form"),
        ({"verified": True}, 400, "invalid_request", "/verified", "unknown"),
    ],
)
async def test_a_bad_registration_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, bearer: Bearer, change: dict[str, object], status: int, code: str, pointer: str,
    reason: str,
) -> None:  # fmt: skip
    answer = await client.post("/v1/employers", json=employer(**change), headers=await bearer(WORKER))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, reason)]


async def test_a_refused_registration_leaves_nothing(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    await client.post("/v1/employers", json=employer(ward_code="99999"), headers=await bearer(WORKER))

    assert not await conn.fetchval("select exists (select from members.members where account_id = $1)", WORKER)


async def test_an_employer_held_by_a_client_is_not_sent_again(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    path = f"/v1/employers/{await employer_of(conn, OWNER)}"
    first = await client.get(path)

    again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (again.status_code, again.content) == (304, b"")


async def test_an_unknown_employer_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/v1/employers/{UNKNOWN}")).status_code == 404


async def test_an_official_verifies_an_employer_who_then_publishes(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer, UNVERIFIED_OWNER)
    path = f"/v1/employers/{draft['employer']['id']}"
    before = (await client.get(path)).headers["ETag"]

    answer = await client.post(
        f"{path}/verification", json=VERIFIED, headers=await bearer(LABOUR_OFFICIAL, audience="official", acr=3)
    )
    opened = await client.post(f"/v1/jobs/{draft['id']}/publish", headers=await bearer(UNVERIFIED_OWNER))

    assert (answer.status_code, answer.json()["status"], answer.json()["verified"]) == (200, "verified", True)
    assert answer.json()["verified_at"] is not None
    assert answer.headers["ETag"] != before
    assert opened.status_code == 200
    record = await conn.fetchrow(
        "select decision, reason, decided_by, agency_code, id from employers.verifications where employer_id = $1",
        UUID(draft["employer"]["id"]),
    )
    assert tuple(record)[:4] == ("verified", VERIFIED["reason"], LABOUR_OFFICIAL, "H53.901")
    employer_id = draft["employer"]["id"]
    assert (await promised(conn))[:3] == [
        ("employer_decided", {"employer_id": employer_id, "decision_id": str(record["id"])}),
        ("jobs_changed", {}),
        ("employer_given_back", {"employer_id": employer_id, "official_id": str(LABOUR_OFFICIAL)}),
    ]


async def test_the_same_decision_again_changes_nothing_and_another_one_replaces_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    path = f"/v1/employers/{await employer_of(conn, UNVERIFIED_OWNER)}/verification"
    headers = await bearer(LABOUR_OFFICIAL, audience="official", acr=3)

    first = await client.post(path, json=VERIFIED, headers=headers)
    again = await client.post(path, json=VERIFIED, headers=headers)
    other = await client.post(path, json=REJECTED, headers=headers)

    assert again.json() == first.json()
    assert (other.json()["status"], other.json()["verified"], other.json()["verified_at"]) == ("rejected", False, None)
    assert (
        await conn.fetchval("select count(*) from employers.verifications where decided_by = $1", LABOUR_OFFICIAL) == 2
    )


async def test_only_an_official_decides(client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer) -> None:
    path = f"/v1/employers/{await employer_of(conn, UNVERIFIED_OWNER)}/verification"

    owner = await client.post(path, json=VERIFIED, headers=await bearer(UNVERIFIED_OWNER))
    worker = await client.post(path, json=VERIFIED, headers=await bearer(WORKER, audience="official", acr=3))
    grants_roles = await client.post(
        path, json=VERIFIED, headers=await bearer(ADMINISTRATOR, audience="official", acr=3)
    )
    nobody = await client.post(path, json=VERIFIED)

    assert (owner.status_code, nobody.status_code) == (401, 401)
    for refused in (worker, grants_roles):
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("function", "here", "status"), [("labour", True, 200), ("labour", False, 403), ("feedback", True, 403)]
)
async def test_an_official_decides_on_what_they_were_appointed_for_where_they_were(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, function: str, here: bool, status: int
) -> None:
    """SECURITY Z6. Where they decide they see the whole number of a household business, and nowhere else."""
    made = await registered(client, bearer, tax_code="080090012345")
    await conn.execute(
        """insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
           select $1, 'official', $2, e.ward_version, array[case when $3 then e.ward_code else '27991' end],
                  e.created_at
             from employers.employers e where e.id = $4""",
        LABOUR_OFFICIAL, function, here, UUID(made["id"]),
    )  # fmt: skip
    headers = await bearer(LABOUR_OFFICIAL, audience="official", acr=3)

    seen = await client.get(f"/v1/employers/{made['id']}", headers=headers)
    answer = await client.post(f"/v1/employers/{made['id']}/verification", json=VERIFIED, headers=headers)

    assert answer.status_code == status
    assert seen.json()["tax_code"] == ("080090012345" if status == 200 else "080*******45")


@pytest.mark.parametrize(("acr", "seconds"), [(0, 0), (2, 0), (3, 301)])
async def test_a_decision_demands_a_passkey_of_the_moment(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, acr: int, seconds: int
) -> None:
    """SECURITY S4."""
    headers = await bearer(LABOUR_OFFICIAL, audience="official", acr=acr)
    await conn.execute("update sessions.sessions set signed_in_at = signed_in_at - make_interval(secs => $1)", seconds)

    refused = await client.post(
        f"/v1/employers/{await employer_of(conn, UNVERIFIED_OWNER)}/verification", json=VERIFIED, headers=headers
    )

    assert (refused.status_code, refused.json()["code"]) == (401, "insufficient_user_authentication")
    assert (refused.json()["acr_values"], refused.json()["max_age"]) == ("3", 300)


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "approve", "reason": "x", "version": 1}, {"decision": "verified", "version": 1},
        {"reason": "x", "version": 1},
    ],
)  # fmt: skip
async def test_a_decision_has_a_word_and_a_reason(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, body: dict[str, object]
) -> None:
    path = f"/v1/employers/{await employer_of(conn, UNVERIFIED_OWNER)}/verification"

    answer = await client.post(path, json=body, headers=await bearer(LABOUR_OFFICIAL, audience="official", acr=3))

    assert answer.status_code == 400


async def test_there_is_no_decision_on_an_unknown_employer(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    answer = await client.post(
        f"/v1/employers/{UNKNOWN}/verification",
        json=VERIFIED,
        headers=await bearer(LABOUR_OFFICIAL, audience="official", acr=3),
    )

    assert answer.status_code == 404
    assert await promised(conn) == []
