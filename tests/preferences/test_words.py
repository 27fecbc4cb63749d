"""The words of topics: a wrong one stops the deployment, and none brings a number to the lock screen."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import longan
from longan.floor.messages.notices import NOTICES, Moved, Received, lock_screen, rendered

PACKAGE = Path(longan.__file__).parent


def start(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "longan", *command],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False,
        cwd=folder,
    )  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code as it would be deployed, to be spoilt."""
    folder = tmp_path_factory.mktemp("deployed")
    shutil.copytree(PACKAGE, folder / "longan", ignore=shutil.ignore_patterns("__pycache__", "devkit", "data"))
    return folder


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{job_title}", "{job_tile}", "job_tile"),
        ("{job_title}", "{}", "nothing fills"),
        ("{job_title}", "{job_title.__class__}", "__class__"),
        ("{job_title}", "{job_title", "cannot be read"),
        ('vi = ["Long An ID", "Hồ sơ', 'vi = ["Long An ID", "{job_title}: Hồ sơ', "nothing fills"),
        ("[application_moved.hired]", "[application_moved.promoted]", "promoted"),
        ('en = ["Job offer"', 'fr = ["Job offer"', "fr"),
        ("[employer_decided.settings]", "[employer_decided.setting]", "settings"),
        ("{count}", "{number}", "number"),
    ],
)
def test_a_template_that_nothing_fills_stops_the_deployment(copy: Path, old: str, new: str, said: str) -> None:
    words = copy / "longan" / "floor" / "messages" / "notices.toml"
    whole = (PACKAGE / "floor" / "messages" / "notices.toml").read_text()
    words.write_text(whole.replace(old, new, 1))

    ended = start(copy, "migrate")

    assert ended.returncode != 0 and said in ended.stderr.splitlines()[-1], ended.stderr


def test_the_same_deployment_with_good_words_gets_as_far_as_its_settings(copy: Path) -> None:
    shutil.copy(
        PACKAGE / "floor" / "messages" / "notices.toml", copy / "longan" / "floor" / "messages" / "notices.toml"
    )

    ended = start(copy, "migrate")

    assert "LONGAN_DATABASE_URL" in ended.stderr, ended.stderr


MOVED = Moved("interview", "Công nhân may {employer_name}", "Công ty May")


def said(params: msgspec.Struct) -> str:
    return msgspec.json.encode(params).decode()


def test_a_lock_screen_is_discreet_unless_the_params_are_given() -> None:
    assert lock_screen("application_moved", "vi") == NOTICES["application_moved"].push["vi"]
    assert lock_screen("application_moved", "vi", said(MOVED)) == rendered("application_moved", MOVED, "vi")
    assert "“Công nhân may {employer_name}”" in lock_screen("application_moved", "en", said(MOVED))[1]


@pytest.mark.parametrize("number", ["0912345678", "+84 912 345 678", "080.190.001.234", "LH: 0912-345-678", "٠٩١٢٣٤٥"])
def test_words_with_a_number_that_could_be_somebodys_stay_off_the_lock_screen(number: str) -> None:
    params = said(Received(f"Công nhân may {number}", "Công ty May"))

    assert lock_screen("application_received", "vi", params) == NOTICES["application_received"].push["vi"]


def test_small_numbers_do_no_harm() -> None:
    params = Received("Công nhân may ca 2, 8-10 triệu", "Công ty May 29/3")

    assert lock_screen("application_received", "vi", said(params)) == rendered("application_received", params, "vi")


def test_long_words_are_cut_to_what_a_push_may_hold() -> None:
    title, body = lock_screen("application_received", "vi", said(Received("ệ" * 3_000, "Công ty May")))

    assert body.endswith("…") and len((title + body).encode()) < 2_000


@pytest.mark.parametrize("params", ["{}", '{"status":"promoted","job_title":"x","employer_name":"y"}', "[]"])
def test_params_of_other_code_are_discreet(params: str) -> None:
    assert lock_screen("application_moved", "en", params) == NOTICES["application_moved"].push["en"]


@pytest.mark.parametrize(("count", "words"), [(1, "1 new notice."), (3, "3 new notices.")])
def test_the_push_of_the_day_says_how_many_and_nothing_else(count: int, words: str) -> None:
    assert words in lock_screen("application_moved", "en", said(MOVED), count)[1]
    assert f"{count} tin mới" in lock_screen("application_moved", "vi", None, count)[1]
