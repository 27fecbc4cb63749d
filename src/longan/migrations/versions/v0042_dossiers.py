"""What was last seen of dossiers, and who may look again."""

from longan.migrations.script import run

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    run("""
create schema dossiers;

create table dossiers.dossiers (
    id         uuid        primary key,
    code_index bytea       not null constraint dossiers_one_per_code unique,
    factors    bytea[]     not null,
    sealed     bytea       not null,
    as_of      timestamptz not null
);
comment on table dossiers.dossiers is 'the last known state of what somebody has proved to be theirs; 90 days';
comment on column dossiers.dossiers.code_index is 'HMAC-SHA-256 of the code';
comment on column dossiers.dossiers.factors is 'HMAC-SHA-256 of the code with each second factor that opens it';
comment on column dossiers.dossiers.sealed is
    'AES-256-GCM of what the source said, the applicant masked and without numbers, bound to this row';
create index dossiers_by_age on dossiers.dossiers (as_of);

create table dossiers.proofs (
    holder    bytea       primary key,
    proven_at timestamptz not null
);
comment on column dossiers.proofs.holder is 'HMAC-SHA-256 of an account with a code: it has shown the second factor';

create table dossiers.failures (
    subject      bytea       primary key,
    failures     integer     not null check (failures > 0),
    failed_at    timestamptz not null,
    paused_until timestamptz
);
comment on table dossiers.failures is 'tries that did not show the right factor, in a row';
comment on column dossiers.failures.subject is 'a code_index, or a holder who has tries of their own';
""")
