"""Two at once, over a real pool: what one has done the other hears as a conflict, and no version is lost or doubled."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import msgspec
import pytest

from longan.devkit.procedures_source import procedure
from longan.floor.database.calls import follow
from longan.floor.database.tasks import Context
from longan.floor.procedures.procedure_publishing import ProcedureChanged, Published, latest, publish
from longan.rooms.catalogue import tasks
from longan.rooms.hsds.models import lasting_id
from tests.catalogue.conftest import APPOINT, National
from tests.conftest import Real, TestClock

CODE = "1.004194"


async def official(real: Real, clock: TestClock) -> tuple[UUID, dict[str, str]]:
    account = await real.account(role="official")
    await real.pool.execute(APPOINT, account, "public_services", None, clock())
    return account, await real.bearer(account, audience="official", acr=3)


async def drafted(real: Real, clock: TestClock, *each: dict[str, Any]) -> dict[str, Any]:
    """An import that is compared."""
    _, who = await official(real, clock)
    headers = {**who, "Content-Type": "application/jsonl"}
    answer = await real.client.post("/v1/procedure-imports", content=json.dumps(each).encode(), headers=headers)
    assert answer.status_code == 201, answer.text
    made = answer.json()["id"]
    while await tasks.compare_step(real.pool, UUID(made), clock()):
        pass
    shown: dict[str, Any] = (await real.client.get(f"/v1/procedure-imports/{made}", headers=who)).json()
    return shown


async def approve(real: Real, who: dict[str, str], made: dict[str, Any]) -> Any:
    path = f"/v1/procedure-imports/{made['id']}/publication"
    return await real.client.post(path, json={"version": made["version"]}, headers=who)


async def test_of_two_officials_who_publish_one_import_at_once_one_does(real: Real, clock: TestClock) -> None:
    made = await drafted(real, clock, procedure(CODE), procedure("1.999001"))
    people = [(await official(real, clock))[1] for _ in range(4)]

    answers = await asyncio.gather(*(approve(real, who, made) for who in people))

    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200 and set(codes[1:]) <= {409, 412}, codes
    await asyncio.gather(*(tasks.publish_step(real.pool, UUID(made["id"]), clock()) for _ in range(4)))
    versions = await real.pool.fetch("select version from catalogue.versions where code = $1", CODE)
    assert sorted(row["version"] for row in versions) == [1, 2]


async def test_two_imports_of_one_procedure_that_are_published_at_once_make_one_version(
    real: Real, clock: TestClock
) -> None:
    first = await drafted(real, clock, procedure(CODE, "Một"))
    second = await drafted(real, clock, procedure(CODE, "Hai"))
    for made in (first, second):
        assert (await approve(real, (await official(real, clock))[1], made)).status_code == 200

    await asyncio.gather(*(tasks.publish_step(real.pool, UUID(made["id"]), clock()) for made in (first, second)))

    states = await real.pool.fetch("select state from catalogue.items order by state")
    assert [row["state"] for row in states] == ["outdated", "published"]
    shown = await real.pool.fetchrow(
        """select p.name, (l).content ->> 'name' as latest, (l).version
             from services.procedures p, catalogue.latest(p.code) l where p.code = $1""",
        CODE,
    )
    assert shown["name"] == shown["latest"] and shown["version"] == 2


async def test_the_same_version_twice_ends_in_the_named_constraint(real: Real, clock: TestClock) -> None:
    made = await drafted(real, clock, procedure(CODE, "Một"))
    account, _ = await official(real, clock)
    now = clock()
    published = Published(UUID(made["id"]), account, now.date())

    async def go() -> str:
        async with real.pool.acquire() as tx, tx.transaction():
            current = (await latest(tx, [CODE]))[CODE]
            try:
                await publish(tx, current.procedure(), 2, published, now)
            except ProcedureChanged as changed:
                assert isinstance(changed.__cause__, asyncpg.UniqueViolationError)
                return str(changed.__cause__.constraint_name)
        return "published"

    assert sorted(await asyncio.gather(*(go() for _ in range(3)))) == [
        "published", "versions_one_each", "versions_one_each",
    ]  # fmt: skip


async def test_of_imports_that_begin_at_once_one_is_read(real: Real, clock: TestClock) -> None:
    people = [(await official(real, clock))[1] for _ in range(3)]

    answers = await asyncio.gather(
        *(
            real.client.post("/v1/procedure-imports/pulls", json={}, headers=who | {"Idempotency-Key": str(uuid4())})
            for who in people
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


@pytest.fixture
async def context(real: Real, national: National, clock: TestClock) -> AsyncIterator[Context]:
    """The worker of an app whose source is the stand-in."""
    state = real.app.app.state
    told = msgspec.structs.replace(state.settings, procedures_url=national.url)
    async with aiohttp.ClientSession() as http:
        yield Context(
            pool=real.pool, valkey=state.cache._valkey, http=http, settings=told, keys=state["keys"],
            phones=state.phones, clock=clock,
        )  # fmt: skip


async def begun(real: Real, clock: TestClock, **asked: Any) -> UUID:
    _, who = await official(real, clock)
    answer = await real.client.post("/v1/procedure-imports/pulls", json=asked, headers=who)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def promised(real: Real) -> list[str]:
    rows = await real.pool.fetch("select entrypoint from pgqueuer where entrypoint like 'procedures%' order by id")
    return [row["entrypoint"] for row in rows]


async def test_the_worker_reads_the_source_and_promises_to_compare(
    real: Real, context: Context, clock: TestClock
) -> None:
    made = await begun(real, clock, codes=[CODE, "1.999001"])

    await tasks.procedures_pull(context, import_id=made)
    await tasks.procedures_compare(context, import_id=made)

    kinds = await real.pool.fetch("select kind from catalogue.items order by place")
    assert [row["kind"] for row in kinds] == ["changed", "new"]
    assert await promised(real) == ["procedures_pull", "procedures_compare"]


async def test_the_worker_asks_a_source_that_is_away_again_and_then_gives_up(
    real: Real, context: Context, clock: TestClock, national: National
) -> None:
    made = await begun(real, clock)
    await national.says("unavailable")

    for _ in range(tasks.MOST_FAILURES):
        await tasks.procedures_pull(context, import_id=made)

    row = await real.pool.fetchrow("select state, failure from catalogue.imports where id = $1", made)
    assert (row["state"], row["failure"]) == ("failed", "status 503")
    assert len(await promised(real)) == tasks.MOST_FAILURES


async def test_without_a_source_an_import_says_so(real: Real, context: Context, clock: TestClock) -> None:
    made = await begun(real, clock)
    none = msgspec.structs.replace(context.settings, procedures_url="")

    await tasks.procedures_pull(
        Context(
            pool=context.pool, valkey=context.valkey, http=context.http, settings=none, keys=context.keys,
            phones=context.phones, clock=clock,
        ),
        import_id=made,
    )  # fmt: skip

    assert await real.pool.fetchval("select failure from catalogue.imports") == "no source is set up"


@pytest.fixture
async def listening(real: Real, context: Context) -> AsyncIterator[None]:
    """The app hears the calls of writes, as a server does: without them it keeps nothing for more than seconds."""
    cache = real.app.app.state.cache
    task = asyncio.create_task(follow(context.valkey, cache))
    while not cache.listens:
        await asyncio.sleep(0.01)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_was_published_is_shown_by_every_process_at_once(
    real: Real, context: Context, clock: TestClock, listening: None
) -> None:
    made = await drafted(real, clock, procedure(CODE, "Tên mới"))
    before = (await real.client.get(f"/v1/procedures/{CODE}")).json()["name"]
    await approve(real, (await official(real, clock))[1], made)

    await tasks.procedures_publish(context, import_id=UUID(made["id"]))
    await tasks.procedures_published(context)
    for _ in range(100):
        if (shown := (await real.client.get(f"/v1/procedures/{CODE}")).json()["name"]) != before:
            break
        await asyncio.sleep(0.02)

    assert shown == "Tên mới"


async def test_every_page_that_tells_of_it_is_renewed_after_publishing(
    real: Real, context: Context, clock: TestClock, listening: None
) -> None:
    service = lasting_id(f"service:{CODE}")
    paths = [
        f"/v1/procedures/{CODE}", "/v1/procedures?q=ten%20moi%20tinh", "/v1/procedures/suggestions?q=ten%20moi%20tinh",
        "/v1/procedures/facets?q=ten%20moi%20tinh", f"/v1/procedures/{CODE}/versions", f"/v1/hsds/services/{service}",
        "/v1/hsds/services?search=ten%20moi%20tinh", "/v1/hsds/service_at_locations?search=ten%20moi%20tinh",
    ]  # fmt: skip
    made = await drafted(real, clock, procedure(CODE, "Tên mới tinh"))
    before = {path: (await real.client.get(path)).content for path in paths}
    await approve(real, (await official(real, clock))[1], made)
    await tasks.procedures_publish(context, import_id=UUID(made["id"]))
    kept = {path: (await real.client.get(path)).content for path in paths}

    await tasks.procedures_published(context)
    left = set(paths)
    for _ in range(10):
        for path in sorted(left):
            answer = await real.client.get(path)
            assert answer.status_code == 200, answer.text
            left -= {path} if answer.content != before[path] else set()
        if not left:
            break
        await asyncio.sleep(0.2)

    assert kept == before  # they were kept, so it is the call that renews them
    assert left == set()


async def test_imports_whose_task_was_lost_go_on_and_old_ones_are_forgotten(
    real: Real, context: Context, clock: TestClock
) -> None:
    made = await drafted(real, clock, procedure(CODE, "Một"))
    await approve(real, (await official(real, clock))[1], made)
    clock.shift(tasks.LEFT_BEHIND * 2)

    await tasks.keep_procedure_imports_going(context)
    await tasks.procedures_publish(context, import_id=UUID(made["id"]))
    clock.shift(tasks.store.KEPT * 2)
    await tasks.prune_procedure_imports(context)

    assert (await promised(real)).count("procedures_publish") == 2
    assert await real.pool.fetchval("select count(*) from catalogue.items") == 0
    assert await real.pool.fetchval("select version from catalogue.latest($1)", CODE) == 2
