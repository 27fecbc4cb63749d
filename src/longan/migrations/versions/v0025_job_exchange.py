"""Postings that come and go in bulk."""

from longan.migrations.script import run

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    run("""
create schema job_exchange;

create table job_exchange.imports (
    id          uuid        primary key default uuidv7(),
    employer_id uuid        not null references employers.employers,
    account_id  uuid        not null references identity.accounts,
    format      text        not null check (format in ('csv', 'json_ld')),
    publish     boolean     not null,
    state       text        not null default 'running' check (state in ('running', 'done', 'cancelled', 'stopped')),
    columns     text[]      not null default '{}',
    unknown     text[]      not null default '{}',
    total       integer     not null check (total > 0),
    reached     integer     not null default 0,
    made        integer     not null default 0,
    changed     integer     not null default 0,
    same        integer     not null default 0,
    kept        integer     not null default 0,
    refused     integer     not null default 0,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    ended_at    timestamptz,
    pruned_at   timestamptz,
    version     integer     not null default 1,
    check ((state = 'running') = (ended_at is null)),
    check (made + changed + same + kept + refused <= total)
);
comment on table job_exchange.imports is 'a file of postings on its way into jobs.postings';
comment on column job_exchange.imports.account_id is 'the member for whom it is done, asked again with each batch';
comment on column job_exchange.imports.columns is 'what each column of a CSV is; empty where that is not known';
comment on column job_exchange.imports.unknown is 'the headings that are not known';
comment on column job_exchange.imports.reached is 'the line up to which it is done: the next batch begins after it';
create unique index imports_one_at_a_time on job_exchange.imports (employer_id) where state = 'running';
create index imports_of_employer on job_exchange.imports (employer_id, created_at desc, id desc);
create index imports_unfinished on job_exchange.imports (updated_at) where state = 'running';
create index imports_to_prune on job_exchange.imports (ended_at) where pruned_at is null and state <> 'running';

create table job_exchange.rows (
    import_id  uuid    not null,
    line       integer not null check (line > 0),
    source_key text,
    content    text    not null,
    status     text    not null default 'waiting'
               check (status in ('waiting', 'made', 'changed', 'same', 'kept', 'refused')),
    job_id     uuid,
    wrong      jsonb   not null default '[]',
    unread     jsonb   not null default '[]',
    primary key (import_id, line)
) with (fillfactor = 70);
comment on table job_exchange.rows is 'the lines of a CSV or the nodes of a JSON-LD, and what became of them; kept 30 days';
comment on column job_exchange.rows.import_id is 'of job_exchange.imports, which are never deleted: 20,000 look-ups of one row are saved';
comment on column job_exchange.rows.content is 'the cells as a JSON array, or the node as it came';
comment on column job_exchange.rows.wrong is 'why it was refused: pointer, code, and of an ambiguous place the choices';
comment on column job_exchange.rows.unread is 'the members of a node that no field took; they are kept and exported again';

-- The feed rests on every write bearing its transaction: nobody can forget what a trigger does.
create function job_exchange.mark_change() returns trigger language plpgsql as $$
begin
    new.changed_in := pg_current_xact_id();
    return new;
end $$;
create trigger postings_bear_their_transaction before insert or update on jobs.postings
    for each row execute function job_exchange.mark_change();
create index postings_changes on jobs.postings (changed_in, id) where published_at is not null or status = 'closed';
create index postings_open_changes on jobs.postings (changed_in, id) where status = 'open';

-- Another cluster, a restored table or a database that was set back counts transactions anew, or once more.
create function job_exchange.epoch() returns text language sql stable parallel safe
    return (select concat_ws('.', s.system_identifier, c.timeline_id, d.oid, 'jobs.postings'::regclass::oid)
              from pg_control_system() s, pg_control_checkpoint() c, pg_database d
             where d.datname = current_database());
comment on function job_exchange.epoch is 'what a token of the feed is good for; it changes wherever transaction numbers may';

-- After a restore rows bear numbers that are still to come here. They are written once more, and bear present ones.
create function job_exchange.bear_present_numbers(most integer) returns integer language sql volatile
begin atomic
    with ahead as (
        select j.id from jobs.postings j
         where j.published_at is not null and j.changed_in >= pg_snapshot_xmax(pg_current_snapshot())
         order by j.changed_in desc
         limit most),
    borne as (
        update jobs.postings j set changed_in = pg_current_xact_id() from ahead where j.id = ahead.id returning 1)
    select count(*)::integer from borne;
end;
""")
