"""HTTP of the room."""

from uuid import UUID

from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.places import ward
from longan.floor.requests.deps import Conn, Ex, Home, Me, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.floor.search import saved_searches
from longan.floor.search.saved_searches import SavedSearchesFull, SavedSearchExists
from longan.rooms.job_alerts import domain
from longan.rooms.job_alerts.models import (
    JobHit,
    JobHitPage,
    SavedSearch,
    SavedSearchChange,
    SavedSearchIn,
    SavedSearchList,
)

EXAMPLE_IN = {
    "name": "May ở Bến Lức",
    "filters": {"q": "công nhân may", "place": "Bến Lức", "pay_min": 8_000_000, "benefits": "bus,meals"},
    "cadence": "instant",
}


@get("/v1/me/saved-searches", tags=["job_alerts"], opt=decided(auth="app", limit="lookup"))
async def list_saved_searches(conn: Conn, me: Me) -> SavedSearchList:
    """The searches you have saved, the newest first: all of them, for there are at most 20"""
    return await domain.every(conn, me.account_id)


@post(
    "/v1/me/saved-searches",
    tags=["job_alerts"],
    opt=decided(auth="app", limit="write", idempotent=True, request_example=EXAMPLE_IN,
                raises=(*ward.PROBLEMS, SavedSearchesFull, SavedSearchExists)),
)  # fmt: skip
async def create_saved_search(
    tx: Tx, me: Me, now: Now, home: Home, exchange: Ex, data: JSONBody[SavedSearchIn]
) -> SavedSearch:
    """Save a search of jobs, to be told of new ones

    The filters are those of `list_jobs`. A place is looked up now, and followed when wards merge. `instant` tells of
    each new posting, five an hour at most, and the rest comes with the digest of the day; `daily` and `weekly` (on
    Mondays) come at the digest hour of your preferences; `none` finds nothing until it is changed. New is what opens
    for the first time after the search was saved; you are told of a posting once, whichever of your searches it fits.
    """
    saved = await domain.create(tx, me.account_id, home, data, now)
    return exchange.tagged(saved, saved.version)


@get(
    "/v1/me/saved-searches/{saved_search_id:uuid}",
    tags=["job_alerts"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def get_saved_search(conn: Conn, me: Me, exchange: Ex, saved_search_id: FromPath[UUID]) -> SavedSearch:
    """One of the searches you have saved; `query` runs it with `list_jobs`"""
    saved = await domain.one(conn, me.account_id, saved_search_id)
    return exchange.tagged(saved, saved.version)


@patch(
    "/v1/me/saved-searches/{saved_search_id:uuid}",
    tags=["job_alerts"],
    opt=decided(auth="app", limit="write", if_match=True, request_example={"cadence": "weekly"},
                raises=(NotFound, *ward.PROBLEMS, SavedSearchExists)),
)  # fmt: skip
async def update_saved_search(
    tx: Tx, me: Me, now: Now, home: Home, exchange: Ex, saved_search_id: FromPath[UUID],
    data: JSONBody[SavedSearchChange],
) -> SavedSearch:  # fmt: skip
    """Change what is named; new filters find what opens from now on

    Any change, if only to the same name, also says that the search is still wanted.
    """
    versions = exchange.expected_versions()
    saved = await domain.change(tx, me.account_id, saved_search_id, home, data, versions, now)
    return exchange.tagged(saved, saved.version)


@delete(
    "/v1/me/saved-searches/{saved_search_id:uuid}",
    tags=["job_alerts"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def delete_saved_search(tx: Tx, me: Me, saved_search_id: FromPath[UUID]) -> None:
    """Look for this no more; nothing is told of it from now on"""
    await saved_searches.delete(tx, me.account_id, "jobs", saved_search_id)


@get(
    "/v1/me/saved-searches/{saved_search_id:uuid}/hits",
    tags=["job_alerts"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_saved_search_hits(
    conn: Conn, me: Me, now: Now, pages: Pages, saved_search_id: FromPath[UUID], cursor: Cursor = None,
    limit: Limit = 20,
) -> JobHitPage:  # fmt: skip
    """What one of your searches has found since it was saved, the last first; kept for 90 days"""
    return await domain.hits_of(conn, pages, me.account_id, saved_search_id, now, cursor, limit)


@get("/v1/me/job-alerts", tags=["job_alerts"], opt=decided(auth="app", limit="lookup"))
async def list_job_alerts(
    conn: Conn, me: Me, now: Now, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> JobHitPage:
    """What all your searches have found, the last first; kept for 90 days"""
    return await domain.hits(conn, pages, me.account_id, now, cursor=cursor, limit=limit)


@get(
    "/v1/me/job-alerts/{job_id:uuid}", tags=["job_alerts"], opt=decided(auth="app", limit="lookup", raises=(NotFound,))
)
async def get_job_alert(conn: Conn, me: Me, now: Now, pages: Pages, job_id: FromPath[UUID]) -> JobHit:
    """Why you were told of this job: which of your searches it fits, and what they demand"""
    return await domain.hit(conn, pages, me.account_id, job_id, now)


HANDLERS = [
    list_saved_searches, create_saved_search, get_saved_search, update_saved_search, delete_saved_search,
    list_saved_search_hits, list_job_alerts, get_job_alert,
]  # fmt: skip
