"""Authenticators: what they are asked, and whether what they answer holds (W3C WebAuthn Level 3, by py_webauthn).

py_webauthn judges. What stands here keeps from it what it would choke on, and says afterwards why it refused.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    encode_cbor,
    parse_cbor,
    structs,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.formats import cbor
from longan.floor.formats.compact import spelled
from longan.floor.setup import apps
from longan.rooms.passkeys.models import (
    CHALLENGE_LIFE,
    AuthenticationCredential,
    AuthenticatorSelection,
    CreationOptions,
    CredentialDescriptor,
    CredentialParameters,
    Held,
    Made,
    PasskeyRefused,
    RegistrationCredential,
    RelyingPartyEntity,
    RequestOptions,
    Shown,
    UserEntity,
)

# ES256 is what phones make, Ed25519 what keys make, RS256 what older Windows makes.
ALGORITHMS = [Algorithm.ECDSA_SHA_256, Algorithm.EDDSA, Algorithm.RSASSA_PKCS1_v1_5_SHA_256]
MAX_CREDENTIAL_ID, MIN_CREDENTIAL_ID = 1_023, 16
RSA_BITS = range(2_048, 4_097)
USER_VERIFIED, ATTESTED, EXTENDED = 0x04, 0x40, 0x80
HEADER = 37
LOOPBACK = ("127.0.0.1", "::1")
MILLISECONDS = int(CHALLENGE_LIFE.total_seconds()) * 1_000


class RelyingParty(msgspec.Struct, frozen=True):
    """We, as an authenticator knows us: `id` is the domain its passkeys belong to, `origins` are the places from which
    they may be used: our own address (which is also what iOS says), and each Android app by its signing key."""

    id: str
    name: str
    origins: tuple[str, ...]


@cache
def relying_party(public_url: str, android_apps: str) -> RelyingParty:
    """From `LONGAN_PUBLIC_URL` and `LONGAN_ANDROID_APPS`. No authenticator takes an IP address for a domain, so that on
    a developer's machine it is `localhost`."""
    address = urlsplit(public_url)
    usual = {"https": 443, "http": 80}[address.scheme]
    host, port = address.hostname or "", f":{address.port}" if address.port not in (None, usual) else ""
    if host in LOOPBACK:
        host = "localhost"
    return RelyingParty(
        host, "Long An ID", (f"{address.scheme}://{host}{port}", *(app.origin for app in apps.android(android_apps)))
    )


def read(text: str, pointer: str) -> bytes:
    """The bytes of base64url in its one spelling. Raises `InvalidRequest` naming the field of `credential`."""
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        value = b""
    if spelled(value) != text:
        raise InvalidRequest(FieldError(f"/credential{pointer}", "bad_form"))
    return value


def handle(account: UUID, *, for_staff: bool) -> bytes:
    """The user handle. An authenticator keeps one passkey for each: the sides of an account do not replace each
    other's."""
    return account.bytes + (b"\x01" if for_staff else b"")


def creation(
    party: RelyingParty, account: UUID, name: str, challenge: str, held: Sequence[tuple[bytes, list[str]]], *,
    for_staff: bool,
) -> CreationOptions:  # fmt: skip
    """What to ask an authenticator for; those that hold one of `held` (id and transports) leave it alone.

    The passkey is discoverable, so that nobody has to say who they are to sign in; whoever uses it must show the
    authenticator a finger, a face or a PIN; its maker is not asked for.
    """
    name = f"{name} · công vụ" if for_staff else name
    return CreationOptions(
        rp=RelyingPartyEntity(party.id, party.name),
        user=UserEntity(spelled(handle(account, for_staff=for_staff)), name, name),
        challenge=challenge,
        public_key_parameters=[CredentialParameters("public-key", int(each)) for each in ALGORITHMS],
        timeout=MILLISECONDS,
        exclude_credentials=[CredentialDescriptor("public-key", spelled(each), how) for each, how in held],
        authenticator_selection=AuthenticatorSelection(
            resident_key="required", require_resident_key=True, user_verification="required"
        ),
        attestation="none",
    )


def request(party: RelyingParty, challenge: str) -> RequestOptions:
    """What to ask for a passkey. It names none, so that nothing can be learnt from it."""
    return RequestOptions(challenge, MILLISECONDS, party.id, [], "required")


class ClientData(msgspec.Struct, frozen=True):
    """CollectedClientData: what the browser or the phone says of the ceremony. Others may be in it and mean nothing."""

    type: str
    challenge: str
    origin: str
    cross_origin: bool = msgspec.field(name="crossOrigin", default=False)


class Said(msgspec.Struct, frozen=True):
    """An authenticator's answer, taken apart but not yet believed. A registration has neither signature nor user
    handle, a sign-in has no transports."""

    credential_id: bytes
    client_data: bytes
    client: ClientData
    challenge: bytes
    authenticator_data: bytes
    signature: bytes = b""
    user_handle: bytes = b""
    transports: list[str] = []


