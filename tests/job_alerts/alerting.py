"""People who saved searches, postings that open, and what became of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from longan.floor.messages import search_alerts
from longan.floor.search import saved_searches
from longan.floor.search.saved_searches import Cadence
from longan.floor.search.searchable import searchable
from longan.rooms.job_alerts import domain, store, tasks
from longan.rooms.job_alerts.models import JobFiltersIn
from tests.conftest import OnePool

SEARCHES = "/v1/me/saved-searches"
HOME = "80"


async def person(conn: Any) -> UUID:
    account = uuid4()
    await conn.execute(
        "insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, '')", account, account.bytes
    )
    return account


async def saved(
    conn: Any, account: UUID, now: datetime, *, cadence: Cadence = "instant", name: str = "Việc tôi tìm",
    **filters: object,
) -> UUID:  # fmt: skip
    """A search saved at `now`."""
    asked = msgspec.convert(filters, JobFiltersIn)
    demanded = await domain.criteria(conn, HOME, now, asked)
    kept = await saved_searches.save(
        conn, account, "jobs", name, cadence, search_alerts.written(asked), demanded, now
    )  # fmt: skip
    return kept.id


async def posting(
    conn: Any, now: datetime, *, title: str = "Thợ may mẫu", ward: str = "27694", **columns: object
) -> UUID:
    """A posting of an employer of its own that opens at `now`, as a member's click makes it."""
    employer = columns.pop("employer_id", None) or await conn.fetchval(
        """insert into employers.employers
                  (tax_code_index, tax_code, name, ward_version, ward_code, status, verified_at)
           select $1, '0300588569', 'Công ty Thử Báo Tin', ward_version, ward_code, 'verified', $2
             from jobs.postings limit 1 returning id""",
        uuid4().bytes, now,
    )  # fmt: skip
    given = {
        "title": title, "search_text": searched(title), "employer_id": employer, "published_at": now,
        "expires_at": now + timedelta(days=30), "status": "open", **columns,
    }  # fmt: skip
    places = ", ".join(f"${number}" for number, _ in enumerate(given, 2))
    made: UUID = await conn.fetchval(
        f"""insert into jobs.postings (description, title_marked, ward_version, ward_code, province_code, lat, lon,
                                       pay_min, openings, {", ".join(given)})
            select 'x', '', u.version, u.code, u.province_code, u.lat, u.lon, 9000000, 3, {places}
              from places.units u
             where u.version = places.version_on($1::timestamptz) and u.code = '{ward}'
            returning id""",
        now, *given.values(),
    )  # fmt: skip
    await noted(conn, made, now)
    return made


async def noted(conn: Any, job: UUID, opened_at: datetime) -> None:
    """On record as opened then."""
    await conn.execute(
        """insert into jobs.history (posting_id, version, side, from_status, to_status, changed_at)
           values ($1, 2, 'employer', 'draft', 'open', $2)""",
        job, opened_at,
    )  # fmt: skip


def searched(title: str) -> str:
    return searchable(title, "Công ty Thử Báo Tin").search_text


async def found(conn: Any, job: UUID) -> dict[UUID, list[UUID]]:
    """Whom it was noted for, and by which of their searches."""
    rows = await conn.fetch("select account_id, search_ids from job_alerts.hits where posting_id = $1", job)
    return {row["account_id"]: list(row["search_ids"]) for row in rows}


async def opened(conn: Any, job: UUID, now: datetime, *, an_hour: int = 5) -> list[UUID]:
    """The whole task; whom it told."""
    await store.match(conn, job, now)
    told: list[UUID] = []
    more = True
    while more:
        some, more = await tasks.alert(pool_of(conn), job, now, an_hour=an_hour)
        told += some
    return told


def pool_of(conn: Any) -> Any:
    """A pool, of the one connection where it is one."""
    return conn if hasattr(conn, "acquire") else OnePool(conn)


async def inbox(conn: Any, account: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Topics and params, in order."""
    rows = await conn.fetch(
        "select topic, params::text as params from notifications.inbox where account_id = $1 order by created_at, id",
        account,
    )
    return [(row["topic"], msgspec.json.decode(row["params"])) for row in rows]


async def create(
    client: httpx.AsyncClient, headers: dict[str, str], expected: int = 201, **body: object
) -> dict[str, Any]:
    asked = {"name": "May ở Bến Lức", "filters": {"q": "may"}, **body}
    answer = await client.post(SEARCHES, json=asked, headers={**headers, "Idempotency-Key": str(uuid4())})
    assert answer.status_code == expected, answer.text
    made: dict[str, Any] = answer.json()
    return made
