"""The app over a database of its own, with people in it who have two of everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from longan.api.routing import Operation
from longan.lgsp_answers import Dossier
from longan.limits import Limiter, Strict
from longan.object_storage import Storage
from tests.conftest import Real
from tests.faults.walking import Caller


class NoDossiers:
    """A source that answers, and knows none."""

    async def dossier(self, code: str, patience: float = 0.0) -> Dossier | None:
        return None

    async def close(self) -> None:
        """There is nothing to close."""


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
        if operation.policy.takes:
            made["Content-Type"] = operation.policy.takes[-1]
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


async def employing(real: Real, owner: UUID, employer: UUID, people: list[UUID]) -> dict[str, list[UUID]]:
    """Colleagues of the owner, whom no other owner could send away; people whom the employer asks, and employers that
    ask `people`; some of them wait for an official, who has decided on the owner's."""
    pool = real.pool
    colleagues = [await real.account() for _ in range(2)]
    members = await rows(
        pool,
        """insert into members.members (employer_id, account_id, role)
           select $1, a, 'recruiter' from unnest($2::uuid[]) a returning id""",
        employer, colleagues,
    )  # fmt: skip
    waiting = await rows(
        pool,
        """insert into employers.employers (tax_code_index, tax_code, name, ward_version, ward_code)
           select uuid_send(uuidv7()), '0100112437', 'Công ty Chờ', e.ward_version, e.ward_code
             from (select * from employers.employers limit 1) e, generate_series(1, 3)
        returning id""",
    )
    invitations = await rows(
        pool,
        """insert into members.invitations
               (id, employer_id, phone_index, phone_cipher, role, invited_by, created_at, expires_at)
           select uuidv7(), e, a.phone_index, '', 'recruiter', $3, now(), now() + interval '1 day'
             from unnest($1::uuid[]) e, identity.accounts a where a.id = any($2)
        returning id""",
        waiting, people, owner,
    ) + await rows(
        pool,
        """insert into members.invitations
               (id, employer_id, phone_index, role, invited_by, created_at, expires_at, answer, answered_at)
           select uuidv7(), $1, uuid_send(uuidv7()), 'recruiter', $2, now(), now() + interval '1 day', 'withdrawn',
                  now()
             from generate_series(1, 2)
        returning id""",
        employer, owner,
    )  # fmt: skip
    await pool.execute(
        """insert into employers.verifications (employer_id, decision, reason, decided_by, decided_at)
           select $1, 'verified', 'x', $2, now() from generate_series(1, 2)""",
        employer, colleagues[0],
    )  # fmt: skip
    return {"member_id": members, "invitation_id": invitations}


async def importing(real: Real, employer: UUID, jobs: list[UUID]) -> dict[str, list[UUID]]:
    """Files of the owner's employer and of another, taken in, with their rows."""
    other = await real.pool.fetchval("select id from employers.employers where id <> $1 limit 1", employer)
    imports = await rows(
        real.pool,
        """insert into job_exchange.imports (employer_id, account_id, format, publish, state, total, refused,
                                            created_at, updated_at, ended_at)
           select e, a.id, 'csv', false, 'done', 2, 2, now(), now(), now()
             from unnest($1::uuid[]) e, (select id from identity.accounts limit 1) a, generate_series(1, 2)
        returning id""",
        [employer, other],
    )
    await real.pool.execute(
        """insert into job_exchange.rows (import_id, line, source_key, content, status, job_id, wrong)
           select i, n, 'A-' || n, '[]', 'refused', $2, '[{"pointer": "/title", "code": "required"}]'
             from unnest($1::uuid[]) i, generate_series(1, 2) n""",
        imports, jobs[0],
    )  # fmt: skip
    return {"import_id": imports}


