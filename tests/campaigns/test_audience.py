"""Whom a campaign is for: what the preview counts is who is told."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.rooms.campaigns import domain, store
from longan.rooms.campaigns.models import Standing
from tests.campaigns.conftest import OTHER_WARD, WARD, Official, Write, go_on, scheduled, told, workers


class Person(msgspec.Struct, frozen=True):
    """`place` is an index into the places of the world, None for whoever never named one, or said what their work
    is."""

    place: int | None
    locale: str | None
    occupation: str | None
    worker: bool
    member: bool
    closed: bool
    ended: bool


class World(msgspec.Struct, frozen=True):
    """Two wards of the list in force, two of the one before of which each went (in part) into the first, and one of the
    list before that went elsewhere."""

    past: date
    present: date
    wards: list[str]
    old: list[str]
    elsewhere: str
    employer: UUID

    def places(self) -> list[tuple[date, str]]:
        return [*((self.present, code) for code in self.wards), *((self.past, code) for code in self.old),
                (self.past, self.elsewhere)]  # fmt: skip

    def within(self, person: Person, wards: list[int] | None) -> bool:
        """What the predicate says, in other words."""
        if wards is None:
            return True
        if person.place is None:
            return False
        return person.place in wards or (person.place in (2, 3) and 0 in wards)


PERSON = st.builds(
    Person, place=st.one_of(st.none(), st.integers(0, 4)), locale=st.sampled_from([None, "vi", "en"]),
    occupation=st.sampled_from([None, "8", "81", "82", "75"]), worker=st.booleans(), member=st.booleans(),
    closed=st.sampled_from([False, False, False, True]),
    ended=st.sampled_from([False, False, False, True]),
)  # fmt: skip


@pytest.fixture
async def world(conn: asyncpg.Connection) -> World:
    """Places of the data that are as the world needs them."""
    present: date = await conn.fetchval("select max(version) from places.versions")
    past: date = await conn.fetchval("select max(version) from places.versions where version < $1", present)
    first = await conn.fetchrow(
        """select new_code, (array_agg(old_code order by old_code))[:2] as old from places.successions s
            where new_version = $1 and old_version = $2
              and not exists (select from places.successions o
                               where o.old_version = s.old_version and o.old_code = s.old_code
                                 and o.new_version = s.new_version and o.new_code <> s.new_code)
            group by new_code having count(*) >= 2 order by new_code limit 1""",
        present, past,
    )  # fmt: skip
    second, elsewhere = await conn.fetchrow(
        """select u.code, (select min(s.old_code) from places.successions s
                            where s.new_version = $1 and s.old_version = $2 and s.new_code not in ($3, u.code)
                              and not exists (select from places.successions o
                                               where o.old_version = $2 and o.old_code = s.old_code
                                                 and o.new_version = $1 and o.new_code in ($3, u.code)))
             from places.units u
            where u.version = $1 and u.level = 'commune' and u.code > $3 order by u.code limit 1""",
        present, past, first["new_code"],
    )  # fmt: skip
    employer = await conn.fetchval("select id from employers.employers limit 1")
    return World(past, present, [first["new_code"], second], first["old"], elsewhere, employer)


async def live(conn: asyncpg.Connection, world: World, people: list[Person], now: datetime) -> list[UUID]:
    ids = [uuid4() for _ in people]
    for account, person in zip(ids, people, strict=True):
        await conn.execute(
            """insert into identity.accounts (id, phone_index, phone_cipher, created_at, disabled_at)
               values ($1, uuid_send($1), '', $2, case when $3 then $2::timestamptz end)""",
            account, now, person.closed,
        )  # fmt: skip
        if person.worker:
            await conn.execute(
                "insert into identity.roles (account_id, role, ends_at) values ($1, 'worker', $2)",
                account, now - timedelta(days=1) if person.ended else None,
            )  # fmt: skip
        if person.member:
            await conn.execute("insert into members.members values ($1, $2, 'recruiter')", world.employer, account)
        if person.place is not None or person.locale is not None or person.occupation is not None:
            version, code = world.places()[person.place] if person.place is not None else (None, None)
            await conn.execute(
                """insert into people.profiles (account_id, locale, ward_version, ward_code, occupation_code)
                   values ($1, $2, $3, $4, $5)""",
                account, person.locale or "vi", version, code, person.occupation,
            )  # fmt: skip
    return ids


def belongs(
    world: World, person: Person, wards: list[int] | None, role: str | None, locale: str | None, occupation: str | None
) -> bool:
    worker, member = person.worker and not person.ended, person.member
    fits = {"worker": worker, "employer_member": member, None: worker or member}[role]
    return (
        fits
        and not person.closed
        and world.within(person, wards)
        and locale in (None, (person.locale or "vi"))
        and (occupation is None or (person.occupation or "").startswith(occupation))
    )  # fmt: skip


async def standing(conn: asyncpg.Connection, campaign: UUID) -> Standing:
    found = await store.held(conn, campaign)
    assert found is not None
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    people=st.lists(PERSON, max_size=14), wards=st.one_of(st.none(), st.sampled_from([[0], [1], [0, 1]])),
    role=st.sampled_from([None, "worker", "employer_member"]), locale=st.sampled_from([None, "vi", "en"]),
    occupation=st.sampled_from([None, None, "8", "81", "7"]), batch=st.integers(1, 6), window=st.integers(1, 40),
)  # fmt: skip
async def test_the_preview_counts_who_is_told_and_these_are_those_who_belong(
    conn: asyncpg.Connection, now: datetime, world: World, people: list[Person], wards: list[int] | None,
    role: str | None, locale: str | None, occupation: str | None, batch: int, window: int,
) -> None:  # fmt: skip
    trial = conn.transaction()
    await trial.start()
    try:
        ids = await live(conn, world, people, now)
        codes = None if wards is None else [world.wards[each] for each in wards]
        campaign = await scheduled(conn, now, wards=codes, version=world.present if codes else None, role=role,
                                   locale=locale, occupation=occupation)  # fmt: skip

        previewed = await store.count(conn, await standing(conn, campaign), now)
        await go_on(conn, campaign, now, batch, window)

        found = await told(conn, campaign)
        assert len(found) == len(set(found)) == previewed
        assert set(found) & set(ids) == {
            account
            for account, person in zip(ids, people, strict=True)
            if belongs(world, person, wards, role, locale, occupation)
        }
    finally:
        await trial.rollback()


@given(people=st.integers(0, 10**9))
def test_a_rounded_number_is_near_and_tells_no_single_person(people: int) -> None:
    shown = domain.rounded(people)

    if people < 10:
        assert shown == "<10"
    else:
        assert abs(int(shown) - people) * 20 <= people
        assert len(shown.rstrip("0")) <= 2
        assert people >= 100 or int(shown) == people


async def test_an_old_code_stands_for_all_it_became(
    official: Official, write: Write, world: World, conn: asyncpg.Connection
) -> None:
    answer = await write(await official(), audience={"old_ward_codes": [world.old[0], world.elsewhere]})

    became = await conn.fetch(
        """select distinct new_code from places.successions
            where old_version = $1 and new_version = $2 and old_code = any($3) order by 1""",
        world.past, world.present, [world.old[0], world.elsewhere],
    )  # fmt: skip
    audience = answer.json()["audience"]
    assert audience["ward_codes"] == [row[0] for row in became]
    assert audience["old_ward_codes"] == sorted([world.old[0], world.elsewhere])
    assert audience["ward_version"] == world.present.isoformat()


async def test_wards_that_do_not_exist_are_named(official: Official, write: Write) -> None:
    audience = {"ward_codes": [WARD, "99999", "00000"], "old_ward_codes": ["99998"]}

    refused = await write(await official(), audience=audience)

    assert (refused.status_code, refused.json()["code"]) == (422, "audience_unknown")
    assert {error["pointer"] for error in refused.json()["errors"]} == {
        "/audience/ward_codes/1", "/audience/ward_codes/2", "/audience/old_ward_codes/0"
    }  # fmt: skip


async def test_an_occupation_holds_what_lies_below_it_and_the_preview_never_shows_a_small_number(
    official: Official, write: Write, client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await official()
    made = (await write(me, audience={"occupation_code": "8"})).json()
    await conn.execute("update people.profiles set occupation_code = null")
    machinists, tailors = await workers(conn, 9, now), await workers(conn, 20, now)
    work = "update people.profiles set occupation_code = $2 where account_id = any($1)"
    await conn.execute(work, machinists, "81")
    await conn.execute(work, tailors, "75")
    path = f"/v1/campaigns/{made['id']}/preview"

    few = (await client.get(path, headers=me)).json()
    await conn.execute(work, tailors[:1], "8")
    ten = (await client.get(path, headers=me)).json()

    assert made["audience"]["occupation_code"] == "8"
    assert (few["people"], ten["people"]) == ("<10", "10")


async def test_an_occupation_that_does_not_exist_is_named_also_in_a_change(
    official: Official, write: Write, client: httpx.AsyncClient
) -> None:
    me = await official()
    made = await write(me, audience={"occupation_code": "81"})
    path, held = f"/v1/campaigns/{made.json()['id']}", {**me, "If-Match": made.headers["etag"]}

    for refused in (
        await write(me, audience={"occupation_code": "99999"}),
        await client.patch(path, headers=held, json={"audience": {"occupation_code": "00"}}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (422, "audience_unknown")
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/audience/occupation_code"]
    wrong = await write(me, audience={"occupation_code": "81531x"})
    kept = await client.patch(path, headers=held, json={"spread_seconds": 60})

    assert (wrong.status_code, kept.json()["audience"]["occupation_code"]) == (400, "81")


async def test_wards_beyond_the_role_are_named(official: Official, write: Write) -> None:
    refused = await write(await official([WARD]), audience={"ward_codes": [WARD, OTHER_WARD]})

    assert (refused.status_code, refused.json()["code"]) == (403, "beyond_your_wards")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/audience/ward_codes/1"]


async def test_everywhere_takes_an_appointment_for_everywhere(official: Official, write: Write) -> None:
    refused = await write(await official([WARD]), audience={})

    assert (refused.status_code, refused.json()["code"]) == (403, "beyond_your_wards")
    assert (await write(await official(), audience={})).status_code == 201
