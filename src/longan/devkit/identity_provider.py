"""A local OpenID provider that signs the personas in, in place of the national SSO and VNeID; it can be told to lie.

Addresses below /sso. `POST /sso/lies {"at", "lie", "times"}` scripts what is answered at `metadata`, `keys`,
`token` or `userinfo`; src/longan/devkit/identity_lies.py names the lies.
"""

import hashlib
import html
import secrets
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode

import jwt
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from longan.devkit import identity_lies
from longan.devkit.identity_client import CLIENT, LEVELS, PATH
from longan.devkit.identity_lies import encoded, padded
from longan.devkit.sample.personas import PERSONAS
from longan.devkit.wire import answer, bad_request, body_of
from longan.floor.base.clock import Clock

CODE_SECONDS = 60
TOKEN_SECONDS = 300
METHOD = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
At = Literal["metadata", "keys", "token", "userinfo"]

PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Định danh thử</title><style>body{{font:16px system-ui;margin:2rem auto;max-width:40rem;padding:0 1rem}}
a{{display:block;padding:.5rem 0}}pre{{white-space:pre-wrap;overflow-wrap:anywhere}}</style></head><body>
<h1>{title}</h1>{body}</body></html>
"""
LANDED = """<p>Ứng dụng gửi nội dung này đến <code>POST /v1/auth/federated</code>, kèm <code>continuation</code> đã giữ.
/ The app sends this, with the <code>continuation</code> it kept.</p><pre>{body}</pre>"""


class Lie(msgspec.Struct, forbid_unknown_fields=True):
    """How the next `times` answers at an address fare; all of them when absent."""

    at: At
    lie: str
    times: int | None = None


class Grant(msgspec.Struct, frozen=True):
    """A code that was given out."""

    asked: Mapping[str, str]
    subject: str
    at: int


class Provider:
    """Its keys, the codes and tokens it gave out, and what it was told to say."""

    def __init__(self, clock: Clock, client: ec.EllipticCurvePublicKey | None, slow_seconds: float) -> None:
        self.clock = clock
        self.slow_seconds = slow_seconds
        self.codes: dict[str, Grant] = {}
        self.tokens: dict[str, str] = {}
        self.exchanges = 0
        self._client = client
        self._lies: dict[str, Lie] = {}
        self.keys = {"1": ec.generate_private_key(ec.SECP256R1())}

    @property
    def key_id(self) -> str:
        return max(self.keys)

    def change_keys(self) -> None:
        """New keys from now on; the old ones are gone."""
        self.keys = {str(int(self.key_id) + 1): ec.generate_private_key(ec.SECP256R1())}

    def tell(self, lie: Lie) -> None:
        self._lies[lie.at] = lie

    def lie(self, at: At) -> str:
        """What to say at an address this time; empty for the truth."""
        lie = self._lies.get(at)
        if lie is None:
            return ""
        if lie.times is not None:
            lie.times -= 1
            if lie.times <= 0:
                del self._lies[at]
        return lie.lie

    def knows(self, form: Mapping[str, str], issuer: str) -> bool:
        """Whether the client is ours (RFC 7523)."""
        if self._client is None or form.get("client_assertion_type") != METHOD:
            return False
        options: Any = {"require": ["iss", "sub", "jti", "exp", "iat"]}
        try:
            claims = jwt.decode(
                form.get("client_assertion", ""), self._client, ["ES256"], options, audience=issuer, issuer=CLIENT
            )
        except jwt.PyJWTError:
            return False
        return bool(claims["sub"] == CLIENT)


PROVIDER: web.AppKey[Provider] = web.AppKey("identity_provider", Provider)
routes = web.RouteTableDef()


def issuer_of(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}{PATH}"


def person(subject: str) -> dict[str, str]:
    """What is said of a persona, found by its phone; of others only that they are."""
    for number, persona in enumerate(PERSONAS, 1):
        if persona.phone == subject:
            year = persona.birth_year or 1990
            return {
                "name": persona.full_name, "birthdate": f"{year}-01-01", "phone_number": persona.phone,
                "citizen_id": f"080{1 if year < 2000 else 3}{year % 100:02d}{number:06d}",
            }  # fmt: skip
    return {}


@routes.get(f"{PATH}/.well-known/openid-configuration")
async def show_metadata(request: web.Request) -> web.Response:
    provider, issuer = request.app[PROVIDER], issuer_of(request)
    lie = provider.lie("metadata")
    if (instead := await identity_lies.answer(lie, request, provider.slow_seconds)) is not None:
        return instead
    return answer(padded(lie, {
        "issuer": "https://elsewhere.example" if lie == "another_issuer" else issuer,
        "authorization_endpoint": "javascript:alert(1)" if lie == "unsafe_address" else f"{issuer}/authorize",
        "token_endpoint": "file:///etc/passwd" if lie == "file_address" else f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": list(LEVELS),
        "authorization_response_iss_parameter_supported": True,
    }))  # fmt: skip


@routes.get(f"{PATH}/jwks")
async def show_keys(request: web.Request) -> web.Response:
    provider = request.app[PROVIDER]
    lie = provider.lie("keys")
    if (instead := await identity_lies.answer(lie, request, provider.slow_seconds)) is not None:
        return instead
    listed = [
        {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig", "alg": "ES256"}
        for key_id, key in provider.keys.items()
    ]
    for each in listed:
        each |= {"use": "enc"} if lie == "for_encryption" else {"alg": "ES384"} if lie == "another_algorithm" else {}
    return answer(padded(lie, {"keys": listed * (100 if lie == "too_many" else 1)}))


@routes.get(f"{PATH}/authorize")
async def ask_who(request: web.Request) -> web.Response:
    """The page on which one is somebody."""
    asked = {name: value for name, value in request.query.items() if name != "as"}
    if (subject := request.query.get("as")) is None:
        ways = [(f"?{urlencode({**asked, 'as': each.phone})}", f"{each.full_name}, {each.title}") for each in PERSONAS]
        links = "".join(f'<a href="{html.escape(address)}">{html.escape(who)}</a>' for address, who in ways)
        page = PAGE.format(title="Đăng nhập với tư cách / Sign in as", body=links)
        return web.Response(text=page, content_type="text/html")
    if asked.get("client_id") != CLIENT or asked.get("redirect_uri") != f"{issuer_of(request)}/landed":
        return bad_request("client_id and redirect_uri are not those of this environment")
    provider, code = request.app[PROVIDER], secrets.token_urlsafe(16)
    provider.codes[code] = Grant(asked, subject, int(provider.clock().timestamp()))
    back = urlencode({"code": code, "state": asked.get("state", ""), "iss": issuer_of(request)})
    return web.Response(status=303, headers={"Location": f"{asked['redirect_uri']}?{back}"})


@routes.get(f"{PATH}/landed")
async def show_landing(request: web.Request) -> web.Response:
    """Where a phone would open the app."""
    body = html.escape(msgspec.json.format(msgspec.json.encode(dict(request.query))).decode())
    return web.Response(text=PAGE.format(title="Đã quay lại", body=LANDED.format(body=body)), content_type="text/html")


@routes.post(f"{PATH}/token")
async def exchange(request: web.Request) -> web.Response:
    provider, issuer = request.app[PROVIDER], issuer_of(request)
    provider.exchanges += 1
    lie = provider.lie("token")
    if (instead := await identity_lies.answer(lie, request, provider.slow_seconds)) is not None:
        return instead
    form = {name: str(value) for name, value in (await request.post()).items()}
    if not provider.knows(form, issuer) or lie == "does_not_know_us":
        return answer({"error": "invalid_client"}, 401)
    grant, now = provider.codes.pop(form.get("code", ""), None), int(provider.clock().timestamp())
    verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if (
        grant is None
        or now > grant.at + CODE_SECONDS
        or grant.asked.get("redirect_uri") != form.get("redirect_uri")
        or grant.asked.get("code_challenge") != encoded(verifier)
    ):
        return answer({"error": "invalid_grant"}, 400)
    token = secrets.token_urlsafe(16)
    provider.tokens[token] = grant.subject
    claims = {
        "iss": issuer, "aud": CLIENT, "sub": grant.subject, "nonce": grant.asked.get("nonce", ""), "iat": now,
        "exp": now + TOKEN_SECONDS, "auth_time": grant.at, "acr": grant.asked.get("acr_values", "low").split()[0],
        "at_hash": encoded(hashlib.sha256(token.encode()).digest()[:16]), **person(grant.subject),
    }  # fmt: skip
    id_token = identity_lies.id_token(lie, claims, provider.keys[provider.key_id], provider.key_id)
    granted = {"access_token": token, "token_type": "mac" if lie == "another_type" else "Bearer", "id_token": id_token}
    return answer(padded(lie, {name: value for name, value in granted.items() if lie != f"no_{name}"}))


@routes.get(f"{PATH}/userinfo")
async def show_person(request: web.Request) -> web.Response:
    provider = request.app[PROVIDER]
    subject = provider.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
    lie = provider.lie("userinfo")
    if (instead := await identity_lies.answer(lie, request, provider.slow_seconds)) is not None:
        return instead
    if subject is None:
        return answer({"error": "invalid_token"}, 401)
    return answer(padded(lie, {"sub": "another" if lie == "of_another" else subject, **person(subject)}))


@routes.post(f"{PATH}/lies")
async def set_lie(request: web.Request) -> web.Response:
    """Script what is answered."""
    try:
        lie = await body_of(request, Lie)
    except msgspec.DecodeError as error:
        return bad_request(str(error))
    request.app[PROVIDER].tell(lie)
    return answer(lie)
