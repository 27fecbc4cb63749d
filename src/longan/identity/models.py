"""Nouns of the room: what is asked for and answered on the way in, and how it is refused."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.errors import Forbidden, Problem, Unauthenticated, Unprocessable
from longan.fields import Identifier, PhoneInput
from longan.sessions import Seconds, SignInDevice
from longan.tokens import Audience

Code = Annotated[str, Meta(pattern="^[0-9]{6}$", max_length=6, description="Six digits", examples=["048213"])]
RefreshToken = Annotated[str, Meta(min_length=20, max_length=128, pattern="^[A-Za-z0-9_-]*$")]


class CodeRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`audience`: `official` for the staff of an agency; whoever has no other role gets it without asking."""

    phone: PhoneInput
    audience: Audience = "app"


class CodeChallenge(msgspec.Struct, frozen=True):
    """The code goes to the phone; nothing here says whether the number was known."""

    challenge_id: Identifier
    expires_in: Seconds
    resend_after: Seconds


class CodeEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    challenge_id: Identifier
    code: Code
    device: SignInDevice | None = None


class RefreshIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    refresh_token: RefreshToken


class EndIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Without an access token, the refresh token says which session ends."""

    refresh_token: RefreshToken | None = None


class PublicKey(msgspec.Struct, frozen=True):
    """RFC 7517, EC P-256."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class PublicKeys(msgspec.Struct, frozen=True):
    """Every key that verifies a token now; fetched again for an unknown `kid`."""

    keys: list[PublicKey]


class Challenge(msgspec.Struct, frozen=True):
    """A code that was asked for. `code_key` is the id of the key from which the code is derived."""

    id: UUID
    purpose: str
    audience: Audience
    phone_index: bytes
    phone_cipher: bytes
    nonce: bytes
    code_key: str
    locale: str


class Asked(msgspec.Struct, frozen=True):
    """A challenge before any of its tries is used: whose phone, and how many wrong codes the whole service has seen."""

    phone_cipher: bytes
    failures: int


class TestNumbers(msgspec.Struct, frozen=True):
    """Phone numbers that are never sent anything. In production there are none: this is how it looks there."""

    __test__ = False

    personas: frozenset[str] = frozenset()
    code: str = ""
    wrong: frozenset[str] = frozenset()
    limited: frozenset[str] = frozenset()
    expired: frozenset[str] = frozenset()

    def __contains__(self, phone: str) -> bool:
        return any(phone in numbers for numbers in (self.personas, self.wrong, self.limited, self.expired))


DEVELOPMENT = TestNumbers(
    personas=frozenset(f"+849000000{number:02d}" for number in (*range(1, 10), 11, 12, 21, 22, 23, 31)),
    code="000000",
    wrong=frozenset({"+84900000092"}),
    limited=frozenset({"+84900000093"}),
    expired=frozenset({"+84900000094"}),
)


class OtpInvalid(Unprocessable):
    code = "otp_invalid"
    vi, en = "Mã xác thực không đúng", "The code is wrong"


class OtpExpired(Problem):
    status, code = 410, "otp_expired"
    vi, en = "Mã xác thực đã hết hạn, xin lấy mã mới", "The code is over; please ask for a new one"


class PasskeyRequired(Forbidden):
    code = "passkey_required"
    vi, en = "Cán bộ đăng nhập bằng khoá truy cập (passkey), không bằng mã SMS", "Officials sign in with a passkey"


class RefreshTokenReused(Unauthenticated):
    code = "refresh_token_reused"
    vi, en = "Phiên đăng nhập đã kết thúc vì lý do an toàn", "The session was ended for your safety"
