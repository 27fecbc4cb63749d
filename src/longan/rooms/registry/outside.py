"""The tax registry, over HTTP: whether a tax code was issued, to whom, and whether they still work under it."""

from typing import Annotated, Literal, Protocol
from uuid import UUID

import aiohttp
import msgspec
from msgspec import Meta

from longan.floor.base.errors import Problem
from longan.floor.formats import strict_json

SECONDS = 10.0
MOST_BYTES = 16_384

Result = Literal["active", "paused", "ceased", "not_found"]


class RegistryDown(Exception):
    """The registry did not answer, or not so that it can be believed. What it says names the kind of failure and
    repeats nothing that the registry wrote."""


class Taxpayer(msgspec.Struct, frozen=True):
    """What the registry says of a tax code; name and address are None for one that it does not know."""

    result: Result
    name: str | None
    address: str | None


class TaxRegistry(Protocol):
    """The register of taxpayers (Cục Thuế, TT 86/2024/TT-BTC)."""

    async def look_up(self, reference: UUID, tax_code: str) -> Taxpayer:
        """What is registered under `tax_code` in its one spelling. The same `reference` again is the same question.

        Raises `RegistryDown`.
        """


class Answer(msgspec.Struct, frozen=True):
    """The registry repeats what it speaks of, so that an answer about another code, or an old one, is evidence of
    nothing."""

    reference: UUID
    tax_code: Annotated[str, Meta(max_length=14)]
    result: Result
    name: Annotated[str, Meta(max_length=500)] | None = None
    address: Annotated[str, Meta(max_length=1_000)] | None = None


class HttpTaxRegistry:
    """`POST {url}/taxpayers/lookups` with the key as Bearer token; 200 and an `Answer` of at most MOST_BYTES.

    The code is in the body: it may be the number of a person, and addresses are written into logs.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        self._session = session
        self._address = f"{url.rstrip('/')}/taxpayers/lookups"
        # Not compressed: a few bytes could become as many as they like.
        self._headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}

    async def look_up(self, reference: UUID, tax_code: str) -> Taxpayer:
        asked = {"reference": str(reference), "tax_code": tax_code}
        try:
            async with self._session.post(
                self._address,
                json=asked,
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                allow_redirects=False,
            ) as answer:
                if answer.status != 200:
                    raise RegistryDown(f"status {answer.status}")
                if answer.content_type != "application/json" or "Content-Encoding" in answer.headers:
                    raise RegistryDown("not plain JSON")
                body = await _bounded(answer)
        except TimeoutError:
            raise RegistryDown("no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise RegistryDown(type(error).__name__) from None
        return believed(body, reference, tax_code)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(4096):
        body += chunk
        if len(body) > MOST_BYTES:
            raise RegistryDown("the answer is too long")
    return bytes(body)


def believed(body: bytes, reference: UUID, tax_code: str) -> Taxpayer:
    """What an answer says, if it is one to what was asked; name and address each on one line, in letters that can be
    seen. Raises `RegistryDown`."""
    try:
        answer = strict_json.decode(body, Answer)
    except Problem:
        raise RegistryDown("the answer has not the form that was agreed") from None
    if (answer.reference, answer.tax_code) != (reference, tax_code):
        raise RegistryDown("the answer is about something else")
    if answer.result == "not_found":
        return Taxpayer("not_found", None, None)
    name = _line(answer.name)
    if name is None:
        raise RegistryDown("the answer has not the form that was agreed")
    return Taxpayer(answer.result, name, _line(answer.address))


def _line(text: str | None) -> str | None:
    return " ".join((text or "").split()) or None
