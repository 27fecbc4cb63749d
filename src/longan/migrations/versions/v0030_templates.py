"""Templates of postings."""

from longan.migrations.script import run

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    run("""
create schema job_templates;

create table job_templates.templates (
    id          uuid        primary key default uuidv7(),
    employer_id uuid        not null references employers.employers,
    name        text        not null,
    days        smallint    not null check (days between 1 and 365),
    content     jsonb       not null,
    version     integer     not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint templates_one_per_name unique (employer_id, name)
);
comment on column job_templates.templates.days is 'how long what is made of it is to be done';
comment on column job_templates.templates.content is 'what drafts.Work holds';
create index templates_of_employer on job_templates.templates (employer_id, created_at desc, id desc);
""")
