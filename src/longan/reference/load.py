"""Loads the dated data of the state; run again it changes only what differs."""

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import asyncpg
import msgspec

from longan.floor.procedures import procedure_publishing
from longan.floor.procedures.procedure_words import found_by
from longan.floor.procedures.procedures import Audience, Level, OnlineLevel

Tell: TypeAlias = Callable[[str, int, int], None]
"""Told of progress: what is being loaded, how many rows are done, how many there are."""

ROWS_AT_ONCE = 1_000
SECONDS_AT_ONCE = 60

S = TypeVar("S", bound=msgspec.Struct)

# $1 is a JSON array of rows. It travels as text, because a connection may have its own way of encoding jsonb.
VERSIONS = """-- reference.versions
insert into places.versions (version, name, ended_on)
select version, name, ended_on
  from jsonb_populate_recordset(null::places.versions, $1::text::jsonb)
    on conflict (version) do update set name = excluded.name, ended_on = excluded.ended_on
 where (versions.name, versions.ended_on) is distinct from (excluded.name, excluded.ended_on)"""

UNITS = """-- reference.units
insert into places.units (version, code, level, name, type, short_name, fold, parent_code, province_code, lat, lon,
                          area_km2)
select version, code, level, name, type, short_name, fold, parent_code, province_code, lat, lon, area_km2
  from jsonb_populate_recordset(null::places.units, $1::text::jsonb)
    on conflict (version, code) do update
   set level = excluded.level, name = excluded.name, type = excluded.type, short_name = excluded.short_name,
       fold = excluded.fold, parent_code = excluded.parent_code, province_code = excluded.province_code,
       lat = excluded.lat, lon = excluded.lon, area_km2 = excluded.area_km2
 where (units.level, units.name, units.type, units.short_name, units.fold, units.parent_code, units.province_code,
        units.lat, units.lon, units.area_km2)
       is distinct from
       (excluded.level, excluded.name, excluded.type, excluded.short_name, excluded.fold, excluded.parent_code,
        excluded.province_code, excluded.lat, excluded.lon, excluded.area_km2)"""

SUCCESSIONS = """-- reference.successions
insert into places.successions (old_version, old_code, new_version, new_code, kind, detail)
select old_version, old_code, new_version, new_code, kind, detail
  from jsonb_populate_recordset(null::places.successions, $1::text::jsonb)
    on conflict (old_version, old_code, new_version, new_code) do update
   set kind = excluded.kind, detail = excluded.detail
 where (successions.kind, successions.detail) is distinct from (excluded.kind, excluded.detail)"""

PROCEDURES = """-- reference.procedures
insert into services.procedures (code, name, search_text, name_marked, field_code, field, agency_code, agency, levels,
                                 online_level, audience, worker_group, code_valid, updated_on, who, local_to, detail)
select code, name, search_text, name_marked, field_code, field, agency_code, agency, levels, online_level, audience,
       worker_group, code_valid, updated_on, who, local_to, detail
  from jsonb_populate_recordset(null::services.procedures, $1::text::jsonb) r
 where not exists (select from catalogue.versions v where v.code = r.code and v.kind <> 'seeded')
    on conflict (code) do update
   set name = excluded.name, search_text = excluded.search_text, name_marked = excluded.name_marked,
       field_code = excluded.field_code, field = excluded.field, agency_code = excluded.agency_code,
       agency = excluded.agency, levels = excluded.levels, online_level = excluded.online_level,
       audience = excluded.audience, worker_group = excluded.worker_group, code_valid = excluded.code_valid,
       updated_on = excluded.updated_on, who = excluded.who, local_to = excluded.local_to, detail = excluded.detail
 where (procedures.name, procedures.search_text, procedures.name_marked, procedures.field_code, procedures.field,
        procedures.agency_code, procedures.agency, procedures.levels, procedures.online_level, procedures.audience,
        procedures.worker_group, procedures.code_valid, procedures.updated_on, procedures.who, procedures.local_to,
        procedures.detail)
       is distinct from
       (excluded.name, excluded.search_text, excluded.name_marked, excluded.field_code, excluded.field,
        excluded.agency_code, excluded.agency, excluded.levels, excluded.online_level, excluded.audience,
        excluded.worker_group, excluded.code_valid, excluded.updated_on, excluded.who, excluded.local_to,
        excluded.detail)"""


PURPOSES = """-- reference.purposes
insert into privacy.purposes (code, version, in_force_from, legal_basis, sensitive, third_party, title_vi, title_en,
                              text_vi, text_en)
select code, version, in_force_from, legal_basis, sensitive, third_party, title_vi, title_en, text_vi, text_en
  from jsonb_populate_recordset(null::privacy.purposes, $1::text::jsonb)
    on conflict (code, version) do update
   set in_force_from = excluded.in_force_from, legal_basis = excluded.legal_basis,
       sensitive = excluded.sensitive, third_party = excluded.third_party
 where (purposes.in_force_from, purposes.legal_basis, purposes.sensitive, purposes.third_party)
       is distinct from (excluded.in_force_from, excluded.legal_basis, excluded.sensitive, excluded.third_party)"""

