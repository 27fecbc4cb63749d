"""The app over a database of its own, with people in it who have two of everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from longan.api.routing import Operation
from longan.floor.dossiers.dossier_clock import Change
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.feedback.open311_sent import Sent
from longan.floor.pictures.object_storage import Storage
from longan.floor.requests.limits import Limiter, Strict
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


async def catalogued(real: Real) -> dict[str, list[UUID]]:
    """Procedures that two officials have brought in and published, and others that wait to be looked at."""
    importer, publisher = [await real.account(role="official") for _ in range(2)]
    imports = await rows(
        real.pool,
        """insert into catalogue.imports (origin, is_whole, state, is_read, imported_by, imported_at, published_by,
                                          valid_from, updated_at, ended_at)
           select 'upload', false, s, true, $1, now(), $2, current_date, now(), case s when 'closed' then now() end
             from unnest('{drafted, closed}'::text[]) s
        returning id""",
        importer, publisher,
    )  # fmt: skip
    await real.pool.execute(
        """insert into catalogue.items (import_id, place, code, name, content, kind, base_version)
           select i, v.number, v.code, v.content ->> 'name', v.content, 'changed', 1
             from unnest($1::uuid[]) i,
                  (select code, content, row_number() over (order by code) as number from catalogue.versions
                    where code in ('1.004194', '1.001193')) v""",
        imports,
    )
    await real.pool.execute(
        """insert into catalogue.versions (code, version, kind, valid_from, content, import_id, published_by)
           select code, 2, 'published', valid_from, content, $1, $2 from catalogue.versions
            where code in ('1.004194', '1.001193')""",
        imports[1], publisher,
    )  # fmt: skip
    return {"procedure_import_id": imports}


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
    """Postings that people keep, others that they do not want to see, and checklists of theirs."""
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
    lists = await rows(
        real.pool,
        """insert into checklists.checklists (account_id, id, procedure_code, papers, ticks, created_at, updated_at)
           select a, gen_random_uuid(), '1.004194', '[]', '{}', now(), now()
             from unnest($1::uuid[]) a, generate_series(1, 3)
        returning id""",
        people,
    )
    return {"hidden_id": hidden, "checklist_id": lists}


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


async def watching(real: Real, people: list[UUID]) -> dict[str, list[UUID]]:
    """Dossiers that people watch, some of them the same."""
    numbers, now = real.app.app.state.numbers, datetime.now(UTC)
    followed = []
    for number in range(3):
        row, code = uuid4(), f"H53.16-261102-{number:04d}"
        state = Dossier(
            code=code, status="4", changes=[Change(now, "4")], received_at=now, promised=now, promised_anew=None,
            procedure_code=None, office=None, applicant="N•••", phone=None, identity=None, supplements=[],
        )  # fmt: skip
        followed += await rows(
            real.pool,
            """insert into dossier_watches.followed (id, source, code_index, code_sealed, sealed, as_of, followed_at,
                                                     due_at)
               values ($1, 'lgsp', $2, $3, $4, $5, $5, $5) returning id""",
            row, numbers.index(f"dossier {code}"), numbers.seal(code, row),
            numbers.seal(msgspec.json.encode(state).decode(), row), now,
        )  # fmt: skip
    watches = await rows(
        real.pool,
        """insert into dossier_watches.watches (account_id, dossier_id, created_at)
           select a, f, now() from unnest($1::uuid[]) a, unnest($2::uuid[]) f returning id""",
        people, followed,
    )  # fmt: skip
    return {"watch_id": watches}


async def rating(real: Real, official: UUID) -> dict[str, list[UUID]]:
    """Offices with kiosks, what was said of them, and what was told of it."""
    pool = real.pool
    offices = await rows(
        pool,
        """insert into offices.offices (agency_code, unit, name, ward_version, ward_code, valid_from, created_at)
           select 'H53.16', 'Phòng ' || n, 'Sở Xây dựng', u.version, u.code, '2025-07-01', now()
             from generate_series(1, 3) n,
                  (select * from places.units where version = places.version_on(now()) and level = 'commune' limit 1) u
        returning id""",
    )
    kiosks = await rows(
        pool,
        """insert into offices.kiosks (office_id, counter, created_at)
           select o, 'Quầy ' || n, now() from unnest($1::uuid[]) o, generate_series(1, 2) n returning id""",
        offices,
    )
    await pool.execute(
        """insert into offices.history (office_id, action, account_id, at)
           select o, 'office_changed', $2, now() from unnest($1::uuid[]) o, generate_series(1, 2)""",
        offices, official,
    )  # fmt: skip
    await pool.execute(
        """insert into ratings.ratings (office_id, rated_on, answers, words, released_in)
           select o, '2026-09-09', '{"overall": 4}', 'x', make_date(2026, m, 1)
             from unnest($1::uuid[]) o, generate_series(10, 11) m, generate_series(1, 5)""",
        offices,
    )
    await pool.execute(
        "insert into ratings.months (month, told_at) select make_date(2026, m, 1), now() from generate_series(9, 10) m"
    )
    await pool.execute(
        """insert into ratings.results (month, part, office_id, question, ratings, average)
           select make_date(2026, m, 1), 'office', o, 'overall', 10, 4.0
             from unnest($1::uuid[]) o, generate_series(9, 10) m""",
        offices,
    )
    return {"office_id": offices, "kiosk_id": kiosks}


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
    for_a_place = await rows(
        real.pool,
        """insert into saved_searches.searches (account_id, kind, name, cadence, asked, alike, keys, rent_max, asked_at,
                                                used_at, created_at, updated_at)
           select p.id, 'housing', 'Chỗ tôi tìm', 'daily', '{"rent_max": 1}', uuid_send(uuidv7()), '{*}', n, now(),
                  now(), now(), now()
             from unnest($1::uuid[]) with ordinality as p (id, place), generate_series(1, 2) n
            order by p.place
        returning id""",
        people,
    )
    await real.pool.execute(
        """insert into housing_alerts.hits (account_id, listing_id, search_ids, way, found_at, due_at)
           select a, l.id, $2, 'digest', now(), now() + interval '1 day'
             from unnest($1::uuid[]) a,
                  (select id from housing.listings where status = 'open' and owner_id is null order by id limit 3) l""",
        people, for_a_place,
    )  # fmt: skip
    return {"saved_search_id": searches, "housing_search_id": for_a_place}


async def letting(real: Real, people: list[UUID], employer: UUID, jobs: list[UUID]) -> dict[str, list[UUID]]:
    """Listings of people, the first person's first, an employer's dormitories and projects, each with a past; and rooms
    of nobody's."""
    pool = real.pool
    public = await rows(pool, "select id from housing.listings where status = 'open' order by id limit 2")
    written = await rows(
        pool,
        """insert into housing.listings (owner_id, employer_id, kind, title, description, search_text, title_marked,
                                         ward_version, ward_code, province_code, lat, lon, rent, cost_month,
                                         cost_share, cost_two, cost_three, cost_four, cost_complete, cost_on, status,
                                         published_at, confirmed_at, stale_at)
           select w.owner, w.employer, w.kind, 'Phòng trọ', 'x', 'phong tro', 'phong tro', l.ward_version, l.ward_code,
                  l.province_code, l.lat, l.lon, 1500000, 1500000, 1500000, 750000, 500000, 375000, false,
                  '2026-01-01', 'open', now(), now(), now() + interval '30 days'
             from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as w (owner, employer, kind, place),
                  generate_series(1, 2), (select * from housing.listings where id = $4) l
            order by w.place
        returning id""",
        [*people, people[0], people[0]], [*[None] * len(people), employer, None],
        [*["room"] * len(people), "dormitory", "project"], public[0],
    )  # fmt: skip
    await pool.execute(
        """insert into housing.history (listing_id, version, side, from_status, to_status, changed_at)
           select l, n, 'owner', 'draft', 'draft', now() from unnest($1::uuid[]) l, generate_series(1, 2) n""",
        written,
    )
    await pool.execute(
        """insert into housing.job_dormitories (listing_id, posting_id)
           select l.id, j from housing.listings l, unnest($1::uuid[]) j where l.employer_id = $2""",
        jobs, employer,
    )  # fmt: skip
    viewings = await rows(
        pool,
        """insert into viewings.requests (listing_id, owner_id, employer_id, worker_id, status, times, last_time,
                                          agreed_for, people, note, contact_id, created_at, updated_at)
           select l.id, l.owner_id, l.employer_id, w, 'accepted', array[now() + interval '1 day'],
                  now() + interval '1 day', now() + interval '1 day', 2, 'x', l.owner_id, now(), now()
             from housing.listings l, unnest($2::uuid[]) w
            where l.id = any($1) and l.kind <> 'project' and l.owner_id <> w
        returning id""",
        written, [*people, await real.account()],
    )  # fmt: skip
    await pool.execute(
        """insert into viewing_numbers.looks (request_id, account_id, seen_by, side, looked_at)
           select r.id, s.whose, s.seen_by, s.side, now()
             from viewings.requests r,
                  lateral (values (r.worker_id, r.owner_id, 'owner'), (r.owner_id, r.worker_id, 'worker'))
                      s (whose, seen_by, side)
            where r.id = any($1)""",
        viewings,
    )
    reports = await rows(
        pool,
        """insert into housing_reports.reports (listing_id, account_id, reason_code, note, created_at)
           select l, a, 'fraud', 'x', now() from unnest($1::uuid[]) l, unnest($2::uuid[]) a returning id""",
        public, [*people, await real.account()],
    )  # fmt: skip
    hidden = await rows(
        pool,
        """update housing.listings set status = 'hidden' where id in (
               select id from housing.listings where status = 'open' and owner_id is null order by id desc limit 2)
           returning id""",
    )
    pairs = await rows(
        pool,
        """insert into housing_desk.same_pictures (listing_id, other_id, is_exact, found_at)
           select least(a, b), greatest(a, b), true, now() from unnest($1::uuid[]) a, unnest($2::uuid[]) b
        returning id""",
        hidden, public,
    )  # fmt: skip
    return {
        "housing_id": [*written, *public], "viewing_id": viewings, "pair_id": pairs, "housing_report_id": reports
    }  # fmt: skip


