"""The limit of a cached answer: an ASGI application that does nothing but send the same headers and bytes."""

import json
import os
from base64 import b64decode
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]

# path -> {"headers": [[name, value], ...], "body": base64}, taken from our own answers.
ANSWERS_FILE = "BENCH_ANSWERS"


def _message_pairs() -> dict[str, tuple[Message, Message]]:
    kept = json.loads(Path(os.environ[ANSWERS_FILE]).read_text())
    return {
        path: (
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(name.encode(), value.encode()) for name, value in answer["headers"]],
            },
            {"type": "http.response.body", "body": b64decode(answer["body"])},
        )
        for path, answer in kept.items()
    }


def app() -> Callable[..., Awaitable[None]]:
    """The application, as a factory."""
    pairs = _message_pairs()

    async def answer(scope: Message, receive: Callable[[], Awaitable[Message]], send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        start, body = pairs[scope["path"]]
        await send(start)
        await send(body)

    return answer
