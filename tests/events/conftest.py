"""One app for all tests of streams: everybody in them is somebody new."""

from collections.abc import AsyncIterator

import pytest

from longan.floor.setup.settings import Settings
from tests.conftest import Copies, Real, TestClock, made_real


@pytest.fixture(scope="package")
async def real(copies: Copies, settings: Settings) -> AsyncIterator[Real]:
    async with made_real(copies, settings, TestClock()) as made:
        yield made
