"""The app over a database of its own, with people in it who have two of everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from longan.api.routing import Operation
from longan.limits import Limiter, Strict
from tests.conftest import Real
from tests.faults.walking import Caller


@dataclass
class House:
    """The app over a database of its own, and who calls: an owner and a worker with two of everything, a stranger, an
    official. `ids` are of everything there is."""

    real: Real
    call: Caller
    operations: list[Operation]
    owner: dict[str, str]
    worker: dict[str, str]
    stranger: dict[str, str]
    official: dict[str, str]
    leaving: dict[str, str]
    employer: UUID
    jobs: list[UUID]
    ids: dict[str, list[UUID]]

    def headers(self, operation: Operation, who: dict[str, str] | None = None) -> dict[str, str]:
        """Everything an operation demands, of somebody it is for."""
        made = {"If-Match": "*"} if operation.policy.if_match else {}
        if operation.policy.idempotent:
            made["Idempotency-Key"] = str(uuid4())
        for_it = self.official if operation.policy.auth == "official" else self.owner
        caller = who or (self.leaving if operation.name == "end_session" else for_it)
        return made | {"Authorization": caller["Authorization"]}


async def rows(pool: asyncpg.Pool, sql: str, *given: object) -> list[Any]:
    return [row[0] for row in await pool.fetch(sql, *given)]


@asynccontextmanager
async def built(real: Real) -> AsyncIterator[House]:
    state, wide = real.app.app.state, 1_000_000
    real.app.limiter, state.strict = Limiter(state.valkey, wide), Strict(state.valkey, wide)
    owner, worker, official = await real.account(), await real.account(), await real.account(role="official")
    jobs = await rows(real.pool, "select id from jobs.postings where status = 'open' and expires_at > now() limit 2")
    employer = await real.pool.fetchval(
        """insert into employers.members (employer_id, account_id, role)
           select distinct employer_id, $1::uuid, 'owner' from jobs.postings where id = any($2)
           returning employer_id""",
        owner, jobs,
    )  # fmt: skip
    await real.pool.execute(
        """insert into applications.applications (job_id, employer_id, worker_id, created_at, updated_at)
           select p.id, p.employer_id, a, now(), now()
             from jobs.postings p, unnest($2::uuid[]) a
            where p.id = any($1)""",
        jobs, [worker, await real.account()],
    )  # fmt: skip
    await real.pool.execute(
        """insert into notifications.inbox (account_id, topic, created_at, dedupe_key)
           select a, 'x', now(), gen_random_uuid()::text from unnest($1::uuid[]) a, generate_series(1, 3)""",
        [owner, worker],
    )
    ids = {
        "job_id": [*jobs, *await rows(real.pool, "select id from jobs.postings where status <> 'open' limit 2")],
        "employer_id": [employer, *await rows(real.pool, "select id from employers.employers limit 2")],
        "application_id": await rows(real.pool, "select id from applications.applications"),
        "notification_id": await rows(real.pool, "select id from notifications.inbox"),
        "housing_id": await rows(real.pool, "select id from housing.listings limit 2"),
        "account_id": [owner, worker, official],
    }
    # Everybody has just proved as much as any operation demands: it must not end at that.
    made = House(
        real, Caller(real.app), real.app.routes.operations, await real.bearer(owner, acr=3),
        await real.bearer(worker, acr=3), await real.bearer(acr=3),
        await real.bearer(official, audience="official", acr=3), await real.bearer(acr=3), employer, jobs, ids,
    )  # fmt: skip
    yield made
    # Whoever signs out on the way would be refused everything that comes after.
    assert (await made.call("GET", "/v1/me", headers=made.owner)).status == 200