OCCUPATIONS = """-- reference.occupations
insert into reference.occupations (code, level, name, fold, parent)
select code, level, name, fold, parent
  from jsonb_populate_recordset(null::reference.occupations, $1::text::jsonb)
    on conflict (code) do update
   set level = excluded.level, name = excluded.name, fold = excluded.fold, parent = excluded.parent
 where (occupations.level, occupations.name, occupations.fold, occupations.parent)
       is distinct from (excluded.level, excluded.name, excluded.fold, excluded.parent)"""

PARKS = """-- reference.parks
insert into places.parks (code, name, fold, kind, ward_version, ward_code, lat, lon, area_ha, source)
select code, name, fold, kind, ward_version, ward_code, lat, lon, area_ha, source
  from jsonb_populate_recordset(null::places.parks, $1::text::jsonb)
    on conflict (code) do update
   set name = excluded.name, fold = excluded.fold, kind = excluded.kind, ward_version = excluded.ward_version,
       ward_code = excluded.ward_code, lat = excluded.lat, lon = excluded.lon, area_ha = excluded.area_ha,
       source = excluded.source
 where (parks.name, parks.fold, parks.kind, parks.ward_version, parks.ward_code, parks.lat, parks.lon, parks.area_ha,
        parks.source)
       is distinct from
       (excluded.name, excluded.fold, excluded.kind, excluded.ward_version, excluded.ward_code, excluded.lat,
        excluded.lon, excluded.area_ha, excluded.source)"""

MINIMUM_WAGES = """-- reference.minimum_wages
insert into reference.minimum_wages (valid_from, valid_to, region, month_vnd, hour_vnd, decree)
select valid_from, valid_to, region, month_vnd, hour_vnd, decree
  from jsonb_populate_recordset(null::reference.minimum_wages, $1::text::jsonb)
    on conflict (valid_from, region) do update
   set valid_to = excluded.valid_to, month_vnd = excluded.month_vnd, hour_vnd = excluded.hour_vnd,
       decree = excluded.decree
 where (minimum_wages.valid_to, minimum_wages.month_vnd, minimum_wages.hour_vnd, minimum_wages.decree)
       is distinct from (excluded.valid_to, excluded.month_vnd, excluded.hour_vnd, excluded.decree)"""

WAGE_REGIONS = """-- reference.wage_regions
insert into reference.wage_regions (ward_version, ward_code, valid_from, region, decree)
select ward_version, ward_code, valid_from, region, decree
  from jsonb_populate_recordset(null::reference.wage_regions, $1::text::jsonb)
    on conflict (ward_version, ward_code, valid_from) do update
   set region = excluded.region, decree = excluded.decree
 where (wage_regions.region, wage_regions.decree) is distinct from (excluded.region, excluded.decree)"""

HOLIDAYS = """-- reference.holidays
insert into reference.holidays (day, name, kind, status)
select day, name, kind, status from jsonb_populate_recordset(null::reference.holidays, $1::text::jsonb)
    on conflict (day) do update
   set name = excluded.name, kind = excluded.kind, status = excluded.status
 where (holidays.name, holidays.kind, holidays.status)
       is distinct from (excluded.name, excluded.kind, excluded.status)"""

WORKING_HOURS = """-- reference.working_hours
insert into reference.working_hours (valid_from, begins, ends, source)
select valid_from, begins, ends, source
  from jsonb_populate_recordset(null::reference.working_hours, $1::text::jsonb)
    on conflict (valid_from, begins) do update
   set ends = excluded.ends, source = excluded.source
 where (working_hours.ends, working_hours.source) is distinct from (excluded.ends, excluded.source)"""

FEEDBACK_CATEGORIES = """-- reference.feedback_categories
insert into reference.feedback_categories as c
    (province_code, code, valid_from, valid_to, place, name_vi, name_en, questions, accept_hours, urgent_hours,
     working_days, is_handled, elsewhere, cues, source)
select k.province_code, k.code, k.valid_from, k.valid_to, k.place, k.name_vi, k.name_en,
       coalesce(k.questions, '[]')::jsonb, k.accept_hours, k.urgent_hours, k.working_days, k.is_handled,
       k.elsewhere::jsonb, coalesce(string_to_array(k.cues, '|'), '{}'), k.source
  from jsonb_to_recordset($1::text::jsonb) as k (
       province_code text, code text, valid_from date, valid_to date, place smallint, name_vi text, name_en text,
       questions text, accept_hours smallint, urgent_hours smallint, working_days smallint, is_handled boolean,
       elsewhere text, cues text, source text)
    on conflict (province_code, code, valid_from) do update
   set valid_to = excluded.valid_to, place = excluded.place, name_vi = excluded.name_vi, name_en = excluded.name_en,
       questions = excluded.questions, accept_hours = excluded.accept_hours, urgent_hours = excluded.urgent_hours,
       working_days = excluded.working_days, is_handled = excluded.is_handled, elsewhere = excluded.elsewhere,
       cues = excluded.cues, source = excluded.source
 where (c.valid_to, c.place, c.name_vi, c.name_en, c.questions, c.accept_hours, c.urgent_hours, c.working_days,
        c.is_handled, c.elsewhere, c.cues, c.source)
       is distinct from
       (excluded.valid_to, excluded.place, excluded.name_vi, excluded.name_en, excluded.questions,
        excluded.accept_hours, excluded.urgent_hours, excluded.working_days, excluded.is_handled, excluded.elsewhere,
        excluded.cues, excluded.source)"""

