"""How often somebody may guess what a dossier's receipt shows, when they have not shown it yet.

Wrong tries are counted twice: for the account with the code, and for the code. After 5 an account waits a minute before
it tries this code again, and twice as long after each further one, up to 30 days: at most 20 tries in 30 days. After 30
by all accounts together whoever has not shown the receipt yet waits for the code: a minute, twice as long after each
further one, up to a day. 30 days without a try forget either count.

So no single account can keep a holder out: its tries never reach those of a code. And however many accounts there are,
71 tries at a code begin in 30 days, and one a day after that. A factor is one of 10,000 and a receipt shows two: they
find one in 1.5 of 100 codes. Accounts are counted and not addresses, of which a mobile network has one for thousands,
nor phones, which whoever guesses makes up: an account takes a number that was proved.

Whoever has shown the receipt has tries of their own and is never kept out by others; their showing it takes back what
they had failed at before. A try is written down, and committed, before the source is asked: of many at once none is
free.
"""

from datetime import datetime, timedelta
from math import ceil

import asyncpg
import msgspec

from longan.floor.base.errors import RateLimited

FIRST_PAUSE = timedelta(minutes=1)
KEPT = timedelta(days=30)


class Allowance(msgspec.Struct, frozen=True):
    """So many wrong tries in a row are free, from the last of them on each doubles the pause."""

    free: int
    longest: timedelta


OF_ACCOUNT, OF_CODE = Allowance(5, KEPT), Allowance(30, timedelta(days=1))


class Try(msgspec.Struct, frozen=True):
    """A try that has begun: for whom it counts. `code` is None for whoever has shown the receipt before."""

    holder: bytes
    code: bytes | None


HAS_PROVEN = """-- dossier_tries.has_proven
select exists (select from dossiers.proofs p where p.holder = $1)"""

# One statement decides and counts: of many who come at once each finds the row as the one before left it.
TRY = """-- dossier_tries.try
with tried as (
    insert into dossiers.failures as f (subject, failures, failed_at) values ($1, 1, $2::timestamptz)
    on conflict (subject) do update
       set failed_at = $2,
           failures = case when f.failed_at < $3::timestamptz then 1 else f.failures + 1 end,
           paused_until = case when f.failed_at >= $3 and f.failures + 1 >= $4::int
                               then $2 + least($6::interval, $5::interval * 2 ^ least(f.failures + 1 - $4, 30)) end
     where f.paused_until is null or f.paused_until <= $2
    returning f.subject)
select coalesce(f.paused_until, $2) from (select) one left join dossiers.failures f on f.subject = $1
 where not exists (select from tried)"""


async def begin(tx: asyncpg.Connection, holder: bytes, code: bytes, now: datetime) -> Try:
    """Write a try down. Raises `RateLimited` while there is a pause, and then the transaction must not be committed."""
    begun = Try(holder, None if await tx.fetchval(HAS_PROVEN, holder) else code)
    for subject, allowance in ((begun.holder, OF_ACCOUNT), (begun.code, OF_CODE)):
        if subject is None:
            continue
        paused_until = await tx.fetchval(
            TRY, subject, now, now - KEPT, allowance.free, FIRST_PAUSE, allowance.longest
        )  # fmt: skip
        if paused_until is not None:
            raise RateLimited(headers={"Retry-After": str(max(ceil((paused_until - now).total_seconds()), 1))})
    return begun


# There was no pause, or the try would not have begun.
UNTRIED = """-- dossier_tries.untried
with single as (
    delete from dossiers.failures f where f.subject = any($1) and f.failures <= 1)
update dossiers.failures f set failures = f.failures - 1, paused_until = null
 where f.subject = any($1) and f.failures > 1"""


async def untried(tx: asyncpg.Connection, begun: Try) -> None:
    """Nobody could say whether it was wrong."""
    await tx.execute(UNTRIED, [begun.holder, *([] if begun.code is None else [begun.code])])


# What others have failed at stays: whoever guesses must not begin anew each time the holder looks.
PROVEN = """-- dossier_tries.proven
with forgiven as (
    delete from dossiers.failures f where f.subject = $1 returning f.failures),
taken_back as (
    update dossiers.failures f set failures = f.failures - g.failures, paused_until = null
      from forgiven g
     where f.subject = $2::bytea and f.failures > g.failures),
none_left as (
    delete from dossiers.failures f using forgiven g where f.subject = $2 and f.failures <= g.failures)
insert into dossiers.proofs as p (holder, proven_at) values ($1, $3)
    on conflict (holder) do update set proven_at = excluded.proven_at"""


async def proven(tx: asyncpg.Connection, begun: Try, now: datetime) -> None:
    """The receipt was shown."""
    await tx.execute(PROVEN, begun.holder, begun.code, now)
