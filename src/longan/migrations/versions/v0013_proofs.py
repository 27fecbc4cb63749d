"""Keys of devices in a schema of their own: those that wait to be enrolled stand there too."""

from longan.migrations.script import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run("""
create schema device_keys;
alter table sessions.device_keys set schema device_keys;
alter table device_keys.device_keys rename to keys;
alter table device_keys.keys
    alter column enrolled_at drop not null,
    add column enrolled_by   text check (enrolled_by in ('first_sign_in', 'device', 'passkey', 'waiting')),
    add column device_name   text,
    add column platform      text,
    add column first_seen_at timestamptz not null,
    add column last_seen_at  timestamptz not null,
    add check ((enrolled_at is null) = (enrolled_by is null));
comment on table device_keys.keys is 'DPoP keys of devices; one that is not enrolled waits, one that has ended was removed';
create index on device_keys.keys (last_seen_at) where enrolled_at is null or ended_at is not null;
create index on sessions.sessions (account_id, key_thumbprint) where ended_at is null and key_thumbprint is not null;
""")
