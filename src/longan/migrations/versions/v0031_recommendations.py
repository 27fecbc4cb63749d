"""Jobs a person does not want to be recommended. What is recommended is worked out when they ask and kept nowhere."""

from longan.migrations.script import run

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    run("""
create schema recommendations;

create table recommendations.hidden (
    id              uuid        primary key default uuidv7(),
    account_id      uuid        not null references identity.accounts,
    posting_id      uuid        references jobs.postings,
    employer_id     uuid        references employers.employers,
    occupation_code text        references reference.occupations,
    hidden_at       timestamptz not null,
    check (num_nonnulls(posting_id, employer_id, occupation_code) = 1),
    constraint hidden_once unique nulls not distinct (account_id, posting_id, employer_id, occupation_code)
);
comment on table recommendations.hidden is 'not for me: their own word, which stands whether they have consented or not';
create index hidden_newest on recommendations.hidden (account_id, hidden_at desc, id desc);

-- Where the candidates come from: the newest of a ward and of an occupation, however many there are.
create index postings_of_ward on jobs.postings (ward_version, ward_code, published_at desc, id desc)
    where status = 'open';
create index postings_of_occupation on jobs.postings (occupation_code, published_at desc, id desc)
    where status = 'open' and occupation_code is not null;
""")
