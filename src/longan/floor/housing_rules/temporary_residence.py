"""What landlord and tenant have to declare of a stay, as a checklist: dated rules (`residence_rules`) beside what
the national database says of the procedures 1.004194 (đăng ký tạm trú) and 2.001159 (thông báo lưu trú).

For Vietnamese citizens. What nobody has said stays open: an item is then `perhaps`, and says on what it hangs.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Day, Timestamp
from longan.floor.base.zones import HOME
from longan.floor.housing_rules.residence_rules import Fine, Form, Notice, Registration, Rules, rules
from longan.floor.living_costs.utility_tariffs import tariffs
from longan.floor.pay_and_days.dated_rules import on
from longan.floor.pay_and_days.money_said import en, vi
from longan.floor.pay_and_days.pay import Amount
from longan.floor.pay_and_days.wages import day_of

REGISTRATION, STAY_NOTICE = "1.004194", "2.001159"

Who = Literal["landlord", "tenant"]
Due = Literal["yes", "no", "perhaps"]


class FilingFee(msgspec.Struct, frozen=True):
    amount: Amount | None
    note: str | None


class FilingMethod(msgspec.Struct, frozen=True):
    channel: str
    time: int | None
    time_unit: str
    fees: list[FilingFee]


class FilingDocument(msgspec.Struct, frozen=True):
    name: str
    case: str | None


class FilingDetail(msgspec.Struct, frozen=True):
    """What is taken of `services.procedures.detail`."""

    methods: list[FilingMethod]
    documents: list[FilingDocument]
    conditions: str | None = None
    source_url: str | None = None


class Filing(msgspec.Struct, frozen=True):
    """A procedure of the national database, as the row of `services.procedures` has it."""

    code: str
    name: str
    detail: FilingDetail


class Stay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`days` that the tenant means to stay, `same_ward`: their permanent residence is in the ward of the room,
    `is_relative`: a close relative of the landlord who comes often; null where that is not known."""

    arrives_at: Timestamp
    days: Annotated[int, Meta(ge=1, le=3_650)] | None = None
    same_ward: bool | None = None
    is_relative: bool = False


class ResidenceStep(msgspec.Struct, frozen=True):
    """One thing to do. `due_at` until when, null where there is no hour to it; `due` `perhaps` where it hangs on what
    was not said. `procedure` is a code of the national database, `papers` and `fees` are its words (Vietnamese)."""

    id: str
    who: Who
    due: Due
    due_at: Timestamp | None
    vi: str
    en: str
    why_vi: str
    why_en: str
    law: str
    procedure: str | None
    source_url: str | None
    papers: list[str]
    fees: list[FilingFee]


class ResidenceChecklist(msgspec.Struct, frozen=True):
    """`registered_until`: the last day for which temporary residence may be registered at once."""

    day: Day
    items: list[ResidenceStep]
    registered_until: Day | None


def checklist(stay: Stay, procedures: Mapping[str, Filing], of: Rules | None = None) -> ResidenceChecklist:
    """What is to be done for a stay that begins on a day, by the rules of that day; nothing where none are known."""
    of, day = of or rules(), day_of(stay.arrives_at)
    items, until = [], None
    if (notice := on(of.stay_notice, day)) is not None:
        items.append(_notice(stay, notice, on(of.fine, day), procedures.get(STAY_NOTICE)))
    if (registration := on(of.registration, day)) is not None:
        form = on(of.form, day)
        items += _registering(stay, day, registration, form, on(of.fine, day), procedures.get(REGISTRATION))
        until = _months_after(day, registration.longest_months)
        items.append(_prolonging(stay, registration, until))
    if (tenants := on(tariffs().tenants, day)) is not None:
        items.append(
            ResidenceStep(
                "declare_to_power_company", "landlord", "yes", None,
                "Báo số người thuê cho điện lực để được tính định mức điện",
                "Tell the power company how many tenants there are, so that their share of the tiers counts",
                tenants.rule.vi, tenants.rule.en, tenants.law, None, None, [], [],
            )
        )  # fmt: skip
    return ResidenceChecklist(day, items, until)


def _notice(stay: Stay, notice: Notice, fine: Fine | None, procedure: Filing | None) -> ResidenceStep:
    vi_once = " Người thân đến nhiều lần chỉ cần thông báo một lần." if stay.is_relative else ""
    en_once = " Of relatives who come often it is enough to tell once." if stay.is_relative else ""
    due_at = _by(stay.arrives_at, notice)
    return ResidenceStep(
        "stay_notice", "landlord", "yes", due_at,
        f"Thông báo lưu trú trước {_clock(due_at)}",
        f"Tell of the stay before {_clock(due_at)}",
        f"{notice.who.vi}.{vi_once}{_fine(fine)[0]}", f"{notice.who.en}.{en_once}{_fine(fine)[1]}",
        notice.law, STAY_NOTICE, _url(procedure), [], _fees(procedure),
    )  # fmt: skip


