"""Days off and working Saturdays, and when offices are open."""

from longan.migrations.script import run

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    run("""
create table reference.holidays (
    day    date primary key,
    name   text not null,
    kind   text not null check (kind in ('holiday', 'compensatory', 'swap_off', 'working_saturday')),
    status text not null check (status in ('official', 'law', 'estimated')),
    check (kind <> 'working_saturday' or extract(isodow from day) = 6)
);
comment on column reference.holidays.kind is
    'compensatory: made good for a day off on a week-end; swap_off: worked on a working_saturday instead';
comment on column reference.holidays.status is 'estimated: nobody has announced it yet';

create table reference.working_hours (
    valid_from date not null,
    begins     time not null,
    ends       time not null,
    source     text not null,
    primary key (valid_from, begins),
    check (ends > begins)
);
comment on table reference.working_hours is 'all rows of the newest valid_from that has come hold together';

create function reference.working_day(day date) returns boolean language sql stable strict return
    exists (select from reference.holidays h where h.day = working_day.day and h.kind = 'working_saturday')
    or (extract(isodow from working_day.day) < 6
        and not exists (select from reference.holidays h where h.day = working_day.day));
comment on function reference.working_day is 'whether the civil service works on that day, as working_days.py has it';
""")
