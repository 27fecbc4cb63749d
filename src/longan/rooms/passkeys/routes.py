"""HTTP of the room."""

from typing import Any
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from longan.floor.access.entrance import SIGNED_IN, SignedIn
from longan.floor.accounts.accounts import AccountDisabled
from longan.floor.accounts.codes import CHALLENGE_ID, CHALLENGED, OtpExpired, OtpInvalid
from longan.floor.accounts.desk import DESK, AtDesk
from longan.floor.accounts.tickets import EnrolmentOver
from longan.floor.base.errors import (
    CoolingOff,
    Forbidden,
    InsufficientAuthentication,
    NotFound,
    RateLimited,
    Unavailable,
)
from longan.floor.requests.deps import Conn, Ex, Me, Now, OpensPhones, ToEnter, Tx
from longan.floor.requests.policy import Proof, decided
from longan.floor.setup import apps
from longan.rooms.passkeys import domain, outside, store
from longan.rooms.passkeys.models import (
    CreationOptions,
    EnrolmentBegun,
    EnrolmentIn,
    EnrolmentTicket,
    LastPasskey,
    Passkey,
    PasskeyChallengeOver,
    PasskeyCounterBack,
    PasskeyEntry,
    PasskeyIn,
    PasskeyName,
    PasskeyOfOtherSide,
    PasskeyProofRequired,
    PasskeyRefused,
    Passkeys,
    PasskeyTaken,
    PasskeyUnknown,
    RequestOptions,
    TooManyPasskeys,
)
from longan.rooms.passkeys.outside import RelyingParty

ANSWERED = (PasskeyChallengeOver, PasskeyRefused)
MADE = (*ANSWERED, PasskeyTaken, TooManyPasskeys)
TICKETED = (EnrolmentOver, AccountDisabled, CoolingOff, RateLimited, Unavailable)
PROVED = (PasskeyProofRequired, InsufficientAuthentication)
FRESH = Proof(acr=0)
# What began within five minutes of the proof may end after them.
NOT_COOLING = Proof(acr=0, max_age=None)
WELL_KNOWN = {"Cache-Control": "public, max-age=3600"}

