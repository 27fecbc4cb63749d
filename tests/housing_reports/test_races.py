"""What many do to reports at the same moment."""

import asyncio
from collections import Counter
from uuid import UUID

import httpx

from tests.conftest import Real
from tests.jobs.hiring import insisted
from tests.viewings.test_races import opened

SAID = {"outcome": "confirmed", "answer": "Đúng."}


async def decided(real: Real, report: str, who: dict[str, str]) -> httpx.Response:
    for _ in range(50):
        answer = await real.client.post(f"/v1/housing-reports/{report}/decision", json=SAID, headers=who)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.1)
    return answer


async def reported(real: Real, housing: str, who: dict[str, str] | None = None) -> httpx.Response:
    headers = who or await real.bearer()
    for _ in range(50):
        answer = await real.client.put(f"/v1/housing/{housing}/report", json={"reason_code": "gone"}, headers=headers)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.1)
    return answer


async def official(real: Real) -> dict[str, str]:
    return await real.bearer(await real.account(role="official"), audience="official", acr=3)


async def test_three_confirmed_at_once_hide_a_listing_once(real: Real) -> None:
    housing = await opened(real, await real.bearer())
    reports = [(await reported(real, housing)).json()["id"] for _ in range(3)]
    officials = [await official(real) for _ in range(3)]

    answers = await asyncio.gather(*(decided(real, *each) for each in zip(reports, officials, strict=True)))

    assert sorted((answer.json()["confirmed"], answer.json()["housing_status"]) for answer in answers) == [
        (1, "open"), (2, "open"), (3, "hidden"),
    ]  # fmt: skip
    ways = await real.pool.fetch(
        "select to_status from housing.history where listing_id = $1 and to_status = 'hidden'", UUID(housing)
    )
    assert len(ways) == 1


async def test_one_report_decided_by_many_at_once_is_decided_once(real: Real) -> None:
    housing = await opened(real, await real.bearer())
    report = (await reported(real, housing)).json()["id"]

    answers = await asyncio.gather(*[decided(real, report, await official(real)) for _ in range(5)])

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 4}


async def test_one_account_reports_a_listing_once_however_often_at_once(real: Real) -> None:
    housing, worker = await opened(real, await real.bearer()), await real.bearer()

    answers = await asyncio.gather(*(reported(real, housing, worker) for _ in range(6)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_who_closes_as_the_last_report_is_confirmed_does_not_open_it_past_an_official(real: Real) -> None:
    owner = await real.bearer()
    housing = await opened(real, owner)
    reports = [(await reported(real, housing)).json()["id"] for _ in range(3)]
    for each in reports[:2]:
        await decided(real, each, await official(real))

    await asyncio.gather(
        decided(real, reports[2], await official(real)), insisted(real, f"/v1/housing/{housing}/close", owner)
    )
    await insisted(real, f"/v1/housing/{housing}/close", owner)
    again = await insisted(real, f"/v1/housing/{housing}/reopen", owner)

    assert (again.status_code, again.json()["status"]) == (200, "in_review")
