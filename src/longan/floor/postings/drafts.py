"""Drafts: a posting as an employer writes it, in the app, from a template or from a file, and the way in."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, WardUnknown
from longan.floor.base.fields import LINE, Text, Timestamp, Title, WardCode
from longan.floor.pay_and_days.pay import PayIn, comparable
from longan.floor.pay_and_days.pay import check as check_pay
from longan.floor.postings.postings import Benefit, Contract, Education, Shift, Source
from longan.floor.search.search import fold
from longan.floor.search.searchable import searchable

# Far enough for any posting, and near enough that no offset carries it past the last year of a calendar.
LAST_EXPIRY = datetime(2100, 1, 1, tzinfo=UTC)

Small = {"format": "int32"}
Openings = Annotated[int, Meta(ge=1, le=10_000, extra_json_schema=Small)]
WeekHours = Annotated[int, Meta(ge=1, le=72, description="Hours a week, overtime left out", extra_json_schema=Small)]
WeekDays = Annotated[int, Meta(ge=1, le=7, extra_json_schema=Small)]
Months = Annotated[int, Meta(ge=0, le=600, description="Months of experience asked for", extra_json_schema=Small)]
OccupationCode = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,5}(?!\n)$",
        max_length=5,
        description="VSCO 2020 code; its length is its level",
        examples=["75"],
    ),
]
ParkCode = Annotated[
    str, Meta(pattern=r"^[a-z0-9-]{1,60}(?!\n)$", max_length=60, description="Industrial park, of list_parks")
]
Skill = Annotated[str, Meta(min_length=1, max_length=60, pattern=LINE)]
Skills = Annotated[list[Skill], Meta(max_length=20)]
Benefits = Annotated[list[Benefit], Meta(max_length=10)]

Outcome = Literal["made", "changed", "same", "kept", "refused"]


class Work(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What an employer says of a job; whatever is left out nobody knows. `park_code` is a park in the ward."""

    title: Title
    description: Text
    ward_code: WardCode
    pay: PayIn
    openings: Openings
    occupation_code: OccupationCode | None = None
    contract: Contract | None = None
    shift: Shift | None = None
    week_hours: WeekHours | None = None
    week_days: WeekDays | None = None
    benefits: Benefits = []
    experience_months: Months | None = None
    education: Education | None = None
    skills: Skills = []
    park_code: ParkCode | None = None


