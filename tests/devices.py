"""A device with a key of its own, which makes DPoP proofs (RFC 9449) as an app does."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from longan.api.edge import Edge
from longan.floor.access.dpop import thumbprint_of
from longan.floor.access.nonces import Nonces
from longan.floor.formats.compact import spelled


def segment(value: bytes | str | dict[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
    return spelled(raw)


class Device:
    """A key pair, and the server it talks to: its address, its time and its nonces."""

    def __init__(self, url: str, clock: Callable[[], datetime], nonces: Nonces) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        x, y = spelled(numbers.x.to_bytes(32)), spelled(numbers.y.to_bytes(32))
        self.jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        self.thumbprint = thumbprint_of(x, y)
        self.url, self._clock, self._nonces = url, clock, nonces

    @classmethod
    def of(cls, app: Edge) -> "Device":
        """A device of this app's."""
        state = app.app.state
        return cls(state.settings.public_url, state.clock, state.proofs.nonces)

    def now(self) -> float:
        return self._clock().timestamp()

    def header(self, **other: Any) -> dict[str, Any]:
        return {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk} | other

    def claims(self, method: str, path: str, token: str | None = None, **other: Any) -> dict[str, Any]:
        """What a right proof says; None in `other` leaves a claim out."""
        made: dict[str, Any] = {
            "jti": str(uuid4()), "htm": method, "htu": self.url + path, "iat": int(self.now()),
            "nonce": self._nonces.current(self.now()),
        }  # fmt: skip
        if token is not None:
            made["ath"] = spelled(hashlib.sha256(token.encode()).digest())
        return {name: value for name, value in (made | other).items() if value is not None}

    def signed(self, header: bytes | str | dict[str, Any], claims: bytes | str | dict[str, Any]) -> str:
        text = f"{segment(header)}.{segment(claims)}"
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{segment(r.to_bytes(32) + s.to_bytes(32))}"

    def proof(self, method: str, path: str, token: str | None = None, **other: Any) -> str:
        """A right proof; `other` replaces claims, and None leaves one out."""
        return self.signed(self.header(), self.claims(method, path, token, **other))

    def headers(self, method: str, path: str, token: str | None = None) -> dict[str, str]:
        """The headers of a right request: without `token` those of a way in."""
        proof = {"DPoP": self.proof(method, path, token)}
        return proof if token is None else proof | {"Authorization": f"DPoP {token}"}
