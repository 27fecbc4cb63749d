"""Which devices an account trusts, and who may say so (SECURITY A13, M2, levels)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.access.enrolment import MOST_KEYS, WAIT
from longan.floor.access.entrance import Entering, SignInDevice
from longan.rooms.device_keys.tasks import prune_device_keys
from tests.conftest import TestClock, new_account
from tests.devices import Device

CODE, PASSKEY = ["otp", "sms"], ["hwk", "user"]
PATH = "/v1/me/device-keys"


class Phone:
    """A device in somebody's hand: signs in, and calls with the token it got."""

    def __init__(self, client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, clock: TestClock) -> None:
        self.key = Device.of(app)
        self._client, self._app, self._conn, self._clock = client, app, conn, clock
        self.token = ""

    async def signs_in(self, account: UUID, *, amr: list[str] = CODE, new: bool = False) -> int:
        """By whatever proved it; the level that was reached."""
        entering = Entering(
            account_id=account, audience="app", amr=amr, device=SignInDevice("Điện thoại", "android"),
            key_thumbprint=self.key.thumbprint, new_account=new,
        )  # fmt: skip
        signed_in = await self._app.app.state.entrance.open(self._conn, entering, self._clock())
        self.token = signed_in.access_token
        session = self._app.app.state.tokens.read(self.token, self._clock()).session_id
        return await self._conn.fetchval("select acr from sessions.sessions where id = $1", session)  # type: ignore[no-any-return]

    async def calls(self, method: str, path: str) -> httpx.Response:
        return await self._client.request(method, path, headers=self.key.headers(method, path, self.token))

    async def enrols(self, other: "Phone") -> httpx.Response:
        return await self.calls("PUT", f"{PATH}/{other.key.thumbprint}")

    async def removes(self, other: "Phone") -> httpx.Response:
        return await self.calls("DELETE", f"{PATH}/{other.key.thumbprint}")

    async def sees(self) -> dict[str, dict[str, Any]]:
        answer = await self.calls("GET", PATH)
        assert answer.status_code == 200, answer.text
        return {item["thumbprint"]: item for item in answer.json()["items"]}


@pytest.fixture
def phone(client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, clock: TestClock) -> Callable[[], Phone]:
    return lambda: Phone(client, app, conn, clock)


@pytest.fixture
async def account(conn: asyncpg.Connection, app: Edge) -> UUID:
    return await new_account(conn, app)


@pytest.fixture
async def first(phone: Callable[[], Phone], account: UUID) -> Phone:
    """The device with which the account was opened."""
    made = phone()
    await made.signs_in(account, new=True)
    return made


Confirm = Callable[[UUID], Awaitable[None]]


@pytest.fixture
def confirm(conn: asyncpg.Connection, clock: TestClock) -> Confirm:
    """Somebody has confirmed who the owner of the account is."""

    async def make(account: UUID) -> None:
        columns = await conn.fetch(
            """select column_name, data_type from information_schema.columns
                where table_schema = 'assurance' and table_name = 'identities' and is_nullable = 'NO'
                  and column_default is null and column_name not in ('account_id', 'confirmed_at')"""
        )
        fillers: dict[str, Any] = {
            "text": "x", "bytea": b"x", "uuid": uuid4(), "timestamp with time zone": clock(), "date": clock().date(),
            "integer": 1, "smallint": 1, "boolean": False,
        }  # fmt: skip
        names = ["account_id", "confirmed_at", *(column["column_name"] for column in columns)]
        values = [account, clock(), *(fillers[column["data_type"]] for column in columns)]
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        await conn.execute(f"insert into assurance.identities ({', '.join(names)}) values ({places})", *values)

    return make


async def notices(conn: asyncpg.Connection) -> list[str]:
    rows = await conn.fetch("select payload from pgqueuer where entrypoint = 'security_notice' order by id")
    return [msgspec.json.decode(row["payload"])["what"] for row in rows]