async def posting(real: Real, employer: UUID, jobs: list[UUID]) -> dict[str, list[UUID]]:
    """Drafts and templates of the owner's employer and of another, and what happened to the postings."""
    pool = real.pool
    both = [employer, await pool.fetchval("select id from employers.employers where id <> $1 limit 1", employer)]
    await pool.execute(
        """insert into jobs.postings (employer_id, title, description, search_text, title_marked, ward_version,
                                      ward_code, province_code, openings, expires_at)
           select e, j.title, j.description, j.search_text, j.title_marked, j.ward_version, j.ward_code,
                  j.province_code, 1, j.expires_at
             from jobs.postings j, unnest($1::uuid[]) e, generate_series(1, 2)
            where j.id = $2""",
        both, jobs[0],
    )  # fmt: skip
    await pool.execute(
        """insert into jobs.history (posting_id, version, side, from_status, to_status, changed_at)
           select j, n, 'employer', 'open', 'open', now() from unnest($1::uuid[]) j, generate_series(1, 2) n""",
        jobs,
    )
    templates = await rows(
        pool,
        """insert into job_templates.templates (employer_id, name, days, content, created_at, updated_at)
           select e, 'Mẫu ' || n, 30, $2::text::jsonb, now(), now()
             from unnest($1::uuid[]) e, generate_series(1, 2) n
        returning id""",
        both, '{"title": "May", "description": "x", "ward_code": "27694", "pay": {"min": 9000000}, "openings": 1}',
    )  # fmt: skip
    return {"template_id": templates}


async def finding(real: Real, people: list[UUID]) -> dict[str, list[UUID]]:
    """Postings that people keep, and others that they do not want to see."""
    await real.pool.execute(
        """insert into saved_jobs.saves (account_id, posting_id, saved_at)
           select a, j.id, now()
             from unnest($1::uuid[]) a, (select id from jobs.postings where status = 'open' order by id limit 3) j""",
        people,
    )
    hidden = await rows(
        real.pool,
        """insert into recommendations.hidden (account_id, posting_id, hidden_at)
           select a, j.id, now()
             from unnest($1::uuid[]) a, (select id from jobs.postings where status = 'open' order by id limit 3) j
        returning id""",
        people,
    )
    return {"hidden_id": hidden}


async def moderated(real: Real, people: list[UUID]) -> dict[str, list[UUID]]:
    """Postings that wait for an official, with what the guard found; `people` and others have reported some."""
    pool = real.pool
    held = await rows(
        pool,
        """update jobs.postings set status = 'in_review'
            where id in (select id from jobs.postings where status = 'open' and expires_at > now()
                          order by id desc limit 2)
        returning id""",
    )
    await pool.execute(
        """insert into moderation.judgements (posting_id, score, held, judged_at)
           select j, 120, true, now() from unnest($1::uuid[]) j""",
        held,
    )
    await pool.execute(
        """insert into moderation.findings (posting_id, place, rule, field, quote, known_as, weight, accepted)
           select j, n, 'deposit', 'title', 'Đặt cọc', 'dat coc', 60, false
             from unnest($1::uuid[]) j, generate_series(1, 2) n""",
        held,
    )
    cases = await rows(
        pool,
        """insert into moderation.cases (posting_id, kind, opened_at)
           select j, 'held', now() from unnest($1::uuid[]) j returning id""",
        held,
    )
    reports = await rows(
        pool,
        """insert into job_reports.reports (posting_id, account_id, reason_code, note, created_at)
           select j.id, a, 'fee', 'x', now()
             from (select id from jobs.postings where status = 'open' order by id desc limit 2) j,
                  unnest($1::uuid[]) a
        returning id""",
        [*people, await real.account()],
    )
    return {"case_id": cases, "report_id": reports}


