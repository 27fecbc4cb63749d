"""Requests made from the route table itself, so that a new operation is walked without anybody thinking of it."""

import json
import random
import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import msgspec

from longan.api.edge import Edge
from longan.api.routing import Operation

HUGE = (2**31, 2**63 - 1, 2**63, 2**64, 10**30, 10**400, -1, -(2**31) - 1, -(2**63) - 1)
SURROGATE = "\ud800"
# What json.dumps does not write, as a text that is put into the finished document.
RAW = (
    "NaN",
    "Infinity",
    "1e400",
    "-0",
    "1E400",
    "0.1e1",
    "9" * 5_000,
    "[" * 70 + "]" * 70,
    '{"a":' * 70 + "1" + "}" * 70,
)
TEXTS = (
    "", " ", "a\x00b", f"ab{SURROGATE}", f"{SURROGATE}\udbff", "\ud83d\ude00", "\u202eabc", "x" * 300, "x" * 20_000,
    "ß" * 2_000, "e" + "\u0301" * 300, "27694\n", "١٢٣٤٥", "'; drop table jobs.postings; --", "%", "\\", "null",
    "2026-02-30", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-11-02T03:00:00+23:59",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2099-12-31T23:59:59.9999999Z", "99999-01-01T00:00:00Z",
    str(UUID(int=0)), "+84" + "9" * 29,
)  # fmt: skip
OTHERS: tuple[object, ...] = (None, True, 1, 1.5, 1e308, [], {}, [None], {"": None}, [[[[]]]], *HUGE)
QUERIES = (
    *map(str, HUGE), *TEXTS[:3], "nan", "inf", "-inf", "1e400", "1.0", "true", "[]", "a,b,c", ",",
    ",".join("x" * 9 for _ in range(100)), "x" * 3_000, "\u202e", "%00", "27694\n", "١", "-0", "0x10", "1_0", " 1",
    "1 ",
)  # fmt: skip


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Speaks ASGI with the app directly: there are thousands of requests."""

    def __init__(self, app: Edge) -> None:
        self._app = app
        self._client = (f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}", 4711)

    async def __call__(
        self,
        method: str,
        path: str,
        query: bytes = b"",
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        sent = [(b"host", b"test")]
        if body is not None:
            sent += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        sent += [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": quote(path).encode(), "query_string": query, "headers": sent, "root_path": "",
            "client": self._client, "server": ("test", 80),
        }  # fmt: skip
        status, answered, whole = 0, {}, bytearray()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body or b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                whole.extend(message.get("body", b""))

        await self._app(scope, receive, send)
        return Answer(status, answered, bytes(whole))


def path_of(operation: Operation, values: Mapping[str, object]) -> str:
    """The path with the values, an unknown id for what is not among them."""
    return re.sub(r"{(\w+)}", lambda found: str(values.get(found[1], uuid4())), operation.path)


def parameters_of(operation: Operation) -> list[str]:
    return re.findall(r"{(\w+)}", operation.path)


def struct_of(operation: Operation) -> type[msgspec.Struct] | None:
    """The struct of the body, None where none is taken."""
    data = operation.handler.parsed_fn_signature.parameters.get("data")
    return None if data is None else _struct_in(data.annotation)


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    if get_origin(kind) in (Annotated, Union, UnionType):
        return next((found for part in get_args(kind) if (found := _struct_in(part))), None)
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None


def valid_body(operation: Operation, employer: UUID) -> dict[str, Any] | None:
    """The document's own example, for an employer that is there; of an optional field something."""
    struct = struct_of(operation)
    if struct is None:
        return None
    body: dict[str, Any] = dict(operation.policy.request_example or {})  # type: ignore[call-overload]
    return body | ({"employer_id": str(employer)} if "employer_id" in body else {})


def body_of(operation: Operation, employer: UUID) -> bytes | None:
    """The example as it is sent; of an operation that takes files, the last kind of them (`House.headers` says so)."""
    policy = operation.policy
    if policy.takes:
        return msgspec.json.encode(policy.request_example[policy.takes[-1]])  # type: ignore[index]
    example = valid_body(operation, employer)
    return None if example is None else msgspec.json.encode(example)


def places(
    struct: type[msgspec.Struct], value: dict[str, Any], before: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Every field of the struct and of the structs in it, named by the way to it, whether the value has it or not."""
    for field in msgspec.structs.fields(struct):
        yield (*before, field.encode_name)
        inner = _struct_in(field.type)
        if inner is not None and isinstance(value.get(field.encode_name), dict):
            yield from places(inner, value[field.encode_name], (*before, field.encode_name))


def with_value(body: dict[str, Any], place: tuple[str, ...], value: object) -> dict[str, Any]:
    first, *rest = place
    return body | {first: with_value(body[first], tuple(rest), value) if rest else value}


def bodies(struct: type[msgspec.Struct], body: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The body with something hostile in each of its fields in turn, and what it is."""
    for place in [*places(struct, body), ("unknown",)]:
        name = "/".join(place)
        for value in (*TEXTS, *OTHERS):
            yield f"{name} = {value!r:.60}", json.dumps(with_value(body, place, value)).encode()
        marked = json.dumps(with_value(body, place, "@@")).encode()
        for raw in RAW:
            yield f"{name} = {raw:.60}", marked.replace(b'"@@"', raw.encode())


def query(**given: object) -> bytes:
    return urlencode(given, errors="surrogatepass").encode()
