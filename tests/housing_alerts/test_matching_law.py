"""The law of alerts: a listing matches a saved search if and only if `list_housing`, asked the same, lists it."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, get_args
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.base.errors import Problem
from longan.floor.housing.housing_filters import Feature
from longan.floor.housing.housing_listings import Kind
from longan.floor.messages import search_alerts
from longan.floor.requests.limits import Limiter
from longan.rooms.housing_alerts import domain, store
from longan.rooms.housing_alerts.models import HousingFiltersIn
from tests.conftest import new_account
from tests.housing_alerts.alerting import noted, saved
from tests.job_alerts.alerting import person
from tests.jobs.hiring import OWNER, UNVERIFIED_OWNER, employer_of

OPEN = 60
WORDS = (
    "phòng", "phong tro", "nhà trọ", "gác", "có gác", "kcn", "mới", "giá rẻ", "cho thuê", "gần", "long hậu", "ký túc",
    "đức hòa", "bến lức", "p", "1", "sạch sẽ", "nha nguyen can",
)  # fmt: skip
PHRASES = st.sampled_from(WORDS).flatmap(
    lambda words: st.sampled_from([words, f'"{words}"', f"-{words.split()[0]}", f"{words} OR", f'-"{words}"'])
)
Q = st.lists(PHRASES, min_size=1, max_size=4).map(" ".join)
PLACES = ("Bến Lức", "Đức Hòa", "Long An", "Tây Ninh", "Tân An", "Trảng Bàng", "huyện Cần Giuộc")
SAID = ("loft", "private_bathroom", "motorbike_parking", "wifi")
COLUMNS = ("has_loft", "private_bathroom", "motorbike_parking", "wifi")


def some(of: Sequence[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(of), min_size=1, max_size=3, unique=True).map(",".join)


FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "q": Q,
    "place": st.sampled_from(PLACES),
    "ward_code": st.sampled_from(["27694", "27991", "25708", "27994"]),
    "province_code": st.sampled_from(["80", "79"]),
    "point": st.tuples(
        st.floats(10.4, 11.6), st.floats(105.7, 106.8), st.one_of(st.none(), st.floats(0.5, 100))
    ),
    "workplace": st.sampled_from(["park-a", "park-b"]),
    "park": some(["park-a", "park-b"]),
    "rent_min": st.integers(0, 3_000_000),
    "rent_max": st.integers(500_000, 12_000_000),
    "cost_max": st.integers(300_000, 6_000_000),
    "area_min": st.floats(0, 60),
    "people": st.integers(1, 6),
    "kind": some(get_args(Kind)),
    "features": some((*SAID, *get_args(Feature)[:1])),
    "curfew_after": st.sampled_from(["00:00", "00:30", "12:00", "21:30", "22:00", "23:59"]),
    "available_by": st.sampled_from(["2020-01-01", "2026-12-01", "2099-01-01"]),
    "verified_owner": st.booleans(),
}  # fmt: skip


@st.composite
def asked(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from([*FILTERS, "q", "cost_max", "people"]), min_size=1, max_size=4, unique=True))
    left_out = {"ward_code"} if "place" in names else set()
    left_out |= {"workplace"} if "point" in names else set()
    drawn = {name: draw(FILTERS[name]) for name in names if name not in left_out}
    if (point := drawn.pop("point", None)) is not None:
        lat, lon, radius = point
        drawn |= {"lat": lat, "lon": lon} | ({} if radius is None else {"radius_km": radius})
    return drawn


@pytest.fixture
async def places(app: Edge, conn: asyncpg.Connection, now: datetime) -> list[UUID]:
    """Open listings with everything that can be asked for, opened in the last days; no others are open."""
    app.limiter = Limiter(app.app.state.valkey, 1_000_000)
    chance = random.Random(5)
    rows = [row["id"] for row in await conn.fetch("select id from housing.listings where status = 'open' order by id")]
    chosen = chance.sample(rows, OPEN)
    await conn.execute("update housing.listings set status = 'stale' where status = 'open'")
    for code, lat, lon in (("park-a", 10.63, 106.48), ("park-b", 10.9, 106.4)):
        await conn.execute(
            """insert into places.parks (code, name, fold, kind, ward_version, ward_code, lat, lon, source)
               values ($1, $1, $1, 'industrial_park', '2025-07-01', '27694', $2, $3, 'x')""",
            code, lat, lon,
        )  # fmt: skip
    owner = await new_account(conn, app)
    await conn.execute(
        """insert into assurance.identities (account_id, confirmed_at) values ($1, $2)
               on conflict (account_id) do update set confirmed_at = excluded.confirmed_at""",
        owner, now,
    )  # fmt: skip
    employers = [await employer_of(conn, OWNER), await employer_of(conn, UNVERIFIED_OWNER)]

    def maybe(values: Sequence[Any]) -> Any:
        return chance.choice([None, *values])

    for listing in chosen:
        opened_at = now - timedelta(hours=chance.randrange(1, 6 * 24), minutes=30)
        kind = chance.choice(get_args(Kind))
        employer = maybe(employers) if kind == "dormitory" else None
        electricity = maybe([("kwh", 3_500), ("state_tariff", None), ("person_month", 90_000), ("room_month", 200_000)])
        water = maybe([("m3", 15_000), ("person_month", 60_000), ("included", None)])
        curfew = maybe([time(22), time(23, 30), time(0, 30)])
        rent = chance.randrange(5, 60) * 100_000
        said = dict(zip(COLUMNS, (maybe([True, False]) for _ in COLUMNS), strict=True))
        row = {
            "status": "open", "published_at": opened_at, "stale_at": now + timedelta(days=9), "kind": kind,
            "owner_id": maybe([owner]), "employer_id": employer, "rent": rent,
            "cost_month": rent + chance.randrange(900_000), "cost_two": rent // 2 + chance.randrange(1, 900_000),
            "cost_three": rent // 3 + chance.randrange(1, 900_000),
            "cost_four": rent // 4 + chance.randrange(1, 900_000), "deposit": maybe([0, 1_000_000, 2_000_001]),
            "electricity_unit": electricity and electricity[0], "electricity_price": electricity and electricity[1],
            "water_unit": water and water[0], "water_price": water and water[1],
            "internet_fee": maybe([50_000]), "internet_unit": chance.choice(["room_month", "person_month"]),
            "parking_fee": maybe([0, 70_000]), "service_fee": maybe([30_001]), "area_m2": maybe([9, 16, 25.5]),
            "max_people": maybe([1, 2, 3, 5]), "available_from": maybe([date(2026, 11, 1), date(2027, 6, 1)]),
            "curfew_from": curfew, "curfew_to": curfew and time(5), "free_hours": None if curfew else maybe([True]),
            "park_code": maybe(["park-a", "park-b"]), **said,
        }  # fmt: skip
        sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(row, 2))
        await conn.execute(f"update housing.listings set {sets} where id = $1", listing, *row.values())
        await noted(conn, listing, opened_at)
    await conn.execute("analyze housing.listings")
    return chosen


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(filters=asked())
async def test_a_listing_matches_a_search_if_and_only_if_list_housing_lists_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, places: list[UUID], filters: dict[str, Any]
) -> None:
    query = search_alerts.query(msgspec.convert(filters, HousingFiltersIn, strict=False))
    answer = await client.get(f"/v1/housing?{query}&limit=100&sort=newest")
    if answer.status_code in (400, 422):  # an ambiguous place, bounds the wrong way round: neither can be saved
        with pytest.raises(Problem):
            await saved(conn, await person(conn), now, **filters)
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
            assert not listed or filters == {"verified_owner": False}, query  # of "?!" nothing is left
            return
        for place in places:
            await store.match(conn, place, now)
        found = {row[0] for row in await conn.fetch("select listing_id from housing_alerts.hits")}
    finally:
        await step.rollback()

    assert found == listed, query
