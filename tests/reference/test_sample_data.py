"""The sample: nobody real in it, nothing expired in it, and fresh whenever it is loaded."""

import gzip
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from longan.devkit.sample import load
from longan.devkit.sample.personas import PERSONAS
from longan.floor.accounts.desk import DEVELOPMENT
from longan.floor.pay_and_days.pay import PayIn, comparable
from longan.floor.postings import occupations

WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
CONTACT = re.compile(r"@|https?:|www\.|(?:\+84|\b0)(?:[ .-]?\d){9}\b")
NOW = datetime(2031, 3, 1, 5, tzinfo=UTC)


class Box:
    """Stands in for the sealing of phones and numbers."""

    def index(self, value: str) -> bytes:
        return b"index of " + value.encode()

    def seal(self, value: str, row: UUID) -> bytes:
        return row.bytes + value.encode()


def nothing(label: str, done: int, total: int) -> None:
    """Progress is not looked at here."""


def rows(name: str) -> list[dict[str, Any]]:
    content = gzip.decompress((files("longan.devkit.sample") / "data" / name).read_bytes())
    return [msgspec.json.decode(line) for line in content.splitlines()]


EMPLOYERS, POSTINGS, ROOMS = rows("employers.jsonl.gz"), rows("postings.jsonl.gz"), rows("rooms.jsonl.gz")


@pytest.fixture
async def empty(conn: asyncpg.Connection) -> asyncpg.Connection:
    """The reference data alone."""
    await conn.execute(
        """truncate identity.accounts, employers.employers, jobs.postings, housing.listings, people.profiles,
                    identity.roles, members.members, employers.verifications, applications.applications cascade"""
    )
    return conn


def test_there_is_enough_to_page_through() -> None:
    assert len(POSTINGS) >= 900
    assert len(ROOMS) >= 1_000


def test_an_employer_has_an_invented_code_with_a_right_check_digit() -> None:
    for code in (employer["tax_code"] for employer in EMPLOYERS):
        weighted = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, code, strict=False))
        assert re.fullmatch("99[0-9]{8}", code)
        assert int(code[9]) == 10 - weighted % 11, code


def test_names_and_codes_are_used_once() -> None:
    assert len({employer["name"] for employer in EMPLOYERS}) == len(EMPLOYERS)
    assert len({employer["tax_code"] for employer in EMPLOYERS}) == len(EMPLOYERS)


def test_no_text_is_dirty_or_names_a_way_to_reach_somebody() -> None:
    texts = [row[key] for row in (*POSTINGS, *ROOMS) for key in ("title", "description") if key in row]

    for text in texts:
        assert unicodedata.is_normalized("NFC", text)
        assert not any(unicodedata.category(letter).startswith("C") for letter in text), text
        assert not CONTACT.search(text), text


def test_pay_is_in_the_currency_it_is_worth() -> None:
    paid = [row for row in POSTINGS if row["pay_min"] or row["pay_max"]]

    assert {row["pay_currency"] for row in paid} == {"VND", "USD"}
    for row in paid:
        highest = max(row["pay_min"] or 0, row["pay_max"] or 0)
        monthly = row["pay_period"] == "month"
        assert highest < 100_000 if row["pay_currency"] == "USD" else highest >= 1_000_000 or not monthly, row["title"]


def test_a_posting_says_that_it_is_a_sample() -> None:
    assert all("tin mẫu" in row["description"] for row in POSTINGS)


def test_no_room_costs_what_only_a_misread_ad_costs() -> None:
    assert all(300_000 <= row["rent"] <= 480_000 * row["area_m2"] for row in ROOMS)


def test_a_worker_in_several_wards_finds_the_sewing_job() -> None:
    wards = {row["ward_code"] for row in POSTINGS if row["title"] == "Công nhân may"}

    assert len(wards) >= 4


async def test_the_newest_is_published_now_and_none_is_expired(empty: asyncpg.Connection) -> None:
    await load.load(empty, nothing, NOW, Box(), Box())

    count, newest, first_end = await empty.fetchrow(
        "select count(*), max(published_at), min(expires_at) from jobs.postings where status = 'open'"
    )
    assert (count, newest) == (len(POSTINGS), NOW)
    assert first_end > NOW + timedelta(days=2)


async def test_loading_again_within_a_day_changes_nothing(empty: asyncpg.Connection) -> None:
    await load.load(empty, nothing, NOW, Box(), Box())
    await empty.execute(
        "update people.profiles set full_name = 'Tên Mới' where account_id = $1", PERSONAS[0].account_id
    )
    before = await empty.fetch("select id, published_at, version from jobs.postings order by id")

    await load.load(empty, nothing, NOW + timedelta(hours=20), Box(), Box())

    assert await empty.fetch("select id, published_at, version from jobs.postings order by id") == before
    name = "select full_name from people.profiles where account_id = $1"
    assert await empty.fetchval(name, PERSONAS[0].account_id) == "Tên Mới"


async def test_loading_a_month_later_brings_the_dates_up(empty: asyncpg.Connection) -> None:
    later = NOW + timedelta(days=31)
    await load.load(empty, nothing, NOW, Box(), Box())
    await empty.execute("update jobs.postings set status = 'expired' where expires_at < $1", later)

    await load.load(empty, nothing, later, Box(), Box())

    opened, newest, first_end = await empty.fetchrow(
        "select count(*) filter (where status = 'open'), max(published_at), min(expires_at) from jobs.postings"
    )
    assert (opened, newest) == (len(POSTINGS), later)
    assert first_end > later
    assert await empty.fetchval("select max(published_at) > $1 from housing.listings", later - timedelta(days=1))


