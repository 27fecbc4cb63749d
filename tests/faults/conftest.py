"""One world for all tests of faults: starting one takes longer than hurting it."""

import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from longan.devkit import embedded
from tests.conftest import Real
from tests.faults import world as worlds
from tests.faults.house import House, built


@pytest.fixture(scope="session")
async def world(services: embedded.Services, template: str, keys_dir: Path) -> AsyncIterator[worlds.World]:
    with tempfile.TemporaryDirectory(prefix="longan-faults-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            folder.chmod(0o711)  # the database's own user must pass through
        async with worlds.made(folder, keys_dir, services.database_url, template) as made:
            yield made


@pytest.fixture
async def house(real: Real) -> AsyncIterator[House]:
    async with built(real) as made:
        yield made