async def picturing(real: Real, people: list[UUID]) -> dict[str, list[UUID]]:
    """Pictures that people have sent, none of them public; where they would go nobody listens."""
    real.app.app.state.storage = Storage("http://127.0.0.1:9", "longan", "us-east-1", "longan", "x" * 16)
    sent = await rows(
        real.pool,
        """insert into photos.uploads (id, account_id, content_type, size, sha256, key, state, width, height,
                                       created_at, put_until)
           select gen_random_uuid(), a, 'image/jpeg', 9, sha256('x'), replace(gen_random_uuid()::text, '-', ''),
                  'clean', 4, 3, now(), now()
             from unnest($1::uuid[]) a, generate_series(1, 2)
        returning id""",
        people,
    )
    return {"upload_id": sent, "photo_id": sent}


async def alerting(real: Real, people: list[UUID]) -> dict[str, list[UUID]]:
    """Searches of people, the first person's first, each with what it has found."""
    searches = await rows(
        real.pool,
        """insert into saved_searches.searches (account_id, kind, name, cadence, asked, alike, keys, pay_min, asked_at,
                                                used_at, created_at, updated_at)
           select p.id, 'jobs', 'Việc tôi tìm', 'daily', '{"pay_min": 1}', uuid_send(uuidv7()), '{*}', n, now(), now(),
                  now(), now()
             from unnest($1::uuid[]) with ordinality as p (id, place), generate_series(1, 2) n
            order by p.place
        returning id""",
        people,
    )
    await real.pool.execute(
        """insert into job_alerts.hits (account_id, posting_id, search_ids, way, found_at, due_at)
           select a, j.id, $2, 'digest', now(), now() + interval '1 day'
             from unnest($1::uuid[]) a, (select id from jobs.postings where status = 'open' order by id limit 3) j""",
        people, searches,
    )  # fmt: skip
    return {"saved_search_id": searches}


@asynccontextmanager
async def built(real: Real) -> AsyncIterator[House]:
    state, wide = real.app.app.state, 1_000_000
    real.app.limiter, state.strict = Limiter(state.valkey, wide), Strict(state.valkey, wide)
    state.dossier_source = NoDossiers()
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
    keeping = await finding(real, [owner, worker])
    moderation = await moderated(real, [owner, worker])
    ids = {
        "job_id": [*jobs, *await rows(real.pool, "select id from jobs.postings where status <> 'open' limit 2")],
        "employer_id": [employer, *await rows(real.pool, "select id from employers.employers limit 2")],
        "application_id": await rows(real.pool, "select id from applications.applications"),
        "notification_id": await rows(real.pool, "select id from notifications.inbox"),
        "housing_id": await rows(real.pool, "select id from housing.listings limit 2"),
        **await reviewed(real, [owner, worker, *[await real.account() for _ in range(3)]]),
        **await staffed(real, administrator),
        **await campaigning(real, official),
        **await employing(real, owner, employer, [owner, worker]),
        **await posting(real, employer, jobs),
        **await importing(real, employer, jobs),
        **await alerting(real, [owner, worker]),
        **await picturing(real, [owner, worker]),
        **keeping,
        "report_id": moderation["report_id"],
    }
    ids["case_id"] = [*ids["case_id"], *moderation["case_id"]]
    # Everybody has just proved as much as any operation demands: it must not end at that.
    made = House(
        real, Caller(real.app), real.app.routes.operations, await real.bearer(owner, acr=3),
        await real.bearer(worker, acr=3), await real.bearer(acr=3),
        await real.bearer(official, audience="official", acr=3),
        await real.bearer(administrator, audience="official", acr=3), await real.bearer(acr=3), employer, jobs, ids,
    )  # fmt: skip
    # Who is recommended jobs has agreed to it.
    for each in (made.owner, made.worker):
        agreed = await made.call(
            "PUT", "/v1/me/consents/job_recommendations", headers=made.headers(made.operations[0], each),
            body=b'{"version": 1}',
        )  # fmt: skip
        assert agreed.status == 200, agreed.body
    yield made
    # Whoever signs out on the way would be refused everything that comes after.
    assert (await made.call("GET", "/v1/me", headers=made.owner)).status == 200
