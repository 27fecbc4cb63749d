"""The states of a recovery, walked at random beside a model of them: no step is skipped, none goes back."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan import accounts
from longan.api.edge import Edge
from longan.crypto import Sealed
from longan.recovery import domain, store
from longan.tokens import Principal
from tests.identity.conftest import asked_by
from tests.recovery.conftest import NUMBER

OLD, NEW = "+84912000000", ["+84381000001", "+84381000002", "+84381000003"]
OPEN = {"opened", "waiting", "review", "approved", "blind"}
WAIT, LAPSE = timedelta(hours=72), timedelta(days=14)

STEPS = st.one_of(
    st.tuples(st.just("open"), st.integers(0, 2)),
    st.tuples(st.sampled_from(["resolve", "cancel", "approve", "refuse"]), st.integers(0, 5)),
    st.tuples(st.just("pass"), st.sampled_from([1, 71, 72, 14 * 24])),
    st.tuples(st.just("finish"), st.just(0)),
)


class Model:
    """What must become of the recoveries of one account."""

    def __init__(self, *, confirmed: bool) -> None:
        self.confirmed, self.phone = confirmed, OLD
        self.cases: list[dict[str, Any]] = []

    def of(self, number: int) -> dict[str, Any]:
        return self.cases[number % len(self.cases)]

    def open(self, number: int, now: datetime) -> None:
        for case in self.cases:
            if case["new"] == NEW[number] and case["state"] in OPEN:
                case["state"] = "replaced"
        self.cases.append({"new": NEW[number], "state": "opened", "opened": now, "known": False})

    def resolve(self, case: dict[str, Any]) -> None:
        if case["state"] == "opened":
            case["known"] = self.phone == OLD
            case["state"] = ("review" if self.confirmed else "waiting") if case["known"] else "blind"

    def finish(self, now: datetime) -> None:
        for case in sorted(self.cases, key=lambda case: case["opened"]):
            if now - case["opened"] < WAIT:
                continue
            others = [each for each in self.cases if each is not case and each["known"] and each["state"] in OPEN]
            match case["state"]:
                case "waiting" if others:
                    case["state"] = "review"
                case "review" if now - case["opened"] >= LAPSE:
                    case["state"] = "lapsed"
                case "waiting" | "approved" if self.phone == OLD:
                    case["state"], self.phone = "done", case["new"]
                    for other in others:
                        other["state"] = "refused"
                case "opened" | "blind" | "waiting" | "approved":
                    case["state"] = "refused"


class Walk:
    """The same steps, taken by the room itself."""

    def __init__(self, conn: asyncpg.Connection, phones: Sealed, account: UUID, official: Principal, now: datetime):
        self.conn, self.phones, self.account, self.official, self.now = conn, phones, account, official, now
        self.ids: list[UUID] = []

    async def open(self, number: int, index: bytes) -> None:
        case = await accounts.draw(self.conn)
        assert await store.open_case(
            self.conn, case, lost=self.phones.index(OLD), number=index, phone=self.phones.index(NEW[number]),
            cipher=self.phones.seal(NEW[number], case), locale="vi", now=self.now, due_at=self.now + WAIT,
        )  # fmt: skip
        self.ids.append(case)

    async def decide(self, case: UUID, decision: str) -> bool:
        body = domain.RecoveryDecisionIn(decision="approved" if decision == "approve" else "refused", reason="Đã gặp.")
        try:
            await domain.decide(self.conn, self.official, case, body, self.now)
        except (domain.IllegalTransition, domain.NotFound):
            return False
        return True

    async def finish(self) -> None:
        due = await self.conn.fetch(store.WAITING, self.now, self.now - LAPSE)
        for row in due:
            await domain.finish(self.conn, self.phones, row["id"], self.now)

    async def states(self) -> list[str]:
        rows = await self.conn.fetch("select id, state from recovery.cases")
        found = {row["id"]: row["state"] for row in rows}
        return [found[case] for case in self.ids]


async def walked(walk: Walk, model: Model, steps: list[tuple[str, int]], index: bytes) -> None:
    for what, number in steps:
        before = [case["state"] for case in model.cases]
        if what == "pass":
            walk.now += timedelta(hours=number)
        elif what == "finish":
            await walk.finish()
            model.finish(walk.now)
        elif what == "open":
            if model.phone == NEW[number]:
                continue
            walk.now += timedelta(seconds=1)
            await walk.open(number, index)
            model.open(number, walk.now)
        elif model.cases:
            case, made = model.of(number), walk.ids[number % len(walk.ids)]
            may = case["state"] in {"cancel": {"waiting", "review", "approved"}}.get(what, {"review"})
            if what == "resolve":
                await domain.resolve(walk.conn, made)
                model.resolve(case)
            elif what == "cancel":
                assert await store.cancel(walk.conn, made, walk.account, walk.now) is may
                case["state"] = "cancelled" if may else case["state"]
            else:
                assert await walk.decide(made, what) is may
                case["state"] = {"approve": "approved", "refuse": "refused"}[what] if may else case["state"]
        states = await walk.states()
        assert states == [case["state"] for case in model.cases], (what, number)
        final = [(was, now) for was, now in zip(before, states, strict=False) if was not in OPEN]
        assert all(was == now for was, now in final), "what is over stays over"
        phone = await walk.conn.fetchrow("select id, phone_cipher from identity.accounts where id = $1", walk.account)
        assert walk.phones.open(phone["phone_cipher"], phone["id"]) == model.phone
        assert states.count("done") == (model.phone != OLD)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(confirmed=st.booleans(), steps=st.lists(STEPS, min_size=4, max_size=16))
async def test_every_walk_through_the_states_is_that_of_the_model(
    app: Edge, conn: asyncpg.Connection, now: datetime, confirmed: bool, steps: list[tuple[str, int]]
) -> None:
    phones: Sealed = app.app.state.phones
    index = domain.PersonKeys(app.app.state["keys"]).index(NUMBER)
    transaction = conn.transaction()
    await transaction.start()
    try:
        account = await accounts.draw(conn)
        await accounts.open_account(conn, account, phones.index(OLD), phones.seal(OLD, account), now)
        if confirmed:
            await conn.execute(
                """insert into assurance.identities (account_id, confirmed_at, confirmed_by, number_index)
                   values ($1, $2, 'official', $3)""",
                account, now, index,
            )  # fmt: skip
        official = await conn.fetchval("select account_id from identity.roles where role = 'official' limit 1")
        me = Principal(official, official, "official", 3, now, roles=frozenset({"official"}))
        await walked(Walk(conn, phones, account, me, now), Model(confirmed=confirmed), steps, index)
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
            await domain.resolve(connection, case)

        cancelled, *_ = await asyncio.gather(
            wide.client.post(f"/v1/me/recoveries/{case}/cancel", headers=held), *(finish(case) for _ in range(5))
        )

        state = await wide.pool.fetchval("select state from recovery.cases where id = $1", case)
        index = await wide.pool.fetchval("select phone_index from identity.accounts where id = $1", account)
        assert (state, index == phones.index(new)) == (
            ("cancelled", False) if cancelled.status_code == 204 else ("done", True)
        )


async def test_fifty_officials_who_decide_at_once_decide_once(wide: Any, clock: Any) -> None:
    phones: Sealed = wide.app.app.state.phones
    account, official = await wide.account(), await wide.account(role="official")
    case = UUID(int=1)
    await wide.pool.execute(
        """insert into recovery.cases (id, account_id, lost_index, phone_index, phone_cipher, locale, state, opened_at,
                                       due_at)
           values ($1, $2, '', $3, $4, 'vi', 'review', $5, $5)""",
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
