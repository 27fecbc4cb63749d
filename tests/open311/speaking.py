"""What the tests of Open311 share: a key, a post, and documents read by readers that are not ours."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import asyncpg
import httpx
import msgspec

from longan.floor.setup.crypto import digest

WARD = "27694"
HERE = {"service_code": "ha_tang", "address_id": WARD, "description": "Đèn đường hư ba ngày nay"}
Key = Callable[..., Awaitable[str]]


async def give_key(conn: asyncpg.Connection, account: UUID, now: datetime, **given: Any) -> str:
    """A key as an administrator has given it."""
    secret = uuid4().hex
    await conn.execute(
        """insert into open311_keys.keys
               (digest, hint, partner, jurisdictions, a_minute, a_day, given_by, given_at)
           values ($1, $2, 'Trung tâm', $3, $4, $5, $6, $7)""",
        digest(secret), secret[-4:], given.get("jurisdictions"), given.get("a_minute", 1_000), 10_000, account, now,
    )  # fmt: skip
    return secret


def spark(element: ElementTree.Element, lists: frozenset[str]) -> Any:
    """An element by the Spark convention, as http://wiki.open311.org/JSON_and_XML_Conversion has it: a container of
    like elements is an array, what is empty is null. All that is no container stays text."""
    if element.tag in lists:
        return [spark(child, lists) for child in element]
    if len(element):
        return {child.tag: spark(child, lists) for child in element}
    return element.text or None


LISTS = frozenset({"services", "attributes", "values", "service_requests", "errors", "endpoints", "formats"})


def of_xml(body: bytes) -> Any:
    return spark(ElementTree.fromstring(body), LISTS)


def as_text(value: Any) -> Any:
    """JSON with its numbers and booleans as XML writes them."""
    if isinstance(value, dict):
        return {name: as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


async def both(client: httpx.AsyncClient, path: str, **query: str) -> Any:
    """A resource in JSON, after it was found to say the same in XML."""
    one = await client.get(f"/open311/{path}.json", params=query)
    other = await client.get(f"/open311/{path}.xml", params=query)
    assert one.status_code == other.status_code, (one.text, other.text)
    assert one.headers["content-type"] == "application/json; charset=utf-8"
    assert other.headers["content-type"] == "text/xml; charset=utf-8"
    assert other.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert as_text(one.json()) == of_xml(other.content)
    return one.json()
