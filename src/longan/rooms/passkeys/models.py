"""Nouns of the room: passkeys, what goes to an authenticator and comes back, and how that is refused.

What passes between an app and its authenticator keeps the names of W3C WebAuthn Level 3 section 5.1, camelCase, the one
exception of this API: browsers (`parseCreationOptionsFromJSON`, `toJSON()`), Android's Credential Manager and the
libraries of iOS make and take exactly these objects, and every renaming on the way would be a place for mistakes.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, field

from longan.floor.access.entrance import SignInDevice
from longan.floor.access.tokens import Audience
from longan.floor.accounts.codes import Code, CodeChallenge
from longan.floor.base.errors import Conflict, Forbidden, InsufficientAuthentication, Problem, Unprocessable
from longan.floor.base.fields import Count, Identifier, Name, Timestamp

_BASE64URL = "^[A-Za-z0-9_-]*$"
# The standard allows an id of 1,023 bytes; the others are several times what authenticators are known to send.
CredentialId = Annotated[str, Meta(min_length=1, max_length=1_364, pattern=_BASE64URL, description="base64url")]
ClientData = Annotated[str, Meta(min_length=1, max_length=4_096, pattern=_BASE64URL, description="base64url")]
Bytes = Annotated[str, Meta(min_length=1, max_length=8_192, pattern=_BASE64URL, description="base64url")]
Attestation = Annotated[str, Meta(min_length=1, max_length=32_768, pattern=_BASE64URL, description="base64url")]
UserHandle = Annotated[str, Meta(min_length=1, max_length=86, pattern=_BASE64URL, description="base64url")]
CHALLENGE_LIFE = timedelta(minutes=5)
# 256 random bits.
Ticket = Annotated[str, Meta(min_length=43, max_length=43, pattern=_BASE64URL, description="Of an administrator")]
Word = Annotated[str, Meta(max_length=32)]
Attachment = Annotated[str, Meta(max_length=32, description="`platform` or `cross-platform`")]
Algorithm = Annotated[int, Meta(ge=-65_536, le=65_535, description="COSE algorithm")]
# Whatever an extension answered: none was asked for and none is read, and a new one must not shut anybody out.
Extensions = Annotated[dict[Annotated[str, Meta(max_length=64)], Any], Meta(max_length=32)]
Kind = Literal["public-key"]
Purpose = Literal["registration", "enrolment", "sign_in"]


class Credential(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What both answers of an authenticator have in common."""

    id: CredentialId
    raw_id: CredentialId = field(name="rawId")
    type: Kind
    client_extension_results: Extensions = field(name="clientExtensionResults", default_factory=dict)
    authenticator_attachment: Attachment | None = field(name="authenticatorAttachment", default=None)