async def test_the_device_that_opens_an_account_is_trusted(phone: Callable[[], Phone], account: UUID) -> None:
    own = phone()

    assert await own.signs_in(account, new=True) == 1
    assert await own.signs_in(account) == 1
    assert (await own.sees())[own.key.thumbprint] | {"first_seen_at": "", "last_seen_at": "", "enrolled_at": ""} == {
        "thumbprint": own.key.thumbprint, "standing": "enrolled", "device_name": "Điện thoại", "platform": "android",
        "first_seen_at": "", "last_seen_at": "", "enrolled_at": "", "waits_until": None, "this_device": True,
    }  # fmt: skip


async def test_a_code_on_another_device_says_no_more_than_a_code(
    phone: Callable[[], Phone], account: UUID, first: Phone
) -> None:
    other = phone()

    assert await other.signs_in(account) == 0
    assert (await first.sees())[other.key.thumbprint]["standing"] == "waiting"


async def test_an_account_that_was_opened_without_a_key_trusts_no_device_by_itself(
    phone: Callable[[], Phone], account: UUID
) -> None:
    assert await phone().signs_in(account) == 0


async def test_a_trusted_device_speaks_for_another(
    phone: Callable[[], Phone], account: UUID, first: Phone, conn: asyncpg.Connection
) -> None:
    other = phone()
    await other.signs_in(account)

    answer = await first.enrols(other)

    assert (answer.status_code, answer.json()["standing"]) == (200, "enrolled")
    assert await other.signs_in(account) == 1
    assert (await notices(conn)).count("device_key_enrolled") == 1


