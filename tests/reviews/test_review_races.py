"""Officials who come at once: one gets the case, one decision counts, one account gets a number."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

from tests.assurance.conftest import particulars, patiently
from tests.reviews.test_reviewing import DECIDED, REFUSED, post


async def test_of_many_officials_one_gets_the_case_and_of_many_decisions_one_counts(real: Any) -> None:
    async def make_official() -> dict[str, str]:
        made: dict[str, str] = await real.bearer(await real.account("official"), audience="official", acr=3)
        return made

    account = await real.account()
    headers = await real.bearer(account)
    case = (await real.client.post("/v1/me/identity", json=particulars(), headers=headers)).json()["id"]
    officials = [await make_official() for _ in range(10)]

    claims = await asyncio.gather(*(patiently(partial(post, real.client, case, "claim", each)) for each in officials))
    winner = officials[[answer.status_code for answer in claims].index(200)]
    decisions = await asyncio.gather(
        *(
            patiently(partial(post, real.client, case, "decision", winner, **(DECIDED if n % 2 else REFUSED)))
            for n in range(20)
        )
    )

    assert sorted(answer.status_code for answer in claims) == [200] + [409] * 9
    assert {answer.status_code for answer in decisions} == {204, 409}
    told = await real.pool.fetchval("select count(*) from pgqueuer where entrypoint = 'security_notice'")
    state = await real.pool.fetchval("select state from assurance.cases where id = $1", UUID(case))
    confirmed = await real.pool.fetchval("select count(*) from assurance.identities where account_id = $1", account)
    assert (told, confirmed) == (1, int(state == "confirmed"))


async def test_one_number_in_many_cases_is_confirmed_once(real: Any) -> None:
    headers = await real.bearer(await real.account("official"), audience="official", acr=3)
    cases = []
    for _ in range(8):
        answer = await real.client.post("/v1/me/identity", json=particulars(), headers=await real.bearer())
        cases.append(answer.json()["id"])
        await post(real.client, cases[-1], "claim", headers)

    answers = await asyncio.gather(
        *(patiently(partial(post, real.client, case, "decision", headers, **DECIDED)) for case in cases)
    )

    assert sorted(answer.status_code for answer in answers) == [204] + [409] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"number_taken"}
