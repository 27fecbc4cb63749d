"""Whoever holds the receipt sees how far their dossier is, and nobody else sees that there is one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from longan.floor.database.tasks import Context
from longan.floor.dossiers.dossier_proofs import factors, masked
from longan.floor.dossiers.dossier_tries import KEPT, OF_ACCOUNT
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.dossiers import tasks
from tests.conftest import Bearer, TestClock
from tests.dossiers.conftest import CODE, FACTOR, IDENTITY, NAME, PHONE, Look, Platform, ago
from tests.jobs.hiring import WORKER


async def test_the_receipt_opens_the_dossier_and_the_name_is_masked(look: Look, conn: asyncpg.Connection) -> None:
    answer = await look()

    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["code"], found["status"], found["status_code"]) == (CODE, "dang_xu_ly", "4")
    assert (found["clock"], found["stale"], found["late_by"]) == ("running", False, 0)
    assert found["applicant"] == "T••• T••• B••• N•••"
    calendar = await working_days.load(conn)
    today = day_of(datetime.now(UTC))
    assert found["working_days_left"] == working_days.working_days_between(
        calendar, today, datetime.fromisoformat(found["due_on"]).date()
    )
    for secret in (NAME, PHONE, IDENTITY, FACTOR):
        assert secret not in answer.text


@pytest.mark.parametrize("factor", [PHONE[-4:], IDENTITY[-4:]])
async def test_the_phone_and_the_number_both_open_it(look: Look, factor: str) -> None:
    assert (await look(factor=factor)).status_code == 200


async def test_a_code_is_taken_as_it_was_pasted(look: Look) -> None:
    assert (await look(CODE.lower().replace("-", " – "))).json()["code"] == CODE


async def test_a_code_of_a_procedure_is_refused_and_nobody_is_asked(look: Look, platform: Platform) -> None:
    answer = await look("1.004194")

    assert (answer.status_code, answer.json()["code"]) == (422, "dossier_code_invalid")
    assert await platform.calls() == []


async def test_an_unknown_code_and_a_wrong_factor_are_answered_counted_and_asked_alike(
    look: Look, platform: Platform, conn: asyncpg.Connection
) -> None:
    wrong, unknown = await look(factor="0000"), await look("H53.16-261102-9999")
    said = [{k: v for k, v in each.json().items() if k not in ("instance", "request_id")} for each in (wrong, unknown)]

    assert said[0] == said[1]
    assert said[0]["code"] == "dossier_not_found"
    assert set(wrong.headers) == set(unknown.headers)
    assert await platform.calls() == ["login", "TraCuuHoSo", "TraCuuHoSo"]
    assert await conn.fetchval("select array_agg(failures) from dossiers.failures") == [1] * 4, (
        "for who asks, and for the code"
    )
    assert await conn.fetchval("select count(*) from dossiers.dossiers") == 0


async def test_numbers_that_the_source_masks_open_nothing(look: Look, platform: Platform) -> None:
    await platform.enter(SoDienThoai="090****321", MaDoiTuong="*******6789")

    for factor in ("4321", "6789", "0321"):
        assert (await look(factor=factor)).status_code == 404


async def test_after_some_wrong_tries_even_the_right_one_waits_and_waits_longer_each_time(
    look: Look, clock: TestClock
) -> None:
    for number in range(OF_ACCOUNT.free):
        assert (await look(factor=f"000{number}")).status_code == 404
    pauses = []
    for _ in range(3):
        refused = await look()
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        pauses.append(int(refused.headers["Retry-After"]))
        clock.shift(timedelta(seconds=pauses[-1] + 1))
        assert (await look(factor="9999")).status_code == 404

    assert pauses[0] <= 60 < pauses[1] <= 120 < pauses[2] <= 240
    clock.shift(timedelta(minutes=10))
    assert (await look()).status_code == 200


async def test_codes_that_do_not_exist_lock_up_alike(look: Look) -> None:
    for number in range(OF_ACCOUNT.free):
        assert (await look("H53.16-261102-9999", factor=f"000{number}")).status_code == 404

    assert (await look("H53.16-261102-9999")).status_code == 429
    assert (await look()).status_code == 200


async def test_a_right_factor_forgets_the_wrong_ones(look: Look, conn: asyncpg.Connection) -> None:
    await look(factor="0000")
    await look()

    assert await conn.fetchval("select count(*) from dossiers.failures") == 0


async def test_an_account_looks_up_so_many_codes_and_no_more(look: Look) -> None:
    seen = [(await look(f"H53.16-261102-{number:04d}", factor="0000")).status_code for number in range(200, 232)]

    assert seen == [404] * 30 + [429] * 2


async def test_without_a_token_nobody_looks_anything_up(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/dossiers/lookup", json={"code": CODE, "second_factor": FACTOR})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body", [{"code": CODE}, {"code": CODE, "second_factor": "123"}, {"code": CODE, "second_factor": "12345"},
             {"code": CODE, "second_factor": "12 4"}, {"code": "H", "second_factor": "1234"},
             {"code": 5, "second_factor": "1234"}, {"code": CODE, "second_factor": "1234", "x": 1},
             {"code": CODE, "second_factor": "١٢٣٤"}],
)  # fmt: skip
async def test_what_is_no_question_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, look: Look, body: dict[str, object]
) -> None:
    answer = await client.post("/v1/dossiers/lookup", json=body, headers=await bearer(WORKER))

    assert answer.status_code == 400, answer.text


async def test_neither_code_nor_factor_nor_name_is_in_the_logs_in_valkey_or_in_the_database(
    look: Look, platform: Platform, conn: asyncpg.Connection, valkey: Any, caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    await look()
    await look(factor="0000")
    await platform.says("wrong_types")
    await look()
    await look("H53.16-261102-9999")

    kept = caplog.text + str([*capsys.readouterr()])
    async for key in valkey.scan_iter(count=1_000):
        kept += repr(key) + repr(await valkey.dump(key))
    for table in ("dossiers", "proofs", "failures"):
        kept += str([dict(row) for row in await conn.fetch(f"select * from dossiers.{table}")])
    for secret in (CODE, "261102", NAME, "Ngọc", PHONE, IDENTITY, "9999-"):
        assert secret not in kept


async def test_what_is_missing_is_shown_as_a_checklist_and_the_clock_stands(
    look: Look, platform: Platform, clock: TestClock
) -> None:
    asked = {"NgayBoSung": ago(clock, 1), "NoiDungBoSung": "Thiếu\n  giấy tờ\u200b",
             "DanhSachGiayToBoSung": [{"TenGiayTo": "Hộ chiếu"}, {"TenGiayTo": " "}]}  # fmt: skip
    await platform.enter(TrangThaiHoSo="5", DanhSachHoSoBoSung=[asked])

    found = (await look()).json()

    assert (found["clock"], found["due_on"]) == ("stopped", None)
    assert found["working_days_left"] > 0
    assert [(each["words"], each["papers"], each["answered_at"]) for each in found["supplements"]] == [
        ("Thiếu giấy tờ", ["Hộ chiếu"], None)
    ]


async def test_what_is_overdue_says_by_how_many_working_days(look: Look, platform: Platform, clock: TestClock) -> None:
    await platform.enter(NgayTiepNhan=ago(clock, 40), NgayHenTra=ago(clock, 21))

    found = (await look()).json()

    assert (found["working_days_left"], found["clock"]) == (0, "running")
    assert 11 <= found["late_by"] <= 16


@pytest.mark.parametrize(
    ("said", "code"),
    [("1.004194", "1.004194"), ("1.011442.000.00.00.H38", "1.011442"), ("1.0133611", None), ("", None)],
)
async def test_the_code_of_the_procedure_is_the_national_one(
    look: Look, platform: Platform, said: str, code: str | None
) -> None:
    await platform.enter(MaTTHC=said)

    assert (await look()).json()["procedure_code"] == code


async def test_what_was_seen_is_forgotten_after_ninety_days(
    look: Look, app: Any, valkey: Any, platform: Platform, conn: asyncpg.Connection, settings: Any, clock: TestClock
) -> None:
    await look()
    await look("H53.16-261102-9999")
    state = app.app.state
    context = Context(
        pool=state.pool, valkey=valkey, http=platform.session, settings=settings, keys=state["keys"],
        phones=state.phones, clock=clock,
    )  # fmt: skip

    async def left() -> list[int]:
        return [await conn.fetchval(f"select count(*) from dossiers.{table}") for table in
                ("dossiers", "proofs", "failures")]  # fmt: skip

    await tasks.forget_dossiers(context)
    assert await left() == [1, 1, 2]
    clock.shift(KEPT + timedelta(days=1))
    await tasks.forget_dossiers(context)
    assert await left() == [1, 1, 0]
    clock.shift(timedelta(days=60))
    await tasks.forget_dossiers(context)
    assert await left() == [0, 0, 0]


def test_a_name_is_masked_whatever_it_is() -> None:
    assert masked("Nguyễn Văn Thử") == "N••• V••• T•••"
    assert masked(None) is None
    assert masked("") is None


def test_short_numbers_prove_nothing() -> None:
    dossier = Dossier(
        code=CODE, status="4", changes=[], received_at=None, promised=None, promised_anew=None, procedure_code=None,
        office=None, applicant=None, phone="+84 90 123-4567", identity="12345", supplements=[],
    )  # fmt: skip

    assert factors(dossier) == ["4567"]
    assert "4567" not in repr(dossier)