def said(credential: RegistrationCredential | AuthenticationCredential) -> Said:
    """Raises `InvalidRequest` naming the field that cannot be read."""
    credential_id = read(credential.id, "/id")
    if credential.raw_id != credential.id:
        raise InvalidRequest(FieldError("/credential/rawId", "bad_form"))
    response = credential.response
    client_data = read(response.client_data_json, "/response/clientDataJSON")
    try:
        client = msgspec.json.decode(client_data, type=ClientData)
        challenge = base64.urlsafe_b64decode(client.challenge + "==")
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise InvalidRequest(FieldError("/credential/response/clientDataJSON", "bad_form")) from error
    if isinstance(credential, RegistrationCredential):
        data = _attested(read(credential.response.attestation_object, "/response/attestationObject"))
        transports = list(dict.fromkeys(credential.response.transports))
        return Said(credential_id, client_data, client, challenge, data, transports=transports)
    answer = credential.response
    data = read(answer.authenticator_data, "/response/authenticatorData")
    if not _is_whole(data):
        raise InvalidRequest(FieldError("/credential/response/authenticatorData", "bad_form"))
    handle = b"" if answer.user_handle is None else read(answer.user_handle, "/response/userHandle")
    signature = read(answer.signature, "/response/signature")
    return Said(credential_id, client_data, client, challenge, data, signature, handle)


def verify_made(given: Said, party: RelyingParty) -> Made:
    """A new passkey. The caller knows that the challenge was ours. Raises `PasskeyRefused`.

    Nothing was asked about the maker (attestation `none`), so what it says of itself is neither believed nor read.
    """
    unattested = encode_cbor({"fmt": "none", "attStmt": {}, "authData": given.authenticator_data})
    response = structs.AuthenticatorAttestationResponse(given.client_data, unattested)
    try:
        made = verify_registration_response(
            credential=structs.RegistrationCredential(spelled(given.credential_id), given.credential_id, response),
            expected_challenge=given.challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except Exception as error:  # hostile bytes make it raise nearly anything
        raise PasskeyRefused(_why(given, party, "form")) from error
    if given.client.cross_origin:
        raise PasskeyRefused("cross_origin")
    if made.credential_id != given.credential_id or not (
        MIN_CREDENTIAL_ID <= len(made.credential_id) <= MAX_CREDENTIAL_ID
    ):
        raise PasskeyRefused("form")
    if not _is_usable(made.credential_public_key):
        raise PasskeyRefused("key")
    return Made(
        made.credential_id, made.credential_public_key, made.sign_count, made.credential_backed_up, given.transports
    )  # fmt: skip


def verify_shown(given: Said, held: Held, party: RelyingParty) -> Shown:
    """A passkey shown by whoever holds it. The caller knows that the challenge was ours, and looks at the counter.
    Raises `PasskeyRefused`."""
    response = structs.AuthenticatorAssertionResponse(given.client_data, given.authenticator_data, given.signature)
    try:
        shown = verify_authentication_response(
            credential=structs.AuthenticationCredential(spelled(given.credential_id), given.credential_id, response),
            expected_challenge=given.challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=held.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # as above
        raise PasskeyRefused(_why(given, party, "signature")) from error
    if given.client.cross_origin:
        raise PasskeyRefused("cross_origin")
    if given.user_handle != handle(held.account_id, for_staff=held.for_staff):
        raise PasskeyRefused("user_handle")
    return Shown(shown.new_sign_count, shown.credential_backed_up)


def _why(given: Said, party: RelyingParty, otherwise: str) -> str:
    """In words for the app's developer, why an answer was refused."""
    if given.client.origin not in party.origins:
        return "origin"
    if given.authenticator_data[:32] != hashlib.sha256(party.id.encode()).digest():
        return "relying_party"
    if not given.authenticator_data[32] & USER_VERIFIED:
        return "user_verification"
    return otherwise


def _is_usable(public_key: bytes) -> bool:
    """Whether the key is of a kind that its algorithm means: what is kept here must verify later, and cheaply."""
    try:
        decoded = decode_credential_public_key(public_key)
        key = decoded_public_key_to_cryptography(decoded)
    except Exception:  # as above
        return False
    match decoded.alg, key:
        case Algorithm.ECDSA_SHA_256, EllipticCurvePublicKey():
            return isinstance(key.curve, SECP256R1)
        case Algorithm.EDDSA, Ed25519PublicKey():
            return True
        case Algorithm.RSASSA_PKCS1_v1_5_SHA_256, RSAPublicKey():
            return key.key_size in RSA_BITS and key.public_numbers().e == 65_537
    return False


def _attested(attestation: bytes) -> bytes:
    """The authenticator data of an attestation object. Raises `InvalidRequest`."""
    try:
        whole = cbor.end(attestation, 0) == len(attestation)
        data = parse_cbor(attestation)["authData"] if whole else None
    except Exception:  # as above
        data = None
    if not isinstance(data, bytes) or not _is_whole(data):
        raise InvalidRequest(FieldError("/credential/response/attestationObject", "bad_form"))
    return data


def _is_whole(data: bytes) -> bool:
    """Whether authenticator data (WebAuthn section 6.1) ends where its parts end, all of them plain."""
    if len(data) < HEADER:
        return False
    end = HEADER
    try:
        if data[32] & ATTESTED:
            end += 18 + int.from_bytes(data[HEADER + 16 : HEADER + 18])
            end = cbor.end(data, end)
        if data[32] & EXTENDED:
            end = cbor.end(data, end)
    except (ValueError, IndexError):
        return False
    return end == len(data)
