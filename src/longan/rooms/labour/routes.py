"""HTTP of the room."""

from datetime import date
from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from longan.floor.base.errors import WardUnknown
from longan.floor.database.page import Cursor, Limit
from longan.floor.places import ward
from longan.floor.requests.deps import Conn, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.labour import domain, store
from longan.rooms.labour.models import MinimumWageList, OccupationPage, Question, Worth

Words = Annotated[
    str | None, QueryParameter(max_length=120, description="What the work is called, in the words of workers as well")
]
Parent = Annotated[str | None, QueryParameter(pattern="^[0-9]{1,4}$", description="Only the members of this group")]
Level = Annotated[int | None, QueryParameter(ge=1, le=5, description="Only groups of this level, 1 the coarsest")]
OnDay = Annotated[date | None, QueryParameter(description="YYYY-MM-DD; today in Viet Nam when absent")]

OCCUPATIONS_EXAMPLE = {
    "items": [
        {"code": "75", "level": 2, "parent": "7",
         "name": "Thợ chế biến thực phẩm, gia công gỗ, may mặc, đồ thủ công và có liên quan",
         "parent_name": "Lao động thủ công và các nghề nghiệp có liên quan khác"},
    ],
    "next_cursor": None,
}  # fmt: skip
WAGE_EXAMPLE = {
    "region": 1, "month_vnd": 5_310_000, "hour_vnd": 25_500, "decree": "NĐ 293/2025/NĐ-CP", "valid_from": "2026-01-01",
    "valid_to": None,
}  # fmt: skip
QUESTION_EXAMPLE = {
    "pay": {"base": 5_800_000, "allowances": 700_000, "attendance": 500_000, "overtime": 1_500_000,
            "overtime_hours": 30, "deductions": 609_000},
    "week_hours": 48,
    "ward_code": "27694",
}  # fmt: skip
WORTH_EXAMPLE = {
    "month": 7_891_000,
    "hour": 33_155,
    "lines": [
        {"part": "base", "month": 5_800_000, "vi": "Lương cơ bản: 5.800.000 đ một tháng",
         "en": "Base: 5,800,000 đ a month"},
        {"part": "deductions", "month": -609_000,
         "vi": "Các khoản trừ (bảo hiểm, công đoàn, khác): trừ 609.000 đ",
         "en": "Deductions (insurance, union, others): less 609,000 đ"},
    ],
    "minimum_wage": WAGE_EXAMPLE,
    "keeps_minimum_wage": True,
    "law": "BLLĐ 2019 Điều 90-91",
}  # fmt: skip


@get(
    "/v1/occupations",
    tags=["labour"],
    opt=decided(auth="public", limit="lookup", cache="places", example=OCCUPATIONS_EXAMPLE),
)
async def list_occupations(
    conn: Conn,
    pages: Pages,
    q: Words = None,
    parent: Parent = None,
    level: Level = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> OccupationPage:
    """Occupations as the state groups them (VSCO), each group before its members"""
    return await store.search(conn, pages, q or None, parent, level, cursor, limit)


@get(
    "/v1/minimum-wages",
    tags=["labour"],
    opt=decided(
        auth="public", limit="lookup", cache="places", raises=(ward.PlaceUnknown,),
        example={"day": "2026-11-22", "law": "BLLĐ 2019 Điều 90-91", "items": [WAGE_EXAMPLE]},
    ),
)  # fmt: skip
async def list_minimum_wages(
    conn: Conn, now: Now, ward_code: ward.WardCode = None, day: OnDay = None
) -> MinimumWageList:
    """The minimum wages of the regions on a day, or the one of a ward's region

    With `ward_code` the list has one entry, or none where no list says the region of the ward on that day.
    """
    return await domain.minimum_wages(conn, ward_code, day, now)


@post(
    "/v1/pay/calculate",
    tags=["labour"],
    status_code=200,
    opt=decided(auth="public", limit="lookup", raises=(WardUnknown,), request_example=QUESTION_EXAMPLE,
                example=WORTH_EXAMPLE),
)  # fmt: skip
async def calculate_pay(tx: Tx, now: Now, data: JSONBody[Question]) -> Worth:
    """What a pay is worth a month and an hour, line by line, and whether it keeps the minimum wage; nothing is stored

    By the same rule as postings are compared (`effective_month`, `effective_hour`). A pay in which fields contradict
    each other, or whose overtime is below 150 % of the base's hour (BLLĐ 2019 điều 98), is refused by name.
    """
    return await domain.calculate(tx, data, now)


HANDLERS = [list_occupations, list_minimum_wages, calculate_pay]
