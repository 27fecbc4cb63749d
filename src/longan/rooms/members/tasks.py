"""What the worker does for the room: tells who was invited, and whoever must know that somebody came or went."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from longan.floor.database import calls
from longan.floor.database.tasks import Context, Task, Timed, unhurried
from longan.floor.messages.notices import Invited, MembershipChanged
from longan.floor.messages.telling import tell
from longan.rooms.members import store

# Anybody can register an employer: nobody's inbox is filled by those.
MOST_NOTICES = 5
WEEK = timedelta(days=7)
KEPT = timedelta(days=30)


async def employer_invitation(context: Context, *, invitation_id: UUID) -> None:
    """Whoever has the phone hears of it; who has none yet finds the invitation on signing in. What an employer that
    nobody has checked calls itself is not said."""
    now = context.clock()
    told = await store.told(context.pool, invitation_id, now, now - WEEK)
    if told is None or told.lately >= MOST_NOTICES:
        return
    said = Invited("verified" if told.verified else "unverified", told.employer_name)
    await tell(
        context.pool, [told.account_id], "employer_invitation", invitation_id, said,
        f"{invitation_id}:{told.created_at.isoformat()}", now, employer=told.employer_id,
    )  # fmt: skip
    await calls.happened(context.valkey, [told.account_id])


async def membership_changed(context: Context, *, employer_id: UUID, account_id: UUID, what: str, at: datetime) -> None:
    """Somebody hears what was done with their membership, the owners who came and who went."""
    found = await store.owners(context.pool, employer_id, account_id)
    if found is None:
        return
    name, owners = found
    said = msgspec.convert({"what": what, "employer_name": name}, MembershipChanged)
    whom = owners if what in ("joined", "left") else [account_id]
    fact = f"{employer_id}:{account_id}:{what}:{at.isoformat()}"
    await tell(context.pool, whom, "membership_changed", employer_id, said, fact, context.clock())
    await calls.happened(context.valkey, whom)


async def prune_invitations(context: Context) -> None:
    """Once a day: forget whom employers asked a month ago."""
    async with unhurried(context.pool) as tx:
        await store.prune(tx, context.clock() - KEPT)


TASKS: dict[str, Task] = {"employer_invitation": employer_invitation, "membership_changed": membership_changed}
SCHEDULE: dict[str, Timed] = {"prune_invitations": ("40 20 * * *", prune_invitations)}
