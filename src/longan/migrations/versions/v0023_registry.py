"""What the tax registry says of employers."""

from longan.migrations.script import run

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    run("""
create schema registry;

create table registry.checks (
    id           uuid        primary key default uuidv7(),
    employer_id  uuid        not null references employers.employers,
    state        text        not null default 'waiting' check (state in ('waiting', 'answered', 'not_asked')),
    opened_at    timestamptz not null,
    tries        integer     not null default 0,
    tried_at     timestamptz,
    next_try_at  timestamptz,
    last_failure text,
    answered_at  timestamptz,
    result       text        check (result in ('active', 'paused', 'ceased', 'not_found')),
    sealed       bytea,
    check ((state = 'answered') = (answered_at is not null and result is not null)),
    check (state = 'waiting' or next_try_at is null)
);
comment on table registry.checks is 'an employer that the tax registry is, or was, asked about; the newest counts';
comment on column registry.checks.last_failure is 'the kind of failure, never what the registry wrote';
comment on column registry.checks.sealed is
    'AES-256-GCM of the name and address as registered, bound to this row: a household business is a person';
create unique index checks_one_waiting on registry.checks (employer_id) where state = 'waiting';
create index checks_of_employer on registry.checks (employer_id, opened_at desc, id desc);

create table registry.breakers (
    provider   text        primary key,
    failures   integer     not null default 0,
    open_until timestamptz
);
""")
