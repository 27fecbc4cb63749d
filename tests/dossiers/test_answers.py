"""What of the platform's answers is believed, and what follows from it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import redis.asyncio

from longan.devkit.lgsp import moment
from longan.floor.dossiers.dossier_clock import Change
from longan.floor.dossiers.lgsp import Breaker, Doubted, Lgsp, SourceDown
from longan.floor.dossiers.lgsp_answers import Answer, Dossier, WireDossier, dossier_in
from longan.floor.dossiers.rating_invitations import finished_since
from longan.floor.dossiers.source_pace import SourcePace
from tests.dossiers.conftest import CODE, Platform, account

NOVEMBER = datetime(2026, 11, 1, 3, tzinfo=UTC)


def day(number: float) -> datetime:
    return NOVEMBER + timedelta(days=number - 1)


def said(status: str, **fields: Any) -> Dossier:
    """What a dossier received on 1 November is taken for, of which the platform says this."""
    wire = {"MaHoSo": CODE, "TrangThaiHoSo": status, "NgayTiepNhan": moment(day(1)), "NgayHenTra": moment(day(20))}
    found = dossier_in(Answer("0", [msgspec.convert(wire | fields, WireDossier)]), CODE)
    assert found is not None
    return found


def supplement(asked: float, answered: float | None = None, anew: float | None = None) -> dict[str, object]:
    return {
        "NgayBoSung": moment(day(asked)),
        "NgayTiepNhanBoSung": None if answered is None else moment(day(answered)),
        "NgayHenTraMoi": None if anew is None else moment(day(anew)),
    }


@pytest.mark.parametrize(
    ("supplements", "status", "promised"),
    [
        ([supplement(3, 5, 24)], "4", 24),
        # The clock has stopped again: it holds until that is over.
        ([supplement(3, 5, 24), supplement(8)], "5", 24),
        # It runs again, and a new day was promised for that, later or sooner than the one before.
        ([supplement(3, 5, 24), supplement(8, 12, 29)], "4", 29),
        ([supplement(3, 5, 29), supplement(8, 12, 27)], "4", 27),
        # It runs again, and no new day was promised: the one before it was for the time before the second stop.
        ([supplement(3, 5, 24), supplement(8, 12)], "4", None),
    ],
)
def test_of_the_days_that_were_promised_anew_that_of_the_last_run_of_the_clock_holds(
    supplements: list[dict[str, object]], status: str, promised: float | None
) -> None:
    found = said(status, DanhSachHoSoBoSung=supplements)

    assert found.promised_anew == (None if promised is None else day(promised))


def test_a_second_stop_that_is_told_by_steps_alone_ends_the_promise_too() -> None:
    steps = [
        {"TrangThai": each, "ThoiDiemXuLy": moment(day(at))}
        for at, each in ((1, "2"), (3, "5"), (5, "4"), (8, "6"), (12, "4"))
    ]

    found = said("4", DanhSachHoSoBoSung=[supplement(3, 5, 24)], QuaTrinhXuLy=steps)

    assert found.promised_anew is None


@pytest.mark.parametrize(
    ("fields", "is_dated"),
    [
        ({}, False), ({"NgayTiepNhan": ""}, False), ({"NgayKetThucXuLy": moment(day(9))}, True),
        ({"NgayTra": moment(day(9))}, True),
        ({"QuaTrinhXuLy": [{"TrangThai": "9", "ThoiDiemXuLy": moment(day(9))}]}, True),
        ({"QuaTrinhXuLy": [{"TrangThai": "4", "ThoiDiemXuLy": moment(day(9))}]}, False),
    ],
    ids=["nothing", "not even received", "done", "given out", "a step", "another step"],
)  # fmt: skip
def test_whether_its_source_says_when_it_was_done(fields: dict[str, Any], is_dated: bool) -> None:
    assert said("9", **fields).is_dated is is_dated


def test_what_is_done_without_a_date_is_finished_since_it_was_first_seen_to_be() -> None:
    undated, now = said("9"), day(15)

    assert finished_since(undated, None, now) == now
    assert finished_since(undated, day(12), now) == day(12)
    assert finished_since(said("9", NgayKetThucXuLy=moment(day(9))), day(12), now) == day(9)
    assert finished_since(said("4"), None, now) is None
    # It was done on a day that is known; only when it was given out is not.
    steps = [{"TrangThai": "9", "ThoiDiemXuLy": moment(day(9))}]
    given_out = said("10", QuaTrinhXuLy=steps)
    assert given_out.changes == [Change(day(9), "9"), Change(day(9), "10")]
    assert finished_since(given_out, day(12), now) == day(9)


@pytest.mark.parametrize("mode", ["other_code", "bad_moment", "new_status"])
async def test_what_cannot_be_believed_of_one_dossier_closes_the_way_to_no_other(
    platform: Platform, valkey: redis.asyncio.Redis, mode: str
) -> None:
    """Between two real failures too: an answer was given, so they are not in a row."""
    source = Lgsp(account(platform), SourcePace(valkey, "doubt", 1_000, 100), breaker=Breaker(3, 3_600))
    await platform.says(mode)
    for _ in range(5):
        with pytest.raises(Doubted):
            await source.dossier(CODE)
    for each in ("unavailable", "unavailable", mode, "unavailable", "unavailable"):
        await platform.says(each)
        with pytest.raises(SourceDown):
            await source.dossier(CODE)
    await platform.says("by_code")

    assert await source.dossier(CODE) is not None
    await source.close()
