"""HTTP of the room."""

from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec

from longan.floor.requests.deps import Conn, Me
from longan.floor.requests.policy import decided
from longan.rooms.events.domain import Stream
from longan.rooms.events.models import TooManyStreams

EXAMPLE = """\
retry: 2718

id: 8161
event: notification
data: {"kind":"notification","subject_id":"0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12"}

:

"""


@get(
    "/v1/events",
    tags=["events"],
    responses={200: ResponseSpec(str, description="Events, as they happen", generate_examples=False)},
    opt=decided(auth="app", limit="lookup", produces="text/event-stream", raises=(TooManyStreams,), example=EXAMPLE),
)
async def stream_events(state: State, conn: Conn, me: Me, request: Request[Any, Any, Any]) -> Stream:
    """What happens to the caller, as it happens (server-sent events)
    An event has `id`, the name of what happened as `event`, and in `data` its `kind` and `subject_id`; what it says is
    asked for where it belongs. `reset` means: you may have missed something, so load what you show; it comes first
    unless `Last-Event-ID` names an event of the last 7 days. A comment comes at least every 15 seconds. The stream ends
    after half an hour at most, and when the session does; come back after `retry`. Not more than five for an account.
    """
    stream: Stream = await state.streams.open(conn, me, request.headers.get("Last-Event-ID", ""))
    return stream


HANDLERS = [stream_events]
