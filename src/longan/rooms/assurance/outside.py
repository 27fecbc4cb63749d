"""An identity provider, over HTTP: asked whether what somebody says of themself is true of one person, and whether that
person is the one who says it."""

from typing import Annotated, Literal, Protocol
from uuid import UUID

import aiohttp
import msgspec
from msgspec import Meta

from longan.floor.accounts.personal import Particulars

SECONDS = 10.0
MOST_BYTES = 16_384

# `confirmed` is a register's word: such a person exists. `holder_confirmed` says besides that this person took part.
Said = Literal["holder_confirmed", "confirmed", "not_matched", "unknown"]


class CheckFailed(Exception):
    """The provider did not answer, or not so that it can be believed: nobody is confirmed by it."""


class IdentityCheck(Protocol):
    """Whoever the province has a contract with to confirm identities (NĐ 69/2024/NĐ-CP, NĐ 59/2022/NĐ-CP)."""

    async def check(self, reference: UUID, who: Particulars) -> Said:
        """What the provider says of `who`. The same `reference` again is the same question.

        Raises `CheckFailed`.
        """


class Answer(msgspec.Struct, frozen=True):
    """The provider repeats what it speaks of, so that an answer about somebody else, or an old one, confirms nobody."""

    reference: UUID
    number: Annotated[str, Meta(max_length=12)]
    full_name: Annotated[str, Meta(max_length=200)]
    birth_date: Annotated[str, Meta(max_length=10)]
    result: Said


class HttpIdentityCheck:
    """`POST {url}/identity-checks` with the key as Bearer token; 200 and an `Answer` of at most MOST_BYTES."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        self._session = session
        self._address = f"{url.rstrip('/')}/identity-checks"
        self._headers = {"Authorization": f"Bearer {key}"}

    async def check(self, reference: UUID, who: Particulars) -> Said:
        asked = {
            "reference": str(reference), "number": who.number, "full_name": who.full_name,
            "birth_date": who.birth_date.isoformat(), "sex": who.sex,
        }  # fmt: skip
        try:
            async with self._session.post(
                self._address,
                json=asked,
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                allow_redirects=False,
            ) as answer:
                if answer.status != 200 or answer.content_type != "application/json":
                    raise CheckFailed(f"status {answer.status}, {answer.content_type}"[:100])
                body = await _bounded(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CheckFailed(type(error).__name__) from None
        return believed(body, asked)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(4096):
        body += chunk
        if len(body) > MOST_BYTES:
            raise CheckFailed("the answer is too long")
    return bytes(body)


def believed(body: bytes, asked: dict[str, str]) -> Said:
    """What an answer says, if it is one to what was asked. Raises `CheckFailed`, which repeats nothing of it."""
    try:
        answer = msgspec.json.decode(body, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CheckFailed("the answer has not the form that was agreed") from None
    repeated = {
        "reference": str(answer.reference), "number": answer.number, "full_name": answer.full_name,
        "birth_date": answer.birth_date,
    }  # fmt: skip
    if any(asked[name] != value for name, value in repeated.items()):
        raise CheckFailed("the answer is about somebody else")
    return answer.result
