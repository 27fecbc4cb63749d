"""What electricity and water may cost whoever rents a room, on a day: dated data (`utility_tariffs.toml`).

A landlord may not collect more than the bill (TT 60/2025/TT-BCT Điều 12 khoản 5). What a bill comes to depends on use
and on who is declared, so that a price is compared with two figures: the dearest tier, which no bill can exceed for any
use; and the dearest of the legal ways to reckon the stated use. Money is whole đồng, reckoned in hundredths and
quarters and rounded half up at the end.
"""

from datetime import date
from functools import cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Day, PositiveAmount
from longan.floor.pay_and_days.dated_rules import BadRules, Bilingual, Dated, check_days, decoded, on, packaged
from longan.floor.pay_and_days.money_said import en, vi
from longan.floor.pay_and_days.pay import Amount

Price = Annotated[int, Meta(ge=1, le=1_000_000)]
Verdict = Literal["within", "above_at_this_use", "above_every_tier", "above_frame", "unknown"]


class Electricity(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`prices` of the tiers of one household for a kWh, `widths` of all but the last in kWh a month; `undeclared` is
    the one price of tenants who are not declared."""

    widths: list[Annotated[int, Meta(ge=1, le=10_000)]]
    prices: list[Price]
    undeclared: Price


class Tax(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    percent: Annotated[int, Meta(ge=0, le=100)]


class Tenants(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many people who are no family count as one household."""

    people_a_household: Annotated[int, Meta(ge=1, le=20)]
    rule: Bilingual


class Fine(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    least: PositiveAmount
    most: PositiveAmount


class Water(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The top of the state's frame for a m3, tax included."""

    frame_top_m3: Price
    rule: Bilingual


class Tariffs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All there are, of all days."""

    electricity: list[Electricity]
    value_added_tax: list[Tax]
    tenants: list[Tenants]
    fines: list[Fine]
    water: list[Water]


class PriceFlag(msgspec.Struct, frozen=True):
    """How a price compares with the law of a day. `legal` is the figure it was compared with, in đồng for the same
    unit (the nearest below it, or the one it keeps); null with `verdict` unknown. `landlord` and `worker` say it to
    either, `law` names the texts."""

    verdict: Verdict
    said: Amount
    legal: Amount | None
    law: list[str]
    valid_from: Day | None
    landlord: Bilingual
    worker: Bilingual


@cache
def tariffs() -> Tariffs:
    """Those in the package. Raises `BadRules`."""
    return read(packaged("utility_tariffs.toml"))


def read(toml: bytes) -> Tariffs:
    """Raises `BadRules` for what is misspelt, overlapping, or no tariff."""
    found = decoded(toml, Tariffs)
    for name in Tariffs.__struct_fields__:
        check_days(name, getattr(found, name))
    for each in found.electricity:
        if len(each.prices) != len(each.widths) + 1:
            raise BadRules(f"electricity of {each.valid_from}: one price more than widths is needed")
        if each.prices != sorted(set(each.prices)):
            raise BadRules(f"electricity of {each.valid_from}: the prices do not rise from tier to tier")
        if each.undeclared not in each.prices:
            raise BadRules(f"electricity of {each.valid_from}: the price of the undeclared is that of no tier")
    for fine in found.fines:
        if fine.least > fine.most:
            raise BadRules(f"fine of {fine.valid_from}: its least is above its most")
    return found


class InForce(msgspec.Struct, frozen=True):
    """What holds for electricity on one day."""

    electricity: Electricity
    tax: Tax
    tenants: Tenants
    fine: Fine | None

    def bill(self, kwh: int, households: int = 1, divided_by: int = 1) -> int:
        """What the tiers of `households` / `divided_by` households come to for so many kWh, with tax, in đồng."""
        left, hundredths = kwh * divided_by, 0
        for width, price in zip([*self.electricity.widths, None], self.electricity.prices, strict=True):
            part = left if width is None else min(left, width * households)
            hundredths += part * price * (100 + self.tax.percent)
            left -= part
        return _half_up(hundredths, 100 * divided_by)

    def shared_bill(self, kwh: int, people: int) -> int:
        """The bill of so many declared people who are no family."""
        return self.bill(kwh, people, self.tenants.people_a_household)

    def undeclared_bill(self, kwh: int) -> int:
        return _half_up(kwh * self.electricity.undeclared * (100 + self.tax.percent), 100)

    def most(self, kwh: int, people: int) -> int:
        """The dearest of the legal ways to reckon the use of a room: undeclared, declared, or one family."""
        return max(self.undeclared_bill(kwh), self.shared_bill(kwh, people), self.bill(kwh))

    def top(self) -> int:
        """A kWh of the dearest tier with tax, rounded up: no bill's average is above it."""
        return -(-self.electricity.prices[-1] * (100 + self.tax.percent) // 100)

    def laws(self) -> list[str]:
        return [each.law for each in (self.tenants, self.electricity, self.tax, self.fine) if each is not None]


def electricity_on(day: date, of: Tariffs | None = None) -> InForce | None:
    """What holds for electricity on a day, None where one part of it is not known."""
    of = of or tariffs()
    prices, tax, tenants = on(of.electricity, day), on(of.value_added_tax, day), on(of.tenants, day)
    if prices is None or tax is None or tenants is None:
        return None
    return InForce(prices, tax, tenants, on(of.fines, day))


def check_electricity(price: int, kwh: int, people: int, day: date, of: Tariffs | None = None) -> PriceFlag:
    """The price of a kWh, for a room of so many people who use so many kWh a month."""
    law = electricity_on(day, of)
    if law is None:
        return _unknown(price, "điện", "electricity")
    most = law.most(kwh, people)
    if price > law.top():
        return _above(price, law.top(), law, "above_every_tier", "kWh", "kWh")
    if price * kwh > most:
        return _above(price, -(-most // kwh), law, "above_at_this_use", "kWh", "kWh")
    return _within(price, -(-most // kwh) if kwh else law.top(), law)


def check_electricity_month(amount: int, kwh: int, people: int, day: date, of: Tariffs | None = None) -> PriceFlag:
    """A fixed amount a month for a room's electricity, of whatever use is stated."""
    law = electricity_on(day, of)
    if law is None:
        return _unknown(amount, "điện", "electricity")
    if amount > kwh * law.top():
        return _above(amount, kwh * law.top(), law, "above_every_tier", f"{kwh} kWh", f"{kwh} kWh")
    most = law.most(kwh, people)
    if amount > most:
        return _above(amount, most, law, "above_at_this_use", f"{kwh} kWh", f"{kwh} kWh")
    return _within(amount, most, law)


def check_water(price: int, day: date, of: Tariffs | None = None) -> PriceFlag:
    """The price of a m3. What is asked by the person or the room cannot be compared."""
    found = on((of or tariffs()).water, day)
    if found is None:
        return _unknown(price, "nước", "water")
    top = found.frame_top_m3
    verdict: Verdict = "above_frame" if price > top else "within"
    if verdict == "within":
        words = Bilingual("Giá nước nằm trong khung của Nhà nước.", "The price of water lies within the state's frame.")
        return PriceFlag(verdict, price, top, [found.law], found.valid_from, words, words)
    vi_text = f"Giá nước {vi(price)}/m3 cao hơn khung {vi(top)}/m3 ({found.law}). {found.rule.vi}."
    en_text = f"Water at {en(price)} a m3 is above the frame of {en(top)} ({found.law}). {found.rule.en}."
    return PriceFlag(
        verdict, price, top, [found.law], found.valid_from,
        Bilingual(f"{vi_text} Xin thu theo hóa đơn.", f"{en_text} Please charge by the bill."),
        Bilingual(f"{vi_text} Bạn nên hỏi xem hóa đơn nước.", f"{en_text} Ask to see the water bill."),
    )  # fmt: skip


def _above(said: int, legal: int, law: InForce, verdict: Verdict, vi_unit: str, en_unit: str) -> PriceFlag:
    if verdict == "above_every_tier":
        vi_what = f"cao hơn cả bậc đắt nhất {vi(legal)}/{vi_unit} đã gồm thuế"
        en_what = f"above even the dearest tier, {en(legal)} for {en_unit} with tax"
    else:
        vi_what = f"cao hơn {vi(legal)}/{vi_unit}, mức cao nhất tính cho riêng lượng điện này"
        en_what = f"above {en(legal)} for {en_unit}, the most that this use alone comes to"
    vi_text = f"Giá điện {vi(said)}/{vi_unit} {vi_what} ({law.tenants.law}; {law.electricity.law})."
    en_text = f"Electricity at {en(said)} for {en_unit} is {en_what} ({law.tenants.law}; {law.electricity.law})."
    if verdict == "above_at_this_use":
        vi_text += " Chỉ đúng khi hóa đơn của cả nhà thật sự cao như vậy."
        en_text += " It is right only where the bill of the whole house is really that high."
    fine = law.fine
    vi_fine = "" if fine is None else f" Thu quá có thể bị phạt {vi(fine.least)} - {vi(fine.most)} ({fine.law})."
    en_fine = "" if fine is None else f" Collecting more may be fined {en(fine.least)} to {en(fine.most)} ({fine.law})."
    return PriceFlag(
        verdict, said, legal, law.laws(), law.tenants.valid_from,
        Bilingual(f"{vi_text} {law.tenants.rule.vi}.{vi_fine}", f"{en_text} {law.tenants.rule.en}.{en_fine}"),
        Bilingual(
            f"{vi_text} {law.tenants.rule.vi}. Bạn có thể hỏi xem hóa đơn.",
            f"{en_text} {law.tenants.rule.en}. You may ask to see the bill.",
        ),
    )  # fmt: skip


def _within(said: int, legal: int, law: InForce) -> PriceFlag:
    words = Bilingual(
        f"Giá điện không vượt mức {vi(legal)} tính được theo {law.electricity.law}.",
        f"The price of electricity is not above the {en(legal)} that {law.electricity.law} comes to.",
    )
    return PriceFlag("within", said, legal, law.laws(), law.tenants.valid_from, words, words)


def _unknown(said: int, vi_what: str, en_what: str) -> PriceFlag:
    words = Bilingual(
        f"Chưa có biểu giá {vi_what} của ngày này để so sánh.", f"No tariff of {en_what} is known for that day."
    )
    return PriceFlag("unknown", said, None, [], None, words, words)


def _half_up(amount: int, parts: int) -> int:
    return (2 * amount + parts) // (2 * parts)
