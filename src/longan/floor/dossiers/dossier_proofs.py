"""Who may see a dossier: whoever knows its code and what else its receipt shows; and what was last seen of it.

The second factor is the last four characters of the applicant's phone, or of the number they filed with (of a person or
a business). An unknown code and a wrong factor are answered alike, counted alike and take as long: the source is asked
for both. How often somebody may guess is the rule of `dossier_tries`. Codes, accounts and factors are filed by HMAC
alone.
"""

import hmac
import re
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from msgspec import Meta

from longan.floor.base.errors import NotFound, Unavailable
from longan.floor.database import db
from longan.floor.database.db import maybe
from longan.floor.dossiers import dossier_tries
from longan.floor.dossiers.dossier_codes import DossierCode
from longan.floor.dossiers.dossier_tries import Try
from longan.floor.dossiers.lgsp import Source, SourceDown
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.dossiers.rating_invitations import finished_since
from longan.floor.requests.deps import Ex
from longan.floor.requests.exchange import Exchange
from longan.floor.requests.limits import Strict, Window
from longan.floor.setup.crypto import Sealed

FACTOR_LETTERS = 4
# A number that is shorter, or that the source has masked, would be guessed too easily.
LEAST_NUMBER = 8
MASKS = frozenset("*•xX#")

HOUR, DAY = 3_600, 86_400
LOOKS_OF_ACCOUNT = (Window(30, HOUR), Window(100, DAY))
# Many phones share one address in a mobile network.
LOOKS_FROM_ADDRESS = (Window(600, HOUR),)
NO_SOURCE_SECONDS = 60

SecondFactor = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z]{4}(?![\r\n])$",
        max_length=4,
        description="The last four characters of the applicant's phone, or of the number they filed with (of a person, "
        "a business): the receipt shows both",
        examples=["4567"],
    ),
]


class DossierNotFound(NotFound):
    code = "dossier_not_found"
    vi, en = "Không có hồ sơ nào khớp mã và bốn ký tự này", "No dossier fits this code and these four characters"


class Known(msgspec.Struct, frozen=True):
    """A dossier as it was `as_of`, its applicant masked; `stale`: the source did not answer now."""

    dossier: Dossier
    as_of: datetime
    stale: bool


class Kept(msgspec.Struct, frozen=True):
    """What was last seen: the dossier sealed for its row, its factors by HMAC."""

    id: UUID
    factors: list[bytes]
    sealed: bytes
    as_of: datetime


class SeenDossier(Dossier, frozen=True, kw_only=True):
    """As it is kept. `finished_at` is since when it is finished, as its source says or, where it does not, as it was
    first seen here; None while it is not."""

    finished_at: datetime | None = None


def factors(dossier: Dossier) -> list[str]:
    """What proves that somebody holds the receipt; nothing where the source does not tell the numbers whole."""
    numbers = [number for number in (dossier.phone, dossier.identity) if number and not MASKS & set(number)]
    plain = [re.sub(r"[^0-9A-Z]", "", number.upper()) for number in numbers]
    return [number[-FACTOR_LETTERS:] for number in plain if len(number) >= LEAST_NUMBER]


def is_one_of(given: bytes, good: list[bytes]) -> bool:
    """Takes as long whichever it is, and whether it is."""
    found = False
    for each in good:
        found |= hmac.compare_digest(given, each)
    return found


def masked(name: str | None) -> str | None:
    """A name as its bearer would know it again and nobody else: N••• V••• T•••."""
    return " ".join(f"{word[0]}•••" for word in name.split()) if name else None


def without_person(dossier: Dossier) -> Dossier:
    """As it is kept and shown: the applicant masked, and no number of theirs."""
    return msgspec.structs.replace(dossier, applicant=masked(dossier.applicant), phone=None, identity=None)


def sealed_for(row: UUID, numbers: Sealed, shown: Dossier, before: Kept | None, now: datetime) -> bytes:
    """The dossier for its row, with the day since when it is finished; `before` is what the row had."""
    last = None if before is None else seen(numbers, before.id, before.sealed).finished_at
    whole = SeenDossier(**msgspec.structs.asdict(shown), finished_at=finished_since(shown, last, now))
    return numbers.seal(msgspec.json.encode(whole).decode(), row)


def seen(numbers: Sealed, row: UUID, sealed: bytes) -> SeenDossier:
    return msgspec.json.decode(numbers.open(sealed, row), type=SeenDossier)


