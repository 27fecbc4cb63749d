"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import Forbidden, IllegalTransition, NotFound, Stale, WardUnknown
from longan.floor.database.page import Cursor, Limit
from longan.floor.postings.tax_codes import is_personal
from longan.floor.requests.deps import Conn, Ex, Me, Now, OpensNumbers, Pages, Tx
from longan.floor.requests.exchange import Exchange
from longan.floor.requests.policy import Proof, decided
from longan.rooms.employers import domain, store
from longan.rooms.employers.models import (
    DecisionIn,
    Employer,
    EmployerChange,
    EmployerDecisionPage,
    EmployerExists,
    EmployerIn,
    EmployerPage,
    EmployerReasonIn,
    EmployerReviewPage,
    NameDecisionIn,
    OwnEmployer,
)

EXAMPLE_IN = {"tax_code": "1100727545", "name": "Công ty TNHH May Bông Súng", "ward_code": "27694"}
DECIDING = (Forbidden, NotFound, OwnEmployer)
Words = Annotated[str | None, QueryParameter(max_length=200, description="Words of its name, with or without marks")]


@post(
    "/v1/employers",
    tags=["employers"],
    opt=decided(
        auth="app", limit="write", idempotent=True, raises=(EmployerExists, WardUnknown), request_example=EXAMPLE_IN
    ),
)
async def register_employer(tx: Tx, numbers: OpensNumbers, me: Me, now: Now, data: JSONBody[EmployerIn]) -> Employer:
    """Register an employer; you become its owner

    It is unverified until an official has decided, and cannot publish jobs before. The tax registry is asked at once,
    for the official to see: `get_employer_registration` says how far that is. Who was rejected keeps nobody out whose
    tax code it is, and corrects what there is by `update_employer` instead of registering it again.
    """
    return await domain.register(tx, numbers, me.account_id, data, now)


@get("/v1/employers", tags=["employers"], opt=decided(auth="public", limit="lookup"))
async def list_employers(
    conn: Conn, pages: Pages, now: Now, q: Words = None, cursor: Cursor = None, limit: Limit = 20
) -> EmployerPage:
    """Verified employers, by name"""
    return await store.search(conn, pages, q, cursor, limit, now)


@get(
    "/v1/employers/{employer_id:uuid}",
    tags=["employers"],
    opt=decided(auth="optional", limit="lookup", raises=(NotFound,)),
)
async def get_employer(
    conn: Conn, numbers: OpensNumbers, now: Now, exchange: Ex, employer_id: FromPath[UUID]
) -> Employer:
    """One employer: whether it is verified, what it has open, how it answers those who apply"""
    return _tagged(exchange, await domain.shown(conn, numbers, employer_id, exchange.principal, now))


@patch(
    "/v1/employers/{employer_id:uuid}",
    tags=["employers"],
    opt=decided(
        auth="app", limit="write", if_match=True, proof=Proof(acr=0, max_age=None),
        raises=(EmployerExists, Forbidden, NotFound, WardUnknown),
        request_example={"description": "Xưởng may 400 công nhân, có xe đưa rước và nhà trẻ."},
    ),
)  # fmt: skip
async def update_employer(
    tx: Tx, numbers: OpensNumbers, me: Me, now: Now, exchange: Ex, employer_id: FromPath[UUID],
    data: JSONBody[EmployerChange],
) -> Employer:  # fmt: skip
    """Change what is named; the rest stays. For owners

    A verified employer keeps its name until an official agrees to the new one (`wanted_name`); its present name sent
    again takes the wish back. Whatever is changed of a rejected one has it looked at again.
    """
    versions = exchange.expected_versions()
    return _tagged(exchange, await domain.update(tx, numbers, me, employer_id, data, versions, now))


