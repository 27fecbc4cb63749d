"""The floor: extensions, idempotency keys, the task queue."""

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

from longan.migrations.script import run

revision = "0001"
down_revision = None

FLOOR = """
create extension if not exists cube;
create extension if not exists earthdistance;
create extension if not exists pg_trgm;

create schema floor;

create table floor.idempotency_keys (
    scope      bytea       not null constraint idempotency_keys_once primary key,
    body_hash  bytea       not null,
    status     smallint,
    headers    jsonb,
    body       bytea,
    created_at timestamptz not null default now()
);
comment on column floor.idempotency_keys.scope is 'SHA-256 of principal, operation and key';
create index idempotency_keys_age on floor.idempotency_keys (created_at);
"""

# A NOTIFY takes one lock for the whole database at commit, so that every write of the province would queue behind every
# other; the worker polls instead (queue.py).
NO_NOTIFY = "drop trigger tg_pgqueuer_changed on pgqueuer;"


def upgrade() -> None:
    run(FLOOR)
    run(QueryBuilderEnvironment().build_install_query())
    run(NO_NOTIFY)
