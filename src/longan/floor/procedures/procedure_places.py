"""Where to go with a procedure: the offices that are listed of whom its text names, or else that name.

The national database names an agency in words ("Sở Xây dựng", "Công an cấp Xã"); an office has the name that an
official gave it ("Công an phường Long An"). One is the other where the office's name begins with the agency's, and goes
on with a unit of the agency's level.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Literal

import asyncpg
import msgspec
from msgspec import Meta

from longan.floor.base.fields import Identifier, Locale, WardCode
from longan.floor.database.db import many
from longan.floor.procedures.procedures import Known
from longan.floor.search.search import fold

MOST_OFFICES = 20
COMMITTEE = "uy ban nhan dan"

Rank = Literal["commune", "province"]

_COMMITTEE = re.compile("^(?:chu tich )?(?:ubnd|uy ban nhan dan)(?= |$)")
_HEAD = re.compile(r"^(?:chu tich|giam doc) ")
_RANKED = re.compile(
    r"^(.+?)(?: cac)? (?:cap )?(?:(xa|phuong)|(tinh)|huyen|quan)(?: (?:xa|phuong|thi tran|dac khu|thanh pho))*$"
)
_UNIT: dict[Rank, tuple[str, ...]] = {"commune": ("xa ", "phuong ", "dac khu "), "province": ("tinh ", "thanh pho ")}
# NĐ 118/2025/NĐ-CP: where any centre of the province takes what is filed.
_CENTRES = ("trung tam phuc vu hanh chinh cong", "bo phan mot cua", "bo phan tiep nhan va tra ket qua")
_SAYS = {
    "offices": ("Nộp tại một trong các nơi này", "File at one of these offices"),
    "agencies": (
        "Chưa có địa chỉ nơi nộp; cơ quan thực hiện: {}", "No office is listed yet; the agency in charge is: {}",
    ),
    "nothing": (
        "Nguồn không ghi nơi nộp: xem trang của thủ tục trên Cổng Dịch vụ công quốc gia",
        "The source does not say where: see the procedure's page at the national portal",
    ),
}  # fmt: skip


class OfficeToGo(msgspec.Struct, frozen=True):
    """`why`: it is the agency in charge, or a centre that takes what is filed with any agency of the province."""

    id: Identifier
    name: str
    unit: str | None
    ward_code: WardCode
    why: Literal["in_charge", "any_centre"]


class WhereToGo(msgspec.Struct, frozen=True):
    """`offices` are those that officials have listed in the province, at most 20: empty where none is known, and then
    `says` names the agency. `needs_ward`: some are of communes, which are told of a ward only."""

    agencies: Annotated[list[str], Meta(description="Who is in charge, in the words of the source")]
    offices: list[OfficeToGo]
    needs_ward: bool
    says: str


class Listed(msgspec.Struct, frozen=True):
    """An office that is listed on the day."""

    id: Identifier
    name: str
    unit: str | None
    ward_code: str


LISTED = """-- procedure_places.listed
select o.id, o.name, o.unit, o.ward_code
  from offices.offices o
  join places.units u on u.version = o.ward_version and u.code = o.ward_code
 where o.valid_from <= $2 and (o.valid_to is null or o.valid_to >= $2) and u.province_code = $1
 order by o.id"""


async def where(
    conn: asyncpg.Connection, home: str, day: date, locale: Locale, known: Known, wards: Sequence[str] | None,
    *, any_centre: bool, elsewhere: bool,
) -> WhereToGo:  # fmt: skip
    """Where to go from the wards (None: none was named). What another province has issued is filed there."""
    agencies = list(dict.fromkeys([*known.executing_agencies, *known.authorities]))
    listed = [] if elsewhere else many(await conn.fetch(LISTED, home, day), Listed)
    offices = list(chosen(listed, agencies, wards, any_centre=any_centre))[:MOST_OFFICES]
    says = _SAYS["offices" if offices else "agencies" if agencies else "nothing"][locale == "en"]
    of_communes = any_centre or any(meant(agency)[1] == "commune" for agency in agencies)
    return WhereToGo(
        agencies, offices, wards is None and of_communes and not elsewhere, says.format("; ".join(agencies))
    )


def chosen(
    listed: Sequence[Listed], agencies: Sequence[str], wards: Sequence[str] | None, *, any_centre: bool
) -> Iterator[OfficeToGo]:
    """Those of the offices that take it, whoever is in charge first. One of a commune is for the wards it is in."""
    said = [meant(agency) for agency in agencies]
    centres = []
    for office in listed:
        name = f"{_COMMITTEE.sub(COMMITTEE, fold(office.name))} "
        is_near = wards is not None and office.ward_code in wards
        if any(_is(name, words, rank) for words, rank in said) and (is_near or not _of_commune(name)):
            yield OfficeToGo(office.id, office.name, office.unit, office.ward_code, "in_charge")
        elif any_centre and name.startswith(_CENTRES) and (is_near or (wards is None and _of_province(name))):
            centres.append(OfficeToGo(office.id, office.name, office.unit, office.ward_code, "any_centre"))
    yield from centres


def meant(agency: str) -> tuple[str, Rank | None]:
    """The folded name of an agency without its level, and the level. What was of districts is nobody's now: ""."""
    name = _HEAD.sub("", _COMMITTEE.sub(COMMITTEE, fold(agency)))
    found = _RANKED.match(name)
    if found is None:
        # One word alone ("Thuế", "Bộ") would be half the offices there are.
        return (name if " " in name else ""), None
    if found[2] is None and found[3] is None:
        return "", None
    return found[1], "commune" if found[2] else "province"


def _is(name: str, words: str, rank: Rank | None) -> bool:
    if not words or not name.startswith(f"{words} "):
        return False
    unit = name[len(words) + 1 :]
    return rank is None or unit.startswith(_UNIT[rank]) or (rank == "province" and not unit)


def _of_commune(name: str) -> bool:
    return any(f" {unit}" in name for unit in _UNIT["commune"])


def _of_province(name: str) -> bool:
    return any(name.startswith(f"{centre} {unit}") for centre in _CENTRES for unit in _UNIT["province"])
