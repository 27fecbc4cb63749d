"""A partner with a key, and officials of feedback."""

from datetime import datetime
from typing import Any

import asyncpg
import pytest

from longan.api.edge import Edge
from tests.conftest import new_account
from tests.feedback_desk.conftest import official, sent
from tests.open311.speaking import Key, give_key

__all__ = ["official", "sent"]


@pytest.fixture
async def key(conn: asyncpg.Connection, app: Edge, now: datetime) -> Key:
    # Made here once: where hypothesis calls again, chance repeats itself, phones and all.
    administrator = await new_account(conn, app, role="administrator")

    async def make(**given: Any) -> str:
        return await give_key(conn, administrator, now, **given)

    return make
