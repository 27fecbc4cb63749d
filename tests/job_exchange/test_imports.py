"""A file of postings, from the way in to the drafts."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from longan.rooms.job_exchange import store, tasks
from tests.conftest import Bearer, OnePool, TestClock
from tests.job_exchange.files import HEADINGS, ROW, imported, node, sent, sheet, worked
from tests.jobs.hiring import LONG_AN, OWNER, UNVERIFIED_OWNER, WORKER, employer_of, promised

Client = httpx.AsyncClient
Conn = asyncpg.Connection


def counts(over: dict[str, Any]) -> dict[str, int]:
    return {name: over[name] for name in ("made", "changed", "same", "kept", "refused") if over[name]}


async def test_each_good_row_of_a_sheet_becomes_a_draft(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    over, rows = await imported(client, conn, bearer, clock, sheet({}, {"source_key": "A-2", "title": "Thợ hàn"}))

    assert (over["state"], over["total"], counts(over)) == ("done", 2, {"made": 2})
    assert [(row["line"], row["status"], row["source_key"]) for row in rows] == [(2, "made", "A-1"), (3, "made", "A-2")]
    job = (await client.get(f"/v1/jobs/{rows[0]['job_id']}", headers=await bearer(OWNER))).json()
    assert (job["status"], job["title"], job["ward_code"], job["openings"]) == ("draft", ROW["title"], LONG_AN, 3)
    assert (job["pay"]["min"], job["pay"]["currency"], job["expires_at"]) == (9_000_000, "VND", "2090-12-31T17:00:00Z")


async def test_bad_rows_are_named_by_line_and_field_and_the_good_ones_kept(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    body = sheet(
        {"source_key": "1", "openings": "0"}, {"source_key": "2", "pay_min": "8.5"}, {"source_key": "3"},
        {"source_key": "4", "title": "", "expires_at": "31/02/2090"}, {"source_key": "5", "expires_at": "2020-01-01"},
        {"source_key": "6", "place": "Xã Không Có Đâu"},
    )  # fmt: skip

    over, rows = await imported(client, conn, bearer, clock, body)

    assert counts(over) == {"made": 1, "refused": 5}
    wrong = {row["line"]: [(error["pointer"], error["code"]) for error in row["errors"]] for row in rows}
    assert wrong == {
        2: [("/openings", "too_small")], 3: [("/pay/min", "bad_form")], 4: [],
        5: [("/expires_at", "bad_time"), ("/title", "required")], 6: [("/expires_at", "in_past")],
        7: [("/place", "not_found")],
    }  # fmt: skip


async def test_an_ambiguous_place_is_told_with_the_wards_it_may_be(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    _, rows = await imported(client, conn, bearer, clock, sheet({"place": "Huyện Bến Lức, Long An"}))

    (error,) = rows[0]["errors"]
    assert (error["pointer"], error["code"]) == ("/place", "ambiguous")
    assert "27991" in {choice["ward_code"] for choice in error["choices"]} and len(error["choices"]) > 1


async def test_the_same_file_again_makes_nothing_twice_and_what_changed_changes_a_draft(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    rows = [{}, {"source_key": "A-2"}, {"source_key": "", "title": "Không có mã"}]
    first, _ = await imported(client, conn, bearer, clock, sheet(*rows))
    again, _ = await imported(client, conn, bearer, clock, sheet(*rows))
    rows[1]["title"] = "Thợ hàn"

    changed, _ = await imported(client, conn, bearer, clock, sheet(*rows))

    assert (counts(first), counts(again)) == ({"made": 3}, {"same": 3})
    assert counts(changed) == {"same": 2, "changed": 1}


async def test_a_row_without_a_key_is_known_again_whatever_the_order_of_its_columns(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    row = {"source_key": ""}
    await imported(client, conn, bearer, clock, sheet(row))

    again, _ = await imported(client, conn, bearer, clock, sheet(row, headings=HEADINGS[::-1], separator=";"))

    assert counts(again) == {"same": 1}


async def test_what_is_no_draft_any_more_is_left_as_it_is(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    _, rows = await imported(client, conn, bearer, clock, sheet({}))
    await conn.execute(
        "update jobs.postings set status = 'open', published_at = now() where id = $1", rows[0]["job_id"]
    )

    over, again = await imported(client, conn, bearer, clock, sheet({"title": "Thợ hàn"}))

    assert (counts(over), again[0]["job_id"]) == ({"kept": 1}, rows[0]["job_id"])
    assert await conn.fetchval("select title from jobs.postings where id = $1", rows[0]["job_id"]) == ROW["title"]


async def test_two_rows_of_one_key_are_not_guessed_between(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    over, rows = await imported(client, conn, bearer, clock, sheet({}, {"title": "Thợ hàn"}))

    assert counts(over) == {"made": 1, "refused": 1}
    assert rows[1]["errors"][0]["code"] == "repeated"


async def test_who_is_no_member_finds_nothing_there(client: Client, conn: Conn, bearer: Bearer) -> None:
    employer = await employer_of(conn, OWNER)
    made = (await sent(client, conn, bearer, sheet({}))).json()

    for stranger in (WORKER, UNVERIFIED_OWNER):
        headers = await bearer(stranger)
        assert (await sent(client, conn, bearer, sheet({}), owner=stranger, employer=employer)).status_code == 404
        for path in (f"/v1/employers/{employer}/job-imports", *(
            f"/v1/job-imports/{made['id']}{rest}" for rest in ("", "/rows", "/report")
        )):  # fmt: skip
            assert (await client.get(path, headers=headers)).status_code == 404
        assert (await client.post(f"/v1/job-imports/{made['id']}/cancel", headers=headers)).status_code == 404


async def test_a_member_who_was_removed_meanwhile_imports_no_further(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    made = (await sent(client, conn, bearer, sheet({}))).json()
    await conn.execute("delete from members.members where account_id = $1", OWNER)

    await worked(conn, made, clock)

    state = await conn.fetchval("select state from job_exchange.imports where id = $1", UUID(made["id"]))
    assert state == "stopped"
    assert not await conn.fetchval("select count(*) from jobs.postings where source_key = 'A-1'")


async def test_cancelling_keeps_what_was_made_and_makes_no_more(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    made = (await sent(client, conn, bearer, sheet(*({"source_key": str(number)} for number in range(5))))).json()
    pool: Any = OnePool(conn)
    assert await tasks.step(pool, UUID(made["id"]), "80", clock(), {}, 2)

    ended = await client.post(f"/v1/job-imports/{made['id']}/cancel", headers=await bearer(OWNER))
    again = await client.post(f"/v1/job-imports/{made['id']}/cancel", headers=await bearer(OWNER))
    await worked(conn, made, clock)

    assert (ended.json()["state"], ended.json()["made"]) == ("cancelled", 2)
    assert again.status_code == 200 and again.json() == ended.json()
    assert await conn.fetchval("select count(*) from jobs.postings where source_key in ('0', '1', '2', '3', '4')") == 2


async def test_an_employer_has_one_import_running(client: Client, conn: Conn, bearer: Bearer) -> None:
    await sent(client, conn, bearer, sheet({}))

    second = await sent(client, conn, bearer, sheet({}))

    assert (second.status_code, second.json()["code"]) == (409, "import_running")


async def test_what_was_made_is_handed_on_to_be_published_when_that_was_asked_for(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    body = sheet({}, {"source_key": "A-2", "openings": "x"})

    _, rows = await imported(client, conn, bearer, clock, body, query="?publish=true")

    asked = [payload for topic, payload in await promised(conn) if topic == "publish_jobs"]
    employer = str(await employer_of(conn, OWNER))
    assert asked == [{"member_id": str(OWNER), "employer_id": employer, "job_ids": [rows[0]["job_id"]]}]


async def test_vietnamese_headings_words_and_separators_are_read(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    body = (
        "\ufeffsep=;\r\nMã tin;TIÊU ĐỀ;Mô tả;Số lượng;Hạn nộp;Nơi làm việc;Lương cơ bản;Phụ cấp;Loại hợp đồng;Ca;"
        "Phúc lợi;Trình độ;Kỹ năng;Giờ mỗi tuần;Ghi chú riêng\r\n"
        'V-1;Công nhân may;"- May chuyền\n- Có xe";20;31/12/2090;Phường Long An;6.000.000 đ;500,000;Xác định thời hạn;'
        "ba ca;Cơm ca | xe đưa rước;THPT;may, vá;48;abc\r\n"
    ).encode()

    over, rows = await imported(client, conn, bearer, clock, body)

    assert (counts(over), over["unknown_columns"]) == ({"made": 1}, ["Ghi chú riêng"]), rows
    job = (await client.get(f"/v1/jobs/{rows[0]['job_id']}", headers=await bearer(OWNER))).json()
    assert (job["pay"]["base"], job["pay"]["allowances"], job["contract"]) == (6_000_000, 500_000, "fixed_term")
    assert (job["shift"], job["benefits"], job["education"]) == ("three_shifts", ["meals", "bus"], "upper_secondary")
    assert (job["skills"], job["week_hours"], job["description"]) == (["may", "vá"], 48, "- May chuyền\n- Có xe")


async def test_a_formula_in_a_sheet_is_refused(client: Client, conn: Conn, bearer: Bearer, clock: TestClock) -> None:
    formulas = ["=cmd|'/C calc'!A0", "+1+cmd|'/C calc'!A0", "-2+3", "@SUM(1)", "\t=1"]
    rows = [{"source_key": f"K{number}", "title": text} for number, text in enumerate(formulas)]

    _, told = await imported(client, conn, bearer, clock, sheet(*rows, {"source_key": "=1+1", "title": "Thợ may"}))

    assert [row["errors"][0]["code"] for row in told] == ["formula"] * 6


async def test_a_report_holds_no_cell_that_is_run(client: Client, conn: Conn, bearer: Bearer, clock: TestClock) -> None:
    keys = ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(1)", " =1", "A-1"]
    over, _ = await imported(client, conn, bearer, clock, [node(identifier=key) for key in keys])

    report = await client.get(f"/v1/job-imports/{over['id']}/report", headers=await bearer(OWNER))

    assert report.headers["content-type"].startswith("text/csv") and report.content.startswith(b"\xef\xbb\xbf")
    _, *rows = csv.reader(io.StringIO(report.content.decode("utf-8-sig")))
    assert [row[2] for row in rows] == [*(f"'{key}" for key in keys[:5]), "A-1"]
    assert [row[:2] for row in rows] == [[str(number), "made"] for number in range(1, 7)]


async def test_rows_are_forgotten_a_month_after_the_end(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    over, _ = await imported(client, conn, bearer, clock, sheet({}))

    tx: Any = conn
    kept = await store.prune(tx, clock() + timedelta(days=29), 10)
    pruned = await store.prune(tx, clock() + timedelta(days=31), 10)

    assert (kept, pruned) == (0, 1)
    assert not await conn.fetchval("select count(*) from job_exchange.rows where import_id = $1", UUID(over["id"]))
    assert (await client.get(f"/v1/job-imports/{over['id']}", headers=await bearer(OWNER))).json()["made"] == 1


async def test_nodes_become_drafts_and_what_is_not_understood_is_told_per_node(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    nodes = [
        node(industry="May mặc", hiringOrganization={"@type": "Organization", "name": "Ai Khác"}),
        node(identifier="L-2", baseSalary={"currency": "EUR", "value": {"value": 1, "unitText": "MONTH"}}),
        {"@context": "https://schema.org", "@type": "Person", "name": "X"},
    ]

    over, rows = await imported(client, conn, bearer, clock, nodes)

    assert (over["format"], counts(over)) == ("json_ld", {"made": 1, "refused": 2})
    assert rows[0]["not_understood"] == ["industry", "hiringOrganization"]
    assert [(row["line"], row["errors"][0]["pointer"]) for row in rows[1:]] == [
        (2, "/baseSalary/currency"), (3, "/@type"),
    ]  # fmt: skip
    job = (await client.get(f"/v1/jobs/{rows[0]['job_id']}", headers=await bearer(OWNER))).json()
    assert (job["description"], job["pay"]["min"], job["ward_code"]) == ("May mẫu áo sơ mi.", 9_000_000, LONG_AN)


async def test_a_node_that_does_not_say_how_many_seeks_one(
    client: Client, conn: Conn, bearer: Bearer, clock: TestClock
) -> None:
    nodes = [node(totalJobOpenings=None), node(identifier="L-2", totalJobOpenings="nhiều")]

    over, rows = await imported(client, conn, bearer, clock, nodes)

    assert counts(over) == {"made": 1, "refused": 1}
    job = (await client.get(f"/v1/jobs/{rows[0]['job_id']}", headers=await bearer(OWNER))).json()
    assert job["openings"] == 1
    assert [error["pointer"] for error in rows[1]["errors"]] == ["/totalJobOpenings"]
