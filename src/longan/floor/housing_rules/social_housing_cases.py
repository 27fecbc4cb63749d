"""Cases of social housing that people keep: income and household, sealed with the data key of the person."""

from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from longan.floor.housing_rules.social_housing import SocialHousingCase
from longan.floor.setup.crypto import PersonKey, PersonKeys, Wrapped

PURPOSE = "social_housing"
"""Of the consent without which no case is kept."""

PLACE = "eligibility.cases.sealed"


class SealedHousingCase(msgspec.Struct, frozen=True):
    """A row with the data key of its person, wrapped."""

    account_id: UUID
    sealed: bytes
    wrap_key: str
    wrapped: bytes
    key_version: int


def seal(key: PersonKey, case: SocialHousingCase, account: UUID) -> bytes:
    """Filled up to one of few lengths: how much somebody has said shows otherwise."""
    said = msgspec.json.encode(case).decode()
    return key.seal(said.ljust(-(-len(said) // 512) * 512), PLACE, account)


def opened(keys: PersonKeys, row: SealedHousingCase) -> SocialHousingCase | None:
    """None for what was sealed with another key, or before something was asked for otherwise."""
    try:
        key = keys.open(Wrapped(row.wrap_key, row.wrapped, row.key_version), row.account_id)
        return msgspec.json.decode(key.open(row.sealed, PLACE, row.account_id), type=SocialHousingCase)
    except (InvalidTag, KeyError, msgspec.DecodeError):
        return None
