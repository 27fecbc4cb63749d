import asyncio, collections
from uuid import uuid4
from tests.faults.test_dead_database import cast, all_is_well, FAULTS, stopped
async def test_keys(world, cast):
    ask=world.ask
    async def one():
        return await ask("POST", f"/v1/jobs/{cast.job}/applications", headers=cast.worker.headers | {"Idempotency-Key": cast.key}, json={})
    await all_is_well(world)
    for f in ("stopped","delayed","locked","refused"):
        async with FAULTS[f](world):
            seen=await asyncio.gather(*(one() for _ in range(20)))
        print(f, sorted((round(s.seconds,1),s.status) for s in seen))
        await world.ready()
async def test_sweep(world, cast):
    for d in (0.02,0.05,0.1,0.2,0.3,0.4,0.5,0.6,0.8,1.0,1.15,1.3,1.8,3):
        await asyncio.sleep(3.1)
        await all_is_well(world)
        world.gate.delay=d
        seen=[]
        for n in (1,3):
            seen+=await asyncio.gather(*(a() for _ in range(n) for a in cast.asks()))
        world.gate.delay=0
        bad=[s for s in seen if s.status==503]
        c=collections.Counter(s.status for s in seen)
        print(d, dict(c), "max 503 %.2f %s; max other %.2f"%(max([s.seconds for s in bad],default=0), max(bad,key=lambda s:s.seconds,default=None) and max(bad,key=lambda s:s.seconds).what, max([s.seconds for s in seen if s.status!=503],default=0)))
    print(world.complaints())
async def test_faults(world,cast):
    for f in FAULTS:
        m=[]
        for i in range(4):
            await asyncio.sleep(3.1 if i%2 else 0.3)
            await all_is_well(world)
            async with FAULTS[f](world):
                for n in (1,3,8):
                    m+=[s for s in await asyncio.gather(*(a() for _ in range(n) for a in cast.asks())) if s.status!=200]
        x=max(m,key=lambda s:s.seconds)
        print(f, len(m), collections.Counter(s.status for s in m), "max %.2f %s"%(x.seconds,x.what))
        t=asyncio.get_running_loop().time(); await world.ready(); print("ready after", asyncio.get_running_loop().time()-t)
    print(world.complaints())