async def test_saying_it_twice_changes_nothing(
    phone: Callable[[], Phone], account: UUID, first: Phone, conn: asyncpg.Connection
) -> None:
    other = phone()
    await other.signs_in(account)

    answers = [await first.enrols(other) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert (await notices(conn)).count("device_key_enrolled") == 1


async def test_a_device_that_waits_speaks_for_nobody(
    phone: Callable[[], Phone], account: UUID, first: Phone, clock: TestClock
) -> None:
    one, other = phone(), phone()
    await one.signs_in(account)
    await other.signs_in(account)

    for answer in (await one.enrols(one), await one.enrols(other), await one.removes(first)):
        assert (answer.status_code, answer.json()["code"]) == (401, "insufficient_user_authentication")
        assert answer.json()["acr_values"] == "1"


async def test_who_is_sure_enough_but_on_no_trusted_device_speaks_for_nobody(
    client: httpx.AsyncClient, bearer: Any, phone: Callable[[], Phone], account: UUID
) -> None:
    other = phone()
    await other.signs_in(account)
    held = await bearer(account, acr=2)

    answer = await client.put(f"{PATH}/{other.key.thumbprint}", headers=held)

    assert (answer.status_code, answer.json()["code"]) == (403, "device_not_enrolled")


async def test_speaking_for_another_takes_a_fresh_sign_in(
    phone: Callable[[], Phone], account: UUID, first: Phone, app: Edge, conn: asyncpg.Connection, clock: TestClock
) -> None:
    other = phone()
    await other.signs_in(account)
    await conn.execute("update sessions.sessions set signed_in_at = signed_in_at - interval '6 minutes'")

    stale = await first.enrols(other)
    await first.signs_in(account)
    fresh = await first.enrols(other)

    assert (stale.status_code, stale.json()["max_age"]) == (401, 300)
    assert fresh.status_code == 200


async def test_a_passkey_on_a_device_makes_it_trusted(
    phone: Callable[[], Phone], account: UUID, first: Phone, confirm: Confirm
) -> None:
    await confirm(account)
    other = phone()

    assert await other.signs_in(account, amr=PASSKEY) == 2
    assert await other.signs_in(account) == 1


@pytest.mark.parametrize(("waited", "acr"), [(WAIT - timedelta(seconds=1), 0), (WAIT, 1)])
async def test_a_device_that_has_waited_is_trusted(
    phone: Callable[[], Phone], account: UUID, first: Phone, clock: TestClock, conn: asyncpg.Connection,
    waited: timedelta, acr: int,
) -> None:  # fmt: skip
    other = phone()
    await other.signs_in(account)
    clock.shift(waited)

    assert await other.signs_in(account) == acr
    assert (await notices(conn)).count("device_key_enrolled") == acr


async def test_a_code_on_a_new_device_never_opens_a_confirmed_account(
    phone: Callable[[], Phone], account: UUID, first: Phone, confirm: Confirm, clock: TestClock
) -> None:
    """Numbers are given to others: A13."""
    await confirm(account)
    other = phone()
    levels = [await other.signs_in(account)]
    clock.shift(WAIT + timedelta(days=30))
    levels.append(await other.signs_in(account))

    assert levels == [0, 0]
    assert (await other.sees())[other.key.thumbprint]["waits_until"] is None


async def test_a_removed_device_is_signed_out_and_no_code_brings_it_back(
    phone: Callable[[], Phone], account: UUID, first: Phone, clock: TestClock, conn: asyncpg.Connection
) -> None:
    other = phone()
    await other.signs_in(account)
    await first.enrols(other)
    await other.signs_in(account)

    removed = await first.removes(other)
    signed_out = await other.calls("GET", "/v1/me")
    clock.shift(2 * WAIT)
    back = await other.signs_in(account)

    assert removed.status_code == 204
    assert signed_out.status_code == 401
    assert back == 0
    await first.signs_in(account)
    assert list(await first.sees()) == [first.key.thumbprint]
    assert (await first.enrols(other)).status_code == 404
    assert (await first.removes(other)).status_code == 404
    assert (await notices(conn)).count("device_key_removed") == 1


async def test_a_passkey_brings_a_removed_device_back(phone: Callable[[], Phone], account: UUID, first: Phone) -> None:
    other = phone()
    await other.signs_in(account)
    await first.removes(other)

    assert await other.signs_in(account, amr=PASSKEY) == 1
    assert await other.signs_in(account) == 1


async def test_removing_ones_own_device_signs_it_out(first: Phone) -> None:
    assert (await first.removes(first)).status_code == 204
    assert (await first.calls("GET", PATH)).status_code == 401


async def test_nobody_touches_the_devices_of_others(
    phone: Callable[[], Phone], app: Edge, conn: asyncpg.Connection, first: Phone
) -> None:
    stranger = phone()
    await stranger.signs_in(await new_account(conn, app), new=True)

    assert list(await stranger.sees()) == [stranger.key.thumbprint]
    assert (await stranger.enrols(first)).status_code == 404
    assert (await stranger.removes(first)).status_code == 404
    assert (await first.sees())[first.key.thumbprint]["standing"] == "enrolled"


async def test_one_device_of_two_people_is_trusted_by_the_one_who_said_so(
    phone: Callable[[], Phone], account: UUID, app: Edge, conn: asyncpg.Connection
) -> None:
    shared = phone()
    await shared.signs_in(account, new=True)

    assert await shared.signs_in(await new_account(conn, app)) == 0


async def test_new_keys_without_end_push_out_no_trusted_device(
    phone: Callable[[], Phone], account: UUID, first: Phone, clock: TestClock
) -> None:
    for _ in range(MOST_KEYS + 3):
        clock.shift(timedelta(seconds=1))
        await phone().signs_in(account)
    await first.signs_in(account)

    seen = await first.sees()

    assert len(seen) == MOST_KEYS + 1
    assert seen[first.key.thumbprint]["standing"] == "enrolled"


@pytest.mark.parametrize("thumbprint", ["x", "x" * 44, "x" * 42 + "~", "x" * 42 + "."])
async def test_what_is_no_thumbprint_is_refused(first: Phone, thumbprint: str) -> None:
    for method in ("PUT", "DELETE"):
        assert (await first.calls(method, f"{PATH}/{thumbprint}")).status_code == 400


async def test_keys_that_nobody_trusts_are_forgotten_after_half_a_year(
    phone: Callable[[], Phone], account: UUID, first: Phone, clock: TestClock, conn: asyncpg.Connection, app: Edge
) -> None:
    await phone().signs_in(account)
    clock.shift(timedelta(days=181))

    class Context:
        pool = app.app.state.pool

        @staticmethod
        def clock() -> Any:
            return clock()

    await prune_device_keys(Context)  # type: ignore[arg-type]

    left = await conn.fetch("select thumbprint from device_keys.keys where account_id = $1", account)
    assert [row["thumbprint"] for row in left] == [first.key.thumbprint]
