import asyncio, collections, json
from uuid import uuid4
from tests.faults.test_dead_database import cast, all_is_well, FAULTS, stopped
async def test_keys(world, cast):
    ask=world.ask
    async def one(job,key):
        return await ask("POST", f"/v1/jobs/{job}/applications", headers=cast.worker.headers | {"Idempotency-Key": key}, json={})
    await all_is_well(world)
    jobs=await world.jobs(8)
    for f in ("stopped","delayed","locked","refused"):
        key=str(uuid4()); job=jobs.pop()
        await asyncio.sleep(3.1)
        await asyncio.gather(*(ask("GET", f"/v1/jobs?q={uuid4().hex[:12]}") for _ in range(20)))
        await ask("GET", "/v1/me", headers=cast.worker.headers)
        async with FAULTS[f](world):
            seen=await asyncio.gather(*(one(job,key) for _ in range(20)))
        print(f, sorted((round(s.seconds,1),s.status) for s in seen))
        await world.ready()
async def test_sweep(world, cast):
    for d in (0.1,0.2,0.3,0.5,0.5,1.0,1.0,1.1):
        await asyncio.sleep(3.1)
        await all_is_well(world)
        world.gate.delay=d
        seen=[]
        for n in (1,3):
            seen+=await asyncio.gather(*(a() for _ in range(n) for a in cast.asks()))
        world.gate.delay=0
        for s in seen:
            if s.seconds>1.9: print(d, round(s.seconds,2),s.what,s.status,s.headers["x-request-id"], [l for l in world.api.log.read_text().splitlines() if s.headers["x-request-id"] in l])
    print(world.complaints())
