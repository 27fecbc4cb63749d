"""Streams of one process: whose they are, where they begin, when they end, and what they cost."""

import asyncio
from uuid import UUID, uuid4

import pytest

from longan.floor.messages.notices import Received
from longan.floor.messages.telling import tell
from longan.rooms.events import domain, store
from tests.api.test_input import problem
from tests.conftest import Real
from tests.events.following import PATH, Follower, Reader, call, following, happen, until, write
from tests.push.pushing import CANARIES


async def test_what_happens_reaches_every_stream_of_its_account_and_no_other(real: Real) -> None:
    mine, other = await real.account(), await real.account()
    headers = [await real.bearer(mine), await real.bearer(mine), await real.bearer(other)]

    async with following(real, *headers) as (one, two, three):
        (subject,) = await happen(real, mine)
        await until(lambda: one.subjects and two.subjects)
        (theirs,) = await happen(real, other)
        await until(lambda: three.subjects)

    assert one.events[-1] == ("notification", {"kind": "notification", "subject_id": str(subject)})
    assert (one.subjects, two.subjects, three.subjects) == ([subject], [subject], [theirs])
    assert one.resets == two.resets == three.resets == 1


async def test_a_stream_says_how_it_is_to_be_treated_on_its_way(real: Real) -> None:
    async with following(real, await real.bearer()) as (stream,):
        pass

    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-store"
    assert stream.headers["x-accel-buffering"] == "no"
    assert "content-length" not in stream.headers
    assert stream.headers["ratelimit-policy"].startswith('"lookup"')
    assert 1_000 <= stream.retry <= 5_000


async def test_a_notice_is_told_without_its_words(real: Real) -> None:
    mine = await real.account()
    async with following(real, await real.bearer(mine)) as (stream,):
        said = Received(CANARIES[0], CANARIES[1])
        await tell(real.pool, [mine], "application_received", uuid4(), said, uuid4(), real.app.app.state.clock())
        await call(real, [mine])
        await until(lambda: stream.subjects)

    notice = await real.pool.fetchval("select id from notifications.inbox where account_id = $1", mine)
    assert stream.subjects == [notice]
    assert not any(canary.encode() in stream.body for canary in (*CANARIES, str(mine)))


async def test_what_the_person_does_elsewhere_is_told_at_once(real: Real) -> None:
    mine = await real.account()
    headers = await real.bearer(mine)
    said = Received(CANARIES[0], CANARIES[1])
    await tell(real.pool, [mine], "application_received", uuid4(), said, uuid4(), real.app.app.state.clock())
    notice = await real.pool.fetchval("select id from notifications.inbox where account_id = $1", mine)

    async with following(real, headers) as (stream,):
        read = await real.client.post(f"/v1/me/notifications/{notice}/read", headers=headers)
        await until(lambda: len(stream.events) > 1, 1.5)  # sooner than any stream looks by itself

    assert read.status_code == 204
    assert stream.events[-1] == ("notification_read", {"kind": "notification_read", "subject_id": str(notice)})


async def test_a_stream_goes_on_where_the_last_one_ended(real: Real) -> None:
    mine, other = await real.account(), await real.account()
    headers = await real.bearer(mine)
    async with following(real, headers) as (first,):
        seen = await happen(real, mine)
        await until(lambda: first.subjects)
    missed = [subject for _ in range(3) for subject in (await write(real.pool, mine, other, mine))[::2]]

    second = await Follower(real.app, headers, last=first.last).begun()
    await until(lambda: len(second.subjects) >= 6)
    new = await happen(real, mine)
    await until(lambda: len(second.subjects) >= 7)
    await second.hung_up()

    assert first.subjects == seen
    assert second.subjects == missed + new
    assert second.resets == 0


async def test_a_stream_that_nothing_happened_on_goes_on_too(real: Real) -> None:
    mine = await real.account()
    headers = await real.bearer(mine)
    await write(real.pool, mine)
    async with following(real, headers) as (first,):
        pass
    missed = await write(real.pool, mine)

    second = await Follower(real.app, headers, last=first.last).begun()
    await second.hung_up()

    assert (first.resets, first.subjects) == (1, [])
    assert (second.resets, second.subjects) == (0, missed)


@pytest.mark.parametrize("last", ["", "0", "9" * 18, "9" * 40, "-1", "x", "1; drop", "٣", "1\x00"])
async def test_an_id_that_nobody_was_given_begins_with_a_reset(real: Real, last: str) -> None:
    mine = await real.account()
    await write(real.pool, mine)

    stream = await Follower(real.app, await real.bearer(mine), last=last).begun()
    await stream.hung_up()

    assert (stream.resets, stream.subjects) == (1, [])


