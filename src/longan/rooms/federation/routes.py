"""HTTP of the room."""

from typing import Annotated

from litestar import delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter

from longan.floor.access.entrance import SIGNED_IN, SignedIn
from longan.floor.accounts.accounts import AccountDisabled, LastWayIn, PasskeyRequired
from longan.floor.accounts.openid import PROVIDER_ID
from longan.floor.base.errors import Forbidden, InsufficientAuthentication, NotFound, Unavailable
from longan.floor.requests.deps import Conn, Ex, Locale, Me, Now, OpensPhones, Tx
from longan.floor.requests.policy import Proof, decided
from longan.floor.setup.crypto import PersonKeys
from longan.rooms.federation import domain
from longan.rooms.federation.domain import Desk
from longan.rooms.federation.models import (
    AlreadyLinked,
    BeginIn,
    Begun,
    IdentityProviders,
    PersonDiffers,
    ProviderRefused,
    ProviderUntrusted,
    Returned,
    SignInOver,
    SignInReturned,
    WaysIn,
)

ProviderPath = Annotated[
    str, PathParameter(pattern=PROVIDER_ID, description="The provider's id, as list_identity_providers gives it")
]

STATE = "Zc5aEvkGkq1ufw3nYI4C8eB2Q1g8y0Vqk0b7m0Yf3n1"
BEGUN = {
    "authorization_url": f"https://sso.example.vn/authorize?response_type=code&client_id=longan&state={STATE}",
    "state": STATE,
    "continuation": SIGNED_IN["refresh_token"],
    "expires_in": 600,
}
RETURNED = {
    "state": STATE, "continuation": SIGNED_IN["refresh_token"], "code": "SplxlOBeZQQYbYS6WxSbIA",
    "iss": "https://sso.example.vn",
}  # fmt: skip
WAYS_IN = {
    "phone": "090•••567",
    "passkeys": 1,
    "providers": [{"provider": "vneid", "name": "VNeID", "linked_at": "2026-11-22T02:00:00Z"}],
}
REFUSALS = (SignInOver, ProviderRefused, ProviderUntrusted, Unavailable)


def desk(exchange: Ex, state: State) -> Desk:
    return Desk(
        pool=state.pool, providers=state.providers, numbers=state.numbers, persons=PersonKeys(state["keys"]),
        entrance=state.entrance, asking=exchange,
        key_thumbprint=exchange.key_thumbprint,
    )  # fmt: skip


AtDesk = NamedDependency[Desk]
DESK = {"desk": Provide(desk, sync_to_thread=False)}
# A text message can be had by whoever has the number; what stays in an account must take more than that, and the rules
# ask for the strongest proof that the account has.
TO_LINK = Proof(acr=1)


@get(
    "/v1/auth/federated",
    tags=["federation"],
    dependencies=DESK,
    opt=decided(auth="public", limit="lookup", example={"items": [{"id": "vneid", "name": "VNeID"}]}),
)
async def list_identity_providers(desk: AtDesk, locale: Locale) -> IdentityProviders:
    """The OpenID providers with which one can sign in"""
    return domain.offered(desk.providers, locale)


@post(
    "/v1/auth/federated/{provider:str}",
    tags=["federation"],
    status_code=202,
    dependencies=DESK,
    opt=decided(auth="public", limit="sign_in", raises=(NotFound, Unavailable), example=BEGUN),
)
async def begin_federated_sign_in(
    desk: AtDesk, now: Now, provider: ProviderPath, data: JSONBody[BeginIn | None] = None
) -> Begun:
    """Where to send a person who wants to sign in with a provider"""
    return await domain.begin(desk, provider, data.audience if data else "app", None, now)


@post(
    "/v1/auth/federated",
    tags=["federation"],
    status_code=200,
    dependencies=DESK,
    opt=decided(
        auth="optional", limit="sign_in", raises=(*REFUSALS, Forbidden, AccountDisabled, PasskeyRequired),
        request_example=RETURNED, example=SIGNED_IN,
    ),
)  # fmt: skip
async def finish_federated_sign_in(
    desk: AtDesk, exchange: Ex, now: Now, data: JSONBody[SignInReturned]
) -> SignedIn:  # fmt: skip
    """A session for whomever the provider vouches for; with an access token, the fresh proof of its owner"""
    return await domain.sign_in(desk, data, exchange.principal, now)


@get(
    "/v1/me/ways-in",
    tags=["federation"],
    dependencies=DESK,
    opt=decided(auth="app", limit="lookup", example=WAYS_IN),
)
async def list_ways_in(desk: AtDesk, conn: Conn, me: Me, locale: Locale, phones: OpensPhones) -> WaysIn:
    """How one signs in to the caller's account"""
    return await domain.ways_in(desk, conn, phones, me.account_id, locale)


@post(
    "/v1/me/ways-in/{provider:str}",
    tags=["federation"],
    status_code=202,
    dependencies=DESK,
    opt=decided(auth="app", limit="write", proof=TO_LINK, raises=(NotFound, Unavailable), example=BEGUN),
)
async def begin_provider_link(desk: AtDesk, me: Me, now: Now, provider: ProviderPath) -> Begun:
    """Where to send the caller who wants to sign in with a provider from now on"""
    return await domain.begin_link(desk, provider, me, now)


@post(
    "/v1/me/ways-in",
    tags=["federation"],
    status_code=204,
    dependencies=DESK,
    opt=decided(
        auth="app",
        limit="write",
        request_example=RETURNED,
        raises=(*REFUSALS, AlreadyLinked, PersonDiffers, InsufficientAuthentication),
    ),
)
async def finish_provider_link(desk: AtDesk, me: Me, now: Now, data: JSONBody[Returned]) -> None:
    """Make what the provider vouches for one more way into the account that began this"""
    await domain.link(desk, data, me, now)


@delete(
    "/v1/me/ways-in/{provider:str}",
    tags=["federation"],
    dependencies=DESK,
    opt=decided(auth="app", limit="write", proof=TO_LINK, raises=(NotFound, LastWayIn)),
)
async def remove_way_in(desk: AtDesk, tx: Tx, me: Me, provider: ProviderPath) -> None:
    """Sign in with a provider no longer; the last way in stays"""
    await domain.unlink(desk, tx, provider, me)


HANDLERS = [
    list_identity_providers,
    begin_federated_sign_in,
    finish_federated_sign_in,
    list_ways_in,
    begin_provider_link,
    finish_provider_link,
    remove_way_in,
]
