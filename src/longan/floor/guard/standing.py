"""Where a posting stands, as its employer's rules need it, and whether it may stand before the workers."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import Forbidden, NotFound, Stale
from longan.floor.database.db import maybe
from longan.floor.guard import guard
from longan.floor.pay_and_days import wages
from longan.floor.pay_and_days.pay import PayIn
from longan.floor.postings.drafts import Draft
from longan.floor.postings.postings import Status
from longan.floor.setup.crypto import Sealed


class Standing(msgspec.Struct, frozen=True):
    """A posting of the caller's employer with what the rules ask; `draft` is what it says. Pay may have been cleared,
    and so may hold less than a draft must."""

    id: UUID
    employer_id: UUID
    employer_name: str
    employer_status: str
    status: Status
    version: int
    was_published: bool
    filled: int
    ward_version: date
    draft: Draft


class EmployerNotVerified(Forbidden):
    code = "employer_not_verified"
    vi, en = "Đơn vị chưa được xác minh nên chưa đăng tin được", "The employer is not verified yet and cannot publish"


class EmployerSuspended(Forbidden):
    code = "employer_suspended"
    vi, en = "Đơn vị đang bị đình chỉ nên không đăng tin được", "The employer is suspended and cannot publish"


PUBLISHING = (NotFound, EmployerNotVerified, EmployerSuspended, wages.BelowMinimumWage)
"""What `demand` may answer."""

SAID = ", ".join(f'j.{name} as "draft.{name}"' for name in Draft.__struct_fields__ if name != "pay") + "".join(
    f', j.pay_{name} as "draft.pay.{name}"' for name in PayIn.__struct_fields__
)

# A suspension of the employer waits for what is under way, and finds it then.
HELD = f"""-- standing.held
select j.id, j.employer_id, e.name as employer_name, e.status as employer_status, j.status, j.version,
       j.published_at is not null as was_published, j.filled, j.ward_version, {SAID}
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1 and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)
   for no key update of j
   for share of e"""


async def held(tx: asyncpg.Connection, job: UUID, member: UUID) -> Standing:
    """The member's posting, and the status of its employer, both held until the transaction ends. Raises `NotFound`."""
    found = maybe(await tx.fetchrow(HELD, job, member), Standing)
    if found is None:
        raise NotFound
    return found


def unchanged(standing: Standing, versions: list[int] | None) -> None:
    """Raises `Stale` when the posting is none of the versions that the caller may have seen; None for any."""
    if versions is not None and standing.version not in versions:
        raise Stale


async def demand(tx: asyncpg.Connection, standing: Standing, draft: Draft, ward_version: date, now: datetime) -> None:
    """Whether the employer may put it before the workers, as it stands or is going to.

    Raises `EmployerNotVerified`, `EmployerSuspended`, `BelowMinimumWage`.
    """
    if standing.employer_status == "suspended":
        raise EmployerSuspended
    if standing.employer_status != "verified":
        raise EmployerNotVerified
    await wages.demand(
        tx, draft.pay, draft.week_hours, draft.week_days, ward_version, draft.ward_code, wages.day_of(now)
    )  # fmt: skip


async def where_it_may_stand(tx: asyncpg.Connection, posting: UUID, now: datetime, phones: Sealed) -> Status:
    """`in_review` for what the honesty guard holds, else `open`; asked after the row is written."""
    return "in_review" if (await guard.judge(tx, posting, now, phones)).held else "open"
