"""What the registry says stands beside the case, for whoever decides and for nobody else."""

import logging
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.access.memberships import add
from tests.conftest import Bearer, TestClock
from tests.employers.conftest import Decide
from tests.jobs.hiring import LABOUR_OFFICIAL, OWNER, UNKNOWN, UNVERIFIED_OWNER, WORKER, employer_of, promised
from tests.registry.conftest import CODE, NAME, Register, Registry, Work

PERSON = "080090012345"
HOME = "Ấp Chim Hoàng Yến 77, Đức Hòa, Tây Ninh"


@pytest.mark.parametrize(
    ("entered", "same"),
    [(NAME, True), ("CÔNG TY TNHH MAY BÔNG SÚNG", True), ("Công ty TNHH  May Bông-Súng.", True),
     ("Công ty TNHH May Sen Hồng", False)],
)  # fmt: skip
async def test_the_official_sees_who_is_registered_under_the_code(
    registry: Registry, work: Work, register: Register, seen: Any, entered: str, same: bool
) -> None:
    await registry.enter(CODE, entered, address="Khu công nghiệp Long Hậu")
    employer = await register()

    assert await work() == 1

    found = await seen(employer)
    assert (found["state"], found["result"], found["tries"]) == ("answered", "active", 0)
    assert found["registered_name"] == " ".join(entered.split())
    assert (found["registered_address"], found["same_name"]) == ("Khu công nghiệp Long Hậu", same)


@pytest.mark.parametrize("mode", ["not_found", "ceased", "paused", "other_name"])
async def test_no_word_of_the_registry_decides(
    registry: Registry, work: Work, register: Register, seen: Any, conn: asyncpg.Connection, mode: str
) -> None:
    await registry.says(mode)
    employer = await register()

    await work()

    found = await seen(employer)
    assert found["result"] == ("active" if mode == "other_name" else mode)
    assert (found["registered_name"] is None) == (mode == "not_found")
    status = await conn.fetchval("select status from employers.employers where id = $1", employer)
    assert status == "unverified"


async def test_members_see_how_far_it_is_and_never_what_was_said(
    registry: Registry, work: Work, register: Register, seen: Any
) -> None:
    """Whoever types somebody else's number must not learn their name and address here."""
    await registry.enter(PERSON, "NGUYỄN VĂN THỬ", address=HOME)
    employer = await register(PERSON)
    waiting = await seen(employer, WORKER)
    await work()

    answered = await seen(employer, WORKER)

    assert (waiting["state"], answered["state"]) == ("waiting", "answered")
    for shown in (waiting, answered):
        assert {shown[name] for name in ("result", "registered_name", "registered_address", "same_name")} == {None}
    assert (await seen(employer))["registered_address"] == HOME


async def test_an_official_who_is_a_member_sees_what_members_see(
    registry: Registry, work: Work, register: Register, conn: asyncpg.Connection, client: httpx.AsyncClient,
    bearer: Bearer, clock: TestClock,
) -> None:  # fmt: skip
    employer = await register()
    await add(conn, employer, LABOUR_OFFICIAL, "recruiter", clock())
    await work()

    headers = await bearer(LABOUR_OFFICIAL, audience="official", acr=3)
    shown = (await client.get(f"/v1/employers/{employer}/registration", headers=headers)).json()

    assert (shown["state"], shown["result"], shown["registered_name"]) == ("answered", None, None)


async def test_for_everybody_else_it_is_not_there(
    register: Register, client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    employer = await register()
    await conn.execute(
        """insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
           select $1, 'official', 'labour', e.ward_version, array['27991'], e.created_at
             from employers.employers e where e.id = $2""",
        LABOUR_OFFICIAL, employer,
    )  # fmt: skip
    path = f"/v1/employers/{employer}/registration"

    stranger = await client.get(path, headers=await bearer(OWNER))
    elsewhere = await client.get(path, headers=await bearer(LABOUR_OFFICIAL, audience="official", acr=3))
    unknown = await client.get(f"/v1/employers/{UNKNOWN}/registration", headers=await bearer(OWNER))
    nobody = await client.get(path)

    assert [each.status_code for each in (stranger, elsewhere, unknown, nobody)] == [404, 404, 404, 401]


async def test_an_employer_that_was_never_asked_about_says_so(conn: asyncpg.Connection, seen: Any) -> None:
    found = await seen(await employer_of(conn, UNVERIFIED_OWNER), UNVERIFIED_OWNER)

    assert (found["state"], found["tries"]) == ("not_asked", 0)


async def test_a_wanted_name_is_compared_with_the_registered_one(
    registry: Registry, work: Work, register: Register, seen: Any, decide: Decide, client: httpx.AsyncClient,
    bearer: Bearer, clock: TestClock,
) -> None:  # fmt: skip
    await registry.enter(CODE, "CÔNG TY TNHH MAY SEN HỒNG")
    employer = await register()
    await work()
    before = await seen(employer)
    await decide(employer, "verification", decision="verified")

    headers = {**await bearer(WORKER), "If-Match": "*"}
    await client.patch(f"/v1/employers/{employer}", json={"name": "Công ty TNHH May Sen Hồng"}, headers=headers)

    assert (before["same_name"], (await seen(employer))["same_name"]) == (False, True)
    assert await registry.asked() == 1  # what it said within the hour it would say again


async def test_the_number_and_the_name_of_a_person_lie_sealed_and_in_no_log_and_no_promise(
    registry: Registry, work: Work, register: Register, app: Edge, conn: asyncpg.Connection,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    await registry.enter(PERSON, "NGUYỄN VĂN CHIM HOÀNG YẾN", address=HOME)
    employer: UUID = await register(PERSON)
    payloads = str(await promised(conn))
    await registry.says("unavailable", times=1)
    await work()
    waiting = str(await conn.fetch("select payload from floor.reminders")) + await whole(conn)

    check = await conn.fetchval("select id from registry.checks where employer_id = $1", employer)
    app._log.flush()
    written = "".join(capfd.readouterr()) + caplog.text + payloads + waiting + await whole(conn)

    assert str(check) in payloads
    for secret in (PERSON.lstrip("0"), "HOÀNG YẾN", "Hoàng Yến 77"):
        assert secret not in written
        assert secret.encode().hex() not in written


async def whole(conn: asyncpg.Connection) -> str:
    rows = await conn.fetch("select c::text from registry.checks c")
    return "".join(row[0] for row in rows)
