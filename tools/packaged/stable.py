"""Chance that comes out the same each time: everything is drawn from a hash of what it is drawn for."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


def draw(key: str, below: int) -> int:
    """A number from 0 up to `below`, which it never reaches."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % below


def share(key: str) -> float:
    """A number from 0 up to 1, which it never reaches."""
    return draw(key, 2**53) / 2**53


def pick(key: str, choices: Sequence[T]) -> T:
    return choices[draw(key, len(choices))]


def uuid7(milliseconds: int, key: str) -> UUID:
    """A UUIDv7 whose time is `milliseconds` since 1970 and whose random part is a hash of `key`."""
    chance = int.from_bytes(hashlib.sha256(key.encode()).digest()[:10])
    bits = milliseconds << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    return UUID(int=bits)
