"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.formats.sheets import MOST_BYTES, FileEmpty, FileMalformed, FileTooLarge, NotUtf8
from longan.floor.postings.job_sheets import HeadingsWrong
from longan.floor.requests.deps import Conn, Ex, Locale, Me, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.job_exchange import domain
from longan.rooms.job_exchange.domain import CSV, JSON_LD
from longan.rooms.job_exchange.models import (
    ImportRunning,
    JobImport,
    JobImportPage,
    JobImportRowPage,
    RowStatus,
)

Publish = Annotated[bool, QueryParameter(description="`true`: what was made is published as by `publish_job`")]
OfStatus = Annotated[RowStatus | None, QueryParameter(description="Only rows of which that became")]

EXAMPLE = {
    CSV: "Mã tin,Tiêu đề,Mô tả,Nơi làm việc,Lương từ,Lương đến,Số lượng,Hạn nộp\r\n"
    'A-1,Công nhân may,"May chuyền, có xe đưa rước",Xã Bến Lức,8.000.000,12.000.000,20,31/01/2027\r\n',
    JSON_LD: {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "identifier": "A-1",
        "title": "Công nhân may",
        "description": "<p>May chuyền, có xe đưa rước</p>",
        "validThrough": "2027-01-31",
        "jobLocation": {"@type": "Place", "address": {"addressLocality": "Xã Bến Lức", "addressRegion": "Tây Ninh"}},
        "baseSalary": {
            "@type": "MonetaryAmount",
            "currency": "VND",
            "value": {"@type": "QuantitativeValue", "minValue": 8_000_000, "unitText": "MONTH"},
        },
        "totalJobOpenings": 20,
    },
}


@post(
    "/v1/employers/{employer_id:uuid}/job-imports",
    tags=["job_exchange"],
    opt=decided(
        auth="app", limit="file", idempotent=True, takes=(CSV, JSON_LD), largest=MOST_BYTES, reads=domain.read,
        raises=(NotFound, ImportRunning, NotUtf8, FileMalformed, FileTooLarge, FileEmpty, HeadingsWrong),
        request_example=EXAMPLE,
    ),
)  # fmt: skip
async def import_jobs(
    tx: Tx, me: Me, now: Now, exchange: Ex, employer_id: FromPath[UUID], publish: Publish = False
) -> JobImport:
    """Postings from a file: CSV with headings in Vietnamese or English, or JobPosting of schema.org

    What is wrong with the file as a whole is answered at once; what is wrong with a row stands in
    `list_job_import_rows`, and the good rows become drafts. The same file again makes nothing twice.
    """
    made = await domain.begin(tx, me.account_id, employer_id, exchange.content, publish=publish, now=now)
    return exchange.tagged(made, made.version)


@get(
    "/v1/employers/{employer_id:uuid}/job-imports",
    tags=["job_exchange"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_job_imports(
    conn: Conn, me: Me, pages: Pages, employer_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> JobImportPage:
    """Imports of an employer you are a member of, the newest first"""
    return await domain.of_employer(conn, pages, employer_id, me.account_id, cursor, limit)


@get(
    "/v1/job-imports/{import_id:uuid}",
    tags=["job_exchange"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def get_job_import(conn: Conn, me: Me, exchange: Ex, import_id: FromPath[UUID]) -> JobImport:
    """How far an import has come, and what became of its rows so far"""
    found = await domain.shown(conn, import_id, me.account_id)
    return exchange.tagged(found, found.version)


@get(
    "/v1/job-imports/{import_id:uuid}/rows",
    tags=["job_exchange"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_job_import_rows(
    conn: Conn,
    me: Me,
    pages: Pages,
    locale: Locale,
    import_id: FromPath[UUID],
    status: OfStatus = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> JobImportRowPage:
    """What became of each row, in the order of the file; kept for 30 days"""
    return await domain.rows(conn, pages, import_id, me.account_id, status, cursor, limit, locale)


@get(
    "/v1/job-imports/{import_id:uuid}/report",
    tags=["job_exchange"],
    opt=decided(auth="app", limit="file", produces=CSV, raises=(NotFound,),
                example="line,status,source_key,job_id,errors,not_understood\r\n"),
)  # fmt: skip
async def download_job_import_report(conn: Conn, me: Me, locale: Locale, import_id: FromPath[UUID]) -> Response[bytes]:
    """All rows as a CSV; no cell of it is run as a formula"""
    report = await domain.report(conn, import_id, me.account_id, locale)
    kept = {"Content-Disposition": 'attachment; filename="job-import.csv"'}
    return Response(report, media_type=f"{CSV}; charset=utf-8", headers=kept)


@post(
    "/v1/job-imports/{import_id:uuid}/cancel",
    tags=["job_exchange"],
    status_code=200,
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def cancel_job_import(tx: Tx, me: Me, now: Now, exchange: Ex, import_id: FromPath[UUID]) -> JobImport:
    """Stop an import; what it has made stays

    Cancelling what is over changes nothing and answers 200.
    """
    ended = await domain.cancel(tx, me.account_id, import_id, now)
    return exchange.tagged(ended, ended.version)


HANDLERS = [
    import_jobs, list_job_imports, get_job_import, list_job_import_rows, download_job_import_report, cancel_job_import,
]  # fmt: skip
