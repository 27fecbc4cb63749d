"""Everybody is told of months and offices in groups of ten; officials of their own office, never of a person."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.rooms.ratings import store, tasks
from longan.rooms.ratings.domain import rater_index
from tests.conftest import Bearer, TestClock, new_account
from tests.jobs.hiring import BEN_LUC, LONG_AN, UNKNOWN
from tests.ratings.saying import OFFICE, again, month_before, office, official, rated
from tests.ratings.telling import context, told


@pytest.fixture
async def past(clock: TestClock) -> date:
    """A month that is over; it is the 8th of the next one."""
    today = (clock() + timedelta(hours=7)).date()
    clock.shift(timedelta(days=(8 - today.day) if today.day < 8 else 0))
    return month_before(clock())


@pytest.fixture
async def offices(client: httpx.AsyncClient, bearer: Bearer) -> list[str]:
    headers = await official(bearer)
    return [
        (await office(client, again(headers), agency_code=code, name=f"Sở {code}", ward_code=ward))["id"]
        for code, ward in (("H53.16", LONG_AN), ("H53.11", LONG_AN), ("H53.15", BEN_LUC))
    ]


async def month(client: httpx.AsyncClient, of: date) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/rating-months/{of:%Y-%m}")).json()
    return found


async def of_offices(client: httpx.AsyncClient, of: date) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(f"/v1/rating-months/{of:%Y-%m}/offices")).json()["items"]
    return items


async def test_a_month_is_told_in_groups_of_ten_and_the_small_ones_together(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, offices: list[str], past: date
) -> None:
    await rated(conn, offices[0], past, 12, overall=5)
    await rated(conn, offices[0], past + timedelta(days=3), 3, overall=2)
    await rated(conn, offices[1], past, 4)
    await rated(conn, offices[2], past, 11)
    assert (await month(client, past))["told_at"] is None

    await told(app)

    found = await month(client, past)
    assert (found["total"]["ratings"], found["rest"]["ratings"]) == (30, 15)
    named = await of_offices(client, past)
    assert [(each["office"]["id"], each["ratings"]) for each in named] == [(offices[0], 15)]
    overall = next(each for each in named[0]["questions"] if each["question"] == "overall")
    assert overall == {"question": "overall", "average": 4.4, "scores": None}
    assert {each["question"]: each["average"] for each in named[0]["questions"]} == {
        "attitude": 5.0, "clarity": 4.0, "extra_fees": None, "overall": 4.4, "time": 3.0
    }  # fmt: skip
    own = (await client.get(f"/v1/offices/{offices[0]}/ratings")).json()["items"]
    assert own == named
    assert (await client.get(f"/v1/offices/{offices[1]}/ratings")).json()["items"] == []
    assert (await client.get(f"/v1/offices/{UNKNOWN}/ratings")).status_code == 404


async def test_less_than_ten_in_all_are_not_told_at_all(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, offices: list[str], past: date
) -> None:
    await rated(conn, offices[0], past, 9)

    await told(app)

    found = await month(client, past)
    assert (found["total"], found["rest"], await of_offices(client, past)) == (None, None, [])


async def test_what_was_told_is_never_told_anew(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, offices: list[str], past: date
) -> None:
    """Of two answers the one could be subtracted from the other."""
    await rated(conn, offices[0], past, 12)
    await told(app)
    before = await month(client, past), await of_offices(client, past)
    await rated(conn, offices[0], past, 1, overall=1)

    await told(app)

    assert (await month(client, past), await of_offices(client, past)) == before
    assert before[1][0]["ratings"] == 12


async def test_this_month_is_not_told_and_the_last_not_before_nobody_can_take_anything_back(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, clock: TestClock, offices: list[str]
) -> None:
    today = (clock() + timedelta(hours=7)).date()
    await rated(conn, offices[0], today, 20)
    await told(app)
    assert (await month(client, today))["told_at"] is None
    end = (today.replace(day=1) + timedelta(days=32)).replace(day=1)

    clock.shift(timedelta(days=(end - today).days + 6))
    await told(app)
    assert (await month(client, today))["told_at"] is None, "it is the 7th"
    clock.shift(timedelta(days=1))
    await told(app)

    assert (await month(client, today))["total"]["ratings"] == 20


@pytest.mark.parametrize(
    "day, month_of", [("2026-11-07", "2026-10"), ("2026-11-08", "2026-11"), ("2027-01-01", "2026-12")]
)
def test_a_month_may_be_told_from_the_8th_of_the_next_one(day: str, month_of: str) -> None:
    assert f"{tasks.begun(date.fromisoformat(day)):%Y-%m}" == month_of


async def test_a_rating_that_was_told_of_cannot_be_taken_back(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, offices: list[str], now: datetime
) -> None:
    account = await new_account(conn, app)
    today = (now + timedelta(hours=7)).date()
    await rated(conn, offices[0], today, 2)
    for rating in await conn.fetch("select id from ratings.ratings"):
        mine = rater_index(app.app.state.numbers, account, rating["id"])
        await conn.execute("update ratings.ratings set rater = $2 where id = $1", rating["id"], mine)
    first, second = [row["id"] for row in await conn.fetch("select id from ratings.ratings")]
    headers = await bearer(account)

    assert (await client.delete(f"/v1/ratings/{first}", headers=headers)).status_code == 204
    await conn.execute("insert into ratings.months (month, told_at) values ($1, $2)", today.replace(day=1), now)
    assert (await client.delete(f"/v1/ratings/{second}", headers=headers)).status_code == 404


@pytest.mark.parametrize("month_of", ["2026-13", "2026-1", "26-10", "1999-10", "2026-10-01", "٢٠٢٦-١٠"])
async def test_a_month_that_is_none_is_refused(client: httpx.AsyncClient, month_of: str) -> None:
    assert (await client.get(f"/v1/rating-months/{month_of}")).status_code in (400, 404)


async def test_officials_see_their_office_and_the_words_without_days_once_five_have_spoken(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, offices: list[str], past: date
) -> None:
    headers = await official(bearer)
    await rated(conn, offices[0], past, 4, words="Chờ lâu")
    await rated(conn, offices[1], past, 5, words="Rất tốt", overall=5)

    async def seen(which: int, what: str) -> list[dict[str, Any]]:
        answer = await client.get(f"/v1/managed-offices/{offices[which]}/{what}", headers=headers)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    assert await seen(1, "words") == [], "nothing before the month is over and told"
    await told(app)
    assert (await seen(0, "results"), await seen(0, "words")) == ([], [])
    results, words = await seen(1, "results"), await seen(1, "words")
    assert [(each["ratings"], each["month"]) for each in results] == [
        (5, f"{tasks.begun(past + timedelta(days=45)):%Y-%m}")
    ]
    assert {"question": "overall", "score": 5, "people": 5} in results[0]["answers"]
    assert [each["words"] for each in words] == ["Rất tốt"] * 5
    assert set(words[0]) == {"id", "month", "overall", "words"}


async def test_what_four_have_said_waits_for_a_fifth(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, offices: list[str], past: date,
    clock: TestClock,
) -> None:  # fmt: skip
    await rated(conn, offices[0], past, 4, words="Chờ lâu")
    await told(app)
    await rated(conn, offices[0], past + timedelta(days=35), 1, words="Có người đòi 500.000 đồng", extra_fees=1)
    clock.shift(timedelta(days=31))

    await told(app)

    items = (await client.get(f"/v1/managed-offices/{offices[0]}/words", headers=await official(bearer))).json()[
        "items"
    ]
    assert len(items) == 5 and len({each["month"] for each in items}) == 1
    assert "Có người đòi 500.000 đồng" in {each["words"] for each in items}


async def test_only_officials_of_the_agency_in_their_wards_see_it(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, offices: list[str], now: datetime
) -> None:
    version = await conn.fetchval("select places.version_on($1)", now)

    async def appointed(
        agency: str | None, wards: list[str] | None, function: str = "public_services"
    ) -> dict[str, str]:
        account = await new_account(conn, app, role="official")
        await conn.execute("update identity.roles set agency_code = $2 where account_id = $1", account, agency)
        await conn.execute(
            """insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
               values ($1, 'official', $2, $3, $4, $5)""",
            account, function, version if wards else None, wards, now - timedelta(days=1),
        )  # fmt: skip
        return await bearer(account, audience="official", acr=3)

    may = [("H53.16", [LONG_AN]), ("H53", [LONG_AN]), ("H53.16", None), (None, None), ("H53.11", None)]
    may_not = [
        ("H53.11", [LONG_AN]),
        ("H53.16", [BEN_LUC]),
        (None, [LONG_AN]),
        ("H53.1", [LONG_AN]),
        ("H53.16.1", [LONG_AN]),
    ]
    for agency, wards in may:
        for what in ("results", "words", "kiosks", "history"):
            path = f"/v1/managed-offices/{offices[0]}/{what}"
            answer = await client.get(path, headers=await appointed(agency, wards))
            assert answer.status_code == 200, (agency, wards, what)
    for agency, wards in may_not:
        headers = await appointed(agency, wards)
        for what in ("results", "words", "kiosks", "history"):
            answer = await client.get(f"/v1/managed-offices/{offices[0]}/{what}", headers=headers)
            assert answer.status_code == 404, (agency, wards, what)
        assert offices[0] not in (await client.get("/v1/managed-offices", headers=headers)).text
        kiosk = await client.post(f"/v1/managed-offices/{offices[0]}/kiosks", json={"counter": "1"}, headers=headers)
        assert kiosk.status_code == 404
        listed = await client.post("/v1/offices", json=OFFICE | {"unit": "Phòng 2"}, headers=again(headers))
        assert (listed.status_code, listed.json()["code"]) == (403, "forbidden"), (agency, wards)
    other = await appointed("H53.16", None, "labour")
    assert (await client.get(f"/v1/managed-offices/{offices[0]}/words", headers=other)).status_code == 403
    assert (await client.get(f"/v1/managed-offices/{offices[0]}/words", headers=await bearer())).status_code == 401


async def test_links_are_forgotten_first_and_ratings_after_a_year(
    conn: asyncpg.Connection, app: Edge, offices: list[str], clock: TestClock
) -> None:
    today = (clock() + timedelta(hours=7)).date()
    for days in (0, 7, 8, 67, 68, 400, 401):
        await rated(conn, offices[0], today - timedelta(days=days))
    await conn.execute("update ratings.ratings set rater = uuid_send(id), subject = uuid_send(id)")
    await conn.execute(
        """insert into ratings.invitations (holder, finished_on)
           select uuid_send(gen_random_uuid()), $1::date - n from unnest($2::int[]) n""",
        today, [0, 67, 68],
    )  # fmt: skip
    await conn.execute(
        """insert into ratings.visits (token, expires_at)
           select uuid_send(gen_random_uuid()), $1::timestamptz - n from unnest($2::interval[]) n""",
        clock(), [timedelta(hours=23), timedelta(hours=25)],
    )  # fmt: skip

    for _ in range(2):
        await tasks.forget_ratings(context(app))

    rows = await conn.fetch("select $1::date - rated_on as days, rater, subject from ratings.ratings", today)
    assert sorted(row["days"] for row in rows) == [0, 7, 8, 67, 68, 400]
    assert sorted(row["days"] for row in rows if row["rater"]) == [0, 7]
    assert sorted(row["days"] for row in rows if row["subject"]) == [0, 7, 8, 67]
    assert await conn.fetchval("select count(*) from ratings.invitations") == 2
    assert await conn.fetchval("select count(*) from ratings.visits") == 1


async def test_what_officials_were_shown_together_is_forgotten_together(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, offices: list[str], past: date,
    clock: TestClock,
) -> None:  # fmt: skip
    """Ratings of three months that waited for each other: week after week there are all of them, and then none."""
    for months in (0, 1, 2):
        await rated(conn, offices[0], past - timedelta(days=30 * months), 2)
    await told(app)
    seen = []

    for days in (320, *[4] * 30):
        clock.shift(timedelta(days=days))
        await tasks.forget_ratings(context(app))
        own = await client.get(f"/v1/managed-offices/{offices[0]}/results", headers=await official(bearer))
        seen.append(sum(each["ratings"] for each in own.json()["items"]))
        assert await conn.fetchval("select count(*) from ratings.ratings") == seen[-1]

    assert set(seen) == {6, 0}
    assert seen == sorted(seen, reverse=True)


async def test_ratings_of_an_office_are_found_by_an_index(
    conn: asyncpg.Connection, offices: list[str], past: date
) -> None:
    """The rows of an office, and those of a month, among those of all."""
    await conn.execute(
        """insert into ratings.ratings (office_id, rated_on, answers)
           select $1, $2::date - n % 400, '{"overall": 4}' from generate_series(1, 4000) n""",
        UUID(offices[0]), past,
    )  # fmt: skip
    await conn.execute("analyze ratings.ratings")
    count = "\n".join(row[0] for row in await conn.fetch(f"explain {store.COUNT}", past))
    assert "ratings_by_day" in count
