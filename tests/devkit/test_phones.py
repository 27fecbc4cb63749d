"""The page of phones: what each screen shows, over real HTTP, and the page itself, run by Node over a small DOM."""

import json
import re
import subprocess
from base64 import b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web

from longan.devkit import fcm, phones, sms, wire, zalo
from tests.devkit.fcm_asking import PROJECT, Clock, Json, send
from tests.peering import NODE

BEHIND = "/phones"
HARM = "<img src=x onerror=alert(1)><script>alert(2)</script>"


class Message(NamedTuple):
    """What a way to a number keeps of a message, as far as a screen shows it."""

    phone: str
    text: str
    at: datetime


async def screens(client: aiohttp.ClientSession, only: str = "") -> dict[str, Json]:
    async with client.get(BEHIND, params={"only": only}) as answer:
        assert answer.status == 200
        return {phone["name"]: phone for phone in (await answer.json())["phones"]}


def push(target: str, notification: str = "n1", body: str = "Có tin mới", **android: object) -> Json:
    return {
        "fid": target,
        "notification": {"title": "Long An ID", "body": body},
        "data": {"notification_id": notification, "topic": "application_moved"},
        "android": {"collapseKey": "applications", "priority": "high", "ttl": "60s",
                    "notification": {"channelId": "applications", **android}},
    }  # fmt: skip


def removal(target: str, notification: str = "n1") -> Json:
    return {"fid": target, "data": {"action": "remove", "notification_id": notification}}


async def text(client: aiohttp.ClientSession, to: str, words: str, at: str = "") -> None:
    body = {"to": to, "text": words, "reference": str(uuid4())}
    headers = {"Authorization": f"Bearer {sms.DEVELOPMENT_KEY}"}
    async with client.post(f"{at}/sms/messages", json=body, headers=headers) as answer:
        assert answer.status == 202


async def test_a_push_shows_its_words_its_channel_and_its_time(client: aiohttp.ClientSession) -> None:
    await send(client, push("f1", tag="n1"))

    [card] = (await screens(client))["f1"]["cards"]

    assert (card["title"], card["body"], card["at"]) == ("Long An ID", "Có tin mới", "2026-11-02T03:00:00Z")
    assert card["about"] == {
        "channel": "applications", "collapse_key": "applications", "priority": "high", "ttl": "60s"
    }  # fmt: skip
    assert (card["tag"], card["data"]["notification_id"], card["replaced"]) == ("n1", "n1", 0)


async def test_the_newest_stands_first(client: aiohttp.ClientSession, clock: Clock) -> None:
    for body in ("một", "hai", "ba"):
        await send(client, push("f1", body=body))
        clock.now += timedelta(seconds=1)

    assert [card["body"] for card in (await screens(client))["f1"]["cards"]] == ["ba", "hai", "một"]


@pytest.mark.parametrize(
    "tagged",
    [
        {"android": {"notification": {"tag": "n1"}}},
        {"apns": {"headers": {"Apns-Collapse-Id": "n1"}}},
        {"webpush": {"notification": {"tag": "n1"}}},
    ],
)
async def test_a_push_of_the_same_tag_takes_the_place_of_the_other_on_that_phone_alone(
    client: aiohttp.ClientSession, tagged: Json
) -> None:
    for target, body in (("f1", "cũ"), ("f2", "cũ"), ("f1", "mới")):
        await send(client, {"fid": target, "notification": {"body": body}, **tagged})

    shown = await screens(client)

    assert [(card["body"], card["replaced"]) for card in shown["f1"]["cards"]] == [("mới", 1)]
    assert [(card["body"], card["replaced"]) for card in shown["f2"]["cards"]] == [("cũ", 0)]


async def test_two_targets_of_one_number_do_not_take_each_others_place(client: aiohttp.ClientSession) -> None:
    for target in ("work-84901234567", "home-84901234567"):
        await send(client, push(target, tag="n1"))

    [phone] = (await screens(client)).values()

    assert (len(phone["cards"]), len(phone["targets"])) == (2, 2)


async def test_without_a_tag_both_are_shown(client: aiohttp.ClientSession) -> None:
    for _ in range(2):
        await send(client, push("f1"))

    assert len((await screens(client))["f1"]["cards"]) == 2


async def test_a_silent_removal_takes_away_what_it_names_and_nothing_else(client: aiohttp.ClientSession) -> None:
    await send(client, push("f1", "n1"))
    await send(client, push("f1", "n2"))
    await send(client, push("f2", "n1"))
    await screens(client)
    await send(client, removal("f1", "n1"))

    shown = await screens(client)

    assert [card["notification_id"] for card in shown["f1"]["cards"]] == ["n2"]
    assert [card["notification_id"] for card in shown["f2"]["cards"]] == ["n1"]
    assert [(each["removed"], each["data"]["action"]) for each in shown["f1"]["whispers"]] == [(1, "remove")]


