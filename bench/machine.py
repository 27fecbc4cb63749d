"""What the system says of processes and of itself."""

import os
import platform
import re
import socket
import subprocess
from importlib.metadata import version
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PACKAGES = ("litestar", "msgspec", "asyncpg", "granian", "uvloop")
PEER_PACKAGES = ("fastapi", "sqlalchemy", "pydantic", "uvicorn", "asyncpg", "uvloop", "httptools")


def free_port() -> int:
    """A TCP port that nobody listens on just now."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def children(pid: int) -> list[int]:
    """The processes that `pid` has started and that still run."""
    running = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return [each for each in running if (fields := _stat(each)) and int(fields[1]) == pid]


def processor_seconds(pid: int, *, with_children: bool = False) -> float:
    """User and system time of a process and all its threads; of its children too, the ended ones included."""
    fields = _stat(pid)
    if not with_children:
        return sum(map(int, fields[11:13])) / TICKS
    living = sum(processor_seconds(child) for child in children(pid))
    return sum(map(int, fields[11:15])) / TICKS + living


def resident_megabytes(pid: int) -> float:
    """Resident memory, in 10^6 bytes."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1_024 / 1e6 if found else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name (proc_pid_stat(5)); none for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def processor() -> str:
    """The processor's name and how many of its cores are ours."""
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{found[1] if found else platform.machine()}, {len(os.sched_getaffinity(0))} cores"


def versions(peer_python: Path, pgbench: Path) -> list[str]:
    """A line for each contender's parts."""
    ours = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    asked = f"from importlib.metadata import version\nfor n in {PEER_PACKAGES!r}: print(n, version(n))"
    peer = ", ".join(_said(str(peer_python), "-c", asked).splitlines())
    return [
        f"Python {platform.python_version()}; PostgreSQL {_said(str(pgbench), '--version').split()[-1]}; "
        f"{' '.join(_said('wrk', '-v').split()[:2])}; Linux {'.'.join(platform.release().split('.')[:2])}",
        f"ours: {ours}",
        f"peer: {peer}",
    ]


def _said(*command: str) -> str:
    # wrk says its version with an exit code of 1.
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
