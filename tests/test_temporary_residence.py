"""What landlord and tenant declare of a stay."""

import gzip
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.housing_rules.residence_rules import read
from longan.floor.housing_rules.temporary_residence import (
    REGISTRATION,
    STAY_NOTICE,
    Filing,
    ResidenceChecklist,
    ResidenceStep,
    Stay,
    checklist,
)
from longan.floor.pay_and_days.dated_rules import BadRules, packaged

FILE = packaged("residence_rules.toml").decode()
EVENING = datetime(2026, 11, 22, 11, tzinfo=UTC)
# Hypothesis wants its bounds without a time zone.
LONG_AGO, LATER = (datetime(year, 2, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2024, 2030))
LINES = gzip.decompress(packaged("procedures.jsonl.gz")).splitlines()
PROCEDURES = {
    procedure.code: procedure
    for line in LINES
    if any(f'"{code}"'.encode() in line[:40] for code in (REGISTRATION, STAY_NOTICE))
    for procedure in [msgspec.json.decode(line, type=Filing)]
}


def item(found: ResidenceChecklist, identifier: str) -> ResidenceStep:
    return next(each for each in found.items if each.id == identifier)


@pytest.mark.parametrize(
    ("arrives_at", "due_at"),
    [
        ("2026-11-22T11:00:00Z", "2026-11-22T16:00:00Z"),
        ("2026-11-22T15:59:59Z", "2026-11-22T16:00:00Z"),
        ("2026-11-22T16:00:00Z", "2026-11-23T01:00:00Z"),
        ("2026-11-22T17:30:00Z", "2026-11-23T16:00:00Z"),
    ],
    ids=["18:00", "just before 23:00", "at 23:00", "after midnight"],
)
def test_the_stay_is_told_by_eleven_at_night_or_the_next_morning(arrives_at: str, due_at: str) -> None:
    found = checklist(Stay(arrives_at=datetime.fromisoformat(arrives_at)), PROCEDURES)

    assert item(found, "stay_notice").due_at == datetime.fromisoformat(due_at)
    assert item(found, "stay_notice").who == "landlord"


@pytest.mark.parametrize(
    ("days", "same_ward", "due"),
    [
        (30, False, "yes"), (29, False, "no"), (200, True, "no"), (None, False, "perhaps"), (200, None, "perhaps"),
        (29, None, "no"), (None, True, "no"),
    ],
)  # fmt: skip
def test_residence_is_registered_from_thirty_days_on_outside_the_own_ward(
    days: int | None, same_ward: bool | None, due: str
) -> None:
    found = checklist(Stay(arrives_at=EVENING, days=days, same_ward=same_ward), PROCEDURES)

    assert item(found, "register").due == item(found, "owner_consent").due == due
    assert item(found, "stay_notice").due == "yes"


def test_the_papers_and_fees_are_those_of_the_procedures() -> None:
    found = item(checklist(Stay(arrives_at=EVENING, days=90, same_ward=False), PROCEDURES), "register")

    assert found.procedure == REGISTRATION
    assert any("CT01" in paper for paper in found.papers)
    assert {7_000, 15_000} <= {fee.amount for fee in found.fees}
    assert found.source_url is not None and "dichvucong.gov.vn" in found.source_url


def test_without_the_procedures_the_rules_still_say_what_to_do() -> None:
    found = item(checklist(Stay(arrives_at=EVENING, days=90, same_ward=False), {}), "register")

    assert (found.due, found.papers, found.fees, found.source_url) == ("yes", [], [], None)


@pytest.mark.parametrize(
    ("day", "form", "law", "fine"),
    [
        (date(2024, 6, 1), "66/2023/TT-BCA", "68/2020/QH14", "144/2021"),
        (date(2025, 12, 14), "53/2025/TT-BCA", "68/2020/QH14", "144/2021"),
        (date(2025, 12, 15), "53/2025/TT-BCA", "68/2020/QH14", "282/2025"),
        (date(2026, 7, 1), "116/2026/TT-BCA", "118/2025/QH15", "282/2025"),
    ],
)
def test_each_day_has_its_own_law_form_and_fine(day: date, form: str, law: str, fine: str) -> None:
    at = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)

    found = checklist(Stay(arrives_at=at, days=90, same_ward=False), PROCEDURES)

    assert form in item(found, "register").law
    assert law in item(found, "stay_notice").law
    assert fine in item(found, "stay_notice").why_vi


def test_of_a_day_before_the_law_nothing_is_said() -> None:
    assert checklist(Stay(arrives_at=datetime(2020, 1, 1, tzinfo=UTC), days=90), PROCEDURES).items == []


@given(st.datetimes(LONG_AGO, LATER, timezones=st.just(UTC)), st.integers(1, 3_000))
def test_nothing_is_due_before_the_stay_begins_and_all_is_said_in_both_languages(at: datetime, days: int) -> None:
    found = checklist(Stay(arrives_at=at, days=days, same_ward=False), PROCEDURES)

    assert all(each.due_at is None or each.due_at > at for each in found.items)
    assert all(each.vi and each.en and each.why_vi and each.why_en and each.law for each in found.items)
    assert found.registered_until is not None
    assert timedelta(days=729) <= found.registered_until - found.day <= timedelta(days=731)
    prolongs = found.day + timedelta(days=days) > found.registered_until
    assert (item(found, "prolong").due == "perhaps") == (prolongs and days >= 30)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("valid_to = 2026-06-30\nlaw = \"Luật", "valid_to = 2026-07-01\nlaw = \"Luật"),
        ("by_hour = 23", "by_hour = 24"),
        ("from_days = 30", "since_days = 30"),
        ("[[fine]]", "[[fines]]"),
    ],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused(before: str, after: str) -> None:
    assert before in FILE

    with pytest.raises(BadRules):
        read(FILE.replace(before, after).encode())