class AttestationResponse(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """AuthenticatorAttestationResponseJSON. Only the first two are read; the others repeat what is in them."""

    client_data_json: ClientData = field(name="clientDataJSON")
    attestation_object: Attestation = field(name="attestationObject")
    transports: Annotated[list[Word], Meta(max_length=16)] = []
    authenticator_data: Bytes | None = field(name="authenticatorData", default=None)
    public_key: Bytes | None = field(name="publicKey", default=None)
    public_key_algorithm: Algorithm | None = field(name="publicKeyAlgorithm", default=None)


class AssertionResponse(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """AuthenticatorAssertionResponseJSON."""

    client_data_json: ClientData = field(name="clientDataJSON")
    authenticator_data: Bytes = field(name="authenticatorData")
    signature: Bytes
    user_handle: UserHandle | None = field(name="userHandle", default=None)


class RegistrationCredential(Credential, frozen=True, kw_only=True):
    """RegistrationResponseJSON: what `navigator.credentials.create()` gave, by its `toJSON()`."""

    response: AttestationResponse


class AuthenticationCredential(Credential, frozen=True, kw_only=True):
    """AuthenticationResponseJSON: what `navigator.credentials.get()` gave, by its `toJSON()`."""

    response: AssertionResponse


class PasskeyIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`name` is what the person calls it: a phone, a key ring."""

    name: Name
    credential: RegistrationCredential


class PasskeyName(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: Name


class PasskeyEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    credential: AuthenticationCredential
    audience: Audience = "app"
    device: SignInDevice | None = None


class EnrolmentTicket(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    ticket: Ticket


class EnrolmentIn(PasskeyIn, frozen=True):
    """`challenge_id` and `code` are of the text message that went to the account's own phone."""

    ticket: Ticket
    challenge_id: Identifier
    code: Code


class RelyingPartyEntity(msgspec.Struct, frozen=True):
    """Whose passkeys they are: a domain."""

    id: str
    name: str


class UserEntity(msgspec.Struct, frozen=True):
    """`id` is the side of an account, base64url; the names are what the authenticator shows to its owner."""

    id: str
    name: str
    display_name: str = field(name="displayName")


class CredentialParameters(msgspec.Struct, frozen=True):
    """An algorithm that is taken: -7 ES256, -8 Ed25519, -257 RS256."""

    type: str
    alg: Algorithm


class CredentialDescriptor(msgspec.Struct, frozen=True):
    """A passkey by its id, base64url."""

    type: str
    id: str
    transports: list[str]


class AuthenticatorSelection(msgspec.Struct, frozen=True):
    resident_key: str = field(name="residentKey")
    require_resident_key: bool = field(name="requireResidentKey")
    user_verification: str = field(name="userVerification")


class CreationOptions(msgspec.Struct, frozen=True):
    """PublicKeyCredentialCreationOptionsJSON: give it whole to `parseCreationOptionsFromJSON`, or as `requestJson` to
    Android. `timeout` is in milliseconds; by then it must be finished."""

    rp: RelyingPartyEntity
    user: UserEntity
    challenge: str
    public_key_parameters: list[CredentialParameters] = field(name="pubKeyCredParams")
    timeout: Count
    exclude_credentials: list[CredentialDescriptor] = field(name="excludeCredentials")
    authenticator_selection: AuthenticatorSelection = field(name="authenticatorSelection")
    attestation: str


class EnrolmentBegun(msgspec.Struct, frozen=True):
    """`code` is on its way to the account's own phone, `options` go to the authenticator."""

    code: CodeChallenge
    options: CreationOptions


class RequestOptions(msgspec.Struct, frozen=True):
    """PublicKeyCredentialRequestOptionsJSON: give it whole to `parseRequestOptionsFromJSON`, or as `requestJson` to
    Android. It names no passkey: the authenticator offers those it holds. `timeout` is in milliseconds."""

    challenge: str
    timeout: Count
    relying_party_id: str = field(name="rpId")
    allow_credentials: list[CredentialDescriptor] = field(name="allowCredentials")
    user_verification: str = field(name="userVerification")


class Passkey(msgspec.Struct, frozen=True):
    """`backed_up`: its maker keeps copies, so that it survives the phone. `counter_back_at`: an answer came that was
    older than the last one, so that somebody may have a copy: remove it unless you know why."""

    id: Identifier
    name: Name
    backed_up: bool
    created_at: Timestamp
    last_used_at: Timestamp | None
    counter_back_at: Timestamp | None
    version: Count


class Passkeys(msgspec.Struct, frozen=True):
    """All of them, eldest first."""

    items: list[Passkey]


class Held(msgspec.Struct, frozen=True):
    """A passkey, as a sign-in needs it."""

    id: UUID
    account_id: UUID
    public_key: bytes
    for_staff: bool


class Made(msgspec.Struct, frozen=True):
    """A new passkey whose maker's answer held."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool
    transports: list[str]


class Shown(msgspec.Struct, frozen=True):
    """A passkey that was shown, and its answer held."""

    sign_count: int
    backed_up: bool


class Standing(msgspec.Struct, frozen=True):
    """What one side of an account may do with its passkeys follows from this. `by_passkey`: the session was proved by
    one; `has_other`: there is another way in; `recovered_at`: the phone was lost and another put in its place."""

    held: int
    confirmed: bool
    by_passkey: bool
    has_other: bool
    recovered_at: datetime | None


class PasskeyChallengeOver(Problem):
    status, code = 410, "passkey_challenge_over"
    vi, en = "Yêu cầu khoá truy cập đã hết hạn hoặc đã dùng", "The challenge is over, was used, or was never given"


class PasskeyRefused(Unprocessable):
    """`reason` is `origin`, `cross_origin`, `relying_party`, `user_verification`, `user_handle`, `signature`, `key` or
    `form`."""

    code = "passkey_refused"
    vi, en = "Khoá truy cập không được chấp nhận", "What the passkey answered does not hold"

    def __init__(self, reason: str) -> None:
        super().__init__(members={"reason": reason})


class PasskeyUnknown(Unprocessable):
    code = "passkey_unknown"
    vi, en = "Khoá truy cập này không còn dùng được ở đây", "This passkey is not, or no longer, known here"


class PasskeyCounterBack(Unprocessable):
    code = "passkey_counter_back"
    vi, en = "Khoá truy cập này có thể đã bị sao chép", "This passkey may have been copied"


class PasskeyTaken(Conflict):
    code = "passkey_taken"
    vi, en = "Khoá truy cập này đã được đăng ký", "This passkey is registered already"


class TooManyPasskeys(Conflict):
    code = "too_many_passkeys"
    vi, en = "Tài khoản đã có đủ số khoá truy cập", "The account has as many passkeys as it may have"


class LastPasskey(Conflict):
    code = "last_passkey"
    vi, en = "Không thể xoá khoá truy cập cuối cùng", "The last passkey of this account cannot be removed"


class PasskeyProofRequired(InsufficientAuthentication):
    """Only a session opened with a passkey will do, whatever other ways reach that level (RFC 9470)."""

    code = "passkey_proof_required"
    vi, en = "Xin đăng nhập lại bằng khoá truy cập đang có", "Sign in once more with a passkey you have"


class PasskeyOfOtherSide(Forbidden):
    """An official's passkey opens nothing of the person's, and theirs nothing of the official's."""

    code = "passkey_of_other_side"
    vi = "Khoá truy cập này thuộc phía kia của tài khoản (công vụ hoặc cá nhân)"
    en = "This passkey belongs to the other side of the account (official or personal)"