async def test_a_removal_by_tag_is_one_too(client: aiohttp.ClientSession) -> None:
    await send(client, {"fid": "f1", "notification": {"body": "x"}, "android": {"notification": {"tag": "n1"}}})
    await send(client, removal("f1", "n1"))

    assert (await screens(client))["f1"]["cards"] == []


@pytest.mark.parametrize(
    "data", [{}, {"notification_id": "n1"}, {"action": "remove"}, {"action": "remove", "id": "n1"}]
)
async def test_another_silent_message_removes_nothing(client: aiohttp.ClientSession, data: dict[str, str]) -> None:
    await send(client, push("f1", "n1"))
    await send(client, {"fid": "f1", "data": data, "apns": {"payload": {"aps": {"content-available": 1}}}})

    phone = (await screens(client))["f1"]

    assert (len(phone["cards"]), [each["removed"] for each in phone["whispers"]]) == (1, [0])


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"notification": {"title": "a", "body": "b"}, "android": {"notification": {"body": "c"}}}, ("a", "c")),
        ({"apns": {"payload": {"aps": {"alert": "d"}}}}, ("", "d")),
        ({"apns": {"payload": {"aps": {"alert": {"title": "e", "body": 5}}}}}, ("e", "")),
        ({"webpush": {"notification": {"title": "f", "body": ["g"]}}}, ("f", "")),
        ({"android": {"notification": {"body_loc_key": "h"}}}, ("", "h")),
    ],
)
async def test_the_words_are_found_where_each_platform_has_them(
    client: aiohttp.ClientSession, message: Json, words: tuple[str, str]
) -> None:
    await send(client, {"fid": "f1", **message})

    [card] = (await screens(client))["f1"]["cards"]

    assert (card["title"], card["body"]) == words


@pytest.mark.parametrize("payload", [{"aps": 1}, {"aps": {"alert": 1}}, {"aps": None}, {"x": []}])
async def test_an_odd_payload_of_an_iphone_is_only_silent(client: aiohttp.ClientSession, payload: Json) -> None:
    await send(client, {"fid": "f1", "apns": {"payload": payload}})

    assert len((await screens(client))["f1"]["whispers"]) == 1


async def test_text_messages_and_pushes_of_one_number_are_on_one_phone(
    client: aiohttp.ClientSession, runner: web.AppRunner, clock: Clock
) -> None:
    await text(client, "+84901234567", "Mã xác thực là 048213.")
    await text(client, "+84901234567", "Mã xác thực là 111222.", "/second")
    await send(client, push("target-+84901234567"))
    await send(client, push("target-+84907654321"))
    log: wire.Log[Any] = runner.app[zalo.ZALO].messages
    log.add(lambda _: Message("+84901234567", "Hồ sơ của bạn đã được duyệt.", clock()))

    shown = await screens(client)

    assert sorted(shown) == ["+84901234567", "+84907654321"]
    cards = {card["source"]: card for card in shown["+84901234567"]["cards"]}
    assert (cards["sms"]["code"], cards["sms_second"]["code"]) == ("048213", "111222")
    assert cards["zalo"]["body"] == "Hồ sơ của bạn đã được duyệt."
    assert (cards["push"]["code"], shown["+84901234567"]["targets"]) == (None, ["target-+84901234567"])


async def test_a_push_to_a_topic_comes_to_all_who_have_subscribed(client: aiohttp.ClientSession) -> None:
    for registration in ("f1", "f2"):
        await client.post(f"{PROJECT}/registrations/{registration}/topicSubscriptions?topicName=80.bao", json={})
    await send(client, push("f3"))
    await send(client, {"topic": "80.bao", "notification": {"body": "Bão số 9"}})
    await send(client, {"condition": "'80.bao' in topics && !('x' in topics)", "notification": {"body": "Tạnh"}})

    shown = await screens(client)

    assert sorted(shown) == ["f1", "f2", "f3"]
    for name in ("f1", "f2"):
        assert {card["body"] for card in shown[name]["cards"]} == {"Bão số 9", "Tạnh"}
        assert shown[name]["topics"] == ["80.bao"]


async def test_a_topic_that_nobody_has_subscribed_to_is_shown_under_its_name(client: aiohttp.ClientSession) -> None:
    await send(client, {"topic": "80.bao", "notification": {"body": "Bão số 9"}})

    shown = await screens(client)

    assert [card["about"]["topic"] for card in shown["80.bao"]["cards"]] == ["80.bao"]


async def test_phones_are_chosen_by_a_part_of_their_name_or_target(client: aiohttp.ClientSession) -> None:
    for target in ("demo-a", "demo-b", "target-+84901234567"):
        await send(client, push(target))

    assert sorted(await screens(client, "DEMO")) == ["demo-a", "demo-b"]
    assert sorted(await screens(client, "target-")) == ["+84901234567"]
    assert await screens(client, "nobody") == {}


