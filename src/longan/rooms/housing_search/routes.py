"""HTTP of the room."""

from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery

from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.housing.housing_filters import (
    AreaMin,
    AvailableBy,
    CostMax,
    CurfewAfter,
    Features,
    JobId,
    Kinds,
    Parks,
    People,
    RentMax,
    RentMin,
    VerifiedOwner,
    Words,
    Workplace,
    filters,
)
from longan.floor.places import ward
from longan.floor.places.geo import Latitude, Longitude, RadiusKm
from longan.floor.requests.deps import Conn, Home, Now, Pages
from longan.floor.requests.policy import decided
from longan.rooms.housing_search import domain
from longan.rooms.housing_search.models import HousingFacets, HousingNearJobPage, HousingPage, Sort

FACETS_EXAMPLE = {
    "total": 2, "at_least": False,
    "facets": {
        "kind": [{"value": "room", "count": 2}], "ward": [{"value": "27694", "count": 2}], "park": [],
        "feature": [{"value": "loft", "count": 2}, {"value": "free_hours", "count": 1}],
        "people": [{"value": "2", "count": 1}], "rent": [{"value": "1500000", "count": 2}],
        "cost": [{"value": "2000000", "count": 2}],
    },
}  # fmt: skip


@get("/v1/housing", tags=["housing_search"], opt=decided(auth="public", limit="lookup", raises=ward.PROBLEMS))
async def list_housing(
    conn: Conn, now: Now, pages: Pages, home: Home, q: Words = None, ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None, place: ward.PlaceName = None, province_code: ward.ProvinceCode = None,
    park: Parks = None, lat: Latitude = None, lon: Longitude = None, radius_km: RadiusKm = None, job_id: JobId = None,
    workplace: Workplace = None, rent_min: RentMin = None, rent_max: RentMax = None, cost_max: CostMax = None,
    area_min: AreaMin = None, people: People = None, kind: Kinds = None, features: Features = None,
    curfew_after: CurfewAfter = None, available_by: AvailableBy = None, verified_owner: VerifiedOwner = None,
    sort: FromQuery[Sort | None] = None, cursor: Cursor = None, limit: Limit = 20,
) -> HousingPage:  # fmt: skip
    """Places to rent: the nearest first around a point, a job or a park, else the best matches of `q`, else the newest

    `sort=distance` needs a point, `sort=relevance` needs `q`. `sort=cost` puts first what truly costs each of `people`
    least (one person when not given); where prices of electricity or water are not said it costs more. Of more than
    200 matches of `q` the newest 200 are put into the order of relevance, and the others follow, the newest first; the
    page between the two may be a short one.
    """
    asked = filters(
        now, q=q, ward_code=ward_code, old_ward_code=old_ward_code, place=place, province_code=province_code,
        park=park, lat=lat, lon=lon, radius_km=radius_km, job_id=job_id, workplace=workplace, rent_min=rent_min,
        rent_max=rent_max, cost_max=cost_max, area_min=area_min, people=people, kind=kind, features=features,
        curfew_after=curfew_after, available_by=available_by, verified_owner=verified_owner,
    )  # fmt: skip
    return await domain.find(conn, pages, home, asked, sort, cursor, limit)


@get(
    "/v1/housing/facets",
    tags=["housing_search"],
    opt=decided(auth="public", limit="lookup", cache="housing", raises=ward.PROBLEMS, example=FACETS_EXAMPLE),
)
async def get_housing_facets(
    conn: Conn, now: Now, home: Home, q: Words = None, ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None, place: ward.PlaceName = None, province_code: ward.ProvinceCode = None,
    park: Parks = None, lat: Latitude = None, lon: Longitude = None, radius_km: RadiusKm = None, job_id: JobId = None,
    workplace: Workplace = None, rent_min: RentMin = None, rent_max: RentMax = None, cost_max: CostMax = None,
    area_min: AreaMin = None, people: People = None, kind: Kinds = None, features: Features = None,
    curfew_after: CurfewAfter = None, available_by: AvailableBy = None, verified_owner: VerifiedOwner = None,
) -> HousingFacets:  # fmt: skip
    """How many of the places that `list_housing` finds by the same filters have which kind, ward, features and so on

    Counted over at most 10,000 of them; with `at_least` there are more, and every figure is a lower bound.
    """
    asked = filters(
        now, q=q, ward_code=ward_code, old_ward_code=old_ward_code, place=place, province_code=province_code,
        park=park, lat=lat, lon=lon, radius_km=radius_km, job_id=job_id, workplace=workplace, rent_min=rent_min,
        rent_max=rent_max, cost_max=cost_max, area_min=area_min, people=people, kind=kind, features=features,
        curfew_after=curfew_after, available_by=available_by, verified_owner=verified_owner,
    )  # fmt: skip
    return await domain.facets(conn, home, asked)


@get(
    "/v1/jobs/{job_id:uuid}/housing",
    tags=["housing_search"],
    opt=decided(auth="public", limit="lookup", raises=(NotFound,)),
)
async def list_housing_near_job(
    conn: Conn, now: Now, pages: Pages, home: Home, job_id: FromPath[UUID], radius_km: RadiusKm = None,
    rent_max: RentMax = None, cost_max: CostMax = None, people: People = None, kind: Kinds = None,
    features: Features = None, curfew_after: CurfewAfter = None, cursor: Cursor = None, limit: Limit = 20,
) -> HousingNearJobPage:  # fmt: skip
    """Places to rent around an open job, the nearest first, each with its way to work

    The way on the ground is approximated from the straight line; `method_en` says how.
    """
    asked = filters(
        now, job_id=job_id, radius_km=radius_km, rent_max=rent_max, cost_max=cost_max, people=people, kind=kind,
        features=features, curfew_after=curfew_after,
    )  # fmt: skip
    return await domain.near_job(conn, pages, home, asked, cursor, limit)


HANDLERS = [list_housing, get_housing_facets, list_housing_near_job]
