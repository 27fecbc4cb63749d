"""HTTP of the room."""

from litestar import post
from litestar.params import JSONBody

from longan.floor.base.errors import RateLimited, Unavailable
from longan.floor.dossiers.dossier_codes import DossierCodeInvalid
from longan.floor.dossiers.dossier_proofs import PROOFS, AtProofs, DossierNotFound
from longan.floor.dossiers.dossier_view import DossierState
from longan.floor.requests.deps import Now
from longan.floor.requests.policy import decided
from longan.rooms.dossiers import domain
from longan.rooms.dossiers.models import LookupIn

STATE = {
    "code": "H53.16-261102-0007", "status": "yeu_cau_bo_sung", "status_code": "5",
    "status_name": "Yêu cầu bổ sung giấy tờ", "clock": "stopped", "received_on": "2026-11-02", "due_on": None,
    "due_is_estimated": False, "working_days_left": 6, "late_by": 0, "procedure_code": "1.004194",
    "office": "Sở Xây dựng", "applicant": "N••• V••• T•••",
    "supplements": [
        {
            "asked_at": "2026-11-09T03:10:00Z", "words": "Bổ sung bản sao hợp đồng thuê nhà",
            "papers": ["Hợp đồng thuê nhà"], "answered_at": None,
        }
    ],
    "as_of": "2026-11-22T02:00:00Z", "stale": False,
}  # fmt: skip


@post(
    "/v1/dossiers/lookup",
    tags=["dossiers"],
    status_code=200,
    dependencies=PROOFS,
    opt=decided(
        auth="app", limit="lookup", raises=(DossierCodeInvalid, DossierNotFound, RateLimited, Unavailable),
        request_example={"code": "H53.16-261102-0007", "second_factor": "4567"}, example=STATE,
    ),
)  # fmt: skip
async def look_up_dossier(proofs: AtProofs, now: Now, data: JSONBody[LookupIn]) -> DossierState:
    """How far a dossier is, for whoever knows its code and what else the receipt shows"""
    return await domain.look_up(proofs, data, now)


HANDLERS = [look_up_dossier]
