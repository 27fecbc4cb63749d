"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.base.errors import WardUnknown
from longan.rooms.people.models import OccupationUnknown

# Whoever never wrote anything of themself has no profile yet: that is version 0.
ME = """-- people.me
select a.id, a.phone_cipher, p.full_name, p.birth_year, coalesce(p.locale, 'vi') as locale, p.ward_code,
       p.occupation_code, coalesce(p.skills, '{}') as skills, p.experience_months, p.education,
       coalesce(p.shifts, '{}') as shifts, p.wanted_month_pay, coalesce(p.version, 0) as version,
       array(select (r.role, null, r.agency_code)::people.held_role
               from identity.roles r where r.account_id = a.id and (r.ends_at is null or r.ends_at > $2)
              union all
             select (m.role, m.employer_id, null)::people.held_role
               from members.members m where m.account_id = a.id
              union all
             select ('landlord', null, null)::people.held_role
              where exists (select from housing.listings l
                             where l.owner_id = a.id and l.employer_id is null and l.kind <> 'project')) as roles
  from identity.accounts a
  left join people.profiles p on p.account_id = a.id
 where a.id = $1"""


async def me(conn: asyncpg.Connection, account: UUID, now: datetime) -> asyncpg.Record | None:
    """Everything `get_me` shows, the phone number still sealed. Whoever offers a room is a landlord."""
    return await conn.fetchrow(ME, account, now)


# The versions If-Match allows are in $2, null for any; whoever has no profile yet is at version 0.
SAVE = """-- people.save
insert into people.profiles as p (account_id, full_name, birth_year, locale, ward_version, ward_code, occupation_code,
                                 skills, experience_months, education, shifts, wanted_month_pay, updated_at)
select $1, $3, $4, coalesce($5, 'vi'), case when $6::text is not null then places.version_on($8::timestamptz) end,
       $6, $9, coalesce($10::text[], '{}'), $11, $12, coalesce($13::text[], '{}'), $14, $8
 where $2::int[] is null or 0 = any($2) or exists (select from people.profiles k where k.account_id = $1)
on conflict (account_id) do update
   set full_name = case when 'full_name' = any($7::text[]) then null else coalesce($3, p.full_name) end,
       birth_year = case when 'birth_year' = any($7) then null else coalesce($4, p.birth_year) end,
       locale = coalesce($5, p.locale),
       ward_version = case when 'ward_code' = any($7) then null
                           when $6 is not null then excluded.ward_version else p.ward_version end,
       ward_code = case when 'ward_code' = any($7) then null else coalesce($6, p.ward_code) end,
       occupation_code = case when 'occupation_code' = any($7) then null else coalesce($9, p.occupation_code) end,
       skills = coalesce($10, p.skills),
       experience_months = case when 'experience_months' = any($7) then null
                                else coalesce($11, p.experience_months) end,
       education = case when 'education' = any($7) then null else coalesce($12, p.education) end,
       shifts = coalesce($13, p.shifts),
       wanted_month_pay = case when 'wanted_month_pay' = any($7) then null else coalesce($14, p.wanted_month_pay) end,
       version = p.version + 1, updated_at = $8
 where $2 is null or p.version = any($2)
returning p.version"""


async def save(
    tx: asyncpg.Connection, account: UUID, versions: list[int] | None, *, full_name: str | None,
    birth_year: int | None, locale: str | None, ward_code: str | None,
    occupation_code: str | None, skills: list[str] | None, experience_months: int | None, education: str | None,
    shifts: list[str] | None, wanted_month_pay: int | None, clear: list[str], now: datetime,
) -> bool:  # fmt: skip
    """Whether the profile stood at one of `versions` and was changed; None leaves a field as it is.

    Raises `WardUnknown`, `OccupationUnknown`.
    """
    try:
        return await tx.fetchval(
            SAVE, account, versions, full_name, birth_year, locale, ward_code, clear, now, occupation_code, skills,
            experience_months, education, shifts, wanted_month_pay,
        ) is not None  # fmt: skip
    except asyncpg.ForeignKeyViolationError as error:
        if error.constraint_name == "profiles_ward_version_ward_code_fkey":
            raise WardUnknown from error
        if error.constraint_name == "profiles_occupation_code_fkey":
            raise OccupationUnknown from error
        raise
