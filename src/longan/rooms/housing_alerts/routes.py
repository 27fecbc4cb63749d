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
from longan.rooms.housing_alerts import domain
from longan.rooms.housing_alerts.models import (
    HousingHit,
    HousingHitPage,
    SavedHousingSearch,
    SavedHousingSearchChange,
    SavedHousingSearchIn,
    SavedHousingSearchList,
)

EXAMPLE_IN = {
    "name": "Phòng ở Bến Lức",
    "filters": {"place": "Bến Lức", "rent_max": 2_000_000, "people": 2, "features": "loft,motorbike_parking"},
    "cadence": "instant",
}


@get("/v1/me/saved-housing-searches", tags=["housing_alerts"], opt=decided(auth="app", limit="lookup"))
async def list_saved_housing_searches(conn: Conn, me: Me) -> SavedHousingSearchList:
    """The searches for a place you have saved, the newest first: all of them, for there are at most 20"""
    return await domain.every(conn, me.account_id)


@post(
    "/v1/me/saved-housing-searches",
    tags=["housing_alerts"],
    opt=decided(auth="app", limit="write", idempotent=True, request_example=EXAMPLE_IN,
                raises=(*ward.PROBLEMS, SavedSearchesFull, SavedSearchExists)),
)  # fmt: skip
async def create_saved_housing_search(
    tx: Tx, me: Me, now: Now, home: Home, exchange: Ex, data: JSONBody[SavedHousingSearchIn]
) -> SavedHousingSearch:
    """Save a search for a place to live, to be told of new ones

    The filters are those of `list_housing`. A place is looked up now, and followed when wards merge; a job or a
    workplace is the point where it is now. `instant` tells of each new place, five an hour at most, and the rest comes
    with the digest of the day; `daily` and `weekly` (on Mondays) come at the digest hour of your preferences; `none`
    finds nothing until it is changed. New is what opens for the first time after the search was saved, or comes to fit
    within 60 days by a change; you are told of a place once, whichever of your searches it fits, and never of your own.
    """
    saved = await domain.create(tx, me.account_id, home, data, now)
    return exchange.tagged(saved, saved.version)


@get(
    "/v1/me/saved-housing-searches/{housing_search_id:uuid}",
    tags=["housing_alerts"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def get_saved_housing_search(
    conn: Conn, me: Me, exchange: Ex, housing_search_id: FromPath[UUID]
) -> SavedHousingSearch:
    """One of the searches for a place you have saved; `query` runs it with `list_housing`"""
    saved = await domain.one(conn, me.account_id, housing_search_id)
    return exchange.tagged(saved, saved.version)


@patch(
    "/v1/me/saved-housing-searches/{housing_search_id:uuid}",
    tags=["housing_alerts"],
    opt=decided(auth="app", limit="write", if_match=True, request_example={"cadence": "weekly"},
                raises=(NotFound, *ward.PROBLEMS, SavedSearchExists)),
)  # fmt: skip
async def update_saved_housing_search(
    tx: Tx, me: Me, now: Now, home: Home, exchange: Ex, housing_search_id: FromPath[UUID],
    data: JSONBody[SavedHousingSearchChange],
) -> SavedHousingSearch:  # fmt: skip
    """Change what is named of a search for a place; new filters find what opens from now on

    Any change, if only to the same name, also says that the search is still wanted.
    """
    versions = exchange.expected_versions()
    saved = await domain.change(tx, me.account_id, housing_search_id, home, data, versions, now)
    return exchange.tagged(saved, saved.version)


@delete(
    "/v1/me/saved-housing-searches/{housing_search_id:uuid}",
    tags=["housing_alerts"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def delete_saved_housing_search(tx: Tx, me: Me, housing_search_id: FromPath[UUID]) -> None:
    """Look for this place no more; nothing is told of it from now on"""
    await saved_searches.delete(tx, me.account_id, "housing", housing_search_id)


@get(
    "/v1/me/saved-housing-searches/{housing_search_id:uuid}/hits",
    tags=["housing_alerts"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_saved_housing_search_hits(
    conn: Conn, me: Me, now: Now, pages: Pages, housing_search_id: FromPath[UUID], cursor: Cursor = None,
    limit: Limit = 20,
) -> HousingHitPage:  # fmt: skip
    """What one of your searches for a place has found since it was saved, the last first; kept for 90 days"""
    return await domain.hits_of(conn, pages, me.account_id, housing_search_id, now, cursor, limit)


@get("/v1/me/housing-alerts", tags=["housing_alerts"], opt=decided(auth="app", limit="lookup"))
async def list_housing_alerts(
    conn: Conn, me: Me, now: Now, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> HousingHitPage:
    """What all your searches for a place have found, the last first; kept for 90 days"""
    return await domain.hits(conn, pages, me.account_id, now, cursor=cursor, limit=limit)


@get(
    "/v1/me/housing-alerts/{housing_id:uuid}",
    tags=["housing_alerts"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def get_housing_alert(conn: Conn, me: Me, now: Now, pages: Pages, housing_id: FromPath[UUID]) -> HousingHit:
    """Why you were told of this place: which of your searches it fits, and what they demand"""
    return await domain.hit(conn, pages, me.account_id, housing_id, now)


HANDLERS = [
    list_saved_housing_searches, create_saved_housing_search, get_saved_housing_search, update_saved_housing_search,
    delete_saved_housing_search, list_saved_housing_search_hits, list_housing_alerts, get_housing_alert,
]  # fmt: skip
