"""Campaigns of officials: what they say to whom, who agreed, and who was told."""

from longan.migrations.script import run

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    run("""
create schema campaigns;

create table campaigns.campaigns (
    id             uuid        primary key default uuidv7(),
    kind           text        not null check (kind in ('announcement', 'public_alert')),
    state          text        not null default 'draft'
                   check (state in ('draft', 'proposed', 'scheduled', 'running', 'paused', 'stopped', 'done')),
    title          text        not null,
    body           text        not null,
    title_en       text,
    body_en        text,
    ward_version   date,
    ward_codes     text[],
    old_ward_codes text[],
    role           text        check (role in ('worker', 'employer_member')),
    locale         text        check (locale in ('vi', 'en')),
    occupation_code text       references reference.occupations,
    starts_at      timestamptz,
    spread_seconds integer     not null default 0 check (spread_seconds between 0 and 604800),
    version        integer     not null default 1,
    drafted_by     uuid        not null references identity.accounts,
    drafted_at     timestamptz not null,
    proposed_by    uuid        references identity.accounts,
    proposed_at    timestamptz,
    approved_by    uuid        references identity.accounts,
    approved_at    timestamptz,
    begun_at       timestamptz,
    spread_from    timestamptz,
    paused_at      timestamptz,
    ended_at       timestamptz,
    planned        integer,
    told           integer     not null default 0,
    reached        uuid        not null default '00000000-0000-0000-0000-000000000000',
    next_at        timestamptz,
    tallied_at     timestamptz,
    updated_at     timestamptz not null,
    constraint campaigns_by_two check (approved_by <> drafted_by and approved_by <> proposed_by),
    check ((title_en is null) = (body_en is null)),
    check ((ward_codes is null) = (ward_version is null)),
    check (state not in ('scheduled', 'running', 'paused', 'done') or approved_by is not null)
);
comment on column campaigns.campaigns.ward_codes is 'of the list ward_version, null is everywhere';
comment on column campaigns.campaigns.old_ward_codes is 'what of it was named by codes of the list before';
comment on column campaigns.campaigns.occupation_code is 'whoever works in it or in what lies below it';
comment on column campaigns.campaigns.begun_at is 'accounts made later are not told';
comment on column campaigns.campaigns.spread_from is 'begun_at, moved on by every pause: the clock of the spreading';
comment on column campaigns.campaigns.planned is 'how many belonged to the audience when it began';
comment on column campaigns.campaigns.reached is 'every account up to this one was looked at';
comment on column campaigns.campaigns.next_at is 'when the next people are due';
create index campaigns_waiting on campaigns.campaigns (next_at) where state in ('scheduled', 'running');
create index campaigns_to_tally on campaigns.campaigns (begun_at) where begun_at is not null;

create table campaigns.history (
    id             uuid        primary key default uuidv7(),
    campaign_id    uuid        not null references campaigns.campaigns,
    action         text        not null
                   check (action in ('drafted', 'changed', 'proposed', 'withdrawn', 'approved', 'refused', 'begun',
                                     'paused', 'resumed', 'stopped', 'done')),
    account_id     uuid        references identity.accounts,
    session_id     uuid,
    key_thumbprint text,
    version        integer     not null,
    reason         text,
    at             timestamptz not null
);
comment on column campaigns.history.account_id is 'null: the time had come';
create index history_of_campaign on campaigns.history (campaign_id, id);

create table campaigns.recipients (
    campaign_id uuid        not null,
    account_id  uuid        not null references identity.accounts,
    told_at     timestamptz not null,
    status      text        not null default 'queued'
                check (status in ('inbox_only', 'queued', 'sent', 'delivered', 'opened', 'failed', 'obsolete')),
    primary key (campaign_id, account_id)
);
comment on table campaigns.recipients is 'Who was told when, and the furthest that it came; kept when the pushes are forgotten';
comment on column campaigns.recipients.campaign_id is
    'of campaigns.campaigns; whoever writes here holds that row, so that no key needs to look it up 100,000 times';

create table campaigns.alerts (
    campaign_id  uuid        not null references campaigns.campaigns,
    condition    text        not null,
    promised_at  timestamptz not null,
    message_name text,
    error        text,
    settled_at   timestamptz,
    primary key (campaign_id, condition)
);
comment on table campaigns.alerts is 'What went to topics of FCM, where nobody counts the phones';

create function campaigns.stands(campaign uuid) returns boolean language sql stable parallel safe
    return exists (select from campaigns.campaigns c where c.id = campaign and c.state <> 'stopped');
comment on function campaigns.stands is 'whether what was promised of a campaign may still go out';
""")
