"""HTTP of the room."""

from uuid import UUID

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from longan.floor.access.entrance import SIGNED_IN, SignedIn
from longan.floor.base.errors import NotFound, Unauthenticated
from longan.floor.requests.deps import Conn, Ex, Me, Now, Pool, ToEnter, Tx
from longan.floor.requests.policy import decided
from longan.rooms.sessions import domain, store
from longan.rooms.sessions.models import (
    EndIn,
    OwnSession,
    OwnSessions,
    PublicKeys,
    RefreshIn,
    RefreshTokenReused,
    SessionChange,
)

KEYS_SECONDS = 300
EXAMPLE = {
    "id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11",
    "audience": "app",
    "device_name": "Điện thoại của Lan",
    "platform": "android",
    "current": True,
    "acr": 1,
    "key_bound": True,
    "signed_in_at": "2026-11-02T03:00:00Z",
    "last_used_at": "2026-11-22T01:15:00Z",
    "expires_at": "2026-12-22T01:15:00Z",
    "version": 1,
}


@post(
    "/v1/auth/refresh",
    tags=["sessions"],
    status_code=200,
    opt=decided(
        auth="public", limit="refresh", raises=(RefreshTokenReused,),
        request_example={"refresh_token": SIGNED_IN["refresh_token"]}, example=SIGNED_IN,
    ),
)  # fmt: skip
async def refresh_session(
    pool: Pool, state: State, entrance: ToEnter, exchange: Ex, now: Now, data: JSONBody[RefreshIn]
) -> SignedIn:
    """The next access token; the refresh token is spent, and one that comes twice ends the session"""
    keys = state["keys"].secrets["refresh-token"]
    return await domain.refresh(pool, exchange, entrance, keys, data.refresh_token, exchange.key_thumbprint, now)


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


@get("/v1/auth/sessions", tags=["sessions"], opt=decided(auth="any", limit="lookup", example={"items": [EXAMPLE]}))
async def list_sessions(conn: Conn, me: Me, now: Now) -> OwnSessions:
    """Where you are signed in"""
    return OwnSessions(await store.own(conn, me.account_id, me.session_id, now))


@get(
    "/v1/auth/sessions/{session_id:uuid}",
    tags=["sessions"],
    opt=decided(auth="any", limit="lookup", raises=(NotFound,), example=EXAMPLE),
)
async def get_session(conn: Conn, me: Me, now: Now, exchange: Ex, session_id: FromPath[UUID]) -> OwnSession:
    """One of your sessions"""
    found = await domain.own(conn, me, session_id, now)
    return exchange.tagged(found, found.version, found.last_used_at, found.current)


@patch(
    "/v1/auth/sessions/{session_id:uuid}",
    tags=["sessions"],
    opt=decided(auth="any", limit="write", if_match=True, raises=(NotFound,), example=EXAMPLE,
                request_example={"device_name": "Điện thoại của Lan"}),
)  # fmt: skip
async def update_session(
    tx: Tx, me: Me, now: Now, exchange: Ex, session_id: FromPath[UUID], data: JSONBody[SessionChange]
) -> OwnSession:
    """Give a device a name that you will know it by"""
    found = await domain.name(tx, me, session_id, exchange.expected_versions(), data.device_name, now)
    return exchange.tagged(found, found.version, found.last_used_at, found.current)


@delete(
    "/v1/auth/sessions/{session_id:uuid}",
    tags=["sessions"],
    opt=decided(auth="any", limit="write", raises=(NotFound,)),
)
async def revoke_session(
    pool: Pool, entrance: ToEnter, exchange: Ex, me: Me, now: Now, session_id: FromPath[UUID]
) -> None:
    """Sign out on one of your devices"""
    await domain.revoke(pool, exchange, entrance, me, session_id, now)


@post(
    "/v1/auth/sessions/end-others",
    tags=["sessions"],
    status_code=204,
    opt=decided(auth="any", limit="write"),
)
async def end_other_sessions(pool: Pool, entrance: ToEnter, exchange: Ex, me: Me, now: Now) -> None:
    """Sign out everywhere but here"""
    await domain.end_others(pool, exchange, entrance, me, now)


@get(
    "/.well-known/jwks.json",
    tags=["sessions"],
    opt=decided(auth="public", limit="page"),
)
async def get_jwks(state: State, now: Now) -> Response[PublicKeys]:
    """The public keys of access tokens, RFC 7517"""
    keys = msgspec.convert(state.tokens.jwks(now), PublicKeys)
    return Response(keys, headers={"Cache-Control": f"public, max-age={KEYS_SECONDS}"})


HANDLERS = [
    refresh_session,
    end_session,
    list_sessions,
    get_session,
    update_session,
    revoke_session,
    end_other_sessions,
    get_jwks,
]
