"""Rules of the room: how a person is shown to themself, and what they may change."""

from datetime import datetime
from typing import TypeVar

import asyncpg
import msgspec

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, Stale
from longan.floor.postings.postings import Shift
from longan.floor.search.search import fold
from longan.floor.setup.crypto import Sealed
from longan.rooms.people import store
from longan.rooms.people.models import Person, PersonChange, Role

V = TypeVar("V")


async def shown(conn: asyncpg.Connection, phones: Sealed, me: Principal, now: datetime) -> Person:
    """Raises `NotFound` for an account that is gone."""
    row = await store.me(conn, me.account_id, now)
    if row is None:
        raise NotFound
    return Person(
        id=row["id"],
        phone=phones.open(row["phone_cipher"], row["id"]) if row["phone_cipher"] else None,
        full_name=row["full_name"],
        birth_year=row["birth_year"],
        locale=row["locale"],
        ward_code=row["ward_code"],
        occupation_code=row["occupation_code"],
        skills=row["skills"],
        experience_months=row["experience_months"],
        education=row["education"],
        shifts=row["shifts"],
        wanted_month_pay=row["wanted_month_pay"],
        assurance_level=me.acr,
        roles=[Role(*role) for role in row["roles"]],
        version=row["version"],
    )


async def change(
    tx: asyncpg.Connection,
    phones: Sealed,
    me: Principal,
    wanted: PersonChange,
    versions: list[int] | None,
    now: datetime,
) -> Person:
    """Raises `Stale` when the profile was changed since, `WardUnknown`, `OccupationUnknown`, `InvalidRequest`."""
    for name in wanted.clear:
        if getattr(wanted, name) is not msgspec.UNSET:
            raise InvalidRequest(FieldError("/clear", "one_of_them"))
    birth_year = _or_none(wanted.birth_year)
    if birth_year is not None and birth_year > now.year:
        raise InvalidRequest(FieldError("/birth_year", "too_large"))
    saved = await store.save(
        tx, me.account_id, versions, full_name=_written(wanted.full_name), birth_year=birth_year,
        locale=_or_none(wanted.locale), ward_code=_or_none(wanted.ward_code),
        occupation_code=_or_none(wanted.occupation_code), skills=_skills(wanted.skills),
        experience_months=_or_none(wanted.experience_months), education=_or_none(wanted.education),
        shifts=_shifts(wanted.shifts), wanted_month_pay=_or_none(wanted.wanted_month_pay),
        clear=list(wanted.clear), now=now,
    )  # fmt: skip
    if not saved:
        raise Stale
    return await shown(tx, phones, me, now)


def _written(name: str | msgspec.UnsetType) -> str | None:
    """A name with single spaces; something visible is in it, which its type demands."""
    return None if isinstance(name, msgspec.UnsetType) else " ".join(name.split())


def _skills(skills: list[str] | msgspec.UnsetType) -> list[str] | None:
    """With single spaces, and each once, however it is spelled; without a letter there is none."""
    if isinstance(skills, msgspec.UnsetType):
        return None
    said: dict[str, str] = {}
    for skill in skills:
        if folded := fold(skill):
            said.setdefault(folded, " ".join(skill.split()))
    return list(said.values())


def _shifts(shifts: list[Shift] | msgspec.UnsetType) -> list[str] | None:
    return None if isinstance(shifts, msgspec.UnsetType) else list(dict.fromkeys(shifts))


def _or_none(value: V | msgspec.UnsetType) -> V | None:
    return None if isinstance(value, msgspec.UnsetType) else value
