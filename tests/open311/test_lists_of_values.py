"""A question to which several answers may be given: in the definition, in a post, and in what is handed over."""

from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from longan.floor.feedback.receivers import Receiver, Service
from longan.rooms.handover.domain import fields_of
from longan.rooms.handover.models import Report
from tests.handover.test_round_trip import Connect, connect, form, report
from tests.open311.speaking import HERE, Key, both, of_xml

__all__ = ["connect", "form"]

QUESTION = {
    "code": "bo_phan", "datatype": "multivaluelist", "required": True, "text_vi": "Hư những gì?",
    "text_en": "What is broken?", "urgent": ["day_dien"],
    "values": [{"key": key, "name_vi": key, "name_en": key} for key in ("bong", "cot", "day_dien")],
}  # fmt: skip


@pytest.fixture(autouse=True)
async def asked(conn: asyncpg.Connection) -> None:
    await conn.execute(
        "update reference.feedback_categories set questions = questions || $1::text::jsonb where code = 'ha_tang'",
        msgspec.json.encode([QUESTION]).decode(),
    )


async def kept(conn: asyncpg.Connection) -> list[tuple[Any, bool]]:
    """The answers of all reports of partners, and whether they are urgent."""
    rows = await conn.fetch(
        "select attributes::text, is_urgent from feedback.reports where origin = 'open311' order by created_at, id"
    )
    return [(msgspec.json.decode(row["attributes"]), row["is_urgent"]) for row in rows]


async def test_the_definition_says_that_several_may_be_chosen(client: httpx.AsyncClient) -> None:
    found = await both(client, "v2/services/ha_tang")

    (attribute,) = [each for each in found["attributes"] if each["code"] == "bo_phan"]
    assert (attribute["datatype"], attribute["required"], attribute["variable"]) == ("multivaluelist", True, True)
    assert [each["key"] for each in attribute["values"]] == ["bong", "cot", "day_dien"]


@pytest.mark.parametrize("kind", ["json", "xml"])
async def test_all_that_were_chosen_are_kept_each_once(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection, kind: str
) -> None:
    secret = await key()

    async def post(**more: Any) -> httpx.Response:
        return await client.post(f"/open311/v2/requests.{kind}", data={"api_key": secret, **HERE, **more})

    several = await post(**{"attribute[bo_phan][]": ["cot", "bong", "cot"], "attribute[loai]": "dien"})
    one = await post(**{"attribute[bo_phan]": "day_dien"})
    wrong = [
        await post(**said)
        for said in ({"attribute[bo_phan][]": ["cot", "mai"]}, {"attribute[bo_phan]": ["cot", "bong"]}, {})
    ]

    assert [several.status_code, one.status_code] == [200, 200], several.text
    assert await kept(conn) == [
        ({"loai": "dien", "bo_phan": ["cot", "bong"]}, False), ({"bo_phan": ["day_dien"]}, True),
    ]  # fmt: skip
    assert [each.status_code for each in wrong] == [400, 400, 400]
    for each in wrong:
        (error,) = each.json() if kind == "json" else of_xml(each.content)
        assert "attribute[bo_phan]" in error["description"]


async def test_all_that_were_chosen_are_handed_over(connect: Connect, conn: asyncpg.Connection) -> None:
    there, service = await connect(), Service("ha_tang", False, {"bo_phan": "bo_phan", "loai": "loai"})
    receiver = Receiver(id="a", name="A", url="x", api_key="k", services={"ha_tang": service})
    given: Report = msgspec.structs.replace(report(), attributes={"loai": "dien", "bo_phan": ["bong", "cot"]})

    outcome = await there.post(fields_of(given, receiver, service, "https://id.example.vn"))

    assert outcome.verdict == "accepted"
    assert await kept(conn) == [({"loai": "dien", "bo_phan": ["bong", "cot"]}, False)]
