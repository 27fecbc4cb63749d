"""A public alert goes once to topics that apps subscribe to: short, for everybody, with nothing of anybody in it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.devkit import fcm_rules
from longan.floor.messages import alerts
from longan.rooms.campaigns import tasks
from tests.campaigns.conftest import OTHER_WARD, TEXT, WARD, Official, Write, go_on, scheduled

LIST = date(2025, 7, 1)
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
CODE = st.from_regex(r"[0-9]{5}", fullmatch=True)
STORM: dict[str, Any] = {"kind": "public_alert", "vi": TEXT, "audience": {"ward_codes": [WARD]}}


def alert(condition: str, body: str = TEXT["body"]) -> alerts.Alert:
    return alerts.Alert(uuid4(), condition, TEXT["title"], body, NOW + timedelta(hours=6))


@given(codes=st.lists(CODE, min_size=1, max_size=30), locale=st.sampled_from(["vi", "en"]))
def test_the_conditions_hold_every_topic_once_and_fcm_takes_them(codes: list[str], locale: Any) -> None:
    made = alerts.conditions(LIST, codes, locale)

    topics = [part.split("'")[1] for condition in made for part in condition.split(" || ")]
    assert sorted(topics) == sorted({alerts.topic_of(LIST, code, locale) for code in codes})
    for condition in made:
        body = alerts.message(alert(condition), NOW)
        read = fcm_rules.read(body)["message"]
        assert fcm_rules.target_of(read) == ("condition", condition)
        assert len(body) <= 2048


@given(body=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=1_000))
def test_a_message_fits_into_a_topic_or_is_refused(body: str) -> None:
    condition = alerts.conditions(LIST, [f"2769{digit}" for digit in range(5)], "vi")[0]
    try:
        made = alerts.message(alert(condition, body), NOW)
    except alerts.TooLong:
        assert len(body.encode()) > 900
    else:
        assert len(made) <= 2048
        assert fcm_rules.read(made)["message"]["notification"]["body"] == body


def test_a_message_replaces_the_personal_push_of_the_same_alert() -> None:
    said = alert(alerts.conditions(LIST, ["80"], "vi")[0])

    message = msgspec.json.decode(alerts.message(said, NOW))["message"]

    same = str(said.campaign_id)
    assert message["android"]["notification"]["tag"] == same
    assert message["apns"]["headers"]["apns-collapse-id"] == same
    assert message["webpush"]["notification"]["tag"] == same
    assert message["data"] == {"topic": "public_alert", "subject_kind": "campaign", "subject_id": same}
    assert message["android"]["ttl"] == "21600s"


async def test_an_alert_is_promised_once_to_the_topics_of_its_wards_in_each_language(
    conn: asyncpg.Connection, now: datetime
) -> None:
    await conn.execute("delete from pgqueuer")
    campaign = await scheduled(conn, now, kind="public_alert", wards=[WARD, OTHER_WARD])

    for _ in range(2):
        await go_on(conn, campaign, now)

    rows = await conn.fetch(
        "select convert_from(payload, 'utf8') from pgqueuer where entrypoint = 'send_public_alert' order by id"
    )
    promised = [msgspec.json.decode(row[0]) for row in rows]
    version = await conn.fetchval("select places.version_on($1)", now)
    assert [(each["locale"], each["condition"], each["title"]) for each in promised] == [
        ("vi", alerts.conditions(version, [WARD, OTHER_WARD], "vi")[0], "Ngày hội việc làm"),
        ("en", alerts.conditions(version, [WARD, OTHER_WARD], "en")[0], "Job fair"),
    ]
    assert {each["campaign_id"] for each in promised} == {str(campaign)}


async def test_an_alert_for_everywhere_goes_to_the_topic_of_the_province(
    conn: asyncpg.Connection, now: datetime
) -> None:
    campaign = await scheduled(conn, now, kind="public_alert")

    await go_on(conn, campaign, now)

    version = await conn.fetchval("select places.version_on($1)", now)
    conditions = await conn.fetch("select condition from campaigns.alerts where campaign_id = $1 order by 1", campaign)
    assert [row[0] for row in conditions] == [f"'alerts.{version}.80.{locale}' in topics" for locale in ("en", "vi")]


async def test_an_announcement_goes_to_no_topic(conn: asyncpg.Connection, now: datetime) -> None:
    campaign = await scheduled(conn, now)

    await go_on(conn, campaign, now)

    assert await conn.fetchval("select count(*) from campaigns.alerts where campaign_id = $1", campaign) == 0


async def test_what_fcm_said_is_on_record(
    conn: asyncpg.Connection, now: datetime, official: Official, client: Any
) -> None:
    campaign = await scheduled(conn, now, kind="public_alert")
    await go_on(conn, campaign, now)
    conditions = [row[0] for row in await conn.fetch("select condition from campaigns.alerts order by 1")]

    class Context:
        pool = conn

        @staticmethod
        def clock() -> datetime:
            return now

    for condition, name, error in zip(conditions, ["projects/x/messages/1", None], [None, "http_400"], strict=True):
        await tasks.public_alert_sent(
            Context(),  # type: ignore[arg-type]
            campaign_id=campaign, condition=condition, message_name=name, error=error,
        )  # fmt: skip

    shown = (await client.get(f"/v1/campaigns/{campaign}", headers=await official())).json()
    assert shown["alerts"] == {"promised": 2, "accepted": 1, "refused": 1}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"audience": {"role": "worker"}}, "/audience/role"), ({"audience": {"locale": "vi"}}, "/audience/locale"),
     ({"audience": {"occupation_code": "81"}}, "/audience/occupation_code"),
     ({"spread_seconds": 60}, "/spread_seconds")],
)  # fmt: skip
async def test_an_alert_is_for_everybody_at_once(
    change: dict[str, Any], pointer: str, official: Official, write: Write
) -> None:
    refused = await write(await official(), **{**STORM, **change})

    assert (refused.status_code, refused.json()["code"]) == (422, "audience_not_public")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_an_alert_that_is_too_long_for_a_topic_is_refused_when_it_is_written(
    official: Official, write: Write
) -> None:
    long = {**TEXT, "body": "ộ" * 1_000}

    refused = await write(await official(), **{**STORM, "en": long})

    assert (refused.status_code, refused.json()["code"]) == (422, "text_refused")
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [("/en/body", "too_long")]
    assert (await write(await official(), en=long)).status_code == 201


async def test_whoever_lives_there_has_the_alert_in_the_inbox_too(
    approved: Callable[..., Awaitable[str]], conn: asyncpg.Connection, app: Edge
) -> None:
    campaign = UUID(await approved(**STORM))

    await go_on(conn, campaign, app.app.state.clock())

    recipients = await conn.fetchval("select count(*) from campaigns.recipients where campaign_id = $1", campaign)
    topic = "select count(*) from notifications.inbox where subject_id = $1 and topic = 'public_alert'"
    assert await conn.fetchval(topic, campaign) == recipients
