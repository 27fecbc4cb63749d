"""What the worker does for the room: rows become drafts in batches, each in one transaction with how far it came.

So a worker that dies at any point leaves whole batches behind, and whoever goes on begins after the last of them.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from longan.floor.database import queue
from longan.floor.database.tasks import Context, unhurried
from longan.floor.places import ward
from longan.floor.postings import drafts
from longan.floor.postings.drafts import Incoming
from longan.floor.postings.job_ld_out import kept
from longan.rooms.job_exchange import domain, store
from longan.rooms.job_exchange.models import Fault, Held, Meant, Settled, Waiting, WardChoice

BATCH = 500
# So many rows are read before other tasks of the worker have a turn.
UNBROKEN = 25
# A turn ends long before the worker would end it; another task goes on.
TURN_SECONDS = 20.0
LEFT_BEHIND = timedelta(minutes=2)
PRUNED_AT_ONCE = 20
# A house number, a street and a park may stand before the ward, its district, its province and the country.
PARTS_OF_A_PLACE = 5
MOST_CHOICES = 20
LONGEST_PLACE = 120

Tx = asyncpg.pool.PoolConnectionProxy
Wards = dict[str, tuple[str | None, list[WardChoice]]]


async def job_import_goes_on(context: Context, *, import_id: UUID) -> None:
    """Take batches; what remains is promised again."""
    until = asyncio.get_running_loop().time() + TURN_SECONDS
    wards: Wards = {}
    while asyncio.get_running_loop().time() < until:
        if not await step(context.pool, import_id, context.settings.province_code, context.clock(), wards):
            return
    async with context.pool.acquire() as connection, connection.transaction():
        await queue.add(connection, "job_import_goes_on", import_id=import_id)


async def step(pool: asyncpg.Pool, import_id: UUID, home: str, now: datetime, wards: Wards, batch: int = BATCH) -> bool:
    """One batch, one transaction; whether there is more to do. `wards` remembers how places were read."""
    async with pool.acquire() as tx, tx.transaction():
        held = await store.held(tx, import_id)
        if held is None:
            return False
        if not held.is_member:
            await store.end(tx, import_id, "stopped", now)
            return False
        rows = await store.following(tx, import_id, held.reached, batch)
        if rows:
            waiting = [row for row in rows if row.status == "waiting"]
            settled = await _settled(tx, held, waiting, home, now, wards)
            await store.settle(tx, import_id, settled, rows[-1].line, len(rows) - len(waiting), now)
            made = [row.job_id for row in settled if row.job_id and row.status in ("made", "changed", "same")]
            if held.publish and made:
                await queue.add(
                    tx, "publish_jobs", member_id=held.account_id, employer_id=held.employer_id, job_ids=made
                )
        if len(rows) < batch:
            await store.end(tx, import_id, "done", now)
        return len(rows) == batch


async def _settled(
    tx: Tx, held: Held, rows: Sequence[Waiting], home: str, now: datetime, wards: Wards
) -> list[Settled]:
    settled: list[Settled] = []
    incoming: list[tuple[Waiting, Meant, Incoming]] = []
    ours = await _ours(tx, held, rows)
    for number, row in enumerate(rows):
        if number % UNBROKEN == 0:
            await asyncio.sleep(0)
        said = domain.meant(row, held)
        await _place(tx, said, home, now, wards)
        draft = domain.drafted(said, now)
        if draft is None:
            settled.append(Settled(row.line, "refused", wrong=said.wrong, unread=said.unread))
        elif row.source_key in ours:
            settled.append(Settled(row.line, "kept", UUID(row.source_key), unread=said.unread))
        else:
            is_csv = held.format == "csv"
            extra = None if is_csv else kept(row.content, draft.ward_code)
            one = Incoming(draft, "csv" if is_csv else "json_ld", row.source_key, extra)
            incoming.append((row, said, one))
    if incoming:
        entered = await drafts.insert(tx, held.account_id, held.employer_id, [one for *_, one in incoming], now)
        for (row, said, _), found in zip(incoming, entered, strict=True):
            wrong = [Fault(fault.pointer, fault.code) for fault in found.wrong]
            settled.append(Settled(row.line, found.outcome, found.id, wrong, said.unread))
    return settled


async def _ours(tx: Tx, held: Held, rows: Sequence[Waiting]) -> set[str]:
    """The keys that are ids we gave: what was exported here comes back, and must not become a second posting."""
    named: list[UUID] = []
    for row in rows:
        try:
            named.append(UUID(row.source_key))
        except ValueError:
            continue
    return {str(found) for found in await store.own_ids(tx, held.employer_id, named)} if named else set()


async def _place(tx: Tx, said: Meant, home: str, now: datetime, wards: Wards) -> None:
    """The ward of a place in words; else why there is none."""
    if said.place is None:
        return
    if len(said.place) > 5 * LONGEST_PLACE:
        said.wrong.append(Fault("/place", "too_long"))
        return
    if said.place not in wards:
        wards[said.place] = await ward_of(tx, said.place, home, now)
    code, choices = wards[said.place]
    if code is not None:
        said.values["ward_code"] = code
    else:
        said.wrong.append(Fault("/place", "ambiguous" if choices else "not_found", choices))


async def ward_of(tx: Tx, place: str, home: str, now: datetime) -> tuple[str | None, list[WardChoice]]:
    """The one ward that an address names, or those it may be. The narrowest part that is a place at all decides."""
    parts = [part.strip()[:LONGEST_PLACE] for part in place.replace(";", ",").split(",") if part.strip()]
    for first in range(max(0, len(parts) - PARTS_OF_A_PLACE), len(parts)):
        try:
            found = await ward.find(tx, home, now, ", ".join(parts[first:]))  # type: ignore[arg-type]
            codes = found.ward_codes if found else []
        except ward.PlaceAmbiguous as error:
            named: Any = error.members["candidates"]
            codes = sorted({code for candidate in named for code in candidate.ward_codes})
        if len(codes) == 1:
            return codes[0], []
        if codes:
            return None, await store.wards(tx, codes[:MOST_CHOICES], now)
    return None, []


async def keep_imports_going(context: Context) -> None:
    """Every minute: imports whose task was lost go on."""
    for left in await store.left(context.pool, context.clock() - LEFT_BEHIND):
        async with context.pool.acquire() as connection, connection.transaction():
            await queue.add(connection, "job_import_goes_on", import_id=left)


async def prune_imports(context: Context) -> None:
    """Every night: the rows of what ended a month ago, which say what an employer wanted to publish, are forgotten."""
    while True:
        async with unhurried(context.pool) as tx:
            if await store.prune(tx, context.clock(), PRUNED_AT_ONCE) < PRUNED_AT_ONCE:
                return


TASKS = {"job_import_goes_on": job_import_goes_on}
SCHEDULE = {"keep_imports_going": ("* * * * *", keep_imports_going), "prune_imports": ("40 19 * * *", prune_imports)}
