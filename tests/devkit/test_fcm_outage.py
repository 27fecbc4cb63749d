"""The switches of the FCM stand-in: outages and latency, over real HTTP."""

import asyncio
from types import SimpleNamespace

import aiohttp
import hypothesis
import pytest
from aiohttp import web
from hypothesis import strategies as st

from longan.devkit import fcm, fcm_outage, stand_ins
from longan.devkit.fcm_outage import Latency
from tests.devkit.fcm_asking import SEND, accepted, assertion, grant, send, to

BRIEF = aiohttp.ClientTimeout(total=0.2)


async def test_during_an_outage_every_send_is_refused(client: aiohttp.ClientSession) -> None:
    await client.post("/fcm/outage", json={"on": True})
    during, answer = await send(client, to("f1"))
    await client.post("/fcm/outage", json={"on": False})
    afterwards, _ = await send(client, to("f1"))

    assert (during, answer["error"]["status"], afterwards) == (503, "UNAVAILABLE", 200)
    assert len(await accepted(client)) == 1


async def test_an_outage_may_take_the_grants_with_it(client: aiohttp.ClientSession, account: dict[str, str]) -> None:
    await client.post("/fcm/outage", json={"on": True})
    assert (await grant(client, assertion(account)))[0] == 200

    await client.post("/fcm/outage", json={"on": True, "grants": True})
    assert (await grant(client, assertion(account)))[0] == 503


async def test_latency_delays_every_send(client: aiohttp.ClientSession) -> None:
    await client.post("/fcm/latency", json={"ms": 60_000})

    with pytest.raises(TimeoutError):
        await client.post(SEND, json={"message": to("f1")}, timeout=aiohttp.ClientTimeout(total=0.1))
    await client.post("/fcm/latency", json={"ms": 0})

    assert (await send(client, to("f2")))[0] == 200
    assert [push["target"] for push in await accepted(client)] == ["f2"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/fcm/outage", {}),
        ("/fcm/outage", {"on": 1}),
        ("/fcm/outage", {"on": True, "off": True}),
        ("/fcm/outage", {"on": True, "how": "odd"}),
        ("/fcm/outage", {"on": True, "how": "closed"}),
        ("/fcm/outage", {"on": True, "seconds": 0}),
        ("/fcm/outage", {"on": True, "seconds": 601}),
        ("/fcm/latency", {"ms": -1}),
        ("/fcm/latency", {"ms": 60_001}),
        ("/fcm/latency", {"ms": 1, "jitter_ms": -1}),
        ("/fcm/latency", []),
    ],
)
async def test_a_bad_switch_is_a_400(stranger: aiohttp.ClientSession, path: str, body: object) -> None:
    async with stranger.post(path, json=body) as answer:
        assert answer.status == 400


