"""New rules: checked like code, compared with what holds, published by another, and held to by every process."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.accounts import personal
from longan.floor.database.tasks import Context
from longan.floor.housing_rules.social_housing import SocialHousingCase
from longan.floor.housing_rules.social_housing_cases import seal
from longan.floor.housing_rules.social_housing_texts import FAMILY
from longan.floor.pay_and_days.dated_rules import packaged
from longan.floor.pay_and_days.wages import day_of
from longan.floor.requests import cache
from longan.floor.setup.crypto import PersonKeys
from longan.rooms.eligibility_rules import tasks
from tests.conftest import Bearer, TestClock, new_account
from tests.eligibility.asking import RULES, checked
from tests.jobs.hiring import promised
from tests.listings.renting import APPOINT, LONG_AN, official_of

TEXTS = "/v1/social-housing/rule-texts"
PACKAGED = packaged("social_housing_rules.toml").decode()
# Not yet over wherever the tests end.
TOMORROW = day_of(datetime.now(UTC)) + timedelta(days=1)
# Below what holds from 2026-04-07 on: whoever earns 22 million alone earns too much.
LOWER = PACKAGED.replace("single = 25000000\nsingle_parent = 35000000", "single = 21000000\nsingle_parent = 35000000")


async def drafted(client: httpx.AsyncClient, who: dict[str, str], text: str = LOWER) -> httpx.Response:
    headers = who | {"Idempotency-Key": str(uuid4())}
    return await client.post(TEXTS, json={"text": text, "note": "Trần mới"}, headers=headers)


async def previewed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, context: Context, who: dict[str, str], text: str,
    day: date = TOMORROW,
) -> dict[str, Any]:  # fmt: skip
    """With the preview that the worker makes of it."""
    asked = await client.post(f"{TEXTS}/{text}/preview", json={"day": day.isoformat()}, headers=who)
    assert asked.status_code == 200, asked.text
    topic, payload = (await promised(conn))[-1]
    assert topic == "social_housing_rules_preview"
    await tasks.social_housing_rules_preview(
        context, text_id=UUID(payload["text_id"]), asked_at=datetime.fromisoformat(payload["asked_at"]),
        day=date.fromisoformat(payload["day"]),
    )  # fmt: skip
    shown: dict[str, Any] = (await client.get(f"{TEXTS}/{text}", headers=who)).json()
    return shown


async def keeping(conn: asyncpg.Connection, app: Edge, number: int, income: int) -> None:
    """So many people, all of one income, keep their case."""
    keys, now = PersonKeys(app.app.state["keys"]), datetime.now(UTC)
    case = SocialHousingCase(
        wish="buy", groups=[6], household="single", income_month=income, has_house=False, was_helped=False
    )
    for _ in range(number):
        account = await new_account(conn, app)
        await conn.execute(
            """insert into privacy.consents (account_id, purpose, version, given, locale, session_id, at)
               select $1, 'social_housing', 1, true, 'vi', id, $2 from sessions.sessions limit 1""",
            account, now,
        )  # fmt: skip
        key = await personal.key_for(conn, keys, account, now)
        await conn.execute(
            "insert into eligibility.cases (account_id, sealed, created_at, updated_at) values ($1, $2, $3, $3)",
            account, seal(key, case, account), now,
        )  # fmt: skip


@pytest.fixture
async def author(conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime) -> dict[str, str]:
    return await official_of(conn, app, bearer, now)


@pytest.fixture
async def publisher(conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime) -> dict[str, str]:
    return await official_of(conn, app, bearer, now)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PACKAGED.replace("single = 25000000", "singel = 25000000"), "singel"),
        (PACKAGED.replace("valid_to = 2026-04-06", "valid_to = 2026-05-06"), "overlap"),
        (PACKAGED.replace('procedures = ["1.014632"]', 'procedures = ["1.014632", "1.014632"]'), "twice"),
        (PACKAGED + "\nmystery = 1\n", "mystery"),
        ("notice = ", "Invalid"),
        (PACKAGED.replace("number = 12", "number = 11"), "group"),
        ("a = " + "[\n" * 50_000, "deeply"),
        (".".join(["a"] * 60_000) + " = 1", "line 1"),
    ],
    ids=[
        "misspelt",
        "overlapping days",
        "doubled",
        "a key too many",
        "no TOML",
        "a group missing",
        "nested without end",
        "a key without end",
    ],
)
async def test_a_text_with_an_error_is_refused_with_what_is_wrong(
    client: httpx.AsyncClient, conn: asyncpg.Connection, author: dict[str, str], text: str, says: str
) -> None:
    answer = await drafted(client, author, text)

    assert (answer.status_code, answer.json()["code"]) == (422, "rules_refused")
    assert says.casefold() in answer.json()["reason"].casefold()
    assert await conn.fetchval("select count(*) from eligibility_rules.texts") == 0


async def test_only_officials_of_housing_for_everywhere_write_rules(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, author: dict[str, str],
    now: datetime,
) -> None:  # fmt: skip
    made = (await drafted(client, author)).json()["id"]
    of_a_ward = await official_of(conn, app, bearer, now, [LONG_AN])
    colleague = await new_account(conn, app, role="official")
    await conn.execute(APPOINT.replace("'housing'", "'labour'"), colleague, None, now)
    other = await bearer(colleague, audience="official", acr=3)

    for who in (of_a_ward, other):
        assert (await drafted(client, who)).status_code == 403
        assert (await client.get(TEXTS, headers=who)).status_code == 403
        assert (await client.get(f"{TEXTS}/{made}", headers=who)).status_code == 403
        for step, body in (("preview", {}), ("publish", None)):
            assert (await client.post(f"{TEXTS}/{made}/{step}", json=body, headers=who)).status_code == 403
    assert (await drafted(client, await bearer(acr=3))).status_code in (401, 403)


async def test_a_preview_shows_invented_people_one_by_one(
    client: httpx.AsyncClient, conn: asyncpg.Connection, context: Context, author: dict[str, str]
) -> None:
    made = (await drafted(client, author)).json()

    preview = (await previewed(client, conn, context, author, made["id"]))["preview"]

    assert (preview["model_cases"], preview["against"], preview["day"]) == (28, None, TOMORROW.isoformat())
    assert [(each["case"], each["before"], each["after"], each["criteria"]) for each in preview["shifts"]] == [
        ("worker_single_24m", "conditions_met", "conditions_not_met", ["income"])
    ]
    assert preview["saved"] is None


async def test_kept_cases_are_counts_of_ten_and_more_and_never_persons(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, context: Context, author: dict[str, str]
) -> None:
    await keeping(conn, app, 12, 22_000_000)
    await keeping(conn, app, 27, 10_000_000)
    await keeping(conn, app, 3, 30_000_000)
    made = (await drafted(client, author)).json()["id"]

    shown = await previewed(client, conn, context, author, made)

    saved = shown["preview"]["saved"]
    assert [(each["before"], each["after"], each["cases"]) for each in saved["groups"]] == [
        ("conditions_met", "conditions_met", 20)
    ]
    # Three alone would be told by subtraction: the next smallest group stands with them.
    assert saved["rest"] == 10
    stored = await conn.fetchval("select preview::text from eligibility_rules.texts where id = $1", UUID(made))
    accounts = await conn.fetch("select account_id from eligibility.cases")
    assert not any(str(row[0]) in stored for row in accounts)
    assert not any(str(income) in stored for income in (22_000_000, 10_000_000, 30_000_000))


async def test_of_fewer_than_ten_nothing_is_told(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, context: Context, author: dict[str, str]
) -> None:
    await keeping(conn, app, 9, 22_000_000)
    made = (await drafted(client, author)).json()["id"]

    assert (await previewed(client, conn, context, author, made))["preview"]["saved"] is None


async def test_whoever_withdrew_the_consent_is_counted_nowhere(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, context: Context, author: dict[str, str]
) -> None:
    await keeping(conn, app, 10, 22_000_000)
    await conn.execute(
        """insert into privacy.consents (account_id, purpose, version, given, locale, session_id, at)
           select account_id, 'social_housing', 1, false, 'vi', session_id, now() from privacy.consents limit 1"""
    )
    made = (await drafted(client, author)).json()["id"]

    assert (await previewed(client, conn, context, author, made))["preview"]["saved"] is None


async def test_rules_hold_when_another_official_has_published_them(
    client: httpx.AsyncClient, conn: asyncpg.Connection, context: Context, author: dict[str, str],
    publisher: dict[str, str],
) -> None:  # fmt: skip
    made = (await drafted(client, author)).json()["id"]
    unseen = await client.post(f"{TEXTS}/{made}/publish", headers=publisher)
    await previewed(client, conn, context, author, made)
    before = await checked(client)
    own = await client.post(f"{TEXTS}/{made}/publish", headers=author)

    published = await client.post(f"{TEXTS}/{made}/publish", headers=publisher)
    after = await checked(client)
    twice = await client.post(f"{TEXTS}/{made}/publish", headers=publisher)
    again = await client.post(f"{TEXTS}/{made}/preview", json={}, headers=author)

    assert (unseen.status_code, unseen.json()["code"]) == (409, "rules_not_previewed")
    assert (own.status_code, own.json()["code"]) == (403, "rules_need_another_official")
    assert (published.status_code, published.json()["holds"]) == (200, True)
    assert (before["answer"]["outcome"], before["rules_id"]) == ("conditions_met", None)
    assert (after["answer"]["outcome"], after["rules_id"]) == ("conditions_not_met", made)
    assert {twice.json()["code"], again.json()["code"]} == {"rules_published"}


async def test_a_text_compared_with_what_holds_no_more_is_not_published(
    client: httpx.AsyncClient, conn: asyncpg.Connection, context: Context, author: dict[str, str],
    publisher: dict[str, str],
) -> None:  # fmt: skip
    first, second = [(await drafted(client, author)).json()["id"] for _ in range(2)]
    for text in (first, second):
        await previewed(client, conn, context, author, text)
    await client.post(f"{TEXTS}/{first}/publish", headers=publisher)

    behind = await client.post(f"{TEXTS}/{second}/publish", headers=publisher)
    shown = await previewed(client, conn, context, author, second)
    done = await client.post(f"{TEXTS}/{second}/publish", headers=publisher)

    assert (behind.status_code, behind.json()["code"]) == (409, "rules_moved_on")
    assert shown["preview"]["against"] == first
    assert (done.json()["holds"], done.json()["follows"]) == (True, first)
    texts = (await client.get(TEXTS, headers=author)).json()["items"]
    assert [(each["id"], each["holds"]) for each in texts] == [(second, True), (first, False)]


async def test_a_text_is_not_published_on_what_it_changes_on_a_day_that_is_over(
    client: httpx.AsyncClient, conn: asyncpg.Connection, context: Context, author: dict[str, str],
    publisher: dict[str, str], clock: TestClock,
) -> None:  # fmt: skip
    made = (await drafted(client, author)).json()["id"]
    past = await previewed(client, conn, context, author, made, TOMORROW - timedelta(days=2))
    behind = await client.post(f"{TEXTS}/{made}/publish", headers=publisher)
    await previewed(client, conn, context, author, made, day_of(clock()))

    done = await client.post(f"{TEXTS}/{made}/publish", headers=publisher)

    assert past["preview"]["day"] == (TOMORROW - timedelta(days=2)).isoformat()
    assert (behind.status_code, behind.json()["code"]) == (409, "rules_not_previewed")
    assert (behind.json()["errors"][0]["pointer"], behind.json()["errors"][0]["code"]) == ("/preview/day", "in_past")
    assert done.json()["holds"] is True


async def test_every_process_forgets_the_answers_of_before(
    client: httpx.AsyncClient, conn: asyncpg.Connection, context: Context, author: dict[str, str],
    publisher: dict[str, str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = (await drafted(client, author)).json()["id"]
    await previewed(client, conn, context, author, made)
    old = await client.get(RULES, params={"as_of": "2026-11-21"})
    generation = int(await context.valkey.get(f"generation:{FAMILY}") or 0)
    heard = context.valkey.pubsub()
    await heard.subscribe(cache.CHANNEL)
    await client.post(f"{TEXTS}/{made}/publish", headers=publisher)

    assert (await promised(conn))[-1][0] == "social_housing_rules_published"
    await tasks.social_housing_rules_published(context)

    assert int(await context.valkey.get(f"generation:{FAMILY}")) == generation + 1
    said = [each["data"] async for each in _two(heard)]
    assert said[-1] == f"{FAMILY} {generation + 1}".encode()
    # A language nobody has asked in is no entry of before.
    new = await client.get(RULES, params={"as_of": "2026-11-21"}, headers={"Accept-Language": "en"})
    assert (old.json()["income"]["single"], new.json()["income"]["single"]) == (25_000_000, 21_000_000)
    assert old.headers["ETag"] != new.headers["ETag"]


async def _two(heard: Any) -> Any:
    """The subscription and what was called out first."""
    found = 0
    async for each in heard.listen():
        found += 1
        yield each
        if found == 2:
            await heard.aclose()
            return


async def test_a_published_text_that_cannot_be_read_any_more_gives_way_to_the_packages(
    client: httpx.AsyncClient, conn: asyncpg.Connection, context: Context, author: dict[str, str],
    publisher: dict[str, str],
) -> None:  # fmt: skip
    made = (await drafted(client, author)).json()["id"]
    await previewed(client, conn, context, author, made)
    await client.post(f"{TEXTS}/{made}/publish", headers=publisher)
    await conn.execute("update eligibility_rules.texts set text = 'x = 1'")

    found = await checked(client)

    assert (found["rules_id"], found["answer"]["outcome"]) == (None, "conditions_met")
