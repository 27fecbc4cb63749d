"""Which unit a report goes to: the most specific rule of the day, never a guess; every change is on record."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.feedback.feedback_routing import Place, suggested
from longan.floor.pay_and_days.wages import day_of
from tests.conftest import TestClock
from tests.feedback_desk.conftest import (
    Headers,
    Official,
    Sent,
    a_rule,
    a_unit,
    acted,
    brought,
    parts,
    seen,
    version_on,
)
from tests.jobs.hiring import BEN_LUC, LONG_AN

UNITS, RULES, CHANGES = "/v1/feedback-units", "/v1/feedback-routing-rules", "/v1/feedback-routing-changes"


async def place(conn: asyncpg.Connection, app: Edge, category: str = "giao_thong", ward: str | None = LONG_AN) -> Place:
    version = await version_on(conn, app.app.state.clock())
    return Place(category, "80", version if ward else None, ward)


async def named(conn: asyncpg.Connection, app: Edge, where: Place, day: date | None = None) -> tuple[str, str] | None:
    found = await suggested(conn, where, day or day_of(app.app.state.clock()))
    return None if found is None else (found.unit_name, found.because)


async def test_the_most_specific_rule_wins(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official
) -> None:
    who = await official()
    for name, said in (
        ("Tất cả", {}),
        ("Phường", {"ward_code": LONG_AN}),
        ("Đường bộ", {"category_code": "giao_thong"}),
        ("Đường bộ Long An", {"category_code": "giao_thong", "ward_code": LONG_AN}),
    ):
        assert (await a_rule(client, who, await a_unit(client, who, name), **said)).status_code == 201

    assert await named(conn, app, await place(conn, app)) == ("Đường bộ Long An", "category_and_ward")
    assert await named(conn, app, await place(conn, app, ward=BEN_LUC)) == ("Đường bộ", "category")
    assert await named(conn, app, await place(conn, app, "ha_tang")) == ("Phường", "ward")
    assert await named(conn, app, await place(conn, app, "ha_tang", BEN_LUC)) == ("Tất cả", "everything")


async def test_what_has_no_known_place_stays_at_the_desk(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent
) -> None:
    who, report = await official(), await sent(ward_code=None)
    unit = await a_unit(client, who)
    await a_rule(client, who, unit)
    assert await named(conn, app, await place(conn, app, ward=None)) is None
    await brought(client, who, report, ("acceptance", {}))

    refused = await acted(client, who, report, "forwarding")
    chosen = await acted(client, who, report, "forwarding", unit_id=unit["id"])

    assert parts(refused) == (422, "no_unit_suggested")
    assert chosen.json()["unit_id"] == unit["id"]


async def test_a_ward_that_changed_since_the_rule_was_made_is_not_guessed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official
) -> None:
    """A rule for a ward of the list before does not speak for the ward that was made of it and others; nor does the
    rule for everything then. What lies in a ward of before that became a part of one now goes by the rule of that."""
    who, version = await official(), await version_on(conn, app.app.state.clock())
    whole = await conn.fetchrow(
        """select s.old_version, s.old_code from places.successions s
            where s.new_version = $1 and s.new_code = $2 and s.kind = 'whole'
              and (select count(*) from places.successions o
                    where (o.old_version, o.old_code, o.new_version) = (s.old_version, s.old_code, s.new_version)) = 1
            limit 1""",
        version, LONG_AN,
    )  # fmt: skip
    split = await conn.fetchrow(
        """select s.old_version, s.old_code, min(s.new_code) as new_code from places.successions s
            where s.new_version = $1 group by 1, 2 having count(*) > 1 limit 1""",
        version,
    )  # fmt: skip
    await a_rule(client, who, await a_unit(client, who, "Tất cả"))
    await a_rule(client, who, await a_unit(client, who, "Phường"), ward_code=LONG_AN)
    before = Place("giao_thong", "80", whole["old_version"], whole["old_code"])
    assert await named(conn, app, before) == ("Phường", "ward")

    await conn.execute(
        "update feedback_units.rules set ward_version = $1, ward_code = $2 where ward_code = $3",
        whole["old_version"], whole["old_code"], LONG_AN,
    )  # fmt: skip
    assert await named(conn, app, await place(conn, app)) is None
    assert await named(conn, app, before) == ("Phường", "ward")
    assert await named(conn, app, await place(conn, app, ward=BEN_LUC)) == ("Tất cả", "everything")

    await conn.execute(
        "update feedback_units.rules set ward_version = $1, ward_code = $2 where ward_code is not null",
        version, split["new_code"],
    )  # fmt: skip
    assert await named(conn, app, Place("giao_thong", "80", split["old_version"], split["old_code"])) is None


async def test_rules_and_units_hold_on_their_days(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, clock: TestClock
) -> None:
    who, today = await official(), day_of(clock())
    old, new = await a_unit(client, who, "Cũ"), await a_unit(client, who, "Mới")
    await a_rule(client, who, old, category_code="giao_thong")

    overlapping = await a_rule(client, who, new, category_code="giao_thong", valid_from=str(today + timedelta(days=9)))
    replaced = await a_rule(
        client, who, new, category_code="giao_thong", valid_from=str(today + timedelta(days=9)), replace=True
    )

    assert parts(overlapping) == (409, "routing_rule_overlaps")
    assert replaced.status_code == 201
    where = await place(conn, app)
    assert await named(conn, app, where, today + timedelta(days=8)) == ("Cũ", "category")
    assert await named(conn, app, where, today + timedelta(days=9)) == ("Mới", "category")
    await client.post(f"{RULES}/{replaced.json()['id']}/end", headers=who)
    assert await named(conn, app, where, today + timedelta(days=9)) is None


async def test_a_unit_is_given_what_it_handles_only(
    client: httpx.AsyncClient, official: Official, sent: Sent, clock: TestClock
) -> None:
    who, report = await official(), await sent()
    units = {
        "ward": await a_unit(client, who, "Bến Lức", ward_codes=[BEN_LUC]),
        "category": await a_unit(client, who, "Đèn", category_codes=["ha_tang"]),
        "later": await a_unit(client, who, "Sau", valid_from=str(day_of(clock()) + timedelta(days=1))),
    }
    good = await a_unit(client, who, "Đúng", ward_codes=[LONG_AN, BEN_LUC], category_codes=["giao_thong"])
    await brought(client, who, report, ("acceptance", {}))

    for unit in (*units.values(), {"id": str(uuid4())}):
        answer = await acted(client, who, report, "forwarding", unit_id=unit["id"])
        assert parts(answer) == (422, "unit_not_responsible")
    assert (await acted(client, who, report, "forwarding", unit_id=good["id"])).status_code == 200


async def test_that_another_unit_was_chosen_than_the_rules_name_is_on_record(
    client: httpx.AsyncClient, official: Official, sent: Sent
) -> None:
    who, report = await official(), await sent()
    named_unit, other = await a_unit(client, who, "Theo quy tắc"), await a_unit(client, who, "Khác")
    await a_rule(client, who, named_unit)
    await brought(client, who, report, ("acceptance", {}))
    found = await seen(client, who, report)
    assert found["suggestion"]["unit_id"] == named_unit["id"]

    await brought(client, who, report, ("forwarding", {"unit_id": other["id"]}), ("forwarding", {}))

    acts = (await seen(client, who, report))["acts"]
    assert [(act["action"], act["unit_id"]) for act in acts] == [("routed", named_unit["id"])]


@pytest.mark.parametrize("act", ["unit", "rule", "change", "end"])
async def test_the_routing_of_a_ward_is_kept_by_those_appointed_for_it(
    client: httpx.AsyncClient, official: Official, act: str
) -> None:
    everywhere, here, there = await official(), await official([LONG_AN]), await official([BEN_LUC])
    unit = await a_unit(client, everywhere, ward_codes=[LONG_AN])
    rule = (await a_rule(client, here, unit, ward_code=LONG_AN)).json()

    async def tried(who: Headers) -> httpx.Response:
        key = {"Idempotency-Key": str(uuid4())}
        if act == "unit":
            body = {"name": "Mới", "ward_codes": [LONG_AN]}
            return await client.post(UNITS, json=body, headers=who | key)
        if act == "rule":
            return await a_rule(client, who, unit, ward_code=LONG_AN, category_code="ha_tang")
        if act == "end":
            return await client.post(f"{RULES}/{rule['id']}/end", headers=who)
        return await client.patch(f"{UNITS}/{unit['id']}", json={"name": "Khác"}, headers=who | {"If-Match": "*"})

    assert parts(await tried(there)) == (403, "forbidden")
    assert (await tried(here)).status_code < 300
    province_wide = await client.post(UNITS, json={"name": "Tỉnh"}, headers=here | {"Idempotency-Key": str(uuid4())})
    assert parts(province_wide) == (403, "forbidden")


async def test_a_unit_ends_after_its_rules(client: httpx.AsyncClient, official: Official, clock: TestClock) -> None:
    who, today = await official(), day_of(clock())
    unit = await a_unit(client, who, category_codes=["giao_thong", "ha_tang"])
    rule = (await a_rule(client, who, unit, category_code="giao_thong")).json()
    path, match = f"{UNITS}/{unit['id']}", who | {"If-Match": '"v1"'}

    assert parts(await client.patch(path, json={"ended_on": str(today)}, headers=match)) == (
        409, "feedback_unit_has_rules",
    )  # fmt: skip
    assert parts(await client.patch(path, json={"category_codes": ["ha_tang"]}, headers=match)) == (
        409, "feedback_unit_has_rules",
    )  # fmt: skip
    past = await client.patch(path, json={"ended_on": str(today - timedelta(days=1))}, headers=match)
    assert parts(past) == (400, "invalid_request")
    assert (await client.post(f"{RULES}/{rule['id']}/end", headers=who)).status_code == 204
    ended = await client.patch(path, json={"ended_on": str(today)}, headers=match)
    assert ended.json()["ended_on"] == str(today)
    assert parts(await client.patch(path, json={"name": "X"}, headers=match)) == (412, "stale")
    assert parts(await a_rule(client, who, unit)) == (422, "unit_not_responsible")
    assert (await client.post(f"{RULES}/{rule['id']}/end", headers=who)).status_code == 404


async def test_what_is_not_known_is_refused_by_name(client: httpx.AsyncClient, official: Official) -> None:
    who = await official()
    unit = await a_unit(client, who, "Một", ward_codes=[LONG_AN])

    async def made(**said: Any) -> tuple[int, str]:
        headers = who | {"Idempotency-Key": str(uuid4())}
        return parts(await client.post(UNITS, json={"name": "Hai", **said}, headers=headers))

    assert await made(ward_codes=["99999"]) == (422, "ward_unknown")
    assert await made(category_codes=["khieu_nai"]) == (422, "feedback_category_unknown")
    assert await made(name="MỘT") == (409, "feedback_unit_name_taken")
    assert parts(await a_rule(client, who, unit, ward_code=BEN_LUC)) == (422, "unit_not_responsible")
    assert parts(await a_rule(client, who, unit)) == (422, "unit_not_responsible")
    assert parts(await a_rule(client, who, {"id": str(uuid4())})) == (422, "unit_not_responsible")


async def test_every_change_of_the_routing_is_on_record(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, clock: TestClock
) -> None:
    who = await official(agency="H53.903")
    unit = await a_unit(client, who)
    rule = (await a_rule(client, who, unit)).json()
    await client.post(f"{RULES}/{rule['id']}/end", headers=who)
    await client.patch(f"{UNITS}/{unit['id']}", json={"name": "Tên mới"}, headers=who | {"If-Match": "*"})
    await client.patch(
        f"{UNITS}/{unit['id']}", json={"ended_on": str(day_of(clock()))}, headers=who | {"If-Match": "*"}
    )

    changes = (await client.get(CHANGES, params={"unit_id": unit["id"]}, headers=who)).json()["items"]

    assert [each["action"] for each in changes] == [
        "unit_ended", "unit_changed", "rule_ended", "rule_added", "unit_added",
    ]  # fmt: skip
    assert (changes[1]["before"]["name"], changes[1]["after"]["name"]) == (unit["name"], "Tên mới")
    assert (changes[2]["before"]["ended_on"], changes[2]["rule_id"]) == (None, rule["id"])
    assert {each["agency_code"] for each in changes} == {"H53.903"}
    assert len({UUID(each["by"]) for each in changes}) == 1


async def test_units_and_rules_are_listed_for_a_ward_and_a_category(
    client: httpx.AsyncClient, official: Official
) -> None:
    who = await official()
    one = await a_unit(client, who, "A", ward_codes=[LONG_AN], category_codes=["ha_tang"])
    two = await a_unit(client, who, "B")
    await a_rule(client, who, one, ward_code=LONG_AN, category_code="ha_tang")

    async def listed(path: str, **asked: str) -> list[str]:
        answer = await client.get(path, params=asked, headers=await official([BEN_LUC]))
        return [item["id" if path == UNITS else "unit_id"] for item in answer.json()["items"]]

    assert await listed(UNITS, ward_code=LONG_AN) == [one["id"], two["id"]]
    assert await listed(UNITS, ward_code=BEN_LUC) == [two["id"]]
    assert await listed(UNITS, category_code="giao_thong") == [two["id"]]
    assert await listed(UNITS, current="false") == []
    assert await listed(RULES, ward_code=LONG_AN) == [one["id"]]
    assert await listed(RULES, ward_code=BEN_LUC) == []
