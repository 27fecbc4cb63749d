"""The text of rules on social housing that holds: the newest that officials have published, else that of the package.

It is asked for together with what needs it, so that no process judges by rules that hold no more; it is read once.
"""

import hashlib
import logging
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import maybe
from longan.floor.housing_rules.social_housing_rules import Rules, read, rules
from longan.floor.pay_and_days.dated_rules import BadRules, packaged

Connection: TypeAlias = asyncpg.Connection | asyncpg.Pool | asyncpg.pool.PoolConnectionProxy

FAMILY = "social_housing"
"""Of the cached answers that a new text throws away."""

log = logging.getLogger("longan.social_housing")


class InForce(msgspec.Struct, frozen=True):
    """`id` and `published_at` are null for the rules in the package; `fingerprint` changes with the text."""

    id: UUID | None
    published_at: datetime | None
    fingerprint: str
    rules: Rules


class Newest(msgspec.Struct, frozen=True):
    id: UUID
    published_at: datetime
    text: str


NEWEST = """-- social_housing_texts.newest
select t.id, t.published_at, t.text from eligibility_rules.texts t where t.id = eligibility_rules.newest()"""


async def in_force(conn: Connection) -> InForce:
    """What answers are judged by now. A text that a later release cannot read any more gives way to the package's."""
    found = maybe(await conn.fetchrow(NEWEST), Newest)
    if found is not None:
        try:
            return InForce(found.id, found.published_at, fingerprint(found.text), _read(found.text))
        except BadRules:
            log.exception("published rules cannot be read; those in the package hold")
    return InForce(None, None, fingerprint(packaged("social_housing_rules.toml").decode()), rules())


def fingerprint(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=4)
def _read(text: str) -> Rules:
    return read(text.encode())