async def ruling(real: Real, official: UUID) -> dict[str, list[UUID]]:
    """Rules of social housing as another official and the one who calls have drafted them."""
    drafted = await rows(
        real.pool,
        """insert into eligibility_rules.texts (text, note, drafted_by, drafted_at)
           select 'x', 'Bản ' || n, a, now() from unnest($1::uuid[]) a, generate_series(1, 2) n returning id""",
        [official, await real.account(role="official")],
    )
    return {"rules_id": drafted}


async def handling(real: Real, official: UUID, people: list[UUID]) -> dict[str, list[UUID]]:
    """Units with rules, and looks of an official at who sent reports of `people`; nothing of it is public."""
    pool = real.pool
    reports = await rows(
        pool,
        """insert into feedback.reports (code, account_id, category_code, description, province_code, ward_version,
                                         ward_code, accept_due_at, due_at, created_at, updated_at)
           select 'PA-2222-22' || (p.place + 1) || n, p.id, 'giao_thong', 'Ổ gà', '80', places.version_on(now()),
                  '27694', now(), now(), now(), now()
             from unnest($1::uuid[]) with ordinality p (id, place), generate_series(2, 3) n
            where p.place < 10
        returning id""",
        people,
    )
    await pool.execute(
        """insert into feedback.moves (report_id, to_status, side, created_at)
           select r, 'moi_gui', 'citizen', now() from unnest($1::uuid[]) r""",
        reports,
    )
    await pool.execute(
        """insert into feedback_desk.looks (report_id, account_id, official_id, purpose, looked_at)
           select r.id, r.account_id, $2, 'verify', now()
             from feedback.reports r, generate_series(1, 2) where r.id = any($1)""",
        reports, await real.account(role="official"),
    )  # fmt: skip
    units = await rows(
        pool,
        """insert into feedback_units.units (name, province_code, valid_from, created_at, updated_at)
           select 'Đơn vị ' || n, '80', '2025-07-01', now(), now() from generate_series(1, 2) n returning id""",
    )
    rules = await rows(
        pool,
        """insert into feedback_units.rules (unit_id, province_code, category_code, valid_from, created_at)
           select $1, '80', c, '2025-07-01', now() from unnest('{giao_thong, ha_tang}'::text[]) c returning id""",
        units[0],
    )
    await pool.execute(
        """insert into feedback_units.changes (action, unit_id, after, account_id, at)
           select 'unit_added', u, '{}', $2, now() from unnest($1::uuid[]) u""",
        units, official,
    )  # fmt: skip
    return {"feedback_id": reports, "unit_id": units, "rule_id": rules}


