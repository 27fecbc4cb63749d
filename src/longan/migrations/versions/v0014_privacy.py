"""Privacy: the purposes of processing, and who has consented to which."""

from longan.migrations.script import run

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run("""
create schema privacy;

create table privacy.purposes (
    code          text    not null,
    version       integer not null check (version > 0),
    in_force_from date    not null,
    legal_basis   text    not null,
    sensitive     boolean not null,
    third_party   boolean not null,
    title_vi      text    not null,
    title_en      text    not null,
    text_vi       text    not null,
    text_en       text    not null,
    primary key (code, version)
);
comment on column privacy.purposes.sensitive is 'uses sensitive personal data, which its text must name (ND 356/2025 art. 4, 6)';

create table privacy.consents (
    id         uuid        primary key default uuidv7(),
    account_id uuid        not null references identity.accounts,
    purpose    text        not null,
    version    integer     not null,
    given      boolean     not null,
    locale     text        not null check (locale in ('vi', 'en')),
    session_id uuid        not null references sessions.sessions,
    at         timestamptz not null,
    foreign key (purpose, version) references privacy.purposes
);
comment on table privacy.consents is 'What was said, never changed: the last word on a purpose is what holds';
create index consents_last_word on privacy.consents (account_id, purpose, id desc);

create function privacy.version_on(wanted text, moment timestamptz) returns integer
    language sql stable parallel safe
    return (select max(p.version) from privacy.purposes p
             where p.code = wanted and p.in_force_from <= (moment at time zone 'Asia/Ho_Chi_Minh')::date);

create function privacy.consented(account uuid, wanted text, moment timestamptz) returns boolean
    language sql stable parallel safe
    return coalesce((select c.given and c.version = privacy.version_on(wanted, moment) from privacy.consents c
                      where c.account_id = account and c.purpose = wanted
                      order by c.id desc limit 1), false);
comment on function privacy.consented is
    'The one predicate: silence is no consent, and a new text is a new question (Law 91/2025 art. 9)';
""")
