"""Following a dossier: how often its source is asked, and what of a new answer is news to whoever watches.

A source that may be asked 50 times a second is asked 135,000 times in the shortest pause. So 100,000 dossiers keep
their times even where every one of them is about to be due, and a quarter of the calls is left for people who look
something up. The figures of bench/watches.py hold that.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from longan.floor.dossiers.dossier_clock import Reckoning, Status, statuses
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.pay_and_days.wages import day_of

# While something is asked of the citizen (for WAITED_FOR), and around the day on which it is due.
SOON = timedelta(minutes=45)
USUAL = timedelta(hours=3)
# It is done and lies there to be fetched.
RARE = timedelta(hours=12)
# Working days before it is due, and after, in which that is near.
NEAR_BEFORE, NEAR_AFTER = 2, 20
WAITED_FOR = timedelta(days=30)

# Each pause is by chance so much shorter or longer: what was asked about at once drifts apart.
SPREAD = 0.1

FIRST_AGAIN = timedelta(minutes=1)

# What is done, and whose giving out nobody has entered; what the source no longer knows; where nothing moves any more.
FETCHED_WITHIN = timedelta(days=90)
MISSING_FOR = timedelta(days=30)
SILENT_FOR = timedelta(days=365)

EndedBy = Literal["done", "missing", "silent"]
News = Literal[
    "moi_dang_ky", "duoc_tiep_nhan", "khong_duoc_tiep_nhan", "dang_xu_ly", "yeu_cau_bo_sung", "nghia_vu_tai_chinh",
    "cong_dan_rut", "dung_xu_ly", "da_xu_ly_xong", "da_tra_ket_qua", "supplement_asked", "supplement_brought",
    "due_changed", "office_changed", "no_longer_watched",
]  # fmt: skip


class Plan(msgspec.Struct, frozen=True):
    """When the source is asked next; or why it is not, and then `pause` is None."""

    pause: timedelta | None
    ended_by: EndedBy | None = None


def status_of(dossier: Dossier) -> Status:
    return statuses(day_of(dossier.changes[-1].at))[dossier.status]


def plan(dossier: Dossier, at: Reckoning, unchanged_for: timedelta) -> Plan:
    """How long its source is left alone, of a dossier whose clock stands so and that has not changed for so long."""
    status = status_of(dossier)
    if at.clock == "ended":
        if not status.next or unchanged_for >= FETCHED_WITHIN:
            return Plan(None, "done")
        return Plan(RARE)
    if unchanged_for >= SILENT_FOR:
        return Plan(None, "silent")
    if at.clock == "stopped":
        return Plan(SOON if unchanged_for < WAITED_FOR else USUAL)
    near = at.working_days_left is not None and at.working_days_left <= NEAR_BEFORE and at.late_by <= NEAR_AFTER
    return Plan(SOON if near else USUAL)


def spread(pause: timedelta, chance: float) -> timedelta:
    """The pause with its share of chance, which is from 0 to 1."""
    return pause * (1 - SPREAD + 2 * SPREAD * chance)


def again(failures: int, chance: float) -> timedelta:
    """After so many failures in a row: from a minute on the pause doubles, up to SOON."""
    return spread(min(FIRST_AGAIN * 2 ** min(failures - 1, 10), SOON), chance)


def is_old(planned: Plan, age: timedelta) -> bool:
    """Whether what is known of a dossier is older than twice its pause: nobody came round to asking."""
    return planned.pause is not None and age > 2 * planned.pause


def news(before: Dossier, after: Dossier) -> News | None:
    """What is told of the difference, the weightiest part of it; None where nothing of it matters to the citizen (steps
    inside the office, a name that was put right)."""
    if after.status != before.status:
        return standing(after)
    old = {(each.asked_at, each.words, *each.papers) for each in before.supplements}
    if any((each.asked_at, each.words, *each.papers) not in old for each in after.supplements):
        return "supplement_asked"
    if _brought(after) > _brought(before):
        return "supplement_brought"
    if _dates(after) != _dates(before):
        return "due_changed"
    return "office_changed" if after.office != before.office else None


def standing(dossier: Dossier) -> News:
    """The news that it has the status it has."""
    told: News = msgspec.convert(status_of(dossier).key, News)
    return told


def _brought(dossier: Dossier) -> int:
    return sum(each.answered_at is not None for each in dossier.supplements)


def _dates(dossier: Dossier) -> tuple[datetime | None, ...]:
    return dossier.received_at, dossier.promised, dossier.promised_anew
