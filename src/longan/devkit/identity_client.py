"""What the local identity provider and the service know of each other: files in the data folder, made when missing."""

import json
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

CLIENT = "longan-development"
FILE = "identity_providers.json"
KEY = "identity_client.pem"
PATH = "/sso"
LEVELS = {"low": 0, "substantial": 1, "high": 2}


def registration(base_url: str) -> dict[str, object]:
    """The provider at `base_url` as LONGAN_OIDC_PROVIDERS' file describes it."""
    issuer = f"{base_url.rstrip('/')}{PATH}"
    return {
        "id": "local", "name": {"vi": "Định danh thử (VNeID giả)", "en": "Local identity (pretended VNeID)"},
        "issuer": issuer, "client_id": CLIENT, "redirect_uri": f"{issuer}/landed",
        "authentication": "private_key_jwt", "key_file": KEY, "scopes": ["openid", "profile"],
        "acr_values": ["high"], "levels": LEVELS, "claims": {"personal_number": "citizen_id"},
    }  # fmt: skip


def kept(file: Path, base_url: str) -> ec.EllipticCurvePublicKey:
    """Write `file` for the provider at `base_url` (the port may differ from start to start), and the service's key
    beside it if there is none; the key's public half."""
    key_file = file.with_name(KEY)
    if not key_file.exists():
        _write(key_file, pem(ec.generate_private_key(ec.SECP256R1())))
    _write(file, json.dumps({"providers": [registration(base_url)]}, ensure_ascii=False, indent=2).encode())
    found = serialization.load_pem_private_key(key_file.read_bytes(), None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{key_file} is not the local provider's key")  # noqa: TRY004  # its file is wrong
    return found.public_key()


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as opened:
        opened.write(content)
    draft.replace(file)
