"""What landlord and tenant declare: by when, with which papers, under which law."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer

PATH = "/v1/residence/checklist"


async def helped(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(PATH, params={"arrives_at": "2026-11-22T11:00:00Z"} | query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_both_sides_see_what_is_theirs_and_by_when(client: httpx.AsyncClient) -> None:
    found = await helped(client, days=200, same_ward=False)

    steps = {each["id"]: each for each in found["items"]}
    assert {each["who"] for each in found["items"]} == {"landlord", "tenant"}
    assert (steps["stay_notice"]["due_at"], steps["stay_notice"]["procedure"]) == ("2026-11-22T16:00:00Z", "2.001159")
    assert (steps["register"]["due"], steps["register"]["procedure"]) == ("yes", "1.004194")
    assert steps["register"]["papers"]
    assert all(each["law"] for each in found["items"])
    assert "phạt" in steps["register"]["why_vi"]
    dated = [each["due_at"] for each in found["items"] if each["due_at"]]
    assert dated == sorted(dated)


async def test_what_was_not_said_leaves_it_open(client: httpx.AsyncClient) -> None:
    steps = {each["id"]: each["due"] for each in (await helped(client))["items"]}

    assert steps["register"] == "perhaps"


async def test_a_relative_is_told_of_once(client: httpx.AsyncClient) -> None:
    strangers, relatives = await helped(client), await helped(client, host="relative")

    assert "một lần" in next(each["why_vi"] for each in relatives["items"] if each["id"] == "stay_notice")
    assert "một lần" not in next(each["why_vi"] for each in strangers["items"] if each["id"] == "stay_notice")


async def test_its_procedures_can_be_kept_as_checklists(client: httpx.AsyncClient, bearer: Bearer) -> None:
    notice, registration = (await helped(client, days=200, same_ward=False))["procedures"]
    paper = registration["papers"][0]["papers"][0]
    shown = (await client.get("/v1/procedures/1.004194")).json()

    kept = await client.put(
        f"/v1/me/checklists/{uuid4()}",
        json={
            "procedure_code": registration["code"], "papers_version": registration["papers_version"],
            "ticks": [{"paper": paper["key"], "is_done": True, "at": "2026-11-22T02:00:00Z"}],
        },
        headers=await bearer(),
    )  # fmt: skip

    assert [notice["code"], registration["code"]] == ["2.001159", "1.004194"]
    assert (registration["papers"], registration["papers_version"]) == (shown["papers"], shown["papers_version"])
    assert (kept.status_code, kept.json()["done"]) == (200, 1)


@pytest.mark.parametrize(
    "query",
    [
        {"arrives_at": "2026-11-22T11:00:00"}, {"arrives_at": "9999-12-31T23:59:59Z"},
        {"arrives_at": "0001-01-01T00:00:00Z"}, {"arrives_at": "tomorrow"}, {}, {"days": 0}, {"days": 3_651},
        {"host": "hotel"},
    ],
    ids=["no zone", "the end of time", "the beginning", "a word", "nothing", "no day", "too long", "no host"],
)  # fmt: skip
async def test_what_cannot_be_is_named(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    base = {} if "arrives_at" in query or not query else {"arrives_at": "2026-11-22T11:00:00Z"}

    answer = await client.get(PATH, params=base | query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"?{next(iter(query), 'arrives_at')}"


async def test_only_the_portal_itself_is_linked(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    await conn.execute(
        """update services.procedures set detail = detail || '{"source_url": "https://portal.example/x"}'
            where code = '1.004194'"""
    )

    found = await helped(client, days=200, same_ward=False)

    urls = {each["source_url"] for each in (*found["items"], *found["procedures"]) if each["source_url"]}
    assert all(url.startswith("https://dichvucong.gov.vn/") for url in urls)
    assert {each["code"] for each in found["procedures"] if each["source_url"]} == {"1.004194", "2.001159"}
