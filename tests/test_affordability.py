"""What is left of a month's pay after room and way."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from longan.floor.living_costs.affordability import Room, Work, explain, rank, way
from longan.floor.living_costs.commute import TravelRate, rate_on

TODAY = date(2026, 11, 22)
PARK, WARD, FAR = (10.6154, 106.689), (10.6387, 106.533), (11.55, 105.9)

WORK = Work(UUID(int=1), 8_000_000, *PARK, 26)
ROOM = Room(UUID(int=2), 1_200_000, *WARD)

latitudes = st.none() | st.floats(10.3, 11.8)
longitudes = st.none() | st.floats(105.5, 107.0)
works = st.lists(
    st.builds(
        Work, st.uuids(), st.none() | st.integers(0, 50_000_000), latitudes, longitudes, st.integers(1, 31),
        st.booleans(), st.booleans(),
    ),
    max_size=8, unique_by=lambda work: work.id,
)  # fmt: skip
rooms = st.lists(
    st.builds(Room, st.uuids(), st.integers(0, 10**7), latitudes, longitudes, st.booleans(), st.booleans()),
    max_size=12, unique_by=lambda room: room.id,
)  # fmt: skip


def rate(mode: str) -> TravelRate:
    found = rate_on(mode, TODAY)  # type: ignore[arg-type]
    assert found is not None
    return found


@given(works, rooms, st.sampled_from(["motorbike", "bus", "walking"]), st.booleans())
def test_the_ranking_is_that_of_each_pair_alone(
    works: list[Work], rooms: list[Room], mode: str, with_bus: bool
) -> None:
    own, bus = rate(mode), rate("company_bus") if with_bus else None

    ranking = rank(works, rooms, own, bus, 1_000)

    expected = []
    for work in works:
        for room in rooms:
            if None in (work.month, work.lat, work.lon, room.lat, room.lon):
                continue
            commute = way(work, room, bus if bus is not None and work.has_bus else own)
            if commute.road_m <= 200_000:
                left = (work.month or 0) - room.cost - commute.month
                expected.append((-left, commute.road_m, work.id, room.id))
    assert [(-pair.left, pair.road_m, pair.job_id, pair.room_id) for pair in ranking.pairs] == sorted(expected)
    assert ranking.ranked == len(expected)


@given(works, rooms)
def test_what_is_not_known_is_left_out_and_said(works: list[Work], rooms: list[Room]) -> None:
    ranking = rank(works, rooms, rate("motorbike"), None, 1_000)

    assert {pair.job_id for pair in ranking.pairs}.isdisjoint(ranking.jobs_left_out)
    assert {pair.room_id for pair in ranking.pairs}.isdisjoint(ranking.rooms_left_out)
    assert set(ranking.jobs_left_out) == {w.id for w in works if None in (w.month, w.lat, w.lon)}
    assert set(ranking.rooms_left_out) == {r.id for r in rooms if None in (r.lat, r.lon)}


@given(works, rooms, st.integers(1, 5))
def test_the_first_of_a_longer_list_are_the_shorter_one(works: list[Work], rooms: list[Room], shown: int) -> None:
    few, all_of_them = (rank(works, rooms, rate("motorbike"), None, most).pairs for most in (shown, 1_000))

    assert few == all_of_them[:shown]


def test_the_lines_are_what_is_left() -> None:
    (pair,) = rank([WORK], [ROOM], rate("motorbike"), None, 10).pairs

    lines = explain(pair, way(WORK, ROOM, rate("motorbike")), people=2)

    assert sum(line.month for line in lines) == pair.left == pair.pay - pair.room - pair.travel
    assert [line.part for line in lines] == ["pay", "room", "travel", "method", "left"]
    assert "một trong 2 người" in lines[1].vi and "one of 2" in lines[1].en
    assert "không phải đo trên bản đồ" in lines[3].vi


def test_a_cheaper_room_far_away_may_leave_less() -> None:
    near, far = ROOM, Room(UUID(int=3), 700_000, *FAR)

    ranking = rank([WORK], [far, near], rate("motorbike"), None, 10)

    assert [pair.room_id for pair in ranking.pairs] == [near.id, far.id]


def test_the_bus_of_the_employer_costs_nothing() -> None:
    with_bus = structs.replace(WORK, has_bus=True)

    (pair,) = rank([with_bus], [ROOM], rate("motorbike"), rate("company_bus"), 10).pairs

    assert (pair.mode, pair.travel, pair.left) == ("company_bus", 0, 6_800_000)


def test_ways_that_are_too_long_are_left_away() -> None:
    assert rank([WORK], [ROOM], rate("motorbike"), None, 10, max_road_m=1_000).pairs == []


def test_a_room_whose_prices_are_not_all_known_says_so() -> None:
    (pair,) = rank([WORK], [structs.replace(ROOM, is_complete=False)], rate("motorbike"), None, 10).pairs

    assert not pair.is_sure
    assert "thực tế tốn hơn" in explain(pair, way(WORK, ROOM, rate("motorbike")), 1)[1].vi
