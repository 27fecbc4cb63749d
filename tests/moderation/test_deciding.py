"""Officials decide on what the guard holds: in their wards, once, with a reason that the employer reads."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.rooms.moderation import tasks
from tests.conftest import Bearer, TestClock, new_account
from tests.employers.test_reviewing import be_one_person
from tests.jobs.hiring import BEN_LUC, LABOUR_OFFICIAL, OWNER, UNKNOWN, WORKER, history, promised, stepped
from tests.moderation.conftest import DISHONEST, Held, Official

Client = httpx.AsyncClient


async def decide(client: Client, who: dict[str, str], held: dict[str, Any], **said: object) -> httpx.Response:
    body = {"decision": "published", "reason": "Cọc của khách, không phải của công nhân.",
            "version": held["version"], **said}  # fmt: skip
    return await client.post(f"/v1/moderation-cases/{held['case_id']}/decision", json=body, headers=who)


async def queue(client: Client, who: dict[str, str], **filters: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/moderation-cases", params=filters, headers=who)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_what_is_held_stands_in_the_queue_of_its_wards_oldest_first(
    client: Client, held: Held, official: Official, clock: TestClock
) -> None:
    first = await held()
    clock.shift(timedelta(minutes=1))
    second = await held(title="Thợ hàn", ward_code=BEN_LUC)

    everywhere = await queue(client, await official())

    assert [item["job_id"] for item in everywhere] == [first["id"], second["id"]]
    assert (everywhere[0]["kind"], everywhere[0]["score"], everywhere[0]["rules"]) == ("held", 60, ["deposit"])
    assert [item["job_id"] for item in await queue(client, await official([BEN_LUC]))] == [second["id"]]
    assert await queue(client, await official(["26734"])) == []


async def test_the_queue_can_be_narrowed_and_paged(client: Client, held: Held, official: Official) -> None:
    one, other = await held(), await held("Phí hồ sơ 100k", ward_code=BEN_LUC)
    who = await official()

    page = (await client.get("/v1/moderation-cases", params={"limit": 1}, headers=who)).json()
    rest = (
        await client.get("/v1/moderation-cases", params={"cursor": page["next_cursor"], "limit": 1}, headers=who)
    ).json()

    assert [page["items"][0]["job_id"], rest["items"][0]["job_id"]] == [one["id"], other["id"]]
    for filters, found in [
        ({"rule": "deposit"}, [one["id"]]), ({"ward_code": BEN_LUC}, [other["id"]]), ({"kind": "appeal"}, []),
        ({"employer_id": one["employer"]["id"]}, [one["id"], other["id"]]), ({"employer_id": UNKNOWN}, []),
    ]:  # fmt: skip
        assert [item["job_id"] for item in await queue(client, who, **filters)] == found, filters


async def test_only_officials_of_the_function_with_a_passkey_come_in(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    waiting = await held()

    for who, status in [
        (await official(function="labour"), 403), (await official(acr=0), 401), (await bearer(WORKER), 401),
        (await official(["26734"]), 404),
    ]:  # fmt: skip
        assert (await decide(client, who, waiting)).status_code == status
    assert (await client.get("/v1/moderation-cases", headers=await official(function="labour"))).status_code == 403


async def test_a_case_shows_the_posting_and_what_was_found_in_the_readers_language(
    client: Client, held: Held, official: Official
) -> None:
    waiting, who = await held(), await official()

    vi = (await client.get(f"/v1/moderation-cases/{waiting['case_id']}", headers=who)).json()
    en = (
        await client.get(f"/v1/moderation-cases/{waiting['case_id']}", headers=who | {"Accept-Language": "en"})
    ).json()

    found = vi["findings"][0]
    assert (vi["description"], vi["version"], vi["status"]) == (DISHONEST, waiting["version"], "in_review")
    assert (found["rule"], found["quote"]) == ("deposit", "Đặt cọc 500k, nghỉ trả lại")
    assert "Điều 17" in found["law"]
    assert "article 17(2)" in en["findings"][0]["law"]


async def test_a_published_posting_is_open_and_is_not_held_again_as_it_stands(
    client: Client, held: Held, official: Official, conn: Any, bearer: Bearer
) -> None:
    waiting = await held()

    answer = await decide(client, await official(), waiting)

    assert (answer.status_code, answer.json()["status"]) == (200, "open")
    assert (await client.get(f"/v1/jobs/{waiting['id']}")).status_code == 200
    assert (await history(conn, waiting["id"]))[-1][:3] == ("official", "in_review", "open")
    headers = await bearer(OWNER) | {"If-Match": "*"}
    shown = await client.patch(f"/v1/jobs/{waiting['id']}", json={"openings": 9}, headers=headers)
    assert (shown.json()["status"], shown.json()["review"]["score"]) == ("open", 0)
    worse = await client.patch(
        f"/v1/jobs/{waiting['id']}", json={"description": DISHONEST + "\nPhí hồ sơ 50k"}, headers=headers
    )
    assert (worse.json()["status"], worse.json()["review"]["score"]) == ("in_review", 60)


async def test_what_is_given_back_says_what_to_change_and_is_read_again_when_it_comes_again(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    waiting, who = await held(), await official()

    without = await decide(client, who, waiting, decision="returned")
    back = await decide(client, who, waiting, decision="returned", changes="Bỏ câu về tiền cọc.")
    again = await stepped(client, bearer, waiting["id"], "publish")

    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (400, "/changes")
    assert (back.status_code, back.json()["status"]) == (200, "draft")
    assert again.json()["status"] == "in_review"
    assert [item["job_id"] for item in await queue(client, who)] == [waiting["id"]]


async def test_a_suspended_posting_is_gone_and_only_an_official_brings_it_back(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    waiting = await held()

    answer = await decide(client, await official(), waiting, decision="suspended", reason="Lừa đảo.")

    assert answer.json()["status"] == "suspended"
    assert (await client.get(f"/v1/jobs/{waiting['id']}")).status_code == 404
    assert (await stepped(client, bearer, waiting["id"], "publish")).status_code == 409


async def test_the_same_decision_again_changes_nothing_and_another_is_refused(
    client: Client, held: Held, official: Official, conn: Any
) -> None:
    waiting, who = await held(), await official()

    first = await decide(client, who, waiting)
    again = await decide(client, who, waiting)
    other = await decide(client, who, waiting, decision="suspended")
    stranger = await decide(client, await official(), waiting)

    assert again.json()["decided_at"] == first.json()["decided_at"]
    assert [other.json()["code"], stranger.json()["code"]] == ["moderation_decided"] * 2
    assert await conn.fetchval("select count(*) from moderation.decisions") == 1


async def test_a_posting_that_was_changed_meanwhile_is_read_again_first(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    waiting = await held()
    await client.patch(
        f"/v1/jobs/{waiting['id']}",
        json={"description": "Nộp CCCD gốc"},
        headers=await bearer(OWNER) | {"If-Match": "*"},
    )

    assert (await decide(client, await official(), waiting)).status_code == 412


@pytest.mark.parametrize("decision", ["upheld", "granted", "paused", "anything"])
async def test_a_decision_of_another_kind_is_refused(
    client: Client, held: Held, official: Official, decision: str
) -> None:
    assert (await decide(client, await official(), await held(), decision=decision)).status_code == 400


@pytest.mark.parametrize("by_another_account", [False, True])
async def test_nobody_decides_on_an_employer_they_act_for(
    client: Client, held: Held, official: Official, conn: Any, app: Edge, by_another_account: bool
) -> None:
    """SECURITY Z6."""
    waiting, account = await held(), await new_account(conn, app, role="official")
    if by_another_account:
        await be_one_person(conn, waiting["owner"], account)
    else:
        await conn.execute(
            "insert into members.members (employer_id, account_id, role) values ($1, $2, 'recruiter')",
            UUID(waiting["employer"]["id"]), account,
        )  # fmt: skip
    who = await official(account=account)

    assert (await client.get(f"/v1/moderation-cases/{waiting['case_id']}", headers=who)).status_code == 404
    assert (await decide(client, who, waiting)).json()["code"] == "own_posting"
    assert await queue(client, who) == []


async def test_what_an_unverified_employer_wants_open_stays(
    client: Client, held: Held, official: Official, conn: Any
) -> None:
    waiting = await held()
    await conn.execute(
        "update employers.employers set status = 'suspended' where id = $1", UUID(waiting["employer"]["id"])
    )

    assert (await decide(client, await official(), waiting)).json()["code"] == "employer_not_verified"


async def test_the_employer_hears_each_decision_with_its_reason(
    client: Client, held: Held, official: Official, conn: Any, context: Context
) -> None:
    waiting = await held()
    await tasks.job_held(context, job_id=UUID(waiting["id"]))
    await decide(client, await official(), waiting, decision="returned", reason="Tin đòi cọc.", changes="Bỏ.")
    _, payload = next(each for each in await promised(conn) if each[0] == "job_reviewed")
    await tasks.job_reviewed(context, decision_id=UUID(payload["decision_id"]))
    await tasks.job_reviewed(context, decision_id=UUID(payload["decision_id"]))

    rows = await conn.fetch(
        """select params ->> 'decision' as decision, params ->> 'reason' as reason from notifications.inbox
            where account_id = $1 and topic = 'job_reviewed' order by created_at""",
        OWNER,
    )

    assert [tuple(row) for row in rows] == [("held", ""), ("returned", "Tin đòi cọc.")]
    assert set(payload) == {"decision_id"}


async def test_the_members_read_why_in_words_and_nobody_else_does(
    client: Client, held: Held, official: Official, bearer: Bearer
) -> None:
    waiting = await held()
    await decide(client, await official(), waiting, decision="returned", reason="Tin đòi cọc.", changes="Bỏ câu đó.")

    review = (await client.get(f"/v1/jobs/{waiting['id']}/review", headers=await bearer(OWNER))).json()

    decision = review["decisions"][0]
    assert (decision["decision"], decision["reason"], decision["changes"]) == ("returned", "Tin đòi cọc.", "Bỏ câu đó.")
    assert decision["can_appeal"] is True
    assert review["findings"][0]["quote"] == "Đặt cọc 500k, nghỉ trả lại"
    for who in (WORKER, LABOUR_OFFICIAL):
        answer = await client.get(f"/v1/jobs/{waiting['id']}/review", headers=await bearer(who))
        assert answer.status_code == 404
