"""What everybody sees of a report: words that an official has approved and that lead to no person, and pictures only
where the official says so."""

from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.pictures import uploads
from longan.floor.pictures.object_storage import Storage
from tests.conftest import new_account, sign_in
from tests.feedback_desk.conftest import Official, Sent, a_unit, acted, brought, lodged, parts, seen
from tests.photos.conftest import context
from tests.photos.sending import clean_upload

__all__ = ["context"]

WORDS = "Ổ gà ở ngã tư. Gọi bà Lê Thị Bưởi, 0901 234 567, xe 62-A1 123.45."


async def copy(conn: asyncpg.Connection, report: UUID) -> tuple[str | None, bool]:
    row = await conn.fetchrow(
        """select c.words, r.is_shown from feedback.reports r
             left join feedback_desk.public_copies c on c.report_id = r.id where r.id = $1""",
        report,
    )
    assert row is not None
    return row["words"], row["is_shown"]


async def test_without_words_it_is_the_description_with_what_leads_to_a_person_taken_out(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent
) -> None:
    who, report = await official(), await sent(description=WORDS)
    assert await copy(conn, report) == (None, False)

    answer = await acted(client, who, report, "publication")

    assert answer.json()["visibility"] == "public"
    assert await copy(conn, report) == ("Ổ gà ở ngã tư. Gọi bà •••, •••, xe •••.", True)
    found = await seen(client, who, report)
    assert found["suggested_words"] == found["public_copy"]["words"]
    assert found["description"] == WORDS


@pytest.mark.parametrize(
    ("words", "kind"),
    [("Gọi 0901234567", "number"), ("Gọi O9O1.234.567", "number"), ("thư a@b.vn", "email"), ("xe 51F-123.45", "plate")],
)
async def test_words_that_lead_to_a_person_are_refused_by_passage(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent, words: str, kind: str
) -> None:
    who, report = await official(), await sent()

    for said in ({"words": words}, {"words": "Sạch.", "answer": words}):
        answer = await acted(client, who, report, "publication", **said)
        if kind == "email":  # what looks like an address leads elsewhere, too
            assert parts(answer) == (400, "invalid_request")
        else:
            assert parts(answer) == (422, "personal_data_found")
            assert [each["kind"] for each in answer.json()["found"]] == [kind]
    assert await copy(conn, report) == (None, False)


async def test_an_official_may_write_it_better_and_write_it_again(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent
) -> None:
    who, report = await official(), await sent(description=WORDS)

    await brought(client, who, report, ("publication", {"words": "Ổ gà ở ngã tư Bình Tâm."}))
    await brought(client, who, report, ("publication", {"words": "Ổ gà ở ngã tư.", "answer": "Đã vá."}))

    found = await seen(client, who, report)
    assert (found["public_copy"]["words"], found["public_copy"]["answer"]) == ("Ổ gà ở ngã tư.", "Đã vá.")
    assert [act["action"] for act in found["acts"]] == ["published", "published"]
    assert found["version"] == 3


@pytest.mark.parametrize("words", ["<b>Ổ gà</b>", "Xem www.x.vn"])
async def test_public_words_are_plain_and_lead_nowhere(
    client: httpx.AsyncClient, official: Official, sent: Sent, words: str
) -> None:
    answer = await acted(client, await official(), await sent(), "publication", words=words)

    assert parts(answer) == (400, "invalid_request")


async def test_what_was_refused_is_not_public_and_is_so_no_more(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent
) -> None:
    who, report = await official(), await sent()
    await brought(client, who, report, ("publication", {}))

    await brought(client, who, report, ("refusal", {"words": "Không rõ.", "reason_code": "not_real"}))

    assert (await copy(conn, report))[1] is False
    assert parts(await acted(client, who, report, "publication")) == (409, "feedback_ended")


