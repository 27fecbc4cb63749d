"""OpenID providers: what an operator says of each, in the file that LONGAN_OIDC_PROVIDERS names."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlencode, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from msgspec import Meta

from longan.floor.formats import compact
from longan.floor.requests.policy import FRESH
from longan.floor.setup.settings import BadSettings, Settings

Algorithm = Literal["ES256", "PS256", "RS256"]
Authentication = Literal["private_key_jwt", "client_secret_basic", "client_secret_post"]
ClientKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PROVIDER_ID = r"^[a-z][a-z0-9-]{0,30}(?!\n)$"
ProviderId = Annotated[str, Meta(pattern=PROVIDER_ID, max_length=31)]
Filled = Annotated[str, Meta(min_length=1, max_length=500)]

LEAST_RSA_BITS = 2048
LEAST_SECRET = 16
ASSERTION_SECONDS = 60
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the button says."""

    vi: Filled
    en: Filled


class ClaimNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Under which names a provider gives what we read. Without `personal_number` its word confirms nobody."""

    subject: Filled = "sub"
    full_name: Filled = "name"
    birth_date: Filled = "birthdate"
    personal_number: Filled | None = None


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider, and what we are to it.

    `levels` says which acr of ours, 0 to 2, an `acr` of its ID tokens is worth; what is not named is worth 0, and so is
    everything without `max_age` (seconds), for then nobody says how long ago the person was there. `claims_from`: where
    the personal claims stand. `clock_skew` in seconds.
    """

    id: ProviderId
    name: Names
    issuer: Filled
    client_id: Filled
    redirect_uri: Filled
    authentication: Authentication
    key_file: Path | None = None
    key_id: Filled | None = None
    secret_file: Path | None = None
    scopes: list[Filled] = msgspec.field(default_factory=lambda: ["openid"])
    algorithms: list[Algorithm] = msgspec.field(default_factory=lambda: ["ES256"])
    acr_values: list[Filled] = []
    levels: dict[str, Annotated[int, Meta(ge=0, le=2)]] = {}
    max_age: Annotated[int, Meta(ge=0, le=3600)] | None = FRESH
    claims: ClaimNames = ClaimNames()
    claims_from: Literal["id_token", "userinfo"] = "id_token"
    clock_skew: Annotated[int, Meta(ge=0, le=120)] = 30

    def authorization_address(self, endpoint: str, asked: Mapping[str, str], verifier: str) -> str:
        """Where the person goes; `asked` is state and nonce. PKCE is S256 always (RFC 7636)."""
        query = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.scopes), **asked, "code_challenge_method": "S256",
            "code_challenge": compact.spelled(hashlib.sha256(verifier.encode()).digest()),
        }  # fmt: skip
        query |= {"acr_values": " ".join(self.acr_values)} if self.acr_values else {}
        query |= {} if self.max_age is None else {"max_age": str(self.max_age)}
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query, quote_via=quote)}"

    def level(self, acr: object) -> int:
        """What the `acr` of an ID token is worth here."""
        return self.levels.get(acr, 0) if isinstance(acr, str) and self.max_age is not None else 0


class Party(msgspec.Struct, frozen=True):
    """A provider, and what proves to it that it is us: a key or a secret."""

    provider: Provider
    key: ClientKey | None
    secret: str | None

    def __repr__(self) -> str:
        return f"Party({self.provider.id!r}, …)"

    def proof(self, now: datetime) -> tuple[dict[str, str], dict[str, str]]:
        """Form fields and headers that say who we are (RFC 6749 section 2.3, RFC 7523). The assertion is made out to
        the issuer alone: another issuer could have one made out to an address that it calls its own."""
        provider, client = self.provider, self.provider.client_id
        if self.key is not None:
            issued = int(now.timestamp())
            claims = {
                "iss": client, "sub": client, "aud": provider.issuer, "jti": secrets.token_urlsafe(16),
                "iat": issued, "exp": issued + ASSERTION_SECONDS,
            }  # fmt: skip
            algorithm = "ES256" if isinstance(self.key, ec.EllipticCurvePrivateKey) else "RS256"
            assertion = jwt.encode(claims, self.key, algorithm, {"kid": provider.key_id} if provider.key_id else None)
            return {"client_id": client, "client_assertion_type": ASSERTION, "client_assertion": assertion}, {}
        secret = self.secret or ""
        if provider.authentication == "client_secret_basic":
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
            return {}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return {"client_id": client, "client_secret": secret}, {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    providers: list[Provider]


def read(settings: Settings) -> dict[str, Party]:
    """Every provider by its id, in the file's order; none without a file. Raises `BadSettings`."""
    path = settings.oidc_providers
    if path is None:
        return {}
    decode = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
    try:
        listed = decode(path.read_bytes(), type=_File, dec_hook=_path).providers
    except OSError as error:
        raise BadSettings(f"LONGAN_OIDC_PROVIDERS names {path}: {error.strerror}.") from error
    except (ValueError, msgspec.DecodeError) as error:
        raise BadSettings(f"LONGAN_OIDC_PROVIDERS names {path}, which is not as it should be: {error}.") from error
    parties = {provider.id: _party(provider, path.parent, settings.development) for provider in listed}
    if len(parties) < len(listed) or len({provider.issuer for provider in listed}) < len(listed):
        raise BadSettings(f"{path} names an id or an issuer twice.")
    return parties


def _party(provider: Provider, folder: Path, development: bool) -> Party:
    if not is_address(provider.issuer, development) or urlsplit(provider.issuer).query:
        raise BadSettings(f"The issuer of provider {provider.id!r} must be an https:// address.")
    to = urlsplit(provider.redirect_uri)
    if not to.scheme or to.fragment or (to.scheme == "http" and not development):
        raise BadSettings(f"The redirect_uri of provider {provider.id!r} must be https:// or a scheme of the app's.")
    if "openid" not in provider.scopes or not provider.algorithms:
        raise BadSettings(f"Provider {provider.id!r} needs the scope `openid` and at least one algorithm.")
    if provider.authentication == "private_key_jwt":
        return Party(provider, _key(provider, folder), None)
    return Party(provider, None, _secret(provider, folder))


def is_address(text: str, development: bool) -> bool:
    """Whether it is an absolute address with TLS, or without in development; nothing hides in it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    schemes = ("https", "http") if development else ("https",)
    return parts.scheme in schemes and bool(parts.hostname) and not parts.username and not parts.fragment


def _key(provider: Provider, folder: Path) -> ClientKey:
    try:
        found = serialization.load_pem_private_key((folder / (provider.key_file or "")).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise BadSettings(f"key_file of provider {provider.id!r} must be a private key in PEM.") from error
    if isinstance(found, ec.EllipticCurvePrivateKey) and isinstance(found.curve, ec.SECP256R1):
        return found
    if isinstance(found, rsa.RSAPrivateKey) and found.key_size >= LEAST_RSA_BITS:
        return found
    raise BadSettings(f"key_file of provider {provider.id!r} must be an EC P-256 key, or RSA of {LEAST_RSA_BITS} bits.")


def _secret(provider: Provider, folder: Path) -> str:
    try:
        found = (folder / (provider.secret_file or "")).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"secret_file of provider {provider.id!r} must name the file with its secret.") from error
    if len(found) < LEAST_SECRET:
        raise BadSettings(f"The secret of provider {provider.id!r} must have at least {LEAST_SECRET} characters.")
    return found


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)
