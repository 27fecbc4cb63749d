"""The national catalogue of procedures, over HTTP: which there are, and what it says of each.

The addresses and shapes are those the national portal's own pages use (docs/wire-formats.md); nobody promises them, so
each answer is believed only as far as it can be checked.
"""

from typing import Annotated, Any, Protocol

import aiohttp
import msgspec
import redis.asyncio
from msgspec import Meta

from longan.floor.base.errors import Problem
from longan.floor.dossiers.source_pace import SourceBusy, SourcePace
from longan.floor.formats import strict_json

SECONDS = 15.0
MOST_LIST_BYTES = 4 * 1024 * 1024
MOST_DETAIL_BYTES = 2 * 1024 * 1024
PAGE = 50
CALLS_PER_SECOND = 10
PATIENCE = 30.0
LIST = "/api/v1/submitting/formality/list-all-public-formality-by-citizen"
DETAIL = "/api/v1/configuring/formality/get-formality-by-citizen"

Word = Annotated[str, Meta(max_length=100)]


class SourceDown(Exception):
    """The source did not answer, or not so that it can be believed. What it says names the kind of failure and repeats
    nothing that the source wrote."""


class Listed(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1, max_length=100)]
    code: Word | None = None
    codeNotation: Word | None = None  # noqa: N815


class Listing(msgspec.Struct, frozen=True):
    """`lastId` is where the next page begins, empty after the last; `total` how many there are in all."""

    items: Annotated[list[Listed], Meta(max_length=1_000)]
    lastId: Word | None = None  # noqa: N815
    total: Annotated[int, Meta(ge=0, le=10**6)] | None = None


class ListAnswer(msgspec.Struct, frozen=True):
    code: Word
    data: Listing


class ProcedureSource(Protocol):
    """Whoever publishes procedures."""

    async def page(self, position: str, sought: str = "") -> Listing:
        """Those after `position`, empty for the first ones. Raises `SourceDown`."""

    async def detail(self, identifier: str) -> object | None:
        """What it says of one, as decoded from JSON; None where it says that there is none. Raises `SourceDown`."""


class HttpProcedures:
    """`POST {url}` with a JSON body; 200 or 201, and `{"code": "OK", "data": ...}`."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, valkey: redis.asyncio.Redis, *, seconds: float = SECONDS
    ) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._pace = SourcePace(valkey, "procedures", CALLS_PER_SECOND, burst=CALLS_PER_SECOND)

    async def page(self, position: str, sought: str = "") -> Listing:
        asked = {"limit": PAGE, "lastId": position, "q": sought, "categoryId": "", "departmentCode": ""}
        try:
            answer = strict_json.convert(await self._post(LIST, asked, MOST_LIST_BYTES), ListAnswer)
        except Problem:
            raise SourceDown("the list has not the form that is known") from None
        if answer.code != "OK":
            raise SourceDown("it says that it cannot")
        if not strict_json.is_clean(answer.data.lastId or ""):
            raise SourceDown("the list has not the form that is known")
        return answer.data

    async def detail(self, identifier: str) -> object | None:
        answer = await self._post(DETAIL, {"id": identifier}, MOST_DETAIL_BYTES)
        if not isinstance(answer, dict):
            raise SourceDown("an answer has not the form that is known")
        return answer.get("data") if answer.get("code") == "OK" else None

    async def _post(self, path: str, body: dict[str, Any], most: int) -> Any:
        try:
            await self._pace.turn(PATIENCE)
        except SourceBusy as busy:
            raise SourceDown(str(busy)) from None
        try:
            # Compressed, a small answer could become a large one; elsewhere, anybody could answer.
            async with self._session.post(
                self._url + path, json=body, timeout=self._timeout, allow_redirects=False,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            ) as answer:  # fmt: skip
                if answer.status not in (200, 201):
                    raise SourceDown(f"status {answer.status}")
                if answer.content_type != "application/json" or "Content-Encoding" in answer.headers:
                    raise SourceDown("not plain JSON")
                sent = await _bounded(answer, most)
        except TimeoutError:
            raise SourceDown("no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SourceDown(type(error).__name__) from None
        try:
            return strict_json.loads(sent)
        except Problem:
            raise SourceDown("not JSON") from None


async def _bounded(answer: aiohttp.ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        body += chunk
        if len(body) > most:
            answer.close()
            raise SourceDown("the answer is too long")
    return bytes(body)
