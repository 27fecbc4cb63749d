"""From a file of procedures to versions that people read."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.devkit.procedures_source import fee, method, paper, procedure
from longan.reference import load as reference
from longan.rooms.catalogue import tasks
from tests.catalogue.conftest import Import, Official, approve, compared, procedures, published, sent
from tests.conftest import OnePool, TestClock, nothing

RESIDENCE = "1.004194"
Client = httpx.AsyncClient
Conn = asyncpg.Connection


async def version_of(conn: Conn, code: str) -> tuple[int, str]:
    row = await conn.fetchrow("select (l).version, (l).kind from catalogue.latest($1) l", code)
    return row["version"], row["kind"]


async def go(
    client: Client, conn: Conn, official: Official, clock: TestClock, made: dict[str, Any], **asked: Any
) -> dict[str, Any]:
    """Another official approves, the worker publishes."""
    other = await official()
    answer = await approve(client, other, made, **asked)
    assert (answer.status_code, answer.json().get("state")) == (200, "publishing"), answer.text
    await published(conn, made["id"], clock)
    shown: dict[str, Any] = (await client.get(f"/v1/procedure-imports/{made['id']}", headers=other)).json()
    return shown


async def test_everything_that_came_with_the_software_is_version_one(client: Client, conn: Conn) -> None:
    count = await conn.fetchval(
        """select count(*) from services.procedures p
             left join catalogue.versions v on v.code = p.code and v.version = 1 and v.kind = 'seeded'
            where v.content is distinct from catalogue.whole(p)"""
    )
    listed = (await client.get(f"/v1/procedures/{RESIDENCE}/versions")).json()["items"]

    assert count == 0
    assert [(each["version"], each["kind"], each["origin"]) for each in listed] == [(1, "seeded", "software")]
    assert len(listed[0]["fingerprint"]) == 64


async def test_an_import_changes_nothing_until_it_is_published(client: Client, conn: Conn, brought: Import) -> None:
    before = (await client.get(f"/v1/procedures/{RESIDENCE}")).json()

    made = await brought([procedure(RESIDENCE), procedure("1.999001", "Một thủ tục mới")])

    assert (made["state"], made["total"], made["new"], made["changed"]) == ("drafted", 2, 1, 1)
    assert (await client.get(f"/v1/procedures/{RESIDENCE}")).json() == before
    assert (await client.get("/v1/procedures/1.999001")).status_code == 404
    assert await version_of(conn, RESIDENCE) == (1, "seeded")


async def test_differences_are_read_before_anything_is_published(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    await go(client, conn, official, clock, await brought(procedure(RESIDENCE)))
    changed = procedure(
        RESIDENCE,
        executionMethods=[method("DIRECT", 5, fees=[fee(20_000)]), method("ONLINE", 3, fees=[fee(7_000)])],
        executionCases=[
            {"name": "", "profileComponents": [paper("KQ001", "Tờ khai thay đổi thông tin cư trú (CT01)")]},
            {"name": "Ở nhà thuê, mượn, ở nhờ", "profileComponents": [paper("KQ003", "Giấy xác nhận chỗ ở")]},
        ],
        legalBasisesDetails=[{"id": "x", "name": "Luật Cư trú sửa đổi", "code": "99/2026/QH16"}],
        isProvince=True,
    )  # fmt: skip

    made = await brought(changed)
    who = await official()
    whole = (await client.get(f"/v1/procedure-imports/{made['id']}/procedures/{RESIDENCE}", headers=who)).json()

    assert made["procedures"][RESIDENCE]["parts"] == ["documents", "methods", "legal_basis", "levels"]
    assert [(d["kind"], d["part"], d["words"]) for d in whole["differences"]] == [
        ("changed", "documents", "Sửa giấy tờ: «Tờ khai thay đổi thông tin cư trú (CT01)» [KQ001], 1 bản chính, "
         "0 bản sao, có mẫu → «Tờ khai thay đổi thông tin cư trú (CT01)» [KQ001], 1 bản chính, 0 bản sao"),
        ("added", "documents", "Thêm giấy tờ (trường hợp «Ở nhà thuê, mượn, ở nhờ»): «Giấy xác nhận chỗ ở» [KQ003], "
         "1 bản chính, 0 bản sao"),
        ("removed", "documents", "Bỏ giấy tờ (trường hợp «Ở nhà thuê, mượn, ở nhờ»): «Hợp đồng thuê nhà» [KQ002], "
         "0 bản chính, 1 bản sao"),
        ("changed", "methods", "Sửa cách nộp: trực tiếp: 3 ngày làm việc, lệ phí 15.000 đ → trực tiếp: 5 ngày làm "
         "việc, lệ phí 20.000 đ"),
        ("added", "legal_basis", "Thêm căn cứ pháp lý: 99/2026/QH16 Luật Cư trú sửa đổi"),
        ("removed", "legal_basis", "Bỏ căn cứ pháp lý: 68/2020/QH14 Luật Cư trú"),
        ("added", "levels", "Thêm cấp thực hiện: cấp tỉnh"),
    ]  # fmt: skip


async def test_what_is_published_is_read_found_and_kept_as_a_version(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    made = await brought([procedure(RESIDENCE), procedure("1.999001", "Cấp thẻ thử nghiệm bông súng")])

    over = await go(client, conn, official, clock, made, valid_from="2026-11-01", reason="Quyết định 1/QĐ")

    assert (over["state"], over["published"], over["outdated"]) == ("closed", 2, 0)
    shown = (await client.get(f"/v1/procedures/{RESIDENCE}")).json()
    assert [each["code"] for each in shown["documents"]] == ["KQ001", "KQ002"]
    assert shown["worker_group"] is not None, "what the source says nothing of stays"
    found = (await client.get("/v1/procedures", params={"q": "the thu nghiem bong sung"})).json()["items"]
    assert found[0]["code"] == "1.999001"
    listed = (await client.get(f"/v1/procedures/{RESIDENCE}/versions")).json()["items"]
    newest = listed[0]
    assert (newest["version"], newest["kind"], newest["origin"]) == (2, "published", "upload")
    assert newest["valid_from"] == "2026-11-01"
    promised = await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'procedures_published'")
    assert promised == 1


async def test_any_two_versions_are_compared_in_both_directions_and_languages(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    await go(client, conn, official, clock, await brought(procedure(RESIDENCE)))
    await go(client, conn, official, clock, await brought(procedure(RESIDENCE, description="Có chỗ ở hợp pháp")))
    path = f"/v1/procedures/{RESIDENCE}/differences"

    there = (await client.get(path, params={"from_version": 2, "to_version": 3})).json()
    back = (
        await client.get(path, params={"from_version": 3, "to_version": 2}, headers={"Accept-Language": "en"})
    ).json()
    far = (await client.get(path, params={"from_version": 1, "to_version": 3})).json()
    same = (await client.get(path, params={"from_version": 2, "to_version": 2})).json()

    assert [each["words"] for each in there["differences"]] == ["Sửa yêu cầu, điều kiện: (trống) → Có chỗ ở hợp pháp"]
    assert [each["words"] for each in back["differences"]] == ["Changed conditions: Có chỗ ở hợp pháp → (empty)"]
    assert len(far["differences"]) > 5 and same["differences"] == []
    assert (await client.get(path, params={"from_version": 1, "to_version": 9})).status_code == 404
    first = (await client.get(f"/v1/procedures/{RESIDENCE}/versions/1")).json()
    assert first["procedure"]["name"] == "Đăng ký tạm trú" and first["kind"] == "seeded"
    for text in ("0", "9", "x", "١", "1" * 40):
        assert (await client.get(f"/v1/procedures/{RESIDENCE}/versions/{text}")).status_code == 404


async def test_the_same_again_is_unchanged_and_closes_by_itself(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    await go(client, conn, official, clock, await brought(procedure(RESIDENCE)))

    again = await brought(procedure(RESIDENCE, updatedAt=1_777_242_191_512))

    assert (again["state"], again["unchanged"]) == ("closed", 1)
    assert await version_of(conn, RESIDENCE) == (2, "published")


async def test_whoever_imported_it_does_not_publish_it_in_any_session(
    client: Client, conn: Conn, brought: Import, official: Official
) -> None:
    importer = await official()
    made = await brought(procedure(RESIDENCE), who=importer)

    answer = await approve(client, importer, made)

    assert (answer.status_code, answer.json()["code"]) == (403, "another_official_publishes")
    with pytest.raises(asyncpg.CheckViolationError, match="imports_by_two"):
        await conn.execute("update catalogue.imports set published_by = imported_by where id = $1", UUID(made["id"]))


@pytest.mark.parametrize(("function", "wards"), [("labour", None), ("feedback", None), ("public_services", ["27694"])])
async def test_only_officials_of_public_services_everywhere_import_and_publish(
    client: Client, brought: Import, official: Official, function: str, wards: list[str] | None
) -> None:
    made = await brought(procedure(RESIDENCE))
    stranger = await official(function, wards)

    assert (await sent(client, stranger, procedure(RESIDENCE))).status_code == 403
    assert (await approve(client, stranger, made)).status_code == 403
    looked = await client.get(f"/v1/procedure-imports/{made['id']}", headers=stranger)
    assert looked.status_code == (200 if function == "public_services" else 403)


async def test_workers_and_strangers_see_nothing_of_imports(client: Client, brought: Import, bearer: Any) -> None:
    made = await brought(procedure(RESIDENCE))
    worker = await bearer()

    for path in ("", f"/{made['id']}", f"/{made['id']}/procedures", f"/{made['id']}/procedures/{RESIDENCE}"):
        assert (await client.get(f"/v1/procedure-imports{path}")).status_code == 401
        assert (await client.get(f"/v1/procedure-imports{path}", headers=worker)).status_code == 401


async def test_some_are_published_and_the_rest_stays_to_be_looked_at(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    made = await brought([procedure(RESIDENCE), procedure("1.999001", "Một"), procedure("1.999002", "Hai")])

    part = await go(client, conn, official, clock, made, codes=["1.999002"])

    assert (part["state"], part["published"]) == ("drafted", 1)
    assert await version_of(conn, RESIDENCE) == (1, "seeded")
    rest = await go(client, conn, official, clock, part)
    assert (rest["state"], rest["published"]) == ("closed", 3)


async def test_what_is_doubtful_goes_out_only_by_its_name(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    made = await brought([
        procedure("1.999001", "Sạch"),
        procedure("1.999002", "Phí khó tin", isFullProcess=False,
                  executionMethods=[method("DIRECT", 1, fees=[fee(10)])]),
    ])  # fmt: skip
    assert (made["new"], made["doubtful"]) == (2, 1)
    (problem,) = made["procedures"]["1.999002"]["problems"]
    assert (problem["code"], problem["weight"], problem["pointer"], problem["said"]) == (
        "fee_suspicious", "doubtful", "/executionMethods/0/fees/0/value", "10",
    )  # fmt: skip

    part = await go(client, conn, official, clock, made)

    assert (part["state"], part["published"]) == ("drafted", 1)
    assert (await client.get("/v1/procedures/1.999002")).status_code == 404
    named = await go(client, conn, official, clock, part, codes=["1.999002"])
    assert (named["state"], named["published"]) == ("closed", 2)


async def test_codes_that_cannot_be_published_are_named_by_their_place(
    client: Client, brought: Import, official: Official
) -> None:
    made = await brought([procedure(RESIDENCE), procedure("1.014955-Xoa", "Mã đã xóa")])

    answer = await approve(client, await official(), made, codes=[RESIDENCE, "1.014955", "9.999999"])

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/codes/1", "/codes/2"]


async def test_what_was_read_at_another_version_is_stale(client: Client, brought: Import, official: Official) -> None:
    made = await brought(procedure(RESIDENCE))

    answer = await approve(client, await official(), made | {"version": made["version"] - 1})

    assert (answer.status_code, answer.json()["code"]) == (412, "stale")


async def test_a_day_to_come_and_one_long_ago_are_refused(
    client: Client, brought: Import, official: Official, clock: TestClock
) -> None:
    made = await brought(procedure(RESIDENCE))
    tomorrow = (clock() + timedelta(days=2)).date().isoformat()

    late = await approve(client, await official(), made, valid_from=tomorrow)
    early = await approve(client, await official(), made, valid_from="1999-12-31")

    assert [each.json()["errors"][0]["code"] for each in (late, early)] == ["too_large", "too_small"]


async def test_a_draft_that_a_newer_version_overtook_is_not_published(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    old = await brought(procedure(RESIDENCE, name="Cũ"))
    await go(client, conn, official, clock, await brought(procedure(RESIDENCE, name="Mới")))

    answer = await approve(client, await official(), old)

    assert (answer.status_code, answer.json()["code"]) == (409, "procedure_changed")
    assert answer.json()["procedure_codes"] == [RESIDENCE]
    assert (await client.get(f"/v1/procedures/{RESIDENCE}")).json()["name"] == "Mới"


async def test_of_two_approved_drafts_of_one_procedure_the_second_is_outdated(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    first = await brought([procedure(RESIDENCE, name="Một")])
    second = await brought([procedure(RESIDENCE, name="Hai"), procedure("1.999001", "Ba")])
    for made in (first, second):
        assert (await approve(client, await official(), made)).status_code == 200

    await published(conn, first["id"], clock)
    await published(conn, second["id"], clock)

    who = await official()
    over = (await client.get(f"/v1/procedure-imports/{second['id']}", headers=who)).json()
    assert (over["state"], over["published"], over["outdated"]) == ("closed", 1, 1)
    rows = await procedures(client, who, second["id"])
    assert {code: row["state"] for code, row in rows.items()} == {RESIDENCE: "outdated", "1.999001": "published"}
    assert (await client.get(f"/v1/procedures/{RESIDENCE}")).json()["name"] == "Một"


async def test_an_import_is_published_once_and_discarded_once(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    made = await brought(procedure(RESIDENCE))
    who = await official()
    assert (await approve(client, who, made)).status_code == 200

    again = await approve(client, who, made)
    away = await client.post(f"/v1/procedure-imports/{made['id']}/discard", headers=who)

    assert [each.json()["code"] for each in (again, away)] == ["illegal_transition", "illegal_transition"]
    await published(conn, made["id"], clock)
    over = await client.post(f"/v1/procedure-imports/{made['id']}/discard", headers=who)
    assert (over.status_code, over.json()["state"]) == (200, "closed")


async def test_a_discarded_import_publishes_nothing(
    client: Client, conn: Conn, brought: Import, official: Official
) -> None:
    made = await brought(procedure(RESIDENCE))
    who = await official()
    gone = (await client.post(f"/v1/procedure-imports/{made['id']}/discard", headers=who)).json()

    answer = await approve(client, who, gone)

    assert gone["state"] == "closed"
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert await version_of(conn, RESIDENCE) == (1, "seeded")


async def test_one_import_is_read_at_a_time(client: Client, conn: Conn, official: Official, clock: TestClock) -> None:
    who = await official()
    made = (await sent(client, who, procedure(RESIDENCE))).json()["id"]

    busy = await sent(client, await official(), procedure(RESIDENCE))
    await compared(conn, made, clock)

    assert (busy.status_code, busy.json()["code"]) == (409, "procedure_import_running")
    assert (await sent(client, await official(), procedure(RESIDENCE))).status_code == 201


async def test_a_version_is_never_changed_and_never_deleted(conn: Conn) -> None:
    for statement in (
        "update catalogue.versions set kind = 'seeded' where code = $1",
        "delete from catalogue.versions where code = $1",
    ):
        with pytest.raises(asyncpg.RaiseError):
            async with conn.transaction():
                await conn.execute(statement, RESIDENCE)


async def test_a_reload_of_what_comes_with_the_software_leaves_what_officials_published(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    await go(client, conn, official, clock, await brought(procedure(RESIDENCE, name="Đăng ký tạm trú (mới)")))
    await conn.execute("delete from services.procedures where code = '1.001193'")
    await conn.execute(
        """insert into catalogue.versions (code, version, kind, valid_from, content, import_id, published_by)
           select v.code, 2, 'withdrawn', v.valid_from, v.content, i.id, i.published_by
             from catalogue.versions v, catalogue.imports i
            where v.code = '1.001193' and i.published_by is not null limit 1"""
    )
    await conn.execute("update services.procedures set name = 'x' where code = '1.014748'")

    await reference.load(conn, nothing)

    names = dict(await conn.fetch(
        "select code, name from services.procedures where code = any($1)", [RESIDENCE, "1.001193", "1.014748"]
    ))  # fmt: skip
    assert names[RESIDENCE] == "Đăng ký tạm trú (mới)" and names["1.014748"] != "x" and "1.001193" not in names
    assert await version_of(conn, RESIDENCE) == (2, "published")
    assert await version_of(conn, "1.014748") == (1, "seeded")


async def test_a_crash_in_the_middle_leaves_whole_batches_and_the_rest_goes_on(
    client: Client, conn: Conn, brought: Import, official: Official, clock: TestClock
) -> None:
    made = await brought([procedure(f"1.99900{n}", f"Thủ tục {n}") for n in range(5)])
    assert (await approve(client, await official(), made)).status_code == 200
    pool: Any = OnePool(conn)

    assert await tasks.publish_step(pool, UUID(made["id"]), clock(), 2)
    half = await conn.fetchval("select count(*) from services.procedures where code like '1.99900_'")
    await published(conn, made["id"], clock, 2)

    assert half == 2
    assert await conn.fetchval("select count(*) from catalogue.versions where code like '1.99900_'") == 5
