"""Rules of the room: who watches what, what an answer of the source makes of a dossier, and who hears of it.

The state of a dossier is what its source answers, never what a webhook says: that only has it asked at once. So what
the source says is checked in one place, and its answers are taken in in one order: `answers` counts them, and who asks
holds the lease. Whoever asked before the last one was taken in comes too late, and changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec

from longan.floor.base.errors import NotFound, SignatureInvalid, Unavailable
from longan.floor.database.page import Cursors
from longan.floor.database.reminders import Writing
from longan.floor.dossiers import dossier_reminders, rating_invitations
from longan.floor.dossiers.dossier_codes import parsed
from longan.floor.dossiers.dossier_following import Plan, is_old, news, plan, spread, standing
from longan.floor.dossiers.dossier_proofs import Known, Proofs
from longan.floor.dossiers.dossier_view import reckoned, shown
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.dossiers.rating_invitations import FINISHED
from longan.floor.formats.signed_webhooks import is_signed
from longan.floor.messages.notices import DossierChanged
from longan.floor.messages.telling import tell
from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.working_days import Calendar
from longan.floor.requests.written_after import WrittenAfter
from longan.floor.setup.crypto import Sealed
from longan.floor.setup.settings import Settings
from longan.rooms.dossier_watches import store
from longan.rooms.dossier_watches.models import (
    DossierEvent,
    DossierWatch,
    DossierWatched,
    DossierWatchesFull,
    DossierWatchIn,
    DossierWatchPage,
    Followed,
    Taken,
    WatchRow,
    WebhookHeard,
)

SOURCE = "lgsp"
CHANGED = "dossier.changed"


async def watch(
    proofs: Proofs, later: WrittenAfter, given: DossierWatchIn, chance: float, now: datetime
) -> DossierWatch:
    """A watch of a dossier that was proved to be one's own. Raises `DossierCodeInvalid`, `DossierWatched`,
    `DossierWatchesFull`, and what `Proofs.look` raises."""
    code, account = parsed(given.code), proofs.asking.me().account_id
    await later.refuse_done()
    async with proofs.connection() as connection:
        answers = await store.answers(connection, SOURCE, proofs.code_index(code.text))
    known = await proofs.look(code, given.second_factor, now)

    async def begin(tx: asyncpg.Connection) -> DossierWatch:
        calendar = await working_days.load(tx)
        dossier = await _follow(tx, proofs, known, answers, calendar, chance, now)
        try:
            made = await store.watch(tx, account, dossier, now)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "watches_once":
                raise DossierWatched from error
            raise
        if made is None:
            raise DossierWatchesFull
        return await one(tx, proofs.numbers, account, made, now)

    return await later.write(begin)


async def _follow(
    tx: asyncpg.Connection, proofs: Proofs, known: Known, answers: int | None, calendar: Calendar, chance: float,
    now: datetime,
) -> UUID:  # fmt: skip
    """The dossier, held, and followed from now on. One that others watch takes in what was just proved, if nothing was
    taken in since `answers`; else it is asked about at once. So does one that had been given up and is there again."""
    index, numbers, found = proofs.code_index(known.dossier.code), proofs.numbers, known.dossier
    at, dossier = reckoned(found, calendar, now), uuid4()
    planned = plan(found, at, timedelta())
    due_at = None if planned.pause is None else now if known.stale else now + spread(planned.pause, chance)
    taken = Taken(sealed(numbers, found, dossier), known.as_of, due_at, planned.ended_by, is_news=False)
    is_new = await store.follow(
        tx, dossier, SOURCE, index, numbers.seal(found.code, dossier), taken, int(known.stale), now
    )
    held = await store.hold(tx, SOURCE, index)
    if held is None:
        # Its last watcher left in this moment.
        raise Unavailable
    resumes = held.ended_at is not None and planned.pause is not None
    if is_new:
        await dossier_reminders.promise(tx, held.id, found, at, calendar, now, only_ahead=True)
    elif resumes or (not known.stale and opened(numbers, held) != found):
        if held.answers == answers and not known.stale:
            await take_in(tx, numbers, held, found, calendar, chance, now)
        else:
            await store.ring(tx, SOURCE, index)
    return held.id


async def take_in(
    tx: Writing, numbers: Sealed, held: Followed, found: Dossier, calendar: Calendar, chance: float, now: datetime,
    *, missing: bool = False,
) -> list[UUID] | None:  # fmt: skip
    """What the source has said of a held dossier: kept, and its watchers are told of a difference, once. Who was told;
    None, and nothing happens, where the lease is no longer the one of `held`. `missing`: it has said for long enough
    that it knows no such dossier, and `found` is what was last seen. Whoever was told that it is asked about no more
    hears where it stands when its source knows it again, and no second time that it does not."""
    before, at = opened(numbers, held), reckoned(found, calendar, now)
    unchanged_for = timedelta() if found != before else now - (held.changed_at or held.followed_at)
    planned = Plan(None, "missing") if missing else plan(found, at, unchanged_for)
    what = news(before, found)
    if what is None and is_given_up(held):
        what = None if missing else standing(found)
    elif what is None and planned.ended_by in ("missing", "silent"):
        what = "no_longer_watched"
    taken = Taken(
        None if found == before else sealed(numbers, found, held.id), held.as_of if missing else now,
        None if planned.pause is None else now + spread(planned.pause, chance), planned.ended_by, what is not None,
    )  # fmt: skip
    revision = await store.take_in(tx, held.id, held.lease, held.rings, taken, now)
    if revision is None:
        return None
    if planned.ended_by:
        await dossier_reminders.forget(tx, held.id)
    elif found != before or held.ended_at is not None or held.missing_since is not None:
        await dossier_reminders.promise(tx, held.id, found, at, calendar, now)
    if what is None:
        return []
    told = await store.watchers(tx, held.id)
    for each in told:
        fact = f"{held.id}:{revision}"
        await tell(tx, [each.account_id], "dossier_changed", each.watch_id, DossierChanged(what), fact, now)
    if found.status in FINISHED and before.status not in FINISHED:
        # A source that does not say when it was finished would have it finished long ago.
        invited = [(each.account_id, each.watch_id) for each in told]
        await rating_invitations.invite(tx, numbers, numbers.open(held.code_sealed, held.id), now, invited, now)
    return [each.account_id for each in told]


def is_given_up(held: Followed) -> bool:
    """Whether its watchers were told that its source does not know it: of what is missing there is no other news."""
    return held.missing_since is not None and held.changed_at is not None and held.changed_at > held.missing_since


def opened(numbers: Sealed, row: Followed) -> Dossier:
    return msgspec.json.decode(numbers.open(row.sealed, row.id), type=Dossier)


def sealed(numbers: Sealed, found: Dossier, dossier: UUID) -> bytes:
    return numbers.seal(msgspec.json.encode(found).decode(), dossier)


async def every(
    conn: asyncpg.Connection, numbers: Sealed, pages: Cursors, account: UUID, now: datetime, cursor: str | None,
    limit: int,
) -> DossierWatchPage:  # fmt: skip
    """Raises `InvalidRequest` for a cursor of another list."""
    rows = await store.page(conn, pages, account, cursor, limit)
    calendar = await working_days.load(conn)
    return DossierWatchPage([_watch(row, numbers, calendar, now) for row in rows.items], rows.next_cursor)


async def one(conn: asyncpg.Connection, numbers: Sealed, account: UUID, watch: UUID, now: datetime) -> DossierWatch:
    """Raises `NotFound`."""
    row = await store.one(conn, watch, account)
    if row is None:
        raise NotFound
    return _watch(row, numbers, await working_days.load(conn), now)


def _watch(row: WatchRow, numbers: Sealed, calendar: Calendar, now: datetime) -> DossierWatch:
    found = msgspec.json.decode(numbers.open(row.sealed, row.dossier_id), type=Dossier)
    planned = plan(found, reckoned(found, calendar, now), timedelta())
    # What has ended is no longer asked about, and does not grow old.
    stale = row.ended_at is None and (row.failures > 0 or is_old(planned, now - row.as_of))
    state = shown(found, calendar, now, row.as_of, stale=stale)
    return DossierWatch(
        **msgspec.structs.asdict(state), id=row.id, created_at=row.created_at, changed_at=row.changed_at,
        ended_at=row.ended_at, ended_by=row.ended_by,
    )  # fmt: skip


async def unwatch(tx: asyncpg.Connection, account: UUID, watch: UUID) -> None:
    """Of a dossier that nobody watches any more nothing is kept. Raises `NotFound`."""
    dossier = await store.unwatch(tx, watch, account)
    if dossier is None:
        raise NotFound
    if await store.let_go(tx, dossier):
        await dossier_reminders.forget(tx, dossier)


async def heard(
    tx: asyncpg.Connection, settings: Settings, numbers: Sealed, source: str, headers: Mapping[str, str], body: bytes,
    event: DossierEvent, now: datetime,
) -> None:  # fmt: skip
    """A source says that something has changed: it is asked at once. Of a dossier that nobody watches it may say what
    it likes. Raises `NotFound` for no source of ours, `SignatureInvalid`, `WebhookHeard`, `DossierCodeInvalid`."""
    keys = settings.dossier_webhook_keys
    if source not in keys:
        raise NotFound
    if not is_signed(keys[source], headers, body, now):
        raise SignatureInvalid
    try:
        await store.hear(tx, source, numbers.index(f"webhook {source} {headers['webhook-id']}"), now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "heard_once":
            raise WebhookHeard from error
        raise
    if event.type == CHANGED:
        await store.ring(tx, source, numbers.index(f"dossier {parsed(event.data.code).text}"))
