"""Keys: a file for each purpose and key id in LONGAN_KEYS_DIR, so that each can be rotated and guarded by itself.

`access-app.<id>.pem` and `access-official.<id>.pem` are EC P-256 private keys; `<purpose>.<id>.key` holds 32 random
bytes in hexadecimal. The newest id of a purpose is used for what is new, every id for what is old. Ids count up (`9`,
`10`), are days (`2026-11-22`), or are the moment from which the key is used (`20261122T094000Z`): until then it is only
known, so that every process and whoever keeps our public keys knows it before the first token it signs.
"""

import asyncio
import logging
import os
import re
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from longan.floor.setup.settings import BadSettings

AUDIENCES = ("app", "official")
SECRETS = (
    "phone-index", "phone-cipher", "number-index", "number-cipher", "person-index", "person-wrap", "one-time-code",
    "cursor", "refresh-token", "dpop-nonce",
)  # fmt: skip
PURPOSES = (*(f"access-{audience}" for audience in AUDIENCES), *SECRETS)

# A new key is known for so long before it is used: whoever keeps our public keys asks again within 5 minutes, and our
# processes look within LOOK_SECONDS.
KNOWN_BEFORE = timedelta(minutes=10)
# A key that signed until its successor began verifies for so long: the life of an access token (5 minutes and half a
# minute of skew), and as much again for clocks that differ.
RETIRED_AFTER = timedelta(minutes=10)
LOOK_SECONDS = 10.0

_MOMENT = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)

log = logging.getLogger("longan.keys")


class Keys(msgspec.Struct):
    """`access[audience][key id]` the signing keys; `secrets[purpose][key id]` 32 bytes each. Both change in place when
    the files do; `version` counts that."""

    access: dict[str, dict[str, ec.EllipticCurvePrivateKey]]
    secrets: dict[str, dict[str, bytes]]
    directory: Path | None = None
    files: frozenset[tuple[str, int]] = frozenset()
    version: int = 0

    def __repr__(self) -> str:
        return "Keys(…)"

    def newest(self, purpose: str) -> bytes:
        return self.secrets[purpose][newest_id(self.secrets[purpose])]

    def look(self) -> "Keys | None":
        """The keys as the directory holds them now; None when it holds what it held. A directory that is not as it
        should be is an error in the log: we go on with what we have."""
        if self.directory is None:
            return None
        try:
            if (files := _files(self.directory)) == self.files:
                return None
            self.files = files
            return load(self.directory)
        except (OSError, BadSettings) as error:
            log.error("the keys could not be read again: %s", error)  # noqa: TRY400  (a sentence, not a traceback)
            return None

    def take(self, found: "Keys") -> None:
        """Go on with the keys that `look` found."""
        for ours, theirs in ((self.access, found.access), (self.secrets, found.secrets)):
            for purpose, ring in theirs.items():
                mine: dict[str, object] = ours[purpose]  # type: ignore[assignment]
                mine.update(ring)
                for gone in mine.keys() - ring.keys():
                    del mine[gone]
        self.version += 1


async def keep_looking(keys: Keys, every: float = LOOK_SECONDS) -> None:
    """A new key is known, and a removed one forgotten, without a restart."""
    while True:
        await asyncio.sleep(every)
        # The disk may be slow; what others iterate over changes in their own thread only.
        if (found := await asyncio.to_thread(keys.look)) is not None:
            keys.take(found)


