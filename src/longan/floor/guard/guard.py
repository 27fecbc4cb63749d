"""The honesty guard: what in a posting may deceive or harm whoever looks for work, quoted and explained.

It reads (guard_reading), compares with what is known (pay of the occupation, phones and texts of other employers,
reports that officials confirmed, what they took down before) and writes down what it found; officials decide (the
room `moderation`).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from longan.floor.base.fields import Timestamp
from longan.floor.database import queue
from longan.floor.guard import guard_store, guard_traces
from longan.floor.guard.guard_reading import Read, read
from longan.floor.guard.guard_rules import Book, Limits, book
from longan.floor.guard.guard_store import Connection, Known, Posting
from longan.floor.guard.guard_traces import Phone
from longan.floor.pay_and_days.wages import day_of
from longan.floor.setup.crypto import Sealed


class Finding(msgspec.Struct, frozen=True):
    """`rule` is an id of guard_rules.toml; `quote` stands in `field` of the posting exactly so, both null for what is
    in no text (pay, confirmed reports). `accepted`: an official has read it and published all the same; it counts for
    nothing then."""

    rule: str
    field: str | None
    quote: str | None
    weight: int
    accepted: bool


class Judgement(msgspec.Struct, frozen=True):
    """`score`: the weights of the rules that found something nobody has accepted. `held`: an official is to decide
    before anybody sees the posting."""

    score: int
    held: bool
    findings: list[Finding]


class GuardReview(msgspec.Struct, frozen=True):
    """What the guard said last of a posting, and what an official decided last: the SQL composite
    `moderation.review_of(posting)`. Only for the members of its employer. `reason` is the official's; of `paused`,
    which follows from reports, the rule."""

    score: int
    held: bool
    findings: list[Finding]
    decision: str | None
    reason: str | None
    changes: str | None
    decided_at: Timestamp | None


async def judge(tx: Connection, posting: UUID, now: datetime, phones: Sealed) -> Judgement:
    """Read the posting as it stands, keep what was found, and open its case where it is held.

    Whoever writes a posting that is open or is to be opened calls this after the row is written, in the same
    transaction, and then moves it to `in_review` when it is held.
    """
    text = await guard_store.posting(tx, posting)
    day, rules = day_of(now), book()
    limits = rules.limits_on(day)
    numbers = guard_traces.phones_in(text.fields, phones)
    indices, passages = [number.index for number in numbers], guard_traces.sketch(text.description, limits)
    since = now - timedelta(days=limits.traces_days)
    known = await guard_store.known(tx, posting, text, day, limits.pay_postings, indices, passages, since, now)
    found = [*read(text.fields, rules, day), *_computed(text, known, numbers, limits, rules, day)]
    for other in await guard_store.texts(tx, known.likely):
        if (quote := guard_traces.copied(text.description, other, limits)) is not None:
            found += _one(rules, day, "copied_text", "description", quote)
            break
    for before, said in await guard_store.taken_down(tx, text.employer_id, posting, since):
        if guard_traces.same(text.description, said, limits):
            found += _one(rules, day, "taken_down_before", None, None, str(before))
            break
    accepted = [f"{each.rule} {each.known_as}" in known.accepted for each in found]
    judged = _judgement(found, accepted, limits)
    await guard_store.keep(tx, posting, text, found, accepted, judged.score, judged.held, indices, passages, now)
    if judged.held and text.status != "in_review":
        await queue.add(tx, "job_held", job_id=posting)
    return judged


def _computed(
    text: Posting, known: Known, numbers: list[Phone], limits: Limits, rules: Book, day: date
) -> Iterator[Read]:
    pay, level = text.effective_month, known.level
    if pay is not None and level is not None:
        usual = level.median + limits.pay_spreads * (level.high_quartile - level.low_quartile)
        if pay > max(usual, limits.pay_times * level.median):
            yield from _one(rules, day, "pay_too_high", None, None, str(pay))
    for number in numbers:
        if number.index in known.shared:
            yield from _one(rules, day, "shared_phone", number.field, number.quote)
    if known.confirmed >= limits.pause_after:
        yield from _one(rules, day, "confirmed_reports", None, None, str(known.confirmed))


def _one(
    rules: Book, day: date, identifier: str, field: str | None, quote: str | None, fact: str = ""
) -> Iterator[Read]:
    """A finding of a rule, if it is in force."""
    for compiled in rules.on(day):
        if compiled.rule.id == identifier:
            yield Read(identifier, compiled.rule.weight, field, quote, fact)


def _judgement(found: list[Read], accepted: list[bool], limits: Limits) -> Judgement:
    counted = {each.rule: each.weight for each, done in zip(found, accepted, strict=True) if not done}
    score = sum(counted.values())
    findings = [
        Finding(each.rule, each.field, each.quote, each.weight, done)
        for each, done in zip(found, accepted, strict=True)
    ]
    return Judgement(score, score >= limits.hold, findings)