class Proofs(msgspec.Struct, frozen=True):
    """What proving needs of its process. `asking` is the request of somebody who is signed in."""

    pool: asyncpg.Pool
    strict: Strict
    numbers: Sealed
    source: Source | None
    asking: Exchange

    def connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        # What the source took to answer is no time that the database took.
        self.asking.until = None
        return db.Acquired(self.pool, self.asking)

    def code_index(self, code: str) -> bytes:
        return self.numbers.index(f"dossier {code}")

    def holder_index(self, code: str) -> bytes:
        return self.numbers.index(f"dossier holder {self.asking.me().account_id} {code}")

    def factor_index(self, code: str, factor: str) -> bytes:
        return self.numbers.index(f"dossier factor {code} {factor.upper()}")

    async def look(self, code: DossierCode, factor: str, now: datetime) -> Known:
        """The dossier, for whoever proves that they hold its receipt.

        Raises `DossierNotFound`; `RateLimited`; `Unavailable` while the source does not answer and nothing that this
        factor opens was seen before, and without Valkey.
        """
        account = self.asking.me().account_id
        await self.strict.take(
            [(f"dossier:look:{account}:{each.seconds}", each) for each in LOOKS_OF_ACCOUNT]
            + [(f"dossier:look-from:{self.asking.client}:{each.seconds}", each) for each in LOOKS_FROM_ADDRESS]
        )
        async with self.connection() as tx, tx.transaction():
            begun = await dossier_tries.begin(tx, self.holder_index(code.text), self.code_index(code.text), now)
        given = self.factor_index(code.text, factor)
        try:
            found = await self._asked(code.text)
        except SourceDown as down:
            return await self._as_last_seen(code.text, given, begun, now, down.retry_after)
        good = [] if found is None else [self.factor_index(code.text, each) for each in factors(found)]
        if not is_one_of(given, good) or found is None:
            raise DossierNotFound
        shown = without_person(found)
        async with self.connection() as tx, tx.transaction():
            kept = await self._kept(tx, code.text)
            row = await tx.fetchval(NEW_ROW) if kept is None else kept.id
            sealed = sealed_for(row, self.numbers, shown, kept, now)
            await tx.execute(KEEP, row, self.code_index(code.text), good, sealed, now)
            await dossier_tries.proven(tx, begun, now)
        return Known(shown, now, stale=False)

    async def _asked(self, code: str) -> Dossier | None:
        if self.source is None:
            raise SourceDown("none is set up", NO_SOURCE_SECONDS)
        return await self.source.dossier(code)

    async def _kept(self, tx: asyncpg.Connection, code: str) -> Kept | None:
        return maybe(await tx.fetchrow(KEPT, self.code_index(code)), Kept)

    async def _as_last_seen(self, code: str, given: bytes, begun: Try, now: datetime, retry_after: int) -> Known:
        async with self.connection() as tx, tx.transaction():
            kept = await self._kept(tx, code)
            if kept is None:
                await dossier_tries.untried(tx, begun)
            elif is_one_of(given, kept.factors):
                await dossier_tries.proven(tx, begun, now)
        if kept is None or not is_one_of(given, kept.factors):
            raise Unavailable(retry_after)
        shown = msgspec.json.decode(self.numbers.open(kept.sealed, kept.id), type=Dossier)
        return Known(shown, kept.as_of, stale=True)


# What is sealed is bound to the id of its row, so the id is known ahead of the row.
NEW_ROW = """-- dossier_proofs.new_row
select uuidv7()"""

REMEMBER = """-- dossier_proofs.remember
select d.id, d.factors, d.sealed, d.as_of
  from dossiers.dossiers d
 where d.code_index = $1 and d.as_of <= $2
   for update"""

REPLACE = """-- dossier_proofs.replace
update dossiers.dossiers d set factors = $2, sealed = $3, as_of = $4 where d.id = $1"""


async def remember(tx: asyncpg.pool.PoolConnectionProxy, numbers: Sealed, found: Dossier, now: datetime) -> None:
    """What its source says now of a dossier that somebody has looked up: the last known state for when it is away."""
    code = found.code
    kept = maybe(await tx.fetchrow(REMEMBER, numbers.index(f"dossier {code}"), now), Kept)
    if kept is not None:
        good = [numbers.index(f"dossier factor {code} {each}") for each in factors(found)]
        sealed = sealed_for(kept.id, numbers, without_person(found), kept, now)
        await tx.execute(REPLACE, kept.id, good, sealed, now)


KEEP = """-- dossier_proofs.keep
insert into dossiers.dossiers as d (id, code_index, factors, sealed, as_of) values ($1, $2, $3, $4, $5)
    on conflict (code_index) do update
   set id = excluded.id, factors = excluded.factors, sealed = excluded.sealed, as_of = excluded.as_of
 where d.as_of <= excluded.as_of"""

KEPT = """-- dossier_proofs.kept
select d.id, d.factors, d.sealed, d.as_of from dossiers.dossiers d where d.code_index = $1"""


# `state.numbers` seals whatever bears a number of a person.
def proofs(exchange: Ex, state: State) -> Proofs:
    return Proofs(
        pool=state.pool, strict=state.strict, numbers=state.numbers, source=state.dossier_source, asking=exchange
    )


AtProofs = NamedDependency[Proofs]
PROOFS = {"proofs": Provide(proofs, sync_to_thread=False)}