async def test_an_outage_with_seconds_ends_by_itself(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(fcm_outage, "time", SimpleNamespace(monotonic=lambda: now[0]))
    await client.post("/fcm/outage", json={"on": True, "seconds": 60})

    during, _ = await send(client, to("f1"))
    now[0] = 60.0
    afterwards, _ = await send(client, to("f1"))

    assert (during, afterwards) == (503, 200)


async def test_a_silent_service_takes_connections_and_never_answers(client: aiohttp.ClientSession) -> None:
    await client.post("/fcm/outage", json={"on": True, "how": "silent"})

    with pytest.raises(TimeoutError):
        await client.post(SEND, json={"message": to("f1")}, timeout=BRIEF)
    await client.post("/fcm/outage", json={"on": False})

    assert await accepted(client) == []
    assert (await send(client, to("f1")))[0] == 200


async def test_who_waited_for_a_silent_service_is_cut_off_when_it_is_back(client: aiohttp.ClientSession) -> None:
    await client.post("/fcm/outage", json={"on": True, "how": "silent"})
    waiting = asyncio.create_task(send(client, to("f1")))
    await asyncio.sleep(0.05)

    await client.post("/fcm/outage", json={"on": False})

    with pytest.raises(aiohttp.ClientConnectionError):
        await waiting
    assert await accepted(client) == []


async def test_the_grants_fall_silent_only_when_told_so(client: aiohttp.ClientSession, account: dict[str, str]) -> None:
    await client.post("/fcm/outage", json={"on": True, "how": "silent"})
    assert (await grant(client, assertion(account)))[0] == 200

    await client.post("/fcm/outage", json={"on": True, "how": "silent", "grants": True})
    with pytest.raises(TimeoutError):
        await client.post("/token", data={"assertion": "x"}, timeout=BRIEF)
    await client.post("/fcm/outage", json={"on": False})


async def test_a_closed_service_refuses_connections_and_breaks_the_open_ones(
    client: aiohttp.ClientSession, runner: web.AppRunner
) -> None:
    url = stand_ins.address(runner)
    await client.post("/fcm/outage", json={"on": True, "how": "closed", "seconds": 600})

    with pytest.raises(aiohttp.ClientConnectionError):
        await send(client, to("f1"))
    async with aiohttp.ClientSession(url) as newcomer:
        with pytest.raises(aiohttp.ClientConnectorError):
            await newcomer.post("/token")

    assert runner.app[fcm.SERVER].pushes.last_sequence == 0


async def test_a_closed_service_comes_back_by_itself_at_the_same_port(
    client: aiohttp.ClientSession, runner: web.AppRunner
) -> None:
    url = stand_ins.address(runner)
    await client.post("/fcm/outage", json={"on": True, "how": "closed", "seconds": 0.1})

    async with asyncio.timeout(10):
        while not runner.addresses:
            await asyncio.sleep(0.01)

    assert stand_ins.address(runner) == url
    assert (await send(client, to("f1")))[0] == 200
    assert len(await accepted(client)) == 1


async def test_a_connection_that_was_open_may_end_a_closed_outage(
    client: aiohttp.ClientSession, runner: web.AppRunner
) -> None:
    await client.post("/fcm/outage", json={"on": True, "how": "closed", "seconds": 600})

    await client.post("/fcm/outage", json={"on": False})

    async with aiohttp.ClientSession(stand_ins.address(runner)) as newcomer:
        assert await accepted(newcomer) == []


async def test_a_closed_service_can_be_stopped(account: dict[str, str]) -> None:
    runner = await stand_ins.serve("127.0.0.1", 0, stand_ins.create(account=account))
    url = stand_ins.address(runner)
    async with aiohttp.ClientSession(url) as session:
        await session.post("/fcm/outage", json={"on": True, "how": "closed", "seconds": 0.1})

    await runner.cleanup()
    await asyncio.sleep(0.2)

    async with aiohttp.ClientSession(url) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("/fcm/messages")


@hypothesis.given(st.integers(0, 60_000), st.integers(0, 60_000), st.floats(0, 1))
def test_the_wait_is_the_latency_and_at_most_the_jitter_more(ms: int, jitter: int, chance: float) -> None:
    assert ms / 1_000 <= Latency(ms, jitter).seconds(chance) <= (ms + jitter) / 1_000


async def test_jitter_alone_delays_too(client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.random", lambda: 1.0)
    await client.post("/fcm/latency", json={"ms": 0, "jitter_ms": 60_000})

    with pytest.raises(TimeoutError):
        await client.post(SEND, json={"message": to("f1")}, timeout=BRIEF)

    assert await accepted(client) == []


async def test_a_second_closed_outage_counts_from_its_own_beginning(
    client: aiohttp.ClientSession, runner: web.AppRunner
) -> None:
    url = stand_ins.address(runner)
    for seconds in (0.1, 600):
        await client.post("/fcm/outage", json={"on": True, "how": "closed", "seconds": seconds})
    await asyncio.sleep(0.2)

    async with aiohttp.ClientSession(url) as newcomer:
        with pytest.raises(aiohttp.ClientConnectorError):
            await newcomer.get("/fcm/messages")
