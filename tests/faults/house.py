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
    official, an administrator. `ids` are of everything there is, but for the accounts of who calls."""

    real: Real
    call: Caller
    operations: list[Operation]
    owner: dict[str, str]
    worker: dict[str, str]
    stranger: dict[str, str]
    official: dict[str, str]
    administrator: dict[str, str]
    leaving: dict[str, str]
    employer: UUID
    jobs: list[UUID]
    ids: dict[str, list[UUID]]

    def headers(self, operation: Operation, who: dict[str, str] | None = None) -> dict[str, str]:
        """Everything an operation demands, of somebody it is for."""
        made = {"If-Match": "*"} if operation.policy.if_match else {}
        if operation.policy.idempotent:
            made["Idempotency-Key"] = str(uuid4())
        staff = self.administrator if operation.path.startswith("/v1/staff/") else self.official
        for_it = staff if operation.policy.auth == "official" else self.owner
        caller = who or (self.leaving if operation.name == "end_session" else for_it)
        return made | {"Authorization": caller["Authorization"]}


async def rows(pool: asyncpg.Pool, sql: str, *given: object) -> list[Any]:
    return [row[0] for row in await pool.fetch(sql, *given)]


async def reviewed(real: Real, people: list[UUID]) -> dict[str, list[UUID]]:
    """Everybody asks for their identity to be confirmed and for a lost phone; an official has looked at all of it, and
    so may decide on none of the phones: not the one who calls."""
    pool, phones = real.pool, real.app.app.state.phones
    official = await real.account(role="official")
    cases = await rows(
        pool,
        """insert into assurance.cases (account_id, state, source, submitted_at)
           select a, 'submitted', 'typed', now() from unnest($1::uuid[]) a returning id""",
        people,
    )
    await pool.execute(
        """insert into reviews.looks (case_id, account_id, official_id, purpose, looked_at)
           select c.id, c.account_id, $2, 'decide', now()
             from assurance.cases c, generate_series(1, 2) where c.id = any($1)""",
        cases, official,
    )  # fmt: skip
    recoveries = [uuid4() for _ in people]
    await pool.executemany(
        """insert into recovery.cases
               (id, account_id, lost_index, phone_index, phone_cipher, locale, state, review_for, opened_at, due_at)
           values ($1, $2, '', $3, $4, 'vi', 'review', 'in_use', now(), now() + interval '1 day')""",
        [(each, who, each.bytes, phones.seal("+84900000000", each))
         for each, who in zip(recoveries, people, strict=True)],
    )  # fmt: skip
    await pool.execute(
        """insert into recovery.looks (case_id, account_id, official_id, purpose, looked_at)
           select c.id, c.account_id, $2, 'decide', now()
             from recovery.cases c, generate_series(1, 2) where c.id = any($1)""",
        recoveries, official,
    )  # fmt: skip
    return {"case_id": cases, "recovery_id": recoveries}


async def staffed(real: Real, administrator: UUID) -> dict[str, list[UUID]]:
    """Officials, and more of them proposed; nobody of them calls, for they may be sent away."""
    accounts = [await real.account(), await real.account()]
    await real.pool.execute(
        """insert into staff.grants (account_id, role, starts_at)
           select a, 'official', now() from unnest($1::uuid[]) a""",
        accounts,
    )
    proposals = await rows(
        real.pool,
        """insert into staff.proposals
               (kind, account_id, reason, proposed_by, proposed_session, proposed_at, expires_at)
           select 'enrol', a, 'x', $2, gen_random_uuid(), now(), now() + interval '1 day' from unnest($1::uuid[]) a
        returning id""",
        accounts, administrator,
    )  # fmt: skip
    return {"account_id": accounts, "proposal_id": proposals}


async def campaigning(real: Real, official: UUID) -> dict[str, list[UUID]]:
    """Campaigns of another official, each with a past and with people who were told."""
    writer = await real.account(role="official")
    campaigns = await rows(
        real.pool,
        """insert into campaigns.campaigns (kind, title, body, drafted_by, drafted_at, updated_at)
           select 'announcement', 'Ngày hội việc làm', 'Thứ bảy', $1, now(), now() from generate_series(1, 3)
        returning id""",
        writer,
    )
    await real.pool.execute(
        """insert into campaigns.history (campaign_id, action, account_id, version, at)
           select c, 'changed', $2, 1, now() from unnest($1::uuid[]) c, generate_series(1, 2)""",
        campaigns, writer,
    )  # fmt: skip
    await real.pool.execute(
        """insert into campaigns.recipients (campaign_id, account_id, told_at)
           select c, a, now() from unnest($1::uuid[]) c, unnest($2::uuid[]) a""",
        campaigns, [writer, official],
    )  # fmt: skip
    return {"campaign_id": campaigns}


@asynccontextmanager
async def built(real: Real) -> AsyncIterator[House]:
    state, wide = real.app.app.state, 1_000_000
    real.app.limiter, state.strict = Limiter(state.valkey, wide), Strict(state.valkey, wide)
    owner, worker = await real.account(), await real.account()
    official, administrator = await real.account(role="official"), await real.account(role="administrator")
    jobs = await rows(real.pool, "select id from jobs.postings where status = 'open' and expires_at > now() limit 2")
    employer = await real.pool.fetchval(
        """insert into members.members (employer_id, account_id, role)
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
    await real.pool.execute(
        """insert into privacy.blocks (account_id, employer_id, blocked_at)
           select a, e.id, now()
             from unnest($1::uuid[]) a, (select id from employers.employers where id <> $2 order by id limit 3) e""",
        [owner, worker], employer,
    )  # fmt: skip
    ids = {
        "job_id": [*jobs, *await rows(real.pool, "select id from jobs.postings where status <> 'open' limit 2")],
        "employer_id": [employer, *await rows(real.pool, "select id from employers.employers limit 2")],
        "application_id": await rows(real.pool, "select id from applications.applications"),
        "notification_id": await rows(real.pool, "select id from notifications.inbox"),
        "housing_id": await rows(real.pool, "select id from housing.listings limit 2"),
        **await reviewed(real, [owner, worker, *[await real.account() for _ in range(3)]]),
        **await staffed(real, administrator),
        **await campaigning(real, official),
    }
    # Everybody has just proved as much as any operation demands: it must not end at that.
    made = House(
        real, Caller(real.app), real.app.routes.operations, await real.bearer(owner, acr=3),
        await real.bearer(worker, acr=3), await real.bearer(acr=3),
        await real.bearer(official, audience="official", acr=3),
        await real.bearer(administrator, audience="official", acr=3), await real.bearer(acr=3), employer, jobs, ids,
    )  # fmt: skip
    yield made
    # Whoever signs out on the way would be refused everything that comes after.
    assert (await made.call("GET", "/v1/me", headers=made.owner)).status == 200
