"""HTTP of the room."""

from uuid import UUID

from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import NotFound, WardUnknown
from longan.floor.database.page import Cursor, Limit
from longan.floor.guard.job_view import Job, trace
from longan.floor.requests.deps import Conn, Ex, Me, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.job_templates import domain
from longan.rooms.job_templates.models import Template, TemplateChange, TemplateExists, TemplateIn, TemplatePage, UseIn

EXAMPLE_IN = {
    "name": "Thợ may ca ngày",
    "days": 30,
    "job": {
        "title": "Công nhân may",
        "description": "May chuyền áo thun, có xe đưa rước, cơm trưa.",
        "ward_code": "27694",
        "pay": {"base": 6_500_000, "allowances": 700_000, "max": 12_000_000},
        "openings": 20,
        "shift": "day",
        "benefits": ["meals", "bus"],
    },
}


@post(
    "/v1/employers/{employer_id:uuid}/job-templates",
    tags=["job_templates"],
    opt=decided(
        auth="app", limit="write", idempotent=True, raises=(NotFound, TemplateExists), request_example=EXAMPLE_IN
    ),
)
async def create_job_template(
    tx: Tx, me: Me, now: Now, exchange: Ex, employer_id: FromPath[UUID], data: JSONBody[TemplateIn]
) -> Template:
    """Keep a job as a template of your employer, from your words or from a posting of its"""
    template = await domain.create(tx, me.account_id, employer_id, data, now)
    return exchange.tagged(template, template.version)


@get(
    "/v1/employers/{employer_id:uuid}/job-templates",
    tags=["job_templates"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_job_templates(
    conn: Conn, me: Me, pages: Pages, employer_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> TemplatePage:
    """The templates of your employer, newest first"""
    return await domain.own(conn, pages, me.account_id, employer_id, cursor, limit)


@get(
    "/v1/job-templates/{template_id:uuid}",
    tags=["job_templates"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def get_job_template(conn: Conn, me: Me, exchange: Ex, template_id: FromPath[UUID]) -> Template:
    """One template of your employer"""
    template = await domain.shown(conn, me.account_id, template_id)
    return exchange.tagged(template, template.version)


@patch(
    "/v1/job-templates/{template_id:uuid}",
    tags=["job_templates"],
    opt=decided(
        auth="app", limit="write", if_match=True, raises=(NotFound, TemplateExists), request_example={"days": 45}
    ),
)
async def update_job_template(
    tx: Tx, me: Me, now: Now, exchange: Ex, template_id: FromPath[UUID], data: JSONBody[TemplateChange]
) -> Template:
    """Change what is named; the rest stays, and so do the postings made of it"""
    template = await domain.update(tx, me.account_id, template_id, data, exchange.expected_versions(), now)
    return exchange.tagged(template, template.version)


@delete(
    "/v1/job-templates/{template_id:uuid}",
    tags=["job_templates"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def delete_job_template(tx: Tx, me: Me, template_id: FromPath[UUID]) -> None:
    """Throw a template away; the postings made of it stay"""
    await domain.delete(tx, me.account_id, template_id)


@post(
    "/v1/job-templates/{template_id:uuid}/use",
    tags=["job_templates"],
    opt=decided(auth="app", limit="write", idempotent=True, raises=(NotFound, WardUnknown)),
)
async def use_job_template(
    tx: Tx, me: Me, now: Now, exchange: Ex, template_id: FromPath[UUID], data: JSONBody[UseIn | None] = None
) -> Job:
    """A new draft of your employer, as the template says"""
    job = await domain.use(tx, me.account_id, template_id, data.expires_at if data else None, now)
    return exchange.tagged(job, job.version, *trace(job))


HANDLERS = [
    create_job_template, list_job_templates, get_job_template, update_job_template, delete_job_template,
    use_job_template,
]  # fmt: skip