@get(
    "/v1/employers/{employer_id:uuid}/decisions",
    tags=["employers"],
    opt=decided(auth="any", limit="lookup", raises=(NotFound,)),
)
async def list_employer_decisions(
    conn: Conn, pages: Pages, me: Me, now: Now, employer_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> EmployerDecisionPage:
    """What officials have decided on an employer and why, newest first; for its members and those who decide"""
    return await domain.decisions(conn, pages, me, employer_id, cursor, limit, now)


@get(
    "/v1/employer-reviews",
    tags=["employers"],
    opt=decided(auth="official", limit="lookup", proof=Proof(acr=3, max_age=None), raises=(Forbidden,)),
)
async def list_employer_reviews(
    conn: Conn, pages: Pages, me: Me, now: Now, cursor: Cursor = None, limit: Limit = 20
) -> EmployerReviewPage:
    """What waits for you to decide on, oldest first: employers of your wards, and names they want; never your own"""
    return await domain.queue_of(conn, pages, me, cursor, limit, now)


@post(
    "/v1/employers/{employer_id:uuid}/verification",
    tags=["employers"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=Proof(acr=3),
        raises=(*DECIDING, EmployerExists, IllegalTransition, Stale),
        request_example={
            "decision": "verified", "reason": "Giấy đăng ký doanh nghiệp khớp với mã số thuế.", "version": 1,
        },
    ),
)  # fmt: skip
async def verify_employer(
    tx: Tx, numbers: OpensNumbers, me: Me, now: Now, exchange: Ex, employer_id: FromPath[UUID],
    data: JSONBody[DecisionIn],
) -> Employer:  # fmt: skip
    """Decide whether an employer is who they say; for officials of labour in its ward

    The same decision again changes nothing and answers 200. A later decision replaces an earlier one; all are kept.
    What a rejected one had open is suspended. Send the `version` that you looked at; once its
    members have changed something it is needed.
    """
    return _tagged(exchange, await domain.decide(tx, numbers, me, employer_id, data, now))


@post(
    "/v1/employers/{employer_id:uuid}/name-decision",
    tags=["employers"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=Proof(acr=3), raises=(*DECIDING, Stale),
        request_example={
            "decision": "accepted", "wanted_name": "Công ty TNHH May Sen Hồng", "reason": "Khớp với đăng ký thuế.",
        },
    ),
)  # fmt: skip
async def decide_employer_name(
    tx: Tx, numbers: OpensNumbers, me: Me, now: Now, exchange: Ex, employer_id: FromPath[UUID],
    data: JSONBody[NameDecisionIn],
) -> Employer:  # fmt: skip
    """Decide on the name that a verified employer wants"""
    return _tagged(exchange, await domain.decide_name(tx, numbers, me, employer_id, data, now))


@post(
    "/v1/employers/{employer_id:uuid}/suspension",
    tags=["employers"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=Proof(acr=3), raises=(*DECIDING, IllegalTransition),
        request_example={"reason": "Nhiều người lao động báo bị thu phí giữ chỗ."},
    ),
)  # fmt: skip
async def suspend_employer(
    tx: Tx,
    numbers: OpensNumbers,
    me: Me,
    now: Now,
    exchange: Ex,
    employer_id: FromPath[UUID],
    data: JSONBody[EmployerReasonIn],
) -> Employer:
    """Suspend a verified employer: it publishes nothing, what is open is suspended, who applied is told"""
    return _tagged(exchange, await domain.turn(tx, numbers, me, employer_id, "suspended", data.reason, now))


@post(
    "/v1/employers/{employer_id:uuid}/reinstatement",
    tags=["employers"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=Proof(acr=3), raises=(*DECIDING, IllegalTransition),
        request_example={"reason": "Đơn vị đã hoàn lại tiền cho người lao động."},
    ),
)  # fmt: skip
async def reinstate_employer(
    tx: Tx,
    numbers: OpensNumbers,
    me: Me,
    now: Now,
    exchange: Ex,
    employer_id: FromPath[UUID],
    data: JSONBody[EmployerReasonIn],
) -> Employer:
    """End a suspension: the employer is verified again, and its postings are drafts for it to publish again"""
    return _tagged(exchange, await domain.turn(tx, numbers, me, employer_id, "verified", data.reason, now))


def _tagged(exchange: Exchange, found: Employer) -> Employer:
    """The number of a person is kept nowhere, so an answer that shows it has no ETag."""
    return found if is_personal(found.tax_code) else exchange.tagged(
        found, found.version, found.tax_code, found.wanted_name, found.open_jobs, found.response_rate,
        found.response_hours,
    )  # fmt: skip


HANDLERS = [
    register_employer,
    list_employers,
    get_employer,
    update_employer,
    list_employer_decisions,
    list_employer_reviews,
    verify_employer,
    decide_employer_name,
    suspend_employer,
    reinstate_employer,
]
