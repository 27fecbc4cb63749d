"""A checklist is kept for a case, ticked off on several phones, and outlives a new version of its procedure."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from longan.rooms.checklists import store
from longan.rooms.checklists.models import MOST_KEPT
from longan.rooms.checklists.tasks import DROPPED_KEPT
from tests.conftest import Bearer, Real, TestClock

RESIDENCE = "1.004194"
BY_LIST = "Đăng ký tạm trú theo danh sách, hồ sơ gồm"


def at(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def tick(paper: str, done: bool = True, minutes: int = -1) -> dict[str, object]:
    return {"paper": paper, "is_done": done, "at": at(minutes)}


async def put(
    client: httpx.AsyncClient, me: dict[str, str], checklist: object, status: int = 200, **said: object
) -> dict[str, Any]:
    headers = {**me, **({"If-Match": str(said.pop("if_match"))} if "if_match" in said else {})}
    answer = await client.put(
        f"/v1/me/checklists/{checklist}", headers=headers, json={"procedure_code": RESIDENCE, **said}
    )
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def publish(conn: asyncpg.Connection, documents: list[dict[str, object]]) -> None:
    """A new version of the procedure, as far as its papers are concerned."""
    await conn.execute(
        "update services.procedures set detail = detail || $2::text::jsonb where code = $1",
        RESIDENCE, json.dumps({"documents": documents, "documents_total": len(documents)}),
    )  # fmt: skip


async def documents(conn: asyncpg.Connection) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        await conn.fetchval("select (detail -> 'documents')::text from services.procedures where code = $1", RESIDENCE)
    )
    return found


async def test_a_checklist_is_kept_ticked_and_found_again(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, checklist = await bearer(), uuid4()

    made = await put(client, me, checklist)
    key = made["papers"][0]["key"]
    ticked = await put(client, me, checklist, ticks=[tick(key)])
    again = (await client.get(f"/v1/me/checklists/{checklist}", headers=me)).json()
    listed = (await client.get("/v1/me/checklists", headers=me)).json()["items"]

    assert (made["done"], made["version"]) == (0, 1)
    assert (ticked["done"], ticked["version"]) == (1, 2)
    assert ticked["papers"][0]["is_done"] and ticked["papers"][0]["done_at"]
    assert again == ticked
    assert [(item["id"], item["done"], item["total"], item["has_changes"]) for item in listed] == [
        (str(checklist), 1, len(made["papers"]), False)
    ]


async def test_a_case_has_its_own_papers(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()

    every, by_list = await put(client, me, uuid4()), await put(client, me, uuid4(), case=BY_LIST)

    assert len(by_list["papers"]) == 2 < len(every["papers"])
    assert {paper["case"] for paper in by_list["papers"]} == {BY_LIST}


async def test_the_papers_are_those_of_the_page(client: httpx.AsyncClient, bearer: Bearer) -> None:
    page = (await client.get(f"/v1/procedures/{RESIDENCE}")).json()
    made = await put(client, await bearer(), uuid4())

    assert [paper["key"] for paper in made["papers"]] == [
        paper["key"] for case in page["papers"] for paper in case["papers"]
    ]
    assert made["papers_version"] == page["papers_version"]


async def test_two_phones_meet_by_the_last_word_of_each_paper(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, checklist = await bearer(), uuid4()
    made = await put(client, me, checklist)
    first, second = made["papers"][0]["key"], made["papers"][1]["key"]

    await put(client, me, checklist, ticks=[tick(first, True, -1)])
    late = await put(client, me, checklist, ticks=[tick(first, False, -9), tick(second, True, -9)])

    assert [paper["is_done"] for paper in late["papers"][:2]] == [True, True]


async def test_of_what_two_phones_say_of_one_paper_the_newest_holds_in_whatever_order_it_comes(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    words = [(False, -30), (True, -20), (False, -10)]

    for order in itertools.permutations(words):
        me, checklist = await bearer(), uuid4()
        key = (await put(client, me, checklist))["papers"][0]["key"]
        for done, minutes in order:
            found = await put(client, me, checklist, ticks=[tick(key, done, minutes)])
        assert found["papers"][0]["is_done"] is False, order


async def test_a_phone_that_was_offline_for_days_speaks_of_when_it_was_ticked(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    me, checklist = await bearer(), uuid4()
    first, second, third = (paper["key"] for paper in (await put(client, me, checklist))["papers"][:3])
    days = -60 * 24
    offline = [tick(first, True, 3 * days), tick(second, False, 1 * days), tick(third, True, 2 * days)]
    await put(client, me, checklist, ticks=[tick(first, False, 2 * days), tick(second, True, 2 * days)])

    found = await put(client, me, checklist, ticks=offline)
    turned = await put(client, me, checklist, ticks=offline[::-1])

    assert [paper["is_done"] for paper in found["papers"][:3]] == [False, False, True]
    assert turned == found  # sent again, and the other way round, it says nothing new


async def test_of_several_words_in_one_message_the_newest_holds(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, checklist = await bearer(), uuid4()
    key = (await put(client, me, checklist))["papers"][0]["key"]

    found = await put(client, me, checklist, ticks=[tick(key, True, -3), tick(key, False, -9)])

    assert found["papers"][0]["is_done"] is True


async def test_a_clock_that_goes_ahead_does_not_outlive_the_next_word(
    client: httpx.AsyncClient, bearer: Bearer, clock: TestClock
) -> None:
    me, checklist = await bearer(), uuid4()
    key = (await put(client, me, checklist))["papers"][0]["key"]
    ahead = await put(client, me, checklist, ticks=[tick(key, True, 600)])
    clock.shift(timedelta(minutes=2))

    found = await put(client, me, checklist, ticks=[tick(key, False, 1)])

    assert ahead["papers"][0]["is_done"] and not found["papers"][0]["is_done"]


async def test_what_is_sent_again_changes_nothing(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, checklist = await bearer(), uuid4()
    key = (await put(client, me, checklist))["papers"][0]["key"]
    said = [tick(key)]

    once = await put(client, me, checklist, ticks=said)
    again = await put(client, me, checklist, ticks=said)

    assert once == again


async def test_with_if_match_nothing_is_merged(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, checklist = await bearer(), uuid4()
    answer = await client.put(f"/v1/me/checklists/{checklist}", headers=me, json={"procedure_code": RESIDENCE})
    key = answer.json()["papers"][0]["key"]

    await put(client, me, checklist, ticks=[tick(key)], if_match=answer.headers["etag"])
    stale = await put(client, me, checklist, 412, ticks=[tick(key, False, 0)], if_match=answer.headers["etag"])
    new = await put(client, me, uuid4(), 412, if_match=answer.headers["etag"])

    assert stale["code"] == new["code"] == "stale"


async def test_a_new_version_of_the_procedure_shows_what_came_and_went(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    me, checklist = await bearer(), uuid4()
    made = await put(client, me, checklist, case=BY_LIST)
    gone, kept = (paper["key"] for paper in made["papers"])
    await put(client, me, checklist, case=BY_LIST, ticks=[tick(gone), tick(kept)])
    asked = [each for each in await documents(conn) if each["code"] != gone]
    asked.append({
        "case": f"* {BY_LIST}:", "code": "KQ-NEW", "name": "Ảnh 3x4", "originals": 2, "copies": 0, "has_form": False,
    })  # fmt: skip
    await publish(conn, asked)

    news = (await client.get(f"/v1/me/checklists/{checklist}", headers=me)).json()
    listed = (await client.get("/v1/me/checklists", headers=me)).json()["items"]
    # A phone that has not seen the new papers goes on ticking.
    unseen = await put(
        client, me, checklist, case=BY_LIST, ticks=[tick("KQ-NEW")], papers_version=made["papers_version"]
    )
    seen = await put(client, me, checklist, case=BY_LIST, papers_version=news["papers_version"])

    assert [paper["key"] for paper in news["changes"]["added"]] == ["KQ-NEW"]
    assert [paper["key"] for paper in news["changes"]["removed"]] == [gone]
    assert {paper["key"]: (paper["is_done"], paper["is_new"]) for paper in news["papers"]} == {
        kept: (True, False), "KQ-NEW": (False, True),
    }  # fmt: skip
    assert listed[0]["has_changes"] and (listed[0]["done"], listed[0]["total"]) == (1, 2)
    assert unseen["changes"] == news["changes"] and unseen["done"] == 2
    assert seen["changes"] == {"added": [], "removed": [], "renamed": []}
    assert seen["done"] == 2 and not any(paper["is_new"] for paper in seen["papers"])


async def test_a_paper_whose_code_changed_stays_ticked(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    me, checklist = await bearer(), uuid4()
    key = (await put(client, me, checklist))["papers"][0]["key"]
    await put(client, me, checklist, ticks=[tick(key)])
    await publish(conn, [each | ({"code": "KQ-9"} if each["code"] == key else {}) for each in await documents(conn)])

    found = (await client.get(f"/v1/me/checklists/{checklist}", headers=me)).json()
    listed = (await client.get("/v1/me/checklists", headers=me)).json()["items"]

    assert found["papers"][0]["key"] == "KQ-9" and found["papers"][0]["is_done"]
    assert found["changes"] == {"added": [], "removed": [], "renamed": []}
    assert listed[0]["done"] == 1 and not listed[0]["has_changes"]


async def test_a_case_that_is_gone_leaves_all_papers(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    me, checklist = await bearer(), uuid4()
    await put(client, me, checklist, case=BY_LIST)
    await publish(conn, [each for each in await documents(conn) if "danh sách" not in str(each["case"])])

    found = (await client.get(f"/v1/me/checklists/{checklist}", headers=me)).json()
    goes_on = await put(client, me, checklist, case=BY_LIST, ticks=[tick(found["papers"][0]["key"])])

    assert found["case_is_gone"] and len(found["papers"]) == 5
    assert len(found["changes"]["removed"]) == 2
    assert goes_on["done"] == 1


async def test_a_checklist_outlives_its_procedure(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    me, checklist = await bearer(), uuid4()
    key = (await put(client, me, checklist))["papers"][0]["key"]
    await conn.execute("update services.procedures set code = '1.999999' where code = $1", RESIDENCE)

    found = await put(client, me, checklist, ticks=[tick(key)])

    assert found["is_gone"] and found["procedure_name"] is None
    assert found["papers"][0]["is_done"]


async def test_checklists_of_one_procedure_are_found_for_its_dossier(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    here, _ = await put(client, me, uuid4()), await put(client, me, uuid4(), procedure_code="1.001193")

    found = (await client.get("/v1/me/checklists", headers=me, params={"procedure_code": RESIDENCE})).json()["items"]

    assert [item["id"] for item in found] == [here["id"]]


async def test_pages_hold_every_checklist_once(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    made = [(await put(client, me, uuid4()))["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}

    while True:
        page = (await client.get("/v1/me/checklists", headers=me, params={"limit": "2", **cursor})).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert seen == made[::-1]


async def test_what_was_deleted_does_not_come_back_from_another_phone(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    me, checklist = await bearer(), uuid4()
    await put(client, me, checklist)

    gone = await client.delete(f"/v1/me/checklists/{checklist}", headers=me)
    twice = await client.delete(f"/v1/me/checklists/{checklist}", headers=me)
    late = await put(client, me, checklist, 410)

    assert (gone.status_code, twice.status_code) == (204, 404)
    assert late["code"] == "checklist_dropped"
    assert (await client.get(f"/v1/me/checklists/{checklist}", headers=me)).status_code == 404
    assert (await client.get("/v1/me/checklists", headers=me)).json()["items"] == []


async def test_a_delete_with_if_match_spares_what_changed(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, checklist = await bearer(), uuid4()
    made = await client.put(f"/v1/me/checklists/{checklist}", headers=me, json={"procedure_code": RESIDENCE})
    await put(client, me, checklist, ticks=[tick(made.json()["papers"][0]["key"])])

    stale = await client.delete(f"/v1/me/checklists/{checklist}", headers={**me, "If-Match": made.headers["etag"]})

    assert stale.status_code == 412


async def test_nothing_is_kept_of_a_deleted_one_but_that_it_was(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    me, checklist = await bearer(), uuid4()
    await put(client, me, checklist, ticks=[])
    await client.delete(f"/v1/me/checklists/{checklist}", headers=me)
    row = await conn.fetchrow("select * from checklists.checklists where id = $1", checklist)

    await store.forget(conn, now + timedelta(minutes=1) - DROPPED_KEPT)
    still = await conn.fetchval("select count(*) from checklists.checklists where id = $1", checklist)
    await store.forget(conn, now + timedelta(minutes=1))
    left = await conn.fetchval("select count(*) from checklists.checklists where id = $1", checklist)

    assert row is not None
    assert (row["procedure_code"], row["case_name"], row["papers"], row["ticks"]) == ("", None, "[]", "{}")
    assert (still, left) == (1, 0)


async def test_the_same_id_of_two_people_is_two_checklists(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, other, checklist = await bearer(), await bearer(), uuid4()
    key = (await put(client, me, checklist))["papers"][0]["key"]

    unknown = await client.get(f"/v1/me/checklists/{checklist}", headers=other)
    theirs = await put(client, other, checklist, ticks=[tick(key)])
    mine = (await client.get(f"/v1/me/checklists/{checklist}", headers=me)).json()

    assert unknown.status_code == 404
    assert (theirs["done"], mine["done"]) == (1, 0)
    assert (await client.delete(f"/v1/me/checklists/{checklist}", headers=other)).status_code == 204
    assert (await client.get(f"/v1/me/checklists/{checklist}", headers=me)).status_code == 200


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"procedure_code": "9.999999"}, 422, "procedure_unknown"),
        ({"case": "Trường hợp khác"}, 422, "procedure_case_unknown"),
        ({"procedure_code": "../x"}, 400, "invalid_request"),
        ({"ticks": [{"paper": "a", "is_done": True, "at": "2026-11-22T02:00:00"}]}, 400, "invalid_request"),
        ({"ticks": [tick("a")] * 301}, 400, "invalid_request"),
        ({"papers_version": "xyz"}, 400, "invalid_request"),
        ({"note": "chị Lan giữ"}, 400, "invalid_request"),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_name(
    client: httpx.AsyncClient, bearer: Bearer, said: dict[str, object], status: int, code: str
) -> None:
    refused = await put(client, await bearer(), uuid4(), status, **said)

    assert refused["code"] == code


async def test_an_id_stays_with_its_procedure(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, checklist = await bearer(), uuid4()
    await put(client, me, checklist)

    refused = await put(client, me, checklist, 409, procedure_code="1.001193")

    assert refused["code"] == "checklist_of_another_procedure"


async def test_two_phones_at_once_lose_nothing_and_fill_no_more_than_fits(real: Real) -> None:
    account = await real.account()
    me, other = await real.bearer(account), await real.bearer(account)
    checklist = uuid4()
    keys = [paper["key"] for paper in (await put(real.client, me, checklist))["papers"]]
    await real.pool.execute(
        """insert into checklists.checklists (account_id, id, procedure_code, papers, ticks, created_at, updated_at)
           select $1, gen_random_uuid(), $2, '[]', '{}', now(), now() from generate_series(1, $3)""",
        account, RESIDENCE, MOST_KEPT - 2,
    )  # fmt: skip

    await asyncio.gather(
        *(put(real.client, who, checklist, ticks=[tick(key)]) for who, key in zip((me, other) * 4, keys, strict=False))
    )
    answers = await asyncio.gather(
        *(
            real.client.put(f"/v1/me/checklists/{uuid4()}", headers=who, json={"procedure_code": RESIDENCE})
            for who in (me, other, me, other)
        )
    )

    found = (await real.client.get(f"/v1/me/checklists/{checklist}", headers=me)).json()
    assert found["done"] == min(len(keys), 8)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"checklists_full"}
