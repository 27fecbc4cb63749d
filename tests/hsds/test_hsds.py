"""Procedures as HSDS, held against the specification member by member."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from longan.rooms.hsds import store
from longan.rooms.hsds.models import lasting_id
from tests.hsds.specification import TABLE, faults, page_faults

Client = httpx.AsyncClient
RESIDENCE = lasting_id("service:1.004194")


async def asked(client: Client, path: str, **params: Any) -> Any:
    answer = await client.get(f"/v1/hsds/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_it_says_which_specification_it_speaks(client: Client) -> None:
    about = (await client.get("/v1/hsds")).json()

    assert about["version"] == "3.1" and about["openapi_url"] == "http://127.0.0.1:8000/docs/openapi.json"


async def test_a_service_has_the_papers_costs_and_times_of_its_procedure(client: Client) -> None:
    procedure = (await client.get("/v1/procedures/1.004194/versions/1")).json()["procedure"]

    service = await asked(client, f"services/{RESIDENCE}")

    assert faults("service", service) == []
    assert (service["name"], service["status"]) == ("Đăng ký tạm trú", "active")
    assert len(service["required_documents"]) == len(procedure["documents"]) > 0
    paper, document = procedure["documents"][0], service["required_documents"][0]["document"]
    assert document.startswith(paper["name"]) and f"{paper['originals']} bản chính" in document
    fees = [fee for method in procedure["methods"] for fee in method["fees"]]
    assert [cost["amount"] for cost in service["cost_options"]] == [fee["amount"] for fee in fees if fee["amount"]]
    assert {cost["currency"] for cost in service["cost_options"]} == {"VND"}
    assert [(each["byday"], each["opens_at"], each["closes_at"]) for each in service["schedules"]] == [
        ("MO,TU,WE,TH,FR", "07:30+07:00", "11:30+07:00"), ("MO,TU,WE,TH,FR", "13:00+07:00", "17:00+07:00"),
    ]  # fmt: skip
    (at,) = service["service_at_locations"]
    assert at["location"]["location_type"] == "virtual"
    assert service["organization"]["name"] == "Bộ Công an"


async def test_a_figure_that_cannot_be_a_fee_is_no_amount(client: Client, conn: asyncpg.Connection) -> None:
    codes = await conn.fetch(
        """select p.code from services.procedures p
            where jsonb_path_exists(p.detail, '$.methods[*].fees[*] ? (@.amount < 1000 && @.currency == "VND")')
            order by p.code limit 20"""
    )

    for (code,) in codes:
        costs = (await asked(client, f"services/{lasting_id(f'service:{code}')}"))["cost_options"]
        assert all(cost["amount"] >= 1_000 for cost in costs if cost["currency"] == "VND")
    assert len(codes) == 20


async def test_every_service_fits_the_specification(client: Client) -> None:
    wrong: list[str] = []
    number, pages = 1, 1
    while number <= pages:
        page = await asked(client, "services", page=number, per_page=100)
        wrong += page_faults("service", page)
        for each in page["contents"][::25]:
            wrong += faults("service", await asked(client, f"services/{each['id']}"))
        pages, number = page["total_pages"], number + 7

    assert wrong == []


@pytest.mark.parametrize(
    ("path", "name"),
    [("services", "service"), ("organizations", "organization"), ("taxonomies", "taxonomy"),
     ("taxonomy_terms", "taxonomy_term"), ("service_at_locations", "service_at_location")],
)  # fmt: skip
async def test_a_list_and_its_items_fit_the_specification(client: Client, path: str, name: str) -> None:
    page = await asked(client, path, per_page=5)

    assert page_faults(name, page) == []
    assert page["size"] == len(page["contents"]) and page["page_number"] == 1 and page["first_page"] is True
    for each in page["contents"]:
        one = await asked(client, f"{path}/{each['id']}")
        assert faults(name, one) == []
        assert {member: one[member] for member in each} == each


async def test_a_list_of_services_holds_only_what_there_is_one_of(client: Client) -> None:
    many = {member for member, kind in TABLE["objects"]["service"]["members"].items() if str(kind).endswith("[]")}

    page = await asked(client, "services", per_page=50)

    assert not any(many & set(each) for each in page["contents"])


async def test_pages_are_counted_as_the_specification_says(client: Client, conn: asyncpg.Connection) -> None:
    total = await conn.fetchval("select count(*) from services.procedures")
    last = -(-total // 100)

    first, end = await asked(client, "services", per_page=100), await asked(client, "services", per_page=100, page=last)
    nothing = await asked(client, "services", search="khongcogicanhxyz")

    assert (first["total_items"], first["total_pages"], first["last_page"]) == (total, last, False)
    assert (end["page_number"], end["size"], end["first_page"], end["last_page"]) == (
        last, total - 100 * (last - 1), False, True,
    )  # fmt: skip
    assert (nothing["empty"], nothing["total_items"], nothing["total_pages"], nothing["contents"]) == (True, 0, 0, [])
    beyond = await client.get("/v1/hsds/services", params={"per_page": 100, "page": last + 1})
    assert (beyond.status_code, beyond.json()["errors"][0]["pointer"]) == (400, "?page")


async def test_conditions_must_all_hold(client: Client) -> None:
    service = await asked(client, f"services/{RESIDENCE}")
    term = service["attributes"][0]["taxonomy_term_id"]
    organization = service["organization_id"]

    both = await asked(client, "services", organization_id=organization, taxonomy_term_id=term, per_page=100)
    other = await asked(client, "services", organization_id=str(uuid4()), taxonomy_term_id=term)
    found = await asked(client, "services", search="dang ky tam tru", taxonomy_term_id=term)

    assert {each["organization_id"] for each in both["contents"]} == {organization} and both["total_items"] > 1
    assert other["empty"] is True
    assert str(RESIDENCE) in {each["id"] for each in found["contents"]}


async def walked(client: Client, path: str, **params: Any) -> tuple[int, list[str]]:
    """How many there are said to be, and the ids on all pages."""
    found: list[str] = []
    number, last = 1, False
    while not last:
        page = await asked(client, path, page=number, per_page=50, **params)
        found += [each["id"] for each in page["contents"]]
        number, last = number + 1, page["last_page"]
    return page["total_items"], found


@pytest.mark.parametrize(
    ("path", "kind", "online"),
    [("services", "service", False), ("service_at_locations", "service_at_location", True)],
)
async def test_a_condition_is_asked_of_every_procedure_and_not_of_a_page(
    client: Client, conn: asyncpg.Connection, path: str, kind: str, online: bool
) -> None:
    fields = await conn.fetch(
        """select p.field_code, array_agg(p.code order by p.code) as codes from services.procedures p
            where not $1 or p.detail -> 'channels' ? 'online' group by 1 having count(*) > 50 order by 1 limit 2""",
        online,
    )
    everywhere = await asked(client, path, per_page=1)

    for row in fields:
        total, ids = await walked(client, path, taxonomy_term_id=str(lasting_id(f"term:field:{row['field_code']}")))
        assert total == len(ids) == len(row["codes"]) < everywhere["total_items"]
        assert ids == [str(lasting_id(f"{kind}:{code}")) for code in row["codes"]]
    assert len(fields) == 2


async def test_what_was_published_since_is_all_of_it_and_nothing_else(client: Client, conn: asyncpg.Connection) -> None:
    last = await conn.fetchval("select code from services.procedures order by code desc limit 1")
    await conn.execute(
        """insert into catalogue.versions (code, version, kind, valid_from, content, published_at)
           select v.code, v.version + 1, 'seeded', v.valid_from, v.content, '2998-12-31T23:00:00Z'
             from catalogue.latest($1) v""",
        last,
    )

    for moment, found in (("2998-12-31", True), ("2998-12-31T23:00:00Z", True), ("2998-12-31T23:00:01Z", False)):
        total, ids = await walked(client, "services", modified_after=moment)
        assert (total, ids) == ((1, [str(lasting_id(f"service:{last}"))]) if found else (0, []))


@pytest.mark.parametrize("path", ["services", "service_at_locations"])
@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"taxonomy_term_id": "G01-CA05"}, "?taxonomy_term_id"), ({"organization_id": "1"}, "?organization_id"),
        ({"modified_after": "2026-02-30"}, "?modified_after"), ({"modified_after": "1"}, "?modified_after"),
        ({"page": "0"}, "?page"), ({"per_page": "101"}, "?per_page"), ({"page": "hai"}, "?page"),
        ({"search": "x" * 201}, "?search"),
    ],
    ids=["term", "organization", "day", "number", "page_0", "too_many", "page_word", "long_search"],
)  # fmt: skip
async def test_a_value_that_cannot_be_is_refused_by_its_name(
    client: Client, path: str, params: dict[str, str], pointer: str
) -> None:
    answer = await client.get(f"/v1/hsds/{path}", params=params)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("path", ["services", "service_at_locations"])
@pytest.mark.parametrize("name", ["taxonomy_term_id", "organization_id"])
async def test_an_id_that_nothing_has_finds_nothing(client: Client, path: str, name: str) -> None:
    # That of a service is no term and no organization.
    for unknown in (str(uuid4()), str(RESIDENCE)):
        found = await asked(client, path, **{name: unknown})
        assert (found["empty"], found["total_items"], found["contents"]) == (True, 0, [])


async def test_what_was_modified_is_asked_for_by_day_or_moment(client: Client) -> None:
    every = await asked(client, "services", modified_after="2020-01-01")
    none = await asked(client, "services", modified_after="2999-01-01T00:00:00Z")
    wrong = await client.get("/v1/hsds/services", params={"modified_after": "hôm qua"})

    assert every["total_items"] > 4_000 and none["empty"] is True
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "?modified_after")


async def test_ids_last_and_are_the_same_in_sql(client: Client, conn: asyncpg.Connection) -> None:
    names = ["service:1.004194", "organization:G01", "term:field:G15-TP07", "x:Đăng ký"]

    made = await conn.fetch("select catalogue.lasting_id(n) as id from unnest($1::text[]) n", names)

    assert [row["id"] for row in made] == [lasting_id(name) for name in names]
    assert str(lasting_id("service:1.004194")) == str(RESIDENCE)


async def test_one_service_is_found_by_its_index(conn: asyncpg.Connection) -> None:
    asked_for = store.ONE.replace("$1", f"'{RESIDENCE}'")
    plan = await conn.fetch(f"explain {asked_for}")

    assert "procedures_by_lasting_id" in "\n".join(row[0] for row in plan)


@pytest.mark.parametrize("path", ["services", "organizations", "taxonomies", "taxonomy_terms", "service_at_locations"])
async def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert (await client.get(f"/v1/hsds/{path}/{uuid4()}")).status_code == 404
    assert (await client.get(f"/v1/hsds/{path}/1.004194")).status_code in (400, 404)


def test_the_table_refuses_what_the_specification_does_not_know() -> None:
    good = {"id": str(RESIDENCE), "name": "x", "status": "active"}

    assert faults("service", good) == []
    assert faults("service", good | {"phone": "1"}) != []
    assert faults("service", good | {"url": None}) != []
    assert faults("service", good | {"status": "open"}) != []
    assert faults("service", good | {"contacts": [{"id": str(RESIDENCE)}]}) != []
    assert faults("service", {"id": "1", "name": "x", "status": "active"}) != []
