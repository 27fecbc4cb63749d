"""The OAuth half of the FCM stand-in: a service account of its own, the JWT grant of RFC 7523, access tokens."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from longan.floor.base.clock import Clock

PROJECT = "longan-development"
ISSUER = f"push@{PROJECT}.iam.gserviceaccount.com"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# google-auth signs Google's own token address as the audience, wherever token_uri points.
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
# One of these is asked for by `messages:send` (discovery document); firebase-admin asks for the first.
SEND_SCOPES = frozenset(
    {"https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/firebase.messaging"}
)
LONGEST_ASSERTION = 3_600
CLOCK_SKEW = 60
TOKEN_SECONDS = 3_599

Account = Mapping[str, str]


class GrantRefused(Exception):
    """An OAuth error: `error` and `description` as Google writes them, always with status 400."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


def service_account(base_url: str) -> dict[str, str]:
    """A new service account whose `token_uri` is the stand-in at `base_url`; firebase_admin's Certificate takes it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": secrets.token_hex(20),
        "private_key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "client_email": ISSUER,
        "client_id": "100000000000000000000",
        "universe_domain": "googleapis.com",
    }
    return pointed_at(account, base_url)


def pointed_at(account: Account, base_url: str) -> dict[str, str]:
    """The same account and key, with its token address at `base_url`: the port may differ from start to start."""
    return {**account, "token_uri": base_url.rstrip("/") + "/token"}


def kept(path: Path, base_url: str) -> dict[str, str]:
    """The service account kept in `path` (made when the file is missing), its token address set to `base_url`.

    Raises ValueError when the file holds anything but an account of this stand-in: a real one is never overwritten.
    """
    old: dict[str, str] | None = None
    if path.exists():
        try:
            old = json.loads(path.read_text())
        except ValueError as exc:
            raise ValueError(f"{path} is not a service account's JSON file") from exc
        if not isinstance(old, dict) or old.get("client_email") != ISSUER:
            raise ValueError(f"{path} is not the stand-in's service account, so it is left alone")
    account = service_account(base_url) if old is None else pointed_at(old, base_url)
    if account != old:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(account, file, indent=2)
        draft.replace(path)
    return account


@cache  # loading checks the key, which takes 50 ms
def _public_key(private_key: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_private_key(private_key.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("The service account's key is not an RSA key")  # noqa: TRY004  # its file is wrong, not the caller
    return key.public_key()


class Grants:
    """Exchanges assertions signed by `account` for access tokens, and knows those again.

    A token carries its own end and a seal, so it outlives a restart of the stand-in, as Google's outlive theirs.
    """

    def __init__(self, account: Account, clock: Clock) -> None:
        self._public_key = _public_key(account["private_key"])
        self._issuer = account["client_email"]
        self._seal_key = hashlib.sha256(account["private_key"].encode()).digest()
        self._clock = clock
        self._seen, self._seen_ends = "", 0

    def exchange(self, form: Mapping[str, str], token_uri: str) -> dict[str, str | int]:
        """The answer to a form posted to `token_uri`. Raises GrantRefused."""
        grant_type = form.get("grant_type", "")
        if grant_type != GRANT_TYPE:
            raise GrantRefused("unsupported_grant_type", f"Invalid grant_type: {grant_type}")
        try:
            claims = jwt.decode(
                form.get("assertion", ""),
                self._public_key,
                algorithms=["RS256"],
                issuer=self._issuer,
                audience=[GOOGLE_AUDIENCE, token_uri],
                options={"require": ["iss", "aud", "iat", "exp"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidIssuerError as exc:
            raise GrantRefused("invalid_grant", "Invalid grant: account not found") from exc
        except jwt.InvalidAudienceError as exc:
            raise GrantRefused("invalid_grant", "Invalid JWT: Failed audience check.") from exc
        except jwt.InvalidSignatureError as exc:
            raise GrantRefused("invalid_grant", "Invalid JWT Signature.") from exc
        except jwt.InvalidTokenError as exc:
            raise GrantRefused("invalid_grant", f"Invalid JWT: {exc}") from exc
        self._check_times(claims["iat"], claims["exp"])
        if SEND_SCOPES.isdisjoint(str(claims.get("scope", "")).split()):
            raise GrantRefused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return {"access_token": self._token(), "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}

    def _check_times(self, issued: object, expires: object) -> None:
        now = self._clock().timestamp()
        if (
            isinstance(issued, int)
            and isinstance(expires, int)
            and issued - CLOCK_SKEW <= now < expires
            and 0 < expires - issued <= LONGEST_ASSERTION
        ):
            return
        raise GrantRefused(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim.",
        )

    def _token(self) -> str:
        ends = f"{int(self._clock().timestamp()) + TOKEN_SECONDS}.{secrets.token_hex(8)}"
        return f"ya29.{ends}.{self._seal(ends)}"

    def _seal(self, text: str) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._seal_key, text.encode(), "sha256")).decode().rstrip("=")

    def is_good(self, token: str) -> bool:
        """Whether this account was given `token` and its time is not over."""
        if token != self._seen:  # nearly always the one of the request before
            parts = token.split(".")
            if len(parts) != 4 or parts[0] != "ya29":
                return False
            if not hmac.compare_digest(self._seal(f"{parts[1]}.{parts[2]}").encode(), parts[3].encode()):
                return False
            self._seen, self._seen_ends = token, int(parts[1])
        return self._seen_ends > self._clock().timestamp()
