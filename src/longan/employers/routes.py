"""HTTP of the room."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody

from longan.deps import Conn, Ex, Me, Now, OpensNumbers, Tx
from longan.employers import domain
from longan.employers.models import DecisionIn, Employer, EmployerExists, EmployerIn
from longan.errors import Forbidden, NotFound, WardUnknown
from longan.policy import Proof, decided

EXAMPLE_IN = {"tax_code": "1100727545", "name": "Công ty TNHH May Bông Súng", "ward_code": "27694"}


@post(
    "/v1/employers",
    tags=["employers"],
    opt=decided(
        auth="app", limit="write", idempotent=True, raises=(EmployerExists, WardUnknown), request_example=EXAMPLE_IN
    ),
)
async def register_employer(tx: Tx, numbers: OpensNumbers, me: Me, now: Now, data: JSONBody[EmployerIn]) -> Employer:
    """Register an employer; you become its owner

    It is unverified until an official has decided, and cannot publish jobs before.
    """
    return await domain.register(tx, numbers, me.account_id, data, now)


@get(
    "/v1/employers/{employer_id:uuid}",
    tags=["employers"],
    opt=decided(auth="optional", limit="lookup", raises=(NotFound,)),
)
async def get_employer(
    conn: Conn, numbers: OpensNumbers, now: Now, exchange: Ex, employer_id: FromPath[UUID]
) -> Employer:
    """One employer"""
    found = await domain.shown(conn, numbers, employer_id, exchange.principal, now)
    return found if domain.is_personal(found.tax_code) else exchange.tagged(found, found.version)


@post(
    "/v1/employers/{employer_id:uuid}/verification",
    tags=["employers"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=Proof(acr=3), raises=(Forbidden, NotFound),
        request_example={"decision": "verified", "reason": "Giấy đăng ký doanh nghiệp khớp với mã số thuế."},
    ),
)  # fmt: skip
async def verify_employer(
    tx: Tx, numbers: OpensNumbers, me: Me, now: Now, exchange: Ex, employer_id: FromPath[UUID],
    data: JSONBody[DecisionIn],
) -> Employer:  # fmt: skip
    """Decide whether an employer is who they say; for officials of labour in its ward

    The same decision again changes nothing and answers 200. A later decision replaces an earlier one; all are kept.
    """
    employer = await domain.decide(tx, numbers, me, employer_id, data, now)
    return exchange.tagged(employer, employer.version)


HANDLERS = [register_employer, get_employer, verify_employer]
