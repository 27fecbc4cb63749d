"""HTTP of the room."""

from uuid import UUID

from litestar import get
from litestar.params import FromPath

from longan.floor.base.errors import NotFound
from longan.floor.requests.deps import Conn, Me, Now, OpensNumbers
from longan.floor.requests.policy import decided
from longan.rooms.registry import domain
from longan.rooms.registry.models import Registration

EXAMPLE = {
    "employer_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "state": "waiting", "opened_at": "2026-11-22T02:00:00Z",
    "tries": 2, "tried_at": "2026-11-22T02:03:10Z", "next_try_at": "2026-11-22T02:07:40Z",
    "last_failure": "no answer in time", "answered_at": None, "result": None, "registered_name": None,
    "registered_address": None, "same_name": None,
}  # fmt: skip


@get(
    "/v1/employers/{employer_id:uuid}/registration",
    tags=["registry"],
    opt=decided(auth="any", limit="lookup", raises=(NotFound,), example=EXAMPLE),
)
async def get_employer_registration(
    conn: Conn, numbers: OpensNumbers, me: Me, now: Now, employer_id: FromPath[UUID]
) -> Registration:
    """How far the question to the tax registry is; what it said, for the officials who decide

    While the registry is away the question waits and is asked again, later and later. An official may decide without.
    """
    return await domain.shown(conn, numbers, employer_id, me, now)


HANDLERS = [get_employer_registration]
