"""HTTP of the room."""

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import JSONBody

from longan.deps import Ex, Now, Pool, ToEnter
from longan.entrance import SIGNED_IN, SignedIn
from longan.errors import Unauthenticated
from longan.policy import decided
from longan.sessions import domain
from longan.sessions.models import EndIn, PublicKeys, RefreshIn, RefreshTokenReused

KEYS_CACHED = "public, max-age=300"


@post(
    "/v1/auth/refresh",
    tags=["sessions"],
    status_code=200,
    opt=decided(
        auth="public", limit="refresh", raises=(RefreshTokenReused,),
        request_example={"refresh_token": SIGNED_IN["refresh_token"]}, example=SIGNED_IN,
    ),
)  # fmt: skip
async def refresh_session(pool: Pool, entrance: ToEnter, exchange: Ex, now: Now, data: JSONBody[RefreshIn]) -> SignedIn:
    """The next access token; the refresh token is spent, and one that comes twice ends the session"""
    return await domain.refresh(pool, exchange, entrance, data.refresh_token, now)


@post(
    "/v1/auth/logout",
    tags=["sessions"],
    status_code=204,
    opt=decided(auth="optional", limit="write", raises=(Unauthenticated,)),
)
async def end_session(
    pool: Pool, entrance: ToEnter, exchange: Ex, now: Now, data: JSONBody[EndIn | None] = None
) -> None:
    """Sign out: by the access token, by the refresh token, or by both"""
    await domain.end(pool, exchange, entrance, exchange.principal, data.refresh_token if data else None, now)


@get(
    "/.well-known/jwks.json",
    tags=["sessions"],
    opt=decided(auth="public", limit="page"),
)
async def get_jwks(state: State) -> Response[PublicKeys]:
    """The public keys of access tokens, RFC 7517"""
    return Response(msgspec.convert(state.tokens.jwks(), PublicKeys), headers={"Cache-Control": KEYS_CACHED})


HANDLERS = [refresh_session, end_session, get_jwks]
