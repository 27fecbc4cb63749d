"""The advice on problems: both languages, one for each problem and none left over, or the service does not start."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from longan.api import advice

FILE = Path(advice.__file__).with_name("advice.toml")
START = """
import importlib.resources, pathlib, sys
real = importlib.resources.files
planted = pathlib.Path(sys.argv[1])
importlib.resources.files = lambda package: planted if package == "longan.api" else real(package)
import longan.api.app
"""


@pytest.mark.parametrize(("was", "planted", "said"), [
    ("cause.en =", "cause.fr =", "already_rated: Object missing required field `en`"),
    ("fix.en =", "fix.fr = 'Bien'\nfix.en =", "already_rated: more than a cause and a fix in vi and en"),
    ("fix.vi =", "fix.vi = ''\n#", "already_rated: some words are empty"),
    ("[code.already_rated]", "[codes.already_rated]", "unknown field `codes`"),
    ("[code.already_rated]", "[status.already_rated]", "Expected `int`"),
    ("[code.already_rated]", "[code.already_linked]", "BadAdvice: advice.toml: Cannot declare"),
    ("[code.already_rated]", "[code.already_ratde]", "no advice for [], no problem for ['already_ratde']"),
    ("[code.already_rated]", "[status.418]", "no problem for ['418']"),
])  # fmt: skip
def test_wrong_advice_stops_the_start_of_the_process(tmp_path: Path, was: str, planted: str, said: str) -> None:
    before, name, text = FILE.read_text(encoding="utf-8").partition("[code.already_rated]\n")
    (tmp_path / "advice.toml").write_text(before + (name + text).replace(was, planted, 1), encoding="utf-8")

    started = start(tmp_path)

    assert (started.returncode, said in started.stderr) == (1, True), started.stderr


def test_a_status_without_advice_stops_the_start_of_the_process(tmp_path: Path) -> None:
    whole, _, _ = FILE.read_text(encoding="utf-8").partition("[status.503]\n")
    (tmp_path / "advice.toml").write_text(whole, encoding="utf-8")

    started = start(tmp_path)

    assert (started.returncode, "no advice for ['" in started.stderr) == (1, True), started.stderr


def start(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", START, str(folder)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", ["code", "status"])
def test_advice_stands_in_order(kind: str) -> None:
    names = list(tomllib.loads(FILE.read_text(encoding="utf-8"))[kind])

    assert names == sorted(names)