class Draft(Work, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A job and until when it is to be done: `expires_at` lies ahead, before the year 2100."""

    expires_at: Timestamp


class Incoming(msgspec.Struct, frozen=True):
    """A draft on its way in. `source_key` is the employer's own name for it, so that whoever brings it again finds it;
    `extra` is what came with it and we do not understand."""

    draft: Draft
    source: Source = "app"
    source_key: str | None = None
    extra: Mapping[str, object] | None = None


class Entered(msgspec.Struct, frozen=True):
    """What became of one of them: `made` is a new draft; under its source key there was a draft that was `changed`, a
    posting that says the `same`, or one that says something else and is no draft any more, which was `kept` as it is;
    `refused`, with `wrong` naming the fields, and no `id`."""

    id: UUID | None
    outcome: Outcome
    wrong: tuple[FieldError, ...] = ()


def check(draft: Draft, now: datetime) -> None:
    """Whether its fields fit each other and the day. Raises `InvalidRequest` naming each that does not."""
    wrong = [*wrong_work(draft), *wrong_expiry(draft.expires_at, now)]
    if wrong:
        raise InvalidRequest(*wrong)


def wrong_work(work: Work) -> list[FieldError]:
    """What in it contradicts something else in it."""
    wrong = wrong_lists(work.benefits, work.skills)
    if work.week_hours is not None and work.week_hours > 24 * (work.week_days or 7):
        wrong.append(FieldError("/week_hours", "too_large"))
    try:
        check_pay(work.pay, "/pay", work.week_hours, work.week_days)
    except InvalidRequest as error:
        wrong.extend(error.errors)
    return wrong


def wrong_expiry(expires_at: datetime, now: datetime) -> list[FieldError]:
    if expires_at <= now:
        return [FieldError("/expires_at", "in_past")]
    return [FieldError("/expires_at", "too_large")] if expires_at >= LAST_EXPIRY else []


def wrong_lists(benefits: Sequence[str], skills: Sequence[str]) -> list[FieldError]:
    """A thing named twice."""
    given = {"/benefits": benefits, "/skills": [fold(skill) for skill in skills]}
    return [FieldError(pointer, "repeated") for pointer, named in given.items() if len(set(named)) < len(named)]


def refusal(wrong: Sequence[FieldError]) -> InvalidRequest | WardUnknown:
    """The problem of a single draft that was refused."""
    if [field.pointer for field in wrong] == ["/ward_code"]:
        return WardUnknown()
    return InvalidRequest(*wrong)


EMPLOYER = """-- drafts.employer
select e.name
  from employers.employers e
  join members.members m on m.employer_id = e.id
 where e.id = $1 and m.account_id = $2"""

# Who brings drafts by their source keys goes alone: a statement does not see what another wrote while it waited for it.
# No lock on the employer's row: whoever publishes holds that, and the posting that the import may be about to change.
ALONE = """-- drafts.alone
select pg_advisory_xact_lock(hashtextextended('drafts of ' || $1::uuid, 0))"""

# The columns a draft fills by itself, with their types; the place, what is searched and what it is called come beside.
COLUMNS: dict[str, str] = {
    "title": "text", "description": "text", "pay_min": "bigint", "pay_max": "bigint", "pay_currency": "text",
    "pay_period": "text", "pay_base": "bigint", "pay_allowances": "bigint", "pay_attendance": "bigint",
    "pay_overtime": "bigint", "pay_overtime_hours": "smallint", "pay_deductions": "bigint",
    "effective_month": "bigint", "effective_hour": "bigint", "openings": "integer", "expires_at": "timestamptz",
    "occupation_code": "text", "contract": "text", "shift": "text", "week_hours": "smallint", "week_days": "smallint",
    "benefits": "text[]", "experience_months": "smallint", "education": "text", "skills": "text[]",
    "park_code": "text", "extra": "jsonb",
}  # fmt: skip
SEARCHED: dict[str, str] = {"search_text": "text", "title_marked": "text"}
PLACED = ("ward_version", "ward_code", "province_code", "lat", "lon")

_SAID = (*COLUMNS, "ward_version", "ward_code")
_WRITTEN = (*COLUMNS, *SEARCHED, *PLACED)


def _of(alias: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns)


# The ids are drawn before, so that what went in can be told apart without a source key. A park lies in one ward.
INSERT = f"""-- drafts.insert
with given as (
    select r.*
      from jsonb_to_recordset($3::text::jsonb)
        as r (ordinal integer, source text, source_key text, ward_code text,
              {", ".join(f"{name} {kind}" for name, kind in (COLUMNS | SEARCHED).items())})),
placed as materialized (
    select uuidv7() as id, g.ordinal, g.source, g.source_key, {_of("g", (*COLUMNS, *SEARCHED))},
           u.version as ward_version, u.code as ward_code, u.province_code, u.lat, u.lon,
           array_remove(array[
               case when u.code is null then '/ward_code not_found' end,
               case when g.occupation_code is not null and o.code is null then '/occupation_code not_found' end,
               case when g.park_code is not null and p.code is null then '/park_code not_found'
                    when u.code <> p.ward_code or u.version <> p.ward_version then '/park_code elsewhere' end],
               null) as wrong
      from given g
      left join places.units u
        on u.version = places.version_on($4::timestamptz) and u.code = g.ward_code and u.level = 'commune'
      left join reference.occupations o on o.code = g.occupation_code
      left join places.parks p on p.code = g.park_code),
entered as (
    insert into jobs.postings as j
           (id, employer_id, source, source_key, created_at, updated_at, {", ".join(_WRITTEN)})
    select p.id, $1, p.source, p.source_key, $4, $4, {_of("p", _WRITTEN)}
      from placed p
     where p.wrong = '{{}}'
       and exists (select from members.members m where m.employer_id = $1 and m.account_id = $2)
     order by p.source_key
    on conflict on constraint postings_once_per_source do update
       set {", ".join(f"{column} = excluded.{column}" for column in _WRITTEN)},
           version = j.version + 1, updated_at = excluded.updated_at
     where j.status = 'draft' and ({_of("j", _SAID)}) is distinct from ({_of("excluded", _SAID)})
    returning new.id as id, new.source_key as source_key, old.id is null as made, new.version as version,
              case when old.id is not null then jobs.changes(old, new) end as changes),
noted as (
    insert into jobs.history (posting_id, version, changed_by, side, from_status, to_status, changes, changed_at)
    select e.id, e.version, $2, 'employer', 'draft', 'draft', e.changes, $4 from entered e where not e.made)
select case when p.wrong = '{{}}' then coalesce(e.id, j.id) end as id, p.wrong,
       case when p.wrong <> '{{}}' then 'refused' when e.made then 'made' when e.id is not null then 'changed'
            when ({_of("j", _SAID)}) is distinct from ({_of("p", _SAID)}) then 'kept' else 'same' end as outcome
  from placed p
  left join entered e on e.id = p.id or e.source_key = p.source_key
  left join jobs.postings j on j.employer_id = $1 and j.source_key = p.source_key
 order by p.ordinal"""


async def insert(
    tx: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy, member: UUID, employer: UUID,
    incoming: Sequence[Incoming], now: datetime,
) -> list[Entered]:  # fmt: skip
    """Drafts of the member's employer, in one statement; what became of each, in the order given. Each was checked
    before; what only the database knows (ward, occupation, park) is looked up here, and refuses that draft alone.

    Of one source key there must be one draft only. Raises `NotFound` when the account is no member of the employer.
    """
    name: str | None = await tx.fetchval(EMPLOYER, employer, member)
    if name is None:
        raise NotFound(FieldError("/employer_id", "not_found"))
    if any(one.source_key is not None for one in incoming):
        await tx.execute(ALONE, employer)
    given = [_row(ordinal, one, name) for ordinal, one in enumerate(incoming)]
    rows = await tx.fetch(INSERT, employer, member, msgspec.json.encode(given).decode(), now)
    return [
        Entered(row["id"], row["outcome"], tuple(FieldError(*wrong.split(" ")) for wrong in row["wrong"]))
        for row in rows
    ]


async def one(tx: asyncpg.Connection, member: UUID, employer: UUID, draft: Draft, now: datetime) -> UUID:
    """A single draft. Raises as `insert`, and `WardUnknown` or `InvalidRequest` where it is refused."""
    [entered] = await insert(tx, member, employer, [Incoming(draft)], now)
    if entered.id is None:
        raise refusal(entered.wrong)
    return entered.id


def _row(ordinal: int, one: Incoming, employer_name: str) -> dict[str, object]:
    return (
        row_of(one.draft)
        | searched(one.draft, employer_name)
        | {"ordinal": ordinal, "source": one.source, "source_key": one.source_key, "extra": one.extra}
    )


def row_of(draft: Draft) -> dict[str, object]:
    """The draft as columns of jobs.postings, without its place."""
    row = {name: getattr(draft, name) for name in draft.__struct_fields__ if name != "pay"}
    return row | pay_row(draft.pay, draft.week_hours, draft.week_days)


def pay_row(given: PayIn, week_hours: int | None, week_days: int | None) -> dict[str, object]:
    """Pay as columns of jobs.postings, with what it comes to."""
    found = comparable(given, week_hours, week_days)
    parts = {f"pay_{name}": getattr(given, name) for name in given.__struct_fields__}
    return parts | {"effective_month": found.month, "effective_hour": found.hour}


def searched(draft: Draft, employer_name: str) -> dict[str, object]:
    """What a posting is found by, as columns of jobs.postings."""
    return msgspec.structs.asdict(searchable(draft.title, employer_name, draft.skills))
