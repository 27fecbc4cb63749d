"""The house rules as tests: cheap, and nobody has to nag."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

import longan
from longan.api.edge import Edge
from longan.api.routing import Operation
from longan.floor.base.errors import Problem
from longan.floor.database.listing import LISTINGS

ROOT = Path(longan.__file__).parents[2]
PACKAGE = Path(longan.__file__).parent
ROOMS = sorted(file.parent.name for file in (PACKAGE / "rooms").glob("*/__init__.py"))
# Bodies that others write, who may add to them.
FOREIGN = {"ZaloEvent", "ZaloMessage", "DossierEvent", "DossierEventData"}
FILES = {"__init__", "models", "store", "domain", "routes", "tasks", "outside"}

# Whose each sensitive row is: a statement that reads or changes one says whose in its WHERE.
OWNERS = {
    "people.profiles": ("account_id",),
    "job_exchange.imports": ("account_id",),
    "job_exchange.rows": ("account_id",),
    "applications.applications": ("worker_id", "account_id"),
    "applications.moves": ("worker_id", "account_id", "application_id"),
    "notifications.inbox": ("account_id",),
    "notifications.boxes": ("account_id",),
    "push.devices": ("account_id",),
    "campaigns.recipients": ("account_id", "campaign_id"),
    "preferences.choices": ("account_id",),
    "privacy.blocks": ("account_id",),
    "saved_searches.searches": ("account_id",),
    "job_alerts.hits": ("account_id",),
    "housing_alerts.hits": ("account_id",),
    "saved_jobs.saves": ("account_id",),
    "saved_jobs.views": ("account_id",),
    "checklists.checklists": ("account_id",),
    "eligibility.cases": ("account_id",),
    "recommendations.hidden": ("account_id",),
    "members.members": ("account_id", "employer_id"),
    "members.invitations": ("employer_id", "account_id", "phone_index"),
    "federation.links": ("account_id", "subject_index"),
    "federation.claims": ("account_id",),
    "device_keys.keys": ("account_id",),
    "recovery.cases": ("account_id", "phone_index"),
    "recovery.looks": ("account_id", "official_id"),
    "sessions.sessions": ("account_id", "digest"),
    "assurance.person_keys": ("account_id",),
    "assurance.cases": ("account_id", "claimed_by"),
    "assurance.identities": ("account_id",),
    "reviews.looks": ("account_id", "official_id"),
    "job_reports.reports": ("account_id", "posting_id", "decided_at"),
    "viewings.requests": ("worker_id", "account_id", "viewings.side_of"),
    "viewing_numbers.looks": ("account_id",),
    "housing_reports.reports": ("account_id", "listing_id", "decided_at"),
    "housing_desk.appeals": ("about",),
    "housing_desk.same_pictures": ("staff.may", "p.id"),
    "moderation.appeals": ("decision_id", "case_id"),
    "photos.uploads": ("account_id", "is_public"),
    "feedback.reports": (
        "account_id",
        "visibility = 'public'",
        "key_id",
        "s.token",
        "is_shown",
        "r.id = $1",
        "staff.may",
        "feedback_desk.reach",
    ),
    "feedback_desk.looks": ("account_id", "official_id"),
    "feedback.moves": ("report_id",),
    "feedback.supporters": ("account_id", "report_id"),
    "passkeys.credentials": ("account_id", "credential_id"),
    "dossiers.dossiers": ("code_index",),
    "open311_reports.submissions": ("key_id", "token", "staff.may", "state = 'waiting'"),
    "open311_keys.keys": ("digest", "k.id", "true"),
    "handover.handovers": ("staff.may", "h.id"),
    "dossiers.proofs": ("holder",),
    "dossiers.failures": ("subject",),
    "ratings.ratings": ("rater", "office_id"),
    "ratings.invitations": ("holder",),
    "offices.kiosks": ("office_id", "official_id", "k.id", "y.id"),
    "dossier_watches.watches": ("account_id", "dossier_id"),
    "dossier_watches.followed": ("account_id", "code_index", "dossier_id"),
}


def statements() -> Iterator[tuple[str, str]]:
    """Every statement of the code by its name: constants in capitals that begin with `-- room.name`."""
    for found in pkgutil.walk_packages([str(PACKAGE)], "longan."):
        if (
            found.name.startswith(("longan.migrations.env", "longan.migrations.versions"))
            or ".devkit" in found.name
            or found.name.endswith("__main__")
        ):
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str) and value.startswith("-- ") and "\n" in value:
                yield f"{found.name}.{name}", value
    for made in LISTINGS.values():
        for number, sql in enumerate(made.every()):
            yield f"{made.name}[{number}]", sql


STATEMENTS = dict(statements())
STORES = {name: sql for name, sql in STATEMENTS.items() if ".store." in name}


def name_of(sql: str) -> str:
    return sql.split("\n", 1)[0]


@pytest.mark.parametrize("name", STATEMENTS)
async def test_every_statement_prepares_on_the_migrated_schema(name: str, conn: asyncpg.Connection) -> None:
    await conn.prepare(STATEMENTS[name])


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_says_its_name(name: str) -> None:
    assert re.match(r"-- [a-z][a-z0-9_]*\.[a-z_]+( \(worker\))?$", name_of(STATEMENTS[name]))


@pytest.mark.parametrize("name", STORES)
def test_a_store_writes_only_its_own_schema(name: str) -> None:
    room = name.split(".")[2]

    written = re.findall(r"\b(?:insert into|update|delete from)\s+([a-z0-9_]+)\.", STORES[name])

    assert set(written) <= {room}, f"{name} writes {written}"


@pytest.mark.parametrize("name", STATEMENTS)
def test_business_time_is_a_parameter(name: str) -> None:
    assert not re.search(r"\b(now\(\)|current_timestamp|clock_timestamp)", STATEMENTS[name])


@pytest.mark.parametrize("name", [n for n, sql in STORES.items() if any(table in sql for table in OWNERS)])
def test_a_sensitive_table_is_asked_for_its_owner(name: str) -> None:
    sql = STORES[name]
    if name_of(sql).endswith("(worker)"):
        return
    conditions = " ".join(re.split(r"\bwhere\b|\bon\b", sql)[1:])
    for table, owners in OWNERS.items():
        if re.search(rf"\b(from|join|update)\s+{re.escape(table)}\b", sql):
            assert any(owner in conditions for owner in owners), f"{name} does not say whose rows of {table} it means"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_the_same_files_as_every_other(room: str) -> None:
    files = {file.stem for file in (PACKAGE / "rooms" / room).glob("*.py")}

    assert {"models", "store", "routes"} <= files <= FILES, files ^ FILES


TOPICS = sorted(file.parent.name for file in (PACKAGE / "floor").glob("*/__init__.py"))


def folders(place: Path) -> set[str]:
    """The folders with code in them; what an interpreter has left of a folder that moved is none."""
    return {file.parent.name for file in place.glob("*/*.py")}


def test_nothing_lies_beside_the_doors_the_rooms_and_the_floor() -> None:
    assert {file.stem for file in PACKAGE.glob("*.py")} == {"__init__", "__main__", "cli", "worker"}
    assert folders(PACKAGE) == {"api", "devkit", "floor", "migrations", "reference", "rooms"}
    for place, known in ((PACKAGE / "rooms", ROOMS), (PACKAGE / "floor", TOPICS)):
        assert {file.stem for file in place.glob("*.py")} == {"__init__"}
        assert folders(place) == set(known)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_of_the_floor_fits_in_a_head_and_says_what_is_in_it(topic: str) -> None:
    modules = {file.stem for file in (PACKAGE / "floor" / topic).glob("*.py")}
    said = ast.parse((PACKAGE / "floor" / topic / "__init__.py").read_text()).body

    assert len(modules - {"__init__"}) <= 16
    assert len(said) == 1 and isinstance(said[0], ast.Expr), (
        "a topic's __init__.py holds its docstring and nothing else"
    )


def operations(app: Edge) -> list[Operation]:
    return app.routes.operations


def test_every_route_has_decided_on_auth_limit_and_idempotency(whole_app: Edge) -> None:
    for operation in operations(whole_app):
        policy = operation.policy
        assert policy.limit is not None or operation.path in ("/healthz", "/readyz"), operation.name
        if operation.handler.status_code == 201:
            assert policy.idempotent, f"{operation.name} makes something and demands no Idempotency-Key"
        if operation.method == "PATCH":
            assert policy.if_match, f"{operation.name} changes something and demands no If-Match"
        if operation.method != "GET":
            assert policy.cache is None, operation.name
        if policy.cache is not None:
            assert policy.auth in ("public", "optional"), f"{operation.name} would show one caller's answer to another"


def test_only_writes_open_a_transaction(whole_app: Edge) -> None:
    for operation in operations(whole_app):
        names = set(operation.handler.parsed_fn_signature.parameters)
        if operation.method == "GET":
            assert "tx" not in names, operation.name
        elif "conn" in names:
            raise AssertionError(f"{operation.name} writes without a transaction")


def test_an_operation_id_is_a_verb_and_a_noun_and_is_used_once(whole_app: Edge) -> None:
    names = [operation.name for operation in operations(whole_app)]

    assert len(names) == len(set(names))
    for name in names:
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name), name


def test_a_code_is_declared_by_one_problem(whole_app: Edge) -> None:
    waiting, declared = [Problem], []
    while waiting:
        problem = waiting.pop()
        waiting += problem.__subclasses__()
        declared += [problem.code] if "code" in vars(problem) else []

    assert len(declared) == len(set(declared)), sorted(declared)


def structs_in(kind: object, seen: set[type]) -> Iterator[type]:
    """The structs a request is made of."""
    for inner in (kind, *getattr(kind, "__args__", ())):
        if inner is not kind:
            yield from structs_in(inner, seen)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
        seen.add(kind)
        yield kind
        for field in msgspec.structs.fields(kind):
            yield from structs_in(field.type, seen)


def test_every_number_and_text_of_a_request_is_bounded(whole_app: Edge) -> None:
    seen: set[type] = set()
    for operation in operations(whole_app):
        data = operation.handler.parsed_fn_signature.parameters.get("data")
        if data is None:
            continue
        for struct in structs_in(data.raw if hasattr(data, "raw") else data.annotation, seen):
            assert struct.__struct_config__.forbid_unknown_fields or struct.__name__ in FOREIGN, (
                f"{struct.__name__} takes unknown fields"
            )
            for field in msgspec.inspect.type_info(struct).fields:  # type: ignore[union-attr]
                for kind in msgspec.inspect.multi_type_info(  # the parts of a union, each by itself
                    [field.type.__class__]
                ) and (field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)):
                    if isinstance(kind, msgspec.inspect.IntType):
                        assert kind.le is not None and kind.ge is not None, f"{struct.__name__}.{field.name}"
                    if isinstance(kind, msgspec.inspect.StrType):
                        assert kind.max_length is not None, f"{struct.__name__}.{field.name}"


@pytest.mark.parametrize("module", ["longan.api.app", "longan.worker", "longan.cli"])
def test_production_never_loads_the_devkit(module: str) -> None:
    code = f"import sys, {module}; print([name for name in sys.modules if name.startswith('longan.devkit')])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"


def test_the_api_does_not_load_firebase_admin() -> None:
    code = "import sys, longan.api.app; print('firebase_admin' in sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "False"


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_place_named_in_the_docs_exists(document: Path) -> None:
    named = re.findall(r"\b((?:src|tests|bench|docs|tools|requirements)/[\w./-]*[\w/])", document.read_text())

    missing = [place for place in named if not (ROOT / place).exists()]

    assert not missing


def test_every_module_has_a_docstring() -> None:
    for file in PACKAGE.rglob("*.py"):
        if file.stat().st_size:
            assert ast.get_docstring(ast.parse(file.read_text())), file


def test_handlers_are_one_or_a_few_lines(whole_app: Edge) -> None:
    for operation in operations(whole_app):
        source = ast.parse(textwrap.dedent(inspect.getsource(operation.handler.fn)))
        body = next(node for node in source.body if isinstance(node, ast.AsyncFunctionDef)).body
        assert len(body) <= 8, f"{operation.name} holds {len(body)} statements: its rules belong into domain.py"
