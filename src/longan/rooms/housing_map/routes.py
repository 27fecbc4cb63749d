"""HTTP of the room."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from longan.floor.housing.housing_filters import (
    AreaMin,
    AvailableBy,
    CostMax,
    CurfewAfter,
    Features,
    Kinds,
    Parks,
    People,
    RentMax,
    RentMin,
    VerifiedOwner,
    Words,
    filters,
)
from longan.floor.requests.deps import Conn, Home, Now
from longan.floor.requests.policy import decided
from longan.rooms.housing_map import domain
from longan.rooms.housing_map.models import HousingClusters

BoxAsked = Annotated[
    str,
    QueryParameter(
        max_length=100,
        description="West, south, east, north in degrees: what a map shows, at most eight tiles (2,048 pixels) across",
    ),
]
Zoom = Annotated[
    int,
    QueryParameter(ge=domain.LEAST_ZOOM, le=domain.MOST_ZOOM, description="The zoom of a web map: 6, a country, to 18"),
]

EXAMPLE = {
    "level": 13, "total": 41, "at_least": False,
    "clusters": [
        {"lat": 10.6412, "lon": 106.4837, "count": 40, "housing_id": None, "kind": None, "rent": None},
        {"lat": 10.6731, "lon": 106.5124, "count": 1, "housing_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11",
         "kind": "room", "rent": 1_500_000},
    ],
}  # fmt: skip


@get(
    "/v1/housing/clusters",
    tags=["housing_map"],
    opt=decided(auth="public", limit="lookup", cache="housing", example=EXAMPLE),
)
async def list_housing_clusters(
    conn: Conn, now: Now, home: Home, bbox: BoxAsked, zoom: Zoom, q: Words = None, park: Parks = None,
    rent_min: RentMin = None, rent_max: RentMax = None, cost_max: CostMax = None, area_min: AreaMin = None,
    people: People = None, kind: Kinds = None, features: Features = None, curfew_after: CurfewAfter = None,
    available_by: AvailableBy = None, verified_owner: VerifiedOwner = None,
) -> HousingClusters:  # fmt: skip
    """How many places to rent there are where, for a map: each lies in exactly one cluster

    All are counted where nothing but `kind` and round rents is asked for (half millions up to 3 million, 4, 5, 7 and
    10 million) up to zoom 14, else at most 5,000 of them.
    """
    asked = filters(
        now, q=q, park=park, rent_min=rent_min, rent_max=rent_max, cost_max=cost_max, area_min=area_min, people=people,
        kind=kind, features=features, curfew_after=curfew_after, available_by=available_by,
        verified_owner=verified_owner,
    )  # fmt: skip
    return await domain.clusters(conn, home, domain.box_of(bbox), zoom, asked)


HANDLERS = [list_housing_clusters]
