"""What keeps the honesty guard's knowledge fresh, and lets it forget."""

from datetime import date, datetime

import asyncpg

# Each occupation at every level of its code, '' is all of them. The day that is there already stays as it was.
MEASURE = """-- guard.measure (worker)
insert into moderation.pay_levels (occupation_code, day, postings, low_quartile, median, high_quartile)
select left(coalesce(j.occupation_code, ''), level), $1, count(*),
       percentile_disc(0.25) within group (order by j.effective_month),
       percentile_disc(0.5) within group (order by j.effective_month),
       percentile_disc(0.75) within group (order by j.effective_month)
  from jobs.postings j
 cross join generate_series(0, 5) as level
 where j.status = 'open' and j.effective_month is not null
   and (level = 0 or length(j.occupation_code) >= level)
   and not exists (select from moderation.pay_levels l where l.day = $1)
 group by 1
    on conflict do nothing"""


async def measure(tx: asyncpg.pool.PoolConnectionProxy, day: date) -> None:
    """What the postings that are open pay a month, in đồng: once a day."""
    await tx.execute(MEASURE, day)


FORGET = """-- guard.forget (worker)
with phones as (delete from moderation.phones p where p.seen_at < $1),
     passages as (delete from moderation.passages p where p.seen_at < $1)
delete from moderation.pay_levels l where l.day < $2"""


async def forget(tx: asyncpg.pool.PoolConnectionProxy, unseen_since: datetime, day: date) -> None:
    """Phones and passages that no posting had since a moment, levels of pay before a day."""
    await tx.execute(FORGET, unseen_since, day)
