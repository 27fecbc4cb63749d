"""The operations of the benchmark's rows: the same paths, the same answers."""

import base64
import json
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from . import models, schemas
from .database import Session
from .security import Caller, get_account, get_caller, open_phone

LEVELS = ("xa", "tinh", "nganh_doc", "bo")

app = FastAPI()


@app.get("/v1/jobs", response_model=schemas.JobPage)
async def list_jobs(session: Session, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> dict[str, object]:
    found = await session.scalars(
        select(models.Posting)
        .options(joinedload(models.Posting.employer))
        .where(models.Posting.status == "open", models.Posting.expires_at > datetime.now(UTC))
        .order_by(models.Posting.published_at.desc(), models.Posting.id.desc())
        .limit(limit + 1)
    )
    postings = found.all()
    return {"items": postings[:limit], "next_cursor": cursor(postings[limit - 1]) if len(postings) > limit else None}


def cursor(last: models.Posting) -> str:
    position = json.dumps([str(last.published_at), str(last.id)])
    return base64.urlsafe_b64encode(position.encode()).decode()


@app.get("/v1/procedures/{code}", response_model=schemas.Procedure)
async def get_procedure(session: Session, code: str) -> dict[str, object]:
    procedure = await session.get(models.Procedure, code)
    if procedure is None:
        raise HTTPException(404, "Not found")
    columns = {column.key: getattr(procedure, column.key) for column in models.Procedure.__table__.columns}
    level = next((level for level in LEVELS if level in procedure.levels), "khac")
    return {**columns, **procedure.detail, "level": level}


@app.get("/v1/me", response_model=schemas.Person)
async def get_me(caller: Annotated[Caller, Depends(get_caller)]) -> schemas.Person:
    account, profile = caller.account, caller.account.profile
    return schemas.Person(
        id=account.id,
        phone=open_phone(account),
        full_name=profile and profile.full_name,
        birth_year=profile and profile.birth_year,
        locale=profile.locale if profile else "vi",
        ward_code=profile and profile.ward_code,
        assurance_level=caller.acr,
        roles=[
            *(schemas.Role(role=held.role, employer_id=None, agency_code=held.agency_code) for held in account.roles),
            *(schemas.Role(role=m.role, employer_id=m.employer_id, agency_code=None) for m in account.memberships),
        ],
        version=profile.version if profile else 0,
    )


@app.post("/v1/jobs/{job_id}/applications", response_model=schemas.Application, status_code=201)
async def apply_to_job(
    session: Session,
    worker: Annotated[models.Account, Depends(get_account)],
    job_id: UUID,
    given: schemas.ApplicationIn,
) -> models.Application:
    """An insert and a commit. It knows no idempotency keys and promises no notice: less than ours does."""
    now = datetime.now(UTC)
    posting = await session.get(models.Posting, job_id)
    if posting is None:
        raise HTTPException(404, "Not found")
    if posting.status != "open" or posting.expires_at <= now:
        raise HTTPException(409, "This job is not open")
    application = models.Application(
        job_id=posting.id, employer_id=posting.employer_id, worker_id=worker.id, note=given.note, created_at=now,
        updated_at=now,
    )  # fmt: skip
    session.add(application)
    try:
        await session.commit()
    except IntegrityError as error:
        raise HTTPException(409, "You have applied for this job already") from error
    return application
