"""What a person chooses to hear: shown with its words, changed by name, never beyond what may be chosen."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from longan.floor.messages.notices import NOTICES
from tests.conftest import Bearer, Real, TestClock

MINE = "/v1/me/notification-preferences"
NIGHT = {"weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "begins": "22:00", "ends": "05:30"}


async def shown(client: httpx.AsyncClient, me: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The preferences, and headers that change what was shown."""
    answer = await client.get(MINE, headers=me)
    assert answer.status_code == 200, answer.text
    return answer.json(), {**me, "If-Match": answer.headers["ETag"]}


def channels(preferences: dict[str, Any], topic: str) -> dict[str, bool]:
    [found] = [each for each in preferences["topics"] if each["topic"] == topic]
    return {each["channel"]: each["on"] for each in found["channels"]}


async def test_whoever_has_said_nothing_sees_every_topic_as_it_is_at_first(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    preferences, _ = await shown(client, await bearer())

    assert [each["topic"] for each in preferences["topics"]] == list(NOTICES)
    for each in preferences["topics"]:
        notice = NOTICES[each["topic"]]
        assert (each["name"], each["about"]) == notice.settings["vi"]
        assert {each["channel"]: each["on"] for each in each["channels"]} == {
            channel: channel in notice.at_first for channel in ("push", *notice.carriers)
        }
        assert each["mandatory"] == (notice.mandatory is not None) == (each["why"] is not None)
    rest = {name: value for name, value in preferences.items() if name != "topics"}
    assert rest == {
        "lock_screen": "discreet", "time_zone": "Asia/Ho_Chi_Minh", "quiet_hours": [], "quiet_until": None,
        "digest_at": "18:00", "version": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("language", "word"), [("vi", "luôn bật"), ("en", "always on")])
async def test_a_mandatory_topic_says_why_in_the_readers_language(
    client: httpx.AsyncClient, bearer: Bearer, language: str, word: str
) -> None:
    preferences, _ = await shown(client, {**await bearer(), "Accept-Language": language})

    [security] = [each for each in preferences["topics"] if each["topic"] == "security_notice"]
    assert word in security["why"]
    assert all(each["fixed"] for each in security["channels"] if each["at_first"])


async def test_only_what_is_named_changes(client: httpx.AsyncClient, bearer: Bearer) -> None:
    _, change = await shown(client, await bearer())

    one = await client.patch(MINE, headers=change, json={"topics": {"application_moved": {"push": False}}})
    change["If-Match"] = one.headers["ETag"]
    two = await client.patch(
        MINE,
        headers=change,
        json={
            "topics": {"application_received": {"push": False}}, "lock_screen": "full", "quiet_hours": [NIGHT],
            "digest_at": "07:30", "time_zone": "Europe/Berlin",
        },
    )  # fmt: skip
    change["If-Match"] = two.headers["ETag"]
    three = await client.patch(MINE, headers=change, json={"topics": {"application_moved": {"push": True}}})

    assert [answer.status_code for answer in (one, two, three)] == [200, 200, 200], two.text
    kept, _ = await shown(client, change)
    assert kept == three.json()
    assert kept["version"] == 3
    assert channels(kept, "application_moved")["push"] and not channels(kept, "application_received")["push"]
    assert (kept["lock_screen"], kept["time_zone"], kept["digest_at"]) == ("full", "Europe/Berlin", "07:30")
    assert kept["quiet_hours"] == [NIGHT]


async def test_quiet_hours_can_be_taken_back_and_days_come_in_the_order_of_the_week(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    _, change = await shown(client, await bearer())

    said = {"weekdays": ["sun", "mon", "sun"], "begins": "09:00", "ends": "10:00"}
    put = await client.patch(MINE, headers=change, json={"quiet_hours": [said]})
    taken = await client.patch(MINE, headers={**change, "If-Match": "*"}, json={"quiet_hours": []})

    assert put.json()["quiet_hours"] == [{**said, "weekdays": ["mon", "sun"]}]
    assert taken.json()["quiet_hours"] == []


async def test_it_says_until_when_it_is_quiet_now(client: httpx.AsyncClient, bearer: Bearer, clock: TestClock) -> None:
    me = await bearer()
    _, change = await shown(client, me)
    hour = timedelta(hours=1)
    here = clock() + 7 * hour
    everyday = {**NIGHT, "begins": f"{here - hour:%H:%M}", "ends": f"{here + hour:%H:%M}"}

    quiet = (await client.patch(MINE, headers=change, json={"quiet_hours": [everyday]})).json()["quiet_until"]

    until = datetime.fromisoformat(quiet)
    assert until == (clock() + hour).replace(second=0, microsecond=0, tzinfo=UTC)
    clock.shift(2 * hour)
    assert (await shown(client, await bearer()))[0]["quiet_until"] is None


async def test_a_mandatory_topic_cannot_be_switched_off_and_nothing_else_is_changed(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    me = await bearer()
    before, change = await shown(client, me)
    wanted = {"topics": {"application_moved": {"push": False}, "security_notice": {"push": False}}}

    refused = await client.patch(MINE, headers=change, json=wanted)
    english = await client.patch(MINE, headers={**change, "Accept-Language": "en"}, json=wanted)

    assert refused.status_code == 422
    assert (refused.json()["code"], refused.json()["topic"]) == ("topic_mandatory", "security_notice")
    assert "luôn bật" in refused.json()["why"] and "always on" in english.json()["why"]
    assert (await shown(client, me))[0] == before
    on = await client.patch(MINE, headers=change, json={"topics": {"security_notice": {"push": True}}})
    assert on.status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"topics": {"nothing/of~this": {"push": True}}}, 400, "/topics/nothing~1of~0this"),
        ({"topics": {"application_received": {"zns": True}}}, 422, "channel_not_offered"),
        ({"topics": {"application_received": {"fax": True}}}, 400, "/topics"),
        ({"topics": {"application_received": {"push": None}}}, 400, "/topics"),
        ({"time_zone": "Asia/Nowhere"}, 400, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, 400, "/time_zone"),
        ({"digest_at": "24:00"}, 400, "/digest_at"),
        ({"digest_at": "18:00\n"}, 400, "/digest_at"),
        ({"lock_screen": "loud"}, 400, "/lock_screen"),
        ({"quiet_hours": [{**NIGHT, "weekdays": []}]}, 400, "/quiet_hours"),
        ({"quiet_hours": [{**NIGHT, "ends": "5:30"}]}, 400, "/quiet_hours"),
        ({"quiet_hours": [NIGHT] * 21}, 400, "/quiet_hours"),
        ({"quiet_hours": [{**NIGHT, "begins": "12:00", "ends": "12:00"}]}, 422, "never_loud"),
        ({"quiet_hours": [NIGHT, {**NIGHT, "begins": "05:30", "ends": "22:00"}]}, 422, "never_loud"),
        ({"everything": False}, 400, ""),
    ],
)
async def test_what_cannot_be_chosen_is_refused_by_name(
    client: httpx.AsyncClient, bearer: Bearer, body: dict[str, Any], status: int, said: str
) -> None:
    me = await bearer()
    before, change = await shown(client, me)

    answer = await client.patch(MINE, headers=change, json=body)

    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert (await shown(client, me))[0] == before


async def test_a_change_needs_the_etag_it_was_made_on(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, other = await bearer(), await bearer()
    _, change = await shown(client, me)
    await client.patch(MINE, headers=change, json={"lock_screen": "full"})

    again = await client.patch(MINE, headers=change, json={"lock_screen": "discreet"})
    blind = await client.patch(MINE, headers=me, json={"lock_screen": "discreet"})

    assert (again.status_code, blind.status_code) == (412, 428)
    assert (await shown(client, me))[0]["lock_screen"] == "full"
    assert (await shown(client, other))[0]["lock_screen"] == "discreet"
    assert (await client.get(MINE)).status_code == 401


async def test_of_two_first_changes_at_once_one_is_told_that_it_came_late(real: Real) -> None:
    me = await real.bearer(await real.account())
    _, change = await shown(real.client, me)

    answers = await asyncio.gather(
        *(real.client.patch(MINE, headers=change, json={"lock_screen": "full"}) for _ in range(8))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert (await shown(real.client, me))[0]["version"] == 1