FEEDBACK_TERMS = """-- reference.feedback_terms
insert into reference.feedback_terms as t (province_code, code, valid_from, value, source)
select province_code, code, valid_from, value, source
  from jsonb_populate_recordset(null::reference.feedback_terms, $1::text::jsonb)
    on conflict (province_code, code, valid_from) do update set value = excluded.value, source = excluded.source
 where (t.value, t.source) is distinct from (excluded.value, excluded.source)"""

# What a province has of its own, in files of these names with the columns of those in the package.
NO_LISTS = (FileNotFoundError, ValueError, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
OF_A_PROVINCE = {
    "parks.csv": PARKS,
    "wage_regions.csv": WAGE_REGIONS,
    "feedback_categories.csv": FEEDBACK_CATEGORIES,
    "feedback_terms.csv": FEEDBACK_TERMS,
}


class Procedure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of procedures.jsonl.gz; `detail` goes to the database as it is."""

    code: str
    name: str
    field_code: str
    field: str
    agency_code: str
    agency: str
    levels: list[Level]
    online_level: OnlineLevel
    audience: list[Audience]
    worker_group: str | None
    code_valid: bool
    updated_on: date | None
    detail: msgspec.Raw


async def load(connection: asyncpg.Connection, tell: Tell) -> None:
    """Load units, successions, lists, procedures and purposes, all or nothing. What the data no longer has stays."""
    async with connection.transaction():
        await insert(connection, tell, "versions", VERSIONS, list(_table("versions.csv")))
        await insert(connection, tell, "units", UNITS, list(_table("units.csv.gz")))
        await insert(connection, tell, "successions", SUCCESSIONS, list(_table("successions.csv.gz")))
        await insert(connection, tell, "occupations", OCCUPATIONS, list(_table("occupations.csv")))
        await insert(connection, tell, "minimum wages", MINIMUM_WAGES, list(_table("minimum_wages.csv")))
        await insert(connection, tell, "holidays", HOLIDAYS, list(_table("holidays.csv")))
        await insert(connection, tell, "working hours", WORKING_HOURS, list(_table("working_hours.csv")))
        for name, statement in OF_A_PROVINCE.items():
            await insert(connection, tell, name, statement, list(_table(name)))
        await insert(connection, tell, "procedures", PROCEDURES, list(_procedures()))
        await procedure_publishing.seeded(connection)
        await insert(connection, tell, "purposes", PURPOSES, list(_table("purposes.csv")))


async def load_own(connection: asyncpg.Connection, tell: Tell, directory: Path) -> None:
    """Load another province's industrial parks, wage regions, and categories and terms of feedback from its own
    files, all or nothing.

    Raises one of `NO_LISTS` when none of the files is there, or its rows are none of the columns and wards there are.
    """
    found = {name: directory / name for name in OF_A_PROVINCE if (directory / name).is_file()}
    if not found:
        raise FileNotFoundError(f"{directory} holds none of {', '.join(OF_A_PROVINCE)}")
    async with connection.transaction():
        for name, file in found.items():
            await insert(connection, tell, name, OF_A_PROVINCE[name], list(_read(file.read_bytes())))


async def insert(
    connection: asyncpg.Connection, tell: Tell, label: str, statement: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Run `statement` with JSON arrays of `rows`, so many at once that progress can be told."""
    tell(label, 0, len(rows))
    for done in range(0, len(rows), ROWS_AT_ONCE):
        batch = rows[done : done + ROWS_AT_ONCE]
        await connection.execute(statement, msgspec.json.encode(batch).decode(), timeout=SECONDS_AT_ONCE)
        tell(label, done + len(batch), len(rows))


def json_lines(shape: type[S], content: bytes) -> list[S]:
    return msgspec.json.Decoder(shape).decode_lines(content)


def _procedures() -> Iterator[dict[str, Any]]:
    """With the columns that are made from others."""
    for procedure in json_lines(Procedure, _bytes("procedures.jsonl.gz")):
        found = found_by(
            code=procedure.code, name=procedure.name, field_code=procedure.field_code, field=procedure.field,
            agency=procedure.agency, audience=procedure.audience, levels=procedure.levels,
            worker_group=procedure.worker_group,
        )  # fmt: skip
        yield msgspec.structs.asdict(procedure) | msgspec.structs.asdict(found)


def _bytes(name: str) -> bytes:
    content = (files("longan.reference") / "data" / name).read_bytes()
    return gzip.decompress(content) if name.endswith(".gz") else content


def _table(name: str) -> Iterator[dict[str, str | None]]:
    return _read(_bytes(name))


def _read(content: bytes) -> Iterator[dict[str, str | None]]:
    """Rows by column; an empty field is null."""
    for row in csv.DictReader(content.decode().splitlines()):
        yield {column: value or None for column, value in row.items()}
