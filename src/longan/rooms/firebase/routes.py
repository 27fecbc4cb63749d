"""HTTP of the room."""

from litestar import post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from longan.floor.access.entrance import SIGNED_IN, SignedIn
from longan.floor.accounts.accounts import AccountDisabled, PasskeyRequired
from longan.floor.base.errors import Forbidden, Unavailable
from longan.floor.requests.deps import Ex, Now
from longan.floor.requests.policy import decided
from longan.rooms.firebase import domain
from longan.rooms.firebase.domain import Desk
from longan.rooms.firebase.models import FirebaseEntry, IdTokenRefused, WayInNotOffered


def desk(exchange: Ex, state: State) -> Desk:
    return Desk(
        pool=state.pool, verifier=state.firebase, phones=state.phones, entrance=state.entrance, asking=exchange,
        key_thumbprint=exchange.key_thumbprint,
    )  # fmt: skip


AtDesk = NamedDependency[Desk]


@post(
    "/v1/auth/firebase",
    tags=["firebase"],
    status_code=200,
    dependencies={"desk": Provide(desk, sync_to_thread=False)},
    opt=decided(
        auth="optional", limit="sign_in",
        raises=(WayInNotOffered, IdTokenRefused, Forbidden, AccountDisabled, PasskeyRequired, Unavailable),
        request_example={"id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJ1aWQifQ.c2ln",
                         "device": {"name": "Điện thoại của Lan", "platform": "android"}},
        example=SIGNED_IN,
    ),
)  # fmt: skip
async def sign_in_with_firebase(
    desk: AtDesk, exchange: Ex, now: Now, data: JSONBody[FirebaseEntry]
) -> SignedIn:  # fmt: skip
    """A session for whoever has just verified their phone with Firebase; a phone without an account gets one"""
    return await domain.sign_in(desk, data, exchange.principal, now)


HANDLERS = [sign_in_with_firebase]
