"""What waits for an official: their wards only, what is due first at the top, found by words with marks or without."""

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.search.search import plain_words
from longan.rooms.feedback_desk.store import QUEUE as LISTING
from tests.conftest import TestClock, new_account
from tests.feedback_desk.conftest import QUEUE, Headers, Official, Sent, a_unit, acted, appoint, brought, version_on
from tests.jobs.hiring import BEN_LUC, LONG_AN


async def ids(client: httpx.AsyncClient, who: Headers, **asked: Any) -> list[str]:
    """Of the whole list, page by page."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 2, **asked} | ({"cursor": cursor} if cursor else {})
        answer = await client.get(QUEUE, params=params, headers=who)
        assert answer.status_code == 200, answer.text
        found += [item["id"] for item in answer.json()["items"]]
        if (cursor := answer.json()["next_cursor"]) is None:
            return found


async def test_the_queue_is_what_the_wards_of_the_role_reach(
    client: httpx.AsyncClient, official: Official, sent: Sent
) -> None:
    here, there, nowhere = await sent(), await sent(ward_code=BEN_LUC), await sent(ward_code=None)

    assert set(await ids(client, await official([LONG_AN]))) == {str(here)}
    assert set(await ids(client, await official([LONG_AN, BEN_LUC]))) == {str(here), str(there)}
    assert set(await ids(client, await official())) == {str(here), str(there), str(nowhere)}


async def test_the_queue_reaches_what_staff_may_says(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent
) -> None:
    """Of wards of the list before as well: whoever was appointed for one, or for what became of it."""
    now = app.app.state.clock()
    version = await version_on(conn, now)
    old = await conn.fetch(
        """select s.old_version, s.old_code from places.successions s
            where s.new_version = $1 and s.new_code in ($2, $3) order by s.new_code, s.old_code""",
        version, LONG_AN, BEN_LUC,
    )  # fmt: skip
    for row in old:
        await sent(ward_version=row["old_version"], ward_code=row["old_code"], lat=None, lon=None)
    await sent(), await sent(ward_code=BEN_LUC), await sent(ward_code=None)
    account = await new_account(conn, app, role="official")
    who = await official([LONG_AN], account=account)
    before = await new_account(conn, app, role="official")
    bearer = await official([LONG_AN], account=before)
    await conn.execute(
        "update staff.grants set ward_version = $2, ward_codes = $3 where account_id = $1",
        before, old[0]["old_version"], [old[0]["old_code"]],
    )  # fmt: skip

    now = app.app.state.clock()
    for each, headers in ((account, who), (before, bearer)):
        rows = await conn.fetch(
            """select r.id from feedback.reports r
                where staff.may($1, 'feedback', r.ward_version, r.ward_code, $2)""",
            each, now,
        )  # fmt: skip
        assert set(await ids(client, headers)) == {str(row["id"]) for row in rows}
        counts = (await client.get(f"{QUEUE}/counts", headers=headers)).json()
        assert counts["open"] == len(rows)


async def test_what_is_due_first_comes_first(
    client: httpx.AsyncClient, official: Official, sent: Sent, clock: TestClock
) -> None:
    now, who = clock(), await official()
    newer, older = await sent(), await sent(at=now - timedelta(days=30))
    urgent = await sent(at=now - timedelta(days=30, minutes=5), is_urgent=True)

    assert await ids(client, who) == [str(urgent), str(older), str(newer)]
    assert await ids(client, who, sort="newest") == [str(newer), str(older), str(urgent)]


async def test_each_filter_leaves_what_it_says(
    client: httpx.AsyncClient, official: Official, sent: Sent, clock: TestClock
) -> None:
    who = await official()
    plain, lamp = await sent(), await sent(category_code="ha_tang", description="Đèn đường hỏng, tối om")
    late, urgent = await sent(at=clock() - timedelta(days=30)), await sent(is_urgent=True, ward_code=BEN_LUC)
    accepted, refused = await sent(), await sent()
    unit = await a_unit(client, who)
    await brought(client, who, accepted, ("acceptance", {}), ("forwarding", {"unit_id": unit["id"]}))
    await brought(client, who, refused, ("refusal", {"words": "Không rõ.", "reason_code": "not_enough"}))
    await brought(client, who, lamp, ("publication", {}))
    every = {str(each) for each in (plain, lamp, late, urgent, accepted)}

    assert set(await ids(client, who)) == every
    assert await ids(client, who, category_code="ha_tang") == [str(lamp)]
    assert await ids(client, who, ward_code=BEN_LUC) == [str(urgent)]
    assert await ids(client, who, late=True) == [str(late)]
    assert set(await ids(client, who, late=False)) == every - {str(late)}
    assert await ids(client, who, urgent=True) == [str(urgent)]
    assert await ids(client, who, unit_id=unit["id"]) == [str(accepted)]
    assert await ids(client, who, visibility="public") == [str(lamp)]
    assert await ids(client, who, status="tu_choi") == [str(refused)]
    assert set(await ids(client, who, status="tu_choi,da_chuyen")) == {str(refused), str(accepted)}
    assert await ids(client, who, q="den duong") == [str(lamp)]
    assert await ids(client, who, q="ĐÈN  đường", urgent=True) == []
    code = (await client.get(f"{QUEUE}/{late}", headers=who)).json()["code"]
    assert await ids(client, who, q=code.lower()) == [str(late)]


async def test_the_counts_are_those_of_the_lists(
    client: httpx.AsyncClient, official: Official, sent: Sent, clock: TestClock
) -> None:
    who = await official()
    asked = await sent(at=clock() - timedelta(days=30))
    await sent(is_urgent=True), await sent(at=clock() - timedelta(days=30)), await sent()
    await brought(client, who, asked, ("question", {"words": "Ở đâu?"}))

    counts = (await client.get(f"{QUEUE}/counts", headers=who)).json()

    assert counts == {
        "open": 4, "late": 1, "urgent": 1, "without_unit": 4, "unpublished": 4,
        "by_status": [{"status": "moi_gui", "reports": 3}, {"status": "yeu_cau_bo_sung", "reports": 1}],
    }  # fmt: skip


async def test_a_cursor_is_of_one_list_and_one_official(
    client: httpx.AsyncClient, official: Official, sent: Sent
) -> None:
    one, other = await official(), await official()
    for _ in range(3):
        await sent()
    cursor = (await client.get(QUEUE, params={"limit": 1}, headers=one)).json()["next_cursor"]

    for params, who in (({"urgent": True}, one), ({}, other), ({"sort": "newest"}, one)):
        answer = await client.get(QUEUE, params={**params, "limit": 1, "cursor": cursor}, headers=who)
        assert answer.json()["errors"][0]["code"] == "bad_cursor"


@pytest.mark.parametrize(
    "asked", ["status=moi", "sort=oldest", "late=maybe", "unit_id=7", "q=%2E%2E%2E", "q=ab", "limit=101"]
)
async def test_what_cannot_be_asked_is_refused(client: httpx.AsyncClient, official: Official, asked: str) -> None:
    assert (await client.get(f"{QUEUE}?{asked}", headers=await official())).status_code == 400


@pytest.mark.parametrize("typed", ["((((", r"\\b", "a%b_c", "100%", "___", "[a-", "ổ gà", "a" * 80, "'; drop"])
async def test_what_is_typed_is_no_expression(
    client: httpx.AsyncClient, official: Official, sent: Sent, typed: str
) -> None:
    await sent(description="Không có gì trong đó cả")

    answer = await client.get(QUEUE, params={"q": typed}, headers=await official())

    assert answer.status_code == 400 or answer.json()["items"] == []


@given(text=st.text("aáàạâẩăằđĐdeêôơưựyỹKCX 1２.,-\n\u0301", min_size=1, max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_database_has_words_as_the_module_has_them(conn: asyncpg.Connection, text: str) -> None:
    assert (await conn.fetchval("select feedback_desk.plain($1)", text)).strip() == " ".join(plain_words(text))


async def test_what_has_ended_has_no_order_of_terms(client: httpx.AsyncClient, official: Official, sent: Sent) -> None:
    who, report = await official(), await sent()
    await brought(client, who, report, ("refusal", {"words": "x", "reason_code": "other"}))

    assert await ids(client, who, status="tu_choi", sort="newest") == [str(report)]
    assert (await client.get(QUEUE, params={"status": "tu_choi", "sort": "due"}, headers=who)).status_code == 400


CROWD = """
insert into feedback.reports (code, category_code, description, province_code, ward_version, ward_code, origin, status,
                              accept_due_at, due_at, created_at, updated_at)
