"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter

from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.living_costs.monthly_cost import Living
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pictures import uploads
from longan.floor.places.geo import DEFAULT_KM
from longan.floor.requests.deps import Conn, Ex, Now, Pages
from longan.floor.requests.policy import decided
from longan.rooms.housing import domain, store
from longan.rooms.housing.models import Housing, NearJobPage

Persons = Annotated[int, QueryParameter(ge=1, le=20, description="Who will live there, for the monthly cost")]
Motorbikes = Annotated[
    int | None, QueryParameter(ge=0, le=20, description="How many are parked there; one for each person when not given")
]
Radius = Annotated[float | None, QueryParameter(gt=0, le=100, description="Kilometres around it; 10 when not given")]
PayMin = Annotated[
    int | None, QueryParameter(ge=1, le=10**12, description="Đồng a month that one can rely on: this or more")
]


@get(
    "/v1/housing/{housing_id:uuid}",
    tags=["housing"],
    opt=decided(auth="public", limit="lookup", raises=(NotFound,)),
)
async def get_housing(
    conn: Conn, now: Now, exchange: Ex, housing_id: FromPath[UUID], persons: Persons = 2, motorbikes: Motorbikes = None
) -> Housing:
    """One place that is open, with what it truly costs in a month, line by line"""
    if (place := await store.one(conn, housing_id, now)) is None:
        raise NotFound
    living = Living(people=persons, motorbikes=persons if motorbikes is None else motorbikes)
    pictures = (await uploads.of(conn, "housing", [housing_id])).get(housing_id, [])
    housing = domain.shown(place, pictures, living, day_of(now))
    return exchange.tagged(housing, housing.version, housing.monthly_cost, housing.photos, housing.job_ids)


@get(
    "/v1/housing/{housing_id:uuid}/jobs",
    tags=["housing"],
    opt=decided(auth="public", limit="lookup", raises=(NotFound,)),
)
async def list_jobs_near_housing(
    conn: Conn, now: Now, pages: Pages, housing_id: FromPath[UUID], radius_km: Radius = None, pay_min: PayMin = None,
    cursor: Cursor = None, limit: Limit = 20,
) -> NearJobPage:  # fmt: skip
    """Open jobs around an open place, the nearest first, each with the way to work

    The way on the ground is approximated from the straight line; `method_en` says how.
    """
    metres = (radius_km or DEFAULT_KM) * 1000
    return await domain.jobs_near(conn, pages, housing_id, metres, pay_min, now, cursor, limit)


HANDLERS = [get_housing, list_jobs_near_housing]
