"""What reaches many is written by one person and approved by another, who has read it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.access.tokens import Principal
from longan.rooms.campaigns import domain
from longan.rooms.campaigns.models import AnotherPersonDecides, CampaignDecision
from tests.campaigns.conftest import OTHER_WARD, TEXT, WARD, Act, Official, Write
from tests.conftest import Bearer, TestClock

APPROVED: dict[str, Any] = {"decision": "approved"}


async def proposed(write: Write, act: Act, writer: dict[str, str], **change: Any) -> tuple[str, int]:
    made = (await write(writer, **change)).json()["id"]
    answer = await act(writer, made, "propose")
    assert (answer.status_code, answer.json()["state"]) == (200, "proposed"), answer.text
    return made, answer.json()["version"]


async def test_what_one_writes_and_another_approves_begins_at_its_time(
    official: Official, write: Write, act: Act, conn: asyncpg.Connection
) -> None:
    made, version = await proposed(write, act, await official())

    answer = await act(await official(), made, "decision", **APPROVED, version=version)

    assert (answer.status_code, answer.json()["state"]) == (200, "scheduled")
    waiting = await conn.fetch(
        "select convert_from(payload, 'utf8') from pgqueuer where entrypoint = 'campaign_goes_on'"
    )
    assert [row[0] for row in waiting] == [f'{{"campaign_id":"{made}"}}']


async def test_an_administrator_may_approve_and_may_not_write(
    official: Official, administrator: Official, write: Write, act: Act
) -> None:
    made, version = await proposed(write, act, await official())
    boss = await administrator()

    assert (await write(boss)).status_code == 403
    assert (await act(boss, made, "propose")).status_code == 403
    assert (await act(boss, made, "decision", **APPROVED, version=version)).json()["state"] == "scheduled"


async def test_whoever_wrote_it_does_not_approve_it_in_any_session(
    official: Official, write: Write, act: Act, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    writer = await official()
    made, version = await proposed(write, act, writer)
    account = await conn.fetchval("select drafted_by from campaigns.campaigns where id = $1", UUID(made))
    again = await bearer(account, audience="official", acr=3)

    for me in (writer, again):
        for decision in ("approved", "refused"):
            refused = await act(me, made, "decision", decision=decision, version=version)
            assert (refused.status_code, refused.json()["code"]) == (403, "another_person_decides")


async def test_whoever_changed_or_proposed_it_once_never_approves_it(
    official: Official, write: Write, act: Act, client: httpx.AsyncClient
) -> None:
    writer, second, third = [await official() for _ in range(3)]
    made = (await write(writer)).json()["id"]
    changed = await client.patch(
        f"/v1/campaigns/{made}", headers={**second, "If-Match": "*"}, json={"vi": {**TEXT, "title": "Khác hẳn"}}
    )
    assert changed.status_code == 200, changed.text
    version = (await act(third, made, "propose")).json()["version"]

    for me in (second, third):
        refused = await act(me, made, "decision", **APPROVED, version=version)
        assert refused.json()["code"] == "another_person_decides"
    assert (await act(await official(), made, "decision", **APPROVED, version=version)).status_code == 200


async def test_the_same_device_does_not_approve_for_another_person(
    official: Official, write: Write, act: Act, conn: asyncpg.Connection, app: Edge
) -> None:
    made, version = await proposed(write, act, await official())
    await conn.execute("update campaigns.history set key_thumbprint = 'one-phone' where campaign_id = $1", UUID(made))
    now, roles = app.app.state.clock(), frozenset({"administrator"})

    def principal(key: str) -> Principal:
        return Principal(uuid4(), uuid4(), "official", 3, now, roles, key_thumbprint=key)

    yes = CampaignDecision("approved", version)
    with pytest.raises(AnotherPersonDecides):
        await domain.decide(conn, principal("one-phone"), UUID(made), yes, now)
    with pytest.raises(asyncpg.ForeignKeyViolationError):  # as far as the row: this made-up person has no account
        await domain.decide(conn, principal("another"), UUID(made), yes, now)


async def test_the_database_itself_knows_that_it_takes_two(
    official: Official, write: Write, conn: asyncpg.Connection
) -> None:
    made = UUID((await write(await official())).json()["id"])

    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute(
            "update campaigns.campaigns set state = 'scheduled', approved_by = drafted_by where id = $1", made
        )


async def test_what_was_changed_behind_the_reader_is_not_approved(
    official: Official, write: Write, act: Act, client: httpx.AsyncClient
) -> None:
    writer, approver = await official(), await official()
    made, read = await proposed(write, act, writer)
    await act(writer, made, "withdraw")
    worse = {"vi": {**TEXT, "title": "Một điều khác"}}
    await client.patch(f"/v1/campaigns/{made}", headers={**writer, "If-Match": "*"}, json=worse)
    await act(writer, made, "propose")

    refused = await act(approver, made, "decision", **APPROVED, version=read)

    assert (refused.status_code, refused.json()["code"]) == (412, "stale")


async def test_what_is_proposed_does_not_change(
    official: Official, write: Write, act: Act, client: httpx.AsyncClient
) -> None:
    writer = await official()
    made, _ = await proposed(write, act, writer)

    changed = await client.patch(f"/v1/campaigns/{made}", headers={**writer, "If-Match": "*"}, json={"vi": TEXT})

    assert (changed.status_code, changed.json()["code"]) == (409, "illegal_transition")


async def test_a_refused_campaign_is_a_draft_again_and_says_why(
    official: Official, write: Write, act: Act, client: httpx.AsyncClient
) -> None:
    writer, approver = await official(), await official()
    made, version = await proposed(write, act, writer)

    refused = await act(approver, made, "decision", decision="refused", version=version, reason="Sai ngày")

    assert (refused.json()["state"], refused.json()["proposed_by"]) == ("draft", None)
    steps = (await client.get(f"/v1/campaigns/{made}/history", headers=writer)).json()["items"]
    assert [(step["action"], step["reason"]) for step in steps] == [
        ("refused", "Sai ngày"), ("proposed", None), ("drafted", None)
    ]  # fmt: skip
    assert steps[0]["account_id"] != steps[1]["account_id"] == steps[2]["account_id"]


async def test_a_proposal_lapses_after_a_week(
    official: Official, write: Write, act: Act, clock: TestClock, bearer: Bearer
) -> None:
    made, version = await proposed(write, act, await official())
    clock.shift(timedelta(days=8))

    lapsed = await act(await official(), made, "decision", **APPROVED, version=version)

    assert (lapsed.status_code, lapsed.json()["code"]) == (409, "campaign_proposal_lapsed")


async def test_a_proposal_lapses_with_the_appointment_of_whoever_made_it(
    official: Official, write: Write, act: Act, conn: asyncpg.Connection
) -> None:
    made, version = await proposed(write, act, await official([WARD]))
    await conn.execute("update staff.grants set ward_codes = $1 where ward_codes = $2", [OTHER_WARD], [WARD])

    lapsed = await act(await official(), made, "decision", **APPROVED, version=version)

    assert lapsed.json()["code"] == "campaign_proposal_lapsed"


async def test_only_officials_of_campaigns_with_their_passkey_come_near(
    official: Official, write: Write, bearer: Bearer, conn: asyncpg.Connection, client: httpx.AsyncClient
) -> None:
    writer = await official()
    made = (await write(writer)).json()["id"]
    account = await conn.fetchval("select drafted_by from campaigns.campaigns where id = $1", UUID(made))
    weak = await bearer(account, audience="official", acr=1)
    path = f"/v1/campaigns/{made}"

    assert (await write(await official(function="labour"))).status_code == 403
    assert (await client.get(path, headers=await official(function="labour"))).status_code == 403
    assert (await client.get(path, headers=await bearer())).status_code == 401
    assert (await client.get(path, headers=weak)).json()["code"] == "insufficient_user_authentication"
    assert (await write(weak)).json()["code"] == "insufficient_user_authentication"
