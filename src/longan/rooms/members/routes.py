"""HTTP of the room."""

from uuid import UUID

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import Forbidden, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, OpensPhones, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.members import domain, store
from longan.rooms.members.models import (
    AlreadyInvited,
    AlreadyMember,
    Invitation,
    InvitationDeclined,
    InvitationIn,
    InvitationOver,
    InvitationPage,
    LastOwner,
    MemberPage,
    MyInvitationPage,
    RoleIn,
    TooManyInvitations,
    TooManyMembers,
)

# Whoever has just taken over a phone must not hand an employer on.
NOT_COOLING = Proof(acr=0, max_age=None)


@get(
    "/v1/employers/{employer_id:uuid}/members",
    tags=["members"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_members(
    conn: Conn, pages: Pages, phones: OpensPhones, me: Me, employer_id: FromPath[UUID], cursor: Cursor = None,
    limit: Limit = 20,
) -> MemberPage:  # fmt: skip
    """Who acts for your employer, the longest first"""
    return await domain.listed(conn, pages, phones, employer_id, me.account_id, cursor, limit)


@put(
    "/v1/employers/{employer_id:uuid}/members/{member_id:uuid}/role",
    tags=["members"],
    status_code=204,
    opt=decided(
        auth="app", limit="write", proof=NOT_COOLING, raises=(Forbidden, LastOwner, NotFound),
        request_example={"role": "owner"},
    ),
)  # fmt: skip
async def change_member_role(
    tx: Tx, me: Me, now: Now, employer_id: FromPath[UUID], member_id: FromPath[UUID], data: JSONBody[RoleIn]
) -> None:
    """Make a member owner or recruiter; for owners"""
    await domain.change_role(tx, me.account_id, employer_id, member_id, data.role, now)


@delete(
    "/v1/employers/{employer_id:uuid}/members/{member_id:uuid}",
    tags=["members"],
    opt=decided(auth="app", limit="write", proof=NOT_COOLING, raises=(Forbidden, LastOwner, NotFound)),
)
async def remove_member(tx: Tx, me: Me, now: Now, employer_id: FromPath[UUID], member_id: FromPath[UUID]) -> None:
    """Take somebody off your employer, at once; for owners"""
    await domain.remove(tx, me.account_id, employer_id, member_id, now)


@post(
    "/v1/employers/{employer_id:uuid}/leave",
    tags=["members"],
    status_code=204,
    opt=decided(auth="app", limit="write", proof=NOT_COOLING, raises=(LastOwner, NotFound)),
)
async def leave_employer(tx: Tx, me: Me, now: Now, employer_id: FromPath[UUID]) -> None:
    """Act no more for an employer; the last owner makes somebody else owner first"""
    await domain.leave(tx, me.account_id, employer_id, now)


@post(
    "/v1/employers/{employer_id:uuid}/invitations",
    tags=["members"],
    opt=decided(
        auth="app", limit="write", idempotent=True, proof=NOT_COOLING,
        raises=(
            AlreadyInvited, AlreadyMember, Forbidden, InvitationDeclined, NotFound, TooManyInvitations, TooManyMembers
        ),
        request_example={"phone": "+84901234567", "role": "recruiter"},
    ),
)  # fmt: skip
async def invite_member(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, employer_id: FromPath[UUID], data: JSONBody[InvitationIn]
) -> Invitation:
    """Ask somebody by phone number to act for your employer; for owners

    Whoever signs in with that number finds it in `list_my_invitations`, for 14 days; who has an account is told. The
    answer is the same whether there is an account or not. Who declines can be asked again after some weeks.
    """
    return await domain.invite(tx, phones, me.account_id, employer_id, data, now)


@get(
    "/v1/employers/{employer_id:uuid}/invitations",
    tags=["members"],
    opt=decided(auth="app", limit="lookup", raises=(Forbidden, NotFound)),
)
async def list_invitations(
    conn: Conn, pages: Pages, phones: OpensPhones, me: Me, now: Now, employer_id: FromPath[UUID],
    cursor: Cursor = None, limit: Limit = 20,
) -> InvitationPage:  # fmt: skip
    """Whom your employer has asked in the last weeks, newest first; for owners"""
    return await domain.invited(conn, pages, phones, me.account_id, employer_id, cursor, limit, now)


@delete(
    "/v1/employers/{employer_id:uuid}/invitations/{invitation_id:uuid}",
    tags=["members"],
    opt=decided(auth="app", limit="write", raises=(Forbidden, NotFound)),
)
async def withdraw_invitation(
    tx: Tx, me: Me, now: Now, employer_id: FromPath[UUID], invitation_id: FromPath[UUID]
) -> None:
    """Take an invitation back that was not answered; for owners"""
    await domain.withdraw(tx, me.account_id, employer_id, invitation_id, now)


@get("/v1/me/invitations", tags=["members"], opt=decided(auth="app", limit="lookup"))
async def list_my_invitations(
    conn: Conn, pages: Pages, me: Me, now: Now, cursor: Cursor = None, limit: Limit = 20
) -> MyInvitationPage:
    """Which employers ask you, by your phone number, to act for them, newest first"""
    return await store.mine(conn, pages, me.account_id, cursor, limit, now)


@post(
    "/v1/me/invitations/{invitation_id:uuid}/accept",
    tags=["members"],
    status_code=204,
    opt=decided(auth="app", limit="write", proof=NOT_COOLING, raises=(InvitationOver, NotFound, TooManyMembers)),
)
async def accept_invitation(tx: Tx, me: Me, now: Now, invitation_id: FromPath[UUID]) -> None:
    """Act for the employer from now on; again changes nothing"""
    await domain.accept(tx, me.account_id, invitation_id, now)


@post(
    "/v1/me/invitations/{invitation_id:uuid}/decline",
    tags=["members"],
    status_code=204,
    opt=decided(auth="app", limit="write", raises=(InvitationOver, NotFound)),
)
async def decline_invitation(tx: Tx, me: Me, now: Now, invitation_id: FromPath[UUID]) -> None:
    """Say no; the employer cannot ask this number again for some weeks"""
    await domain.decline(tx, me.account_id, invitation_id, now)


HANDLERS = [
    list_members,
    change_member_role,
    remove_member,
    leave_employer,
    invite_member,
    list_invitations,
    withdraw_invitation,
    list_my_invitations,
    accept_invitation,
    decline_invitation,
]
