"""What the worker does for the room: reads the source, compares, publishes; in batches, each in one transaction with
how far it came. A worker that dies at any point leaves whole batches behind, and whoever goes on begins after them."""

import asyncio
import logging
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database import queue
from longan.floor.database.tasks import Context, unhurried
from longan.floor.pay_and_days.wages import day_of
from longan.floor.procedures import procedure_publishing
from longan.floor.procedures.procedure_differences import differences, parts
from longan.floor.procedures.procedure_publishing import Latest, ProcedureChanged, Published
from longan.floor.procedures.procedure_wire import Read, read, refused
from longan.floor.procedures.procedure_wire_text import WireProblem, clean
from longan.floor.procedures.procedures import Procedure
from longan.floor.requests import cache
from longan.rooms.catalogue import domain, store
from longan.rooms.catalogue.models import Held
from longan.rooms.catalogue.outside import HttpProcedures, Listed, ProcedureSource, SourceDown

BATCH = 100
# A turn ends long before the worker would end it; another task goes on.
TURN_SECONDS = 20.0
# A page is given up long before the worker would end the task, and details are asked for so many at once.
PAGE_SECONDS = 35.0
AT_ONCE = 10
# Once a page has failed so often, what is not told in so many seconds is named and left, and the rest goes on.
SPARES_AFTER = 2
DETAIL_SECONDS = 4.0
LEFT_BEHIND = timedelta(minutes=5)
MOST_FAILURES = 5
FIRST_PAUSE = timedelta(seconds=15)
MOST_PROCEDURES = 20_000
# A source that leaves out more than one in twenty at once has more likely lost them than withdrawn them.
MANY, MANY_PER_CENT = 20, 5
PRUNED_AT_ONCE = 5

log = logging.getLogger("longan.catalogue")


async def procedures_pull(context: Context, *, import_id: UUID) -> None:
    """Read the source, page by page; what remains is promised again, and a source that fails is asked again later."""
    until = asyncio.get_running_loop().time() + TURN_SECONDS
    if not context.settings.procedures_url:
        await store.fail(context.pool, import_id, "no source is set up", context.clock(), 1)
        return
    source = HttpProcedures(context.http, context.settings.procedures_url, context.valkey)
    try:
        goes_on = True
        while goes_on and asyncio.get_running_loop().time() < until:
            goes_on = await pull_step(context.pool, source, import_id, context.clock())
    except SourceDown as down:
        log.warning("the source of procedures: %s", down)
        if not await store.fail(context.pool, import_id, str(down), context.clock(), MOST_FAILURES):
            return
        async with context.pool.acquire() as tx, tx.transaction():
            await queue.add(tx, "procedures_pull", after=FIRST_PAUSE, import_id=import_id)
        return
    async with context.pool.acquire() as tx, tx.transaction():
        await queue.add(tx, "procedures_pull" if goes_on else "procedures_compare", import_id=import_id)


async def pull_step(
    pool: asyncpg.Pool, source: ProcedureSource, import_id: UUID, now: datetime, most: int = MOST_PROCEDURES
) -> bool:
    """One page; whether there is more to read. No transaction is open while the source is asked.
    Raises `SourceDown`."""
    async with pool.acquire() as tx, tx.transaction():
        held = await store.held(tx, import_id)
    if held is None or held.is_read or held.state != "running":
        return False
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            reads, position, is_read, total = await _page(source, held, now)
    except TimeoutError:
        raise SourceDown("a page took too long") from None
    async with pool.acquire() as tx, tx.transaction():
        if not await store.move_on(tx, import_id, held.position, position, now, is_read=is_read):
            return not is_read
        seen = await store.present(tx, import_id, [each.code for each in reads])
        await store.add(tx, import_id, list(domain.once_each(iter(reads), seen)))
        count = await store.count(tx, import_id)
        if count > most or (is_read and total is not None and count < total):
            raise SourceDown("the list is not whole")
    return not is_read


