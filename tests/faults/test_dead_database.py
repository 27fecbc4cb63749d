import time
async def test_up(world):
    t=time.time()
    print(await world.ask("GET","/v1/jobs?limit=1"))
    p=(await world.people(1))[0]
    print(await world.ask("GET","/v1/me",headers=p.headers))