async def test_the_personas_are_who_the_documentation_says(empty: asyncpg.Connection) -> None:
    await load.load(empty, nothing, NOW, Box(), Box())

    found = await empty.fetch(
        """select a.id, r.role, r.agency_code, e.status,
                  (select count(*) from jobs.postings where employer_id = e.id and title = 'Công nhân may') as sewing
             from identity.accounts a
             left join identity.roles r on r.account_id = a.id
             left join members.members m on m.account_id = a.id
             left join employers.employers e on e.id = m.employer_id"""
    )
    by_phone = {persona.phone: row for persona in PERSONAS for row in found if row["id"] == persona.account_id}

    assert len(by_phone) == len(PERSONAS) == 16
    assert {persona.phone for persona in PERSONAS} == DEVELOPMENT.personas
    assert all(by_phone[f"+8490000000{number}"]["role"] == "worker" for number in range(1, 10))
    assert by_phone["+84900000011"]["status"] == "verified"
    assert by_phone["+84900000011"]["sewing"] == 1
    assert by_phone["+84900000012"]["status"] == "unverified"
    officials = [by_phone[f"+8490000002{number}"] for number in (1, 2, 3)]
    assert [row["role"] for row in officials] == ["official"] * 3
    assert len({row["agency_code"] for row in officials}) == 3
    assert by_phone["+84900000031"]["role"] == by_phone["+84900000032"]["role"] == "administrator"


async def test_who_signed_in_before_becomes_the_persona(empty: asyncpg.Connection) -> None:
    owner = next(persona for persona in PERSONAS if persona.owns_tax_code)
    account = await empty.fetchval(
        "insert into identity.accounts (phone_index, phone_cipher) values ($1, $2) returning id",
        Box().index(owner.phone), b"sealed",
    )  # fmt: skip

    await load.load(empty, nothing, NOW, Box(), Box())

    assert await empty.fetchval("select role from members.members where account_id = $1", account) == "owner"


async def test_nearly_every_posting_has_an_occupation_by_its_title(empty: asyncpg.Connection) -> None:
    await load.load(empty, nothing, NOW, Box(), Box())

    known, leading = await empty.fetchrow(
        """select count(occupation_code),
                  (select array_agg(distinct occupation_code) from jobs.postings where title = 'Công nhân may')
             from jobs.postings"""
    )

    # 1,216 of 1,224: what is left names no work ("Technical Trainee") or a word of its own ("Thợ chế tác nhẫn").
    assert known >= 0.99 * len(POSTINGS)
    assert leading == ["75"]


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Công nhân may", "75"), ("Nhân viên vận hành máy", "81"), ("TÀI XẾ XE ĐẦU KÉO", "83"),
        ("[KCN LONG HẬU] NHÂN VIÊN KHO", "43"), ("Bốc xếp hàng bao", "93"), ("Tạp vụ xưởng may", "91"),
        ("Chuyên viên Khách hàng Cá nhân - Phòng giao dịch Gò Dầu, CN. Tây Ninh", "33"), ("Kỹ Sư Điện", "21"),
        ("Trưởng Phòng Marketing", "17"), ("Kế Toán Nội Bộ (Sinh Viên Mới Tốt Nghiệp Được Đào Tạo)", "33"),
        ("Công nhân lắp ráp điện tử", "82"), ("Bảo vệ ca đêm", "54"), ("Phụ bếp nấu ăn công nhân", "94"),
        ("Thợ Cơ Khí Hàn TIG - Chế Tạo Máy Tự Động Hóa (Được Đào Tạo)", "72"), ("Technical Trainee", None),
    ],
)  # fmt: skip
def test_a_title_says_its_occupation_by_what_stands_in_front(title: str, code: str | None) -> None:
    assert occupations.of_title(title) == code


async def test_a_posting_has_what_its_text_says_and_nothing_else(empty: asyncpg.Connection) -> None:
    await load.load(empty, nothing, NOW, Box(), Box())

    counts = await empty.fetchrow(
        """select count(effective_month), count(effective_hour), count(park_code), count(shift), count(contract),
                  count(experience_months), count(*) filter (where benefits <> '{}'), count(pay_base),
                  bool_and(source = 'sample')
             from jobs.postings"""
    )
    presser = await empty.fetchrow("select shift from jobs.postings where title = 'Công nhân đứng máy ép nhựa'")
    sewing = await empty.fetch("select week_days, benefits from jobs.postings where title = 'Công nhân may'")

    assert tuple(counts) == (708, 708, 26, 16, 19, 276, 19, 0, True)
    assert presser["shift"] == "three_shifts"
    assert 6 in [row["week_days"] for row in sewing]
    assert ["meals", "bus"] in [row["benefits"] for row in sewing]


async def test_effective_pay_of_the_sample_is_what_the_rule_makes_of_it(empty: asyncpg.Connection) -> None:
    await load.load(empty, nothing, NOW, Box(), Box())

    for row in await empty.fetch(
        "select pay_min, pay_max, pay_currency, pay_period, week_days, effective_month, effective_hour"
        "  from jobs.postings"
    ):
        pay = PayIn(row["pay_min"], row["pay_max"], row["pay_currency"], row["pay_period"])
        worth = comparable(pay, None, row["week_days"])
        assert (row["effective_month"], row["effective_hour"]) == (worth.month, worth.hour)


async def test_a_named_park_lies_in_the_ward_of_its_posting(empty: asyncpg.Connection) -> None:
    await load.load(empty, nothing, NOW, Box(), Box())

    elsewhere = await empty.fetchval(
        """select count(*) from jobs.postings j join places.parks k on k.code = j.park_code
            where (k.ward_version, k.ward_code) <> (j.ward_version, j.ward_code)"""
    )

    assert elsewhere == 0
