"""What owners do at the same moment."""

import asyncio
import random
from uuid import UUID, uuid4

import asyncpg
import pytest

from longan.rooms.members import domain
from tests.conftest import Real
from tests.jobs.hiring import OWNER, employer_of
from tests.members.conftest import member_id


async def owners(real: Real, number: int) -> tuple[UUID, list[UUID]]:
    """The employer of OWNER with so many more."""
    accounts = [await real.account() for _ in range(number)]
    async with real.pool.acquire() as connection:
        employer = await employer_of(connection, OWNER)
        await connection.execute(
            """insert into members.members (employer_id, account_id, role)
               select $1, a, 'owner' from unnest($2::uuid[]) a""",
            employer, accounts,
        )  # fmt: skip
    return employer, [OWNER, *accounts]


async def left(real: Real, employer: UUID) -> int:
    found: int = await real.pool.fetchval(
        "select count(*) from members.members where employer_id = $1 and role = 'owner'", employer
    )
    return found


async def test_all_owners_leave_at_once_and_one_stays(real: Real) -> None:
    employer, accounts = await owners(real, 7)
    headers = [await real.bearer(account) for account in accounts]

    answers = await asyncio.gather(
        *(real.client.post(f"/v1/employers/{employer}/leave", headers=each) for each in headers)
    )

    assert sorted(answer.status_code for answer in answers) == [204] * 7 + [409]
    assert await left(real, employer) == 1


async def test_owners_demote_and_remove_each_other_in_a_circle_and_one_stays(real: Real) -> None:
    employer, accounts = await owners(real, 5)
    async with real.pool.acquire() as connection:
        ids = [await member_id(connection, employer, account) for account in accounts]
    headers = [await real.bearer(account) for account in accounts]

    def attack(number: int) -> object:
        path = f"/v1/employers/{employer}/members/{ids[(number + 1) % len(ids)]}"
        if random.random() < 0.5:
            return real.client.delete(path, headers=headers[number])
        return real.client.put(f"{path}/role", json={"role": "recruiter"}, headers=headers[number])

    answers = await asyncio.gather(*(attack(number) for number in range(len(ids))))  # type: ignore[call-overload]

    assert {answer.status_code for answer in answers} <= {204, 403, 404, 409}
    assert await left(real, employer) >= 1


async def test_one_invitation_accepted_and_withdrawn_at_once_has_one_end(real: Real) -> None:
    employer, _ = await owners(real, 0)
    asked = await real.account()
    phones = real.app.app.state.phones
    phone = "+84987000112"
    await real.pool.execute(
        "update identity.accounts set phone_index = $2, phone_cipher = $3 where id = $1",
        asked, phones.index(phone), phones.seal(phone, asked),
    )  # fmt: skip
    made = await real.client.post(
        f"/v1/employers/{employer}/invitations", json={"phone": phone, "role": "owner"},
        headers=await real.bearer(OWNER),
    )  # fmt: skip
    path, mine = f"/v1/me/invitations/{made.json()['id']}", await real.bearer(asked)

    said = await asyncio.gather(
        *(real.client.post(f"{path}/accept", headers=mine) for _ in range(4)),
        *(real.client.post(f"{path}/decline", headers=mine) for _ in range(4)),
        real.client.delete(
            f"/v1/employers/{employer}/invitations/{made.json()['id']}", headers=await real.bearer(OWNER)
        ),
    )

    end = await real.pool.fetchval("select answer from members.invitations")
    is_member = await real.pool.fetchval(
        "select exists (select from members.members where account_id = $1 and employer_id = $2)", asked, employer
    )
    assert is_member == (end == "accepted")
    assert {answer.status_code for answer in said} <= {204, 404, 409}


async def test_ten_invitations_of_one_number_at_once_are_one(real: Real) -> None:
    employer, _ = await owners(real, 0)
    headers = [{**await real.bearer(OWNER), "Idempotency-Key": str(uuid4())} for _ in range(10)]

    said = await asyncio.gather(
        *(
            real.client.post(
                f"/v1/employers/{employer}/invitations", json={"phone": "+84987000111", "role": "owner"}, headers=each
            )
            for each in headers
        )
    )

    assert sorted(answer.status_code for answer in said) == [201] + [409] * 9


async def test_the_last_place_is_taken_once(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    employer, _ = await owners(real, 0)
    accounts = [await real.account() for _ in range(5)]
    async with real.pool.acquire() as connection:
        invitations = [await waiting(connection, employer, account) for account in accounts]
    monkeypatch.setattr(domain, "MOST_MEMBERS", 3)
    headers = [await real.bearer(account) for account in accounts]

    said = await asyncio.gather(
        *(
            real.client.post(f"/v1/me/invitations/{made}/accept", headers=each)
            for made, each in zip(invitations, headers, strict=True)
        )
    )

    assert sorted(answer.status_code for answer in said) == [204, 204, 422, 422, 422]


async def waiting(connection: asyncpg.Connection, employer: UUID, account: UUID) -> UUID:
    made: UUID = await connection.fetchval(
        """insert into members.invitations
               (id, employer_id, phone_index, phone_cipher, role, invited_by, created_at, expires_at)
           select uuidv7(), $1, a.phone_index, '', 'recruiter', $3, now(), now() + interval '1 day'
             from identity.accounts a where a.id = $2
           returning id""",
        employer, account, OWNER,
    )  # fmt: skip
    return made
