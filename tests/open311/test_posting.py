"""A partner reports: what it must send, what becomes of it, what is kept of whom."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.feedback.open311_sent import is_foreign_address
from longan.rooms.open311_reports import tasks
from tests.conftest import Real, TestClock
from tests.open311.speaking import HERE, WARD, Key, give_key, of_xml

PERSON = {
    "email": "teo@example.vn", "device_id": "imei-35-209900-176148-1", "account_id": "acc-4711",
    "first_name": "Văn Tèo", "last_name": "Nguyễn", "phone": "0901234567",
}  # fmt: skip


async def post(client: httpx.AsyncClient, form: str = "json", **fields: Any) -> httpx.Response:
    return await client.post(f"/open311/v2/requests.{form}", data=fields)


async def report(conn: asyncpg.Connection, code: str) -> asyncpg.Record:
    found = await conn.fetchrow("select * from feedback.reports where code = $1", code)
    assert found is not None
    return found


async def test_a_report_is_made_with_everything_that_was_said(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection
) -> None:
    fields = {**HERE, **PERSON, "lat": "10.5401", "long": "106.4105", "address_string": "Ấp 2, gần chợ",
              "attribute[loai]": "chieu_sang", "attribute[nguy_hiem]": "co"}  # fmt: skip

    answer = await post(client, api_key=await key(), jurisdiction_id="80", **fields)

    assert answer.status_code == 200
    (made,) = answer.json()
    assert list(made) == ["service_request_id", "service_notice", "account_id"]
    assert made["account_id"] is None
    row = await report(conn, made["service_request_id"])
    assert (row["origin"], row["account_id"], row["status"], row["visibility"]) == (
        "open311",
        None,
        "moi_gui",
        "waiting",
    )
    assert (row["category_code"], row["description"]) == ("ha_tang", HERE["description"])
    assert (row["lat"], row["lon"], row["ward_code"], row["address"]) == (10.5401, 106.4105, WARD, "Ấp 2, gần chợ")
    assert msgspec.json.decode(row["attributes"]) == {"loai": "chieu_sang", "nguy_hiem": "co"}
    assert row["is_urgent"]


async def test_xml_says_what_json_says(client: httpx.AsyncClient, key: Key) -> None:
    answer = await post(client, "xml", api_key=await key(), **HERE)

    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    (made,) = of_xml(answer.content)
    assert list(made) == ["service_request_id", "service_notice", "account_id"]


async def test_of_the_person_nothing_is_in_the_report_and_the_rest_is_sealed_or_forgotten(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection, app: Edge
) -> None:
    await post(client, api_key=await key(), **HERE, **PERSON)

    tables = await conn.fetch(
        """select table_schema || '.' || table_name from information_schema.tables
            where table_schema in ('feedback', 'open311', 'open311_reports', 'open311_keys', 'public')
              and table_type = 'BASE TABLE'"""
    )
    dump = "".join([str(await conn.fetch(f"select t::text from {row[0]} t")) for row in tables])
    assert not [value for value in PERSON.values() if value in dump]
    kept = await conn.fetchrow("select id, contact_sealed from open311_reports.submissions")
    opened = msgspec.json.decode(app.app.state.phones.open(kept["contact_sealed"], kept["id"]))
    assert opened == {name: PERSON[name] for name in ("first_name", "last_name", "email", "phone")}


@pytest.mark.parametrize("sent", [{}, {"api_key": ""}, {"api_key": "xyz"}, {"api_key": "x" * 200}])
async def test_without_a_good_key_it_is_403(client: httpx.AsyncClient, key: Key, sent: dict[str, str]) -> None:
    await key()

    answer = await post(client, **HERE, **sent)

    assert answer.status_code == 403
    assert answer.json() == [{"code": 403, "description": "Thiếu api_key, hoặc api_key không còn hiệu lực"}]


async def test_a_key_is_good_for_its_jurisdictions_only(client: httpx.AsyncClient, key: Key) -> None:
    answer = await post(client, api_key=await key(jurisdictions=["91"]), **HERE)

    assert answer.status_code == 403


async def test_a_key_has_its_own_limit(client: httpx.AsyncClient, key: Key) -> None:
    secret = await key(a_minute=2)

    answers = [await post(client, api_key=secret, **HERE) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) <= 61
    assert answers[2].json()[0]["code"] == 429
    assert (await post(client, api_key=await key(), **HERE)).status_code == 200


REFUSED = [
    ({"service_code": ""}, 400, "service_code"),
    ({"service_code": "nothing"}, 404, "service_code"),
    ({"service_code": "khieu_nai"}, 404, "service_code"),
    ({"jurisdiction_id": "sfgov.org"}, 404, "jurisdiction_id"),
    ({"address_id": ""}, 400, "lat và long"),
    ({"lat": "10.5"}, 400, "long: "),
    ({"lat": "91", "long": "106"}, 400, "lat: "),
    ({"lat": "nan", "long": "106"}, 400, "lat: "),
    ({"lat": "١٠", "long": "106"}, 400, "lat: "),
    ({"lat": "48.8584", "long": "2.2945"}, 400, ""),
    ({"address_id": "99999"}, 400, "address_id: "),
    ({"address_id": "1"}, 400, "address_id: "),
    ({"attribute[loai]": "nothing"}, 400, "attribute[loai]: "),
    ({"attribute[unasked]": "x"}, 400, "attribute[unasked]: "),
    ({"attribute[loai][]": ["dien", "nuoc"]}, 400, "attribute[loai]: "),
    ({"description": "x" * 4_001}, 400, "description: "),
    ({"description": "Đèn hư <script>alert(1)</script>"}, 400, "description: "),
    ({"description": "a\x00b"}, 400, "description: "),
    ({"description": "a\u202eb"}, 400, "description: "),
    ({"first_name": "Tèo\nTý"}, 400, "first_name: "),
    ({"email": "nobody"}, 400, "email: "),
    ({"media_url": "http://photos.example.vn/1.jpg"}, 400, "media_url: "),
    ({"nothing": "x"}, 400, "nothing: "),
    ({"lat": ["10.5401", "10.5402"], "long": "106.4105"}, 400, "lat: "),
]


@pytest.mark.parametrize(("changes", "status", "named"), REFUSED)
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection, changes: dict[str, Any], status: int, named: str
) -> None:
    answer = await post(client, **{"api_key": await key(), **HERE, **changes})

    assert answer.status_code == status, answer.text
    assert {error["code"] for error in answer.json()} == {status}
    assert named in answer.json()[0]["description"]
    assert await conn.fetchval("select count(*) from open311_reports.submissions") == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"api_key=%ff", "application/x-www-form-urlencoded"),
        (b"api_key=%ed%a0%80", "application/x-www-form-urlencoded"),
        (b"\xff=1", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(200)), "application/x-www-form-urlencoded"),
        (b"attribute[%00]=1", "application/x-www-form-urlencoded"),
        (b"attribute[" + b"a" * 100 + b"]=1", "application/x-www-form-urlencoded"),
        (b"api_key=x", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"{}", "application/json"),
        (b"<request/>", "text/xml"),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"description=" + b"x" * 200_000, "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_of_another_form_is_400_or_403_in_the_form_of_the_specification(
    client: httpx.AsyncClient, body: bytes, kind: str
) -> None:
    answer = await client.post("/open311/v2/requests.xml", content=body, headers={"Content-Type": kind})

    assert answer.status_code in (400, 403)
    assert of_xml(answer.content)[0]["code"] == str(answer.status_code)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(
    st.sampled_from(["service_code", "lat", "long", "address_string", "address_id", "email", "phone", "description",
                     "media_url", "attribute[loai]", "attribute[loai][]", "jurisdiction_id", "x"]),
    st.text(max_size=40), max_size=6,
))  # fmt: skip
async def test_whatever_is_posted_is_answered(client: httpx.AsyncClient, key: Key, fields: dict[str, str]) -> None:
    sent = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}

    answer = await post(client, "xml", **{"api_key": await key(), **HERE, **sent})

    assert answer.status_code in (200, 400, 404), answer.text
    assert of_xml(answer.content)


async def test_the_same_again_is_the_same_report_for_a_while(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection, clock: TestClock
) -> None:
    secret = await key()

    first = await post(client, api_key=secret, **HERE)
    again = await post(client, "json", **{**HERE, "api_key": secret})
    other = await post(client, api_key=secret, **{**HERE, "description": "Đèn khác"})
    strangers = await post(client, api_key=await key(), **HERE)
    clock.shift(timedelta(minutes=16))
    later = await post(client, api_key=secret, **HERE)

    assert first.json() == again.json()
    codes = {answer.json()[0]["service_request_id"] for answer in (first, other, strangers, later)}
    assert len(codes) == 4
    assert await conn.fetchval("select count(*) from feedback.reports where origin = 'open311'") == 4


async def test_of_many_alike_at_once_one_makes_a_report(real: Real, clock: TestClock) -> None:
    administrator = await real.account("administrator")
    async with real.pool.acquire() as connection:
        secret = await give_key(connection, administrator, clock())

    answers = await asyncio.gather(*(post(real.client, api_key=secret, **HERE) for _ in range(12)))

    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    assert len({answer.json()[0]["service_request_id"] for answer in answers}) == 1
    assert await real.pool.fetchval("select count(*) from feedback.reports where origin = 'open311'") == 1


async def test_a_place_in_words_is_a_ward_where_that_is_clear_and_none_where_it_is_not(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection
) -> None:
    secret = await key()
    found = {}
    for address in ("12 Ấp 2, Phường Long An, Tỉnh Tây Ninh", "Chỗ cây đa đầu làng", "Đường làng, Tỉnh Tây Ninh"):
        answer = await post(client, api_key=secret, service_code="ha_tang", address_string=address)
        row = await report(conn, answer.json()[0]["service_request_id"])
        found[address] = row["ward_code"]
        assert row["description"].startswith("Sự cố hạ tầng")

    assert list(found.values()) == [WARD, None, None]


async def test_what_may_be_a_denunciation_waits_under_a_token(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection
) -> None:
    secret = await key()
    for changes in ({"service_code": "thai_do"}, {"description": "Tôi muốn tố cáo ông trưởng ấp"}):
        answer = await post(client, api_key=secret, **{**HERE, **changes})

        (made,) = answer.json()
        assert list(made) == ["token", "service_notice", "account_id"]
        told = await client.get(f"/open311/v2/tokens/{made['token']}.json")
        assert told.json() == [{"service_request_id": None, "token": made["token"]}]
        again = await post(client, api_key=secret, **{**HERE, **changes})
        assert again.json() == answer.json()
    assert await conn.fetchval("select count(*) from feedback.reports where origin = 'open311'") == 0


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://photos.example.vn/2002/2212426634.jpg", True), ("https://a.b.vn:443/x?y=z#w", True),
        ("http://a.vn/x", False), ("https://127.0.0.1/x", False), ("https://169.254.169.254/latest", False),
        ("https://[::1]/x", False), ("https://localhost/x", False), ("https://a.local/x", False),
        ("https://2130706433/x", False), ("https://0x7f.1/x", False), ("https://u:p@a.vn/x", False),
        ("https://a.vn:8080/x", False), ("https://a.vn@b.vn", False), ("https://a.vn\\@b.vn/", False),
        ("javascript:alert(1)", False), ("https://", False), ("https://ví.vn/x", False), ("//a.vn/x", False),
        ("https://a.vn/<script>", False), ("https://a.vn/x y", False), ("https://metadata.internal/x", False),
    ],
)  # fmt: skip
def test_a_foreign_address_leads_to_a_public_name_or_is_refused(url: str, is_good: bool) -> None:
    assert is_foreign_address(url) == is_good


async def test_who_reported_is_forgotten_when_it_is_over(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection, app: Edge, clock: TestClock
) -> None:
    secret = await key()
    codes = []
    for number in range(3):
        answer = await post(client, api_key=secret, **HERE, **PERSON | {"phone": f"090123456{number}"})
        codes.append(answer.json()[0]["service_request_id"])
    await conn.execute(
        "update feedback.reports set status = 'da_dong', closed_at = $2 where code = $1", codes[0], clock()
    )
    state = app.app.state
    context = Context(
        pool=state.pool, valkey=state.valkey, http=None, settings=state.settings, keys=state["keys"],  # type: ignore[arg-type]
        phones=state.phones, clock=clock,
    )  # fmt: skip

    left = []
    for days in (0, 31, 340):
        clock.shift(timedelta(days=days))
        await tasks.forget_open311_contacts(context)
        left.append(
            await conn.fetchval("select count(*) from open311_reports.submissions where contact_sealed is not null")
        )

    assert left == [3, 2, 0]
    assert await conn.fetchval("select count(*) from open311_reports.recent") == 0
