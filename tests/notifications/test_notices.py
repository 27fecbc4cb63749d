"""From a fact to the inbox: who is told, in which words, once."""

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from longan.devkit import embedded
from longan.floor.base import clock
from longan.floor.messages import telling
from longan.floor.messages.notices import NOTICES, Moved, Notice, Received, _check
from longan.rooms.notifications.models import UNKNOWN, InboxRow, shown
from longan.rooms.notifications.tasks import TASKS
from tests.conftest import Bearer, Copies, OnePool
from tests.push.pushing import World, fresh_world

INBOX = "/v1/me/notifications"


@pytest.fixture
async def world(services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        yield made


async def tell(conn: asyncpg.Connection, account: UUID, title: str, at: datetime | None = None) -> None:
    pool: Any = OnePool(conn)
    said = Received(title, "Công ty May")
    await telling.tell(pool, [account], "application_received", uuid4(), said, uuid4(), at or clock.utc())


async def account_of(conn: asyncpg.Connection) -> UUID:
    """Whoever signed in last."""
    found: UUID = await conn.fetchval("select account_id from sessions.sessions order by signed_in_at desc limit 1")
    return found


async def test_an_empty_inbox_says_so(client: httpx.AsyncClient, bearer: Bearer) -> None:
    answer = await client.get(INBOX, headers=await bearer())

    assert answer.json() == {"items": [], "next_cursor": None, "unread_count": 0}


@pytest.mark.parametrize(("language", "title"), [("vi", "Có hồ sơ mới"), ("en", "New application")])
async def test_a_notice_is_in_the_readers_language(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, language: str, title: str
) -> None:
    me = await bearer()
    await tell(conn, await account_of(conn), "Công nhân may {employer_name}")

    [item] = (await client.get(INBOX, headers={**me, "Accept-Language": language})).json()["items"]

    assert item["title"] == title
    assert "“Công nhân may {employer_name}”" in item["body"]
    assert (item["topic"], item["subject"]["kind"], item["read_at"]) == ("application_received", "application", None)


async def test_the_inbox_pages_newest_first(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    account, now = await account_of(conn), clock.utc()
    for number in range(5):
        await tell(conn, account, f"Việc {number}", now)

    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        given = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await client.get(INBOX, params=given, headers=me)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert cursor is None and page["unread_count"] == 5
    assert seen == sorted(seen, reverse=True) and len(set(seen)) == 5


async def test_reading_is_remembered_and_read_notices_can_be_left_out(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    account = await account_of(conn)
    await tell(conn, account, "Việc 1")
    await tell(conn, account, "Việc 2")
    first = (await client.get(INBOX, headers=me)).json()["items"][-1]["id"]

    answers = [await client.post(f"{INBOX}/{first}/read", headers=me) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    page = (await client.get(INBOX, params={"unread": "true"}, headers=me)).json()
    assert page["unread_count"] == 1
    assert first not in [item["id"] for item in page["items"]]
    assert len((await client.get(INBOX, headers=me)).json()["items"]) == 2


async def test_somebody_elses_notice_is_not_there(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    await tell(conn, await account_of(conn), "Việc 1")
    notice = (await client.get(INBOX, headers=me)).json()["items"][0]["id"]
    stranger = await bearer()

    assert (await client.get(INBOX, headers=stranger)).json()["items"] == []
    assert (await client.post(f"{INBOX}/{notice}/read", headers=stranger)).status_code == 404
    assert (await client.post(f"{INBOX}/{uuid4()}/read", headers=me)).status_code == 404
    assert (await client.post(f"{INBOX}/{notice}/read")).status_code == 401


async def test_a_cursor_of_somebody_else_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    account = await account_of(conn)
    await tell(conn, account, "Việc 1")
    await tell(conn, account, "Việc 2")
    cursor = (await client.get(INBOX, params={"limit": "1"}, headers=me)).json()["next_cursor"]

    answer = await client.get(INBOX, params={"cursor": cursor}, headers=await bearer())

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?cursor"


class Hiring:
    """An employer with two members, one of their postings, and somebody who applied."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def begin(self) -> "Hiring":
        pool = self.world.pool
        self.members = [await self.world.somebody() for _ in range(2)]
        self.worker = await self.world.somebody("good-worker-1")
        self.employer, self.job = await pool.fetchrow(
            "select employer_id, id from jobs.postings where status = 'open' limit 1"
        )
        await pool.execute("delete from members.members where employer_id = $1", self.employer)
        for member in self.members:
            await pool.execute("insert into members.members values ($1, $2, 'recruiter')", self.employer, member)
        self.application = await pool.fetchval(
            """insert into applications.applications (job_id, employer_id, worker_id, created_at, updated_at)
               values ($1, $2, $3, now(), now()) returning id""", self.job, self.employer, self.worker,
        )  # fmt: skip
        return self

    async def move(self, to: str, by: UUID | None) -> dict[str, UUID]:
        step = await self.world.pool.fetchval(
            """insert into applications.moves (application_id, moved_by, from_status, to_status, moved_at)
               values ($1, $2, 'submitted', $3, now()) returning id""", self.application, by, to,
        )  # fmt: skip
        return {"application_id": self.application, "move_id": step}

    async def told(self) -> list[UUID]:
        return sorted(row[0] for row in await self.world.pool.fetch("select account_id from notifications.inbox"))


@pytest.mark.parametrize("to", ["viewed", "shortlisted", "interview", "offer", "hired", "rejected"])
async def test_the_worker_hears_what_the_employer_did_and_a_second_run_says_nothing(world: World, to: str) -> None:
    hiring = await Hiring(world).begin()
    payload = await hiring.move(to, hiring.members[0])

    for _ in range(2):
        await TASKS["application_moved"](world.context, **payload)

    assert await hiring.told() == [hiring.worker]
    for table in ("notifications.inbox", "notifications.events", "push.outbox"):
        assert await world.pool.fetchval(f"select count(*) from {table}") == 1, table


async def test_the_worker_hears_what_time_did(world: World) -> None:
    hiring = await Hiring(world).begin()

    await TASKS["application_moved"](world.context, **await hiring.move("expired", None))

    assert await hiring.told() == [hiring.worker]


async def test_the_members_hear_what_the_worker_did(world: World) -> None:
    hiring = await Hiring(world).begin()

    await TASKS["application_moved"](world.context, **await hiring.move("withdrawn", hiring.worker))
    assert await hiring.told() == sorted(hiring.members)
    await TASKS["application_received"](world.context, application_id=hiring.application)
    await TASKS["application_received"](world.context, application_id=hiring.application)

    assert await hiring.told() == sorted(hiring.members * 2)


@pytest.mark.parametrize("decision", ["verified", "rejected"])
async def test_the_members_hear_what_was_decided_about_their_employer(world: World, decision: str) -> None:
    hiring = await Hiring(world).begin()
    made = await world.pool.fetchval(
        "insert into employers.verifications (employer_id, decision, reason, decided_by, decided_at) "
        "values ($1, $2, '', $3, now()) returning id",
        hiring.employer, decision, hiring.worker,
    )  # fmt: skip

    for _ in range(2):
        await TASKS["employer_decided"](world.context, employer_id=hiring.employer, decision_id=made)

    assert await hiring.told() == sorted(hiring.members)


async def test_a_fact_that_is_gone_tells_nobody(world: World) -> None:
    await TASKS["application_moved"](world.context, application_id=uuid4(), move_id=uuid4())
    await TASKS["application_received"](world.context, application_id=uuid4())
    await TASKS["employer_decided"](world.context, employer_id=uuid4(), decision_id=uuid4())

    assert await world.pool.fetchval("select count(*) from notifications.inbox") == 0


async def test_only_phones_of_living_sessions_are_promised_a_push(world: World) -> None:
    account = await world.somebody("good-phone-1")
    await world.pool.execute("update sessions.sessions set ended_at = now() where account_id = $1", account)
    await world.session(account)
    await world.phone(account, "good-phone-2")

    await world.tell(account)

    promised = await world.pool.fetch("select installation_id from push.outbox")
    assert [row["installation_id"] for row in promised] == ["installation-good-phone-2"]


async def test_an_account_does_not_fan_out_without_end(world: World) -> None:
    account = await world.person()
    for _ in range(12):
        await world.phone(account)

    await world.tell(account)

    assert await world.states() == {"queued": 10}


def row_of(topic: str, params: str) -> InboxRow:
    now = clock.utc()
    return InboxRow(uuid4(), topic, uuid4(), params, now, now, None, None, 1)


def test_every_topic_has_words_for_every_reader() -> None:
    for topic, notice in NOTICES.items():
        for variant in notice.words:
            values = {field.name: "x" for field in msgspec.structs.fields(notice.params)}
            params = msgspec.json.encode(values | ({notice.chosen_by: variant} if notice.chosen_by else {})).decode()
            for locale in ("vi", "en"):
                seen = shown(row_of(topic, params), locale, "https://id.example.vn")
                assert "{" not in f"{seen.title} {seen.body} {seen.link} {seen.web_link}", (topic, variant, locale)


@pytest.mark.parametrize(
    ("topic", "params"), [("from_the_future", "{}"), ("application_moved", '{"status":"promoted"}')]
)
def test_a_notice_of_a_newer_version_is_shown_without_its_words(topic: str, params: str) -> None:
    item = shown(row_of(topic, params), "vi", "https://id.example.vn")

    assert (item.title, item.body) == UNKNOWN["vi"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"link": "jobs/{job_title}"},
        {"words": {}},
        {"words": {**NOTICES["application_moved"].words, "viewed": {"vi": ("a", "b")}}},
        {"words": {**NOTICES["application_moved"].words, "viewed": {"vi": ("a", "{phone}"), "en": ("a", "b")}}},
        {"push": {"vi": ("a", "b")}},
    ],
)
def test_words_that_nothing_fills_or_somebody_misses_stop_the_start(wrong: dict[str, Any]) -> None:
    notice: Notice = msgspec.structs.replace(NOTICES["application_moved"], **wrong)

    with pytest.raises(TypeError):
        _check("application_moved", notice)
    assert notice.params is Moved


def test_what_opens_a_notice_outside_the_app_has_an_address_only_where_ours_is_secure() -> None:
    row = row_of("application_received", '{"job_title":"May","employer_name":"Công ty"}')

    secure, plain = (shown(row, "vi", f"{scheme}://id.example.vn/") for scheme in ("https", "http"))

    assert secure.web_link == f"https://id.example.vn/open/applications/{row.subject_id}"
    assert (secure.link, plain.link, plain.web_link) == (*[f"longanid://applications/{row.subject_id}"] * 2, None)


START = """import importlib.resources, pathlib, sys
real = importlib.resources.files
class Planted:
    def joinpath(self, name):
        text = real("longan.floor.messages").joinpath(name).read_text(encoding="utf-8")
        assert sys.argv[1] in text
        path = pathlib.Path(sys.argv[3])
        path.write_text(text.replace(sys.argv[1], sys.argv[2]), encoding="utf-8")
        return path
importlib.resources.files = lambda package: Planted() if package == "longan.floor.messages" else real(package)
import longan.{door}
"""


@pytest.mark.parametrize("door", ["api.app", "worker"])
@pytest.mark.parametrize(("was", "planted", "said"), [
    ("“{job_title}”", "“{job_titel}”", "nothing fills"), ("“{job_title}”", "“{job_title”", "cannot be read"),
    ("“{job_title}”", "“{job_title}”", ""), ("[application_moved.offer]", "[application_moved.ofer]", "needs them for"),
])  # fmt: skip
def test_a_wrong_template_stops_the_start_of_the_process(
    tmp_path: Path, door: str, was: str, planted: str, said: str
) -> None:
    code = START.replace("{door}", door)

    started = subprocess.run(
        [sys.executable, "-c", code, was, planted, str(tmp_path / "notices.toml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (started.returncode, said in started.stderr) == (1 if said else 0, True), started.stderr
