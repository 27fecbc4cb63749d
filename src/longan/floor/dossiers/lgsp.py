"""The provincial integration platform (LGSP), over HTTP: what is known of a dossier, by its code.

The wire format is an assumption (docs/wire-formats.md) and spoken here only. A client lives as long as its process: it
keeps the platform's session, its connections, and how the last questions went.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import aiohttp
import msgspec
import redis.asyncio

from longan.floor.base.errors import Problem
from longan.floor.dossiers.lgsp_answers import OK, OVER, Answer, Dossier, NotBelieved, Session, dossier_in
from longan.floor.dossiers.source_pace import SourceBusy, SourcePace
from longan.floor.formats import strict_json
from longan.floor.setup.settings import Settings

SECONDS = 8.0
MOST_BYTES = 262_144
# Whoever waits for an answer waits so long for their turn.
PATIENCE = 2.0
AT_ONCE = 32
FAILURES_TO_OPEN = 5
REST_SECONDS = 30.0

T = TypeVar("T", bound=msgspec.Struct)

log = logging.getLogger("longan.lgsp")


class SourceDown(Exception):
    """The source did not answer, or not so that it can be believed. What it says names the kind of failure and repeats
    nothing that the source wrote. `retry_after` in seconds."""

    def __init__(self, kind: str, retry_after: int = 30) -> None:
        super().__init__(kind)
        self.retry_after = retry_after


class SourceUnasked(SourceDown):
    """The source was not asked: it is left alone for a while, or was asked as often as it may be. That says nothing
    about what it knows."""


class Doubted(SourceDown):
    """What the source says of this dossier cannot be believed. That says nothing about others."""


class Source(Protocol):
    """Whoever knows how far dossiers are."""

    async def dossier(self, code: str, patience: float = PATIENCE) -> Dossier | None:
        """The dossier with this code in its one spelling, None where the source knows none. Waits `patience` seconds at
        most for a turn. Raises `SourceDown`; `SourceUnasked` where it was not even asked."""


class Account(msgspec.Struct, frozen=True):
    """As whom we sign in, and for which unit we ask."""

    url: str
    user: str
    password: str
    unit: str

    def __repr__(self) -> str:
        return "Account(…)"


class Breaker:
    """Leaves a source alone for `rest` seconds after `failures` in a row; then one question goes first, and the others
    follow when it is answered."""

    def __init__(
        self, failures: int = FAILURES_TO_OPEN, rest: float = REST_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0

    def enter(self) -> None:
        """Raises `SourceUnasked` while the source is left alone."""
        if self._failures < self._most:
            return
        left = self._open_until - self._clock()
        if left > 0:
            raise SourceUnasked("left alone for a while", int(left) + 1)
        self._open_until = self._clock() + self._rest

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._most:
            self._open_until = self._clock() + self._rest

    def worked(self) -> None:
        self._failures = 0


class Lgsp:
    """`POST {url}/mapapi/login` for a session, and with it `POST {url}/mapapi/g` for each question; a session that is
    over is renewed once, by one for all who wait."""

    def __init__(
        self, account: Account, pace: SourcePace, *, seconds: float = SECONDS, breaker: Breaker | None = None
    ) -> None:
        self._account = account
        self._pace = pace
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._breaker = breaker or Breaker()
        self._http: aiohttp.ClientSession | None = None
        self._session: str | None = None
        self._renewal: asyncio.Task[str] | None = None
        self._busy = 0

    async def dossier(self, code: str, patience: float = PATIENCE) -> Dossier | None:
        self._breaker.enter()
        if self._busy >= AT_ONCE:
            raise SourceUnasked("too many wait for it", 2)
        self._busy += 1
        try:
            found = await self._dossier(code, patience)
        except SourceBusy as busy:
            # That we may not ask says nothing about the source.
            raise SourceUnasked(str(busy), int(busy.seconds or 0) + 1) from None
        except Doubted as doubted:
            # Of one dossier it says what cannot be; of all others it may be right.
            self._breaker.worked()
            log.warning("the source of dossiers: %s", doubted)
            raise
        except SourceDown as down:
            self._breaker.failed()
            log.warning("the source of dossiers: %s", down)
            raise
        finally:
            self._busy -= 1
        self._breaker.worked()
        return found

    async def close(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
        if self._http is not None:
            await self._http.close()

    async def _dossier(self, code: str, patience: float) -> Dossier | None:
        session = await self._session_after(None, patience)
        answer = await self._look_up(code, session, patience)
        if answer.error_code == OVER:
            session = await self._session_after(session, patience)
            answer = await self._look_up(code, session, patience)
        try:
            return dossier_in(answer, code)
        except NotBelieved as error:
            raise Doubted(str(error)) from None

    async def _look_up(self, code: str, session: str, patience: float) -> Answer:
        # The code is in the body: addresses are written into logs.
        asked = {"session": session, "madonvi": self._account.unit, "service": "TraCuuHoSo", "mahoso": code}
        return await self._post("/mapapi/g", asked, Answer, patience)

    async def _session_after(self, over: str | None, patience: float) -> str:
        """A session other than the one that is over; one is asked for at a time."""
        if self._session is not None and self._session != over:
            return self._session
        if self._renewal is None:
            self._renewal = asyncio.ensure_future(self._sign_in(patience))
            self._renewal.add_done_callback(self._renewed)
        # Whoever gives up must not take the session away from the others.
        return await asyncio.shield(self._renewal)

    def _renewed(self, renewal: "asyncio.Task[str]") -> None:
        self._renewal = None
        self._session = None if renewal.cancelled() or renewal.exception() else renewal.result()

    async def _sign_in(self, patience: float) -> str:
        asked = {"username": self._account.user, "password": self._account.password}
        answer = await self._post("/mapapi/login", asked, Session, patience)
        if answer.error_code != OK or not answer.session:
            log.error("the source of dossiers does not take us")
            raise SourceDown("it does not take us")
        return answer.session

    async def _post(self, path: str, body: dict[str, str], kind: type[T], patience: float) -> T:
        await self._pace.turn(patience)
        if self._http is None:
            self._http = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
                # Compressed, a small answer could become a large one.
                headers={"Accept-Encoding": "identity"},
            )  # fmt: skip
        try:
            async with self._http.post(
                self._account.url.rstrip("/") + path, json=body, timeout=self._timeout, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise SourceDown(f"status {answer.status}")
                if answer.content_type != "application/json" or "Content-Encoding" in answer.headers:
                    raise SourceDown("not plain JSON")
                sent = await _bounded(answer)
        except TimeoutError:
            raise SourceDown("no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SourceDown(type(error).__name__) from None
        try:
            return strict_json.convert(strict_json.loads(sent), kind)
        except Problem:
            raise SourceDown("the answer has not the form that was agreed") from None


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(16_384):
        body += chunk
        if len(body) > MOST_BYTES:
            # What else is under way is not read.
            answer.close()
            raise SourceDown("the answer is too long")
    return bytes(body)


def client(settings: Settings, valkey: redis.asyncio.Redis, *, ahead: float | None = None) -> Lgsp | None:
    """The process's client, to be closed with it; None where no platform is set up. `ahead` as in `SourcePace`."""
    if not settings.lgsp_url:
        return None
    account = Account(settings.lgsp_url, settings.lgsp_user, settings.lgsp_password, settings.lgsp_unit)
    return Lgsp(account, SourcePace(valkey, "lgsp", settings.lgsp_calls_per_second, ahead=ahead))
