"""One-time codes: what a challenge is, the code that answers it, and what the database keeps of both.

Three rooms meet here: `identity` signs in by a code and sends it, `recovery` proves a new phone by one, `passkeys` the
phone of an official who redeems a ticket.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta

from longan.floor.access.entrance import Seconds
from longan.floor.access.tokens import Audience
from longan.floor.base.errors import Problem, Unprocessable
from longan.floor.base.fields import Identifier
from longan.floor.database.db import maybe
from longan.floor.setup.crypto import one_time_code

Purpose = Literal["sign_in", "change_phone", "recover", "enrol_passkey"]

LIFE = timedelta(minutes=3)
TRIES = 5
# Wrong codes in a row for one phone, whatever challenges they were for: after so many each further one doubles the
# pause (SECURITY A5). Two days without a wrong one forget them.
FREE_FAILURES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(days=1)
FAILURES_KEPT = timedelta(days=2)

Code = Annotated[str, Meta(pattern="^[0-9]{6}$", max_length=6, description="Six digits", examples=["048213"])]

CHALLENGE_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
CHALLENGED = {"challenge_id": CHALLENGE_ID, "expires_in": 180, "resend_after": 60}


class CodeChallenge(msgspec.Struct, frozen=True):
    """The code goes to the phone; nothing here says whether the number was known."""

    challenge_id: Identifier
    expires_in: Seconds
    resend_after: Seconds


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was asked for. `code_key` is the id of the key from which the code is derived, `account_id` whose
    phone is to be changed or who enrols a passkey, `about_index` the lost phone of a recovery, `key_thumbprint` the key
    of the device that asked, if it showed one: no other device may answer."""

    id: UUID
    purpose: Purpose
    audience: Audience
    account_id: UUID | None = None
    about_index: bytes | None = None
    phone_index: bytes
    phone_cipher: bytes
    nonce: bytes
    code_key: str
    key_thumbprint: str | None = None
    locale: str


class Ready(msgspec.Struct, frozen=True):
    """Before a code is promised: the id of the challenge, and what stands in its way."""

    id: UUID
    resting_until: datetime | None
    holder: str
    paused_until: datetime | None


class Asked(msgspec.Struct, frozen=True):
    """A challenge before one of its tries is used: whether any is left, and the wrong codes of the whole service."""

    challenge: Challenge
    open: bool
    holder: str
    paused_until: datetime | None
    wrong: int


class OtpInvalid(Unprocessable):
    code = "otp_invalid"
    vi, en = "Mã xác thực không đúng", "The code is wrong"


class OtpExpired(Problem):
    status, code = 410, "otp_expired"
    vi, en = "Mã xác thực đã hết hạn, xin lấy mã mới", "The code is over; please ask for a new one"


def code_of(ring: dict[str, bytes], challenge: Challenge) -> str:
    """The code, derived with the key it was made with: for this challenge, purpose, phone and device key alone."""
    return one_time_code(
        ring[challenge.code_key], challenge.nonce, challenge.id, challenge.purpose, challenge.phone_index,
        challenge.about_index or b"", (challenge.key_thumbprint or "").encode(),
    )  # fmt: skip


# Who asks: '' is anybody. The account's own session and the enrolled key of one of its devices have failures of their
# own, so that nobody shuts out an owner by failing in their name.
HOLDER = """
    case when {key}::text is not null and exists (
              select from device_keys.keys k join identity.accounts a on a.id = k.account_id
               where a.phone_index = {phone} and k.thumbprint = {key} and k.enrolled_at is not null
                 and k.ended_at is null) then {key}
         when {account}::uuid is not null and exists (
              select from identity.accounts a where a.id = {account} and a.phone_index = {phone}) then {account}::text
         else '' end as holder"""

# What is sealed is bound to the id of its row, so ids are drawn ahead of the insert.
READY = f"""-- codes.ready
select uuidv7() as id,
       (select min(b.open_until) from identity.sms_breaker b
         where b.gateway = any($2) and b.open_until > $1 having count(*) = cardinality($2)) as resting_until,
       h.holder, f.paused_until
  from (select {HOLDER.format(phone="$3", key="$4", account="$5")}) h
  left join identity.code_failures f on f.phone_index = $3 and f.holder = h.holder"""


