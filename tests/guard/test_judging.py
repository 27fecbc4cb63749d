"""The guard judges a posting in the database: what it keeps, what it knows again, what holds."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from longan.api.edge import Edge
from longan.floor.guard import guard, guard_upkeep
from longan.floor.guard.guard import Judgement
from longan.floor.guard.guard_rules import book
from longan.floor.pay_and_days.wages import day_of
from tests.jobs.hiring import LONG_AN

TEXT = (
    "May chuyền áo thun xuất khẩu tại khu công nghiệp, có xe đưa rước từ Bến Lức và Tân An, cơm trưa hai món một canh, "
    "nghỉ chủ nhật, thưởng chuyên cần hằng tháng, tháng lương mười ba trước tết, được học thêm máy hai kim và vắt sổ."
)


@pytest.fixture
def phones(app: Edge) -> Any:
    return app.app.state.phones


async def posting(conn: asyncpg.Connection, employer: int, now: datetime, **said: object) -> UUID:
    """A draft of the so-many-th employer of the sample."""
    values = {"title": "Công nhân may", "description": "May áo", "skills": [], "occupation_code": None,
              "pay_min": 9_000_000, "effective_month": 9_000_000, **said}  # fmt: skip
    made: UUID = await conn.fetchval(
        f"""insert into jobs.postings (employer_id, search_text, title_marked, ward_version, ward_code, province_code,
                                      openings, expires_at, {", ".join(values)})
            select (select id from employers.employers where status = 'verified' order by id offset $1 limit 1), '', '',
                   u.version, u.code, u.province_code, 1, $2, {", ".join(f"${n + 4}" for n in range(len(values)))}
              from places.units u where u.version = places.version_on($2) and u.code = $3
            returning id""",
        employer, now + timedelta(days=30), LONG_AN, *values.values(),
    )  # fmt: skip
    return made


async def judged(conn: asyncpg.Connection, now: datetime, phones: Any, employer: int = 0, **said: object) -> Judgement:
    return await guard.judge(conn, await posting(conn, employer, now, **said), now, phones)


def rules(judgement: Judgement) -> list[str]:
    return [found.rule for found in judgement.findings]


async def test_a_clean_posting_is_not_held_and_that_is_on_record(conn: Any, now: datetime, phones: Any) -> None:
    made = await posting(conn, 0, now, description=TEXT)

    judgement = await guard.judge(conn, made, now, phones)

    assert judgement == Judgement(0, False, [])
    assert await conn.fetchval("select score from moderation.judgements where posting_id = $1", made) == 0
    assert not await conn.fetchval("select exists (select from moderation.cases where posting_id = $1)", made)


async def test_what_is_held_has_its_case_its_findings_and_a_word_to_the_employer(
    conn: Any, now: datetime, phones: Any
) -> None:
    made = await posting(conn, 0, now, description="May áo.\nĐặt cọc 500k, nghỉ trả lại", skills=["giữ CCCD gốc"])

    judgement = await guard.judge(conn, made, now, phones)

    assert (judgement.score, judgement.held) == (120, True)
    rows = await conn.fetch(
        "select rule, field, quote from moderation.findings where posting_id = $1 order by place", made
    )
    assert [tuple(row) for row in rows] == [
        ("deposit", "description", "Đặt cọc 500k, nghỉ trả lại"), ("holding_papers", "skills", "giữ CCCD gốc"),
    ]  # fmt: skip
    assert await conn.fetchval("select kind from moderation.cases where posting_id = $1", made) == "held"
    assert await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'job_held'") == 1


async def test_judged_again_the_findings_are_those_of_the_last_time(conn: Any, now: datetime, phones: Any) -> None:
    made = await posting(conn, 0, now, description="Đặt cọc 500k. Phí hồ sơ 100k")
    await guard.judge(conn, made, now, phones)
    await conn.execute("update jobs.postings set description = 'Phí hồ sơ 100k' where id = $1", made)

    await guard.judge(conn, made, now, phones)
    again = await guard.judge(conn, made, now, phones)

    assert rules(again) == ["recruitment_fee"]
    assert await conn.fetchval("select count(*) from moderation.findings where posting_id = $1", made) == 1
    assert await conn.fetchval("select count(*) from moderation.cases where posting_id = $1", made) == 1


async def test_what_was_mended_before_it_was_read_waits_no_more(conn: Any, now: datetime, phones: Any) -> None:
    made = await posting(conn, 0, now, description="Đặt cọc 500k")
    await guard.judge(conn, made, now, phones)
    await conn.execute("update jobs.postings set description = 'May áo' where id = $1", made)

    assert not (await guard.judge(conn, made, now, phones)).held
    assert await conn.fetchval("select closed_at from moderation.cases where posting_id = $1", made) == now


async def test_what_waits_in_review_goes_on_waiting_and_keeps_its_place(conn: Any, now: datetime, phones: Any) -> None:
    made = await posting(conn, 0, now, description="Đặt cọc 500k")
    await guard.judge(conn, made, now, phones)
    await conn.execute("update jobs.postings set status = 'in_review', published_at = $2 where id = $1", made, now)

    await guard.judge(conn, made, now + timedelta(hours=1), phones)
    await conn.execute("update jobs.postings set description = 'May áo' where id = $1", made)
    await guard.judge(conn, made, now + timedelta(hours=2), phones)

    row = await conn.fetchrow("select opened_at, closed_at from moderation.cases where posting_id = $1", made)
    assert tuple(row) == (now, None)


@pytest.mark.parametrize("spelt", ["0912 345 678", "+84912345678", "0912.345.678", "O912345678", "84 912-345-678"])
async def test_a_phone_of_another_employer_is_known_again_however_it_is_spelt(
    conn: Any, now: datetime, phones: Any, spelt: str
) -> None:
    await judged(conn, now, phones, 0, description="Gọi 0912345678 gặp chị Hoa")

    judgement = await judged(conn, now + timedelta(days=1), phones, 1, description=f"Gọi {spelt} gặp anh Nam")

    assert [(found.rule, found.quote) for found in judgement.findings] == [("shared_phone", spelt)]
    assert not judgement.held


async def test_who_had_a_phone_first_is_not_asked_about_it(conn: Any, now: datetime, phones: Any) -> None:
    first = await posting(conn, 0, now, description="Gọi 0912345678")
    await guard.judge(conn, first, now, phones)
    await judged(conn, now + timedelta(days=1), phones, 1, description="Gọi 0912345678")

    assert rules(await guard.judge(conn, first, now + timedelta(days=2), phones)) == []


async def test_a_phone_of_ones_own_or_of_long_ago_says_nothing(conn: Any, now: datetime, phones: Any) -> None:
    await judged(conn, now, phones, 0, description="Gọi 0912345678")

    own = await judged(conn, now + timedelta(days=1), phones, 0, description="Gọi 0912345678")
    late = await judged(conn, now + timedelta(days=92), phones, 1, description="Gọi 0912345678")

    assert rules(own) == rules(late) == []


async def test_no_phone_stands_in_the_database_nor_leads_to_an_account(conn: Any, now: datetime, phones: Any) -> None:
    await judged(conn, now, phones, 0, description="Gọi 0912345678")

    kept = await conn.fetchval("select phone_index from moderation.phones")

    assert len(kept) == 32
    assert kept != phones.index("+84912345678")


async def test_a_text_of_another_employer_is_known_again_with_the_words_that_were_copied(
    conn: Any, now: datetime, phones: Any
) -> None:
    await judged(conn, now, phones, 0, description=TEXT)

    disguised = "Công ty cần gấp.\n" + TEXT.upper().replace("ÁO THUN", "ÁO THUN")
    judgement = await judged(conn, now + timedelta(days=1), phones, 1, description=disguised)

    assert rules(judgement) == ["copied_text"]
    assert judgement.held
    assert judgement.findings[0].quote in disguised  # type: ignore[operator]


async def test_whose_text_it_was_first_may_change_it(conn: Any, now: datetime, phones: Any) -> None:
    first = await posting(conn, 0, now, description=TEXT)
    await guard.judge(conn, first, now, phones)
    await judged(conn, now + timedelta(days=1), phones, 1, description=TEXT)

    assert rules(await guard.judge(conn, first, now + timedelta(days=2), phones)) == []


async def test_a_few_common_words_are_no_copy(conn: Any, now: datetime, phones: Any) -> None:
    await judged(conn, now, phones, 0, description=TEXT)
    share = " ".join(TEXT.split()[:15])

    judgement = await judged(
        conn, now, phones, 1,
        description=share + " rồi làm hàng gia công theo mẫu của khách, ăn lương theo sản phẩm, tuần trả một lần, ai ở "
        "xa có phòng trọ gần xưởng, đi làm mang theo đồ cá nhân, quản lý hiền, chỉ việc tận tình cho người mới vào",
    )  # fmt: skip

    assert rules(judgement) == []


async def test_pay_far_above_that_of_the_occupation_is_named(conn: Any, now: datetime, phones: Any) -> None:
    day = day_of(now)
    await conn.execute("delete from moderation.pay_levels")
    await conn.executemany(
        "insert into moderation.pay_levels values ($1, $2, $3, $4, $5, $6)",
        [("", day, 900, 7_000_000, 10_000_000, 20_000_000), ("7", day, 50, 8_000_000, 9_000_000, 10_000_000),
         ("75", day, 3, 20_000_000, 30_000_000, 40_000_000)],
    )  # fmt: skip
    code = await conn.fetchval("select code from reference.occupations where code like '75%' order by 1 desc limit 1")

    high = await judged(conn, now, phones, occupation_code=code, effective_month=40_000_000)
    usual = await judged(conn, now, phones, occupation_code=code, effective_month=14_000_000)
    unnamed = await judged(conn, now, phones, occupation_code=None, effective_month=40_000_000)
    unsaid = await judged(conn, now, phones, occupation_code=code, effective_month=None)
    before = await judged(conn, now - timedelta(days=2), phones, occupation_code=code, effective_month=40_000_000)

    assert [rules(each) for each in (high, usual, unnamed, unsaid, before)] == [["pay_too_high"], [], [], [], []]
    assert high.findings[0].quote is None
    assert not high.held
    assert (await judged(conn, now, phones, effective_month=90_000_000, title="Việc nhẹ lương cao")).held


async def test_what_postings_pay_is_measured_once_a_day_at_every_level(conn: Any, now: datetime) -> None:
    await conn.execute("delete from moderation.pay_levels")
    await conn.execute("update jobs.postings set effective_month = pay_min where pay_currency = 'VND'")
    day = day_of(now)

    await guard_upkeep.measure(conn, day)
    first = await conn.fetch("select * from moderation.pay_levels order by 1")
    await conn.execute("update jobs.postings set effective_month = 2 * effective_month")
    await guard_upkeep.measure(conn, day)

    assert await conn.fetch("select * from moderation.pay_levels order by 1") == first
    whole = await conn.fetchrow(
        """select count(*), percentile_disc(0.5) within group (order by effective_month) / 2
             from jobs.postings where status = 'open' and effective_month is not null"""
    )
    assert [(row["postings"], row["median"]) for row in first if row["occupation_code"] == ""] == [tuple(whole)]


async def test_traces_are_forgotten(conn: Any, now: datetime, phones: Any) -> None:
    await judged(conn, now, phones, 0, description=TEXT + " Gọi 0912345678")

    await guard_upkeep.forget(conn, now + timedelta(seconds=1), day_of(now))

    assert await conn.fetchval("select count(*) from moderation.phones") == 0
    assert await conn.fetchval("select count(*) from moderation.passages") == 0


async def test_what_an_official_accepted_does_not_hold_again_and_what_is_new_does(
    conn: Any, now: datetime, phones: Any
) -> None:
    made = await posting(conn, 0, now, description="Đặt cọc 500k")
    await guard.judge(conn, made, now, phones)
    await conn.execute(
        """insert into moderation.accepted
           select posting_id, rule, known_as, $2 from moderation.findings where posting_id = $1""",
        made, now,
    )  # fmt: skip

    async def again(text: str) -> Judgement:
        await conn.execute("update jobs.postings set description = $2 where id = $1", made, text)
        return await guard.judge(conn, made, now, phones)

    assert not (await again("Đặt cọc 500k. Có cơm trưa")).held
    assert not (await again("ĐẶT CỌC 500K")).held
    assert (await again("Đặt cọc 900k")).held
    assert (await again("Đặt cọc 500k. Nộp thêm 200k giữ chỗ")).held


async def test_none_of_the_sample_is_held(conn: Any, now: datetime, phones: Any) -> None:
    sample = await conn.fetch("select id from jobs.postings where status = 'open' order by id limit 300")

    held = [row["id"] for row in sample if (await guard.judge(conn, row["id"], now, phones)).held]

    assert held == []
    assert book().limits_on(day_of(now)).hold == 50
