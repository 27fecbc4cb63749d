"""Topics of the FCM stand-in: subscriptions over real HTTP as firebase-admin makes them, and conditions."""

import itertools

import aiohttp
import hypothesis
import pytest
from aiohttp import web
from hypothesis import strategies as st

from longan.devkit import fcm, fcm_topics
from tests.devkit.fcm_asking import FCM_ERROR, PROJECT, Clock, Json

MINE = f"{PROJECT}/registrations/installation%3A1/topicSubscriptions"


async def subscribe(client: aiohttp.ClientSession, topic: str, at: str = MINE) -> tuple[int, Json]:
    async with client.post(at, params={"topicName": topic}, json={}) as answer:
        return answer.status, await answer.json()


async def test_a_subscription_is_made_listed_and_taken_back(client: aiohttp.ClientSession) -> None:
    status, made = await subscribe(client, "80.canh-bao")

    name = f"{PROJECT[4:]}/registrations/installation:1/topicSubscriptions/80.canh-bao"
    assert (status, made) == (
        200, {"name": name, "topicName": "80.canh-bao", "createTime": "2026-11-02T03:00:00Z"}
    )  # fmt: skip
    async with client.get(MINE) as answer:
        assert await answer.json() == {"topicSubscriptions": [made]}
    async with client.delete(f"{MINE}/80.canh-bao") as answer:
        assert (answer.status, await answer.json()) == (200, {})
    async with client.get(MINE) as answer:
        assert await answer.json() == {"topicSubscriptions": []}


async def test_a_subscription_twice_exists_already(client: aiohttp.ClientSession) -> None:
    await subscribe(client, "a")

    status, answer = await subscribe(client, "a")

    assert (status, answer["error"]["status"]) == (409, "ALREADY_EXISTS")


async def test_what_is_not_there_is_taken_back_only_where_missing_is_allowed(client: aiohttp.ClientSession) -> None:
    async with client.delete(f"{MINE}/a") as answer:
        assert answer.status == 404
        assert FCM_ERROR not in await answer.text()
    async with client.delete(f"{MINE}/a?allow_missing=true") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("topic", ["", "/topics/a", "a b", "a" * 901])
async def test_a_topic_has_a_proper_name(client: aiohttp.ClientSession, topic: str) -> None:
    status, answer = await subscribe(client, topic)

    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_a_registration_has_at_most_two_thousand_topics(
    client: aiohttp.ClientSession, runner: web.AppRunner, clock: Clock
) -> None:
    for number in range(fcm_topics.TOPICS_OF_ONE):
        runner.app[fcm.SERVER].topics.add("installation:1", str(number), clock())

    assert (await subscribe(client, "one-more"))[0] == 429
    assert (await subscribe(client, "7"))[0] == 409


async def test_the_registrations_that_are_kept_are_bounded(runner: web.AppRunner, clock: Clock) -> None:
    topics = runner.app[fcm.SERVER].topics

    for number in range(fcm_topics.KEPT_REGISTRATIONS + 3):
        topics.add(str(number), "a", clock())

    reached = topics.reached("topic", "a")
    assert (len(reached), reached[0]) == (fcm_topics.KEPT_REGISTRATIONS, "3")


async def test_a_stranger_subscribes_nobody(stranger: aiohttp.ClientSession) -> None:
    assert (await subscribe(stranger, "a"))[0] == 401
    async with stranger.delete(f"{MINE}/a?allowMissing=true") as answer:
        assert answer.status == 401
    async with stranger.get(MINE) as answer:
        assert answer.status == 401


async def test_a_scripted_registration_fails_as_it_does_when_sent_to(client: aiohttp.ClientSession) -> None:
    gone = MINE.replace("installation%3A1", "unregistered-1")
    busy = MINE.replace("installation%3A1", "unavailable-1-x")

    status, answer = await subscribe(client, "a", gone)

    assert (status, answer["error"]["details"][0]["errorCode"]) == (404, "UNREGISTERED")
    assert [(await subscribe(client, "a", busy))[0] for _ in range(2)] == [503, 200]


@pytest.mark.parametrize(
    ("condition", "true_of"),
    [
        ("'a' in topics", ["a", "ab", "ac", "abc"]),
        ("!('a' in topics)", ["", "b", "c", "bc"]),
        ("'a' in topics && 'b' in topics", ["ab", "abc"]),
        ("'a' in topics || !('b' in topics) && 'c' in topics", ["ac", "c", "abc"]),
        ("'a' in topics || ('b' in topics && 'c' in topics)", ["a", "ab", "ac", "abc", "bc"]),
        ("!!('a' in topics) && !('b' in topics || 'c' in topics)", ["a"]),
    ],
)
def test_a_condition_is_read_brackets_first_and_then_from_left_to_right(condition: str, true_of: list[str]) -> None:
    everybody = ["".join(chosen) for size in range(4) for chosen in itertools.combinations("abc", size)]

    assert sorted(who for who in everybody if fcm_topics.holds(condition, who)) == sorted(true_of)


EXPRESSIONS = st.recursive(
    st.sampled_from("abc").map(lambda name: (f"'{name}' in topics", f"({name!r} in topics)")),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"!({one[0]})", f"(not {one[1]})")),
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(
            lambda all_: (
                f"({all_[0][0]}) {all_[1]} ({all_[2][0]})",
                f"({all_[0][1]} {'and' if all_[1] == '&&' else 'or'} {all_[2][1]})",
            )
        ),
    ),
    max_leaves=5,
)


@hypothesis.given(EXPRESSIONS, st.sets(st.sampled_from("abc")))
def test_a_condition_means_what_python_means_by_it(written: tuple[str, str], topics: set[str]) -> None:
    condition, meant = written
    hypothesis.assume(fcm_topics.is_condition(condition))

    assert fcm_topics.holds(condition, topics) == eval(meant, {"topics": topics})


@pytest.mark.parametrize("condition", ["", "a", "\0", "\1", "'a' in topics 'b' in topics", "('a' in topics", "!", "()"])
def test_what_is_no_condition_holds_for_nobody(condition: str) -> None:
    assert not fcm_topics.is_condition(condition)
    assert not fcm_topics.holds(condition, "ab")
