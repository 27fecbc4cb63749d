"""Discovery, services and their questions, field by field."""

import re

import httpx
import pytest
from msgspec.structs import replace

from longan.api.edge import Edge
from tests.open311.speaking import both

SERVICE = ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]
ATTRIBUTE = [
    "variable", "code", "datatype", "required", "datatype_description", "order", "description", "values",
]  # fmt: skip


async def test_the_discovery_document_has_the_fields_of_its_specification(client: httpx.AsyncClient) -> None:
    found = await both(client, "discovery")

    assert list(found) == ["changeset", "contact", "key_service", "endpoints"]
    (endpoint,) = found["endpoints"]
    assert list(endpoint) == ["specification", "url", "changeset", "type", "formats"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"] == "http://127.0.0.1:8000/open311/v2"
    assert endpoint["type"] == "test"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", endpoint["changeset"])


async def test_services_are_the_categories_that_are_handled(client: httpx.AsyncClient) -> None:
    found = await both(client, "v2/services")

    assert all(list(service) == SERVICE for service in found)
    assert {type(service["metadata"]) for service in found} == {bool}
    by_code = {service["service_code"]: service for service in found}
    assert len(by_code) == 12
    assert by_code["ha_tang"]["type"] == "realtime"
    assert by_code["thai_do"]["type"] == "batch"
    assert by_code["ha_tang"]["metadata"] is True
    assert "rác" in by_code["moi_truong"]["keywords"].split(", ")


async def test_a_definition_has_the_questions_in_their_order(client: httpx.AsyncClient) -> None:
    found = await both(client, "v2/services/ha_tang")

    assert list(found) == ["service_code", "attributes"]
    assert [attribute["order"] for attribute in found["attributes"]] == [1, 2]
    for attribute in found["attributes"]:
        assert list(attribute) == ATTRIBUTE
        assert all(list(value) == ["key", "name"] for value in attribute["values"])
    assert found["attributes"][0]["datatype"] == "singlevaluelist"
    assert {"key": "dien", "name": "Điện"} in found["attributes"][0]["values"]


async def test_names_are_in_english_where_that_is_preferred(client: httpx.AsyncClient) -> None:
    answer = await client.get("/open311/v2/services.json", headers={"Accept-Language": "en"})

    assert answer.json()[0]["service_name"].startswith("Public works")


@pytest.mark.parametrize("code", ["nothing", "khieu_nai", "HA_TANG"])
async def test_there_is_no_definition_of_what_is_not_handled(client: httpx.AsyncClient, code: str) -> None:
    found = await both(client, f"v2/services/{code}")

    assert found == [{"code": 404, "description": "Không có service_code này"}]


@pytest.mark.parametrize("path", ["services/ha_tang", "services/ha_tang.html", "services/.json", "requests/x.csv"])
async def test_a_resource_has_the_two_formats_and_no_other(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/open311/v2/{path}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/xml; charset=utf-8" or path.endswith(".json")


async def test_the_path_says_the_format_and_no_header(client: httpx.AsyncClient) -> None:
    for accept in ("application/json", "application/xml", "text/html,*/*;q=0.1", "image/png"):
        answer = await client.get("/open311/v2/services.xml", headers={"Accept": accept})

        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")


async def test_where_several_jurisdictions_are_served_one_is_named(client: httpx.AsyncClient, app: Edge) -> None:
    state = app.app.state
    before = state.settings
    state.settings = replace(before, open311_jurisdictions="tayninh.gov.vn=80, angiang.gov.vn=91")
    try:
        missing = await both(client, "v2/services")
        unknown = await both(client, "v2/services", jurisdiction_id="sfgov.org")
        known = await both(client, "v2/services", jurisdiction_id="angiang.gov.vn")
        empty = await both(client, "v2/requests", jurisdiction_id="")
        discovery = await both(client, "discovery")
    finally:
        state.settings = before

    assert missing == [{"code": 400, "description": "Cần gửi jurisdiction_id"}] == empty
    assert unknown == [{"code": 404, "description": "Không có jurisdiction_id này"}]
    assert len(known) == 12
    assert "tayninh.gov.vn, angiang.gov.vn" in discovery["contact"]


async def test_an_empty_argument_is_one_that_was_not_given(client: httpx.AsyncClient) -> None:
    plain = await both(client, "v2/requests")

    names = ("service_request_id", "service_code", "start_date", "end_date", "status", "jurisdiction_id", "api_key")
    assert await both(client, "v2/requests", **dict.fromkeys(names, "")) == plain
