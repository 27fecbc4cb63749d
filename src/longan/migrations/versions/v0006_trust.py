"""Trust: how long ago and with which key a session was proved, accounts without a phone, a time of caution."""

from longan.migrations.script import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run("""
alter table identity.accounts
    alter column phone_index drop not null,
    alter column phone_cipher drop not null,
    add column cooling_until timestamptz,
    add constraint accounts_phone_whole check ((phone_index is null) = (phone_cipher is null));
comment on column identity.accounts.cooling_until is 'after a recovery, sensitive acts wait until then (SECURITY A12)';

alter table identity.sessions
    add column key_thumbprint text;
comment on column identity.sessions.key_thumbprint is 'RFC 7638 thumbprint of the DPoP key the session is bound to';
create index sessions_by_age on identity.sessions (account_id, signed_in_at desc, id desc);
""")
