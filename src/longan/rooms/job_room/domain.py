"""Rules of the room: which figures of a posting and a listing are compared, and what is left out of it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, Unauthenticated
from longan.floor.housing.housing_costs import PEOPLE
from longan.floor.living_costs.affordability import JobRoomPair, Room, Work, explain, rank, way
from longan.floor.living_costs.commute import Commute, Mode, TravelRate, days_a_month, rate_on
from longan.floor.living_costs.monthly_cost import Living, reckon
from longan.floor.pay_and_days.pay_words import Line
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.job_room import store
from longan.rooms.job_room.models import (
    Job,
    JobRoomExplained,
    JobRoomIn,
    JobRoomItem,
    JobRoomList,
    Missing,
    OwnMode,
    Place,
)

# Farther than any two places of the country: one pair is explained however long its way is.
ANYWHERE_M = 10_000_000
# One way by one's own strength, about an hour: farther on foot costs nothing and would stand on top.
REACH_M: Mapping[Mode, int] = {"walking": 5_000, "bicycle": 15_000}


async def ranked(conn: asyncpg.Connection, me: Principal | None, asked: JobRoomIn, now: datetime) -> JobRoomList:
    """The best pairs, in two round trips. Raises `InvalidRequest` for jobs or rooms that are said twice or not at
    all, `Unauthenticated` for the caller's own jobs without a caller."""
    demand_one_of_each(asked)
    jobs = await _jobs(conn, me, asked, now)
    places = await _places(conn, asked, now)
    return await compared(jobs, places, asked, day_of(now))


async def compared(jobs: Sequence[Job], places: Sequence[Place], asked: JobRoomIn, day: date) -> JobRoomList:
    """Beside the loop: a hundred jobs with a thousand rooms take a tenth of a second of a processor, in which others
    would wait."""
    return await asyncio.to_thread(_compared, jobs, places, asked, day)


def _compared(jobs: Sequence[Job], places: Sequence[Place], asked: JobRoomIn, day: date) -> JobRoomList:
    rate, bus = rates(asked.mode, day, company_bus=asked.company_bus)
    fitting = [place for place in places if fits(place, asked.people)]
    works = {job.id: work_of(job, asked.days) for job in jobs}
    rooms = {place.id: room_of(place, asked.people, day) for place in fitting}
    longest_m = asked.max_road_km * 1000
    found = rank(list(works.values()), list(rooms.values()), rate, bus, asked.limit, longest_m, REACH_M)
    job_by_id, place_by_id = {job.id: job for job in jobs}, {place.id: place for place in fitting}
    items = []
    for pair in found.pairs:
        job, place = job_by_id[pair.job_id], place_by_id[pair.room_id]
        commute = _way(works[job.id], rooms[place.id], rate, bus)
        lines = explain(pair, commute, asked.people)
        items.append(JobRoomItem(pair, job.title, job.employer_name, place.title, lines))
    vi, en = method(rate)
    return JobRoomList(
        items=items,
        ranked=found.ranked,
        jobs=len(jobs),
        housing=len(fitting),
        jobs_left_out=found.jobs_left_out,
        jobs_unknown=_unknown(asked.job_ids, job_by_id),
        housing_too_small=[place.id for place in places if not fits(place, asked.people)],
        housing_unknown=_unknown(asked.housing_ids, {place.id for place in places}),
        method_vi=vi,
        method_en=en,
        day=day,
    )


async def explained(
    conn: asyncpg.Connection, job_id: UUID, housing_id: UUID, mode: OwnMode, people: int, days: int | None,
    now: datetime, *, company_bus: bool,
) -> JobRoomExplained:  # fmt: skip
    """One pair, line by line. Raises `NotFound` for a job or a room that is not to be had."""
    jobs, places = await store.jobs(conn, [job_id], now), await store.places(conn, [housing_id], now)
    if not jobs or not places:
        raise NotFound
    return explanation(jobs[0], places[0], mode, people, days, day_of(now), company_bus=company_bus)