def _registering(
    stay: Stay, day: date, rule: Registration, form: Form | None, fine: Fine | None, procedure: Filing | None
) -> list[ResidenceStep]:
    due, vi_why, en_why = _is_due(stay, rule)
    last = _midnight_after(day + timedelta(days=rule.within_days))
    laws = rule.law if form is None else f"{rule.law}; {form.law}"
    vi_form = "" if form is None else f" {form.name.vi} ({form.law})."
    en_form = "" if form is None else f" {form.name.en} ({form.law})."
    consent = ResidenceStep(
        "owner_consent", "landlord", due, last,
        "Đồng ý cho đăng ký tạm trú: ký vào tờ khai hoặc xác nhận trên VNeID",
        "Agree to the registration: sign the form, or confirm on VNeID",
        "Văn bản cho thuê, cho ở nhờ không bắt buộc phải công chứng hoặc chứng thực.",
        "The lease need not be notarised.",
        laws, REGISTRATION, _url(procedure), [], [],
    )  # fmt: skip
    register = ResidenceStep(
        "register", "tenant", due, last,
        f"Đăng ký tạm trú trước hết ngày {_date(day + timedelta(days=rule.within_days))}",
        f"Register temporary residence by the end of {_date(day + timedelta(days=rule.within_days))}",
        f"{vi_why}{vi_form}{_fine(fine)[0]}", f"{en_why}{en_form}{_fine(fine)[1]}",
        laws, REGISTRATION, _url(procedure), _papers(procedure), _fees(procedure),
    )  # fmt: skip
    return [consent, register]


def _prolonging(stay: Stay, rule: Registration, until: date) -> ResidenceStep:
    due, _, _ = _is_due(stay, rule)
    months_away = stay.days is not None and day_of(stay.arrives_at) + timedelta(days=stay.days) <= until
    return ResidenceStep(
        "prolong", "tenant", "no" if months_away or due == "no" else "perhaps", _midnight_after(until),
        f"Gia hạn tạm trú trong {rule.prolong_before_days} ngày trước khi hết hạn, nếu còn ở",
        f"Prolong in the last {rule.prolong_before_days} days, if you still live there",
        f"Tạm trú đăng ký một lần tối đa {rule.longest_months} tháng, đến {_date(until)}.",
        f"Temporary residence is registered for {rule.longest_months} months at most, until {_date(until)}.",
        rule.law, REGISTRATION, None, [], [],
    )  # fmt: skip


def _is_due(stay: Stay, rule: Registration) -> tuple[Due, str, str]:
    if stay.same_ward:
        return (
            "no", "Phòng ở trong xã, phường nơi bạn đăng ký thường trú nên không phải đăng ký tạm trú.",
            "The room is in the ward of your permanent residence: nothing to register.",
        )  # fmt: skip
    if stay.days is not None and stay.days < rule.from_days:
        return (
            "no", f"Ở dưới {rule.from_days} ngày thì chỉ cần thông báo lưu trú.",
            f"For less than {rule.from_days} days the notice of the stay is enough.",
        )  # fmt: skip
    if stay.days is None or stay.same_ward is None:
        return "perhaps", f"Phải làm nếu: {rule.who.vi}.", f"To be done if: {rule.who.en}."
    return "yes", f"{rule.who.vi}.", f"{rule.who.en}."


def _by(arrives_at: datetime, notice: Notice) -> datetime:
    zone = ZoneInfo(HOME)
    local = arrives_at.astimezone(zone)
    same_day = datetime.combine(local.date(), time(notice.by_hour), zone)
    if local < same_day:
        return same_day.astimezone(arrives_at.tzinfo)
    next_day = datetime.combine(local.date() + timedelta(days=1), time(notice.next_day_by_hour), zone)
    return next_day.astimezone(arrives_at.tzinfo)


def _midnight_after(day: date) -> datetime:
    zone = ZoneInfo(HOME)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(ZoneInfo("UTC"))


def _months_after(day: date, months: int) -> date:
    """The day before the same one so many months on; of a month that is shorter, its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last)) - timedelta(days=1)


def _clock(at: datetime) -> str:
    return at.astimezone(ZoneInfo(HOME)).strftime("%H:%M %d/%m/%Y")


def _date(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _fine(fine: Fine | None) -> tuple[str, str]:
    if fine is None:
        return "", ""
    return (
        f" Không làm có thể bị phạt cảnh cáo hoặc {vi(fine.least)} - {vi(fine.most)} ({fine.law}).",
        f" Not doing it may be fined {en(fine.least)} to {en(fine.most)} ({fine.law}).",
    )


def _url(procedure: Filing | None) -> str | None:
    return None if procedure is None else procedure.detail.source_url


def _papers(procedure: Filing | None) -> list[str]:
    """Of the ordinary case: the one that the database names first."""
    if procedure is None or not procedure.detail.documents:
        return []
    first = procedure.detail.documents[0].case
    return [document.name for document in procedure.detail.documents if document.case == first]


def _fees(procedure: Filing | None) -> list[FilingFee]:
    if procedure is None:
        return []
    return list(dict.fromkeys(fee for method in procedure.detail.methods for fee in method.fees))
