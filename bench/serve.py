"""Serves one ASGI application exactly as `longan api` serves its own: `python -m bench.serve TARGET PORT [factory]`."""

import sys

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops

HOST = "127.0.0.1"


def main(target: str, port: str, *factory: str) -> None:
    """One worker, everything else as in `longan.cli.api`."""
    Granian(
        target,
        address=HOST,
        port=int(port),
        interface=Interfaces.ASGI,
        workers=1,
        loop=Loops.uvloop,
        http=HTTPModes.auto,
        factory=bool(factory),
        log_access=False,
        workers_kill_timeout=5,
        backlog=2048,
    ).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
