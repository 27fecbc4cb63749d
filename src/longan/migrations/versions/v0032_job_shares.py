"""Links to postings that are passed on; of whoever passes one on or opens it nothing is kept."""

from longan.migrations.script import run

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    run("""
create schema job_shares;

create table job_shares.shares (
    posting_id uuid        primary key references jobs.postings,
    code       text        not null constraint shares_one_per_code unique check (code ~ '^[2-9a-hjkmnp-z]{10}$'),
    shared_at  timestamptz not null
);
comment on table job_shares.shares is 'one link a posting, whoever passes it on: nobody can be told by it';

create table job_shares.opens (
    posting_id uuid    not null references job_shares.shares,
    day        date    not null,
    times      integer not null check (times between 1 and 1000000),
    primary key (posting_id, day)
);
comment on column job_shares.opens.day is 'of Viet Nam';
""")
