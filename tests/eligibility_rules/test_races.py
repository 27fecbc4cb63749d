"""Two texts are published at one moment: one of them holds."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from tests.conftest import Real

DRAFT = """insert into eligibility_rules.texts (text, note, drafted_by, drafted_at, preview)
           values ($1, 'x', $2, $3, '{"day": "2999-01-01", "against": null, "made_at": "2026-11-22T00:00:00Z",
                   "model_cases": 0, "shifts": [], "saved": null}') returning id"""
APPOINT = """insert into staff.grants (account_id, role, function, starts_at)
             values ($1, 'official', 'housing', $2)"""


async def test_of_two_texts_published_at_once_one_follows_what_held(real: Real) -> None:
    author, now = await real.account(role="official"), datetime.now(UTC)
    texts: list[UUID] = [await real.pool.fetchval(DRAFT, f"# {each}", author, now) for each in range(4)]
    officials = []
    for _ in texts:
        account = await real.account(role="official")
        await real.pool.execute(APPOINT, account, now)
        officials.append(await real.bearer(account, audience="official", acr=3))

    answers = await asyncio.gather(
        *(
            real.client.post(f"/v1/social-housing/rule-texts/{text}/publish", headers=who)
            for text, who in zip(texts, officials, strict=True)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"rules_moved_on"}
    assert await real.pool.fetchval("select count(*) from eligibility_rules.texts where published_at is not null") == 1
