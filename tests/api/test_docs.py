"""The page of the document and the pages of the problems: whole without the internet, for people and for programs."""

import re
from html import escape

import httpx
import jsonschema
import pytest

from longan.api import advice, openapi
from longan.api.edge import Edge
from longan.floor.base.errors import Problem, catalogue

# What Chromium sends when somebody types an address, and when a page asks for its styles and its scripts.
ADDRESS = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
STYLE = "text/css,*/*;q=0.1"
SCRIPT = "*/*"

PROBLEMS = sorted({problem.code: problem for problem in catalogue()}.values(), key=lambda problem: problem.code)


async def test_the_page_and_all_it_asks_for_come_from_here(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs", headers={"Accept": ADDRESS})

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "//" not in page.text
    asked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(asked) == 5
    for address in asked:
        answer = await client.get(address, headers={"Accept": STYLE if address.endswith("css") else SCRIPT})
        assert answer.status_code == 200, address
        assert answer.content


async def test_the_page_shows_the_document_and_asks_no_validator(client: httpx.AsyncClient) -> None:
    script = (await client.get("/docs/assets/start.js")).text

    assert 'url: "/docs/openapi.json"' in script
    assert "validatorUrl: null" in script
    assert "://" not in script


async def test_a_file_of_the_page_that_the_browser_holds_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/docs/assets/swagger-ui.css")

    again = await client.get("/docs/assets/swagger-ui.css", headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("name", ["index.html", "swagger-editor.js", "%2e%2e", "LICENSE"])
async def test_no_other_file_of_the_package_is_served(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/docs/assets/{name}")

    assert answer.status_code == 404


async def test_the_document_is_served_with_an_etag(client: httpx.AsyncClient, app: Edge) -> None:
    first = await client.get("/docs/openapi.json", headers={"Accept": ADDRESS})
    again = await client.get("/docs/openapi.json", headers={"If-None-Match": first.headers["etag"]})

    assert first.status_code == 200
    assert first.headers["content-type"] == "application/json"
    assert first.content == openapi.Document(app.routes).body
    assert again.status_code == 304


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.code)
async def test_every_problem_has_a_page(client: httpx.AsyncClient, problem: type[Problem]) -> None:
    page = await client.get(f"/problems/{problem.code}", headers={"Accept": ADDRESS})

    why = advice.of(problem)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for words in (problem.vi, problem.en, problem.code, str(problem.status), why.cause.vi, why.fix.en):
        assert escape(words) in page.text, words


async def test_a_problem_is_json_for_a_program(client: httpx.AsyncClient, app: Edge) -> None:
    answer = await client.get("/problems/job_not_open", headers={"Accept": "application/json"})

    told = answer.json()
    assert answer.status_code == 200
    assert answer.headers["vary"] == "Accept"
    assert (told["code"], told["status"], told["type"]) == ("job_not_open", 409, "/problems/job_not_open")
    assert "apply_to_job" in told["operations"]
    schemas = app.app.state.document.value["components"]
    jsonschema.validate(told, {"$ref": "#/components/schemas/ProblemKind", "components": schemas})


async def test_all_problems_are_listed_for_both(client: httpx.AsyncClient) -> None:
    page = await client.get("/problems", headers={"Accept": ADDRESS})
    items = (await client.get("/problems", headers={"Accept": "application/json"})).json()["items"]

    codes = [item["code"] for item in items]
    assert set(codes) == {problem.code for problem in PROBLEMS}
    for code in codes:
        assert f'href="/problems/{code}"' in page.text


async def test_an_unknown_problem_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get("/problems/no_such_code")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


async def test_the_type_of_an_answered_problem_leads_to_its_page(client: httpx.AsyncClient) -> None:
    refused = (await client.get("/v1/nothing")).json()

    page = await client.get(refused["type"])

    assert page.status_code == 200
    assert refused["title"] in page.text
