"""Memberships: who acts for an employer. A statement that needs to know asks `members.members` itself."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

MemberRole = Literal["owner", "recruiter"]

ADD = """-- memberships.add
insert into members.members (employer_id, account_id, role, created_at)
values ($1, $2, $3, $4)
on conflict (employer_id, account_id) do nothing"""


async def add(tx: asyncpg.Connection, employer: UUID, account: UUID, role: MemberRole, now: datetime) -> None:
    """From now on the account acts for the employer; whoever did before keeps their role."""
    await tx.execute(ADD, employer, account, role, now)
