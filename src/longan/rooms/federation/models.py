"""Nouns of the room: providers, a sign-in under way, the ways into an account, and how one is refused."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.access.entrance import Seconds, SignInDevice
from longan.floor.access.tokens import Audience
from longan.floor.accounts.openid import ClaimNames
from longan.floor.base.errors import Conflict, Problem, Unprocessable
from longan.floor.base.fields import Count, Timestamp

Secret = Annotated[str, Meta(min_length=20, max_length=128, pattern="^[A-Za-z0-9_-]*(?!\n)$")]


class IdentityProvider(msgspec.Struct, frozen=True):
    """`name` in the reader's language."""

    id: str
    name: str


class IdentityProviders(msgspec.Struct, frozen=True):
    items: list[IdentityProvider]


class BeginIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    audience: Audience = "app"


class Begun(msgspec.Struct, frozen=True):
    """Open `authorization_url` in the phone's browser. Take nothing back whose `state` is another; `continuation` stays
    in the app and never enters an address, so that only the app that began can end it."""

    authorization_url: str
    state: str
    continuation: str
    expires_in: Seconds


class Returned(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What the provider sent back through the browser, as it stands in the address (`iss`: RFC 9207), and the
    `continuation` that the app kept."""

    state: Secret
    continuation: Secret
    code: Annotated[str, Meta(min_length=1, max_length=4096, pattern="^[\\x21-\\x7e]*(?!\n)$")]
    iss: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


class SignInReturned(Returned, forbid_unknown_fields=True, frozen=True, kw_only=True):
    device: SignInDevice | None = None


class LinkedProvider(msgspec.Struct, frozen=True):
    provider: str
    name: str
    linked_at: Timestamp


class WaysIn(msgspec.Struct, frozen=True):
    """How one signs in to this account. `phone` is masked, null without one."""

    phone: str | None
    passkeys: Count
    providers: list[LinkedProvider]


class UnderWay(msgspec.Struct, frozen=True):
    """Somebody sent to a provider. `account_id` is whose way in this will be, None for a sign-in."""

    issuer: str
    audience: Audience
    nonce: str
    verifier: str
    account_id: UUID | None
    key_thumbprint: str | None
    created_at: Timestamp


class Link(msgspec.Struct, frozen=True):
    issuer: str
    linked_at: Timestamp


class Standing(msgspec.Struct, frozen=True):
    """The ways into an account."""

    phone_cipher: bytes | None
    passkeys: int


class Person(msgspec.Struct, frozen=True):
    """What a provider says of somebody whom it has identified."""

    personal_number: Annotated[str, Meta(pattern="^[0-9]{12}(?!\n)$")]
    full_name: Annotated[str, Meta(min_length=1, max_length=200)]
    birth_date: date


def person_of(said: Mapping[str, object], names: ClaimNames) -> Person | None:
    """Who a provider says it is, if it says all of it in good form."""
    if names.personal_number is None:
        return None
    given = {
        "personal_number": said.get(names.personal_number),
        "full_name": said.get(names.full_name),
        "birth_date": said.get(names.birth_date),
    }
    try:
        return msgspec.convert(given, Person)
    except msgspec.ValidationError:
        return None


class Identified(msgspec.Struct, frozen=True):
    """Whom a provider vouches for, and what its word is worth here; `person` is None when it says too little."""

    issuer: str
    subject: str
    acr: int
    person: Person | None


class SignInOver(Problem):
    status, code = 410, "federated_sign_in_over"
    vi, en = "Lần đăng nhập này đã hết hạn, xin bắt đầu lại", "This sign-in is over; please begin again"


class ProviderRefused(Unprocessable):
    code = "provider_refused"
    vi, en = "Nhà cung cấp định danh không chấp nhận mã này", "The identity provider does not take this code"


class ProviderUntrusted(Unprocessable):
    code = "provider_untrusted"
    vi, en = "Câu trả lời của nhà cung cấp định danh không tin được", "The identity provider's answer proves nothing"


class AlreadyLinked(Conflict):
    code = "already_linked"
    vi, en = "Danh tính này đã được liên kết rồi", "This identity or this provider is linked already"


class PersonDiffers(Conflict):
    code = "person_differs"
    vi, en = (
        "Danh tính này khác danh tính đã xác nhận của tài khoản",
        "This is not the identity the account is confirmed for",
    )
