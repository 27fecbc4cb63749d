"""People who saved searches for a place to live, listings that open, and what became of it."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from longan.floor.messages import search_alerts
from longan.floor.search import saved_searches, search
from longan.floor.search.saved_searches import Cadence
from longan.rooms.housing_alerts import domain, store, tasks
from longan.rooms.housing_alerts.models import HousingFiltersIn
from tests.conftest import OnePool
from tests.job_alerts.alerting import person

SEARCHES = "/v1/me/saved-housing-searches"
HOME = "80"


async def saved(
    conn: Any, account: UUID, now: datetime, *, cadence: Cadence = "instant", name: str = "Chỗ tôi tìm",
    **filters: object,
) -> UUID:  # fmt: skip
    """A search saved at `now`."""
    asked = msgspec.convert(filters, HousingFiltersIn, strict=False)
    demanded = await domain.criteria(conn, HOME, now, asked)
    kept = await saved_searches.save(
        conn, account, "housing", name, cadence, search_alerts.written(asked), demanded, now
    )  # fmt: skip
    return kept.id


async def room(
    conn: Any, now: datetime, *, title: str = "Phòng trọ có gác mẫu", ward: str = "27694", **columns: object
) -> UUID:
    """A listing of a landlord of its own that opens at `now`."""
    owner = None if "employer_id" in columns else columns.pop("owner_id", None) or await person(conn)
    given: dict[str, object] = {
        "title": title, "search_text": search.fold(title), "title_marked": search.mark(title), "owner_id": owner,
        "kind": "room", "status": "open", "rent": 1_500_000, "cost_month": 1_800_000, "cost_share": 1_000_000,
        "cost_two": 1_000_000, "cost_three": 800_000, "cost_four": 700_000,
        **columns,
    }  # fmt: skip
    places = ", ".join(f"${number}" for number, _ in enumerate(given, 2))
    made: UUID = await conn.fetchval(
        f"""insert into housing.listings (ward_version, ward_code, province_code, lat, lon, cost_complete, cost_on,
                                          published_at, confirmed_at, stale_at, {", ".join(given)})
            select u.version, u.code, u.province_code, u.lat, u.lon, true, '2026-01-01', $1::timestamptz,
                   $1::timestamptz, $1::timestamptz + interval '30 days', {places}
              from places.units u
             where u.version = places.version_on($1::timestamptz) and u.code = '{ward}'
            returning id""",
        now, *given.values(),
    )  # fmt: skip
    await noted(conn, made, now)
    return made


async def noted(conn: Any, listing: UUID, opened_at: datetime) -> None:
    """On record as opened then."""
    await conn.execute(
        """insert into housing.history (listing_id, version, side, from_status, to_status, changed_at)
           values ($1, 2, 'owner', 'draft', 'open', $2)""",
        listing, opened_at,
    )  # fmt: skip


async def found(conn: Any, listing: UUID) -> dict[UUID, list[UUID]]:
    """Whom it was noted for, and by which of their searches."""
    rows = await conn.fetch("select account_id, search_ids from housing_alerts.hits where listing_id = $1", listing)
    return {row["account_id"]: list(row["search_ids"]) for row in rows}


async def opened(conn: Any, listing: UUID, now: datetime, *, an_hour: int = 5) -> list[UUID]:
    """The whole task; whom it told."""
    await store.match(conn, listing, now)
    told: list[UUID] = []
    more = True
    while more:
        some, more = await tasks.alert(pool_of(conn), listing, now, an_hour=an_hour)
        told += some
    return told


def pool_of(conn: Any) -> Any:
    """A pool, of the one connection where it is one."""
    return conn if hasattr(conn, "acquire") else OnePool(conn)


async def create(
    client: httpx.AsyncClient, headers: dict[str, str], expected: int = 201, **body: object
) -> dict[str, Any]:
    asked = {"name": "Phòng ở Bến Lức", "filters": {"rent_max": 2_000_000}, **body}
    answer = await client.post(SEARCHES, json=asked, headers={**headers, "Idempotency-Key": str(uuid4())})
    assert answer.status_code == expected, answer.text
    made: dict[str, Any] = answer.json()
    return made
