"""README and guides tell the truth: the commands run, twice on the same data; what is named is there, and all of it."""

import pkgutil
import re
import subprocess
from pathlib import Path

import msgspec
import pytest

import longan
from longan.cli import COMMANDS
from longan.devkit.sample.personas import PERSONAS
from longan.floor.requests.limits import CLASSES
from longan.floor.setup.keys import SECRETS
from longan.floor.setup.settings import Settings
from tests.running import Service, service

__all__ = ["service"]

ROOT = Path(longan.__file__).parents[2]
PACKAGE = Path(longan.__file__).parent
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
FLOW = "\n".join(re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
FLOW_SECONDS = 60
# Some read `longan dev`'s own settings, which are none of the API's and the worker's.
OF_DEVELOPMENT = {"LONGAN_DATA_DIR", "LONGAN_DEVKIT_PORT", "LONGAN_S3_PORT"}


# What a person waits for in seconds comes sooner.
SHORTLY = "sleep() { command sleep 0.1; }\n"


def walk(service: Service) -> list[str]:
    """The lines that the commands of the README print, pasted into a shell that stops at the first that fails."""
    done = subprocess.run(
        ["sh", "-eu"], input=SHORTLY + FLOW, capture_output=True, text=True, env=service.environment,
        timeout=FLOW_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    return [line for line in done.stdout.splitlines() if line]


def test_the_flow_of_the_readme_runs(service: Service) -> None:
    me, device, jobs, applied, again, applicants, moved, push, inbox, found, procedure, place, rooms = walk(service)

    assert '"roles":[{"role":"worker"' in me
    assert '"target_kind":"fid"' in device
    assert '"title":"Công nhân may"' in jobs
    assert '"status":"submitted"' in applied
    assert again == applied
    assert msgspec.json.decode(applicants)["items"][0]["id"] == msgspec.json.decode(applied)["id"]
    assert '"status":"interview"' in moved
    assert '"topic": "application_moved"' in push
    assert '"unread_count":1' in inbox
    assert msgspec.json.decode(found)["items"][0]["code"] == "1.004194"
    assert msgspec.json.decode(procedure)["documents"]
    assert '"divided":true' in place
    assert all(room["rent"] <= 2_000_000 for room in msgspec.json.decode(rooms)["items"])


def test_the_flow_runs_again_after_a_second_start_on_the_same_data(service: Service) -> None:
    code = service.stop()
    service.begin()
    seconds = service.wait()

    lines = walk(service)

    print(f"the second start answered after {seconds:.1f} s")
    assert code == 0
    assert '"unread_count":1' in lines[8]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"(?:`|^)make ([a-z]+)", document.read_text(), re.MULTILINE))

    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_persona_that_a_document_names_exists(document: Path) -> None:
    phones = {persona.phone for persona in PERSONAS} | {"+84900000092", "+84900000093", "+84900000094"}

    assert set(re.findall(r"\+849000000[0-9]{2}", document.read_text())) <= phones


def test_every_setting_is_explained_to_operators_and_no_other() -> None:
    known = {f"LONGAN_{field.name.upper()}" for field in msgspec.structs.fields(Settings)} | OF_DEVELOPMENT

    explained = re.findall(r"^\| `(LONGAN_[A-Z0-9_]+)` \|", (ROOT / "docs" / "operators.md").read_text(), re.MULTILINE)

    assert set(explained) == known
    assert len(explained) == len(set(explained))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained(command: str) -> None:
    operators, doors = (ROOT / "docs" / "operators.md").read_text(), ARCHITECTURE.partition("## Rooms")[0]

    assert f"longan {command}" in operators
    assert re.search(rf"`(longan )?{command}`", doors)


@pytest.mark.parametrize("purpose", SECRETS)
def test_every_key_is_explained_to_operators(purpose: str) -> None:
    assert f"`{purpose}`" in (ROOT / "docs" / "operators.md").read_text()


@pytest.mark.parametrize("name", CLASSES)
def test_app_developers_are_told_the_limits_that_hold(name: str) -> None:
    account, address = CLASSES[name]

    row = f"| `{name}` | {account.quota} | {address.quota} |"

    assert account.seconds == address.seconds == 60
    assert row in (ROOT / "docs" / "app-developers.md").read_text()


# Doors: the document shows them elsewhere.
OUTSIDE = {"api", "devkit", "migrations", "cli", "worker", "__main__"}


def shown(heading: str) -> list[str]:
    """What the table under a heading of the architecture names, in its second column."""
    section = ARCHITECTURE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| [^|]+ \| ([^|]+) \|", section, re.MULTILINE)
    return re.findall(r"`([a-z0-9_.]+)`", " ".join(cells))


def rooms_and_floor() -> tuple[set[str], list[set[str]]]:
    """The rooms by name, and of each module of the floor the names it may be shown by: its own, and within a package
    the package's before it, with a dot or without."""
    modules = list(pkgutil.walk_packages([str(PACKAGE)], "longan."))
    # The room `reference` has no HTTP.
    marks = (".routes", ".reference.load")
    within = {each.name.rpartition(".")[0] for each in modules if each.name.endswith(marks)}
    rooms = {name for name in within if not OUTSIDE.intersection(name.split("."))}
    floor = []
    for each in modules:
        path = each.name.split(".")[1:]
        in_room = any(each.name == room or each.name.startswith(f"{room}.") for room in rooms)
        if not (each.ispkg or in_room or OUTSIDE.intersection(path)):
            floor.append({path[-1], ".".join(path[-2:]), "_".join(path[-2:])})
    return {name.rpartition(".")[2] for name in rooms}, floor


def test_the_architecture_shows_every_room_once() -> None:
    rooms, _ = rooms_and_floor()

    assert sorted(shown("Rooms")) == sorted(rooms)


def test_the_architecture_shows_every_module_of_the_floor_once() -> None:
    _, floor = rooms_and_floor()

    named = shown("Floor")

    assert [names for names in floor if not names.intersection(named)] == []
    assert [name for name in named if not any(name in names for names in floor)] == []
    assert sorted(named) == sorted(set(named))
