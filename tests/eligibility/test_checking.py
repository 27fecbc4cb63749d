"""An answer on social housing explains itself, promises nothing, and nothing of what was said is kept."""

import json
from typing import Any

import asyncpg
import httpx
import pytest

from tests.eligibility.asking import CASE, CHECK, RULES, checked


async def test_an_answer_is_traced_criterion_by_criterion_with_its_law(client: httpx.AsyncClient) -> None:
    found = await checked(client)

    trace = {each["name"]: each for each in found["answer"]["trace"]}
    assert (found["answer"]["outcome"], found["rules_id"]) == ("conditions_met", None)
    assert {"group", "housing", "income"} <= set(trace)
    assert "136/2026" in trace["income"]["law"]
    assert "không phải quyết định" in found["answer"]["notice"]["vi"]


@pytest.mark.parametrize(
    ("as_of", "outcome", "law"),
    [
        ("2025-10-09", "conditions_not_met", "100/2024"),
        ("2026-04-06", "conditions_not_met", "261/2025"),
        ("2026-04-07", "conditions_met", "136/2026"),
        ("2020-01-01", "not_known", None),
    ],
)
async def test_the_rules_of_the_day_decide(
    client: httpx.AsyncClient, as_of: str, outcome: str, law: str | None
) -> None:
    answer = (await checked(client, as_of))["answer"]

    said = next(each["law"] for each in answer["trace"] if each["name"] == "income")
    assert answer["outcome"] == outcome
    assert (law in said) if law else said is None


async def test_missing_papers_forms_and_procedures_are_named(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    found = await checked(client)

    held = {each["id"] for each in found["papers"] if each["held"]}
    assert held == {"application"}
    assert set(found["missing"]) == {each["id"] for each in found["papers"]} - held
    assert {"proof_of_no_house", "proof_of_income"} <= set(found["missing"])
    assert {each["form"] for each in found["forms"]} >= {"Mẫu số 01", "Mẫu số 02", "Mẫu số 04"}
    [procedure] = found["procedures"]
    name = await conn.fetchval("select name from services.procedures where code = '1.014632'")
    assert (procedure["code"], procedure["name"]) == ("1.014632", name)
    assert procedure["url"].startswith("https://dichvucong.gov.vn/")


async def test_what_would_change_the_answer_does(client: httpx.AsyncClient) -> None:
    high = await checked(client, income_month=26_000_000)

    turn = next(each for each in high["changes"] if each["fact"] == "income_month")
    after = await checked(client, income_month=int(turn["needed"]))

    assert (high["answer"]["outcome"], turn["needed"]) == ("conditions_not_met", "25000000")
    assert after["answer"]["outcome"] == turn["outcome"] == "conditions_met"


async def test_what_was_said_is_not_kept(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    await checked(client)

    assert await conn.fetchval("select count(*) from eligibility.cases") == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"wish": "have"}, "/wish"), ({"groups": [13]}, "/groups/0"), ({"income_month": -1}, "/income_month"),
        ({"house_m2": 0}, "/house_m2"), ({"house_people": 51}, "/house_people"), ({"name": "An"}, "/name"),
        ({"papers": ["x" * 65]}, "/papers/0"),
    ],
    ids=["wish", "group", "income", "area", "people", "a field too many", "paper"],
)  # fmt: skip
async def test_what_cannot_be_names_its_field(client: httpx.AsyncClient, changes: dict[str, Any], pointer: str) -> None:
    answer = await client.post(CHECK, json=CASE | changes)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_rules_of_a_day_stand_with_law_and_source(client: httpx.AsyncClient) -> None:
    before = (await client.get(RULES, params={"as_of": "2025-11-01"})).json()
    now = (await client.get(RULES)).json()

    assert (before["income"]["single"], now["income"]["single"]) == (20_000_000, 25_000_000)
    assert len(now["groups"]) == 12
    assert {each["name"] for each in now["conditions"]} == {
        "renting", "no_house", "not_helped", "small_house", "far_house",
    }  # fmt: skip
    for part in (*now["groups"], *now["conditions"], *now["papers"], now["income"]):
        assert part["law"]
        assert part["source"]
    assert "2026-04-07" in now["changes_on"]


async def test_the_rules_are_sent_once(client: httpx.AsyncClient) -> None:
    first = await client.get(RULES, params={"as_of": "2026-11-22"})
    tag = {"If-None-Match": first.headers["ETag"]}
    again = await client.get(RULES, params={"as_of": "2026-11-22"}, headers=tag)
    other_day = await client.get(RULES, params={"as_of": "2025-11-22"}, headers=tag)

    assert (first.status_code, again.status_code, other_day.status_code) == (200, 304, 200)


async def test_projects_come_with_their_source_and_its_year(client: httpx.AsyncClient) -> None:
    every = (await client.get("/v1/social-housing/projects")).json()["items"]
    dorms = (await client.get("/v1/social-housing/projects", params={"kind": "worker_dorm"})).json()["items"]
    there = (await client.get("/v1/social-housing/projects", params={"ward_code": "27937"})).json()["items"]

    assert len(every) == 10
    assert len({each["code"] for each in every}) == 10
    assert all(each["source"] and each["source_year"] and each["as_of"] == "2026-11-22" for each in every)
    assert {each["kind"] for each in dorms} == {"worker_dorm"}
    assert [each["name"] for each in there] == ["Nhà ở công nhân Đông Quang", "Nhà ở xã hội Tân Đức"]


async def test_the_wards_of_projects_are_those_of_now(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    every = (await client.get("/v1/social-housing/projects")).json()["items"]

    known = {
        row[0] for row in await conn.fetch("select code from places.units where version = '2025-07-01'")
    }  # fmt: skip

    assert {each["ward_code"] for each in every if each["ward_code"]} <= known


@pytest.mark.parametrize("as_of", ["0001-01-01", "9999-12-31"])
async def test_any_day_of_the_calendar_has_an_answer(client: httpx.AsyncClient, as_of: str) -> None:
    found = await checked(client, as_of)
    rules = await client.get(RULES, params={"as_of": as_of})

    assert found["as_of"] == rules.json()["as_of"] == as_of
    assert found["answer"]["notice"]


@pytest.mark.parametrize("said", ["\x00", "\ud800", "\u202e"], ids=["nothing", "half a letter", "the other way"])
async def test_letters_that_are_none_are_no_fault_of_ours(client: httpx.AsyncClient, said: str) -> None:
    body = json.dumps(CASE | {"papers": [said]}).encode()

    answer = await client.post(CHECK, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code < 500
