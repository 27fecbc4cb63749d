"""What a posting says beyond its title: shown whole, changed field by field, and every change on record."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer
from tests.jobs.hiring import BEN_LUC, LONG_AN, OWNER, WORKER, drafted, history, promised, published, stepped

WHOLE: dict[str, Any] = {
    "pay": {"base": 6_500_000, "allowances": 700_000, "attendance": 300_000, "deductions": 100_000, "max": 12_000_000},
    "contract": "fixed_term",
    "shift": "two_shifts",
    "week_hours": 48,
    "week_days": 6,
    "benefits": ["meals", "bus"],
    "experience_months": 6,
    "education": "lower_secondary",
    "skills": ["máy một kim", "vắt sổ"],
}


async def park_in(conn: asyncpg.Connection, ward_code: str) -> tuple[str, str]:
    row = await conn.fetchrow("select code, name from places.parks where ward_code = $1 limit 1", ward_code)
    return row["code"], row["name"]


async def occupation(conn: asyncpg.Connection) -> tuple[str, str]:
    row = await conn.fetchrow("select code, name from reference.occupations order by level desc, code limit 1")
    return row["code"], row["name"]


async def changed(client: httpx.AsyncClient, bearer: Bearer, posting: str, **change: object) -> httpx.Response:
    headers = await bearer(OWNER) | {"If-Match": "*"}
    return await client.patch(f"/v1/jobs/{posting}", json=change, headers=headers)


async def test_everything_an_employer_says_is_shown(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    park, occupied = await park_in(conn, BEN_LUC), await occupation(conn)

    made = await drafted(
        client, conn, bearer, **WHOLE, ward_code=BEN_LUC, park_code=park[0], occupation_code=occupied[0]
    )

    assert {name: made[name] for name in WHOLE if name != "pay"} == {n: v for n, v in WHOLE.items() if n != "pay"}
    assert made["pay"] | WHOLE["pay"] == made["pay"]
    assert made["pay"]["effective_month"] == 7_400_000
    assert made["park"] == {"code": park[0], "name": park[1]}
    assert made["occupation"] == {"code": occupied[0], "name": occupied[1]}
    assert (made["minimum_wage"]["is_kept"], made["minimum_wage"]["law"]) == (True, "BLLĐ 2019 Điều 90-91")


async def test_what_was_not_said_is_null_and_not_guessed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await drafted(client, conn, bearer)

    empty = {name for name in made if made[name] in (None, [])}
    assert empty == {
        "occupation", "contract", "shift", "week_hours", "week_days", "benefits", "experience_months", "education",
        "skills", "park", "review", "published_at", "closed_at",
    }  # fmt: skip


@pytest.mark.parametrize("field", [name for name in WHOLE if name != "pay"])
async def test_each_field_can_be_changed_and_becomes_unknown_when_it_is_cleared(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, field: str
) -> None:
    made = await drafted(client, conn, bearer)

    given = await changed(client, bearer, made["id"], **{field: WHOLE[field]})
    cleared = await changed(client, bearer, made["id"], clear=[field])
    both = await changed(client, bearer, made["id"], clear=[field], **{field: WHOLE[field]})

    assert given.json()[field] == WHOLE[field]
    assert cleared.json()[field] in (None, [])
    assert both.json()["errors"][0]["pointer"] == "/clear"
    others = {"version", "updated_at", field, "pay", "minimum_wage"}
    assert {n: v for n, v in cleared.json().items() if n not in others} == {
        n: v for n, v in made.items() if n not in others
    }


async def test_the_pay_one_can_rely_on_follows_the_hours(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await drafted(client, conn, bearer, pay={"min": 40_000, "period": "hour"}, week_hours=48)

    fewer = await changed(client, bearer, made["id"], week_hours=24)

    assert fewer.json()["pay"]["effective_month"] == made["pay"]["effective_month"] // 2


async def test_a_park_lies_in_the_ward_of_the_posting_also_when_either_changes(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    park, _ = await park_in(conn, BEN_LUC)
    made = await drafted(client, conn, bearer, ward_code=BEN_LUC, park_code=park)

    left_behind = await changed(client, bearer, made["id"], ward_code=LONG_AN)
    without = await changed(client, bearer, made["id"], ward_code=LONG_AN, clear=["park_code"])
    elsewhere = await changed(client, bearer, made["id"], park_code=park)

    for refused in (left_behind, elsewhere):
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/park_code")
    assert (without.json()["ward_code"], without.json()["park"]) == (LONG_AN, None)


async def test_the_point_of_a_posting_is_that_of_its_ward_whatever_its_park(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    park, _ = await park_in(conn, BEN_LUC)

    made = await drafted(client, conn, bearer, ward_code=BEN_LUC, park_code=park)

    assert await conn.fetchval(
        "select (j.lat, j.lon) = (u.lat, u.lon) from jobs.postings j "
        "join places.units u on u.version = j.ward_version and u.code = j.ward_code where j.id = $1", UUID(made["id"])
    )  # fmt: skip


async def test_a_change_that_changes_nothing_makes_no_version_and_no_history(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await published(client, conn, bearer)
    before = await promised(conn)

    same = await changed(client, bearer, made["id"], title=made["title"], ward_code=made["ward_code"], clear=["shift"])

    assert same.json() == made
    assert await promised(conn) == before
    assert len(await history(conn, made["id"])) == 1


async def test_the_openings_stay_above_the_places_that_are_taken(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await published(client, conn, bearer)
    await conn.execute("update jobs.postings set filled = 2 where id = $1", UUID(made["id"]))

    refused, taken = [await changed(client, bearer, made["id"], openings=number) for number in (2, 3)]

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/openings")
    assert taken.status_code == 200


async def test_a_wrong_pay_that_is_there_already_does_not_keep_anybody_from_changing_the_title(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await drafted(client, conn, bearer)
    await conn.execute(
        "update jobs.postings set pay_overtime = 1, pay_overtime_hours = 60, pay_base = 9000000 where id = $1",
        UUID(made["id"]),
    )

    renamed = await changed(client, bearer, made["id"], title="Thợ may áo dài")
    repaid = await changed(client, bearer, made["id"], pay={"base": 9_000_000, "overtime": 1, "overtime_hours": 60})

    assert renamed.status_code == 200
    assert (repaid.status_code, repaid.json()["errors"][0]["pointer"]) == (400, "/pay/overtime")


async def test_members_read_what_was_changed_from_what_to_what_by_whom(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await published(client, conn, bearer, **WHOLE)
    await changed(client, bearer, made["id"], openings=5, pay=WHOLE["pay"] | {"base": 7_000_000}, benefits=["bus"])
    await changed(client, bearer, made["id"], clear=["shift", "skills"])
    path, headers = f"/v1/jobs/{made['id']}/history", await bearer(OWNER)

    shown = (await client.get(path, headers=headers)).json()
    first = (await client.get(path, params={"limit": 1}, headers=headers)).json()
    rest = (await client.get(path, params={"cursor": first["next_cursor"]}, headers=headers)).json()

    assert [(event["from_status"], event["to_status"], event["version"]) for event in shown["items"]] == [
        ("open", "open", 4), ("open", "open", 3), ("draft", "open", 2),
    ]  # fmt: skip
    assert {event["changed_by"] for event in shown["items"]} == {str(OWNER)}
    assert shown["items"][0]["changes"] == [
        {"field": "shift", "old": "two_shifts", "new": None},
        {"field": "skills", "old": "máy một kim, vắt sổ", "new": None},
    ]
    assert shown["items"][1]["changes"] == [
        {"field": "benefits", "old": "meals, bus", "new": "bus"},
        {"field": "openings", "old": "3", "new": "5"},
        {"field": "pay/base", "old": "6500000", "new": "7000000"},
    ]
    assert first["items"] + rest["items"] == shown["items"]


async def test_the_history_shows_no_official_by_id_and_nothing_at_all_to_strangers(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await published(client, conn, bearer)
    await conn.execute(
        """insert into jobs.history (posting_id, version, changed_by, side, from_status, to_status, reason, changed_at)
           values ($1, 3, $2, 'official', 'open', 'paused', 'Chờ giải trình.', now())""",
        UUID(made["id"]), WORKER,
    )  # fmt: skip

    shown = (await client.get(f"/v1/jobs/{made['id']}/history", headers=await bearer(OWNER))).json()
    stranger = await client.get(f"/v1/jobs/{made['id']}/history", headers=await bearer(WORKER))

    assert [(event["side"], event["changed_by"]) for event in shown["items"] if event["side"] == "official"] == [
        ("official", None)
    ]
    assert stranger.status_code == 404


async def test_a_posting_can_be_copied_whatever_became_of_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await published(client, conn, bearer, **WHOLE)
    await conn.execute("update jobs.postings set filled = 3 where id = $1", UUID(made["id"]))
    await stepped(client, bearer, made["id"], "close")

    copied = await stepped(client, bearer, made["id"], "copy")
    sooner = await stepped(client, bearer, made["id"], "copy", expires_at="2098-01-01T00:00:00Z")
    over = await stepped(client, bearer, made["id"], "copy", expires_at="2020-01-01T00:00:00Z")
    stranger = await stepped(client, bearer, made["id"], "copy", WORKER)

    own = {"id", "status", "filled", "published_at", "closed_at", "created_at", "updated_at", "version", "review"}
    assert {n: v for n, v in copied.json().items() if n not in own} == {n: v for n, v in made.items() if n not in own}
    assert (copied.status_code, copied.json()["status"], copied.json()["filled"]) == (201, "draft", 0)
    assert copied.json()["id"] != made["id"]
    assert sooner.json()["expires_at"] == "2098-01-01T00:00:00Z"
    assert (over.status_code, stranger.status_code) == (400, 404)


async def test_a_copy_of_what_is_over_has_thirty_days(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await published(client, conn, bearer)
    await conn.execute(
        "update jobs.postings set expires_at = now() - interval '1 day', status = 'expired' where id = $1",
        UUID(made["id"]),
    )

    copied = await stepped(client, bearer, made["id"], "copy")

    assert copied.status_code == 201
    assert copied.json()["expires_at"] > copied.json()["created_at"]


async def test_members_list_all_their_postings_newest_first_with_how_many_applied(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = [await drafted(client, conn, bearer, title=f"Thợ số {number}") for number in range(3)]
    await stepped(client, bearer, made[1]["id"], "publish")
    await client.post(f"/v1/jobs/{made[1]['id']}/applications", json={}, headers=await bearer(WORKER))
    await client.post(f"/v1/jobs/{made[1]['id']}/applications", json={}, headers=await bearer())
    await conn.execute(
        "update applications.applications set status = 'viewed' where job_id = $1 and worker_id = $2",
        UUID(made[1]["id"]), WORKER,
    )  # fmt: skip
    path, headers = f"/v1/employers/{made[0]['employer']['id']}/jobs", await bearer(OWNER)

    page = (await client.get(path, params={"limit": 2}, headers=headers)).json()
    rest = (await client.get(path, params={"cursor": page["next_cursor"]}, headers=headers)).json()
    drafts = (await client.get(path, params={"status": "draft,closed"}, headers=headers)).json()

    assert [item["id"] for item in page["items"]] == [made[2]["id"], made[1]["id"]]
    assert [(item["status"], item["applications"], item["unanswered"]) for item in page["items"]] == [
        ("draft", 0, 0), ("open", 2, 1),
    ]  # fmt: skip
    assert rest["items"][0]["id"] == made[0]["id"]
    assert [item["id"] for item in drafts["items"]] == [made[2]["id"], made[0]["id"]]


async def test_the_list_of_an_employer_is_its_members_alone(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await drafted(client, conn, bearer)
    path = f"/v1/employers/{made['employer']['id']}/jobs"

    stranger = await client.get(path, headers=await bearer(WORKER))
    unknown = await client.get(path, params={"status": "gone"}, headers=await bearer(OWNER))

    assert stranger.status_code == 404
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "?status")


async def test_hours_that_no_week_has_are_refused_without_pay_as_well(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer)
    headers = await bearer(OWNER) | {"If-Match": "*"}
    change = {"clear": ["pay"], "week_hours": 72, "week_days": 1}

    answer = await client.patch(f"/v1/jobs/{draft['id']}", json=change, headers=headers)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/week_hours")
