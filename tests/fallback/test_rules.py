"""Pure rules: what may be spent, when a text is due, and what each answer of Zalo means."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.messages import texting
from longan.floor.messages.notices import Security
from longan.floor.messages.texting import Plan, Rate, Tariff
from longan.rooms.fallback.domain import Purse, judged, settlement
from longan.rooms.fallback.models import Due, Go, Leave, PutOff
from longan.rooms.fallback.outside import Outcome, is_signed, outcome

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
TARIFF = Tariff(date(2026, 1, 1), Rate(300, 1_000), Rate(850, 2_000))
PEOPLE = [UUID(int=number) for number in range(4)]


def due(**changed: Any) -> Due:
    given: dict[str, Any] = {
        "id": uuid4(), "carrier": "zns", "notification_id": uuid4(), "account_id": PEOPLE[0],
        "topic": "security_notice", "locale": "vi", "attempts": 0, "expires_at": NOON + timedelta(days=3),
        "give_up_at": None, "wanted": True, "sms_wanted": True, "arrived": False, "pushed_at": None,
        "quiet_until": NOON, "today": 0, "phone_cipher": b"sealed", "charged": False,
    }  # fmt: skip
    return Due(**given | changed)


def purse(texts_a_day: int = 3, **spent: int) -> Purse:
    return Purse(TARIFF, {"zns": 0, "sms": 0, **spent}, texts_a_day)  # type: ignore[dict-item]


texts = st.builds(
    due, carrier=st.sampled_from(["zns", "sms"]), account_id=st.sampled_from(PEOPLE), charged=st.booleans()
)


@given(
    st.lists(texts, max_size=40), st.integers(0, 3_000), st.integers(0, 3_000), st.integers(1, 4),
    st.lists(st.integers(0, 5), min_size=4, max_size=4),
)  # fmt: skip
def test_nobody_spends_more_than_the_budget_and_nobody_gets_more_than_the_days_texts(
    asked: list[Due], by_zns: int, by_sms: int, texts_a_day: int, today: list[int]
) -> None:
    held = purse(texts_a_day, zns=by_zns, sms=by_sms)
    spent, had = {"zns": by_zns, "sms": by_sms}, dict(zip(PEOPLE, today, strict=True))
    for text in asked:
        text = msgspec.structs.replace(text, today=today[PEOPLE.index(text.account_id)])
        paid = held.pay(text)
        if isinstance(paid, int) and paid:
            spent[text.carrier] += paid
            had[text.account_id] += 1
            assert spent[text.carrier] <= TARIFF.rate(text.carrier).budget
            assert had[text.account_id] <= texts_a_day
        assert (paid == 0) == text.charged


@given(st.integers(0, 2_000), st.integers(0, 1_000))
def test_a_message_that_can_be_paid_for_is(spent: int, price_left: int) -> None:
    held = Purse(Tariff(date(2026, 1, 1), Rate(300, spent + price_left)), {"zns": spent, "sms": 0}, 1)

    assert (held.pay(due()) == 300) == (price_left >= 300)


@given(
    st.integers(0, 365 * 86_400).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    st.sampled_from(["security_notice", "application_moved"]),
)
def test_texts_that_are_not_urgent_ring_by_day_and_never_earlier_than_they_are_due(now: datetime, topic: str) -> None:
    rings = texting.decent(topic, now)

    there = rings.astimezone(texting.HOME)
    assert now <= rings <= now + timedelta(hours=10)
    assert topic == "security_notice" or texting.DAY_BEGINS <= there.hour < texting.DAY_ENDS
    assert texting.decent(topic, rings) == rings
    assert topic != "security_notice" or rings == now


LEFT = [
    ({"expires_at": NOON}, Leave("expired", "too_late")),
    ({"wanted": False, "sms_wanted": False}, Leave("obsolete", "not_wanted")),
    ({"wanted": False}, Leave("obsolete", "not_wanted", "sms")),
    ({"arrived": True}, Leave("obsolete", "arrived")),
    ({"phone_cipher": None}, Leave("failed", "no_number")),
    ({"give_up_at": NOON}, Leave("failed", "not_handed_over", "sms")),
    ({"attempts": 20}, Leave("failed", "not_handed_over", "sms")),
    ({"today": 3}, Leave("withheld", "enough_today")),
    ({"carrier": "sms", "today": 3}, Leave("withheld", "enough_today")),
    ({"topic": "of_a_newer_version"}, PutOff(NOON + timedelta(minutes=5), "unknown_topic")),
    ({"quiet_until": NOON + timedelta(hours=1)}, PutOff(NOON + timedelta(hours=1), "quiet_hours")),
    ({"pushed_at": NOON}, PutOff(NOON + texting.WAITS["urgent"], "push_may_arrive")),
    ({}, Go(300, NOON + texting.WAITS["urgent"])),
    ({"charged": True, "today": 3}, Go(0, NOON + texting.WAITS["urgent"])),
]


@pytest.mark.parametrize(("like", "verdict"), LEFT, ids=lambda value: str(value)[:40])
def test_what_is_done_with_a_text_that_is_due(like: dict[str, Any], verdict: object) -> None:
    assert judged(due(**like), NOON, purse(), {}) == verdict


def test_over_budget_the_next_carrier_is_asked_with_its_own_budget() -> None:
    assert judged(due(), NOON, purse(zns=800), {}) == Leave("withheld", "over_budget", "sms")
    assert judged(due(carrier="sms"), NOON, purse(sms=1_500), {}) == Leave("withheld", "over_budget")
    assert isinstance(judged(due(carrier="sms"), NOON, purse(zns=1_000), {}), Go)


def test_a_closed_carrier_is_waited_for_as_long_as_the_topic_has_time_and_not_longer() -> None:
    soon, late = NOON + timedelta(seconds=30), NOON + timedelta(hours=1)

    assert judged(due(), NOON, purse(), {"zns": soon}) == PutOff(soon, "carrier_closed", NOON + timedelta(minutes=3))
    assert judged(due(), NOON, purse(), {"zns": late}) == Leave("failed", "not_handed_over", "sms")
    assert judged(due(), NOON, purse(), {"zns": "not_set_up"}) == Leave("failed", "not_set_up", "sms")
    assert isinstance(judged(due(carrier="sms"), NOON, purse(), {"zns": late}), Go)


MEANINGS: list[tuple[int, bytes, str]] = [
    (200, b'{"error":0,"message":"Success","data":{"msg_id":"a1","sent_time":"1","quota":{}}}', "accepted"),
    (200, b'{"error":0,"message":"Success","data":{}}', "unsure"),
    (200, b'{"error":0}', "unsure"),
    (200, b'{"error":0,"data":{"msg_id":""}}', "unsure"),
    (200, b'{"error":0,"data":{"msg_id":7}}', "unsure"),
    (200, b'{"error":"0","data":{"msg_id":"a1"}}', "unsure"),
    (200, b'{"error": 0, "data": {"msg_id": "', "unsure"),
    (200, b"<html>", "unsure"),
    (200, b"\xff\xfe", "unsure"),
    (200, b"", "unsure"),
    (502, b"<html>", "unsure"),
    (504, b"", "unsure"),
    (408, b"", "unsure"),
    (500, b"", "failed"),
    (503, b"", "failed"),
    (302, b"", "failed"),
    (404, b"", "failed"),
    (401, b"", "token"),
    (429, b"", "busy"),
    (200, b'{"error":-124,"message":"Access token invalid"}', "token"),
    (200, b'{"error":-118,"message":"Zalo account not existed"}', "refused"),
    (200, b'{"error":-141}', "refused"),
    (200, b'{"error":-133}', "night"),
    (200, b'{"error":-115}', "exhausted"),
    (200, b'{"error":-144}', "exhausted"),
    (200, b'{"error":-100}', "failed"),
    (200, b'{"error":-131}', "misfit"),
    (200, b'{"error":-9999}', "misfit"),
]


@pytest.mark.parametrize(("status", "body", "verdict"), MEANINGS, ids=lambda value: str(value)[:30])
def test_what_an_answer_of_zalo_means(status: int, body: bytes, verdict: str) -> None:
    assert outcome(status, None, body).verdict == verdict


@given(st.integers(100, 599), st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.none() | st.text())
def test_no_answer_is_taken_for_an_acceptance_that_does_not_name_the_message(
    status: int, body: bytes, retry_after: str | None
) -> None:
    said = outcome(status, retry_after, body)

    assert said.verdict != "accepted"
    assert said.error is not None
    assert said.error.isascii()
    assert len(said.error) <= 20


@pytest.mark.parametrize(
    "verdict", ["accepted", "unsure", "refused", "misfit", "night", "exhausted", "busy", "token", "failed"]
)
@pytest.mark.parametrize("topic", ["security_notice", "application_moved"])
def test_only_what_zalo_may_have_stays_paid_for_and_is_never_queued_again(verdict: Any, topic: str) -> None:
    made = settlement(due(topic=topic), Outcome(verdict, error="e"), NOON)

    assert made.refund == (verdict not in ("accepted", "unsure"))
    assert (made.state == "sent") == (not made.refund)
    assert (made.report_by is not None) == (made.state == "sent")
    assert (made.following is not None) == (made.state == "failed")


def test_at_night_what_can_wait_waits_for_the_morning_and_what_cannot_goes_by_sms() -> None:
    midnight = datetime(2026, 11, 22, 17, tzinfo=UTC)

    urgent = settlement(due(), Outcome("night", error="zalo_133"), midnight)
    normal = settlement(due(topic="application_moved"), Outcome("night", error="zalo_133"), midnight)

    assert (urgent.state, urgent.following) == ("failed", "sms")
    assert normal.not_before is not None
    assert normal.not_before.astimezone(texting.HOME).hour == 6
    assert normal.not_before - midnight < timedelta(hours=7)
    assert normal.give_up_at == normal.not_before + texting.WAITS["normal"]


def test_the_rates_of_a_day_are_those_that_began_last() -> None:
    plan = Plan([Tariff(date(2026, 11, 23), Rate(2, 2)), Tariff(date(2026, 1, 1), Rate(1, 1))])

    before_midnight = datetime(2026, 11, 22, 16, 59, tzinfo=UTC)
    assert plan.tariff(before_midnight).zns.price == 1
    assert plan.tariff(before_midnight + timedelta(minutes=1)).zns.price == 2
    assert plan.tariff(datetime(2025, 1, 1, tzinfo=UTC)).zns.budget == 0


def test_a_notice_of_which_the_room_recovery_texts_by_itself_is_not_texted_again() -> None:
    assert texting.first_carrier("security_notice", Security("phone_changed")) is None
    assert texting.first_carrier("security_notice", Security("recovery_begun")) is None
    assert texting.first_carrier("security_notice", Security("refresh_token_reused")) == "zns"
    assert texting.next_carrier("security_notice", "zns") == "sms"
    assert texting.next_carrier("security_notice", "sms") is None


def test_an_event_is_believed_when_its_signature_is_zalos_and_of_today() -> None:
    body, at = b'{"event_name":"x"}', str(int(NOON.timestamp() * 1000))
    good = hashlib.sha256(b"app" + body + at.encode() + b"secret").hexdigest()

    assert is_signed("app", "secret", f"mac={good}", body, at, NOON)
    assert is_signed("app", "secret", good.upper(), body, at, NOON)
    for wrong in (
        is_signed("app", "other", f"mac={good}", body, at, NOON),
        is_signed("other", "secret", f"mac={good}", body, at, NOON),
        is_signed("app", "secret", f"mac={good}", body + b" ", at, NOON),
        is_signed("app", "secret", f"mac={good}", body, str(int(at) + 1), NOON),
        is_signed("app", "secret", f"mac={good}", body, at, NOON + timedelta(days=1, seconds=1)),
        is_signed("app", "", hashlib.sha256(b"app" + body + at.encode()).hexdigest(), body, at, NOON),
        is_signed("app", "secret", "", body, at, NOON),
        is_signed("app", "secret", "mac=é", body, at, NOON),
        is_signed("app", "secret", f"mac={good}", body, "", NOON),
        is_signed("app", "secret", f"mac={good}", body, f"-{at}", NOON),
        is_signed("app", "secret", f"mac={good}", body, "9" * 400, NOON),
        is_signed("app", "secret", f"mac={good}", body, "١٢٣", NOON),
    ):
        assert not wrong
