"""The national catalogue over real HTTP: read whole, and not believed when it lies."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.devkit.procedures_source import identifier, procedure, samples
from longan.rooms.catalogue import store, tasks
from longan.rooms.catalogue.outside import HttpProcedures, SourceDown
from tests.catalogue.conftest import National, Official, approve, compared, procedures, published
from tests.conftest import OnePool, TestClock

Client = httpx.AsyncClient
Conn = asyncpg.Connection
RESIDENCE = "1.004194"
KEEP = "delete from services.procedures where code <> all($1)"


async def begun(client: Client, who: dict[str, str], **asked: Any) -> str:
    answer = await client.post("/v1/procedure-imports/pulls", json=asked, headers=who)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


async def read(conn: Conn, source: HttpProcedures, made: str, clock: TestClock) -> None:
    pool: Any = OnePool(conn)
    while await tasks.pull_step(pool, source, UUID(made), clock()):
        pass


async def pulled(
    client: Client, conn: Conn, source: HttpProcedures, who: dict[str, str], clock: TestClock, **asked: Any
) -> dict[str, Any]:
    made = await begun(client, who, **asked)
    await read(conn, source, made, clock)
    await compared(conn, made, clock)
    shown: dict[str, Any] = (await client.get(f"/v1/procedure-imports/{made}", headers=who)).json()
    return shown


async def only(conn: Conn, *codes: str) -> None:
    """The catalogue as it would be with these procedures alone: a small one for the source to be whole against."""
    await conn.execute("alter table catalogue.versions disable trigger versions_stay")
    await conn.execute("delete from catalogue.versions where code <> all($1)", list(codes))
    await conn.execute(KEEP, list(codes))


async def test_everything_the_source_has_is_read_and_what_it_has_no_more_is_withdrawn(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    await only(conn, RESIDENCE, "1.001193", "1.014955")
    who = await official()

    made = await pulled(client, conn, source, who, clock)
    rows = await procedures(client, who, made["id"])

    assert (made["state"], made["is_whole"], made["total"]) == ("drafted", True, 9)
    assert {code: row["kind"] for code, row in rows.items()} == {
        RESIDENCE: "changed", "1.999001": "new", "1.0133611": "refused", "1.014955-Xoa": "refused",
        "2.009182739": "refused", "1.011442.000.00.00.H38": "refused", "1.999002": "new", "1.999003": "new",
        "1.001193": "withdrawn",
    }  # fmt: skip
    assert (await approve(client, await official(), made)).status_code == 200
    await published(conn, made["id"], clock)
    assert (await client.get("/v1/procedures/1.001193")).status_code == 404
    listed = (await client.get("/v1/procedures/1.001193/versions")).json()["items"]
    assert [(each["version"], each["kind"], each["origin"]) for each in listed] == [
        (2, "withdrawn", "source"), (1, "seeded", "software"),
    ]  # fmt: skip


async def test_what_was_withdrawn_comes_back_as_a_further_version(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    await only(conn, RESIDENCE)
    await national.enter(RESIDENCE, None)
    gone = await pulled(client, conn, source, await official(), clock, codes=[RESIDENCE])
    assert (gone["withdrawn"], gone["refused"]) == (1, 1)
    await approve(client, await official(), gone)
    await published(conn, gone["id"], clock)
    await national.enter(RESIDENCE, {})

    back = await pulled(client, conn, source, await official(), clock, codes=[RESIDENCE])
    await approve(client, await official(), back)
    await published(conn, back["id"], clock)

    assert (await client.get(f"/v1/procedures/{RESIDENCE}")).status_code == 200
    listed = (await client.get(f"/v1/procedures/{RESIDENCE}/versions")).json()["items"]
    assert [each["kind"] for each in listed] == ["published", "withdrawn", "seeded"]


async def test_a_few_are_asked_for_by_code_and_nothing_else_is_withdrawn(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    made = await pulled(client, conn, source, await official(), clock, codes=[RESIDENCE, "9.999999"])

    assert (made["is_whole"], made["changed"], made["withdrawn"], made["refused"]) == (False, 1, 0, 1)


async def test_a_source_that_lost_much_at_once_is_doubted(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    made = await pulled(client, conn, source, await official(), clock)

    assert made["withdrawn"] > 4_000 and made["doubtful"] >= made["withdrawn"]
    assert (await approve(client, await official(), made)).json()["state"] == "publishing"
    await published(conn, made["id"], clock)
    assert await conn.fetchval("select count(*) from services.procedures") > 4_000


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("unavailable", "status 503"), ("slow", "no answer in time"), ("garbled", "not JSON"),
        ("page", "not plain JSON"), ("huge", "the answer is too long"), ("packed", "not plain JSON"),
        ("elsewhere", "status 307"), ("wrong_types", "the list has not the form that is known"),
        ("refuses", "the list has not the form that is known"), ("cut_short", "the list is not whole"),
    ],
)  # fmt: skip
async def test_a_source_that_lies_is_not_believed_and_nothing_of_it_stays(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock,
    mode: str, said: str,
) -> None:  # fmt: skip
    made = await begun(client, await official())
    await national.says(mode)

    with pytest.raises(SourceDown, match=said):
        await read(conn, source, made, clock)

    assert await conn.fetchval("select count(*) from catalogue.items") == 0
    assert await conn.fetchval("select is_read from catalogue.imports") is False
    await national.says("ok")
    await read(conn, source, made, clock)
    assert await conn.fetchval("select count(*) from catalogue.items") == 8


async def test_a_connection_that_breaks_is_a_source_that_is_down(
    source: HttpProcedures, national: National, clock: TestClock
) -> None:
    await national.says("reset")

    with pytest.raises(SourceDown):
        await source.page("")


async def test_a_list_without_end_comes_to_one(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    made = await begun(client, await official())
    await national.says("endless")
    pool: Any = OnePool(conn)

    with pytest.raises(SourceDown, match="not whole"):
        while await tasks.pull_step(pool, source, UUID(made), clock(), 20):
            pass


async def test_one_procedure_with_wrong_types_is_refused_and_the_others_are_taken(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    await national.enter("1.999001", {"executionMethods": "[]", "name": 7})
    who = await official()

    made = await pulled(client, conn, source, who, clock, codes=["1.999001", RESIDENCE])
    rows = await procedures(client, who, made["id"])

    assert rows[RESIDENCE]["kind"] == "changed"
    assert rows["1.999001"]["kind"] == "refused"
    assert {each["pointer"] for each in rows["1.999001"]["problems"]} >= {"/name", "/executionMethods"}


async def goes_on(conn: Conn, source: HttpProcedures, made: str, clock: TestClock) -> list[str]:
    """Reads as the worker does, to the end of the list or of its patience; what failed on the way."""
    failed: list[str] = []
    while await conn.fetchval("select state = 'running' and not is_read from catalogue.imports where id = $1", made):
        try:
            await read(conn, source, made, clock)
        except SourceDown as down:
            failed.append(str(down))
            pool: Any = OnePool(conn)
            await store.fail(pool, UUID(made), str(down), clock(), tasks.MOST_FAILURES)
    return failed


@pytest.mark.parametrize("mode", ["slow", "garbled", "unavailable"])
async def test_a_procedure_that_is_never_told_is_named_and_the_rest_goes_on(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock,
    mode: str,
) -> None:  # fmt: skip
    await only(conn, RESIDENCE)
    await national.enter(RESIDENCE, {}, mode)
    who = await official()
    made = await begun(client, who)

    failed = await goes_on(conn, source, made, clock)
    await compared(conn, made, clock)

    shown = (await client.get(f"/v1/procedure-imports/{made}", headers=who)).json()
    rows = await procedures(client, who, made)
    assert len(failed) == tasks.SPARES_AFTER
    assert (shown["state"], shown["total"], shown["new"], shown["withdrawn"]) == ("drafted", 8, 3, 0)
    assert rows[RESIDENCE]["kind"] == "refused"
    assert [each["code"] for each in rows[RESIDENCE]["problems"]] == ["not_told"]


async def test_a_page_that_fails_once_is_asked_for_again_and_nobody_is_named(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    who = await official()
    made = await begun(client, who)
    await national.says("slow", 1)

    failed = await goes_on(conn, source, made, clock)
    await compared(conn, made, clock)

    assert failed == ["no answer in time"]
    assert [each["code"] for each in (await procedures(client, who, made, problem="not_told")).values()] == []


async def test_a_source_that_tells_of_none_is_down_and_nothing_is_withdrawn(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    for code in [each["code"] for each in samples()]:
        await national.enter(code, {}, "unavailable")
    made = await begun(client, await official())

    failed = await goes_on(conn, source, made, clock)

    assert failed[-1] == "it tells of none that it lists" and len(failed) == tasks.MOST_FAILURES
    assert await conn.fetchval("select state from catalogue.imports where id = $1", made) == "failed"
    assert await conn.fetchval("select count(*) from catalogue.items") == 0


async def test_clean_codes_are_loaded_while_dirty_ones_are_named(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    await only(conn, RESIDENCE, "1.014955")
    before = await conn.fetchval("select version from catalogue.latest('1.014955')")
    who = await official()
    made = await pulled(client, conn, source, who, clock)

    assert (await approve(client, await official(), made)).status_code == 200
    await published(conn, made["id"], clock)

    rows = await procedures(client, who, made["id"], kind="refused")
    dirty = {"1.0133611", "1.014955-Xoa", "2.009182739", "1.011442.000.00.00.H38"}
    assert set(rows) == dirty and all(each["problems"] for each in rows.values())
    assert await conn.fetchval("select count(*) from services.procedures where code = any($1)", list(dirty)) == 0
    assert (await client.get("/v1/procedures/1.999001")).status_code == 200
    # A wrong code is nobody's withdrawal.
    assert (await client.get("/v1/procedures/1.014955")).status_code == 200
    assert await conn.fetchval("select version from catalogue.latest('1.014955')") == before


async def test_a_dirty_code_in_place_of_the_one_asked_for_is_named_and_withdraws_nothing(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    who = await official()
    await only(conn, "1.014955")

    made = await pulled(client, conn, source, who, clock, codes=["1.014955"])

    assert (made["withdrawn"], made["refused"]) == (0, 1)
    (row,) = (await procedures(client, who, made["id"])).values()
    assert (row["code"], row["problems"][0]["code"]) == ("1.014955-Xoa", "code_dirty")


async def test_one_that_is_listed_and_not_told_is_not_withdrawn(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    who = await official()
    await national.enter(RESIDENCE, {}, "unavailable")
    made = await begun(client, who, codes=[RESIDENCE, "1.999001"])

    await goes_on(conn, source, made, clock)
    await compared(conn, made, clock)

    rows = await procedures(client, who, made)
    assert {code: row["kind"] for code, row in rows.items()} == {RESIDENCE: "refused", "1.999001": "new"}


async def test_an_answer_about_another_procedure_is_refused(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    who = await official()
    await national.enter("1.999001", {"id": identifier("1.999001")})
    made = await begun(client, who, codes=["1.999001"])
    await national.says("other_procedure")
    await read(conn, source, made, clock)
    await compared(conn, made, clock)

    (row,) = (await procedures(client, who, made)).values()

    assert (row["kind"], [each["code"] for each in row["problems"]]) == ("refused", ["other_procedure"])


async def test_a_source_that_stays_away_ends_the_import_with_a_reason(
    client: Client, conn: Conn, official: Official, clock: TestClock
) -> None:
    who = await official()
    made = UUID(await begun(client, who))
    pool: Any = OnePool(conn)
    for number in range(1, 6):
        assert await store.fail(pool, made, "no answer in time", clock(), 5) is (number < 5)

    shown = (await client.get(f"/v1/procedure-imports/{made}", headers=who)).json()
    assert (shown["state"], shown["failure"]) == ("failed", "no answer in time")
    again = await client.post("/v1/procedure-imports/pulls", json={}, headers=who | {"Idempotency-Key": str(uuid4())})
    assert again.status_code == 201


async def test_two_workers_read_each_page_once(
    client: Client, conn: Conn, official: Official, source: HttpProcedures, national: National, clock: TestClock
) -> None:
    made = await begun(client, await official())
    pool: Any = OnePool(conn)
    held: list[bool] = [await tasks.pull_step(pool, source, UUID(made), clock())]

    held.append(await tasks.pull_step(pool, source, UUID(made), clock()))
    while await tasks.pull_step(pool, source, UUID(made), clock()):
        pass

    codes = await conn.fetch("select code from catalogue.items order by place")
    assert len(codes) == len({row["code"] for row in codes}) == 8


async def test_ids_are_asked_for_only_as_the_list_gave_them(source: HttpProcedures, national: National) -> None:
    listing = await source.page("", RESIDENCE)

    assert [each.id for each in listing.items] == [identifier(RESIDENCE)]
    assert await source.detail(identifier("nothing")) is None
    assert await source.detail(listing.items[0].id) == procedure(RESIDENCE)
    assert await national.calls() == ["list", "detail"]
