"""The parts of the score, asked of the database itself: each only grows with what it rewards, and keeps its bounds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.rooms.recommendations import domain, store
from longan.rooms.recommendations.models import Scored

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LAWS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

KM = st.one_of(st.none(), st.floats(0, 20_000))
DONG = st.one_of(st.none(), st.integers(1, 10**12))
CODE = st.one_of(st.none(), st.text("0123456789", min_size=1, max_size=5))
SHIFTS = ("day", "night", "two_shifts", "three_shifts", "twelve_hours", "flexible")
LADDER = ("none", "primary", "lower_secondary", "upper_secondary", "vocational", "college", "university")


async def points(conn: asyncpg.Connection, part: str, *values: Any) -> int:
    found: int = await conn.fetchval(f"select ({part})::int", *values)
    return found


async def near(conn: asyncpg.Connection, km: float | None) -> int:
    return await points(conn, store.NEAR_HOME.format(km="$1::float8"), km)


async def pay(conn: asyncpg.Connection, effective: int | None, wanted: int | None) -> int:
    return await points(conn, store.PAY.format(effective="$1::bigint", wanted="$2::bigint"), effective, wanted)


async def occupation(conn: asyncpg.Connection, theirs: str | None, own: str | None) -> int:
    return await points(conn, store.OCCUPATION.format(theirs="$1::text", own="$2::text"), theirs, own)


@LAWS
@given(one=KM, other=KM)
async def test_what_is_nearer_never_has_fewer_points(
    conn: asyncpg.Connection, one: float | None, other: float | None
) -> None:
    first, second = await near(conn, one), await near(conn, other)

    assert 0 <= first <= 30
    assert one is not None or first == 0
    if one is not None and other is not None and one <= other:
        assert first >= second


@LAWS
@given(one=DONG, more=st.integers(0, 10**12), wanted=DONG)
async def test_what_pays_more_or_is_asked_for_less_never_has_fewer_points(
    conn: asyncpg.Connection, one: int | None, more: int, wanted: int | None
) -> None:
    has = await pay(conn, one, wanted)

    assert 0 <= has <= store.ENOUGH
    if one is None or wanted is None:
        assert has == 0
    else:
        assert (has == store.ENOUGH) == (one >= wanted)
        assert has == 0 or one * 10 > wanted * 7
        assert await pay(conn, one + more, wanted) >= has
        assert await pay(conn, one, max(1, wanted - more)) >= has


@LAWS
@given(theirs=CODE, own=CODE)
async def test_the_longer_two_occupations_go_together_the_more_points(
    conn: asyncpg.Connection, theirs: str | None, own: str | None
) -> None:
    found = await occupation(conn, theirs, own)

    if theirs is None or own is None:
        assert found == 0
        return
    assert found == await occupation(conn, own, theirs)
    together = next(
        (n for n, (a, b) in enumerate(zip(theirs, own, strict=False)) if a != b), min(len(theirs), len(own))
    )
    expected = {0: 0, 1: 5}.get(together, 15)
    assert found == (store.SAME if together == min(len(theirs), len(own)) else expected)


@LAWS
@given(
    theirs=CODE,
    liked=st.lists(st.text("0123456789", min_size=1, max_size=5), max_size=4),
    more=st.text("01", min_size=1),
)
async def test_another_occupation_that_one_likes_takes_nothing_away(
    conn: asyncpg.Connection, theirs: str | None, liked: list[str], more: str
) -> None:
    part = store.LIKE_YOUR_JOBS.format(theirs="$1::text", liked="$2::text[]")

    fewer, wider = await points(conn, part, theirs, liked), await points(conn, part, theirs, [*liked, more])

    assert fewer <= wider
    assert (fewer > 0) == (theirs is not None and any(theirs.startswith(c) or c.startswith(theirs) for c in liked))


@LAWS
@given(shift=st.one_of(st.none(), st.sampled_from(SHIFTS)), shifts=st.lists(st.sampled_from(SHIFTS), unique=True))
async def test_a_shift_counts_for_whom_it_suits(conn: asyncpg.Connection, shift: str | None, shifts: list[str]) -> None:
    part = store.SHIFT.format(shift="$1::text", shifts="$2::text[]")

    found = await points(conn, part, shift, shifts)

    assert found == (10 if shift is not None and shifts and (shift in shifts or shift == "flexible") else 0)


@LAWS
@given(skilled=st.lists(st.integers(1, 20), unique=True), more=st.integers(21, 30))
async def test_another_skill_takes_nothing_away(conn: asyncpg.Connection, skilled: list[int], more: int) -> None:
    part = store.SKILLS.format(skilled="$1::int[]")

    fewer, wider = await points(conn, part, skilled), await points(conn, part, [*skilled, more])

    assert fewer <= wider <= 15
    assert fewer == min(15, 5 * len(skilled))


@LAWS
@given(
    months=st.tuples(*[st.one_of(st.none(), st.integers(0, 600))] * 2), more=st.integers(0, 600),
    rungs=st.tuples(*[st.one_of(st.none(), st.integers(0, 6))] * 2), higher=st.integers(0, 6),
)  # fmt: skip
async def test_who_brings_more_than_is_asked_for_never_has_fewer_points(
    conn: asyncpg.Connection, months: tuple[int | None, int | None], more: int, rungs: tuple[int | None, int | None],
    higher: int,
) -> None:  # fmt: skip
    experience = store.EXPERIENCE.format(asked="$1::int", own="$2::int")
    education = store.EDUCATION.format(asked="$1::text", own="$2::text")
    (asked, own), (rung, mine) = months, rungs
    names = [None if each is None else LADDER[each] for each in (rung, mine)]

    assert await points(conn, experience, asked, own) == (5 if asked is not None and (own or 0) >= asked else 0)
    assert await points(conn, education, *names) == (5 if rung is not None and (mine or 0) >= rung else 0)
    assert await points(conn, experience, asked, (own or 0) + more) >= await points(conn, experience, asked, own)
    better = LADDER[min(6, (mine or 0) + higher)]
    assert await points(conn, education, names[0], better) >= await points(conn, education, *names)


@LAWS
@given(hours=st.integers(0, 24 * 400), later=st.integers(0, 24 * 400))
async def test_what_is_older_never_has_more_points(conn: asyncpg.Connection, hours: int, later: int) -> None:
    part = store.NEW.format(began="$1::timestamptz", at="$2::timestamptz")
    at = NOW - timedelta(hours=hours)

    fresh, stale = await points(conn, part, NOW, at), await points(conn, part, NOW + timedelta(hours=later), at)

    assert 0 <= stale <= fresh <= 6


SCORED = st.builds(
    Scored, id=st.uuids(), title=st.just("x"), employer=st.none(), pay=st.none(), ward_code=st.just("x"),
    province_code=st.just("x"), published_at=st.just(NOW), expires_at=st.just(NOW),
    distance_km=st.one_of(st.none(), st.floats(0, 30).map(lambda km: round(km, 1))), score=st.just(0),
    near_home=st.integers(0, 30), occupation=st.sampled_from([0, 5, 15, 25]), like_your_jobs=st.sampled_from([0, 10]),
    pay_points=st.integers(0, 20), shift=st.sampled_from([0, 10]), skilled=st.just([1, 3]),
    skills=st.sampled_from([0, 10]), experience=st.sampled_from([0, 5]), asks_experience=st.booleans(),
    education=st.sampled_from([0, 5]), asks_education=st.booleans(), new=st.integers(0, 6),
)  # fmt: skip
PARTS = ("near_home", "occupation", "like_your_jobs", "pay_points", "shift", "skills", "experience", "education", "new")


@given(job=SCORED, locale=st.sampled_from(["vi", "en"]))
def test_the_reasons_are_all_of_the_score_and_each_is_said(job: Scored, locale: Any) -> None:
    said = domain.reasons(job, ["may", "hàn", "vắt sổ"], locale)

    assert sum(reason.points for reason in said) == sum(getattr(job, part) for part in PARTS)
    assert len({reason.code for reason in said}) == len(said) == sum(getattr(job, part) > 0 for part in PARTS)
    assert all(reason.text and "{" not in reason.text for reason in said)
    assert [reason.points for reason in said] == sorted((reason.points for reason in said), reverse=True)
    assert not job.skills or any("may, vắt sổ" in reason.text for reason in said)


def test_a_distance_is_written_as_its_reader_writes_it() -> None:
    assert (domain.distance(3.24, "vi"), domain.distance(3.24, "en")) == ("3,2 km", "3.2 km")