async def ready(
    conn: asyncpg.Connection, now: datetime, gateways: list[str], phone: bytes, key: str | None, account: UUID | None
) -> Ready:
    """`resting_until` is when the first of the `gateways` is asked again, None while one of them is well."""
    found = maybe(await conn.fetchrow(READY, now, gateways, phone, key, account), Ready)
    if found is None:
        raise RuntimeError("a row of constants was not found")
    return found


INSERT = """-- codes.insert
insert into identity.challenges (id, purpose, audience, account_id, about_index, phone_index, phone_cipher, nonce,
                                 code_key, key_thumbprint, locale, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"""


async def insert(tx: asyncpg.Connection, challenge: Challenge, now: datetime) -> None:
    await tx.execute(
        INSERT, challenge.id, challenge.purpose, challenge.audience, challenge.account_id, challenge.about_index,
        challenge.phone_index, challenge.phone_cipher, challenge.nonce, challenge.code_key, challenge.key_thumbprint,
        challenge.locale, now, now + LIFE,
    )  # fmt: skip


ASKED = f"""-- codes.asked
select c.id, c.purpose, c.audience, c.account_id, c.about_index, c.phone_index, c.phone_cipher, c.nonce, c.code_key,
       c.key_thumbprint, c.locale,
       c.used_at is null and c.expires_at > $4 and c.tries < $5 as open,
       h.holder, f.paused_until,
       (select coalesce(sum(w.codes), 0)::int from identity.wrong_codes w where w.minute > $6::timestamptz) as wrong
  from identity.challenges c
 cross join lateral (select {HOLDER.format(phone="c.phone_index", key="$7", account="$8")}) h
  left join identity.code_failures f on f.phone_index = c.phone_index and f.holder = h.holder
 where c.id = $1 and c.purpose = $2 and c.account_id is not distinct from $3"""


async def asked(
    conn: asyncpg.Connection, challenge: UUID, purpose: Purpose, owner: UUID | None, now: datetime, since: datetime,
    key: str | None, account: UUID | None,
) -> Asked | None:  # fmt: skip
    """A challenge of this `purpose` and `owner`; `wrong` counts since `since`."""
    row = await conn.fetchrow(ASKED, challenge, purpose, owner, now, TRIES, since, key, account)
    if row is None:
        return None
    found = maybe(row, Challenge)
    assert found is not None
    return Asked(found, row["open"], row["holder"], row["paused_until"], row["wrong"])


# One statement decides and counts: of many who come at once each finds the row as the one before left it.
DECIDE = """-- codes.decide
with counted as (
    update identity.challenges c set tries = c.tries + 1, used_at = case when $4 then $2::timestamptz end
     where c.id = $1 and c.used_at is null and c.expires_at > $2 and c.tries < $3
    returning c.phone_index),
missed as (
    insert into identity.code_failures as f (phone_index, holder, failures, failed_at)
    select c.phone_index, $5, 1, $2 from counted c where not $4 and $5::text is not null
    on conflict (phone_index, holder) do update
       set failed_at = $2,
           failures = case when f.failed_at < $6::timestamptz then 1 else f.failures + 1 end,
           paused_until = case when f.failed_at >= $6 and f.failures + 1 >= $7::int
                               then $2 + least($9::interval, $8::interval * 2 ^ least(f.failures + 1 - $7, 30)) end),
forgiven as (
    delete from identity.code_failures f using counted c
     where $4 and f.phone_index = c.phone_index and f.holder = $5),
tallied as (
    insert into identity.wrong_codes as w (minute, codes)
    select date_trunc('minute', $2::timestamptz), 1 from counted where not $4
    on conflict (minute) do update set codes = w.codes + 1)
select exists (select from counted)"""


async def decide(tx: asyncpg.Connection, challenge: UUID, *, right: bool, holder: str | None, now: datetime) -> bool:
    """Use up one try, and the challenge with it when the code is `right`; False when it is over. What it counts for
    `holder` (None for nobody) must be committed although the answer is a refusal."""
    return bool(
        await tx.fetchval(
            DECIDE, challenge, now, TRIES, right, holder, now - FAILURES_KEPT, FREE_FAILURES, FIRST_PAUSE, LONGEST_PAUSE
        )
    )
