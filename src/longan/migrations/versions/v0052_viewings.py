"""Requests to see a room, and who has seen whose number."""

from longan.migrations.script import run

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    run("""
create schema viewings;

create table viewings.requests (
    id          uuid        not null default uuidv7(),
    listing_id  uuid        not null references housing.listings,
    owner_id    uuid        not null references identity.accounts,
    employer_id uuid        references employers.employers,
    worker_id   uuid        not null references identity.accounts,
    status      text        not null default 'requested' check (status in
                ('requested', 'moved', 'accepted', 'refused', 'withdrawn', 'lapsed', 'ended', 'over')),
    times       timestamptz[] not null check (cardinality(times) between 1 and 3),
    last_time   timestamptz not null,
    times_of    text        not null default 'worker' check (times_of in ('worker', 'owner')),
    agreed_for  timestamptz,
    people      smallint    not null check (people between 1 and 20),
    note        text,
    reason      text,
    moved_by    text        not null default 'worker' check (moved_by in ('worker', 'owner', 'system')),
    contact_id  uuid        references identity.accounts,
    answered_at timestamptz,
    answered_by uuid        references identity.accounts,
    version     integer     not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint requests_pkey primary key (id),
    constraint requests_of_another check (owner_id <> worker_id),
    check ((status in ('accepted', 'over')) = (agreed_for is not null)),
    check ((status = 'accepted') = (contact_id is not null))
);
comment on column viewings.requests.owner_id is 'the landlord, or the member who wrote the listing of employer_id';
comment on column viewings.requests.times is 'the latest ones offered, by the side times_of; the other one chooses among them';
comment on column viewings.requests.last_time is 'the last of times: then it lapses, or what was agreed is over a day later';
comment on column viewings.requests.contact_id is 'who has accepted for the owner: as long as it is agreed on, this account and the worker may see each other''s number, unless it has left the employer';
comment on column viewings.requests.answered_by is 'who answered last on the owner''s side';
comment on column viewings.requests.answered_at is 'when the owner first answered: what their response rate is made of';
comment on column viewings.requests.note is 'forgotten with the reason a year after it has ended';
create unique index requests_one_open on viewings.requests (listing_id, worker_id)
 where status in ('requested', 'moved', 'accepted');
create index requests_of_worker on viewings.requests (worker_id, created_at desc, id desc);
create index requests_of_owner on viewings.requests (owner_id, created_at desc, id desc) where employer_id is null;
create index requests_of_employer on viewings.requests (employer_id, created_at desc, id desc)
 where employer_id is not null;
create index requests_of_listing on viewings.requests (listing_id, created_at desc, id desc);
create index requests_open on viewings.requests (last_time) where status in ('requested', 'moved', 'accepted');
create index requests_with_notes on viewings.requests (updated_at) where note is not null or reason is not null;

create function viewings.side_of(request viewings.requests, account uuid) returns text
    language sql stable parallel safe
    return case
        when request.worker_id = account then 'worker'
        when request.employer_id is null and request.owner_id = account then 'owner'
        when request.employer_id is not null and exists (
             select from members.members m where m.employer_id = request.employer_id and m.account_id = account)
        then 'owner' end;
comment on function viewings.side_of is 'null for whoever it is no business of';

-- Asked at each look: neither waits for the worker to end what is over.
create function viewings.shows_numbers(request viewings.requests, moment timestamptz) returns boolean
    language sql stable parallel safe
    return request.status = 'accepted' and request.agreed_for + interval '1 day' > moment
       and exists (select from housing.listings l
                    where l.id = request.listing_id and l.status in ('open', 'stale', 'in_review'))
       and not (request.employer_id is not null and privacy.blocked(request.worker_id, request.employer_id));
comment on function viewings.shows_numbers is
    'from when a time is agreed on until a day after it, while the listing is there and the worker has not blocked the employer';

create schema viewing_numbers;

create table viewing_numbers.looks (
    id         uuid        primary key default uuidv7(),
    request_id uuid        not null references viewings.requests,
    account_id uuid        not null references identity.accounts,
    seen_by    uuid        not null references identity.accounts,
    side       text        not null check (side in ('worker', 'owner')),
    looked_at  timestamptz not null
);
comment on table viewing_numbers.looks is 'each time somebody has seen the number of an account; only ever added to, and shown to whose number it is';
comment on column viewing_numbers.looks.side is 'of whoever has seen it';
create index looks_of_account on viewing_numbers.looks (account_id, looked_at desc, id desc);

create type viewings.response as (asked bigint, answered bigint, median_minutes integer);
create function viewings.response_of(owner uuid, employer uuid, since timestamptz, until timestamptz)
    returns viewings.response language sql stable parallel safe
begin atomic
    select row(count(*), count(r.answered_at),
               (percentile_disc(0.5) within group (order by extract(epoch from r.answered_at - r.created_at) / 60)
                   filter (where r.answered_at is not null))::integer)::viewings.response
      from viewings.requests r
     where (r.employer_id = employer or employer is null and r.employer_id is null and r.owner_id = owner)
       and r.created_at >= since and r.created_at < until
       and not (r.status in ('withdrawn', 'ended') and r.answered_at is null);
end;
comment on function viewings.response_of is 'until: two days ago, so that nobody is late with what was asked just now';
""")
