"""Pages of the catalogue and of HSDS that are kept never reach PostgreSQL, in the process that made them and in others;
the plans of searches read no more than they must."""

from itertools import zip_longest

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.rooms.catalogue import routes as catalogue
from longan.rooms.hsds import routes as hsds
from longan.rooms.hsds.models import lasting_id
from longan.rooms.services import store
from longan.rooms.services.routes import HANDLERS
from tests.conftest import OnePool

PAGES = [
    ("/v1/procedures", {"q": "khai sinh"}),
    ("/v1/procedures", {"level": "xa", "who": "worker"}),
    ("/v1/procedures/facets", {"q": "đất"}),
    ("/v1/procedures/suggestions", {"q": "sinh"}),
    ("/v1/procedures/fields", {}),
    ("/v1/procedures/personas", {}),
    ("/v1/procedures/1.004194", {}),
    ("/v1/procedures/1.004194", {"ward_code": "27694"}),
    ("/v1/procedures/1.004194/versions", {}),
    ("/v1/procedures/1.004194/versions/1", {}),
    ("/v1/procedures/1.004194/differences", {"from_version": "1", "to_version": "1"}),
    ("/v1/hsds", {}),
    ("/v1/hsds/services", {"search": "tam tru", "per_page": "5"}),
    (f"/v1/hsds/services/{lasting_id('service:1.004194')}", {}),
    ("/v1/hsds/organizations", {}),
    (f"/v1/hsds/organizations/{lasting_id('organization:G01')}", {}),
    ("/v1/hsds/taxonomies", {}),
    (f"/v1/hsds/taxonomies/{lasting_id('taxonomy:field')}", {}),
    ("/v1/hsds/taxonomy_terms", {}),
    (f"/v1/hsds/taxonomy_terms/{lasting_id('term:field:G01-CA05')}", {}),
    ("/v1/hsds/service_at_locations", {}),
    (f"/v1/hsds/service_at_locations/{lasting_id('service_at_location:1.004194')}", {}),
    ("/v1/life-events", {}),
    ("/v1/life-events/sinh_con", {}),
]
WORDED = frozenset({
    "words", "marked", "in_marked", "folded", "in_name", "called", "is_one_word", "event_codes", "leads", "by_words",
    "home",
})  # fmt: skip


class CountingPool(OnePool):
    """Counts how often a connection is asked for."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        super().__init__(connection)
        self.asked = 0

    def acquire(self, *, timeout: float | None = None) -> "CountingPool":
        self.asked += 1
        return self


@pytest.mark.parametrize(("path", "params"), PAGES)
async def test_a_page_asked_for_again_costs_no_query(
    app: Edge, client: httpx.AsyncClient, conn: asyncpg.Connection, path: str, params: dict[str, str]
) -> None:
    pool = app.app.state.pool = CountingPool(conn)

    first = await client.get(path, params=params)
    asked = pool.asked
    again = await client.get(path, params=params)

    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert pool.asked == asked
    assert again.headers["cache-control"].startswith("public, max-age=300")
    unchanged = await client.get(path, params=params, headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content, pool.asked) == (304, b"", asked)


def test_every_public_page_of_the_rooms_is_one_that_is_kept(app: Edge) -> None:
    handlers = [*HANDLERS, *hsds.HANDLERS, *catalogue.HANDLERS]
    public = {handler for handler in handlers if handler.opt["policy"].auth == "public"}

    assert {handler.opt["policy"].cache for handler in public} == {"procedures"}
    templates = {next(iter(handler.paths)) for handler in public}
    asked = {template for template in templates for path, _ in PAGES if _is_of(template, path)}
    assert asked == templates


def _is_of(template: str, path: str) -> bool:
    pairs = zip_longest(template.split("/"), path.split("/"), fillvalue="")
    return all(part == said or part.startswith("{") for part, said in pairs)


async def test_a_language_has_its_own_page(client: httpx.AsyncClient) -> None:
    vietnamese = await client.get("/v1/life-events/sinh_con", headers={"Accept-Language": "vi"})
    english = await client.get("/v1/life-events/sinh_con", headers={"Accept-Language": "en"})

    assert (vietnamese.json()["name"], english.json()["name"]) == ("Sinh con", "Having a child")


async def plan(conn: asyncpg.Connection, sql: str) -> str:
    """The plan as the API's connections make it."""
    await conn.execute("set local plan_cache_mode = force_generic_plan")
    await conn.execute("set local random_page_cost = 1.1")
    types = [kind.name for kind in (await conn.prepare(sql)).get_parameters()]
    takes, given = (f"({', '.join(each)})" if types else "" for each in (types, ["null"] * len(types)))
    await conn.execute(f"prepare asked {takes} as {sql}")
    rows = await conn.fetch(f"explain execute asked {given}")
    await conn.execute("deallocate prepare asked")
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("given", [WORDED, WORDED | {"levels", "who"}, frozenset({"field_codes", "online_levels"})])
async def test_words_and_filters_meet_in_one_index(conn: asyncpg.Connection, given: frozenset[str]) -> None:
    sort = "relevance" if "words" in given else "workers_first"
    found = await plan(conn, store.LIST.statement(sort, given, 21)[0])

    assert "Bitmap Index Scan on procedures_search" in found
    assert "Seq Scan on procedures" not in found


async def test_everything_comes_in_the_order_of_an_index(conn: asyncpg.Connection) -> None:
    found = await plan(conn, store.LIST.statement("workers_first", frozenset(), 21)[0])

    assert "procedures_in_order" in found
    assert "Seq Scan on procedures" not in found


async def test_names_that_begin_so_are_found_by_an_index(conn: asyncpg.Connection) -> None:
    found = await plan(conn, store.SUGGEST_NAMES)

    assert "procedures_names" in found
    assert "Seq Scan" not in found


async def test_words_of_what_is_published_can_be_mistyped_at_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    await conn.execute("update services.procedures set search_text = 'zzyzxavan\n\n\n' where code = '1.004194'")

    found = (await client.get("/v1/procedures", params={"q": "zzyzxvaan"})).json()

    assert found["guesses"] == [{"typed": "zzyzxvaan", "read_as": ["zzyzxavan"]}]
    assert [item["code"] for item in found["items"]] == ["1.004194"]