def begins(key_id: str) -> float:
    """From when on (Unix time) a key is used for what is new."""
    if _MOMENT.fullmatch(key_id) is None:
        return 0.0
    try:
        return datetime.strptime(key_id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise BadSettings(f"{key_id} in LONGAN_KEYS_DIR is no moment in UTC.") from error


def in_order(ring: Iterable[str]) -> list[str]:
    """The key ids, eldest first: `10` comes after `9`."""
    return sorted(ring, key=lambda key_id: (len(key_id), key_id))


def newest_id(ring: Iterable[str], now: float | None = None) -> str:
    """The last key id that has begun (Unix time; the machine's when none is given)."""
    ordered = in_order(ring)
    moment = time.time() if now is None else now
    return next((key_id for key_id in reversed(ordered) if begins(key_id) <= moment), ordered[0])


def retires(ring: Iterable[str], key_id: str) -> float | None:
    """When (Unix time) a signing key verifies nothing any more; None while no key with a moment follows it."""
    ordered = in_order(ring)
    later = [begins(each) for each in ordered[ordered.index(key_id) + 1 :] if begins(each)]
    return min(later) + RETIRED_AFTER.total_seconds() if later else None


def ensure(directory: Path) -> None:
    """Make whatever key is missing in `directory` (0700, files 0600). Existing keys are never touched."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for purpose in PURPOSES:
        if not _all(directory, purpose):
            _make(directory, purpose, "1")


def load(directory: Path) -> Keys:
    """The keys of `directory`. Raises `BadSettings` for a missing or weak one."""
    if not directory.is_dir():
        raise BadSettings(f"LONGAN_KEYS_DIR names {directory}, which is no directory; `longan keys` makes one.")
    files = _files(directory)
    access = {audience: dict(_access(directory, audience)) for audience in AUDIENCES}
    hidden = {purpose: dict(_secret(directory, purpose)) for purpose in SECRETS}
    rings: dict[str, Collection[str]] = {**{f"access-{audience}": ring for audience, ring in access.items()}, **hidden}
    for purpose, found in rings.items():
        for key_id in found:
            begins(key_id)
        if not found:
            raise BadSettings(f"LONGAN_KEYS_DIR holds no key for {purpose!r}; `longan keys` makes what is missing.")
        if purpose.endswith("-index") and len(found) > 1:
            raise BadSettings(
                f"LONGAN_KEYS_DIR holds two keys for {purpose!r}: what the first one filed is not found again."
            )
    return Keys(access=access, secrets=hidden, directory=directory, files=files)


def _files(directory: Path) -> frozenset[tuple[str, int]]:
    return frozenset((file.name, file.stat().st_ctime_ns) for file in directory.iterdir() if file.suffix != ".new")


def _access(directory: Path, audience: str) -> Iterator[tuple[str, ec.EllipticCurvePrivateKey]]:
    for file in sorted(directory.glob(f"access-{audience}.*.pem")):
        try:
            key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        except ValueError as error:
            raise BadSettings(f"{file.name} in LONGAN_KEYS_DIR is not a private key in PEM.") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise BadSettings(f"{file.name} in LONGAN_KEYS_DIR must be an EC P-256 key (ES256).")
        yield file.name.split(".")[1], key


def _secret(directory: Path, purpose: str) -> Iterator[tuple[str, bytes]]:
    for file in sorted(directory.glob(f"{purpose}.*.key")):
        try:
            value = bytes.fromhex(file.read_text().strip())
        except ValueError as error:
            raise BadSettings(f"{file.name} in LONGAN_KEYS_DIR must be hexadecimal.") from error
        if len(value) < 32 or len(set(value)) < 8:
            raise BadSettings(f"{file.name} in LONGAN_KEYS_DIR is weak: it must hold 32 random bytes.")
        yield file.name.split(".")[1], value


def rotate(directory: Path, purposes: Iterable[str], now: datetime, after: timedelta = KNOWN_BEFORE) -> list[Path]:
    """A new key for each purpose, to be used `after` that time. Raises `BadSettings`, and has made nothing then."""
    wanted = list(dict.fromkeys(purposes))
    rings = {purpose: [file.name.split(".")[1] for file in _all(directory, purpose)] for purpose in wanted}
    for purpose, ring in rings.items():
        if purpose.endswith("-index"):
            raise BadSettings(f"{purpose!r} cannot be rotated: what its key has filed would not be found again.")
        if not ring:
            raise BadSettings(f"{directory} holds no key for {purpose!r} that another could follow.")
        if begins(newest := in_order(ring)[-1]) > now.timestamp():
            raise BadSettings(f"the key {newest} for {purpose!r} has not begun yet; rotate once it has.")
    moment = f"{(now + after).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return [_make(directory, purpose, moment) for purpose in wanted]


def retire(directory: Path, now: datetime) -> list[Path]:
    """Remove the signing keys that verify nothing any more; which files those were."""
    gone = []
    for audience in AUDIENCES:
        files = {file.name.split(".")[1]: file for file in _all(directory, f"access-{audience}")}
        for key_id, file in files.items():
            if (until := retires(files, key_id)) is not None and until <= now.timestamp():
                file.unlink()
                gone.append(file)
    return gone


def _all(directory: Path, purpose: str) -> list[Path]:
    if purpose not in PURPOSES:
        raise BadSettings(f"there are no keys for {purpose!r}; there are {', '.join(PURPOSES)}.")
    return sorted(directory.glob(f"{purpose}.*{'.pem' if purpose.startswith('access-') else '.key'}"))


def _make(directory: Path, purpose: str, key_id: str) -> Path:
    """A key for `purpose`, in the hands of whoever owns the directory; nobody ever sees half of its file."""
    if purpose.startswith("access-"):
        file = directory / f"{purpose}.{key_id}.pem"
        content = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    else:
        file = directory / f"{purpose}.{key_id}.key"
        content = secrets.token_hex(32).encode()
    unseen = file.with_suffix(".new")
    unseen.touch(mode=0o600)
    unseen.write_bytes(content)
    owner = directory.stat()
    if os.geteuid() == 0:
        os.chown(unseen, owner.st_uid, owner.st_gid)
    unseen.rename(file)
    return file
