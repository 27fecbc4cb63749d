"""How a walk through the running service is shown to people: each request, its answer, the time it took."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode

import httpx
from rich.console import Console
from rich.highlighter import JSONHighlighter

WAIT_SECONDS = 15.0
POLL_SECONDS = 0.2
INDENT = " " * 5
WIDTH = 100
LONGEST_TEXT = 80
MOST_ITEMS = 2
DEEPEST = 4


class Wrong(Exception):
    """A step is not as it should be: one sentence."""


class Walk:
    """One walk over `client`: requests to the API at `api` and looks at the stand-ins at `local`.

    `etag` is that of the last answer, `asked` how many requests there were.
    """

    def __init__(self, client: httpx.AsyncClient, api: str, local: str, console: Console) -> None:
        self.etag = ""
        self.asked = 0
        self._client = client
        self._api = api
        self._local = local
        self._console = console
        self._titles = 0

    def title(self, text: str, sentence: str) -> None:
        self._titles += 1
        self._console.print(f"\n[bold]{self._titles}. {text}[/]")
        self.say(sentence)

    def say(self, sentence: str) -> None:
        self._console.print(f"   {sentence}", markup=False)

    def check(self, fine: bool, otherwise: str) -> None:
        """Raises `Wrong`."""
        if not fine:
            raise Wrong(f"This is not as it should be: {otherwise}.")

    async def ask(
        self, method: str, path: str, body: object = None, *, query: Mapping[str, str] | None = None,
        token: str | None = None, headers: Mapping[str, str] | None = None, expect: int = 200, only: str = "",
    ) -> Any:  # fmt: skip
        """Send a request, show it with its answer, and give the answer's JSON; of the answer `only` these fields (names
        with spaces between) are shown, or of a page the `titles` of jobs, the `procedures`. Raises `Wrong` for another
        status than expected."""
        path = f"{path}?{urlencode(query)}" if query else path
        answer = await self.send(method, path, body, token=token, headers=headers)
        self.show(method, path, body, answer, only=only)
        if answer.status_code != expect:
            said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            later = f"; again in {answer.headers['retry-after']} s" if "retry-after" in answer.headers else ""
            raise Wrong(
                f"{method} {path} should be answered {expect}, and is {answer.status_code} "
                f"({said.get('code')}: {said.get('title')}{later})."
            )
        self.etag = answer.headers.get("etag", "")
        return answer.json() if answer.content else None

    async def send(
        self, method: str, path: str, body: object = None, *, token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Send a request without showing it."""
        self.asked += 1
        sent = {"Accept-Language": "en", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        try:
            if body is None:
                return await self._client.request(method, self._api + path, headers=sent)
            return await self._client.request(method, self._api + path, headers=sent, json=body)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Wrong(
                f"Nothing answers at {self._api} ({type(error).__name__}): start it with `make run` in another "
                "terminal, or set LONGAN_PORT."
            ) from error

    async def happen(self, path: str, body: object) -> None:
        """Let something happen at the stand-ins. Raises `Wrong` when it does not."""
        try:
            answer = await self._client.post(self._local + path, json=body)
        except httpx.TransportError as error:
            raise Wrong(f"The local gateway does not answer at {self._local} ({type(error).__name__}).") from error
        self._line("POST", self._local + path, "")
        self._json(body)
        self.check(answer.is_success, f"{path} is answered {answer.status_code}")

    async def until(self, path: str, found: Callable[[Any], Any], *, what: str) -> Any:
        """What is `found` in an answer of the stand-ins, once it is there. Raises `Wrong` when it does not come."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                answer = await self._client.get(self._local + path)
            except httpx.TransportError as error:
                raise Wrong(
                    f"The local gateway does not answer at {self._local} ({type(error).__name__}): is it `make run` "
                    "that runs? Else set LONGAN_DEVKIT_PORT."
                ) from error
            if answer.status_code == 200 and (it := found(answer.json())):
                self._line("GET", self._local + path, "")
                self._answer(answer.status_code, answer.elapsed.total_seconds(), it)
                return it
            if time.monotonic() > deadline:
                raise Wrong(f"{what} did not arrive within {WAIT_SECONDS:.0f} s; .longan/log/worker.log may say why.")
            await asyncio.sleep(POLL_SECONDS)

    def show(
        self, method: str, path: str, body: object, answer: httpx.Response, times: str = "", *, only: str = ""
    ) -> None:
        """A request and its answer, shortened."""
        self._line(method, path, times)
        if body is not None:
            self._json(body)
        said: Any = answer.json() if "json" in answer.headers.get("content-type", "") else None
        if answer.is_success and only == "titles":
            said = [f"{job['title']} ({job['employer']['name']}, {job['ward_code']})" for job in said["items"]]
        elif answer.is_success and only == "procedures":
            said = [f"{procedure['code']} {procedure['name']}" for procedure in said["items"]]
        elif answer.is_success and only:
            said = {name: said[name] for name in only.split()}
        self._answer(answer.status_code, answer.elapsed.total_seconds(), said)

    def _line(self, method: str, path: str, times: str) -> None:
        self._console.print(f"\n   [cyan]{method}[/] {unquote_plus(path)} {times}".rstrip())

    def _answer(self, status: int, seconds: float, said: object) -> None:
        colour = "green" if status < 400 else "yellow"
        self._console.print(f"   [{colour}]{status}[/] [dim]in {seconds * 1000:.0f} ms[/]")
        if said is not None:
            self._json(said)

    def _json(self, value: object) -> None:
        text = pretty(short(value), INDENT)
        self._console.print(JSONHighlighter()(INDENT + text))


def pretty(value: Any, indent: str) -> str:
    """JSON in which whatever fits into a line stands in one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list):
        return flat
    deeper = indent + "  "
    if isinstance(value, list):
        return "[" + ",".join(f"\n{deeper}{pretty(each, deeper)}" for each in value) + f"\n{indent}]"
    inner = (f"\n{deeper}{json.dumps(name)}: {pretty(each, deeper)}" for name, each in value.items())
    return "{" + ",".join(inner) + f"\n{indent}}}"


def short(value: Any, depth: int = 0) -> Any:
    """The same value, for the eye: long texts, long lists and what lies deep are cut with an ellipsis."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…"
    if isinstance(value, dict | list) and value and depth >= DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {name: short(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        cut = [short(inner, depth + 1) for inner in value[:MOST_ITEMS]]
        return cut if len(value) <= MOST_ITEMS else [*cut, f"… and {len(value) - MOST_ITEMS} more"]
    return value
