"""Procedures are found as people look for them: by marks or none, synonyms, slips, events of a life, what one is."""

import csv
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.pay_and_days.wages import day_of
from longan.floor.procedures import life_events, procedure_words
from longan.floor.search.queries import parse
from longan.floor.search.search import fold

TODAY = day_of(datetime.now(UTC))
# Of the pairs collected from citizens' searches those that speak of procedures: query, words of its name.
with (Path(__file__).parents[1] / "data" / "search_pairs.csv").open(encoding="utf-8", newline="") as file:
    PAIRS = [(row["query"], row["text"]) for row in csv.DictReader(file) if row["should_match"] == "1"]
OF_PROCEDURES = {
    "Đăng ký tạm trú": "1.004194",
    "Thuế thu nhập cá nhân": "2.002237",
    "Nhà ở xã hội": "1.014632",
    "Trợ cấp thất nghiệp": "1.014748",
    "Đăng ký khai sinh": "1.001193",
    "Cấp thẻ căn cước": "1.014061",
    "Đăng ký thường trú": "1.004222",
}


async def page(client: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    answer = await client.get("/v1/procedures", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def codes(client: httpx.AsyncClient, **asked: str) -> list[str]:
    return [item["code"] for item in (await page(client, **asked))["items"]]


@pytest.mark.parametrize(("query", "text"), [pair for pair in PAIRS if pair[1] in OF_PROCEDURES])
async def test_the_pairs_collected_from_citizens_hold(client: httpx.AsyncClient, query: str, text: str) -> None:
    assert OF_PROCEDURES[text] in await codes(client, q=query, limit="100")


@pytest.mark.parametrize(
    ("q", "code"),
    [
        ("BHTN", "1.014748"), ("lương hưu BHXH", "1.014172"), ("thẻ BHYT", "1.002759"), ("CCCD", "1.014061"),
        ("cấp thẻ cccd", "1.014061"), ("CMND", "1.014061"), ("HKTT", "1.004222"), ("dang ky hktt", "1.004222"),
        ("GPLX", "3.000346"), ("ĐKKD", "1.014034"), ("dkkd", "1.014034"), ("GPXD", "1.013225"), ("LLTP", "3.000332"),
        ("GPLĐ", "1.014200"), ("KCN", "1.008950"), ("ĐKKH", "1.000894"), ("GCN QSDĐ", "1.012783"),
    ],
)  # fmt: skip
async def test_an_abbreviation_finds_what_people_mean_by_it(client: httpx.AsyncClient, q: str, code: str) -> None:
    found = await page(client, q=q, limit="100")

    assert code in [item["code"] for item in found["items"]]
    assert found["guesses"] == []  # it is no slip of the finger


def abbreviations() -> dict[str, list[str]]:
    """Each that has one meaning, with it: of both tables."""
    meant: dict[str, list[str]] = {}
    for table, short, full in (("abbreviations", "abbreviation", "expansion"), ("synonyms", "phrase", "means")):
        text = (files("longan.reference") / "data" / f"{table}.csv").read_text("utf-8")
        for row in csv.DictReader(text.splitlines()):
            one_meaning = row.get("ambiguous") == "0" or row.get("both") == "1"
            if one_meaning and " " in row[full] and row[short].isalpha() and not set("aeiou") & set(fold(row[short])):
                meant.setdefault(row[short], []).append(row[full])
    return meant


async def test_every_abbreviation_and_its_long_form_find_each_other_s_procedures(conn: asyncpg.Connection) -> None:
    meant = abbreviations()
    found: dict[str, set[str]] = {}

    async def of(q: str) -> set[str]:
        if q not in found:
            words = parse(q).finished().written(joined=True)
            rows = await conn.fetch("select code from services.procedures where search @@ $1::text::tsquery", words)
            found[q] = {row["code"] for row in rows}
        return found[q]

    for short, every in meant.items():
        for full in every:
            assert await of(f'"{full}"') <= await of(short), (short, full)
            assert await of(f'"{short}"') <= await of(full), (full, short)

    assert {"BHXH", "BHTN", "BHYT", "CCCD", "CMND", "KCN", "GPLX", "hktt", "ĐKKD"} <= set(meant)
    assert len([short for short, every in meant.items() if any(found[f'"{full}"'] for full in every)]) >= 40
    assert await of('"UBND"') and await of('"UBND"') <= await of("ủy ban nhân dân")
    assert await of('"ủy ban nhân dân"') and await of('"ủy ban nhân dân"') <= await of("UBND")


def test_pairs_of_every_procedure_are_asked() -> None:
    assert {text for _, text in PAIRS} >= set(OF_PROCEDURES)


async def test_the_exact_marks_come_before_the_folded_ones(client: httpx.AsyncClient) -> None:
    items = (await page(client, q="công nhận", limit="20"))["items"]

    assert all("công nhận" in item["name"].lower() for item in items)


@pytest.mark.parametrize(
    ("q", "event", "first"),
    [
        ("sinh con", "sinh_con", "2.000986"),
        ("mới sinh con cần làm giấy tờ gì", "sinh_con", "2.000986"),
        ("mat viec", "mat_viec", "1.014748"),
        ("chuyển chỗ ở", "chuyen_cho_o", "1.004194"),
        ("thuê nhà", "thue_nha", "1.004194"),
        ("nghỉ hưu", "nghi_huu", "1.014171"),
        ("nguoi than qua doi", "qua_doi", "1.000656"),
        ("kết hôn", "ket_hon", "1.000894"),
        ("sang tên xe", "xe", "1.013076"),
        ("losing one's job", "mat_viec", "1.014748"),
    ],
)
async def test_an_event_of_a_life_brings_its_procedures_in_their_order(
    client: httpx.AsyncClient, q: str, event: str, first: str
) -> None:
    found = await page(client, q=q)

    assert found["life_event"]["code"] == event
    assert found["items"][0]["code"] == first
    assert {"field": "life_event"}.items() <= found["items"][0]["matched"][-1].items()


async def test_what_is_called_just_so_comes_before_the_steps_of_an_event(client: httpx.AsyncClient) -> None:
    found = await page(client, q="đăng ký kết hôn")

    assert found["items"][0]["code"] == "1.000894"


async def test_an_event_named_beside_other_words_does_not_push_these_aside(client: httpx.AsyncClient) -> None:
    found = await codes(client, q="đăng ký khai sinh sinh con yếu tố nước ngoài")
    aside = await codes(client, q="khai sinh có yếu tố nước ngoài")

    assert aside[0] == "2.000528"
    assert "2.000986" in found  # the event's own are still there


async def test_a_word_that_no_procedure_has_is_read_as_one_that_looks_like_it(client: httpx.AsyncClient) -> None:
    found = await page(client, q="khai snih")

    assert found["guesses"] == [{"typed": "snih", "read_as": ["sinh"]}]
    assert found["items"][0]["code"] == "1.001193"


@pytest.mark.parametrize(
    ("q", "never"),
    [('"tạm trú" -"nước ngoài"', "nước ngoài"), ("khai sinh -lại", " lại ")],
)
async def test_a_minus_leaves_words_out(client: httpx.AsyncClient, q: str, never: str) -> None:
    items = (await page(client, q=q, limit="100"))["items"]

    assert items
    assert not [item["name"] for item in items if never in f" {item['name'].lower()} "]


async def test_a_code_finds_its_procedure(client: httpx.AsyncClient) -> None:
    assert await codes(client, q="1.004194") == ["1.004194"]


async def test_a_dirty_code_is_marked_in_the_list_and_on_the_page(client: httpx.AsyncClient) -> None:
    item = next(i for i in (await page(client, q="1.0133611"))["items"] if i["code"] == "1.0133611")
    shown = (await client.get("/v1/procedures/1.0133611")).json()

    assert item["code_valid"] is shown["code_valid"] is False
    assert "code_is_dirty" in [note["code"] for note in shown["notes"]]


async def test_what_another_province_issued_comes_last_and_can_be_left_out(client: httpx.AsyncClient) -> None:
    q = "cấp phép thi công nút giao đấu nối"
    everywhere = (await page(client, q=q))["items"]
    here = (await page(client, q=q, province_code="80"))["items"]

    local = [item["agency"] for item in everywhere if item["agency"].startswith("UBND")]
    assert local[0] == "UBND tỉnh Tây Ninh"
    assert {"UBND tỉnh Đắk Lắk", "UBND tỉnh Lào Cai"} <= set(local)
    assert {item["agency"] for item in here if item["agency"].startswith("UBND")} == {"UBND tỉnh Tây Ninh"}


@pytest.mark.parametrize(
    ("who", "has", "never"),
    [
        ("landlord", "2.001159", "1.014748"),
        ("worker", "1.014748", "1.012753"),
        ("foreigner", "1.001437", "1.004222"),
        ("household_business", "1.011022", "1.014748"),
        ("parent", "1.001193", "3.000346"),
        ("elderly", "1.014171", "1.004194"),
        ("disabled", "1.001653", "1.004194"),
    ],
)
async def test_who_i_am_chooses_what_is_for_me(client: httpx.AsyncClient, who: str, has: str, never: str) -> None:
    found = await codes(client, who=who, limit="100")

    assert has in found
    assert never not in found


async def test_everybody_of_the_list_has_procedures_and_a_name(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    items = (await client.get("/v1/procedures/personas", headers={"Accept-Language": "en"})).json()["items"]
    counted = dict(await conn.fetch("select w, count(*) from services.procedures p, unnest(p.who) w group by w"))

    assert [item["code"] for item in items] == list(procedure_words.groups())
    assert {item["code"]: item["name"] for item in items}["landlord"] == "Landlord"
    assert all(counted.get(item["code"], 0) > 0 for item in items)


async def test_facets_count_what_the_list_finds(client: httpx.AsyncClient) -> None:
    asked = {"q": "khai sinh", "level": "xa"}
    facets = (await client.get("/v1/procedures/facets", params=asked)).json()
    items = (await page(client, **asked, limit="100"))["items"]

    assert facets["total"] == len(items) > 5
    for dimension in ("field_code", "online_level"):
        counted = {each["value"]: each["count"] for each in facets["facets"][dimension]}
        assert counted == {v: sum(i[dimension] == v for i in items) for v in {i[dimension] for i in items}}
    levels = {each["value"]: each["count"] for each in facets["facets"]["level"]}
    assert levels["xa"] == facets["total"]
    assert facets["facets"]["field_code"][0]["name"] == "Hộ tịch"


async def test_facets_of_everything_add_up(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    facets = (await client.get("/v1/procedures/facets")).json()

    assert facets["total"] == await conn.fetchval("select count(*) from services.procedures")
    assert sum(each["count"] for each in facets["facets"]["field_code"]) == facets["total"]
    assert sum(each["count"] for each in facets["facets"]["online_level"]) == facets["total"]
    for dimension, column in (("level", "levels"), ("audience", "audience"), ("who", "who")):
        rows = await conn.fetch(f"select v, count(*) from services.procedures p, unnest(p.{column}) v group by v")
        assert {each["value"]: each["count"] for each in facets["facets"][dimension]} == dict(rows)


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("sin", "life_event", "sinh_con"),
        ("mất v", "life_event", "mat_viec"),
        ("đăng ký tạ", "procedure", "1.004194"),
        ("đă", "procedure", "1.004194"),
        ("khai t", "procedure", "1.000656"),
        ("hộ tịc", "field", "G15-TP07"),
    ],
)
async def test_what_is_typed_so_far_is_gone_on_with(
    client: httpx.AsyncClient, typed: str, kind: str, value: str
) -> None:
    items = (await client.get("/v1/procedures/suggestions", params={"q": typed})).json()["items"]

    found = [item["value"] for item in items if item["kind"] == kind]
    if kind == "field":  # two ministries have a field of that name
        assert any(item["text"] == "Hộ tịch" for item in items)
    else:
        assert value in found
    assert len(items) <= 16


async def test_fields_hold_every_procedure_once(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    items = (await client.get("/v1/procedures/fields")).json()["items"]

    assert sum(item["count"] for item in items) == await conn.fetchval("select count(*) from services.procedures")
    assert items == sorted(items, key=lambda item: (-item["count"], item["code"]))


async def test_every_step_of_every_event_is_a_procedure_that_is_there(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/life-events")).json()["items"]

    assert len(listed) >= 20
    for item in listed:
        event = (await client.get(f"/v1/life-events/{item['code']}")).json()
        known = life_events.on(TODAY)[item["code"]]
        assert [step["procedure"]["code"] for step in event["steps"]] == [step.code for step in known.steps]


async def test_an_unknown_event_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/life-events/dai_tiec")).status_code == 404


def test_a_step_holds_from_its_day_on() -> None:
    before = life_events.on(date(2026, 5, 31))["tim_viec"]
    after = life_events.on(date(2026, 6, 1))["tim_viec"]

    assert "1.115305" not in [step.code for step in before.steps]
    assert "1.115305" in [step.code for step in after.steps]
    assert "mat_viec" not in life_events.on(date(2025, 12, 31))


def test_every_name_of_an_event_names_it() -> None:
    shared: dict[str, str] = {}
    for event in life_events.on(TODAY).values():
        for said in (event.vi, event.en, *event.words):
            named = life_events.named(parse(said), TODAY)
            assert named is not None, said
            assert named.says_all, said
            assert named.event.code == shared.setdefault(said, named.event.code)


@given(st.text(max_size=60))
def test_any_text_names_an_event_or_none(text: str) -> None:
    named = life_events.named(parse(text), TODAY)

    assert named is None or named.codes
    life_events.begun(text.split(), TODAY)


async def test_the_package_holds_all_procedures_of_the_index(conn: asyncpg.Connection) -> None:
    counted = await conn.fetchrow(
        """select count(*) as every, count(*) filter (where detail ->> 'updated_on' is null) as any,
                  count(*) filter (where updated_on is not null) as indexed from services.procedures"""
    )

    assert counted is not None
    assert counted["every"] == 4_508  # 4,504 of the index, and 4 of which only the detail is known
    assert counted["indexed"] >= 4_400
