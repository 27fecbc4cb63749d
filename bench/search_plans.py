"""The plan that PostgreSQL has for a question of `bench.search`, as the API's connections plan it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from longan.floor.base.several import several
from longan.floor.database import db, facets
from longan.floor.database.db import Alone
from longan.floor.places.geo import metres
from longan.rooms.job_search import domain, store
from longan.rooms.job_search.models import Search

HOME = "80"
LIMIT = 21
NUMBERS = ("lat", "lon", "radius_km")


async def show(url: str, path: str, params: dict[str, str]) -> None:
    """Print it, with what it really took."""
    pool = await db.create_pool(url, 1, "plans")
    async with db.Acquired(pool, Alone()) as connection:
        sql, given = await _statement(connection, path, _asked(params))
        types = [kind.name for kind in (await connection.prepare(sql)).get_parameters()]
        await connection.execute(f"prepare asked ({', '.join(types)}) as {sql}")
        values = ", ".join(map(_literal, given))
        for row in await connection.fetch(f"explain (analyze, buffers) execute asked ({values})"):
            print(f"    {row[0]}")
    await pool.close()


def _asked(params: dict[str, str]) -> Search:
    lat, lon, radius = (float(params[name]) if name in params else None for name in NUMBERS)
    return Search(
        q=params.get("q"), place=params.get("place"), ward_code=params.get("ward_code"), lat=lat, lon=lon,
        metres=metres(lat, lon, radius), pay_min=int(params["pay_min"]) if "pay_min" in params else None,
        occupations=several("occupation", params.get("occupation"), str),
        shifts=several("shift", params.get("shift"), str), benefits=several("benefits", params.get("benefits"), str),
        published_within_days=int(params["published_within_days"]) if "published_within_days" in params else None,
        sort=params.get("sort"), now=datetime.now(UTC),  # type: ignore[arg-type]
    )  # fmt: skip


async def _statement(connection: asyncpg.Connection, path: str, asked: Search) -> tuple[str, Sequence[object]]:
    values = store.values_of(asked, await domain.meaning_of(connection, HOME, asked))
    if path.endswith("facets"):
        sql, names = facets.statement(store.LIST.name, store.DIMENSIONS, frozenset(values))
    else:
        sql, names = store.LIST.statement(store.sort_of(asked), frozenset(values), LIMIT)
    return sql, [values[name] for name in names]


def _literal(value: object) -> str:
    if isinstance(value, list):
        return f"array[{', '.join(map(_literal, value))}]::text[]"
    if isinstance(value, int | float):
        return str(value)
    assert isinstance(value, str | datetime | UUID)
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'"