async def test_phones_and_cards_are_bounded(runner: web.AppRunner, client: aiohttp.ClientSession) -> None:
    server = runner.app[fcm.SERVER]
    for number in range(phones.PHONES_KEPT + 20):
        server.accept("p", json.dumps({"message": push(f"f-{number}")}).encode(), "fid", f"f-{number}")
    for _ in range(phones.CARDS_KEPT + 5):
        server.accept("p", json.dumps({"message": push("f-many")}).encode(), "fid", "f-many")

    shown = await screens(client)

    assert len(shown) == phones.PHONES_SHOWN
    assert len(shown["f-many"]["cards"]) == phones.CARDS_KEPT
    assert await screens(client, "f-0") == {}
    assert len(runner.app[phones.SCREENS]._phones) == phones.PHONES_KEPT


async def test_nothing_new_is_a_304_until_something_comes(client: aiohttp.ClientSession) -> None:
    async with client.get(BEHIND) as first:
        tag = first.headers["ETag"]
    async with client.get(BEHIND, headers={"If-None-Match": tag}) as again:
        assert again.status == 304
    await text(client, "+84901234567", "Xin chào")
    async with client.get(BEHIND, headers={"If-None-Match": tag}) as changed:
        assert changed.status == 200
        assert changed.headers["ETag"] != tag


async def test_a_page_of_anothers_may_not_read_the_phones(client: aiohttp.ClientSession) -> None:
    async with client.get(BEHIND, headers={"Origin": "https://example.com"}) as answer:
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert answer.content_type == "application/json"


# --- The page ------------------------------------------------------------------------------------------------------


async def test_the_page_allows_its_own_script_and_nothing_else(client: aiohttp.ClientSession) -> None:
    async with client.get("/") as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]

    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert answer.content_type == "text/html"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert b64encode(sha256(script.encode()).digest()).decode() in policy


def test_the_page_asks_nobody_outside_and_makes_no_markup_of_words() -> None:
    assert not re.search(
        r"https?:|//[a-z]|\bsrc=|\bhref=|\burl\(|@import|<link|<iframe|<object|\son[a-z]+=", phones.PAGE
    )
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function", phones.PAGE)


def drawn(*answers: object) -> list[Json]:
    """What the page's own script makes of these answers, one after another: trees of elements and texts."""
    given = json.dumps({"page": phones.PAGE, "answers": answers})
    ran = subprocess.run(
        [NODE, Path(__file__).with_name("phone_page.mjs")], input=given, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    trees: list[Json] = json.loads(ran.stdout)
    return trees


def found(tree: Json, kind: str) -> list[Json]:
    """The elements whose class has this word."""
    here = [tree] if kind in tree.get("class", "").split() else []
    return here + [each for child in tree.get("children", []) if isinstance(child, dict) for each in found(child, kind)]


def words(tree: Json) -> str:
    return " ".join(child if isinstance(child, str) else words(child) for child in tree.get("children", []))


def names(tree: Json) -> set[str]:
    return {tree["name"]}.union(*(names(child) for child in tree.get("children", []) if isinstance(child, dict)))


async def test_the_page_draws_what_came_and_harmful_words_stay_words(client: aiohttp.ClientSession) -> None:
    await send(client, {
        "fid": HARM, "notification": {"title": HARM, "body": HARM},
        "data": {"notification_id": HARM, HARM: HARM},
        "android": {"notification": {"channelId": HARM, "tag": HARM, "visibility": "private"}},
    })  # fmt: skip
    await send(client, {"fid": HARM, "data": {HARM: HARM}})
    await text(client, "+84901234567", f"Mã 048213 {HARM}")
    answer = {"phones": list((await screens(client)).values())}

    [[tree]] = [drawn(answer)]

    assert names(tree) <= {
        "main", "section", "article", "div", "h2", "p", "b", "span", "details", "summary", "dl", "dt", "dd"
    }  # fmt: skip
    assert words(tree).count(HARM) >= 10
    assert [words(each) for each in found(tree, "code")] == ["048213"]
    assert "kênh: " in words(tree)
    assert "màn hình khóa: ẩn nội dung" in words(tree)
    assert "10:00:00" in words(tree)  # 03:00 in UTC


async def test_only_what_came_since_arrives_visibly(client: aiohttp.ClientSession) -> None:
    await send(client, push("f1", "n1", tag="n1"))
    before = {"phones": list((await screens(client)).values())}
    await send(client, push("f1", "n2", body="Mới", tag="n2"))
    after = {"phones": list((await screens(client)).values())}
    await send(client, removal("f1", "n2"))
    removed = {"phones": list((await screens(client)).values())}

    trees = drawn(before, after, removed)

    assert [len(found(tree, "card")) for tree in trees] == [1, 2, 1]
    assert [[words(card) for card in found(tree, "new")] for tree in trees[::2]] == [[], []]
    [fresh] = found(trees[1], "new")
    assert "Mới" in words(fresh)
    assert "đã gỡ 1 thông báo" in words(trees[2])


def test_an_empty_page_says_what_to_do_and_a_lost_server_is_told() -> None:
    empty, lost = drawn({"phones": []}, None)

    assert "register_device" in words(empty)
    assert "Mất kết nối" in lost["state"]
