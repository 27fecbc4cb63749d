"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from msgspec import Raw

from longan.floor.base.errors import NotFound
from longan.floor.database.page import MAX_CURSOR, Limit
from longan.floor.requests.deps import Conn, Ex, Now, Pages
from longan.floor.requests.policy import decided
from longan.rooms.job_feed import domain
from longan.rooms.job_feed.models import FeedRestarted, JobFeed

JSON_LD = "application/ld+json"
Since = Annotated[str | None, QueryParameter(max_length=MAX_CURSOR, description="`since` of the answer before")]

EXAMPLE = {
    "@context": "https://schema.org",
    "@type": "JobPosting",
    "title": "Công nhân may",
    "description": "May chuyền, có xe đưa rước",
    "identifier": {"@type": "PropertyValue", "name": "Công ty TNHH May Bông Súng", "value": "A-1"},
    "datePosted": "2026-11-22T01:00:00Z",
    "validThrough": "2027-01-31T17:00:00Z",
    "hiringOrganization": {"@type": "Organization", "name": "Công ty TNHH May Bông Súng"},
    "jobLocation": {
        "@type": "Place",
        "address": {
            "@type": "PostalAddress",
            "addressLocality": "Xã Bến Lức",
            "addressRegion": "Tỉnh Tây Ninh",
            "addressCountry": "VN",
        },
    },
    "baseSalary": {
        "@type": "MonetaryAmount",
        "currency": "VND",
        "value": {"@type": "QuantitativeValue", "minValue": 8_000_000, "maxValue": 12_000_000, "unitText": "MONTH"},
    },
    "totalJobOpenings": 20,
}


@get(
    "/v1/jobs/{job_id:uuid}/json-ld",
    tags=["job_feed"],
    opt=decided(auth="optional", limit="lookup", cache="jobs", produces=JSON_LD, raises=(NotFound,), example=EXAMPLE),
)
async def get_job_json_ld(conn: Conn, now: Now, exchange: Ex, job_id: FromPath[UUID]) -> Response[Raw]:
    """An open job as JobPosting of schema.org, fit to stand in a page for search engines

    What it came with as JSON-LD goes out as it came. Members of its employer see it whatever its state.
    """
    body = await domain.posting(conn, exchange, job_id, now)
    exchange.etag = domain.tag(body)
    return Response(Raw(body), media_type=JSON_LD)


@get(
    "/v1/jobs/feed",
    tags=["job_feed"],
    opt=decided(
        auth="public", limit="page", raises=(FeedRestarted,),
        example={
            "items": [
                {"id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "removed": False, "posting": EXAMPLE},
                {"id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12", "removed": True, "posting": None},
            ],
            "since": "c2lnbmVkLWN1cnNvcg",
            "more": False,
        },
    ),
)  # fmt: skip
async def get_job_feed(
    conn: Conn, now: Now, pages: Pages, exchange: Ex, since: Since = None, limit: Limit = 100
) -> JobFeed:
    """Open jobs, then what changed: ask again with `since`, at once while `more`, else in a minute or later

    The same posting may come again; the last word holds. 410 `feed_restarted`: forget everything and begin without.
    """
    found = await domain.feed(conn, pages, since, now, limit)
    exchange.etag = domain.tag(found)
    return found


HANDLERS = [get_job_json_ld, get_job_feed]
