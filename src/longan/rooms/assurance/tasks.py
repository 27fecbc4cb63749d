"""What the worker does for the room: asks the identity provider, and takes what a federated sign-in said."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import msgspec
from cryptography.exceptions import InvalidTag

from longan.floor.accounts import identity_cases
from longan.floor.accounts.citizen_card import Unreadable, agree, number_of
from longan.floor.accounts.identity_cases import AnotherPerson, NumberTaken
from longan.floor.accounts.personal import Particulars
from longan.floor.database.tasks import Context, Task
from longan.floor.setup.crypto import PersonKeys, Sealed
from longan.rooms.assurance import domain, store
from longan.rooms.assurance.domain import VIETNAM
from longan.rooms.assurance.outside import CheckFailed, HttpIdentityCheck, IdentityCheck

FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=60)

log = logging.getLogger("longan.assurance")


class Claims(msgspec.Struct, frozen=True):
    """What a provider of federated sign-in says of somebody, as `federation` keeps it."""

    personal_number: str
    full_name: str
    birth_date: date


async def check_identity(context: Context, *, case_id: UUID) -> None:
    """Ask the provider about a case that nobody has looked at yet, if the person has consented to that
    (`identity_confirmation`). Only that the holder took part confirms: that the data are in a register says nothing of
    who typed them. Anything else is for the official.

    Raises `CheckFailed` so that the queue tries again; whether the provider failed or is left alone for a while. All
    the while the case waits in the officials' queue, so a provider that is away delays nobody.
    """
    if not context.settings.identity_check_url:
        return
    case = await store.waiting(context.pool, case_id, context.clock())
    who = None if case is None else identity_cases.opened(PersonKeys(context.keys), case)
    if who is None:
        return
    if await store.open_until(context.pool, context.clock()) is not None:
        raise CheckFailed("the provider is left alone")
    told = context.settings
    provider: IdentityCheck = HttpIdentityCheck(context.http, told.identity_check_url, told.identity_check_key)
    try:
        said = await provider.check(case_id, who)
    except CheckFailed:
        await store.failed(context.pool, FAILURES_TO_OPEN, context.clock() + OPEN_FOR)
        raise
    await store.mended(context.pool)
    if said == "holder_confirmed":
        await _confirm(context, case_id)
    else:
        await store.said(context.pool, case_id, said)


@asynccontextmanager
async def _transaction(context: Context) -> AsyncGenerator[asyncpg.Connection, None]:
    async with context.pool.acquire() as connection, connection.transaction():
        yield connection  # type: ignore[misc]  # the pool's proxy, a connection in all but its class


async def _confirm(context: Context, case: UUID) -> None:
    try:
        async with _transaction(context) as tx:
            await store.said(tx, case, "holder_confirmed")
            await identity_cases.confirm(tx, case, "provider", context.clock())
    except (NumberTaken, AnotherPerson):
        await store.said(context.pool, case, "number_taken")


async def confirm_from_claims(context: Context, *, account_id: UUID, claims_id: UUID) -> None:
    """Confirm an account from what a provider said at a federated sign-in. Claims that contradict themselves confirm
    nobody; a number that another account has is left to an official."""
    sealed = await store.claims(context.pool, claims_id, account_id)
    if sealed is None:
        return
    now = context.clock()
    try:
        said = msgspec.json.decode(Sealed(context.keys, "number").open(sealed, claims_id), type=Claims)
        number = number_of(said.personal_number)
        agree(number, said.birth_date, number.sex, now.astimezone(VIETNAM).date())
    except (Unreadable, InvalidTag, msgspec.DecodeError):
        log.warning("the claims of a provider contradict themselves", extra={"claims": str(claims_id)})
        return
    who = Particulars(said.personal_number, said.full_name, said.birth_date, number.sex, None)
    keys = PersonKeys(context.keys)
    try:
        async with _transaction(context) as tx:
            if (case := await domain.take_claims(tx, keys, account_id, who, now)) is not None:
                await identity_cases.confirm(tx, case, "federation", now)
    except NumberTaken:
        async with _transaction(context) as tx:
            if (case := await domain.take_claims(tx, keys, account_id, who, now)) is not None:
                await store.said(tx, case, "number_taken")


TASKS: dict[str, Task] = {"check_identity": check_identity, "confirm_from_claims": confirm_from_claims}
