"""HTTP of the room."""

from typing import Any

HANDLERS: list[Any] = []
