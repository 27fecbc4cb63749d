"""The states of a recovery, walked at random: no step is skipped, none goes back, and all walks end."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.access.tokens import Principal
from longan.floor.accounts import accounts
from longan.floor.base.errors import IllegalTransition, NotFound
from longan.floor.setup.crypto import PersonKeys, Sealed
from longan.rooms.recovery import domain, store
from longan.rooms.recovery.domain import REVIEW_LAPSES, WAIT
from longan.rooms.recovery.models import RecoveryDecisionIn
from tests.identity.conftest import asked_by
from tests.recovery.conftest import NUMBER, Town

OLD, NEW = "+84912000000", ["+84381000001", "+84381000002", "+84381000003"]
CLOSED = {"done", "refused", "cancelled", "replaced", "lapsed"}
# What may become of a case by one step.
NEXT = {
    "opened": {"waiting", "review", "blind", "replaced", "refused"},
    "blind": {"refused", "replaced", "cancelled"},
    "waiting": {"review", "cancelled", "replaced", "done", "refused"},
    "review": {"approved", "refused", "cancelled", "replaced", "lapsed"},
    "approved": {"review", "cancelled", "replaced", "done", "refused"},
}

STEPS = st.one_of(
    st.tuples(st.just("open"), st.integers(0, 2)),
    st.tuples(st.sampled_from(["resolve", "cancel", "object", "approve", "refuse"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["use", "confirm", "passkey", "appoint"]), st.just(0)),
    st.tuples(st.just("pass"), st.sampled_from([1, 71, 72])),
    st.tuples(st.just("finish"), st.just(0)),
)


class Walk:
    """The recoveries of one account, and what its owner does meanwhile."""

    def __init__(self, town: Town, account: UUID, official: UUID, now: datetime) -> None:
        self.town, self.conn, self.account, self.now = town, town.conn, account, now
        self.phones: Sealed = town.app.app.state.phones
        self.index = PersonKeys(town.app.app.state["keys"]).index(NUMBER)
        self.official = Principal(official, official, "official", 3, now, roles=frozenset({"official"}))
        self.owner = Principal(account, account, "app", 2, now, roles=frozenset({"worker"}))
        self.weak = Principal(account, account, "app", 0, now, roles=frozenset({"worker"}))
        self.ids: list[UUID] = []
        self.gained: set[str] = set()
        self.reviewed: set[UUID] = set()

    async def take(self, what: str, number: int) -> None:
        self.now += timedelta(seconds=1)
        case = self.ids[number % len(self.ids)] if self.ids else UUID(int=0)
        try:
            match what:
                case "pass":
                    self.now += timedelta(hours=number)
                case "finish":
                    await self.finish()
                case "open":
                    await self.open(number)
                case "resolve":
                    await domain.resolve(self.conn, case, self.now)
                case "cancel" | "object":
                    me = self.owner if what == "cancel" else self.weak
                    await domain.cancel(self.conn, self.phones, me, case, self.now)
                case "approve" | "refuse":
                    said = RecoveryDecisionIn("approved" if what == "approve" else "refused", "Đã gặp.")
                    await domain.decide(self.conn, self.official, case, said, self.now)
                    self.reviewed |= {case}
                case _:
                    await self.gain(what)
        except (IllegalTransition, NotFound):
            pass

    async def open(self, number: int) -> None:
        case = await accounts.draw(self.conn)
        assert await store.open_case(
            self.conn, case, lost=self.phones.index(OLD), number=self.index, phone=self.phones.index(NEW[number]),
            cipher=self.phones.seal(NEW[number], case), locale="vi", now=self.now, due_at=self.now + WAIT,
        )  # fmt: skip
        self.ids.append(case)

    async def gain(self, what: str) -> None:
        if what in self.gained:
            return
        if what == "use":
            await self.conn.execute(
                """insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at,
                                                  idle_expires_at, expires_at)
                   values ($1, 'app', 0, '{otp}', $2, $2, $2, $2)""",
                self.account, self.now,
            )  # fmt: skip
            return
        if what == "confirm":
            await self.conn.execute(
                """insert into assurance.identities (account_id, confirmed_at, confirmed_by, number_index)
                   values ($1, $2, 'official', $3)""",
                self.account, self.now, self.index,
            )  # fmt: skip
        elif what == "passkey":
            await self.town.add_passkey(self.account)
        else:
            await self.town.appoint(self.account)
        self.gained.add(what)

    async def finish(self) -> None:
        for case in await self.conn.fetch(store.WAITING, self.now, self.now - REVIEW_LAPSES):
            await domain.finish(self.conn, self.phones, case["id"], self.now)

    async def states(self) -> dict[UUID, str]:
        return {row["id"]: row["state"] for row in await self.conn.fetch("select id, state from recovery.cases")}

    async def phone(self) -> str:
        return self.phones.open(
            await self.conn.fetchval("select phone_cipher from identity.accounts where id = $1", self.account),
            self.account,
        )

    async def used_since(self, case: UUID) -> bool:
        used: bool = await self.conn.fetchval(
            """select exists (select from sessions.sessions s where s.account_id = $1 and s.last_used_at > c.opened_at)
                 from recovery.cases c where c.id = $2""",
            self.account, case,
        )  # fmt: skip
        return used


async def walked(walk: Walk, steps: list[tuple[str, int]]) -> None:
    for what, number in steps:
        before = await walk.states()
        await walk.take(what, number)
        after = await walk.states()
        for case, state in before.items():
            assert after[case] == state or after[case] in NEXT.get(state, set()), (what, state, after[case])
            if after[case] == "done" != state:
                assert what == "finish"
                assert "appoint" not in walk.gained
                assert case in walk.reviewed or not (walk.gained or await walk.used_since(case))
        assert list(after.values()).count("done") == (await walk.phone() != OLD)


# However it goes, a finish after a wait settles what waits, and one after the lapse what nobody reviewed.
END = [("pass", 72), ("finish", 0), ("pass", 14 * 24), ("finish", 0)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=10))
async def test_every_walk_ends_and_opens_no_account_that_somebody_should_look_at_first(
    town: Town, now: datetime, steps: list[tuple[str, int]]
) -> None:
    phones: Sealed = town.app.app.state.phones
    transaction = town.conn.transaction()
    await transaction.start()
    try:
        account = await accounts.draw(town.conn)
        await accounts.open_account(town.conn, account, phones.index(OLD), phones.seal(OLD, account), now)
        official = await town.conn.fetchval("select account_id from identity.roles where role = 'official' limit 1")
        walk = Walk(town, account, official, now)
        await walked(walk, [("open", 0), ("resolve", 0), *steps, *END])
        assert set((await walk.states()).values()) <= CLOSED
    finally:
        await transaction.rollback()


async def test_a_cancel_and_the_end_of_the_wait_at_once_have_one_winner(wide: Any, clock: Any) -> None:
    phones: Sealed = wide.app.app.state.phones

    async def finish(case: UUID) -> None:
        async with wide.pool.acquire() as connection, connection.transaction():
            await domain.finish(connection, phones, case, clock() + WAIT)

    for number in range(8):
        account = await wide.account()
        held, lost, new = await wide.bearer(account), f"+8491200000{number}", f"+8438100000{number}"
        await wide.pool.execute(
            "update identity.accounts set phone_index = $2 where id = $1", account, phones.index(lost)
        )
        entry = await asked_by(wide, "/v1/auth/recovery", {"lost_phone": lost, "new_phone": new})
        case = UUID((await wide.client.post("/v1/auth/recovery/verify", json=entry)).json()["recovery_id"])
        async with wide.pool.acquire() as connection, connection.transaction():
            await domain.resolve(connection, case, clock())

        cancelled, *_ = await asyncio.gather(
            wide.client.post(f"/v1/me/recoveries/{case}/cancel", headers=held), *(finish(case) for _ in range(5))
        )

        state = await wide.pool.fetchval("select state from recovery.cases where id = $1", case)
        index = await wide.pool.fetchval("select phone_index from identity.accounts where id = $1", account)
        assert (state, index == phones.index(new)) == (
            ("cancelled", False) if cancelled.status_code == 200 else ("done", True)
        )


async def test_fifty_officials_who_decide_at_once_decide_once(wide: Any, clock: Any) -> None:
    phones: Sealed = wide.app.app.state.phones
    account, official = await wide.account(), await wide.account(role="official")
    case = UUID(int=1)
    await wide.pool.execute(
        """insert into recovery.cases (id, account_id, lost_index, phone_index, phone_cipher, locale, state, review_for,
                                       opened_at, due_at)
           values ($1, $2, '', $3, $4, 'vi', 'review', 'in_use', $5, $5)""",
        case, account, phones.index(NEW[0]), phones.seal(NEW[0], case), clock(),
    )  # fmt: skip
    held = await wide.bearer(official, audience="official", acr=3)

    answers = await asyncio.gather(*(
        wide.client.post(
            f"/v1/recoveries/{case}/decision", headers=held,
            json={"decision": "approved" if number % 2 else "refused", "reason": "Đã gặp."},
        )
        for number in range(50)
    ))  # fmt: skip

    seen = [answer.status_code for answer in answers]
    assert seen.count(204) == 1
    assert set(seen) <= {204, 409, 503}