def explanation(
    job: Job, place: Place, mode: OwnMode, people: int, days: int | None, day: date, *, company_bus: bool
) -> JobRoomExplained:
    """Everything behind one pair, on a day."""
    rate, bus = rates(mode, day, company_bus=company_bus)
    work, room = work_of(job, days), room_of(place, people, day)
    pairs = rank([work], [room], rate, bus, 1, ANYWHERE_M).pairs
    commute = None if job.lat is None else _way(work, room, rate, bus)
    pair = pairs[0] if pairs else None
    return JobRoomExplained(
        job_id=job.id,
        housing_id=place.id,
        job_title=job.title,
        employer_name=job.employer_name,
        housing_title=place.title,
        pair=pair,
        missing=list(_missing(job)),
        lines=_lines(pair, commute, people),
        commute=commute,
        cost=reckon(place, living(people), day),
    )


def demand_one_of_each(asked: JobRoomIn) -> None:
    for one, other in (("job_ids", "my_jobs"), ("housing_ids", "housing_around")):
        given = [name for name in (one, other) if getattr(asked, name) is not None]
        if not given:
            raise InvalidRequest(FieldError(f"/{one}", "required"))
        if len(given) > 1:
            raise InvalidRequest(FieldError(f"/{other}", "one_of_them"))


async def _jobs(conn: asyncpg.Connection, me: Principal | None, asked: JobRoomIn, now: datetime) -> list[Job]:
    if asked.my_jobs is None:
        return await store.jobs(conn, asked.job_ids or [], now)
    if me is None:
        raise Unauthenticated
    return await store.mine(conn, me.account_id, asked.my_jobs, now)


async def _places(conn: asyncpg.Connection, asked: JobRoomIn, now: datetime) -> list[Place]:
    if asked.housing_around is not None:
        return await store.around(conn, asked.housing_around, asked.people, now)
    return await store.places(conn, asked.housing_ids or [], now)


def rates(mode: OwnMode, day: date, *, company_bus: bool) -> tuple[TravelRate, TravelRate | None]:
    """What a way costs by `mode`, and by the employer's bus where that is taken."""
    rate = rate_on(mode, day)
    if rate is None:
        raise LookupError(f"no price of {mode} is in force")
    return rate, rate_on("company_bus", day) if company_bus else None


def work_of(job: Job, days: int | None) -> Work:
    return Work(job.id, job.month, job.lat, job.lon, days or days_a_month(job.week_days), job.has_bus, job.rough)


def living(people: int) -> Living:
    """A motorbike for each, as the costs that are stored have it."""
    return Living(people=people, motorbikes=people)


def room_of(place: Place, people: int, day: date) -> Room:
    """With one's share of its true cost: the stored one where it is for as many people."""
    if people == 1:
        cost = place.cost_month
    elif people == (place.max_people or PEOPLE):
        cost = place.cost_share
    else:
        cost = reckon(place, living(people), day).per_person
    return Room(place.id, cost, place.lat, place.lon, place.cost_complete, place.rough_point)


def fits(place: Place, people: int) -> bool:
    return place.max_people is None or people <= place.max_people


def method(rate: TravelRate) -> tuple[str, str]:
    """How the way is measured, whatever the pair."""
    percent = rate.roads.road_percent
    return (
        f"Đường đi ước tính bằng {percent}% đường chim bay, không phải đo trên bản đồ",
        f"The way is estimated at {percent}% of the straight line, not measured on a map",
    )


def _way(work: Work, room: Room, rate: TravelRate, bus: TravelRate | None) -> Commute:
    return way(work, room, bus if bus is not None and work.has_bus else rate)


def _lines(pair: JobRoomPair | None, commute: Commute | None, people: int) -> list[Line]:
    return [] if pair is None or commute is None else explain(pair, commute, people)


def _missing(job: Job) -> Iterable[Missing]:
    if job.month is None:
        yield "pay"
    if job.lat is None:
        yield "job_place"


def _unknown(ids: Sequence[UUID] | None, known: Iterable[UUID]) -> list[UUID]:
    found = set(known)
    return [each for each in dict.fromkeys(ids or []) if each not in found]
