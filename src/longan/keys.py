"""Keys: a file for each purpose and key id in LONGAN_KEYS_DIR, so that each can be rotated and guarded by itself.

`access-app.<id>.pem` and `access-official.<id>.pem` are EC P-256 private keys; `<purpose>.<id>.key` holds 32 random
bytes in hexadecimal. The newest id of a purpose signs, every id verifies; ids count up (`9`, `10`) or are days
(`2026-11-22`).
"""

import secrets
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from longan.settings import BadSettings

AUDIENCES = ("app", "official")
SECRETS = ("phone-index", "phone-cipher", "number-index", "number-cipher", "one-time-code", "cursor")


class Keys(msgspec.Struct, frozen=True):
    """`access[audience][key id]` the signing keys; `secrets[purpose][key id]` 32 bytes each."""

    access: dict[str, dict[str, ec.EllipticCurvePrivateKey]]
    secrets: dict[str, dict[str, bytes]]

    def __repr__(self) -> str:
        return "Keys(…)"

    def newest(self, purpose: str) -> bytes:
        return self.secrets[purpose][newest_id(self.secrets[purpose])]


def newest_id(ring: Iterable[str]) -> str:
    """The last key id, `10` after `9`."""
    return max(ring, key=lambda key_id: (len(key_id), key_id))


def ensure(directory: Path) -> None:
    """Make whatever key is missing in `directory` (0700, files 0600). Existing keys are never touched."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for audience in AUDIENCES:
        if not list(directory.glob(f"access-{audience}.*.pem")):
            key = ec.generate_private_key(ec.SECP256R1())
            _write(
                directory / f"access-{audience}.1.pem",
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                ),
            )
    for purpose in SECRETS:
        if not list(directory.glob(f"{purpose}.*.key")):
            _write(directory / f"{purpose}.1.key", secrets.token_hex(32).encode())


def load(directory: Path) -> Keys:
    """The keys of `directory`. Raises `BadSettings` for a missing or weak one."""
    if not directory.is_dir():
        raise BadSettings(f"LONGAN_KEYS_DIR names {directory}, which is no directory; `longan keys` makes one.")
    access = {audience: dict(_access(directory, audience)) for audience in AUDIENCES}
    hidden = {purpose: dict(_secret(directory, purpose)) for purpose in SECRETS}
    rings: dict[str, Collection[str]] = {**{f"access-{audience}": ring for audience, ring in access.items()}, **hidden}
    for purpose, found in rings.items():
        if not found:
            raise BadSettings(f"LONGAN_KEYS_DIR holds no key for {purpose!r}; `longan keys` makes what is missing.")
        if purpose.endswith("-index") and len(found) > 1:
            raise BadSettings(
                f"LONGAN_KEYS_DIR holds two keys for {purpose!r}: what the first one filed is not found again."
            )
    return Keys(access=access, secrets=hidden)


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


def _write(file: Path, content: bytes) -> None:
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(content)
