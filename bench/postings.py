"""Makes many postings out of the sample's real ones: what, where and when are drawn apart, each as often as it is real.

The same seed makes the same rows, but for the day they are shifted to.
"""

import gzip
import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TypeVar
from uuid import UUID

import msgspec

from bench.pairs import EMPLOYER_PREFIX, JOB_PREFIX, numbered
from longan.devkit.sample import reading
from longan.devkit.sample.load import Employer, Posting
from longan.floor.pay_and_days.pay import PayIn
from longan.floor.search.search import fold
from longan.floor.search.searchable import searchable
from longan.floor.setup.crypto import Sealed
from longan.reference.load import json_lines

SEED = 20_250_701
DAY_SECONDS = 86_400
METRES_PER_DEGREE = 111_000

# What a posting says of its work, as the sample is read.
READ = (
    "effective_month", "effective_hour", "occupation_code", "contract", "shift", "week_days", "benefits",
    "experience_months", "education", "park_code",
)  # fmt: skip
EMPLOYER_COLUMNS = (
    "id", "tax_code_index", "tax_code", "name", "search_text", "ward_version", "ward_code", "status", "verified_at",
)  # fmt: skip
POSTING_COLUMNS = (
    "id", "employer_id", "status", "title", "description", "search_text", "title_marked", "ward_version", "ward_code",
    "province_code", "lat", "lon", "pay_min", "pay_max", "pay_currency", "pay_period", *READ, "openings",
    "place_source", "published_at", "expires_at", "created_at", "updated_at",
)  # fmt: skip

S = TypeVar("S", bound=msgspec.Struct)
Row = tuple[object, ...]


class Made(msgspec.Struct, frozen=True):
    """The rows of employers and of postings, oldest posting first, in the order of the columns above."""

    employers: list[Row]
    postings: list[Row]


def make(count: int, now: datetime, numbers: Sealed, parks: dict[str, tuple[str, str]]) -> Made:
    """`count` open postings, published before `now`, and as many employers as they have in the sample. `parks` are code
    and ward of each industrial park by its folded name."""
    chance = random.Random(SEED)
    employers, postings = _rows(Employer, "employers.jsonl.gz"), _rows(Posting, "postings.jsonl.gz")
    names = {employer.id: employer.name for employer in employers}
    said = {posting.id: _read(posting, parks) for posting in postings}
    sizes = list(Counter(posting.employer_id for posting in postings).values())
    made_employers: list[Row] = []
    made_names: list[str] = []
    employer_of: list[int] = []
    while len(employer_of) < count:
        number, like = len(made_employers), chance.choice(employers)
        code = f"97{number:08d}"
        made_names.append(f"{like.name} {number + 1}")
        made_employers.append((
            numbered(EMPLOYER_PREFIX, number), numbers.index(code), code, made_names[-1], fold(made_names[-1]),
            like.ward_version,
            like.ward_code, "verified", now,
        ))  # fmt: skip
        employer_of += [number] * chance.choice(sizes)
    del employer_of[count:]
    chance.shuffle(employer_of)
    moments = sorted(_moment(chance, chance.choice(postings), now) for _ in range(count))
    made = [
        _posting(chance, number, postings, said, names, employer, made_names[employer], moment)
        for number, (employer, moment) in enumerate(zip(employer_of, moments, strict=True))
    ]
    return Made(made_employers, made)


def _moment(chance: random.Random, like: Posting, now: datetime) -> tuple[datetime, datetime]:
    """When it is published and when it ends, within a day of a real posting's."""
    published = now + timedelta(seconds=like.published_offset - chance.uniform(1, DAY_SECONDS))
    expires = now + timedelta(seconds=like.expires_offset + chance.uniform(0, DAY_SECONDS))
    return published, expires


def _posting(
    chance: random.Random, number: int, like: list[Posting], said: dict[UUID, dict[str, object]],
    names: dict[UUID, str], employer: int, name: str, moment: tuple[datetime, datetime],
) -> Row:  # fmt: skip
    what, where = chance.choice(like), chance.choice(like)
    published, expires = moment
    found_by, lat, lon = searchable(what.title, name), where.lat + _metres(chance), where.lon + _metres(chance)
    read = said[what.id] | {"park_code": said[where.id]["park_code"]}
    return (
        numbered(JOB_PREFIX, number), numbered(EMPLOYER_PREFIX, employer), "open", what.title,
        what.description.replace(names[what.employer_id], name), found_by.search_text, found_by.title_marked,
        where.ward_version, where.ward_code, where.province_code, lat, lon,
        what.pay_min, what.pay_max, what.pay_currency, what.pay_period,
        *(read[column] for column in READ), what.openings, "sample",
        published, expires, published, published,
    )  # fmt: skip


def _read(posting: Posting, parks: dict[str, tuple[str, str]]) -> dict[str, object]:
    pay = PayIn(posting.pay_min, posting.pay_max, posting.pay_currency, posting.pay_period)
    return reading.read(posting.title, posting.description, pay, posting.ward_code, parks)


def _metres(chance: random.Random) -> float:
    return chance.gauss(0, 500) / METRES_PER_DEGREE


def progress(rows: list[Row], step: int) -> Iterator[tuple[int, list[Row]]]:
    """The rows in pieces, each with the number of rows when it is done."""
    for start in range(0, len(rows), step):
        piece = rows[start : start + step]
        yield start + len(piece), piece


def _rows(shape: type[S], name: str) -> list[S]:
    return json_lines(shape, gzip.decompress((files("longan.devkit.sample") / "data" / name).read_bytes()))
