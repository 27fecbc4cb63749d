"""The page of a procedure says what its text means, and never that something is free that is not."""

import json
from datetime import date
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.procedures import procedure_advice
from longan.floor.procedures.procedure_advice import fee, time_says
from longan.floor.procedures.procedures import Procedure, ProcedureFee, ProcedureMethod
from longan.rooms.services import store


async def shown(client: httpx.AsyncClient, code: str, language: str = "vi") -> dict[str, Any]:
    answer = await client.get(f"/v1/procedures/{code}", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def notes(procedure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {note["code"]: note for note in procedure["notes"]}


async def test_papers_stand_by_case_apart_from_notes(client: httpx.AsyncClient) -> None:
    birth = await shown(client, "1.001193")
    by_kind = {(case["case"], case["kind"]): case for case in birth["papers"]}

    assert set(by_kind) == {(None, "hand_in"), (None, "show")}
    handed = by_kind[(None, "hand_in")]
    assert any(paper["name"].startswith("Giấy chứng sinh") for paper in handed["papers"])
    assert any("không được yêu cầu" in note for note in handed["notes"])
    assert all(paper["originals"] + paper["copies"] > 0 for case in birth["papers"] for paper in case["papers"])


async def test_cases_of_a_procedure_each_have_their_papers(client: httpx.AsyncClient) -> None:
    residence = await shown(client, "1.004194")

    assert [case["case"] for case in residence["papers"] if case["papers"]] == [
        "Hồ sơ đăng ký tạm trú gồm",
        "Đăng ký tạm trú theo danh sách, hồ sơ gồm",
        "Đăng ký tạm trú tại nơi đơn vị đóng quân trong Công an nhân dân, Quân đội nhân nhân (đơn vị đóng quân, "
        "nhà ở công vụ) h…",
    ]
    assert {form["key"] for form in residence["forms"]} <= {
        paper["key"] for case in residence["papers"] for paper in case["papers"] if paper["has_form"]
    }


async def test_a_cut_list_of_papers_is_said_to_be_cut(client: httpx.AsyncClient) -> None:
    birth, residence = await shown(client, "1.001193"), await shown(client, "1.004194")

    assert birth["documents_total"] > len(birth["documents"])
    assert "papers_cut" in notes(birth)
    assert "papers_cut" not in notes(residence)


async def test_nothing_is_ever_free_by_a_zero(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    rows = await conn.fetch("select code from services.procedures where detail ->> 'is_complete' = 'true'")

    for row in rows[::7]:
        procedure = await shown(client, row["code"])
        fees = [paid for method in procedure["methods"] for paid in method["fees"]]
        for paid in fees:
            if paid["currency"] == "VND" and (paid["source_amount"] or 0) < 1_000:
                assert paid["amount"] is None
                assert paid["reading"] == ("see_note" if paid["note"] else "ask")
            else:
                assert paid["reading"] == "amount" and paid["amount"] == paid["source_amount"]
            assert "miễn phí" not in paid["says"].lower() and paid["says"] != "0 đồng"
        assert procedure["fee_min"] is None or procedure["fee_min"] >= 1_000
        assert procedure["fee_max"] is None or procedure["fee_max"] >= 1_000


@pytest.mark.parametrize(
    ("amount", "note", "reading", "says"),
    [
        (7_000, "một lần", "amount", "7.000 đồng"),
        (0, "Miễn phí", "see_note", "Xem ghi chú của khoản này"),
        (10, None, "ask", "Nguồn không ghi số tiền dùng được: hỏi nơi nộp hồ sơ trước khi đi"),
        (None, None, "ask", "Nguồn không ghi số tiền dùng được: hỏi nơi nộp hồ sơ trước khi đi"),
    ],
)
def test_a_fee_says_what_to_do(amount: int | None, note: str | None, reading: str, says: str) -> None:
    explained = fee(ProcedureFee("fee", amount, "VND", note), "vi")

    assert (explained.reading, explained.says, explained.source_amount) == (reading, says, amount)


@given(st.integers(0, 10**9) | st.none(), st.sampled_from(["VND", "USD"]), st.text(min_size=1) | st.none())
def test_an_amount_is_shown_as_it_is_or_not_at_all(amount: int | None, currency: Any, note: str | None) -> None:
    explained = fee(ProcedureFee("fee", amount, currency, note), "vi")

    assert explained.amount in (amount, None)
    assert explained.amount != 0
    assert (explained.amount is None) == (explained.reading != "amount")


@pytest.mark.parametrize(
    ("time", "unit", "text", "note", "vi", "en"),
    [
        (3, "working_day", None, None, "3 ngày làm việc", "3 working days"),
        (1, "hour", None, None, "1 giờ", "1 hour"),
        (None, "working_day", "3.5", None, "3,5 ngày làm việc", "3.5 working days"),
        (1, "other", None, "trong ngày", "Xem ghi chú", "See the note"),
        (1, "other", None, None, "Nguồn không ghi rõ thời gian", "The source gives no time"),
        (None, "other", "Không", None, "Nguồn ghi: “Không”", "The source says: “Không”"),
        (None, "day", "Không quy định", None, "Nguồn ghi: “Không quy định”", "The source says: “Không quy định”"),
    ],
)
def test_a_time_is_said_as_the_source_means_it(
    time: int | None, unit: Any, text: str | None, note: str | None, vi: str, en: str
) -> None:
    method = ProcedureMethod("direct", time, unit, text, [], note)

    assert time_says(method, "vi") == vi
    assert time_says(method, "en") == en


async def test_a_district_in_the_text_is_explained(client: httpx.AsyncClient) -> None:
    lost, sick = await shown(client, "1.010385"), await shown(client, "1.001667", "en")

    assert "cấp huyện" in lost["name"] and lost["level"] == "xa"
    assert notes(lost)["district_is_gone"]["valid_from"] == "2025-07-01"
    assert notes(sick)["district_is_gone"]["says"].startswith("There are no districts")


async def test_any_centre_of_the_province_takes_it_where_no_branch_has_its_own(client: httpx.AsyncClient) -> None:
    birth, licence = await shown(client, "1.001193"), await shown(client, "3.000346")

    assert notes(birth)["any_centre"]["basis"] == "NĐ 118/2025/NĐ-CP"
    assert "any_centre" not in notes(licence)


async def test_rules_that_did_not_hold_yet_are_not_named(conn: asyncpg.Connection) -> None:
    stored = await store.one(conn, "1.001193", "80")
    assert stored is not None
    birth = msgspec.json.decode(stored.procedure, type=Procedure)

    before = procedure_advice.notes(birth, date(2025, 6, 30), "vi", papers_cut=True, elsewhere=False)

    assert "any_centre" not in [note.code for note in before]
    assert all(note.valid_from <= date(2025, 6, 30) for note in before)


async def test_the_same_benefit_under_another_code_is_named_both_ways(client: httpx.AsyncClient) -> None:
    insurer, ministry = await shown(client, "1.001667"), await shown(client, "1.014163")

    assert ("same_benefit", "1.014163") in [(each["kind"], each["code"]) for each in insurer["related"]]
    assert ("same_benefit", "1.001667") in [(each["kind"], each["code"]) for each in ministry["related"]]


async def test_another_province_s_copy_of_a_procedure_is_not_named_here(client: httpx.AsyncClient) -> None:
    lost = await shown(client, "1.012786")
    abroad = await shown(client, "2.002189")

    assert not [each for each in lost["related"] if each["agency"].startswith("UBND")]
    assert [each["kind"] for each in abroad["related"]] == ["same_name"]


async def test_the_link_leads_to_the_national_portal_only(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    exact = (await shown(client, "1.004194"))["portal"]
    await conn.execute(
        "update services.procedures set detail = detail || $1::text::jsonb where code = '1.001193'",
        json.dumps({"source_url": "https://dichvucong.gov.vn.example.net/"}),
    )

    foreign = (await shown(client, "1.001193"))["portal"]

    assert exact["is_exact"] and exact["url"].startswith("https://dichvucong.gov.vn/thu-tuc-hanh-chinh/")
    assert foreign == {"url": "https://dichvucong.gov.vn/", "is_exact": False}


async def test_where_only_the_index_is_known_it_says_so(client: httpx.AsyncClient) -> None:
    sick = await shown(client, "1.001667")

    assert not sick["is_complete"]
    assert "only_listed" in notes(sick)
    assert sick["portal"]["is_exact"] is False


async def test_several_times_of_one_procedure_are_all_shown(client: httpx.AsyncClient) -> None:
    residence = await shown(client, "1.004194")

    assert [(way["channel"], way["time_says"]) for way in residence["methods"]] == [
        ("online", "3 ngày làm việc"),
        ("direct", "3 ngày làm việc"),
    ]
    assert [event["code"] for event in residence["life_events"]] == ["chuyen_cho_o", "thue_nha", "cho_thue_tro"]
