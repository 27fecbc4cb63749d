"""Who am I here, and what may I change of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.devkit.sample.personas import PERSONAS
from longan.floor.database.db import Connection
from longan.floor.search.search import fold
from longan.rooms.people import domain

Bearer = Callable[..., Awaitable[dict[str, str]]]

BY_PHONE = {persona.phone: persona for persona in PERSONAS}
WORKER, OWNER, OFFICIAL = (BY_PHONE[f"+849000000{number}"] for number in ("01", "11", "21"))
WARD = "27694"


@pytest.fixture
async def mine(client: httpx.AsyncClient, bearer: Bearer) -> dict[str, str]:
    """Headers of a new account, with the entity tag of what it has seen of itself."""
    headers = await bearer()
    return {**headers, "If-Match": (await client.get("/v1/me", headers=headers)).headers["ETag"]}


async def test_a_persona_sees_everything_of_themself_in_one_answer(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await client.get("/v1/me", headers=await bearer(WORKER.account_id))

    assert me.status_code == 200
    assert me.headers["Cache-Control"] == "private, no-cache"
    assert me.json() == {
        "id": str(WORKER.account_id),
        "phone": WORKER.phone,
        "full_name": WORKER.full_name,
        "birth_year": WORKER.birth_year,
        "locale": "vi",
        "ward_code": WORKER.ward_code,
        "occupation_code": None,
        "skills": [],
        "experience_months": None,
        "education": None,
        "shifts": [],
        "wanted_month_pay": None,
        "assurance_level": 0,
        "roles": [{"role": "worker", "employer_id": None, "agency_code": None}],
        "version": 1,
    }


async def test_an_owner_sees_the_employer_they_own(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    employer = await conn.fetchval("select id from employers.employers where tax_code = $1", OWNER.owns_tax_code)

    me = await client.get("/v1/me", headers=await bearer(OWNER.account_id))

    assert me.json()["roles"] == [{"role": "owner", "employer_id": str(employer), "agency_code": None}]


async def test_whoever_offers_a_room_is_a_landlord(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    worker = await bearer(WORKER.account_id)
    before = (await client.get("/v1/me", headers=worker)).json()["roles"]
    await conn.execute(
        "update housing.listings set owner_id = $1 where id = (select id from housing.listings limit 1)",
        WORKER.account_id,
    )

    after = (await client.get("/v1/me", headers=worker)).json()["roles"]

    assert [role["role"] for role in before] == ["worker"]
    assert [role["role"] for role in after] == ["worker", "landlord"]


async def test_a_role_whose_time_is_over_is_no_longer_shown(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    await conn.execute(
        "update identity.roles set ends_at = now() where account_id = $1 and role = 'official'", OFFICIAL.account_id
    )

    me = await client.get("/v1/me", headers=await bearer(OFFICIAL.account_id, audience="official", acr=3))

    assert me.json()["roles"] == []


async def test_an_official_sees_their_agency_and_the_level_of_the_session(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    me = await client.get("/v1/me", headers=await bearer(OFFICIAL.account_id, audience="official", acr=3))

    assert me.json()["roles"] == [{"role": "official", "employer_id": None, "agency_code": OFFICIAL.agency_code}]
    assert me.json()["assurance_level"] == 3


async def test_without_a_token_there_is_nobody_to_show(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/v1/me"), await client.patch("/v1/me", json={}, headers={"If-Match": '"v0"'})):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_once_the_session_is_known_it_costs_one_round_trip(
    client: httpx.AsyncClient, mine: dict[str, str], conn: Connection
) -> None:
    before = conn.round_trips

    await client.get("/v1/me", headers=mine)

    assert conn.round_trips == before + 1


async def test_the_first_words_of_oneself_make_the_profile(client: httpx.AsyncClient, mine: dict[str, str]) -> None:
    before = await client.get("/v1/me", headers=mine)
    told = {"full_name": "  Nguyễn Thị   Lan ", "birth_year": 1990, "locale": "en", "ward_code": WARD}

    changed = await client.patch("/v1/me", json=told, headers=mine)

    assert before.json()["version"] == 0
    assert before.json()["full_name"] is None
    assert changed.status_code == 200
    assert changed.json() == before.json() | told | {"full_name": "Nguyễn Thị Lan", "version": 1}
    assert (await client.get("/v1/me", headers=mine)).json() == changed.json()


async def test_what_is_not_named_stays_and_what_is_cleared_becomes_unknown(
    client: httpx.AsyncClient, mine: dict[str, str]
) -> None:
    told = {"full_name": "Nguyễn Thị Lan", "birth_year": 1990, "ward_code": WARD}
    first = await client.patch("/v1/me", json=told, headers=mine)
    change = {"birth_year": 1991, "clear": ["full_name", "ward_code"]}

    changed = await client.patch("/v1/me", json=change, headers=mine | {"If-Match": first.headers["ETag"]})

    assert changed.json() == first.json() | {"birth_year": 1991, "full_name": None, "ward_code": None, "version": 2}


async def test_a_change_of_what_was_changed_since_is_stale(client: httpx.AsyncClient, mine: dict[str, str]) -> None:
    await client.patch("/v1/me", json={"birth_year": 1990}, headers=mine)

    again = await client.patch("/v1/me", json={"birth_year": 1991}, headers=mine)
    whatever = await client.patch("/v1/me", json={"birth_year": 1992}, headers=mine | {"If-Match": "*"})
    blindly = await client.patch("/v1/me", json={"birth_year": 1993}, headers={"Authorization": mine["Authorization"]})

    assert (again.status_code, again.json()["code"]) == (412, "stale")
    assert whatever.json()["birth_year"] == 1992
    assert (blindly.status_code, blindly.json()["code"]) == (428, "if_match_required")


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"full_name": " "}, 400, "bad_form", "/full_name"),
        ({"full_name": "Lan\n"}, 400, "bad_form", "/full_name"),
        ({"full_name": "L" * 201}, 400, "too_long", "/full_name"),
        ({"full_name": None}, 400, "wrong_type", "/full_name"),
        ({"birth_year": 1899}, 400, "too_small", "/birth_year"),
        ({"birth_year": 2099}, 400, "too_large", "/birth_year"),
        ({"birth_year": "1990"}, 400, "wrong_type", "/birth_year"),
        ({"locale": "fr"}, 400, "not_one_of", "/locale"),
        ({"ward_code": "2769"}, 400, "bad_form", "/ward_code"),
        ({"clear": ["phone"]}, 400, "not_one_of", "/clear/0"),
        ({"clear": ["birth_year"], "birth_year": 1990}, 400, "one_of_them", "/clear"),
        ({"occupation_code": "81531x"}, 400, "too_long", "/occupation_code"),
        ({"skills": ["may"] * 21}, 400, "too_long", "/skills"),
        ({"skills": ["m" * 61]}, 400, "too_long", "/skills/0"),
        ({"skills": [" "]}, 400, "bad_form", "/skills/0"),
        ({"skills": None}, 400, "wrong_type", "/skills"),
        ({"experience_months": 601}, 400, "too_large", "/experience_months"),
        ({"education": "doctor"}, 400, "not_one_of", "/education"),
        ({"shifts": ["noon"]}, 400, "not_one_of", "/shifts/0"),
        ({"wanted_month_pay": 0}, 400, "too_small", "/wanted_month_pay"),
        ({"wanted_month_pay": 9_000_000.5}, 400, "wrong_type", "/wanted_month_pay"),
        ({"clear": ["skills"]}, 400, "not_one_of", "/clear/0"),
        ({"clear": ["education"], "education": "college"}, 400, "one_of_them", "/clear"),
        ({"occupation_code": "99999"}, 422, "not_found", "/occupation_code"),
        ({"phone": "+84901234567"}, 400, "unknown", "/phone"),
        ({"roles": []}, 400, "unknown", "/roles"),
        ({"assurance_level": 3}, 400, "unknown", "/assurance_level"),
        ({"version": 7}, 400, "unknown", "/version"),
    ],
)
async def test_what_cannot_be_said_of_oneself_names_the_field(
    client: httpx.AsyncClient, mine: dict[str, str], change: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    refused = await client.patch("/v1/me", json=change, headers=mine)

    assert refused.status_code == status
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(pointer, code)]
    assert (await client.get("/v1/me", headers=mine)).json()["version"] == 0


async def test_a_ward_that_is_no_ward_now_is_a_named_refusal(client: httpx.AsyncClient, mine: dict[str, str]) -> None:
    refused = await client.patch("/v1/me", json={"ward_code": "00000"}, headers=mine)

    assert (refused.status_code, refused.json()["code"]) == (422, "ward_unknown")


WORK = {
    "occupation_code": "81", "skills": ["may 2 kim", "Vắt  sổ", "vat so"], "experience_months": 24,
    "education": "lower_secondary", "shifts": ["two_shifts", "day", "two_shifts"], "wanted_month_pay": 9_000_000,
}  # fmt: skip


async def test_what_one_looks_for_as_work_is_said_changed_and_cleared_field_by_field(
    client: httpx.AsyncClient, mine: dict[str, str]
) -> None:
    first = await client.patch("/v1/me", json=WORK, headers=mine)
    shown = WORK | {"skills": ["may 2 kim", "Vắt sổ"], "shifts": ["two_shifts", "day"]}
    assert (first.status_code, {name: first.json()[name] for name in WORK}) == (200, shown)

    kept = await client.patch("/v1/me", json={"birth_year": 1990}, headers=mine | {"If-Match": first.headers["ETag"]})
    assert {name: kept.json()[name] for name in WORK} == shown
    clear = {
        "clear": ["occupation_code", "experience_months", "education", "wanted_month_pay"], "skills": [], "shifts": [],
    }  # fmt: skip
    gone = await client.patch("/v1/me", json=clear, headers=mine | {"If-Match": kept.headers["ETag"]})

    assert {name: gone.json()[name] for name in WORK} == dict.fromkeys(WORK) | {"skills": [], "shifts": []}
    assert gone.json()["birth_year"] == 1990
    assert (await client.get("/v1/me", headers=mine)).json() == gone.json()


@given(skills=st.lists(st.sampled_from(["may", "Máy", "MAY ", "máy  may", "hàn", "Han", "C++", "!!", "đứng máy"])))
def test_of_skills_that_sound_alike_the_first_stays_in_the_order_they_were_said(skills: list[str]) -> None:
    kept = domain._skills(skills) or []

    assert domain._skills(kept) == kept
    assert [fold(skill) for skill in kept] == list(dict.fromkeys(folded for each in skills if (folded := fold(each))))
    assert set(kept) <= {" ".join(skill.split()) for skill in skills}


async def test_the_entity_tag_is_that_of_everything_shown(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    headers = await bearer(WORKER.account_id)
    first = await client.get("/v1/me", headers=headers)
    held = headers | {"If-None-Match": first.headers["ETag"]}
    unchanged = await client.get("/v1/me", headers=held)
    await conn.execute(
        """insert into members.members (employer_id, account_id, role)
           select id, $1, 'recruiter' from employers.employers limit 1""",
        WORKER.account_id,
    )

    hired = await client.get("/v1/me", headers=held)
    changed = await client.patch("/v1/me", json={"locale": "en"}, headers=headers | {"If-Match": first.headers["ETag"]})

    assert unchanged.status_code == 304
    assert hired.status_code == 200
    assert [role["role"] for role in hired.json()["roles"]] == ["worker", "recruiter"]
    assert changed.status_code == 200  # the profile itself was not changed in between


async def test_of_many_first_changes_at_once_one_is_kept(real: Any) -> None:
    headers = await real.bearer()
    tag = (await real.client.get("/v1/me", headers=headers)).headers["ETag"]

    answers = await asyncio.gather(
        *(
            real.client.patch("/v1/me", json={"birth_year": 1980 + year}, headers=headers | {"If-Match": tag})
            for year in range(8)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 7]


async def test_a_phone_sealed_for_another_account_opens_for_nobody(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    headers = await bearer(OWNER.account_id)
    await conn.execute(
        """update identity.accounts a set phone_cipher = other.phone_cipher
             from identity.accounts other where other.id = $1 and a.id = $2""",
        WORKER.account_id, OWNER.account_id,
    )  # fmt: skip

    answer = await client.get("/v1/me", headers=headers)

    assert WORKER.phone not in answer.text
    assert "phone" not in answer.json()
