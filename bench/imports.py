"""What it costs to take in a file of postings: read and kept by the API, made into drafts by the worker.

A sheet of 20,000 rows, as many as a file may have, in the words of our sample: every row with its place in words, pay,
benefits and skills. Read, kept, and worked through in batches over one connection; then the same file again, which must
make nothing; then a document of 1,000 JobPosting nodes.
"""

import argparse
import asyncio
import csv
import io
import json
import os
import random
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from bench import machine
from longan.devkit import embedded
from longan.floor.database import db
from longan.floor.formats import sheets
from longan.migrations import schema
from longan.reference import load as reference
from longan.rooms.job_exchange import domain, tasks

LEAST_PER_SECOND = 2_000.0
NODES = 1_000

EMPLOYER = """
with account as (
    insert into identity.accounts (phone_index, phone_cipher) select uuid_send(uuidv7()), '' returning id),
employer as (
    insert into employers.employers (tax_code_index, tax_code, name, ward_version, ward_code, status, verified_at)
    select uuid_send(uuidv7()), '1100000000', 'Công ty TNHH May Bông Súng', u.version, u.code, 'verified', now()
      from places.units u where u.version = places.version_on(now()) and u.level = 'commune' limit 1
    returning id)
insert into members.members (employer_id, account_id, role)
select employer.id, account.id, 'owner' from account, employer
returning employer_id, account_id"""

WARDS = """select u.name || ', ' || p.name from places.units u
  join places.units p on p.version = u.version and p.code = u.province_code
 where u.version = places.version_on(now()) and u.level = 'commune' and u.province_code = '80'"""

WORK = ("Công nhân may", "Thợ hàn", "Bốc xếp", "Tạp vụ", "Phụ kho", "Nhân viên QC", "Công nhân đóng gói", "Lái xe nâng")
BENEFITS = ("Cơm ca", "Xe đưa rước", "Chỗ ở", "BHXH", "BHYT", "Đồng phục", "Lương tháng 13")


def main(arguments: Sequence[str]) -> int:
    """0 when LEAST_PER_SECOND is reached."""
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=sheets.MOST_ROWS, help="rows of the sheet (20000)")
    given = parser.parse_args(arguments)
    with embedded.temporary() as services:
        return asyncio.run(_measured(services.database_url, given.rows))


async def _measured(database_url: str, rows: int) -> int:
    await schema.migrate(database_url)
    connection = await asyncpg.connect(database_url)
    await reference.load(connection, lambda label, done, total: None)
    await connection.execute("analyze")
    employer, member = await connection.fetchrow(EMPLOYER)
    places = [row[0] for row in await connection.fetch(WARDS)]
    await connection.close()
    body = _sheet(rows, places)
    async with db.create_pool(database_url, 2, "bench") as pool:
        rate = await _taken(pool, employer, member, body, "text/csv", "sheet")
        await _taken(pool, employer, member, body, "text/csv", "again")
        await _taken(pool, employer, member, _nodes(places), "application/ld+json", "JSON-LD")
    print(f"memory    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")
    print(f"wanted    at least {LEAST_PER_SECOND:,.0f} rows a second of the sheet, from its bytes to its drafts")
    return 0 if rate >= LEAST_PER_SECOND else 1


async def _taken(pool: asyncpg.Pool, employer: UUID, member: UUID, body: bytes, kind: str, name: str) -> float:
    """One file, from its bytes to its drafts; rows a second."""
    async with pool.acquire() as held:
        (server,) = [row[0] for row in await held.fetch("select pg_backend_pid()")]
    before = [machine.processor_seconds(each) for each in (os.getpid(), server)]
    began = time.perf_counter()
    upload = domain.read(body, kind)
    read = time.perf_counter()
    async with pool.acquire() as held, held.transaction():
        tx: Any = held
        made = await domain.begin(tx, member, employer, upload, publish=False, now=datetime.now(UTC))
    kept = time.perf_counter()
    wards: tasks.Wards = {}
    while await tasks.step(pool, made.id, "80", datetime.now(UTC), wards):
        pass
    ended = time.perf_counter()
    after = [machine.processor_seconds(each) for each in (os.getpid(), server)]
    async with pool.acquire() as held:
        over = await domain.shown(held, made.id, member)  # type: ignore[arg-type]
    total, rate = over.total, over.total / (ended - began)
    ours, servers = [(now - was) / total * 1e6 for was, now in zip(before, after, strict=True)]
    print(
        f"{name:9} {rate:,.0f} rows a second: {total:,} rows, {len(body) / 1e6:.1f} MB, read in"
        f" {(read - began) * 1e3:.0f} ms, kept in {(kept - read) * 1e3:.0f} ms, worked through in"
        f" {ended - kept:.1f} s; {ours:.0f} µs of processor a row in Python and {servers:.0f} in PostgreSQL;"
        f" {over.made:,} made, {over.same:,} the same, {over.refused:,} refused"
    )
    return rate


def _sheet(rows: int, places: Sequence[str]) -> bytes:
    chance = random.Random(1)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((
        "Mã tin", "Tiêu đề", "Mô tả", "Số lượng", "Hạn nộp", "Nơi làm việc", "Lương từ", "Lương đến", "Lương cơ bản",
        "Phụ cấp", "Loại hợp đồng", "Ca", "Giờ mỗi tuần", "Phúc lợi", "Trình độ", "Kỹ năng",
    ))  # fmt: skip
    for number in range(rows):
        base = chance.randrange(60, 90) * 100_000
        writer.writerow((
            f"T-{number}", f"{chance.choice(WORK)} {number}",
            "- Làm việc tại xưởng, có người hướng dẫn.\n- Tăng ca theo quy định, nghỉ Chủ nhật.\n" * 2,
            chance.randrange(1, 100), "31/12/2090", chance.choice(places), f"{base:,}", f"{base * 2:,}", base,
            f"{chance.randrange(1, 20) * 100_000:,}", "Xác định thời hạn", chance.choice(("Ca ngày", "Ba ca")), 48,
            " | ".join(chance.sample(BENEFITS, 3)), "THPT", "may, vắt sổ",
        ))  # fmt: skip
    return out.getvalue().encode()


def _nodes(places: Sequence[str]) -> bytes:
    chance = random.Random(2)
    return json.dumps([
        {
            "@context": "https://schema.org", "@type": "JobPosting", "identifier": f"N-{number}",
            "title": f"{chance.choice(WORK)} {number}",
            "description": "<ul><li>May chuyền</li><li>Có xe</li></ul>" * 10,
            "validThrough": "2090-12-31", "totalJobOpenings": 20, "industry": "May mặc", "url": "https://example.vn/1",
            "jobLocation": {"@type": "Place", "address": {"@type": "PostalAddress",
                            "addressLocality": chance.choice(places)}},
            "baseSalary": {"@type": "MonetaryAmount", "currency": "VND",
                           "value": {"@type": "QuantitativeValue", "minValue": 8000000, "unitText": "MONTH"}},
        }
        for number in range(NODES)
    ], ensure_ascii=False).encode()  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
