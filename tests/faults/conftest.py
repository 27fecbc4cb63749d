"""One world for all tests of faults: starting one takes longer than hurting it."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import pytest

from longan.devkit import embedded
from longan.floor.setup.settings import Settings
from tests.conftest import Copies, TestClock, made_real
from tests.faults import world as worlds
from tests.faults.house import House, built


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Tells whoever waits for minutes how far it is."""

    def said(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)

    return said


@pytest.fixture(scope="session")
async def world(services: embedded.Services, template: str, keys_dir: Path) -> AsyncIterator[worlds.World]:
    with tempfile.TemporaryDirectory(prefix="longan-faults-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            folder.chmod(0o711)  # the database's own user must pass through
        async with worlds.made(folder, keys_dir, services.database_url, template) as made:
            yield made


class StillClock(TestClock):
    """However long the walk takes, nobody's token ends on the way."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = super().__call__()

    def __call__(self) -> datetime:
        return self._begun + self.ahead


@pytest.fixture(scope="session")
async def house(copies: Copies, settings: Settings) -> AsyncIterator[House]:
    """One house for all who walk through it: they are refused nearly everything."""
    async with made_real(copies, settings, StillClock()) as real, built(real) as made:
        yield made
