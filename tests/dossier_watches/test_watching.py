"""Whoever holds the receipt watches the dossier; what they see of it, and how they stop."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.dossiers.lgsp import Lgsp
from longan.floor.dossiers.source_pace import SourcePace
from longan.rooms.dossier_watches import models, tasks
from longan.rooms.dossier_watches.tasks import Poller
from tests.conftest import Bearer, Copies, Real, TestClock, made_real
from tests.dossier_watches.conftest import Watch, changed, now_due, told
from tests.dossiers.conftest import CODE, FACTOR, IDENTITY, NAME, PHONE, Platform, account, ago
from tests.jobs.hiring import SECOND_WORKER, WORKER


async def test_a_watch_shows_the_dossier_as_looking_it_up_does(
    watch: Watch, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    made = await watch(CODE.lower().replace("-", " – "))

    assert made.status_code == 201, made.text
    found = made.json()
    looked_up = await client.post(
        "/v1/dossiers/lookup", json={"code": CODE, "second_factor": FACTOR}, headers=await bearer(WORKER)
    )
    assert {name: found[name] for name in looked_up.json() if name != "as_of"} == {
        name: value for name, value in looked_up.json().items() if name != "as_of"
    }
    assert UUID(found["id"]).version == 4
    assert (found["changed_at"], found["ended_at"], found["stale"]) == (None, None, False)
    for secret in (NAME, PHONE, IDENTITY, FACTOR):
        assert secret not in made.text


async def test_the_list_and_the_one_say_the_same_and_the_last_one_comes_first(
    watch: Watch, client: httpx.AsyncClient, bearer: Bearer, platform: Platform, clock: TestClock
) -> None:
    await platform.enter("H53.16-261102-0102", NgayTiepNhan=ago(clock, 3), NgayHenTra=ago(clock, -30))
    made = []
    for code in (CODE, "H53.16-261102-0102"):
        made.append((await watch(code)).json()["id"])
        clock.shift(timedelta(seconds=1))
    me = await bearer(WORKER)

    first = (await client.get("/v1/me/dossier-watches?limit=1", headers=me)).json()
    second = (await client.get(f"/v1/me/dossier-watches?limit=1&cursor={first['next_cursor']}", headers=me)).json()
    one = await client.get(f"/v1/me/dossier-watches/{made[1]}", headers=me)

    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None
    assert one.json() == first["items"][0]
    again = await client.get(f"/v1/me/dossier-watches/{made[1]}", headers=me | {"If-None-Match": one.headers["ETag"]})
    assert again.status_code == 304


async def test_what_does_not_prove_the_receipt_watches_nothing(watch: Watch, conn: asyncpg.Connection) -> None:
    answers = [await watch(factor="0000"), await watch("H53.16-261102-9999"), await watch("1.004194")]

    assert [each.json()["code"] for each in answers] == [
        "dossier_not_found", "dossier_not_found", "dossier_code_invalid"
    ]  # fmt: skip
    assert await conn.fetchval("select count(*) from dossier_watches.followed") == 0


async def test_wrong_factors_are_counted_as_those_of_look_ups(watch: Watch) -> None:
    for number in range(5):
        assert (await watch(factor=f"000{number}")).status_code == 404

    assert (await watch()).status_code == 429


async def test_the_same_dossier_is_watched_once_by_an_account(watch: Watch) -> None:
    await watch()

    again = await watch()

    assert (again.status_code, again.json()["code"]) == (409, "dossier_watched")


async def test_the_same_request_again_asks_nobody_and_is_answered_alike(
    client: httpx.AsyncClient, bearer: Bearer, watch: Watch, platform: Platform
) -> None:
    headers, body = await bearer(WORKER), {"code": CODE, "second_factor": FACTOR}
    first = await client.post("/v1/me/dossier-watches", json=body, headers=headers)
    asked = len(await platform.calls())

    again = await client.post("/v1/me/dossier-watches", json=body, headers=headers)
    other = await client.post("/v1/me/dossier-watches", json=body | {"second_factor": "0000"}, headers=headers)

    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await platform.calls()) == asked


async def test_a_thousand_are_watched_and_listed_page_by_page_and_no_more(
    watch: Watch, conn: asyncpg.Connection, platform: Platform, clock: TestClock, client: httpx.AsyncClient,
    bearer: Bearer, app: Edge,
) -> None:  # fmt: skip
    await watch()
    first = await conn.fetchrow("select id, sealed from dossier_watches.followed")
    numbers = app.app.state.numbers
    assert first is not None
    state, made = numbers.open(first["sealed"], first["id"]), [uuid4() for _ in range(models.MOST - 2)]
    await conn.execute(
        """with more as (
               insert into dossier_watches.followed (id, source, code_index, code_sealed, sealed, as_of, followed_at,
                                                     due_at)
               select m.id, 'lgsp', uuid_send(m.id), '', m.sealed, $1, $1, $1::timestamptz + interval '1 day'
                 from unnest($3::uuid[], $4::bytea[]) m (id, sealed) returning id)
           insert into dossier_watches.watches (account_id, dossier_id, created_at) select $2, id, $1 from more""",
        clock(), WORKER, made, [numbers.seal(state, each) for each in made],
    )  # fmt: skip
    for code in ("H53.16-261102-0102", "H53.16-261102-0103"):
        await platform.enter(code, NgayTiepNhan=ago(clock, 3), NgayHenTra=ago(clock, -30))

    last, full = await watch("H53.16-261102-0102"), await watch("H53.16-261102-0103")
    seen, cursor = set[str](), ""
    while cursor is not None:
        page = await client.get(f"/v1/me/dossier-watches?limit=100{cursor}", headers=await bearer(WORKER))
        seen |= {each["id"] for each in page.json()["items"]}
        cursor = page.json()["next_cursor"] and f"&cursor={page.json()['next_cursor']}"

    assert last.status_code == 201
    assert (full.status_code, full.json()["code"]) == (409, "dossier_watches_full")
    assert f"{models.MOST:,}" in models.DossierWatchesFull.en
    assert len(seen) == models.MOST
    assert (await watch("H53.16-261102-0103", who=SECOND_WORKER)).status_code == 201


async def test_strangers_find_and_end_nothing(watch: Watch, client: httpx.AsyncClient, bearer: Bearer) -> None:
    path = f"/v1/me/dossier-watches/{(await watch()).json()['id']}"
    stranger = await bearer(SECOND_WORKER)

    assert (await client.get(path, headers=stranger)).status_code == 404
    assert (await client.delete(path, headers=stranger)).status_code == 404
    assert (await client.get("/v1/me/dossier-watches", headers=stranger)).json()["items"] == []
    assert (await client.get(path, headers=await bearer(WORKER))).status_code == 200


async def test_of_a_dossier_that_nobody_watches_nothing_is_kept(
    watch: Watch, client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    mine = (await watch()).json()["id"]
    theirs = (await watch(who=SECOND_WORKER)).json()["id"]
    left = []

    for who, each in ((WORKER, mine), (SECOND_WORKER, theirs)):
        assert (await client.delete(f"/v1/me/dossier-watches/{each}", headers=await bearer(who))).status_code == 204
        left.append([await conn.fetchval(f"select count(*) from {table}") for table in
                     ("dossier_watches.watches", "dossier_watches.followed", "floor.reminders")])  # fmt: skip

    assert left == [[1, 1, 1], [0, 0, 0]]
    again = await client.delete(f"/v1/me/dossier-watches/{mine}", headers=await bearer(WORKER))
    assert again.status_code == 404


async def test_neither_code_nor_name_nor_number_is_readable_in_the_database(
    watch: Watch, conn: asyncpg.Connection, poller: Poller, clock: TestClock, platform: Platform
) -> None:
    await watch()
    await changed(conn, clock, platform, poller, TrangThaiHoSo="9", NgayKetThucXuLy=ago(clock, 0))

    kept = ""
    for table in ("dossier_watches.followed", "dossier_watches.watches", "floor.reminders", "notifications.inbox",
                  "push.outbox", "notifications.events", "fallback.texts", "pgqueuer"):  # fmt: skip
        kept += str([dict(row) for row in await conn.fetch(f"select * from {table}")])
    for secret in (CODE, "261102", NAME, "Ngọc", PHONE, IDENTITY):
        assert secret not in kept
    # Of the applicant nothing whole is kept even where it is sealed.
    numbers = poller._numbers
    row = await conn.fetchrow("select id, sealed from dossier_watches.followed")
    for secret in (NAME, "Ngọc", PHONE, IDENTITY):
        assert secret not in numbers.open(row["sealed"], row["id"])


async def test_a_source_that_is_away_lets_whoever_had_looked_before_watch_what_was_last_seen(
    watch: Watch, client: httpx.AsyncClient, bearer: Bearer, platform: Platform, poller: Poller, clock: TestClock,
    conn: asyncpg.Connection,
) -> None:  # fmt: skip
    await client.post("/v1/dossiers/lookup", json={"code": CODE, "second_factor": FACTOR}, headers=await bearer(WORKER))
    await platform.enter("H53.16-261102-0102")
    await platform.says("unavailable")

    made, unknown = await watch(), await watch("H53.16-261102-0102")
    await platform.says("by_code")
    await platform.enter(TrangThaiHoSo="5", DanhSachHoSoBoSung=[{"NgayBoSung": ago(clock, 0)}])
    await poller.once()

    assert (made.status_code, made.json()["stale"]) == (201, True)
    assert (unknown.status_code, "Retry-After" in unknown.headers) == (503, True)
    assert await told(conn) == ["yeu_cau_bo_sung"]
    one = await client.get(f"/v1/me/dossier-watches/{made.json()['id']}", headers=await bearer(WORKER))
    assert (one.json()["stale"], one.json()["status"]) == (False, "yeu_cau_bo_sung")


async def test_the_checklist_of_what_is_missing_the_countdown_and_what_is_late_are_shown(
    watch: Watch, client: httpx.AsyncClient, bearer: Bearer, platform: Platform, clock: TestClock
) -> None:
    asked = {"NgayBoSung": ago(clock, 1), "NoiDungBoSung": "Thiếu giấy tờ",
             "DanhSachGiayToBoSung": [{"TenGiayTo": "Hộ chiếu"}, {"TenGiayTo": "Ảnh 3x4"}]}  # fmt: skip
    await platform.enter("H53.16-261102-0105", TrangThaiHoSo="5", NgayTiepNhan=ago(clock, 3),
                         NgayHenTra=ago(clock, -30), DanhSachHoSoBoSung=[asked])  # fmt: skip
    await platform.enter("H53.16-261102-0106", NgayTiepNhan=ago(clock, 40), NgayHenTra=ago(clock, 21))

    waits, late = (await watch("H53.16-261102-0105")).json(), (await watch("H53.16-261102-0106")).json()

    assert (waits["clock"], waits["due_on"], waits["status_name"]) == ("stopped", None, "Yêu cầu bổ sung giấy tờ")
    assert waits["supplements"][0]["papers"] == ["Hộ chiếu", "Ảnh 3x4"]
    assert waits["working_days_left"] > 0
    assert late["late_by"] > 10
    clock.shift(timedelta(days=7))
    items = (await client.get("/v1/me/dossier-watches", headers=await bearer(WORKER))).json()["items"]
    assert [each["stale"] for each in items] == [True, True]
    assert items[0]["late_by"] > late["late_by"]
    assert items[1]["working_days_left"] == waits["working_days_left"]


async def test_what_others_see_anew_when_they_begin_to_watch_is_news_to_those_who_do_already(
    watch: Watch, platform: Platform, conn: asyncpg.Connection, clock: TestClock, poller: Poller
) -> None:
    await watch()
    await platform.enter(TrangThaiHoSo="6", QuaTrinhXuLy=[{"TrangThai": "6", "ThoiDiemXuLy": ago(clock, 0)}])

    second = await watch(who=SECOND_WORKER)
    await now_due(conn, clock)
    await poller.once()

    assert second.json()["status"] == "nghia_vu_tai_chinh"
    assert await told(conn, WORKER) == ["nghia_vu_tai_chinh"]
    assert await told(conn, SECOND_WORKER) == []


async def test_without_a_token_or_key_nothing_is_watched(client: httpx.AsyncClient, bearer: Bearer) -> None:
    body, me = {"code": CODE, "second_factor": FACTOR}, await bearer(WORKER)
    del me["Idempotency-Key"]

    assert (await client.post("/v1/me/dossier-watches", json=body)).status_code == 401
    missing = await client.post("/v1/me/dossier-watches", json=body, headers=me)
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")


async def test_many_at_once_follow_one_dossier_and_one_account_watches_it_once(
    copies: Copies, settings: Any, clock: TestClock, platform: Platform, valkey: Any
) -> None:
    async with made_real(copies, settings, clock) as real:
        source = await with_source(real, platform, valkey)
        people = [await real.account() for _ in range(2)]
        # More at once would be taken for guesses.
        headers = [await real.bearer(each) for each in people + people]
        body = {"code": CODE, "second_factor": FACTOR}

        async def begun(who: dict[str, str]) -> httpx.Response:
            for _ in range(50):
                answer = await real.client.post("/v1/me/dossier-watches", json=body, headers=who)
                if answer.status_code != 503:
                    break
            return answer

        made = await asyncio.gather(*(begun(each) for each in headers))
        followed = await real.pool.fetchval("select count(*) from dossier_watches.followed")
        ended = await asyncio.gather(
            *(
                real.client.delete(f"/v1/me/dossier-watches/{each.json()['id']}", headers=headers[number])
                for number, each in enumerate(made)
                if each.status_code == 201
            )
        )
        left = await real.pool.fetchval("select count(*) from dossier_watches.followed")
        await source.close()

    assert sorted(each.status_code for each in made) == [201] * 2 + [409] * 2
    assert followed == 1
    assert [each.status_code for each in ended] == [204] * 2
    assert left == 0


async def with_source(real: Real, platform: Platform, valkey: Any) -> Lgsp:
    source = Lgsp(account(platform), SourcePace(valkey, "race", 1_000, 100))
    real.app.app.state.dossier_source = source
    return source


async def test_ninety_days_after_the_end_nothing_is_kept(
    watch: Watch, platform: Platform, conn: asyncpg.Connection, clock: TestClock, poller: Poller, context: Context,
    client: httpx.AsyncClient, bearer: Bearer,
) -> None:  # fmt: skip
    await watch()
    await changed(conn, clock, platform, poller, TrangThaiHoSo="10", NgayTra=ago(clock, 0))
    counts = []

    for days in (0, 89, 2):
        clock.shift(timedelta(days=days))
        await tasks.forget_dossier_watches(context)
        counts.append(await conn.fetchval("select count(*) from dossier_watches.followed"))

    assert counts == [1, 1, 0]
    assert await conn.fetchval("select count(*) from dossier_watches.watches") == 0
