"""Who am I here, and what may I change of it."""

from datetime import datetime
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.devkit.sample.personas import PERSONAS

WORKER, OWNER = PERSONAS[0], PERSONAS[9]


async def test_a_persona_sees_everything_of_themself_in_one_answer(client: httpx.AsyncClient, bearer) -> None:
    me = await client.get("/v1/me", headers=await bearer(WORKER.account_id))

    assert me.status_code == 200
    assert me.json() == {
        "id": str(WORKER.account_id),
        "phone": WORKER.phone,
        "full_name": WORKER.full_name,
        "birth_year": WORKER.birth_year,
        "locale": "vi",
        "ward_code": WORKER.ward_code,
        "assurance_level": 0,
        "roles": [{"role": "worker", "employer_id": None, "agency_code": None}],
        "version": 1,
    }
