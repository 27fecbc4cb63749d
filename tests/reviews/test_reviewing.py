"""Officials decide: who may, on whose case, once, with a reason, and every look leaves a trace."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from tests.assurance.conftest import Submit, notices, particulars
from tests.conftest import Bearer, new_account

DECIDED = {"decision": "confirmed", "reason_code": "data_matches", "reason": "Đã đối chiếu với thẻ."}
REFUSED = {"decision": "refused", "reason_code": "data_differs", "reason": "Họ tên khác với thẻ."}


async def post(client: httpx.AsyncClient, case: str, step: str, headers: dict[str, str], **body: Any) -> httpx.Response:
    return await client.post(f"/v1/identity-reviews/{case}/{step}", headers=headers, json=body or None)


async def test_the_queue_shows_what_waits_and_not_whose_it_is(
    client: httpx.AsyncClient, submit: Submit, official: Any, conn: asyncpg.Connection, app: Edge
) -> None:
    cases = [(await submit(await new_account(conn, app), serial=f"00000{n}")).json()["id"] for n in range(3)]

    first = await client.get("/v1/identity-reviews?limit=2", headers=await official())
    page = first.json()
    rest = await client.get("/v1/identity-reviews", params={"cursor": page["next_cursor"]}, headers=await official())

    assert rest.status_code == 400  # a cursor is its reader's
    assert [item["id"] for item in page["items"]] == cases[:2]
    assert set(page["items"][0]) == {
        "id", "state", "source", "provider_said", "submitted_at", "claimed_at", "mine"
    }  # fmt: skip


async def test_a_claimed_case_is_seen_decided_and_told(
    client: httpx.AsyncClient, submit: Submit, official: Any, me: UUID, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    case, headers = (await submit(me)).json()["id"], await official()

    claimed = await post(client, case, "claim", headers)
    seen = await post(client, case, "looks", headers, purpose="decide")
    decided = await post(client, case, "decision", headers, **DECIDED)

    assert (claimed.status_code, claimed.json()["state"], claimed.json()["mine"]) == (200, "in_review", True)
    assert seen.json() | particulars() == seen.json()
    assert seen.headers["Cache-Control"] == "no-store"
    assert decided.status_code == 204
    assert [(told["what"], told["fact"]) for told in await notices(conn, me)] == [("identity_confirmed", case)]
    assert await conn.fetchval("select confirmed_at is not null from assurance.identities where account_id = $1", me)
    shown = (await client.get("/v1/me/identity", headers=await bearer(me, acr=1))).json()
    assert (shown["number"], shown["full_name"], shown["birth_year"]) == ("080*******45", "Nguyễn Văn Thử", 1990)
    assert (shown["confirmed_by"], shown["case"]["reason_code"]) == ("official", "data_matches")


async def test_what_is_refused_is_told_with_its_reason_and_forgotten(
    client: httpx.AsyncClient, submit: Submit, decide: Any, official: Any, me: UUID, conn: asyncpg.Connection,
    bearer: Bearer,
) -> None:  # fmt: skip
    case = (await submit(me)).json()["id"]

    answer = await decide(case, await official(), "refused", reason="Họ tên khác với thẻ.")

    assert answer.status_code == 204
    assert [told["what"] for told in await notices(conn, me)] == ["identity_refused"]
    shown = (await client.get("/v1/me/identity", headers=await bearer(me))).json()
    assert (shown["confirmed_at"], shown["case"]["state"]) == (None, "refused")
    assert shown["case"]["reason"] == "Họ tên khác với thẻ."
    row = await conn.fetchrow("select * from assurance.cases where id = $1", UUID(case))
    assert row is not None
    assert {row[name] for name in ("number_index", "number", "full_name", "birth_date", "sex", "address")} == {None}
    assert (await submit(me)).status_code == 201


async def test_each_look_is_recorded_and_shown_to_whom_it_is_about(
    client: httpx.AsyncClient, submit: Submit, official: Any, me: UUID, conn: asyncpg.Connection, bearer: Bearer,
    app: Edge,
) -> None:  # fmt: skip
    case, headers = (await submit(me)).json()["id"], await official()
    await post(client, case, "claim", headers)

    for purpose in ("decide", "answer_question"):
        await post(client, case, "looks", headers, purpose=purpose)

    rows = await conn.fetch("select case_id::text, official_id, purpose, looked_at from reviews.looks order by id")
    who = await conn.fetchval("select claimed_by from assurance.cases where id = $1", UUID(case))
    assert [(row[0], row[1], row[2]) for row in rows] == [(case, who, "decide"), (case, who, "answer_question")]
    mine = (await client.get("/v1/me/identity/looks", headers=await bearer(me))).json()["items"]
    assert [(look["case_id"], look["agency_code"], look["purpose"]) for look in mine] == [
        (case, "H53.16", "answer_question"), (case, "H53.16", "decide"),
    ]  # fmt: skip
    other = await bearer(await new_account(conn, app))
    assert (await client.get("/v1/me/identity/looks", headers=other)).json()["items"] == []


async def test_an_official_who_looks_at_hundreds_is_stopped_and_noticed(
    client: httpx.AsyncClient, submit: Submit, official: Any, me: UUID, conn: asyncpg.Connection, clock: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """SECURITY section 3: 300 a day, and an alert."""
    case, headers = (await submit(me)).json()["id"], await official()
    await post(client, case, "claim", headers)
    await conn.execute(
        """insert into reviews.looks (case_id, account_id, official_id, purpose, looked_at)
           select c.id, c.account_id, c.claimed_by, 'decide', $2 from assurance.cases c, generate_series(1, 299)
            where c.id = $1""",
        UUID(case), clock(),
    )  # fmt: skip

    last = await post(client, case, "looks", headers, purpose="decide")
    stopped = await post(client, case, "looks", headers, purpose="decide")

    assert (last.status_code, stopped.status_code, stopped.json()["code"]) == (200, 429, "rate_limited")
    assert "looked at 300 people" in caplog.text


@pytest.mark.parametrize("body", [{}, {"purpose": "curiosity"}, {"purpose": ""}])
async def test_without_a_purpose_nothing_is_seen(
    client: httpx.AsyncClient, submit: Submit, official: Any, me: UUID, conn: asyncpg.Connection, body: Any
) -> None:
    """SECURITY P5."""
    case, headers = (await submit(me)).json()["id"], await official()
    await post(client, case, "claim", headers)

    answer = await client.post(f"/v1/identity-reviews/{case}/looks", headers=headers, json=body)

    assert answer.status_code == 400
    assert await conn.fetchval("select count(*) from reviews.looks") == 0


async def test_what_was_not_claimed_is_not_seen_and_not_decided(
    client: httpx.AsyncClient, submit: Submit, official: Any, me: UUID, conn: asyncpg.Connection
) -> None:
    case, headers, other = (await submit(me)).json()["id"], await official(), await official()

    unclaimed = [
        await post(client, case, "looks", headers, purpose="decide"),
        await post(client, case, "decision", headers, **DECIDED),
    ]
    await post(client, case, "claim", other)
    others = [
        await post(client, case, "claim", headers),
        await post(client, case, "looks", headers, purpose="decide"),
        await post(client, case, "decision", headers, **DECIDED),
    ]

    assert [answer.json()["code"] for answer in unclaimed] == ["illegal_transition"] * 2
    assert [answer.json()["code"] for answer in others] == ["case_claimed"] * 3
    assert await conn.fetchval("select count(*) from reviews.looks") == 0


async def test_what_was_left_is_claimed_by_another(
    client: httpx.AsyncClient, submit: Submit, official: Any, me: UUID, clock: Any
) -> None:
    case, first = (await submit(me)).json()["id"], await official()
    await post(client, case, "claim", first)
    clock.shift(timedelta(hours=4, minutes=1))
    other = await official()

    taken = await post(client, case, "claim", other)

    assert taken.status_code == 200


def steps() -> list[tuple[str, dict[str, Any]]]:
    return [("claim", {}), ("looks", {"purpose": "decide"}), ("decision", DECIDED), ("decision", REFUSED)]


async def test_a_decision_demands_a_passkey_of_the_moment(
    client: httpx.AsyncClient, submit: Submit, official: Any, me: UUID, conn: asyncpg.Connection, now: Any
) -> None:
    """SECURITY S4."""
    case, headers = (await submit(me)).json()["id"], await official()
    await conn.execute(
        "update sessions.sessions set signed_in_at = $1 where audience = 'official'", now - timedelta(seconds=301)
    )

    claimed = await post(client, case, "claim", headers)
    answer = await post(client, case, "decision", headers, **DECIDED)

    assert claimed.status_code == 200
    assert (answer.json()["acr_values"], answer.json()["max_age"]) == ("3", 300)


async def test_the_same_decision_again_is_safe_and_another_is_a_named_conflict(
    client: httpx.AsyncClient, submit: Submit, decide: Any, official: Any, me: UUID, conn: asyncpg.Connection
) -> None:
    case, headers, other = (await submit(me)).json()["id"], await official(), await official()
    await decide(case, headers)

    again = await post(client, case, "decision", headers, **DECIDED)
    turned = await post(client, case, "decision", headers, **REFUSED)
    by_another = await post(client, case, "decision", other, **DECIDED)

    assert again.status_code == 204
    assert len(await notices(conn, me)) == 1
    assert (turned.status_code, turned.json()["code"], turned.json()["from"]) == (
        409,
        "illegal_transition",
        "confirmed",
    )
    assert by_another.json()["code"] == "illegal_transition"


@pytest.mark.parametrize(
    ("state", "step"), list(itertools.product(("confirmed", "refused", "withdrawn"), ("claim", "looks", "decision")))
)
async def test_what_is_over_stays_as_it_is(
    client: httpx.AsyncClient, submit: Submit, decide: Any, official: Any, me: UUID, bearer: Bearer, state: str,
    step: str,
) -> None:  # fmt: skip
    """SECURITY Z8."""
    case = (await submit(me)).json()["id"]
    if state == "withdrawn":
        await client.delete("/v1/me/identity/case", headers=await bearer(me))
    else:
        await decide(case, await official(), state)
    body = {"claim": {}, "looks": {"purpose": "decide"}, "decision": DECIDED}[step]

    answer = await post(client, case, step, await official(), **body)

    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


async def test_one_person_has_one_account_and_whose_the_other_is_is_not_said(
    client: httpx.AsyncClient, submit: Submit, confirmed: Any, decide: Any, official: Any, me: UUID,
    conn: asyncpg.Connection, app: Edge,
) -> None:  # fmt: skip
    await confirmed(me, serial="111111")
    second, headers = await new_account(conn, app), await official()
    case = (await submit(second, serial="111111")).json()["id"]
    await post(client, case, "claim", headers)

    seen = await post(client, case, "looks", headers, purpose="decide")
    answer = await post(client, case, "decision", headers, **DECIDED)

    assert seen.json()["number_taken"] is True
    assert (answer.status_code, answer.json()["code"]) == (409, "number_taken")
    assert str(me) not in answer.text + seen.text
    assert await conn.fetchval("select count(*) from assurance.identities where account_id = $1", second) == 0
    assert await notices(conn, second) == []
    refused = await post(client, case, "decision", headers, **REFUSED | {"reason_code": "number_taken"})
    assert refused.status_code == 204


@pytest.mark.parametrize(("decision", "reason_code"), [("confirmed", "data_differs"), ("refused", "data_matches")])
async def test_a_reason_belongs_to_its_decision(
    submit: Submit, decide: Any, official: Any, me: UUID, decision: str, reason_code: str
) -> None:
    case = (await submit(me)).json()["id"]

    answer = await decide(case, await official(), decision, reason_code=reason_code)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/reason_code")


async def test_a_case_that_does_not_exist_is_not_found(client: httpx.AsyncClient, official: Any) -> None:
    headers = await official()

    answers = [await post(client, str(uuid4()), step, headers, **body) for step, body in steps()]

    assert {answer.status_code for answer in answers} == {404}
