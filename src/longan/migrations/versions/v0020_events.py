"""The event log can be read without missing what commits late."""

from longan.migrations.script import run

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    run("""
alter table notifications.events
    add column txid    xid8 not null default pg_current_xact_id(),
    add column horizon xid8 not null default pg_snapshot_xmin(pg_current_snapshot());
comment on column notifications.events.txid is 'the transaction that wrote it: what a snapshot has not seen is new, whatever its sequence';
comment on column notifications.events.horizon is 'every older transaction was over when this was written';
create index events_as_committed on notifications.events (account_id, txid, sequence);
drop index notifications.events_of_account;
""")
