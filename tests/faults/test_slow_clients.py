"""A phone whose network is slow is answered like any other: its time is not the database's."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from longan.floor.database import db
from tests.conftest import Real


async def test_the_time_a_body_takes_to_arrive_is_not_taken_from_the_database(
    real: Real, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first question, who is calling, is asked before the body is read, and the others after it."""
    monkeypatch.setattr(db, "REQUEST_SECONDS", 0.2)
    monkeypatch.setattr(db, "GRACE_SECONDS", 0.1)
    headers = await real.bearer() | {"If-Match": "*", "Content-Type": "application/json"}

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"full_name":'
        await asyncio.sleep(0.6)
        yield b'"Nguy\xe1\xbb\x85n Th\xe1\xbb\x8b An"}'

    answer = await real.client.patch("/v1/me", headers=headers, content=slowly())

    assert (answer.status_code, answer.json()["full_name"]) == (200, "Nguyễn Thị An")
