"""The world that the tests of pushes stand on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pushing import World, fresh_world

from longan.devkit import embedded


@pytest.fixture
async def world(services: embedded.Services, template: str, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, template, keys_dir, tmp_path) as made:
        yield made
