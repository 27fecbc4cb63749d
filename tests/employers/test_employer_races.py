"""Many who register the same employer at the same moment."""

import asyncio
from collections import Counter

from tests.conftest import Real


async def test_one_tax_code_registered_by_ten_at_once_has_one_owner(real: Real) -> None:
    body = {"tax_code": "0100112437", "name": "Công ty TNHH May Bông Súng", "ward_code": "27694"}
    headers = [await real.bearer() for _ in range(10)]

    answers = await asyncio.gather(*(real.client.post("/v1/employers", json=body, headers=each) for each in headers))

    said = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert said == {(201, None): 1, (409, "employer_exists"): 9}
    members = await real.pool.fetchval(
        "select count(*) from members.members m join employers.employers e on e.id = m.employer_id "
        "where e.tax_code = $1",
        body["tax_code"],
    )
    assert members == 1
