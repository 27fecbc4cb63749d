"""Officials list the offices of their agency; a kiosk's key is shown once and everything is written down."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from jwt.algorithms import ECAlgorithm

from tests.conftest import Bearer, Real, TestClock
from tests.jobs.hiring import ADMINISTRATOR, BEN_LUC, LONG_AN, UNKNOWN
from tests.ratings.saying import OFFICE, SERVICES_OFFICIAL, again, keyed, kiosk, office, official


async def test_everybody_finds_offices_by_their_place(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = await official(bearer)
    here = await office(client, headers)
    there = await office(client, again(headers), agency_code="H53.11", ward_code=BEN_LUC, name="Sở Tài chính")

    async def found(**asked: str) -> list[str]:
        answer = await client.get("/v1/offices", params=asked)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    assert await found() == [here["id"], there["id"]]
    assert await found(ward_code=LONG_AN) == [here["id"]]
    assert await found(place="Bến Lức") == [there["id"]]
    assert await found(agency_code="H53.11") == [there["id"]]
    assert await found(agency_code="H53.99") == []
    assert "version" not in (await client.get("/v1/offices")).json()["items"][0]


async def test_a_second_office_of_an_agency_is_a_unit_of_it(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = await official(bearer)
    await office(client, headers)

    again_ = await client.post("/v1/offices", json=OFFICE, headers=again(headers))
    unit = await client.post("/v1/offices", json=OFFICE | {"unit": "Quầy lưu động"}, headers=again(headers))

    assert (again_.status_code, again_.json()["code"]) == (409, "office_exists")
    assert unit.status_code == 201


@pytest.mark.parametrize(
    "changes, status, code",
    [
        ({"ward_code": "00000"}, 422, "ward_unknown"), ({"agency_code": "X1"}, 400, "invalid_request"),
        ({"agency_code": "H53.16\n"}, 400, "invalid_request"), ({"name": " "}, 400, "invalid_request"),
        ({"valid_from": "2999-01-01"}, 400, "invalid_request"), ({"unit": ""}, 400, "invalid_request"),
    ],
    ids=str,
)  # fmt: skip
async def test_an_office_that_cannot_be_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = await client.post("/v1/offices", json=OFFICE | changes, headers=await official(bearer))

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_administrators_and_citizens_list_nothing(client: httpx.AsyncClient, bearer: Bearer) -> None:
    administrator = await bearer(ADMINISTRATOR, audience="official", acr=3)

    assert (await client.post("/v1/offices", json=OFFICE, headers=administrator)).status_code == 403
    assert (await client.post("/v1/offices", json=OFFICE, headers=await bearer())).status_code == 401


async def test_an_office_is_changed_and_ended_by_whoever_holds_its_version(
    client: httpx.AsyncClient, bearer: Bearer, clock: TestClock
) -> None:
    headers = await official(bearer)
    path = f"/v1/managed-offices/{(await office(client, headers))['id']}"
    held = (await client.get(path, headers=headers)).headers["ETag"]
    today = (clock() + timedelta(hours=7)).date()

    async def change(**changes: object) -> httpx.Response:
        return await client.patch(path, json=changes, headers=headers | {"If-Match": held})

    moved = await change(name="Trung tâm", ward_code=BEN_LUC)
    assert (moved.status_code, moved.json()["ward_code"], moved.json()["version"]) == (200, BEN_LUC, 2)
    assert (await change(name="Khác")).status_code == 412
    held = moved.headers["ETag"]
    assert (await change(valid_to=str(today + timedelta(days=1)))).status_code == 400
    assert (await change(valid_to="2020-01-01")).status_code == 400
    assert (await change(valid_to=str(today - timedelta(days=1)))).status_code == 200
    held = "*"
    assert (await change(name="Khác")).json()["code"] == "office_ended"
    assert (await client.get("/v1/offices")).json()["items"] == []
    kiosk_ = await client.post(f"{path}/kiosks", json={"counter": "1"}, headers=again(headers))
    assert kiosk_.json()["code"] == "office_ended"
    assert (await office(client, again(headers)))["valid_to"] is None, "its agency has another one now"


async def test_a_key_is_shown_once_and_is_nowhere_in_the_database(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    headers = await official(bearer)
    made = await kiosk(client, headers, (await office(client, headers))["id"])

    assert made.private["kty"] == "EC" and ECAlgorithm.from_jwk(made.private)
    listed = await client.get(f"/v1/managed-offices/{made.office}/kiosks", headers=headers)
    assert [each["key_id"] for each in listed.json()["items"]] == [made.key_id]
    tables = await conn.fetch(
        """select format('%I.%I', table_schema, table_name) as name from information_schema.tables
            where table_type = 'BASE TABLE' and table_schema in ('offices', 'ratings', 'floor', 'public')"""
    )
    for table in tables:
        assert not await conn.fetchval(
            f"select exists (select from {table['name']} t where strpos(t::text, $1) > 0)", made.private["d"]
        ), table["name"]


async def test_a_key_takes_the_official_s_passkey_shown_just_now(
    client: httpx.AsyncClient, bearer: Bearer, clock: TestClock
) -> None:
    headers = await official(bearer)
    made = await kiosk(client, headers, (await office(client, headers))["id"])
    weak = await bearer(SERVICES_OFFICIAL, audience="official", acr=2)

    answer = await client.post(f"/v1/kiosks/{made.id}/keys", headers=weak)

    assert (answer.status_code, answer.json()["code"]) == (401, "insufficient_user_authentication")


async def test_what_officials_do_is_written_down_with_who_and_when(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = await official(bearer)
    made = await kiosk(client, headers, (await office(client, headers))["id"])
    anew = await keyed(client, headers, made.id, made.office)
    await client.delete(f"/v1/kiosks/{made.id}", headers=headers)

    steps = (await client.get(f"/v1/managed-offices/{made.office}/history", headers=headers)).json()["items"]

    assert [(each["action"], each["key_id"]) for each in steps] == [
        ("kiosk_revoked", None), ("key_issued", anew.key_id), ("key_issued", made.key_id), ("kiosk_created", None),
        ("office_created", None),
    ]  # fmt: skip
    assert {each["account_id"] for each in steps} == {str(SERVICES_OFFICIAL)}


async def test_a_counter_has_one_kiosk_and_another_one_when_that_is_revoked(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    headers = await official(bearer)
    made = await kiosk(client, headers, (await office(client, headers))["id"])
    path = f"/v1/managed-offices/{made.office}/kiosks"

    second = await client.post(path, json={"counter": "Quầy 3"}, headers=again(headers))
    assert (second.status_code, second.json()["code"]) == (409, "kiosk_exists")
    await client.delete(f"/v1/kiosks/{made.id}", headers=headers)
    assert (await client.post(path, json={"counter": "Quầy 3"}, headers=again(headers))).status_code == 201


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = await official(bearer)

    for method, path in (
        ("GET", f"/v1/managed-offices/{UNKNOWN}"), ("GET", f"/v1/managed-offices/{UNKNOWN}/kiosks"),
        ("GET", f"/v1/managed-offices/{UNKNOWN}/history"), ("POST", f"/v1/kiosks/{UNKNOWN}/keys"),
        ("DELETE", f"/v1/kiosks/{UNKNOWN}"),
    ):  # fmt: skip
        assert (await client.request(method, path, headers=headers)).status_code == 404, path


async def test_two_who_list_the_same_office_or_kiosk_at_once_meet_a_named_conflict(real: Real) -> None:
    first, second = await official(real), await official(real)

    both = await asyncio.gather(
        *(real.client.post("/v1/offices", json=OFFICE, headers=headers) for headers in (first, second))
    )
    made = next(each.json() for each in both if each.status_code == 201)
    path = f"/v1/managed-offices/{made['id']}/kiosks"
    kiosks = await asyncio.gather(
        *(real.client.post(path, json={"counter": "1"}, headers=again(headers)) for headers in (first, second))
    )

    assert sorted(each.status_code for each in both) == sorted(each.status_code for each in kiosks) == [201, 409]


async def test_of_two_keys_that_are_issued_at_once_one_is_in_use(real: Real) -> None:
    headers = await official(real)
    made = await kiosk(real.client, headers, (await office(real.client, headers))["id"])

    answers = await asyncio.gather(*(real.client.post(f"/v1/kiosks/{made.id}/keys", headers=headers) for _ in range(4)))

    assert [each.status_code for each in answers] == [200] * 4
    async with real.pool.acquire() as connection:
        current = await connection.fetch("select id from offices.kiosk_keys where replaced_at is null")
    assert len(current) == 1
    assert UUID(str(current[0]["id"])) in {UUID(each.json()["key_id"]) for each in answers}
