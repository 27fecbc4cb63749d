"""Postings a worker keeps and sees."""

from longan.migrations.script import run

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    run("""
create schema saved_jobs;

create table saved_jobs.saves (
    account_id uuid        not null references identity.accounts,
    posting_id uuid        not null references jobs.postings,
    saved_at   timestamptz not null,
    primary key (account_id, posting_id)
);
create index saves_newest on saved_jobs.saves (account_id, saved_at desc, posting_id desc);
create index saves_of_posting on saved_jobs.saves (posting_id);

create table saved_jobs.views (
    account_id uuid     not null references identity.accounts,
    day        date     not null,
    posting_id uuid     not null references jobs.postings,
    times      smallint not null check (times between 1 and 100),
    primary key (account_id, day, posting_id)
);
comment on table saved_jobs.views is 'who opened a posting on a day of Viet Nam, as the app reports it; kept half a year';
create index views_of_posting on saved_jobs.views (posting_id, day);
create index views_by_age on saved_jobs.views (day);
""")
