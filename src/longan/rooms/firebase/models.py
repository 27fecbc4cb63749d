"""Nouns of the room."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from longan.floor.access.entrance import SignInDevice
from longan.floor.access.tokens import Audience
from longan.floor.base.errors import NotFound, Unprocessable

IdToken = Annotated[
    str,
    Meta(
        min_length=20, max_length=4096, pattern="^[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+(?!\n)$",
        examples=["eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJ1aWQifQ.c2ln"],
    ),
]  # fmt: skip


class FirebaseEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`id_token` is what Firebase's SDK gives once the code it sent was typed in."""

    id_token: IdToken
    audience: Audience = "app"
    device: SignInDevice | None = None


class Verified(msgspec.Struct, frozen=True):
    """Whose phone Firebase has verified, and when."""

    phone: str
    at: datetime


class WayInNotOffered(NotFound):
    code = "way_in_not_offered"
    vi, en = "Cách đăng nhập này chưa được mở", "This way to sign in is not offered"


class IdTokenRefused(Unprocessable):
    code = "id_token_refused"
    vi, en = "Xác thực qua Firebase không còn giá trị, xin xác thực lại", "Firebase's proof is not good; verify again"
