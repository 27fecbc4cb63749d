"""Nouns of the room: what is asked for and answered on the way in, and how it is refused."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.entrance import Seconds, SignInDevice
from longan.errors import Forbidden, Problem, Unprocessable
from longan.fields import Identifier, PhoneInput
from longan.tokens import Audience

Code = Annotated[str, Meta(pattern="^[0-9]{6}$", max_length=6, description="Six digits", examples=["048213"])]


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
