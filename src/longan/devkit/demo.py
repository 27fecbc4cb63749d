"""`make demo`: walks from sign-in to a rating against the running service; shows each request and answer, checks them.

Made for people; it ends with code 1 when the service is not there or a step is not as it should be.
"""

import asyncio
import os
import secrets
import sys
import time

import httpx
from rich.console import Console

from longan.devkit import demo_services, demo_work
from longan.devkit.walk import Walk, Wrong

HOST = "127.0.0.1"
PORTS = (("LONGAN_PORT", "8000"), ("LONGAN_DEVKIT_PORT", "8002"))
ANSWER_SECONDS = 15.0
WARD = "27964"


async def housing(walk: Walk) -> None:
    walk.title("A room near the work", "Around a point, and by ward and rent; one of them with its cost in a month:")
    near = {"lat": "10.9", "lon": "106.469", "radius_km": "5", "limit": "2"}
    page = await walk.ask("GET", "/v1/housing", query=near)
    walk.check(bool(page["items"]), "there is no room within five kilometres")
    page = await walk.ask("GET", "/v1/housing", query={"ward_code": WARD, "rent_max": "2000000", "limit": "2"})
    walk.check(all(room["rent"] <= 2_000_000 for room in page["items"]), "a room is too dear")
    room = await walk.ask("GET", f"/v1/housing/{page['items'][0]['id']}", only="id title rent area_m2 monthly_cost")
    walk.check(room["monthly_cost"]["total"] >= room["rent"], "a month costs less than its rent")


async def everything(walk: Walk) -> None:
    """The whole way. Raises `Wrong` at the first step that is not as it should be."""
    walk.check((await walk.send("GET", "/readyz")).is_success, "the service runs, but is not ready (see /readyz)")
    phone = f"+8498{secrets.randbelow(10**7):07d}"
    tokens = await demo_work.worker_signs_in(walk, phone)
    token = tokens["access_token"]
    walk.say("Her phone says where its pushes go:")
    target = f"demo-{secrets.token_hex(8)}"
    device = {"target": target, "target_kind": "fid", "platform": "android", "locale": "vi"}
    await walk.ask("PUT", f"/v1/me/devices/{target}", device, token=token)
    job = await demo_work.worker_finds_a_job(walk)
    application = await demo_work.worker_applies(walk, token, job)
    await demo_work.employer_answers(walk, job, application)
    await demo_work.worker_is_told(walk, token, phone, target)
    await demo_services.procedure(walk, token)
    await demo_services.dossier(walk, token, target)
    await demo_services.report(walk, token)
    await demo_services.rating(walk, token)
    await housing(walk)
    walk.title("She signs out", "The session ends, and with it its tokens and the pushes to this phone:")
    await walk.ask("POST", "/v1/auth/logout", {"refresh_token": tokens["refresh_token"]}, token=token, expect=204)
    await walk.ask("GET", "/v1/me", token=token, expect=401)


def main() -> int:
    """The process: 0 when every step was as it should be, else 1 and a sentence."""
    console = Console(highlight=False, soft_wrap=True)
    api, local = (f"http://{HOST}:{os.environ.get(name) or standard}" for name, standard in PORTS)
    began = time.monotonic()

    async def walked() -> int:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            walk = Walk(client, api, local, console)
            await everything(walk)
            return walk.asked

    try:
        asked = asyncio.run(walked())
    except Wrong as error:
        console.print(f"✗ {error}", style="red", markup=False)
        return 1
    console.print(f"\n[green]✓[/] Everything was as it should be: {asked} requests in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
