"""Postings that wait for an official, reports and appeals; and the traces by which the honesty guard knows a phone or a
text again."""

from longan.migrations.script import run

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    run("""
create schema moderation;

create table moderation.judgements (
    posting_id uuid        primary key references jobs.postings,
    score      integer     not null check (score >= 0),
    held       boolean     not null,
    judged_at  timestamptz not null
);
comment on table moderation.judgements is 'what the honesty guard said last of a posting';
comment on column moderation.judgements.score is 'the weights of the findings that no official has accepted, together';

create table moderation.findings (
    posting_id uuid     not null references jobs.postings,
    place      smallint not null,
    rule       text     not null,
    field      text     check (field in ('title', 'description', 'skills')),
    quote      text,
    known_as   text     not null,
    weight     smallint not null check (weight > 0),
    accepted   boolean  not null,
    primary key (posting_id, place),
    check ((field is null) = (quote is null))
);
comment on table moderation.findings is 'those of the last judgement; a quote is what stands in the posting, as it is spelt there';
comment on column moderation.findings.known_as is 'the quote folded, or the fact: what an acceptance knows again';
comment on column moderation.findings.accepted is 'an official has read it and published all the same';

create table moderation.accepted (
    posting_id  uuid        not null references jobs.postings,
    rule        text        not null,
    known_as    text        not null,
    accepted_at timestamptz not null,
    primary key (posting_id, rule, known_as)
);
comment on table moderation.accepted is 'what an official has read and published: unchanged, it holds the posting no more';

create table moderation.phones (
    phone_index bytea       not null,
    employer_id uuid        not null references employers.employers,
    posting_id  uuid        not null references jobs.postings,
    first_at    timestamptz not null,
    seen_at     timestamptz not null,
    primary key (phone_index, employer_id)
);
comment on table moderation.phones is 'whose postings a phone number stood in; who had it first is not asked about it';
comment on column moderation.phones.phone_index is 'HMAC-SHA-256 of the number; not the index by which an account is found';
create index phones_by_age on moderation.phones (seen_at);

create table moderation.passages (
    passage     bigint      not null,
    employer_id uuid        not null references employers.employers,
    posting_id  uuid        not null references jobs.postings,
    first_at    timestamptz not null,
    seen_at     timestamptz not null,
    primary key (passage, employer_id)
);
comment on column moderation.passages.passage is 'of eight words in a row, a hash; the few smallest of a posting are kept';
create index passages_by_age on moderation.passages (seen_at);

create table moderation.pay_levels (
    occupation_code text     not null,
    day             date     not null,
    postings        integer  not null check (postings > 0),
    low_quartile    bigint   not null,
    median          bigint   not null,
    high_quartile   bigint   not null,
    primary key (occupation_code, day),
    check (low_quartile <= median and median <= high_quartile)
);
comment on table moderation.pay_levels is 'the effective pay a month of the open postings of an occupation (any level of VSCO) on a day';
create index pay_levels_by_day on moderation.pay_levels (day);

create table moderation.cases (
    id         uuid        primary key default uuidv7(),
    posting_id uuid        not null references jobs.postings,
    kind       text        not null check (kind in ('held', 'appeal')),
    about      uuid,
    not_for    uuid        references identity.accounts,
    opened_at  timestamptz not null,
    closed_at  timestamptz,
    decided_by uuid        references identity.accounts,
    constraint cases_appeal_by_another check (decided_by <> not_for),
    check ((kind = 'appeal') = (about is not null))
);
comment on column moderation.cases.about is 'of an appeal: the decision it is against';
comment on column moderation.cases.not_for is 'of an appeal: who decided first, and so does not decide again';
create unique index cases_one_open on moderation.cases (posting_id, kind) where closed_at is null;
create index cases_waiting on moderation.cases (opened_at, id) where closed_at is null;

create table moderation.decisions (
    id         uuid        primary key default uuidv7(),
    case_id    uuid        references moderation.cases,
    posting_id uuid        not null references jobs.postings,
    employer_id uuid       not null references employers.employers,
    decision   text        not null check (decision in
               ('published', 'returned', 'suspended', 'paused', 'upheld', 'granted')),
    reason     text        not null,
    changes    text,
    decided_by uuid        not null references identity.accounts,
    decided_at timestamptz not null,
    version    integer     not null,
    score      integer     not null,
    findings   jsonb       not null,
    constraint decisions_one_per_case unique (case_id)
);
comment on column moderation.decisions.case_id is 'null for what followed from reports';
comment on column moderation.decisions.changes is 'what the employer is to change, in words';
comment on column moderation.decisions.decided_by is 'of a pause: who confirmed the report that was one too many';
comment on column moderation.decisions.version is 'of the posting that was read';
comment on column moderation.decisions.findings is 'what the guard said of it then';
create index decisions_of_posting on moderation.decisions (posting_id, decided_at desc, id desc);
create index decisions_against on moderation.decisions (employer_id, decided_at)
 where decision in ('suspended', 'paused');
alter table moderation.cases add foreign key (about) references moderation.decisions;

create table moderation.appeals (
    decision_id uuid        not null references moderation.decisions,
    case_id     uuid        not null references moderation.cases,
    account_id  uuid        not null references identity.accounts,
    text        text        not null,
    created_at  timestamptz not null,
    constraint appeals_one_per_decision primary key (decision_id)
);
create index appeals_of_case on moderation.appeals (case_id);

create schema job_reports;

create table job_reports.reports (
    id          uuid        primary key default uuidv7(),
    posting_id  uuid        not null references jobs.postings,
    account_id  uuid        not null references identity.accounts,
    reason_code text        not null check (reason_code in ('fee', 'deposit', 'papers', 'pay_not_true', 'not_a_job',
                'discrimination', 'copied', 'unsafe', 'other')),
    note        text,
    created_at  timestamptz not null,
    state       text        not null default 'open' check (state in ('open', 'confirmed', 'dismissed')),
    answer      text,
    decided_by  uuid        references identity.accounts,
    decided_at  timestamptz,
    constraint reports_one_per_account unique (account_id, posting_id),
    constraint reports_answered_by_another check (decided_by <> account_id),
    check ((state = 'open') = (decided_at is null))
);
comment on table job_reports.reports is 'what workers say of a posting; who said it, no employer is ever shown';
comment on column job_reports.reports.note is 'forgotten a year after it was decided on';
comment on column job_reports.reports.answer is 'what the official says to whoever reported';
create index reports_waiting on job_reports.reports (created_at, id) where state = 'open';
create index reports_confirmed on job_reports.reports (posting_id, decided_at) where state = 'confirmed';
create index reports_of_account on job_reports.reports (account_id, created_at desc, id desc);
create index reports_with_notes on job_reports.reports (decided_at) where note is not null;

-- Each of another account. What was confirmed before an official published the posting is settled; its employer cannot
-- settle anything by closing it and opening it again.
create function job_reports.confirmed(posting uuid) returns bigint language sql stable parallel safe
begin atomic
    select count(*) from job_reports.reports r
     where r.posting_id = posting and r.state = 'confirmed'
       and r.decided_at > coalesce((select max(d.decided_at) from moderation.decisions d
             where d.posting_id = posting and d.decision in ('published', 'granted')), '-infinity');
end;

-- Nobody decides on a posting of an employer they act for, nor on what they have reported themself, by this account or
-- another of the same person (SECURITY Z6).
create function moderation.own(account uuid, posting uuid, employer uuid) returns boolean
    language sql stable parallel safe
    return members.belongs(account, employer)
        or exists (select from job_reports.reports r
                    where r.posting_id = posting
                      and (r.account_id = account
                           or exists (select from assurance.cases mine
                                        join assurance.cases theirs on theirs.number_index = mine.number_index
                                       where mine.account_id = account and theirs.account_id = r.account_id)));

create type moderation.finding as (rule text, field text, quote text, weight integer, accepted boolean);
create type moderation.review as (
    score integer, held boolean, findings moderation.finding[], decision text, reason text, changes text,
    decided_at timestamptz);

create function moderation.review_of(posting uuid) returns moderation.review
    language sql stable parallel safe
begin atomic
    select row(g.score, g.held,
               array(select row(f.rule, f.field, f.quote, f.weight, f.accepted)::moderation.finding
                       from moderation.findings f where f.posting_id = posting order by f.place),
               d.decision, d.reason, d.changes, d.decided_at)::moderation.review
      from moderation.judgements g
      left join lateral (
           select k.decision, k.reason, k.changes, k.decided_at from moderation.decisions k
            where k.posting_id = posting
            order by k.decided_at desc, k.id desc limit 1) as d on true
     where g.posting_id = posting;
end;
comment on function moderation.review_of is
    'What the guard and the officials said of a posting, for the members of its employer; null before it was judged';
""")
