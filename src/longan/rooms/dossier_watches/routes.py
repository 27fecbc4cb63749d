"""HTTP of the room."""

import random
from typing import Any
from uuid import UUID

from litestar import Request, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import NotFound, RateLimited, SignatureInvalid, Unavailable
from longan.floor.database.page import Cursor, Limit
from longan.floor.dossiers.dossier_codes import DossierCodeInvalid
from longan.floor.dossiers.dossier_proofs import PROOFS, AtProofs, DossierNotFound
from longan.floor.requests.deps import Conn, Ex, Me, Now, OpensNumbers, Pages, Tx
from longan.floor.requests.policy import decided
from longan.floor.requests.written_after import WRITES_LATER, WriteLater
from longan.rooms.dossier_watches import domain
from longan.rooms.dossier_watches.models import (
    DossierEvent,
    DossierWatch,
    DossierWatched,
    DossierWatchesFull,
    DossierWatchIn,
    DossierWatchPage,
    SourceName,
    WebhookHeard,
)

WATCH = {
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
    "as_of": "2026-11-22T02:00:00Z", "stale": False, "id": "4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10",
    "created_at": "2026-11-03T02:00:00Z", "changed_at": "2026-11-09T03:20:00Z", "ended_at": None, "ended_by": None,
}  # fmt: skip
Asked = Request[Any, Any, Any]


@post(
    "/v1/me/dossier-watches",
    tags=["dossier_watches"],
    dependencies=PROOFS | WRITES_LATER,
    opt=decided(
        auth="app", limit="write", idempotent=True,
        raises=(
            DossierCodeInvalid, DossierNotFound, DossierWatched, DossierWatchesFull, RateLimited, Unavailable,
        ),
        request_example={"code": "H53.16-261102-0007", "second_factor": "4567"}, example=WATCH,
    ),
)  # fmt: skip
async def watch_dossier(
    proofs: AtProofs, write_later: WriteLater, now: Now, data: JSONBody[DossierWatchIn]
) -> DossierWatch:
    """Be told whenever something about a dossier changes

    The receipt is proved as `look_up_dossier` has it proved, once. Its source is then asked for you every 45 minutes to
    12 hours, as the dossier stands, and at once when the source says that there is news. You are told of each
    difference once, when it has become late, and when it waits for you. At most 1,000 dossiers.
    """
    chance = random.random()  # noqa: S311  (nobody gains by guessing it)
    return await domain.watch(proofs, write_later, data, chance, now)


@get(
    "/v1/me/dossier-watches",
    tags=["dossier_watches"],
    opt=decided(auth="app", limit="lookup", example={"items": [WATCH], "next_cursor": None}),
)
async def list_dossier_watches(
    conn: Conn, me: Me, numbers: OpensNumbers, now: Now, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> DossierWatchPage:
    """The dossiers you watch, the last one first

    Those that are over stay for 90 days.
    """
    return await domain.every(conn, numbers, pages, me.account_id, now, cursor, limit)


@get(
    "/v1/me/dossier-watches/{watch_id:uuid}",
    tags=["dossier_watches"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,), example=WATCH),
)
async def get_dossier_watch(
    conn: Conn, me: Me, numbers: OpensNumbers, now: Now, exchange: Ex, watch_id: FromPath[UUID]
) -> DossierWatch:
    """A dossier you watch"""
    found = await domain.one(conn, numbers, me.account_id, watch_id, now)
    return exchange.tagged(found, 1, found)


@delete(
    "/v1/me/dossier-watches/{watch_id:uuid}",
    tags=["dossier_watches"],
    status_code=204,
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def unwatch_dossier(tx: Tx, me: Me, watch_id: FromPath[UUID]) -> None:
    """Stop watching a dossier; nothing more is told of it"""
    await domain.unwatch(tx, me.account_id, watch_id)


@post(
    "/v1/hooks/dossiers/{source:str}",
    tags=["dossier_watches"],
    status_code=204,
    opt=decided(
        auth="public", limit="page", raises=(SignatureInvalid, NotFound, WebhookHeard, DossierCodeInvalid),
        request_example={"type": "dossier.changed", "data": {"code": "H53.16-261102-0007"}},
    ),
)  # fmt: skip
async def report_dossier_change(
    tx: Tx, state: State, exchange: Ex, request: Asked, numbers: OpensNumbers, now: Now, source: FromPath[SourceName],
    data: JSONBody[DossierEvent],
) -> None:  # fmt: skip
    """For sources of dossiers: something about one has changed

    Signed as standardwebhooks.com says, with the source's key; at most five minutes old. The same webhook again is 409.
    What has changed is asked of the source, so nothing is said about it here.
    """
    await domain.heard(tx, state.settings, numbers, source, request.headers, exchange.body, data, now)


HANDLERS = [watch_dossier, list_dossier_watches, get_dossier_watch, unwatch_dossier, report_dossier_change]
