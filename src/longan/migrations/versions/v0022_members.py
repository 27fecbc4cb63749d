"""Who was asked to act for an employer."""

from longan.migrations.script import run

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    run("""
create table members.invitations (
    id           uuid        primary key,
    employer_id  uuid        not null references employers.employers,
    phone_index  bytea       not null,
    phone_cipher bytea,
    role         text        not null check (role in ('owner', 'recruiter')),
    invited_by   uuid        not null references identity.accounts,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    answer       text        check (answer in ('accepted', 'declined', 'withdrawn')),
    answered_at  timestamptz,
    account_id   uuid        references identity.accounts,
    check ((answer is null) = (answered_at is null)),
    check ((phone_cipher is null) = (answer is not null)),
    check (account_id is null or answer in ('accepted', 'declined'))
);
comment on table members.invitations is 'who was asked by phone number to act for an employer; pruned a month later';
comment on column members.invitations.phone_index is 'HMAC-SHA-256 of the E.164 number';
comment on column members.invitations.phone_cipher is 'AES-256-GCM of the E.164 number, bound to this row; gone when answered';
comment on column members.invitations.account_id is 'who answered';
create unique index invitations_one_open on members.invitations (employer_id, phone_index) where answered_at is null;
create index invitations_of_employer on members.invitations (employer_id, created_at desc, id desc);
create index invitations_of_phone on members.invitations (phone_index, created_at desc, id desc)
 where answered_at is null;
create index invitations_age on members.invitations (expires_at);

-- By this account or another of the same person: nobody decides on an employer of their own (SECURITY Z6).
create function members.belongs(account uuid, employer uuid) returns boolean
    language sql stable parallel safe
    return exists (
        select from members.members m
         where m.employer_id = employer
           and (m.account_id = account
                or exists (select from assurance.cases mine
                             join assurance.cases theirs on theirs.number_index = mine.number_index
                            where mine.account_id = account and theirs.account_id = m.account_id)));
""")
