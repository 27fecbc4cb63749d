"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.rooms.preferences.models import Choices, LockScreen, QuietHours

CHOICES = """-- preferences.choices
select c.said, c.lock_screen, c.time_zone, c.quiet_hours, to_char(c.digest_at, 'HH24:MI') as digest_at, c.version
  from preferences.choices c
 where c.account_id = $1"""


async def choices(conn: asyncpg.Connection, account: UUID) -> Choices:
    """What the account has said; whoever never said anything stands at version 0."""
    row = await conn.fetchrow(CHOICES, account)
    return Choices() if row is None else _kept(row)


# The versions If-Match allows are in $2, null for any. What was said to a topic before stays where it is not said anew.
SAVE = """-- preferences.save
insert into preferences.choices as c
    (account_id, said, lock_screen, time_zone, quiet_hours, quiet, digest_at, updated_at)
select $1, $3::jsonb, coalesce($4, 'discreet'), coalesce($5, 'Asia/Ho_Chi_Minh'), coalesce($6::jsonb, '[]'),
       coalesce(q.quiet, '{}'), coalesce($9::text::time, '18:00'), $10
  from (select range_agg(int4range(r.begins, r.ends)) as quiet
          from unnest($7::integer[], $8::integer[]) as r (begins, ends)) as q
 where $2::int[] is null or 0 = any($2) or exists (select from preferences.choices k where k.account_id = $1)
on conflict (account_id) do update
   set said = c.said || coalesce((select jsonb_object_agg(s.key, coalesce(c.said -> s.key, '{}') || s.value)
                                    from jsonb_each($3::jsonb) as s), '{}'),
       lock_screen = coalesce($4, c.lock_screen), time_zone = coalesce($5, c.time_zone),
       quiet_hours = coalesce($6::jsonb, c.quiet_hours),
       quiet = case when $6::jsonb is null then c.quiet else excluded.quiet end,
       digest_at = coalesce($9::text::time, c.digest_at), version = c.version + 1, updated_at = $10
 where $2 is null or c.version = any($2)
returning c.said, c.lock_screen, c.time_zone, c.quiet_hours, to_char(c.digest_at, 'HH24:MI') as digest_at, c.version"""


async def save(
    tx: asyncpg.Connection, account: UUID, versions: list[int] | None, *, said: Mapping[str, Mapping[str, bool]],
    lock_screen: LockScreen | None, time_zone: str | None, quiet_hours: Sequence[QuietHours] | None,
    quiet: Sequence[tuple[int, int]] | None, digest_at: str | None, now: datetime,
) -> Choices | None:  # fmt: skip
    """What the account has said by now, None when it stood at none of `versions`; None leaves a field as it is. `quiet`
    are minutes of the week.

    Raises `InvalidRequest` for a time zone that PostgreSQL does not know.
    """
    begins, ends = [each[0] for each in quiet or ()], [each[1] for each in quiet or ()]
    hours = None if quiet_hours is None else msgspec.json.encode(quiet_hours).decode()
    try:
        row = await tx.fetchrow(
            SAVE, account, versions, msgspec.json.encode(said).decode(), lock_screen, time_zone, hours, begins, ends,
            digest_at, now,
        )  # fmt: skip
    except asyncpg.InvalidParameterValueError as error:
        raise InvalidRequest(FieldError("/time_zone", "not_one_of")) from error
    return None if row is None else _kept(row)


def _kept(row: asyncpg.Record) -> Choices:
    said = msgspec.json.decode(row["said"], type=dict[str, dict[str, bool]])
    hours = msgspec.json.decode(row["quiet_hours"], type=list[QuietHours])
    return Choices(said, row["lock_screen"], row["time_zone"], hours, row["digest_at"], row["version"])