async def test_neither_an_id_of_another_account_nor_one_of_long_ago_tells_anything(real: Real) -> None:
    mine, other = await real.account(), await real.account()
    await write(real.pool, mine, other, mine)
    rows = await real.pool.fetch(
        "select sequence from notifications.events where account_id = any($1) order by sequence", [mine, other]
    )
    own, theirs, _ = [str(row["sequence"]) for row in rows]
    await real.pool.execute(
        "update notifications.events set created_at = now() - interval '7 days' where sequence = $1", int(own)
    )

    for last in (theirs, own):
        stream = await Follower(real.app, await real.bearer(mine), last=last).begun()
        await stream.hung_up()
        assert (stream.resets, stream.subjects) == (1, [])


async def test_whoever_missed_more_than_is_worth_telling_loads_anew(real: Real) -> None:
    mine = await real.account()
    headers = await real.bearer(mine)
    await write(real.pool, mine)
    async with following(real, headers) as (first,):
        pass
    await write(real.pool, *[mine] * (store.MOST + 1))

    second = await Follower(real.app, headers, last=first.last).begun()
    new = await happen(real, mine)
    await until(lambda: second.subjects)
    await second.hung_up()

    assert (second.resets, second.subjects) == (1, new)


async def test_a_flood_cuts_a_stream_off_and_the_next_one_loads_anew(real: Real) -> None:
    mine = await real.account()
    headers = await real.bearer(mine)
    stream = await Follower(real.app, headers).begun()

    await happen(real, *[mine] * (store.MOST + 1))

    await stream.ended()
    again = await Follower(real.app, headers, last=stream.last).begun()
    await again.hung_up()
    assert again.resets == 1


async def test_a_slow_reader_takes_no_memory_and_misses_nothing(real: Real) -> None:
    mine = await real.account()
    headers = await real.bearer(mine)
    await write(real.pool, mine)
    slow = await Follower(real.app, headers).begun()
    (stream,) = real.app.app.state.streams
    slow.takes.clear()
    offered, written, waiting = slow.offered, await happen(real, mine), [0]
    await until(lambda: slow.offered > offered)  # this one is on its way, and everything else waits
    while len(real.app.app.state.streams) and len(written) < 5_000:
        written += await happen(real, *[mine] * 100)
        await until(lambda: len(real.app.app.state.streams) == 0 or stream.waiting > waiting[-1])
        waiting.append(stream.waiting)

    slow.takes.set()
    await slow.ended()
    assert max(waiting) <= domain.MOST_WAITING_BYTES
    assert len(written) < 5_000
    seen = slow.subjects
    again = await Follower(real.app, headers, last=slow.last).begun()
    await again.hung_up()
    assert again.resets == 1 or [*seen, *again.subjects] == written


async def test_a_waiting_stream_holds_no_connection_to_the_database(real: Real) -> None:
    mine = await real.account()
    headers = [await real.bearer(mine) for _ in range(5)]

    async with following(real, *headers):
        size = real.pool.get_max_size()
        held = [await real.pool.acquire(timeout=5) for _ in range(size)]
        for connection in held:
            await real.pool.release(connection)

    assert size == len(held)


async def test_a_quiet_stream_is_pinged_and_an_old_one_ends(real: Real) -> None:
    async with following(real, await real.bearer(), await real.bearer()) as (quiet, old):
        one, two = real.app.app.state.streams
        young, aged = (one, two) if one.ends_at <= two.ends_at else (two, one)
        assert 0.85 * domain.LIFE_SECONDS < young.ends_at - young.pinged_at <= aged.ends_at - aged.pinged_at
        assert aged.ends_at - aged.pinged_at <= domain.LIFE_SECONDS
        one.pinged_at -= domain.PING_SECONDS
        two.ends_at -= domain.LIFE_SECONDS

        await until(lambda: quiet.comments + old.comments == 1)
        await until(lambda: quiet.life.done() or old.life.done())


ENDS = {
    "logout": "update sessions.sessions set ended_at = now(), end_reason = 'signed_out' where account_id = $1",
    "disabling": "update identity.accounts set disabled_at = now() where id = $1",
    "a role": "insert into identity.roles (account_id, role) values ($1, 'official')",
    "no role": "delete from identity.roles where account_id = $1",
}


async def test_a_stream_ends_within_5_seconds_of_what_ends_or_changes_its_session(real: Real) -> None:
    accounts = {what: await real.account() for what in ENDS}
    stays = await real.account()
    headers = [await real.bearer(account) for account in (*accounts.values(), stays)]

    async with following(real, *headers) as (*ending, staying):
        await asyncio.sleep(2.0)  # what the process remembers of sessions is of different age
        for what, account in accounts.items():
            await real.pool.execute(ENDS[what], account)
        seconds = await asyncio.gather(*(stream.ended() for stream in ending))

        assert not staying.life.done()
    assert max(seconds) < 5.0


