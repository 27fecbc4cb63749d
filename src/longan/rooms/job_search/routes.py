"""HTTP of the room."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromQuery, QueryParameter

from longan.floor.base.several import commas, several
from longan.floor.database.page import Cursor, Limit
from longan.floor.places import ward
from longan.floor.places.geo import Latitude, Longitude, RadiusKm, metres
from longan.floor.postings.postings import Benefit, Contract, Education, Shift
from longan.floor.requests.deps import Conn, Home, Now, Pages
from longan.floor.requests.policy import decided
from longan.rooms.job_search import domain
from longan.rooms.job_search.models import JobFacets, JobPage, Search, Sort

Words = Annotated[
    str | None,
    QueryParameter(
        max_length=200,
        description="Words of the title, the employer's name or the skills, with or without marks; at most 12. "
        '`"in quotes"` side by side, `-without`, `this OR that`. Names of wards, districts and provinces, of now or of '
        "before, are also read as places",
    ),
]
PayMin = Annotated[
    int | None,
    QueryParameter(
        ge=1,
        le=10**12,
        description="Đồng a month that one can rely on (`effective_month`): this or more. Jobs of which that cannot be "
        "told are left out",
    ),
]
Occupations = Annotated[
    str | None,
    QueryParameter(
        max_length=100,
        pattern="^[0-9]{1,5}(,[0-9]{1,5})*$",
        description="VSCO codes, one or several, separated by commas; a group's code is that of all in it",
    ),
]
Parks = Annotated[
    str | None,
    QueryParameter(
        max_length=400, pattern="^[a-z0-9-]+(,[a-z0-9-]+)*$", description="Codes of industrial parks, by commas"
    ),
]
Contracts = Annotated[str | None, QueryParameter(max_length=400, description=commas(Contract))]
Shifts = Annotated[str | None, QueryParameter(max_length=400, description=commas(Shift))]
Benefits = Annotated[str | None, QueryParameter(max_length=400, description=f"All of these. {commas(Benefit)}")]
Days = Annotated[int | None, QueryParameter(ge=1, le=365, description="Published in so many days up to now")]
Schooling = Annotated[
    Education | None, QueryParameter(description="What one has: jobs that ask for no more, or do not say")
]
Months = Annotated[
    int | None,
    QueryParameter(ge=0, le=600, description="Months of experience one has: jobs that ask for no more, or do not say"),
]

FACETS_EXAMPLE = {
    "total": 2, "at_least": False,
    "facets": {
        "occupation": [{"value": "75", "count": 2}], "ward": [{"value": "27694", "count": 2}], "park": [],
        "shift": [{"value": "day", "count": 1}, {"value": "two_shifts", "count": 1}], "contract": [],
        "benefit": [{"value": "meals", "count": 2}], "education": [],
        "month_pay": [{"value": "8000000", "count": 2}],
    },
}  # fmt: skip


@get("/v1/jobs", tags=["job_search"], opt=decided(auth="public", limit="lookup", cache="jobs", raises=ward.PROBLEMS))
async def list_jobs(
    conn: Conn,
    now: Now,
    pages: Pages,
    home: Home,
    q: Words = None,
    ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None,
    place: ward.PlaceName = None,
    province_code: ward.ProvinceCode = None,
    lat: Latitude = None,
    lon: Longitude = None,
    radius_km: RadiusKm = None,
    park: Parks = None,
    pay_min: PayMin = None,
    occupation: Occupations = None,
    contract: Contracts = None,
    shift: Shifts = None,
    benefits: Benefits = None,
    employer_id: FromQuery[UUID | None] = None,
    published_within_days: Days = None,
    education: Schooling = None,
    experience_months_max: Months = None,
    sort: FromQuery[Sort | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> JobPage:
    """Open jobs: the nearest first when there is a point, else the best matches of `q`, else the newest

    `sort=distance` needs `lat` and `lon`, `sort=relevance` needs `q`. `sort=pay` puts the best paid by the month first.
    Of more than 200 matches the newest 200 are put into the order of relevance, and the others follow, the newest
    first; the page between the two may be a short one. A word that no posting has is read as those that look like it,
    and `guesses` says so.
    """
    asked = _asked(
        q, ward_code, old_ward_code, place, province_code, lat, lon, radius_km, park, pay_min, occupation, contract,
        shift, benefits, employer_id, published_within_days, education, experience_months_max, sort, now,
    )  # fmt: skip
    return await domain.find(conn, pages, home, asked, cursor, limit)


@get(
    "/v1/jobs/facets",
    tags=["job_search"],
    opt=decided(auth="public", limit="lookup", cache="jobs", raises=ward.PROBLEMS, example=FACETS_EXAMPLE),
)
async def get_job_facets(
    conn: Conn,
    now: Now,
    home: Home,
    q: Words = None,
    ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None,
    place: ward.PlaceName = None,
    province_code: ward.ProvinceCode = None,
    lat: Latitude = None,
    lon: Longitude = None,
    radius_km: RadiusKm = None,
    park: Parks = None,
    pay_min: PayMin = None,
    occupation: Occupations = None,
    contract: Contracts = None,
    shift: Shifts = None,
    benefits: Benefits = None,
    employer_id: FromQuery[UUID | None] = None,
    published_within_days: Days = None,
    education: Schooling = None,
    experience_months_max: Months = None,
) -> JobFacets:
    """How many of the jobs that `list_jobs` finds by the same filters have which occupation, ward, shift and so on

    Counted over at most 10,000 of them; with `at_least` there are more, and every figure is a lower bound.
    """
    asked = _asked(
        q, ward_code, old_ward_code, place, province_code, lat, lon, radius_km, park, pay_min, occupation, contract,
        shift, benefits, employer_id, published_within_days, education, experience_months_max, None, now,
    )  # fmt: skip
    return await domain.facets(conn, home, asked)


def _asked(
    q: str | None, ward_code: str | None, old_ward_code: str | None, place: str | None, province_code: str | None,
    lat: float | None, lon: float | None, radius_km: float | None, park: str | None, pay_min: int | None,
    occupation: str | None, contract: str | None, shift: str | None, benefits: str | None, employer_id: UUID | None,
    published_within_days: int | None, education: Education | None, experience_months_max: int | None,
    sort: Sort | None, now: datetime,
) -> Search:  # fmt: skip
    return Search(
        q=(q or "").strip() or None,
        ward_code=ward_code,
        old_ward_code=old_ward_code,
        place=place,
        province_code=province_code,
        lat=lat,
        lon=lon,
        metres=metres(lat, lon, radius_km),
        parks=several("park", park, str),
        pay_min=pay_min,
        occupations=several("occupation", occupation, str),
        contracts=several("contract", contract, Contract),
        shifts=several("shift", shift, Shift),
        benefits=several("benefits", benefits, Benefit),
        employer_id=employer_id,
        published_within_days=published_within_days,
        education=education,
        experience_months_max=experience_months_max,
        sort=sort,
        now=now,
    )


HANDLERS = [list_jobs, get_job_facets]
