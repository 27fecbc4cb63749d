"""Gives the personas their accounts, roles, profiles and employers."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

import asyncpg

from longan.devkit.sample.personas import PERSONAS, Persona
from longan.reference.load import Tell

# The number may have signed in before the sample was loaded; then that account is the persona.
ACCOUNT = """-- sample.account
with made as (
    insert into identity.accounts (id, phone_index, phone_cipher, created_at) values ($1, $2, $3, $4)
        on conflict (phone_index) do nothing
 returning id)
select id from made union all select id from identity.accounts where phone_index = $2 limit 1"""

ROLE = """-- sample.role
insert into identity.roles (account_id, role, agency_code, created_at) values ($1, $2, $3, $4)
    on conflict (account_id, role) do nothing"""

PROFILE = """-- sample.profile
insert into people.profiles (account_id, full_name, birth_year, ward_version, ward_code, updated_at)
select $1, $2, $3, u.version, u.code, $5
  from (select 1) one
  left join lateral (select version, code from places.units where code = $4::text and level = 'commune'
                      order by version desc limit 1) u on true
    on conflict (account_id) do nothing"""

MEMBER = """-- sample.member
insert into members.members (employer_id, account_id, role, created_at)
select id, $1, 'owner', $3 from employers.employers where tax_code = $2
    on conflict (employer_id, account_id) do nothing"""


class Seals(Protocol):
    """What seals a value and finds it again (`longan.floor.setup.crypto.Sealed`)."""

    def index(self, value: str, /) -> bytes: ...

    def seal(self, value: str, row: UUID, /) -> bytes: ...


async def settle(connection: asyncpg.Connection, tell: Tell, now: datetime, phones: Seals) -> None:
    """Make every persona that is not there yet; what one has changed of themself stays."""
    tell("personas", 0, len(PERSONAS))
    for done, persona in enumerate(PERSONAS, 1):
        await _settle(connection, persona, now, phones)
        tell("personas", done, len(PERSONAS))


async def _settle(connection: asyncpg.Connection, persona: Persona, now: datetime, phones: Seals) -> None:
    sealed = phones.seal(persona.phone, persona.account_id)
    account = await connection.fetchval(ACCOUNT, persona.account_id, phones.index(persona.phone), sealed, now)
    if persona.role:
        await connection.execute(ROLE, account, persona.role, persona.agency_code, now)
    await connection.execute(PROFILE, account, persona.full_name, persona.birth_year, persona.ward_code, now)
    if persona.owns_tax_code:
        await connection.execute(MEMBER, account, persona.owns_tax_code, now)
