"""Staff: roles granted and ended by two people."""

from longan.migrations.script import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run("""
create schema staff;

alter table identity.roles add column ends_at timestamptz;
comment on table identity.roles is 'What holds now; who granted it and for where stands in staff.grants';

create table staff.proposals (
    id               uuid        primary key default uuidv7(),
    kind             text        not null check (kind in ('grant', 'end', 'enrol', 'close', 'reopen')),
    account_id       uuid        not null references identity.accounts,
    role             text        check (role in ('official', 'administrator')),
    agency_code      text,
    function         text,
    ward_version     date,
    ward_codes       text[],
    ends_at          timestamptz,
    reason           text        not null,
    proposed_by      uuid        not null references identity.accounts,
    proposed_session uuid        not null,
    proposed_key     text,
    proposed_at      timestamptz not null,
    expires_at       timestamptz not null,
    decision         text        check (decision in ('approved', 'refused')),
    decision_reason  text,
    decided_by       uuid        references identity.accounts,
    decided_at       timestamptz,
    constraint proposals_by_two check (decided_by <> proposed_by),
    constraint proposals_for_others check (proposed_by <> account_id and decided_by <> account_id),
    check ((role is not null) = (kind in ('grant', 'end')))
);
comment on table staff.proposals is 'One administrator proposes, another decides (SECURITY Z7)';
create unique index proposals_one_open on staff.proposals (account_id, kind, coalesce(role, ''))
    where decided_at is null;
create index proposals_open on staff.proposals (id) where decided_at is null;

create table staff.grants (
    id           uuid        primary key default uuidv7(),
    account_id   uuid        not null references identity.accounts,
    role         text        not null check (role in ('official', 'administrator')),
    agency_code  text,
    function     text,
    ward_version date,
    ward_codes   text[],
    starts_at    timestamptz not null,
    ends_at      timestamptz,
    ended_at     timestamptz,
    proposal_id  uuid        references staff.proposals,
    check (ward_codes is null or ward_version is not null)
);
comment on column staff.grants.ward_codes is 'where the role holds, of the list ward_version; null is everywhere';
comment on column staff.grants.proposal_id is 'null for the first administrator, whom the operator made';
create unique index grants_one_of_a_role on staff.grants (account_id, role) where ended_at is null;

create table staff.enrolments (
    digest      bytea       primary key,
    account_id  uuid        not null references identity.accounts,
    proposal_id uuid        references staff.proposals,
    expires_at  timestamptz not null,
    ended_at    timestamptz
);
comment on column staff.enrolments.digest is 'SHA-256 of a 256-bit ticket, with which a first passkey is registered';
comment on column staff.enrolments.ended_at is 'used, or replaced by a newer one, or over with the role';

create function staff.administrators(moment timestamptz)
    returns table (account_id uuid, ends_at timestamptz) language sql stable parallel safe
begin atomic
    select r.account_id, r.ends_at
      from identity.roles r
      join identity.accounts a on a.id = r.account_id and a.disabled_at is null
     where r.role = 'administrator' and (r.ends_at is null or r.ends_at > moment);
end;

-- A proposal stands while it is in time and whoever made it is still one of those who may.
create function staff.stands(proposal staff.proposals, moment timestamptz) returns boolean
    language sql stable parallel safe
    return (proposal).decided_at is null and (proposal).expires_at > moment
       and exists (select from staff.administrators(moment) a where a.account_id = (proposal).proposed_by);

-- What an official is appointed for, where and when (SECURITY Z6): a row for each appointment that holds. A role that no
-- grant ever bounded is a persona's, in development, and holds for everything everywhere.
create function staff.appointments(official uuid, wanted text, moment timestamptz)
    returns table (ward_version date, ward_codes text[]) language sql stable parallel safe
begin atomic
    select g.ward_version, g.ward_codes
      from identity.roles r
      left join staff.grants g on g.account_id = r.account_id and g.role = r.role
     where r.account_id = official and r.role = 'official' and (r.ends_at is null or r.ends_at > moment)
       and (g.id is null
            or g.function = wanted and g.ended_at is null and g.starts_at <= moment
               and (g.ends_at is null or g.ends_at > moment));
end;

create function staff.may(official uuid, wanted text, version date, ward text, moment timestamptz) returns boolean
    language sql stable parallel safe
    return exists (
        select from staff.appointments(official, wanted, moment) a
         where a.ward_codes is null
            or (a.ward_version = version and ward = any(a.ward_codes))
            or exists (select from places.successions s
                        where (s.old_version, s.new_version) = (a.ward_version, version)
                          and s.old_code = any(a.ward_codes) and s.new_code = ward)
            or exists (select from places.successions s
                        where (s.old_version, s.new_version) = (version, a.ward_version)
                          and s.new_code = any(a.ward_codes) and s.old_code = ward));
comment on function staff.may is
    'The one predicate of what an official may decide on: the ward, or one that became it, or that it became. Without a '
    'ward it is for those who are appointed for everywhere. Administrators grant roles, and so decide on nothing.';
""")
