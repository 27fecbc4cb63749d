"""Social housing: what people keep of themselves, sealed, and the texts of rules that officials write and publish."""

from longan.migrations.script import run

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    run("""
create schema eligibility;

create table eligibility.cases (
    account_id uuid        primary key references identity.accounts,
    sealed     bytea       not null,
    version    integer     not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
comment on table eligibility.cases is
    'what somebody said of themselves, sealed with the key of the person; kept with the consent social_housing, for a year';
create index cases_oldest on eligibility.cases (updated_at);

create function eligibility.kept(account uuid, written timestamptz, moment timestamptz) returns boolean
    language sql stable parallel safe
    return privacy.consented(account, 'social_housing', moment)
           and not exists (select from privacy.consents w
                            where w.account_id = account and w.purpose = 'social_housing' and not w.given
                              and w.at > written);
comment on function eligibility.kept is
    'whether a case written then may still be kept: what a withdrawal has ended no later consent brings back';

create schema eligibility_rules;

create table eligibility_rules.texts (
    id              uuid        primary key default uuidv7(),
    text            text        not null check (octet_length(text) <= 200000),
    note            text        not null,
    drafted_by      uuid        not null references identity.accounts,
    drafted_at      timestamptz not null,
    preview         jsonb,
    preview_asked   timestamptz,
    preview_against uuid        references eligibility_rules.texts,
    published_by    uuid        references identity.accounts,
    published_at    timestamptz,
    follows         uuid        references eligibility_rules.texts,
    constraint texts_published_by_somebody check ((published_at is null) = (published_by is null)),
    constraint texts_read_by_two check (published_by <> drafted_by),
    constraint texts_previewed check (published_at is null or preview is not null)
);
comment on table eligibility_rules.texts is
    'rules of social housing that officials have written; the newest published text holds instead of the one in the package';
comment on column eligibility_rules.texts.preview is
    'whose answers it changes, as shown to whoever publishes it: model cases one by one, kept cases as counts only';
comment on column eligibility_rules.texts.preview_against is 'the text it was compared with: null for the one in the package';
comment on column eligibility_rules.texts.follows is 'the text that held before; null for the one in the package';
create unique index texts_in_a_row on eligibility_rules.texts (follows) nulls not distinct where published_at is not null;
create index texts_newest on eligibility_rules.texts (drafted_at desc, id desc);

create function eligibility_rules.newest() returns uuid language sql stable
    return (select t.id
              from eligibility_rules.texts t
             where t.published_at is not null
               and not exists (select from eligibility_rules.texts n
                                where n.follows = t.id and n.published_at is not null));
comment on function eligibility_rules.newest is 'the published text that no other follows; null while the one in the package holds';
""")
