"""HTTP of the room."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import NotFound
from longan.floor.requests.deps import Conn, Ex, Now, Tx
from longan.floor.requests.policy import decided
from longan.rooms.job_room import domain
from longan.rooms.job_room.models import Job, JobRoomExplained, JobRoomIn, JobRoomList, OwnMode, Place

People = Annotated[int, QueryParameter(ge=1, le=20, description="Who share the room, for one's part of its cost")]
Days = Annotated[
    int | None, QueryParameter(ge=1, le=31, description="Working days of a month; what the posting says when not given")
]
Mode = Annotated[OwnMode, QueryParameter(description="How one goes to work")]
CompanyBus = Annotated[bool, QueryParameter(description="Whether the employer's bus is taken where there is one")]

JOB, ROOM = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12"
PAIR = {
    "job_id": JOB, "room_id": ROOM, "left": 6_321_600, "pay": 9_000_000, "room": 2_230_000, "travel": 448_400,
    "road_m": 14_200, "mode": "motorbike", "is_sure": True,
}  # fmt: skip
METHOD = {
    "vi": "Đường đi ước tính bằng 135% đường chim bay, không phải đo trên bản đồ",
    "en": "The way is estimated at 135% of the straight line, not measured on a map",
}
LINES = [
    {
        "part": "pay", "month": 9_000_000, "vi": "Lương chắc chắn: 9 triệu đồng",
        "en": "Pay one can rely on: 9 million VND",
    },
    {"part": "method", "month": 0} | METHOD,
]  # fmt: skip
CALLED = {
    "job_title": "Công nhân may", "employer_name": "Công ty TNHH Hạt Gạo", "housing_title": "Phòng trọ gần Long Hậu",
}  # fmt: skip
LIST = {
    "items": [{"pair": PAIR, "lines": LINES} | CALLED], "ranked": 25_000, "jobs": 50, "housing": 500,
    "jobs_left_out": [], "jobs_unknown": [], "housing_too_small": [], "housing_unknown": [],
    "method_vi": METHOD["vi"], "method_en": METHOD["en"], "day": "2026-11-22",
}  # fmt: skip


EXPLAINED = msgspec.to_builtins(
    domain.explanation(
        Job(UUID(JOB), CALLED["job_title"], CALLED["employer_name"], 9_000_000, 10.62, 106.71, False, 6, False),
        Place(
            id=UUID(ROOM), title=CALLED["housing_title"], lat=10.64, lon=106.7, rough_point=False, max_people=2,
            rent=1_500_000, deposit=1_500_000, electricity_price=3_000, electricity_unit="kwh", water_price=80_000,
            water_unit="person_month", parking_fee=0, cost_month=1_855_000, cost_share=1_018_000, cost_complete=True,
        ),
        "motorbike", 1, None, date(2026, 11, 22), company_bus=True,
    )
)  # fmt: skip


@post(
    "/v1/affordability",
    tags=["job_room"],
    status_code=200,
    opt=decided(
        auth="optional",
        limit="lookup",
        request_example={
            "my_jobs": "saved", "housing_around": {"lat": 10.64, "lon": 106.7, "radius_km": 8}, "mode": "motorbike",
            "people": 2,
        },
        example=LIST,
    ),
)  # fmt: skip
async def rank_job_room(tx: Tx, exchange: Ex, now: Now, data: JSONBody[JobRoomIn]) -> JobRoomList:
    """Jobs with rooms, sorted by what is left each month after the room's true cost and the way to work

    Pay is what one can rely on, the room one's share of its true cost (rent, electricity, water, fees, the deposit
    spread), the way an estimate from the straight line; each pair says so line by line. `my_jobs` needs a token.
    """
    return await domain.ranked(tx, exchange.principal, data, now)


@get(
    "/v1/affordability/{job_id:uuid}/{housing_id:uuid}",
    tags=["job_room"],
    opt=decided(auth="public", limit="lookup", raises=(NotFound,), example=EXPLAINED),
)
async def get_job_room(
    conn: Conn, now: Now, job_id: FromPath[UUID], housing_id: FromPath[UUID], mode: Mode = "motorbike",
    people: People = 1, days: Days = None, company_bus: CompanyBus = True,
) -> JobRoomExplained:  # fmt: skip
    """One job with one room: what is left each month, the room's cost and the way to work, line by line"""
    return await domain.explained(conn, job_id, housing_id, mode, people, days, now, company_bus=company_bus)


HANDLERS = [rank_job_room, get_job_room]
