"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.datastructures import State
from litestar.params import FromPath, PathParameter

from longan.floor.base.errors import JobNotOpen, NotFound
from longan.floor.requests.deps import Conn, Me, Now, Tx
from longan.floor.requests.policy import decided
from longan.rooms.job_shares import domain, store
from longan.rooms.job_shares.models import JobShare, JobShareFigures, SharedJob, ShareOver

Code = Annotated[str, PathParameter(pattern="^[2-9a-hjkmnp-z]{10}$", max_length=10, description="`code` of the link")]
LINK = {"code": "k7m2p9xq4t", "url": "https://id.example.vn/open/shares/k7m2p9xq4t"}


@post(
    "/v1/jobs/{job_id:uuid}/shares",
    tags=["job_shares"],
    opt=decided(auth="app", limit="write", idempotent=True, raises=(NotFound, JobNotOpen),
                example={**LINK, "expires_at": "2027-01-31T17:00:00Z"}),
)  # fmt: skip
async def create_job_share(tx: Tx, now: Now, state: State, job_id: FromPath[UUID]) -> JobShare:
    """A link to an open job to pass on

    Everybody gets the same link: it tells nobody who passed it on, and whoever opens it need not sign in.
    """
    return await domain.share(tx, state.settings.public_url, job_id, now)


@get(
    "/v1/shares/{share_code:str}",
    tags=["job_shares"],
    opt=decided(auth="public", limit="lookup", cache="jobs", raises=(NotFound, ShareOver)),
)
async def get_share(conn: Conn, now: Now, state: State, share_code: Code) -> SharedJob:
    """The job that a link leads to, as everybody may see it; 410 `share_over` when it is open no more"""
    return await domain.opened(conn, state.settings.public_url, share_code, now)


@post(
    "/v1/shares/{share_code:str}/opens",
    tags=["job_shares"],
    status_code=204,
    opt=decided(auth="public", limit="write", raises=(NotFound,)),
)
async def record_share_open(tx: Tx, now: Now, share_code: Code) -> None:
    """Somebody has opened a link; sent by the page that shows it, so that those who only preview links do not count

    Only the number is kept.
    """
    if not await store.opened(tx, share_code, now):
        raise NotFound


@get(
    "/v1/jobs/{job_id:uuid}/share",
    tags=["job_shares"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,),
                example={**LINK, "opens": 120, "opens_last_30_days": 45}),
)  # fmt: skip
async def get_job_share(conn: Conn, me: Me, now: Now, state: State, job_id: FromPath[UUID]) -> JobShareFigures:
    """How often the link to a job of your employer was opened; 404 while nobody has passed it on"""
    return await domain.figures(conn, state.settings.public_url, job_id, me.account_id, now)


HANDLERS = [create_job_share, get_share, record_share_open, get_job_share]
