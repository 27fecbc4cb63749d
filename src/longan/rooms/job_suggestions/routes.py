"""HTTP of the room."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from longan.floor.requests.deps import Conn, Home, Now
from longan.floor.requests.policy import decided
from longan.floor.search.search import fold
from longan.rooms.job_suggestions import store
from longan.rooms.job_suggestions.models import SuggestionList

Typed = Annotated[str, QueryParameter(max_length=60, description="What is typed so far, with or without marks")]

EXAMPLE = {
    "items": [
        {"kind": "title", "text": "Công nhân may", "value": "Công nhân may"},
        {"kind": "place", "text": "Xã Cần Giuộc", "value": "Xã Cần Giuộc"},
    ]
}


@get(
    "/v1/jobs/suggestions",
    tags=["job_suggestions"],
    opt=decided(auth="public", limit="lookup", cache="jobs", example=EXAMPLE),
)
async def suggest_jobs(conn: Conn, now: Now, home: Home, q: Typed) -> SuggestionList:
    """Titles of open jobs, occupations, employers and places that begin with what is typed so far

    At most 20, the titles of many jobs first. A title is also found by a word further on in it, among the newest jobs.
    """
    typed = fold(q)
    beginning = f"{typed} " if typed and q[-1:].isspace() else typed
    return await store.suggest(conn, beginning, home, now) if typed else SuggestionList([])


HANDLERS = [suggest_jobs]
