"""What a person wants to hear, when and how; asked again at the moment of sending."""

from longan.migrations.script import run

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run("""
create function notifications.not_before(account uuid, topic text, moment timestamptz) returns timestamptz
    language sql stable parallel safe
    return moment;
comment on function notifications.not_before is 'when a push of the topic may go out to the account; null: not wanted as a push';

create function notifications.still_wanted(notification uuid, channel text, moment timestamptz) returns boolean
    language sql stable parallel safe
    return (select i.read_at is null from notifications.inbox i where i.id = notification);
comment on function notifications.still_wanted is 'asked again at the moment of sending';
""")