async def test_streams_that_begin_on_a_remembered_session_end_in_time_too(real: Real) -> None:
    """At whatever moment between two looks at all sessions they begin."""
    mine = await real.account()
    headers = [await real.bearer(mine) for _ in range(3)]
    for each in headers:
        await real.client.get("/v1/me", headers=each)
    await real.pool.execute(ENDS["logout"], mine)

    async def life(after: float, each: dict[str, str]) -> float:
        await asyncio.sleep(after)
        stream = await Follower(real.app, each).begun()
        assert stream.status == 200
        return await stream.ended()

    lives = await asyncio.gather(*(life(after, each) for after, each in zip((0.5, 1.5, 2.5), headers, strict=True)))

    assert max(lives) < 2.0


async def test_no_account_has_more_than_five_and_a_session_makes_room_for_itself(real: Real) -> None:
    mine = await real.account()
    headers = [await real.bearer(mine) for _ in range(5)]
    sixth = await real.bearer(mine)

    async with following(real, *headers) as streams:
        refused = await real.client.get(PATH, headers=sixth)
        again = await Follower(real.app, headers[2]).begun()
        await until(streams[2].life.done)

        assert [each.life.done() for each in streams] == [False, False, True, False, False]
        assert len(real.app.app.state.streams) == 5
        await again.hung_up()

    problem(refused, 503, "too_many_streams")
    assert 5 <= int(refused.headers["retry-after"]) <= 30
    assert len(real.app.app.state.streams) == 0


async def test_a_process_has_no_more_than_it_is_told(real: Real) -> None:
    streams = real.app.app.state.streams
    most, streams._most = streams._most, 2

    async with following(real, await real.bearer(), await real.bearer()):
        refused = await real.client.get(PATH, headers=await real.bearer())

        assert len(streams) == 2
    async with following(real, await real.bearer()) as (after,):
        assert after.status == 200
    streams._most = most
    problem(refused, 503, "too_many_streams")
    assert not streams._of


async def test_head_and_options_answer_without_a_stream(real: Real) -> None:
    headers = await real.bearer()

    head = await real.client.head(PATH, headers=headers)
    options = await real.client.options(PATH, headers=headers)
    other = await real.client.get(PATH, headers=headers | {"Accept": "application/json"})
    nobody = await real.client.get(PATH)
    official = await real.client.get(PATH, headers=await real.bearer(audience="official", acr=3))

    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "text/event-stream")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    problem(other, 406, "not_acceptable")
    problem(nobody, 401, "unauthenticated")
    problem(official, 401, "unauthenticated")
    assert len(real.app.app.state.streams) == 0


async def test_a_database_that_is_away_refuses_a_stream_and_leaves_nothing_of_it(real: Real) -> None:
    headers = await real.bearer()
    await real.client.get("/v1/me", headers=headers)
    held = [await real.pool.acquire() for _ in range(real.pool.get_max_size())]

    refused = await real.client.get(PATH, headers=headers)

    for connection in held:
        await real.pool.release(connection)
    problem(refused, 503, "unavailable")
    assert len(real.app.app.state.streams) == 0


async def test_without_valkey_nothing_is_lost(real: Real) -> None:
    """The line is cut again and again, and of what is written meanwhile nothing is called out."""
    mine = await real.account()
    valkey, written = real.app.app.state.valkey, []

    async with following(real, await real.bearer(mine)) as (stream,):
        for _ in range(3):
            await valkey.client_kill_filter(_type="pubsub")
            written += await write(real.pool, mine)
            await until(lambda: len(stream.subjects) == len(written))  # noqa: B023

    assert stream.subjects == written
    assert stream.resets == 1


async def test_while_valkey_is_away_streams_look_by_themselves(real: Real) -> None:
    mine = await real.account()
    streams = real.app.app.state.streams

    async with following(real, await real.bearer(mine)) as (stream,):
        await until(lambda: streams._listens)
        streams.cut()
        await asyncio.sleep(0.2)
        written = await write(real.pool, mine)
        await until(lambda: stream.subjects, 2 * domain.ALONE_SECONDS)

    assert stream.subjects == written


async def test_a_thousand_calls_are_answered_by_few_looks(real: Real) -> None:
    accounts = [await real.account() for _ in range(40)]
    headers = [await real.bearer(account) for account in accounts]

    async with following(real, *headers) as streams:
        before = looks_of(real)
        written = await write(real.pool, *accounts * 3)
        await asyncio.gather(*(call(real, accounts) for _ in range(25)))
        await until(lambda: all(len(stream.subjects) == 3 for stream in streams))
        looks = looks_of(real) - before

    assert sorted(s for stream in streams for s in stream.subjects) == sorted(written)
    assert looks < 50  # of 25 messages with 40 calls each


def looks_of(real: Real) -> int:
    return sum(holder._con.round_trips for holder in real.pool._holders if holder._con is not None)


async def test_a_client_that_reads_pieces_reads_what_was_sent() -> None:
    subject, reader = UUID(int=7), Reader()

    for byte in b'retry: 5\n\nid: 3\nevent: x\ndata: {"kind":"x","subject_id":"%b"}\n\n:\n\n' % str(subject).encode():
        reader.feed(bytes([byte]))

    assert (reader.subjects, reader.last, reader.retry, reader.comments) == ([subject], "3", 5, 1)