async def _page(source: ProcedureSource, held: Held, now: datetime) -> tuple[list[Read], str, bool, int | None]:
    """What the next page says, where it ends, whether it is the last, and how many there should be in all."""
    if held.codes:
        done = int(held.position or 0)
        code = held.codes[done]
        listing = await source.page("", code)
        listed = [each for each in listing.items if code in (each.codeNotation, each.code)]
        # "1.004194-Xoa" is named for its dirty code: that is no withdrawal of 1.004194.
        listed = listed or [each for each in listing.items if (each.codeNotation or each.code or "").startswith(code)]
        one = await _details(source, listed[:1], now, held.failures) or [refused(code, "not_at_source")]
        return one, str(done + 1), done + 1 == len(held.codes), None
    listing = await source.page(held.position)
    reads = await _details(source, listing.items, now, held.failures)
    if len(reads) > 1 and all(_is_untold(each) for each in reads):
        raise SourceDown("it tells of none that it lists")
    end = not listing.items or not listing.lastId or listing.lastId == held.position
    return reads, listing.lastId or held.position, end, listing.total


async def _details(source: ProcedureSource, listed: list[Listed], now: datetime, failures: int) -> list[Read]:
    tell = _detail if failures < SPARES_AFTER else _detail_or_none
    reads: list[Read] = []
    for first in range(0, len(listed), AT_ONCE):
        reads += await asyncio.gather(*(tell(source, each, now) for each in listed[first : first + AT_ONCE]))
    return reads


async def _detail_or_none(source: ProcedureSource, listed: Listed, now: datetime) -> Read:
    try:
        async with asyncio.timeout(DETAIL_SECONDS):
            return await _detail(source, listed, now)
    except (SourceDown, TimeoutError) as silence:
        if not (code := _code(listed)):  # nobody could say which one is missing
            raise SourceDown("no answer of one without a code") from silence
        return refused(code, "not_told")


def _is_untold(each: Read) -> bool:
    return [problem.code for problem in each.problems] == ["not_told"]


def _code(listed: Listed) -> str:
    return clean(listed.codeNotation or listed.code or "")


async def _detail(source: ProcedureSource, listed: Listed, now: datetime) -> Read:
    said = await source.detail(listed.id)
    if said is None:
        return refused(_code(listed), "not_told")
    found = read(said, day_of(now))
    if isinstance(said, dict) and said.get("id") not in (None, listed.id):
        other = WireProblem("other_procedure", "/id", _code(listed))
        return Read(found.code, found.name, None, [*found.problems, other])
    return found


async def procedures_compare(context: Context, *, import_id: UUID) -> None:
    """Compare with what is in force, batch by batch; what remains is promised again."""
    until = asyncio.get_running_loop().time() + TURN_SECONDS
    while await compare_step(context.pool, import_id, context.clock()):
        if asyncio.get_running_loop().time() > until:
            async with context.pool.acquire() as tx, tx.transaction():
                await queue.add(tx, "procedures_compare", import_id=import_id)
            return


async def compare_step(pool: asyncpg.Pool, import_id: UUID, now: datetime, batch: int = BATCH) -> bool:
    """One batch, one transaction; whether there is more to do."""
    async with pool.acquire() as tx, tx.transaction():
        held = await store.held(tx, import_id)
        if held is None or held.state != "running" or not held.is_read:
            return False
        rows = await store.waiting(tx, import_id, batch)
        latest = await procedure_publishing.latest(tx, [row.code for row in rows])
        settled = []
        for row in rows:
            incoming = msgspec.json.decode(row.content, type=Procedure)
            kind, changed, base, procedure = compared(incoming, latest.get(row.code))
            settled.append((row.place, kind, changed, base, msgspec.json.encode(procedure).decode()))
            await asyncio.sleep(0)
        await store.compared(tx, import_id, settled)
        if len(rows) < batch:
            if held.is_whole or held.codes:
                await _withdrawn(tx, held)
            await store.recount(tx, import_id, now, ends=True)
        return len(rows) == batch


