"""How long it takes to rank jobs by rooms by what is left of the pay: `python -m bench.affordability`."""

import random
import statistics
from datetime import date
from time import perf_counter, process_time
from uuid import UUID

from longan.floor.living_costs.affordability import Room, Work, explain, rank, way
from longan.floor.living_costs.commute import rate_on

JOBS, ROOMS, SHOWN, ROUNDS = 50, 500, 20, 40
LIMIT_MS = 50
TODAY = date(2026, 11, 22)
SOUTH, NORTH, WEST, EAST = 10.4, 11.6, 105.7, 106.8


def main() -> None:
    chance = random.Random(7)
    works = [
        Work(UUID(int=number), chance.randrange(5_000_000, 15_000_000), *_somewhere(chance), 26, number % 5 == 0)
        for number in range(JOBS)
    ]
    rooms = [
        Room(UUID(int=1_000 + number), chance.randrange(700_000, 4_000_000), *_somewhere(chance))
        for number in range(ROOMS)
    ]
    for mode in ("motorbike", "bus"):
        rate, bus = rate_on(mode, TODAY), rate_on("company_bus", TODAY)
        if rate is None:
            raise SystemExit(f"no rate for {mode}")
        took, used = [], []
        for _ in range(ROUNDS):
            began, had_used = perf_counter(), process_time()
            ranking = rank(works, rooms, rate, bus, SHOWN)
            by_id = {each.id: each for each in (*works, *rooms)}
            for pair in ranking.pairs:
                work, room = by_id[pair.job_id], by_id[pair.room_id]
                if isinstance(work, Work) and isinstance(room, Room):
                    explain(pair, way(work, room, bus if bus and work.has_bus else rate), 1)
            took.append((perf_counter() - began) * 1000)
            used.append((process_time() - had_used) * 1000)
        print(
            f"{JOBS} jobs x {ROOMS} rooms by {mode}: median {statistics.median(took):.1f} ms, worst {max(took):.1f} ms,"
            f" of the processor {statistics.median(used):.1f} ms; aim {LIMIT_MS} ms"
        )


def _somewhere(chance: random.Random) -> tuple[float, float]:
    return chance.uniform(SOUTH, NORTH), chance.uniform(WEST, EAST)


if __name__ == "__main__":
    main()