async def supporting(real: Real, people: list[UUID]) -> None:
    """Public reports of somebody else that people support; whoever has their ids may see them."""
    await real.pool.execute(
        """with made as (
               insert into feedback.reports (code, account_id, category_code, description, lat, lon, province_code,
                                             visibility, accept_due_at, created_at, updated_at)
               select 'PA-3333-333' || n, $1, 'giao_thong', 'Ổ gà', 10.6, 106.4, '80', 'public', now(), now(), now()
                 from generate_series(2, 4) n
            returning id),
           copied as (
               insert into feedback_desk.public_copies (report_id, words, with_photos, approved_by, approved_at)
               select id, 'Ổ gà', false, $1, now() from made)
           insert into feedback.supporters (report_id, account_id, created_at)
           select made.id, a, now() from made, unnest($2::uuid[]) a""",
        await real.account(), people,
    )  # fmt: skip


async def partnering(real: Real, administrator: UUID) -> dict[str, list[UUID]]:
    """Partners that report by Open311, what they have sent, and reports that another system has."""
    keys = await rows(
        real.pool,
        """insert into open311_keys.keys (digest, hint, partner, a_minute, a_day, given_by, given_at)
           select sha256(n::text::bytea), 'abcd', 'Đối tác ' || n, 9, 9, $1, now() from generate_series(1, 3) n
        returning id""",
        administrator,
    )
    submissions = await rows(
        real.pool,
        """insert into open311_reports.submissions
               (id, key_id, jurisdiction_id, province_code, category_code, state, content, created_at)
           select gen_random_uuid(), k, '80', '80', 'thai_do', 'waiting', $2::text::jsonb, now()
             from unnest($1::uuid[]) k
        returning id""",
        keys,
        msgspec.json.encode(
            Sent("thai_do", "80", "Nói to", None, None, None, None, None, None, False, None, None)
        ).decode(),
    )
    handovers = await rows(
        real.pool,
        """with r as (
               insert into feedback.reports (code, category_code, description, province_code, origin, accept_due_at,
                                             created_at, updated_at)
               select 'PA-W3W3-W3W' || n, 'ha_tang', 'x', '80', 'open311', now(), now(), now()
                 from generate_series(2, 4) n
               returning id)
           insert into handover.handovers (report_id, receiver, service_code, created_at, updated_at)
           select r.id, 'long_an_so', '001', now(), now() from r
        returning id""",
    )
    return {"key_id": keys, "submission_id": submissions, "handover_id": handovers}


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
    let = await letting(real, [owner, worker], employer, jobs)
    moderation = await moderated(real, [owner, worker])
    desk = await handling(real, official, [owner, worker])
    await supporting(real, [owner, worker])
    ids = {
        "job_id": [*jobs, *await rows(real.pool, "select id from jobs.postings where status <> 'open' limit 2")],
        "employer_id": [employer, *await rows(real.pool, "select id from employers.employers limit 2")],
        "application_id": await rows(real.pool, "select id from applications.applications"),
        "notification_id": await rows(real.pool, "select id from notifications.inbox"),
        **{name: found for name, found in let.items() if name != "housing_report_id"},
        **await ruling(real, official),
        **await reviewed(real, [owner, worker, *[await real.account() for _ in range(3)]]),
        **await staffed(real, administrator),
        **await campaigning(real, official),
        **await employing(real, owner, employer, [owner, worker]),
        **await posting(real, employer, jobs),
        **await importing(real, employer, jobs),
        **await catalogued(real),
        **await alerting(real, [owner, worker]),
        **await picturing(real, [owner, worker]),
        **await rating(real, official),
        **await watching(real, [owner, worker]),
        **desk,
        **await partnering(real, administrator),
        **keeping,
        "report_id": [*moderation["report_id"], *desk["feedback_id"], *let["housing_report_id"]],
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
