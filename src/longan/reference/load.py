"""Loads the dated data of the state; run again it changes only what differs."""

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib.resources import files
from itertools import islice
from typing import Any, TypeAlias, TypeVar

import asyncpg
import msgspec

from longan import search

Tell: TypeAlias = Callable[[str, int, int], None]
"""Told of progress: what is being loaded, how many rows are done, how many there are."""

ROWS_AT_ONCE = 2_000
LOAD_SECONDS = 120

S = TypeVar("S", bound=msgspec.Struct)

VERSIONS_COLUMNS = ("version", "name", "ended_on")
UNITS_COLUMNS = ("version", "code", "level", "name", "type", "short_name", "fold", "parent_code", "province_code", "lat",
                 "lon", "area_km2")  # fmt: skip
SUCCESSIONS_COLUMNS = ("old_version", "old_code", "new_version", "new_code", "kind", "detail")
PROCEDURES_COLUMNS = ("code", "name", "search_text", "name_marked", "field_code", "field", "agency_code", "agency", "levels",
                      "online_level", "audience", "worker_group", "code_valid", "updated_on", "detail::text")  # fmt: skip

INCOMING = """-- reference.incoming
create temporary table {incoming} on commit drop as select {columns} from {table} with no data"""

VERSIONS = """-- reference.versions
insert into places.versions (version, name, ended_on)
select version, name, ended_on from incoming_versions
    on conflict (version) do update set name = excluded.name, ended_on = excluded.ended_on
 where (versions.name, versions.ended_on) is distinct from (excluded.name, excluded.ended_on)"""

UNITS = """-- reference.units
insert into places.units (version, code, level, name, type, short_name, fold, parent_code, province_code, lat, lon, area_km2)
select version, code, level, name, type, short_name, fold, parent_code, province_code, lat, lon, area_km2
  from incoming_units
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
select old_version, old_code, new_version, new_code, kind, detail from incoming_successions
    on conflict (old_version, old_code, new_version, new_code) do update
   set kind = excluded.kind, detail = excluded.detail
 where (successions.kind, successions.detail) is distinct from (excluded.kind, excluded.detail)"""

# The detail travels as text: a connection may have its own way of encoding jsonb.
PROCEDURES = """-- reference.procedures
insert into services.procedures (code, name, search_text, name_marked, field_code, field, agency_code, agency, levels,
                                 online_level, audience, worker_group, code_valid, updated_on, detail)
select code, name, search_text, name_marked, field_code, field, agency_code, agency, levels, online_level, audience,
       worker_group, code_valid, updated_on, detail::jsonb
  from incoming_procedures
    on conflict (code) do update
   set name = excluded.name, search_text = excluded.search_text, name_marked = excluded.name_marked,
       field_code = excluded.field_code, field = excluded.field, agency_code = excluded.agency_code,
       agency = excluded.agency, levels = excluded.levels, online_level = excluded.online_level,
       audience = excluded.audience, worker_group = excluded.worker_group, code_valid = excluded.code_valid,
       updated_on = excluded.updated_on, detail = excluded.detail
 where (procedures.name, procedures.search_text, procedures.name_marked, procedures.field_code, procedures.field,
        procedures.agency_code, procedures.agency, procedures.levels, procedures.online_level, procedures.audience,
        procedures.worker_group, procedures.code_valid, procedures.updated_on, procedures.detail)
       is distinct from
       (excluded.name, excluded.search_text, excluded.name_marked, excluded.field_code, excluded.field,
        excluded.agency_code, excluded.agency, excluded.levels, excluded.online_level, excluded.audience,
        excluded.worker_group, excluded.code_valid, excluded.updated_on, excluded.detail)"""


