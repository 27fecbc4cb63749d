"""HTTP of the room."""

from litestar import get, patch
from litestar.params import JSONBody

from longan.floor.base.errors import WardUnknown
from longan.floor.requests.deps import Conn, Ex, Me, Now, OpensPhones, Tx
from longan.floor.requests.policy import decided
from longan.rooms.people import domain
from longan.rooms.people.models import OccupationUnknown, Person, PersonChange

EXAMPLE = {
    "id": "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18",
    "phone": "+84901234567",
    "full_name": "Nguyễn Thị Lan",
    "birth_year": 1990,
    "locale": "vi",
    "ward_code": "27694",
    "occupation_code": "81",
    "skills": ["may 2 kim", "vắt sổ"],
    "experience_months": 24,
    "education": "lower_secondary",
    "shifts": ["day", "two_shifts"],
    "wanted_month_pay": 9_000_000,
    "assurance_level": 0,
    "roles": [{"role": "worker", "employer_id": None, "agency_code": None}],
    "version": 3,
}


@get("/v1/me", tags=["people"], opt=decided(auth="any", limit="lookup", example=EXAMPLE))
async def get_me(conn: Conn, phones: OpensPhones, me: Me, now: Now, exchange: Ex) -> Person:
    """Who you are here: your profile, your roles, how sure we are of you"""
    person = await domain.shown(conn, phones, me, now)
    return exchange.tagged(person, person.version, person.roles, person.assurance_level)


@patch(
    "/v1/me",
    tags=["people"],
    opt=decided(auth="any", limit="write", if_match=True, raises=(WardUnknown, OccupationUnknown), example=EXAMPLE,
                request_example={"full_name": "Nguyễn Thị Lan", "ward_code": "27694", "occupation_code": "81",
                                 "clear": ["wanted_month_pay"]}),
)  # fmt: skip
async def update_me(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, data: JSONBody[PersonChange]
) -> Person:
    """Change what is named; the rest stays"""
    person = await domain.change(tx, phones, me, data, exchange.expected_versions(), now)
    return exchange.tagged(person, person.version, person.roles, person.assurance_level)


HANDLERS = [get_me, update_me]