EXAMPLE = {
    "id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "name": "Điện thoại của Lan", "backed_up": True,
    "created_at": "2026-11-02T03:00:00Z", "last_used_at": "2026-11-22T01:15:00Z", "counter_back_at": None, "version": 1,
}  # fmt: skip
CHALLENGE = "QmP1x0cT7p9bZr3nq0c4m8u5yK2hV6sLwE1dJ7fA3oI"
TICKET = "n3JxT0m5bq8Yc2vR7wKzL4pGdH6sQfE9uA1iOjBtXeM"
OPTIONS: dict[str, Any] = {
    "rp": {"id": "api.longan.example", "name": "Long An ID"},
    "user": {"id": "AZLwwXpEfRWPPlsNLJ5vGA", "name": "Nguyễn Thị Lan", "displayName": "Nguyễn Thị Lan"},
    "challenge": CHALLENGE, "timeout": 300_000, "excludeCredentials": [], "attestation": "none",
    "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in (-7, -8, -257)],
    "authenticatorSelection": {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"},
}  # fmt: skip
REQUEST_OPTIONS: dict[str, Any] = {
    "challenge": CHALLENGE, "timeout": 300_000, "rpId": "api.longan.example", "allowCredentials": [],
    "userVerification": "required",
}  # fmt: skip
CLIENT_DATA = "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0"
KEY_ID = "hX2vR7wKzL4pGdH6sQfE9g"
CREATED: dict[str, Any] = {
    "id": KEY_ID, "rawId": KEY_ID, "type": "public-key", "clientExtensionResults": {},
    "authenticatorAttachment": "platform",
    "response": {"clientDataJSON": CLIENT_DATA, "attestationObject": "o2NmbXRkbm9uZQ", "transports": ["internal"]},
}  # fmt: skip
SHOWN: dict[str, Any] = {
    **CREATED,
    "response": {
        "clientDataJSON": CLIENT_DATA, "signature": "MEUCIQDTGVxhrhPYn3", "userHandle": "AZLwwXpEfRWPPlsNLJ5vGA",
        "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ",
    },
}  # fmt: skip


def party(state: State) -> RelyingParty:
    return outside.relying_party(state.settings.public_url, state.settings.android_apps)


Ourselves = NamedDependency[RelyingParty]
PARTY = {"party": Provide(party, sync_to_thread=False)}
AT_DESK = {**DESK, **PARTY}


@post(
    "/v1/me/passkeys/registrations",
    tags=["passkeys"],
    status_code=200,
    dependencies=PARTY,
    opt=decided(auth="any", limit="write", proof=FRESH, raises=(*PROVED, TooManyPasskeys), example=OPTIONS),
)
async def begin_passkey_registration(
    tx: Tx, party: Ourselves, phones: OpensPhones, me: Me, now: Now
) -> CreationOptions:
    """What to ask the phone for, so that it makes a passkey

    Needs a session proved within five minutes: with a passkey where the account has one, at acr 1 where the identity is
    confirmed. While the account cools off after a recovery it is 403.
    """
    return await domain.begin_registration(tx, party, phones, me, now)


@post(
    "/v1/me/passkeys",
    tags=["passkeys"],
    status_code=201,
    dependencies=PARTY,
    opt=decided(
        auth="any", limit="write", idempotent=True, proof=NOT_COOLING, raises=(*PROVED, *MADE), example=EXAMPLE,
        request_example={"name": "Điện thoại của Lan", "credential": CREATED},
    ),
)  # fmt: skip
async def finish_passkey_registration(tx: Tx, party: Ourselves, me: Me, now: Now, data: JSONBody[PasskeyIn]) -> Passkey:
    """Keep the passkey that the phone made; the owner is told

    `credential` is what `toJSON()` gives, or Android's `registrationResponseJson`. The session is the one that began.
    """
    return await domain.finish_registration(tx, party, me, data, now)


@get("/v1/me/passkeys", tags=["passkeys"], opt=decided(auth="any", limit="lookup", example={"items": [EXAMPLE]}))
async def list_passkeys(conn: Conn, me: Me) -> Passkeys:
    """The passkeys of this account: an official's session sees those of the duty, the others the person's own"""
    return Passkeys(await store.of_account(conn, me))


@patch(
    "/v1/me/passkeys/{passkey_id:uuid}",
    tags=["passkeys"],
    opt=decided(auth="any", limit="write", if_match=True, example=EXAMPLE,
                request_example={"name": "Điện thoại của Lan"}),
)  # fmt: skip
async def rename_passkey(
    tx: Tx, me: Me, exchange: Ex, passkey_id: FromPath[UUID], data: JSONBody[PasskeyName]
) -> Passkey:
    """Call a passkey something else; its `version` in the list makes the ETag, as in `"v1"`"""
    renamed = await domain.rename(tx, me, passkey_id, data.name, exchange.expected_versions())
    return exchange.tagged(renamed, renamed.version)


@delete(
    "/v1/me/passkeys/{passkey_id:uuid}",
    tags=["passkeys"],
    opt=decided(auth="any", limit="write", proof=FRESH, raises=(*PROVED, LastPasskey)),
)
async def remove_passkey(tx: Tx, entrance: ToEnter, me: Me, now: Now, passkey_id: FromPath[UUID]) -> None:
    """Open no more sessions with this passkey; the owner is told, and every other session that a passkey opened ends

    Needs a session proved with a passkey within five minutes. The last one stays where nothing else opens the account.
    """
    await domain.remove(tx, entrance, me, passkey_id, now)


@post(
    "/v1/auth/passkeys/challenges",
    tags=["passkeys"],
    status_code=200,
    dependencies=AT_DESK,
    opt=decided(auth="optional", limit="sign_in", raises=(RateLimited, Unavailable), example=REQUEST_OPTIONS),
)
async def begin_passkey_sign_in(desk: AtDesk, party: Ourselves, now: Now) -> RequestOptions:
    """What to ask the phone for, so that it shows a passkey"""
    return await domain.begin_sign_in(desk, party, now)


@post(
    "/v1/auth/passkeys",
    tags=["passkeys"],
    status_code=200,
    dependencies=AT_DESK,
    opt=decided(
        auth="optional", limit="sign_in", example=SIGNED_IN,
        raises=(*ANSWERED, PasskeyUnknown, PasskeyCounterBack, PasskeyOfOtherSide, Forbidden, AccountDisabled,
                RateLimited, Unavailable),
        request_example={"credential": SHOWN, "device": {"name": "Điện thoại của Lan", "platform": "android"}},
    ),
)  # fmt: skip
async def finish_passkey_sign_in(
    desk: AtDesk, entrance: ToEnter, party: Ourselves, now: Now, data: JSONBody[PasskeyEntry]
) -> SignedIn:
    """A session for whoever holds the passkey

    With an access token of the same account it is the fresh proof that sensitive operations ask for, and that session
    ends. `credential` is what `toJSON()` gives, or Android's `authenticationResponseJson`.
    """
    return await domain.sign_in(desk, entrance, party, data, now)


@post(
    "/v1/auth/passkey-enrolments/challenges",
    tags=["passkeys"],
    status_code=200,
    dependencies=AT_DESK,
    opt=decided(auth="public", limit="sign_in", raises=TICKETED, request_example={"ticket": TICKET},
                example={"code": CHALLENGED, "options": OPTIONS}),
)  # fmt: skip
async def begin_passkey_enrolment(
    desk: AtDesk, party: Ourselves, now: Now, data: JSONBody[EnrolmentTicket]
) -> EnrolmentBegun:
    """For an official who has a ticket of an administrator: a code to their own phone, and what to ask it for"""
    return await domain.begin_enrolment(desk, party, data.ticket, now)


@post(
    "/v1/auth/passkey-enrolments",
    tags=["passkeys"],
    status_code=200,
    dependencies=AT_DESK,
    opt=decided(
        auth="public", limit="sign_in", raises=(*TICKETED, OtpInvalid, OtpExpired, *ANSWERED, PasskeyTaken),
        example=EXAMPLE, request_example={"ticket": TICKET, "challenge_id": CHALLENGE_ID, "code": "048213",
                                          "name": "Khoá của cơ quan", "credential": CREATED},
    ),
)  # fmt: skip
async def finish_passkey_enrolment(
    desk: AtDesk, entrance: ToEnter, party: Ourselves, now: Now, data: JSONBody[EnrolmentIn]
) -> Passkey:
    """Keep the official's passkey; the ticket is used up, and no older passkey is an official's any more"""
    return await domain.finish_enrolment(desk, entrance, party, data, now)


@get(
    "/.well-known/assetlinks.json",
    tags=["passkeys"],
    include_in_schema=False,
    opt=decided(auth="public", limit="page", raises=(NotFound,)),
)
async def get_asset_links(state: State) -> Response[list[dict[str, Any]]]:
    """Which Android apps may use our passkeys, for Google Play services"""
    if not state.settings.android_apps:
        raise NotFound
    return Response(apps.asset_links(apps.android(state.settings.android_apps)), headers=WELL_KNOWN)


@get(
    "/.well-known/apple-app-site-association",
    tags=["passkeys"],
    include_in_schema=False,
    opt=decided(auth="public", limit="page", raises=(NotFound,)),
)
async def get_apple_association(state: State) -> Response[dict[str, Any]]:
    """Which apps of Apple's may use our passkeys"""
    if not state.settings.ios_apps:
        raise NotFound
    return Response(apps.associated_domains(apps.apple(state.settings.ios_apps)), headers=WELL_KNOWN)


HANDLERS = [
    begin_passkey_registration, finish_passkey_registration, list_passkeys, rename_passkey, remove_passkey,
    begin_passkey_sign_in, finish_passkey_sign_in, begin_passkey_enrolment, finish_passkey_enrolment, get_asset_links,
    get_apple_association,
]  # fmt: skip