class Procedure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of procedures.jsonl.gz; `detail` goes to the database as it is."""

    code: str
    name: str
    field_code: str
    field: str
    agency_code: str
    agency: str
    levels: list[str]
    online_level: str
    audience: list[str]
    worker_group: str | None
    code_valid: bool
    updated_on: date | None
    detail: msgspec.Raw


async def load(connection: asyncpg.Connection, tell: Tell) -> None:
    """Load units, successions and procedures, all or nothing. What the data no longer has stays in the database."""
    async with connection.transaction():
        await copy(connection, tell, "places.versions", VERSIONS_COLUMNS, list(versions()))
        await connection.execute(VERSIONS)
        await copy(connection, tell, "places.units", UNITS_COLUMNS, list(units()))
        await connection.execute(UNITS, timeout=LOAD_SECONDS)
        await copy(connection, tell, "places.successions", SUCCESSIONS_COLUMNS, list(successions()))
        await connection.execute(SUCCESSIONS, timeout=LOAD_SECONDS)
        await copy(connection, tell, "services.procedures", PROCEDURES_COLUMNS, list(procedures()))
        await connection.execute(PROCEDURES, timeout=LOAD_SECONDS)


async def copy(
    connection: asyncpg.Connection, tell: Tell, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Copy `rows` into a temporary table `incoming_…` with those columns of `table`; it goes with the transaction."""
    name = table.partition(".")[2]
    incoming = f"incoming_{name}"
    await connection.execute(INCOMING.format(incoming=incoming, columns=", ".join(columns), table=table))
    tell(name, 0, len(rows))
    left, done = iter(rows), 0
    while batch := list(islice(left, ROWS_AT_ONCE)):
        await connection.copy_records_to_table(incoming, records=batch, timeout=LOAD_SECONDS)
        done += len(batch)
        tell(name, done, len(rows))


def versions() -> Iterator[tuple[date, str, date | None]]:
    for row in _table("versions.csv"):
        ended_on = date.fromisoformat(row["ended_on"]) if row["ended_on"] else None
        yield date.fromisoformat(row["version"]), row["name"], ended_on


def units() -> Iterator[tuple[Any, ...]]:
    for row in _table("units.csv.gz"):
        texts = (row[column] for column in ("code", "level", "name", "type", "short_name", "fold"))
        numbers = (float(row[column]) if row[column] else None for column in ("lat", "lon", "area_km2"))
        yield date.fromisoformat(row["version"]), *texts, row["parent_code"] or None, row["province_code"], *numbers


def successions() -> Iterator[tuple[Any, ...]]:
    for row in _table("successions.csv.gz"):
        yield (
            date.fromisoformat(row["old_version"]), row["old_code"], date.fromisoformat(row["new_version"]),
            row["new_code"], row["kind"], row["detail"],
        )  # fmt: skip


def procedures() -> Iterator[tuple[Any, ...]]:
    """Found by name, by field, and by the words of workers for it (`worker_words.csv`)."""
    spoken: Mapping[str, str] = {row["code"]: row["words"] for row in _table("worker_words.csv")}
    for procedure in json_lines(Procedure, _bytes("procedures.jsonl.gz")):
        searched = search.fold(f"{procedure.name} {procedure.field} {spoken.get(procedure.code, '')}")
        yield (
            procedure.code, procedure.name, searched, search.mark(procedure.name), procedure.field_code, procedure.field,
            procedure.agency_code, procedure.agency, procedure.levels, procedure.online_level, procedure.audience,
            procedure.worker_group, procedure.code_valid, procedure.updated_on, bytes(procedure.detail).decode(),
        )  # fmt: skip


def json_lines(shape: type[S], content: bytes) -> Iterator[S]:
    return iter(msgspec.json.Decoder(shape).decode_lines(content))


def _bytes(name: str) -> bytes:
    content = (files("longan.reference") / "data" / name).read_bytes()
    return gzip.decompress(content) if name.endswith(".gz") else content


def _table(name: str) -> Iterable[dict[str, str]]:
    return csv.DictReader(io.StringIO(_bytes(name).decode()))
