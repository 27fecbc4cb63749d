"""The files that docs/job-import.md shows are taken as they stand there."""

import json
import re
from pathlib import Path

import asyncpg
import httpx
import pytest

import longan
from longan.floor.postings.job_sheets import HEADINGS
from longan.floor.postings.job_terms import READERS
from longan.floor.postings.job_vocabulary import KINDS
from longan.floor.search.search import fold
from tests.conftest import Bearer, TestClock
from tests.job_exchange.files import imported

PAGE = (Path(longan.__file__).parents[2] / "docs" / "job-import.md").read_text(encoding="utf-8")


def shown(language: str) -> bytes:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1].encode()


@pytest.mark.parametrize(("language", "kind", "count"), [("csv", "text/csv", 2), ("json", "application/ld+json", 1)])
async def test_a_file_of_the_page_becomes_drafts(
    language: str, kind: str, count: int, client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer,
    clock: TestClock,
) -> None:  # fmt: skip
    over, rows = await imported(client, conn, bearer, clock, shown(language), kind=kind)

    assert (over["made"], over["refused"], over["unknown_columns"]) == (count, 0, []), rows


def test_the_page_names_every_heading_every_member_and_every_word_we_write() -> None:
    names = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
    named, page = {fold(name) for name in names}, fold(PAGE)

    assert {fold(heading) for heading in HEADINGS} <= named
    assert {name for name in READERS if not name.startswith(("@", "urn"))} <= set(names)
    assert not [
        names for words in KINDS.values() for names in words.values() if not any(fold(n) in page for n in names)
    ]
    assert json.loads(shown("json"))["@type"] == "JobPosting"