def compared(incoming: Procedure, latest: Latest | None) -> tuple[str, list[str], int, Procedure]:
    """Kind, the parts that change, the version it was compared with, and the procedure with what is ours in it: the
    source says nothing of life events and of workers."""
    if latest is None:
        return "new", [], 0, incoming
    before = latest.procedure()
    ours = msgspec.structs.replace(incoming, worker_group=before.worker_group, life_event=before.life_event)
    if latest.kind == "withdrawn":
        return "new", [], latest.version, ours
    changed = parts(differences(before, ours))
    return ("changed" if changed else "unchanged"), changed, latest.version, ours


async def _withdrawn(tx: store.Worker, held: Held) -> None:
    """What the source has no more, of everything or of those that were asked for."""
    missing, known = await store.missing(tx, held.id)
    codes = await store.not_at_source(tx, held.id) if held.codes else missing
    latest = await procedure_publishing.latest(tx, codes)
    gone = [found for found in latest.values() if found.kind != "withdrawn"]
    many = held.is_whole and len(gone) > MANY and len(gone) * 100 > known * MANY_PER_CENT
    problems = [WireProblem("many_withdrawn", "", str(len(gone)))] if many else []
    for first in range(0, len(gone), BATCH):
        some = gone[first : first + BATCH]
        reads = [Read(found.code, found.procedure().name, found.procedure(), problems) for found in some]
        await store.add(tx, held.id, reads, [found.version for found in some])


async def procedures_publish(context: Context, *, import_id: UUID) -> None:
    """Publish what was approved, batch by batch; what remains is promised again."""
    until = asyncio.get_running_loop().time() + TURN_SECONDS
    while await publish_step(context.pool, import_id, context.clock()):
        if asyncio.get_running_loop().time() > until:
            async with context.pool.acquire() as tx, tx.transaction():
                await queue.add(tx, "procedures_publish", import_id=import_id)
            return


async def publish_step(pool: asyncpg.Pool, import_id: UUID, now: datetime, batch: int = BATCH) -> bool:
    """One batch, one transaction; whether there is more to do. What has a newer version by now is left as it is."""
    async with pool.acquire() as tx, tx.transaction():
        held = await store.held(tx, import_id)
        if held is None or held.state != "publishing" or held.published_by is None or held.valid_from is None:
            return False
        published = Published(import_id, held.published_by, held.valid_from)
        rows = await store.approved(tx, import_id, batch)
        states: dict[int, str] = {}
        for row in rows:
            procedure = msgspec.json.decode(row.content, type=Procedure)
            act = procedure_publishing.withdraw if row.kind == "withdrawn" else procedure_publishing.publish
            try:
                async with tx.transaction():
                    await act(tx, procedure, row.base_version + 1, published, now)
            except ProcedureChanged:
                states[row.place] = "outdated"
            else:
                states[row.place] = "published"
        await store.stand(tx, import_id, states)
        await store.recount(tx, import_id, now, ends=len(rows) < batch)
        if rows:
            await procedure_publishing.tell(tx)
        return len(rows) == batch


async def procedures_published(context: Context) -> None:
    """Answers of before are forgotten."""
    await cache.invalidate(context.valkey, "procedures")


async def keep_procedure_imports_going(context: Context) -> None:
    """Every minute: imports whose task was lost go on."""
    for row in await store.left(context.pool, context.clock() - LEFT_BEHIND):
        topic = "publish" if row["state"] == "publishing" else "compare" if row["is_read"] else "pull"
        async with context.pool.acquire() as tx, tx.transaction():
            await queue.add(tx, f"procedures_{topic}", import_id=row["id"])


async def prune_procedure_imports(context: Context) -> None:
    """Every night: of imports that ended 90 days ago only the figures and the versions stay."""
    while True:
        async with unhurried(context.pool) as tx:
            if await store.prune(tx, context.clock(), PRUNED_AT_ONCE) < PRUNED_AT_ONCE:
                return


TASKS = {
    "procedures_pull": procedures_pull,
    "procedures_compare": procedures_compare,
    "procedures_publish": procedures_publish,
    "procedures_published": procedures_published,
}
SCHEDULE = {
    "keep_procedure_imports_going": ("* * * * *", keep_procedure_imports_going),
    "prune_procedure_imports": ("20 19 * * *", prune_procedure_imports),
}
