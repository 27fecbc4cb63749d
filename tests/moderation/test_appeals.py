"""An employer appeals once, and another official than who decided reads it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.conftest import Bearer, TestClock
from tests.jobs.hiring import OWNER, WORKER, stepped
from tests.moderation.conftest import Held, Official
from tests.moderation.test_deciding import Client, decide, queue

TEXT = "Đó là cọc của khách thuê áo cưới."


async def decisions(client: Client, bearer: Bearer, job: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/jobs/{job}/review", headers=await bearer(OWNER))
    found: list[dict[str, Any]] = answer.json()["decisions"]
    return found


async def appeal(client: Client, bearer: Bearer, job: str, decision: str, who: UUID = OWNER) -> httpx.Response:
    body = {"decision_id": decision, "text": TEXT}
    return await client.post(f"/v1/jobs/{job}/appeals", json=body, headers=await bearer(who))


async def appealed(
    client: Client, bearer: Bearer, held: Held, who: dict[str, str], decision: str = "suspended"
) -> dict[str, Any]:
    """A posting that was decided on, and its appeal in `case_id`."""
    waiting = await held()
    await decide(client, who, waiting, decision=decision, changes="Bỏ câu đó.")
    made = (await decisions(client, bearer, waiting["id"]))[0]
    answer = await appeal(client, bearer, waiting["id"], made["id"])
    assert answer.status_code == 201, answer.text
    now = (await client.get(f"/v1/jobs/{waiting['id']}", headers=await bearer(OWNER))).json()
    return waiting | {"case_id": answer.json()["case_id"], "decision_id": made["id"], "version": now["version"]}


async def test_an_appeal_waits_for_another_official_than_who_decided(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    first, second = await official(), await official()
    case = await appealed(client, bearer, held, first)

    assert await queue(client, first) == []
    assert [(item["kind"], item["job_id"]) for item in await queue(client, second)] == [("appeal", case["id"])]
    view = (await client.get(f"/v1/moderation-cases/{case['case_id']}", headers=second)).json()
    assert (view["appeal"], view["decisions"][0]["decision"]) == (TEXT, "suspended")
    assert (await decide(client, first, case, decision="granted")).json()["code"] == "decided_by_you"


async def test_a_granted_appeal_opens_the_posting_and_it_is_not_held_for_the_same_again(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    case = await appealed(client, bearer, held, await official())

    granted = await decide(client, await official(), case, decision="granted")

    assert granted.json()["status"] == "open"
    assert (await decisions(client, bearer, case["id"]))[0]["can_appeal"] is False


async def test_a_granted_appeal_of_what_was_given_back_lets_it_be_published(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    case = await appealed(client, bearer, held, await official(), "returned")

    granted = await decide(client, await official(), case, decision="granted")

    assert granted.json()["status"] == "draft"
    assert (await stepped(client, bearer, case["id"], "publish")).json()["status"] == "open"


async def test_what_is_upheld_stays_and_cannot_be_appealed_again(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    case = await appealed(client, bearer, held, await official())

    upheld = await decide(client, await official(), case, decision="upheld")

    assert upheld.json()["status"] == "suspended"
    for each in await decisions(client, bearer, case["id"]):
        assert (await appeal(client, bearer, case["id"], each["id"])).json()["code"] == "not_appealable"


async def test_an_appeal_is_made_once_by_a_member_against_what_stands(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    case = await appealed(client, bearer, held, await official())
    other = await held()
    await decide(client, await official(), other)
    published = (await decisions(client, bearer, other["id"]))[0]["id"]

    assert (await appeal(client, bearer, case["id"], case["decision_id"])).status_code == 409
    assert (await appeal(client, bearer, other["id"], published)).status_code == 409
    assert (await appeal(client, bearer, other["id"], case["decision_id"])).status_code == 409
    assert (await appeal(client, bearer, case["id"], case["decision_id"], WORKER)).status_code == 404


async def test_an_appeal_has_thirty_days(
    client: Client, held: Held, official: Official, bearer: Bearer, clock: TestClock
) -> None:
    waiting = await held()
    await decide(client, await official(), waiting, decision="suspended")
    clock.shift(timedelta(days=31))

    made = (await decisions(client, bearer, waiting["id"]))[0]

    assert made["can_appeal"] is False
    assert (await appeal(client, bearer, waiting["id"], made["id"])).status_code == 409


async def test_a_newer_decision_overtakes_an_appeal(
    client: Client, held: Held, official: Official, bearer: Bearer, conn: Any
) -> None:
    case = await appealed(client, bearer, held, await official(), "returned")
    again = (await stepped(client, bearer, case["id"], "publish")).json()
    anew = await conn.fetchval(
        "select id from moderation.cases where posting_id = $1 and kind = 'held' and closed_at is null",
        UUID(case["id"]),
    )
    await decide(client, await official(), again | {"case_id": str(anew)}, decision="suspended")

    late = await decide(client, await official(), case, decision="granted")

    assert late.json()["code"] == "moderation_decided"
    newest = (await decisions(client, bearer, case["id"]))[0]
    assert (await appeal(client, bearer, case["id"], newest["id"])).status_code == 201


@pytest.mark.parametrize("decision", ["published", "returned", "suspended"])
async def test_an_appeal_is_upheld_or_granted_and_nothing_else(
    client: Client, held: Held, official: Official, bearer: Bearer, decision: str
) -> None:
    case = await appealed(client, bearer, held, await official())

    assert (await decide(client, await official(), case, decision=decision, changes="x")).status_code == 400