select 'PA-' || translate(to_char(n, 'FM0000'), '01', 'AB') || '-2222', 'khac',
       case when n % 500 = 0 then 'Đèn đường hỏng số ' else 'Ổ gà, rác, cống nghẹt ' end || n, '80',
       places.version_on($1), $2, 'open311', case when n % 20 = 0 then 'moi_gui' else 'da_dong' end,
       $1 - n * interval '1 minute', $1 - n * interval '1 minute', $1 - n * interval '1 minute', $1
  from generate_series(2000, 9999) n"""


@pytest.mark.parametrize(
    ("order", "given", "index"),
    [
        ("due", {"open": True}, "reports_by_term"),
        ("newest", {"words": "den duong hong"}, "reports_by_words"),
        ("newest", {"statuses": ["da_dong"]}, "reports_handled"),
        ("newest", {"code": "PA-2222-2222"}, "reports_one_per_code"),
    ],
)  # fmt: skip
async def test_each_list_has_its_index(
    conn: asyncpg.Connection, app: Edge, order: str, given: dict[str, Any], index: str
) -> None:
    account, now = await new_account(conn, app, role="official"), app.app.state.clock()
    await appoint(conn, account, now)
    await conn.execute(CROWD, now, LONG_AN)
    await conn.execute("select gin_clean_pending_list('feedback.reports_by_words')")
    await conn.execute("analyze feedback.reports")
    await conn.execute("set local random_page_cost = 1.1; set local plan_cache_mode = force_generic_plan")
    values: dict[str, Any] = {"official_id": account, "now": now, **given}
    sql, names = LISTING.statement(order, frozenset(values), 21)

    plan = await conn.fetch("explain (costs off) " + sql, *(values[name] for name in names))

    assert any(index in row[0] for row in plan), "\n".join(row[0] for row in plan)


async def test_merged_reports_are_in_no_queue(client: httpx.AsyncClient, official: Official, sent: Sent) -> None:
    who = await official()
    one, main = await sent(), await sent()

    merged = await acted(client, who, one, "merge", into=str(main), into_version=1)

    assert merged.status_code == 200
    assert await ids(client, who) == [str(main)]
