"""What is wanted, asked in SQL: when a push may go out, and at the moment of sending whether it still should.

The functions hold what notices.py declares of each topic, so they belong to the code and not to a migration: `longan
migrate` brings them after the migrations, and a process does not start where a topic of its code is missing. Who told,
pushes and falls back to other carriers asks the same functions.
"""

import asyncpg
import msgspec

from longan.floor.messages.notices import NOTICES
from longan.floor.setup.settings import BadSettings

TOPICS = """-- wanting.topics
insert into preferences.topics as t (topic, urgency, mandatory, consent, full_text, at_first, carriers)
select g.topic, g.urgency, g.mandatory, g.consent, g.full_text, g.at_first, g.carriers
  from jsonb_to_recordset($1::jsonb) as g (topic text, urgency text, mandatory boolean, consent text, full_text boolean,
                                           at_first text[], carriers text[])
on conflict (topic) do update
   set urgency = excluded.urgency, mandatory = excluded.mandatory, consent = excluded.consent,
       full_text = excluded.full_text, at_first = excluded.at_first, carriers = excluded.carriers"""

# The person's word on a channel of topic `t`, whose choices are `c`; a topic only other code knows is let through.
_ON = """case when t.topic is null then true
                when t.mandatory and {channel} = any(t.at_first) then true
                when {channel} <> 'push' and {channel} <> all(t.carriers) then false
                else coalesce((c.said -> t.topic ->> {channel})::boolean, {channel} = any(t.at_first)) end"""

# When a push of topic `t` may go out to whose choices are `c`; null: not wanted. Who tells a thousand people asks it in
# that statement, because a function for each of them would take as long as all the rest.
PUSH_AT = f"""case
               when not {_ON.format(channel="'push'")} then null
               when t.urgency = 'urgent' or t.topic is null then {{moment}}
               when t.urgency = 'low' then preferences.quiet_until(
                   coalesce(c.quiet, '{{{{}}}}'), coalesce(c.time_zone, 'Asia/Ho_Chi_Minh'), preferences.digest_after(
                       coalesce(c.digest_at, '18:00'), coalesce(c.time_zone, 'Asia/Ho_Chi_Minh'), {{moment}}))
               when c.quiet is null or isempty(c.quiet) then {{moment}}
               else preferences.quiet_until(c.quiet, c.time_zone, {{moment}}) end"""

_FUNCTIONS = """
create or replace function notifications.loud_at(account uuid, topic text, moment timestamptz) returns timestamptz
    language sql stable parallel safe as $$
    select coalesce((
        select preferences.quiet_until(c.quiet, c.time_zone, moment)
          from preferences.choices c
          join preferences.topics t on t.topic = loud_at.topic and t.urgency <> 'urgent'
         where c.account_id = account and not isempty(c.quiet)), moment) $$;

create or replace function notifications.not_before(account uuid, topic text, moment timestamptz) returns timestamptz
    language sql stable parallel safe as $$
    select {push_at}
      from (select) as one
      left join preferences.topics t on t.topic = not_before.topic
      left join preferences.choices c on c.account_id = not_before.account $$;

create or replace function notifications.still_wanted(notification uuid, channel text, moment timestamptz)
    returns boolean language plpgsql stable parallel safe as $$
declare
    i notifications.inbox;
    consent text;
begin
    if channel = 'digest' then
        return notifications.gathered(notification, moment) > 0;
    end if;
    select n.* into i from notifications.inbox n where n.id = notification;
    if i.id is null or i.read_at is not null or i.archived_at is not null or i.expires_at <= moment then
        return false;
    end if;
    select t.consent into consent
      from identity.accounts a
      left join preferences.topics t on t.topic = i.topic
      left join preferences.choices c on c.account_id = i.account_id
     where a.id = i.account_id and a.disabled_at is null and {on};
    if not found
        or consent is not null and not privacy.consented(i.account_id, consent, moment)
        or i.employer_id is not null and privacy.blocked(i.account_id, i.employer_id) then
        return false;
    end if;
    case i.topic
        {reasons}
        else return true;
    end case;
end $$;

create or replace function notifications.full_text(account uuid, topic text) returns boolean
    language sql stable parallel safe as $$
    select exists (
        select from preferences.choices c
          join preferences.topics t on t.topic = full_text.topic and t.full_text
         where c.account_id = account and c.lock_screen = 'full') $$;

create or replace function notifications.gathered(notification uuid, moment timestamptz) returns integer
    language sql stable parallel safe as $$
    select count(*)::integer
      from notifications.inbox first
      join notifications.inbox i on i.account_id = first.account_id and i.created_at >= first.created_at
      join preferences.topics t on t.topic = i.topic and t.urgency = 'low'
     where first.id = notification and i.read_at is null and notifications.still_wanted(i.id, 'push', moment) $$;
"""


def functions() -> str:
    """The script that makes the functions, with the reason of each topic in them."""
    reasons = [f"when '{topic}' then return {notice.stands};" for topic, notice in NOTICES.items()]
    return _FUNCTIONS.format(
        on=_ON.format(channel="channel"), push_at=PUSH_AT.format(moment="moment"), reasons="\n        ".join(reasons)
    )


async def install(connection: asyncpg.Connection) -> None:
    """Bring the topics and functions of this code; what only newer code knows stays. Raises `BadSettings` for a reason
    that does not fit the database."""
    await _try_reasons(connection)
    rows = [
        {
            "topic": topic, "urgency": notice.urgency, "mandatory": notice.mandatory is not None,
            "consent": notice.consent, "full_text": notice.full, "at_first": notice.at_first,
            "carriers": notice.carriers,
        }
        for topic, notice in NOTICES.items()
    ]  # fmt: skip
    async with connection.transaction():
        await connection.execute("lock table preferences.topics in share row exclusive mode")
        await connection.execute(TOPICS, msgspec.json.encode(rows).decode())
        await connection.execute(functions())


KNOWN = """-- wanting.known
select topic from preferences.topics"""


async def check(connection: asyncpg.Connection) -> None:
    """Raise `BadSettings` where the database does not know a topic that this code tells people, or not what its reason
    asks for."""
    unknown = NOTICES.keys() - {row["topic"] for row in await connection.fetch(KNOWN)}
    if unknown:
        raise BadSettings(f"The database does not know {', '.join(sorted(unknown))}: run `longan migrate`.")
    await _try_reasons(connection)


async def _try_reasons(connection: asyncpg.Connection) -> None:
    """PostgreSQL reads what stands in a function only when it is asked, and by then every push would wait for it."""
    for topic, notice in NOTICES.items():
        try:
            await connection.prepare(
                f"select ({notice.stands})::boolean from notifications.inbox i, (select $1::timestamptz as moment) as m"
            )
        except asyncpg.PostgresError as error:
            raise BadSettings(f"The reason of {topic} does not fit the database: {error}.") from error
