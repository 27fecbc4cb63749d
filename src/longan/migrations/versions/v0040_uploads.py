"""Pictures on their way from a phone to what they belong to."""

from longan.migrations.script import run

revision = "0040"
down_revision = "0032"


def upgrade() -> None:
    run("""
create schema photos;

create table photos.uploads (
    id             uuid        primary key,
    account_id     uuid        not null references identity.accounts,
    purpose        text,
    content_type   text        not null,
    size           integer     not null check (size > 0),
    sha256         bytea       not null check (length(sha256) = 32),
    key            text        not null constraint uploads_one_per_key unique check (key ~ '^[0-9a-f]{32}$'),
    state          text        not null default 'waiting' check (state in ('waiting', 'pending', 'clean', 'rejected')),
    reason         text,
    width          integer,
    height         integer,
    difference_hash bigint,
    lat            double precision check (lat between -90 and 90),
    lon            double precision check (lon between -180 and 180),
    created_at     timestamptz not null,
    put_until      timestamptz not null,
    tried_at       timestamptz,
    claimed_for    text,
    subject        uuid,
    place          smallint,
    claimed_at     timestamptz,
    is_public      boolean     not null default false,
    check ((state = 'rejected') = (reason is not null)),
    check ((state = 'clean') = (width is not null and height is not null)),
    check ((lat is null) = (lon is null)),
    check (claimed_at is null or (state = 'clean' and subject is not null and claimed_for is not null)),
    check (claimed_at is null or lat is null),
    check (not is_public or claimed_at is not null)
);
comment on table photos.uploads is 'pictures, from the promise of one until what it belongs to is gone';
comment on column photos.uploads.key is 'incoming/, pictures/ and thumbnails/ before it name the objects in the bucket; told to nobody';
comment on column photos.uploads.difference_hash is 'of what is to be seen: few bits differ between copies of a picture that were saved anew; null for one without any shapes';
comment on column photos.uploads.lat is 'read out of the picture, with consent only, for its owner only, and forgotten when it is claimed';
comment on column photos.uploads.tried_at is 'when a worker last began to look at it; another one waits two minutes';
comment on column photos.uploads.place is 'its place among the pictures of its subject';
create index uploads_of_subject on photos.uploads (subject, place) where subject is not null;
create index uploads_pending on photos.uploads (tried_at nulls first) where state = 'pending';
create index uploads_unclaimed on photos.uploads (created_at) where claimed_at is null;
create index uploads_located on photos.uploads (account_id) where lat is not null;

create table photos.days (
    account_id uuid    not null references identity.accounts,
    day        date    not null,
    uploads    integer not null,
    bytes      bigint  not null,
    primary key (account_id, day)
);
comment on table photos.days is 'what an account has sent on a day of Viet Nam; what it deletes stays counted';

create table photos.leavings (
    key        text        primary key,
    whole      boolean     not null,
    last_at    timestamptz not null,
    cleared_at timestamptz
);
comment on table photos.leavings is 'objects that are to go: at once, and once more when nobody can write them any longer';
comment on column photos.leavings.whole is 'false: what came in, while the picture made of it stays';
create index leavings_due on photos.leavings (last_at);

create table photos.storage (
    the_one    boolean     primary key default true check (the_one),
    down_until timestamptz
);
comment on table photos.storage is 'whether the worker reaches the object storage, for the API to tell';
insert into photos.storage default values;
""")