async def test_pictures_are_public_only_where_the_official_says_so(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, context: Context
) -> None:
    sender, handler = await new_account(conn, app), await new_account(conn, app, role="official")
    now = app.app.state.clock()
    report, who = await lodged(conn, sender, now), await official(account=handler)
    theirs = await clean_upload(client, await sign_in(conn, app, sender, "app", 0), context, conn)
    mine = await clean_upload(client, who, context, conn)
    await uploads.claim(conn, sender, [UUID(str(theirs))], "feedback", report, now)
    unit = await a_unit(client, who)
    await brought(
        client, who, report, ("acceptance", {}), ("forwarding", {"unit_id": unit["id"]}), ("start", {}),
        ("answer", {"words": "Đã vá.", "upload_ids": [str(mine)]}),
    )  # fmt: skip

    async def shown() -> set[str]:
        rows = await conn.fetch("select id from photos.uploads where is_public")
        return {str(row["id"]) for row in rows}

    listed = (await client.get(f"/v1/feedback-queue/{report}/photos", headers=who)).json()["items"]
    assert [each["photo"]["id"] for each in listed] == [str(theirs), str(mine)]
    assert [each["step_id"] is None for each in listed] == [True, False]
    await brought(client, who, report, ("publication", {}))
    assert await shown() == set()
    await brought(client, who, report, ("publication", {"with_photos": True}))
    assert await shown() == {str(theirs), str(mine)}
    await brought(client, who, report, ("hiding", {"because": "Thấy rõ mặt người."}))
    assert await shown() == set()
    assert (await seen(client, who, report))["acts"][-1]["because"] == "Thấy rõ mặt người."


async def test_the_pictures_of_a_merged_report_are_public_no_more(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent, context: Context,
    storage: Storage,
) -> None:  # fmt: skip
    sender, handler = await new_account(conn, app), await new_account(conn, app, role="official")
    now = app.app.state.clock()
    report, main, who = await lodged(conn, sender, now), await sent(), await official(account=handler)
    theirs = await clean_upload(client, await sign_in(conn, app, sender, "app", 0), context, conn)
    mine = await clean_upload(client, who, context, conn)
    await uploads.claim(conn, sender, [theirs], "feedback", report, now)
    unit = await a_unit(client, who)
    await brought(
        client, who, report, ("acceptance", {}), ("forwarding", {"unit_id": unit["id"]}), ("start", {}),
        ("answer", {"words": "Đã vá.", "upload_ids": [str(mine)]}), ("publication", {"with_photos": True}),
    )  # fmt: skip
    before = [(await client.get(f"/v1/photos/{each}")).status_code for each in (theirs, mine)]

    await brought(client, who, report, ("merge", {"into": str(main), "into_version": 1}))

    assert before == [302, 302]
    assert [(await client.get(f"/v1/photos/{each}")).status_code for each in (theirs, mine)] == [404, 404]
    assert await conn.fetchval("select bool_or(is_public) from photos.uploads") is False


async def test_officials_see_the_pictures_that_came_when_more_was_asked_for(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, context: Context,
    storage: Storage,
) -> None:  # fmt: skip
    sender, who = await new_account(conn, app), await official()
    report = await lodged(conn, sender, app.app.state.clock())
    me = await sign_in(conn, app, sender, "app", 0)
    more = await clean_upload(client, me, context, conn)
    await brought(client, who, report, ("question", {"words": "Xin gửi ảnh."}))

    said = await client.post(
        f"/v1/feedback/{report}/supplement", json={"words": "Đây.", "media": [str(more)]}, headers=me
    )
    listed = (await client.get(f"/v1/feedback-queue/{report}/photos", headers=who)).json()["items"]

    assert said.status_code == 200, said.text
    steps = (await seen(client, who, report))["steps"]
    assert [(each["step_id"], each["photo"]["id"]) for each in listed] == [(steps[-1]["id"], str(more))]


async def test_a_picture_of_somebody_else_is_in_no_answer(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent, context: Context
) -> None:
    who, other, report = await official(), await official(), await sent()
    theirs = await clean_upload(client, other, context, conn)
    unit = await a_unit(client, who)
    await brought(client, who, report, ("acceptance", {}), ("forwarding", {"unit_id": unit["id"]}), ("start", {}))

    async with conn.transaction():
        answer = await acted(client, who, report, "answer", words="Xong.", upload_ids=[str(theirs)])

    assert parts(answer) == (422, "upload_not_usable")
