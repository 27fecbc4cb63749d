"""The law of alerts: a posting matches a saved search if and only if `list_jobs`, asked the same, lists it."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.messages import search_alerts
from longan.floor.postings.postings import Benefit, Contract, Education, Shift
from longan.floor.requests.limits import Limiter
from longan.rooms.job_alerts import domain, store
from longan.rooms.job_alerts.models import JobFiltersIn
from tests.job_alerts.alerting import noted, person, saved

OPEN = 60
WORDS = (
    "công nhân", "cong nhan may", "may", "thợ", "kế toán", "bảo vệ", "tài xế", "nhân viên kho", "lđpt", "KCN", "qc",
    "bán hàng", "nữ", "phụ bếp", "kỹ thuật", "tạp vụ", "nv", "san xuat", "đức hòa", "bến lức", "trảng bàng",
    "cong nhna", "ke tona", "baro ve", "ty tnhh", "cổ phần", "m", "k", "1", "tổng hợp",
)  # fmt: skip
PHRASES = st.sampled_from(WORDS).flatmap(
    lambda words: st.sampled_from([words, f'"{words}"', f"-{words.split()[0]}", f"{words} OR", f'-"{words}"'])
)
Q = st.lists(PHRASES, min_size=1, max_size=4).map(" ".join)
PLACES = ("Bến Lức", "Đức Hòa", "Long An", "Tây Ninh", "Tân An", "Trảng Bàng", "huyện Cần Giuộc", "27991", "27694")


def some(of: Sequence[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(of), min_size=1, max_size=3, unique=True).map(",".join)


FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "q": Q,
    "place": st.sampled_from(PLACES[:7]),
    "ward_code": st.sampled_from(["27694", "27991", "25708", "27994"]),
    "province_code": st.sampled_from(["80", "79"]),
    "point": st.tuples(
        st.floats(10.4, 11.6), st.floats(105.7, 106.8), st.one_of(st.none(), st.floats(0.5, 100))
    ),
    "park": some(["park-a", "park-b"]),
    "pay_min": st.integers(1, 20_000_000),
    "occupation": some(["8", "81", "815", "7", "75", "9", "93", "5", "3"]),
    "contract": some(get_args(Contract)),
    "shift": some(get_args(Shift)),
    "benefits": some(get_args(Benefit)[:4]),
    "published_within_days": st.integers(1, 8),
    "education": st.sampled_from(get_args(Education)),
    "experience_months_max": st.integers(0, 36),
    "employer": st.integers(0, OPEN - 1),
}  # fmt: skip


@st.composite
def asked(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from([*FILTERS, "q", "q"]), min_size=1, max_size=4, unique=True))
    drawn = {name: draw(FILTERS[name]) for name in names if not (name == "ward_code" and "place" in names)}
    if (point := drawn.pop("point", None)) is not None:
        lat, lon, radius = point
        drawn |= {"lat": lat, "lon": lon} | ({} if radius is None else {"radius_km": radius})
    return drawn


@pytest.fixture
async def jobs(app: Edge, conn: asyncpg.Connection, now: datetime) -> list[tuple[UUID, UUID]]:
    """Open postings with everything that can be asked for, opened in the last days, and whose they are; no others."""
    app.limiter = Limiter(app.app.state.valkey, 1_000_000)
    chance = random.Random(5)
    rows = await conn.fetch(
        "select id, employer_id from jobs.postings where status = 'open' and lat is not null order by id"
    )
    chosen = chance.sample(rows, OPEN)
    trades = [row["code"] for row in await conn.fetch("select code from reference.occupations where level > 1")]
    await conn.execute("update jobs.postings set status = 'closed' where status = 'open'")
    for code in ("park-a", "park-b"):
        await conn.execute(
            """insert into places.parks (code, name, fold, kind, ward_version, ward_code, lat, lon, source)
               values ($1, $1, $1, 'industrial_park', '2025-07-01', '27694', 10, 106, 'x')""",
            code,
        )

    def maybe(values: Sequence[Any]) -> Any:
        return chance.choice([None, *values])

    for row in chosen:
        opened_at = now - timedelta(hours=chance.randrange(1, 6 * 24), minutes=30)
        await conn.execute(
            """update jobs.postings
                  set status = 'open', published_at = $2, expires_at = $3, occupation_code = $4, contract = $5,
                      shift = $6, benefits = $7, education = $8, experience_months = $9, park_code = $10,
                      effective_month = $11
                where id = $1""",
            row["id"], opened_at, now + timedelta(days=9), maybe(trades), maybe(get_args(Contract)),
            maybe(get_args(Shift)), chance.sample(get_args(Benefit)[:5], chance.randrange(4)),
            maybe(get_args(Education)), maybe([0, 6, 12, 24]), maybe(["park-a", "park-b"]),
            maybe([4_000_000, 8_000_000, 12_000_000]),
        )  # fmt: skip
        await noted(conn, row["id"], opened_at)
    await conn.execute("analyze jobs.postings")
    return [(row["id"], row["employer_id"]) for row in chosen]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(filters=asked())
async def test_a_posting_matches_a_search_if_and_only_if_list_jobs_lists_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, jobs: list[tuple[UUID, UUID]],
    filters: dict[str, Any],
) -> None:  # fmt: skip
    if "employer" in filters:
        filters = {**filters, "employer_id": str(jobs[filters["employer"]][1])}
        del filters["employer"]
    query = search_alerts.query(msgspec.convert(filters, JobFiltersIn, strict=False))
    answer = await client.get(f"/v1/jobs?{query}&limit=100&sort=newest")
    if answer.status_code == 422:  # an ambiguous place: it cannot be saved either
        return
    assert answer.status_code == 200, (query, answer.text)
    listed = {UUID(item["id"]) for item in answer.json()["items"]}

    step = conn.transaction()
    await step.start()
    try:
        account = await person(conn)
        try:
            await saved(conn, account, now - timedelta(days=7), cadence="daily", **filters)
        except domain.InvalidRequest:
            assert not listed, query  # of "?!" nothing is left
            return
        for job, _ in jobs:
            await store.match(conn, job, now)
        found = {row[0] for row in await conn.fetch("select posting_id from job_alerts.hits")}
    finally:
        await step.rollback()

    assert found == listed, query
