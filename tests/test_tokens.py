"""Access tokens: ours are read, and whatever is not exactly one of ours is nobody (RFC 8725, RFC 9068)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from longan.devkit.sample.personas import PERSONAS
from longan.keys import Keys, ensure, load
from longan.tokens import LEEWAY, LIFETIME, MAX_LENGTH, InvalidToken, Tokens

URL = "https://id.test"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder: Path = tmp_path_factory.mktemp("keys")
    ensure(folder)
    return load(folder)


@pytest.fixture(scope="module")
def tokens(ring: Keys) -> Tokens:
    return Tokens(ring, URL)


def segment(value: bytes | str | dict[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signature(key: ec.EllipticCurvePrivateKey, text: str, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
    size = (key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(algorithm or hashes.SHA256())))
    return r.to_bytes(size) + s.to_bytes(size)


class Forger:
    """Somebody who holds our key, so that only what they say can give them away."""

    def __init__(self, keys: Keys, now: datetime, url: str = URL) -> None:
        self.key = keys.access["app"]["1"]
        self.official = keys.access["official"]["1"]
        self.header = {"alg": "ES256", "typ": "at+jwt", "kid": "app-1"}
        issued = int(now.timestamp())
        self.claims: dict[str, Any] = {
            "iss": f"{url}/app", "aud": "app", "sub": str(uuid4()), "sid": str(uuid4()), "jti": str(uuid4()),
            "iat": issued, "exp": issued + 300, "acr": "0", "auth_time": issued,
        }  # fmt: skip

    def token(self, header: object = None, claims: object = None, key: ec.EllipticCurvePrivateKey | None = None) -> str:
        head = self.header if header is None else header
        body = self.claims if claims is None else claims
        text = f"{segment(head)}.{segment(body)}"  # type: ignore[arg-type]
        return f"{text}.{segment(signature(key or self.key, text))}"

    def said(self, **claims: object) -> str:
        """With other claims; `...` leaves one out."""
        return self.token(claims={k: v for k, v in (self.claims | claims).items() if v is not ...})

    def headed(self, **header: object) -> str:
        return self.token(header={k: v for k, v in (self.header | header).items() if v is not ...})


JWK = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
ALGORITHMS = ["ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "Ed25519", "es256", ["ES256"], None, 0, ...]
TYPES = [
    "JWT", "jwt", "at+JWT", "AT+JWT", "application/at+jwt", "refresh+jwt", "dpop+jwt", "", None, ["at+jwt"], ...,
]  # fmt: skip
KEY_IDS = [
    "app-2", "", "official-1", "../../app-1", "app-1' or '1'='1", "app-1\x00", "APP-1", ["app-1"], {}, None, 1,
    "x" * 2000, ...,
]  # fmt: skip
HEADERS = [
    {"jwk": JWK}, {"jku": "https://evil.test/jwks.json"}, {"x5u": "https://evil.test/c"}, {"x5c": ["AA"]},
    {"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False, "crit": ["b64"]}, {"zip": "DEF"}, {"cty": "JWT"},
]  # fmt: skip
WRONG: dict[str, list[object]] = {
    "aud": ["official", ["app"], "APP", "app ", ["app", "official"]],
    "iss": ["https://evil.test/app", f"{URL}/official", URL, f"{URL}/app/"],
    "acr": ["4", "-1", 3, "", "3 "],
    "sub": ["admin", "", 1],
    "sid": ["1"],
    "exp": [10**400, -1, -(10**30), 0],
    "iat": [10**400, -1, -(10**30), 0],
}
NOT_CLAIMS = ["[]", '"text"', "7", "null", "", "{", "{}{}", "[" * 1_000, b"\xff\xfe"]


def forgeries(forger: Forger) -> Iterator[tuple[str, str]]:
    """Every forgery we know, by name."""
    yield from by_algorithm(forger)
    for name, values in (("typ", TYPES), ("kid", KEY_IDS), ("alg", ALGORITHMS)):
        for value in values:
            yield f"{name} {str(value)[:20]!r}", forger.headed(**{name: value})
    for extra in HEADERS:
        yield f"header with {next(iter(extra))}", forger.headed(**extra)
    yield from by_claims(forger)
    yield from by_form(forger)


def by_algorithm(forger: Forger) -> Iterator[tuple[str, str]]:
    body = segment(forger.claims)
    public = forger.key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for name in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {name!r}", forger.headed(alg=name)
        yield f"alg {name!r} without a signature", f"{segment(forger.header | {'alg': name})}.{body}."
    for name, algorithm in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
        text = f"{segment(forger.header | {'alg': name})}.{body}"
        for secret in (pem, pem.strip(), b"", public.public_numbers().x.to_bytes(32)):
            yield f"{name} with a public secret", f"{text}.{segment(hmac.digest(secret, text.encode(), algorithm))}"
    yield "another curve", forger.token(key=ec.generate_private_key(ec.SECP384R1()))
    yield "another key", forger.token(key=ec.generate_private_key(ec.SECP256R1()))
    yield "the officials' key", forger.token(key=forger.official)


def by_claims(forger: Forger) -> Iterator[tuple[str, str]]:
    for name in forger.claims:
        for value in (..., None, [], {}, True, *WRONG.get(name, [])):
            yield f"{name} {str(value)[:20]}", forger.said(**{name: value})
    for name in ("exp", "iat", "auth_time"):
        for value in (str(forger.claims[name]), float(forger.claims[name]), 1e308, 1e400, "inf"):
            yield f"{name} {value!r}", forger.said(**{name: value})
    now = forger.claims["iat"]
    yield "over", forger.said(iat=now - 400, exp=now - 100)
    yield "from the future", forger.said(iat=now + 60, exp=now + 300)
    yield "too long a life", forger.said(exp=now + 301)
    yield "much too long a life", forger.said(exp=now + 86_400)
    yield "a life that ends before it begins", forger.said(exp=now, iat=now)
    yield "too long", forger.said(padding="x" * MAX_LENGTH)
    claims = json.dumps(forger.claims)
    yield "NaN", forger.token(claims=claims.replace(str(now + 300), "NaN"))
    yield "two subjects", forger.token(claims=claims[:-1] + f', "sub": "{uuid4()}"}}')
    yield "two subjects, one escaped", forger.token(claims=claims[:-1] + f', "\\u0073ub": "{uuid4()}"}}')
    yield "two algorithms", forger.token(header=json.dumps(forger.header)[:-1] + ', "alg": "ES256"}')
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"):
        yield f"claims in {encoding}", forger.token(claims=claims.encode(encoding))
        yield f"header in {encoding}", forger.token(header=json.dumps(forger.header).encode(encoding))
    for nothing in NOT_CLAIMS:
        yield f"claims {nothing[:9]!r}", forger.token(claims=nothing)
        yield f"header {nothing[:9]!r}", forger.token(header=nothing)


def by_form(forger: Forger) -> Iterator[tuple[str, str]]:
    good = forger.token()
    head, body, sign = good.split(".")
    text, raw = f"{head}.{body}", base64.urlsafe_b64decode(sign + "==")
    for number in range(64):
        # The last letter of 64 bytes holds four bits that say nothing: fifteen other spellings of the same signature.
        letter = base64.urlsafe_b64encode(bytes([number << 2]))[:1].decode()
        if letter != sign[-1] and base64.urlsafe_b64decode(sign[:-1] + letter + "==") == raw:
            yield f"signature ending in {letter}", f"{text}.{sign[:-1]}{letter}"
    yield "padded signature", good + "=="
    yield "padded header", f"{head}=.{body}.{sign}"
    yield "padded claims", f"{head}.{body}==.{sign}"
    yield "a signature with padding of its own", f"{text}.{base64.urlsafe_b64encode(raw).decode()}"
    yield "no signature", f"{text}."
    yield "two segments", text
    yield "four segments", f"{good}.{sign}"
    yield "five segments", f"{good}..{sign}"
    yield "zeros for a signature", f"{text}.{segment(bytes(64))}"
    yield "half a signature", f"{text}.{sign[:43]}"
    yield "a signature in DER", f"{text}.{segment(forger.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))}"
    yield "a signature over SHA-512", f"{text}.{segment(signature(forger.key, text, hashes.SHA512()))}"
    yield "the claims of another", f"{head}.{segment(forger.claims | {'sub': str(uuid4())})}.{sign}"
    yield "a line break", f"{good}\n"
    yield "a blank inside", f"{head} .{body}.{sign}"
    yield "nothing", ""
    yield "dots", ".."


def test_a_token_of_ours_is_read(tokens: Tokens) -> None:
    account, session = uuid4(), uuid4()

    claims = tokens.read(tokens.sign(account, session, "official", 3, NOW, NOW), NOW)

    assert (claims.account_id, claims.session_id, claims.audience, claims.acr) == (account, session, "official", 3)
    assert claims.expires_at == int((NOW + LIFETIME).timestamp())


def test_the_forger_could_have_made_a_good_one(ring: Keys, tokens: Tokens) -> None:
    forger = Forger(ring, NOW)

    assert str(tokens.read(forger.token(), NOW).account_id) == forger.claims["sub"]


def test_no_forgery_is_read(ring: Keys, tokens: Tokens) -> None:
    accepted = []
    found = list(forgeries(Forger(ring, NOW)))
    for name, token in found:
        try:
            tokens.read(token, NOW)
        except InvalidToken:
            continue
        accepted.append(name)

    assert len(found) >= 120
    assert accepted == []


def test_a_token_lives_from_its_time_to_its_end_and_half_a_minute_of_skew(tokens: Tokens) -> None:
    token = tokens.sign(uuid4(), uuid4(), "app", 0, NOW, NOW)
    second = timedelta(seconds=1)

    tokens.read(token, NOW - LEEWAY)
    tokens.read(token, NOW + LIFETIME + LEEWAY - second)
    for moment in (NOW - LEEWAY - second, NOW + LIFETIME + LEEWAY):
        with pytest.raises(InvalidToken):
            tokens.read(token, moment)


def test_a_new_key_signs_and_the_old_one_still_verifies(ring: Keys) -> None:
    newer = ec.generate_private_key(ec.SECP256R1())
    both = Tokens(Keys({**ring.access, "app": {**ring.access["app"], "2": newer}}, ring.secrets), URL)
    before = Tokens(ring, URL).sign(uuid4(), uuid4(), "app", 0, NOW, NOW)

    after = both.sign(uuid4(), uuid4(), "app", 0, NOW, NOW)

    both.read(before, NOW)
    both.read(after, NOW)
    with pytest.raises(InvalidToken):
        Tokens(ring, URL).read(after, NOW)
    assert {key["kid"] for key in both.jwks()["keys"]} == {"app-1", "app-2", "official-1"}


@pytest.fixture
def persona(app: Any, conn: Any) -> Callable[..., Awaitable[Forger]]:
    """A forger with the keys of the app and a real session of a worker."""

    async def make() -> Forger:
        state = app.app.state
        forger = Forger(state["keys"], state.clock(), state.settings.public_url)
        account = PERSONAS[0].account_id
        session = await conn.fetchval(
            """insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at,
                                              idle_expires_at, expires_at)
               values ($1, 'app', 0, '{otp}', $2::timestamptz, $2, $2 + interval '1 day', $2 + interval '1 day')
               returning id""",
            account, state.clock(),
        )  # fmt: skip
        forger.claims |= {"sub": str(account), "sid": str(session)}
        return forger

    return make


async def test_no_forgery_gets_past_the_door(
    client: httpx.AsyncClient, persona: Callable[..., Awaitable[Forger]], valkey: Any, app: Any
) -> None:
    forger = await persona()
    good = await client.get("/v1/me", headers={"Authorization": f"Bearer {forger.token()}"})
    accepted = []

    for name, token in forgeries(forger):
        app.app.state.limiter.buckets.clear()
        await valkey.flushdb()
        answer = await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 401 or not answer.headers["WWW-Authenticate"].startswith("Bearer"):
            accepted.append((name, answer.status_code))

    assert good.status_code == 200
    assert accepted == []


@pytest.mark.parametrize(
    "scheme", ["Basic {}", "DPoP {}", "{}", "Bearer", "Bearer  {}", "Bearer {} {}", "Bearer\t{}", "token {}"]
)
async def test_only_a_bearer_token_is_a_bearer_token(
    client: httpx.AsyncClient, persona: Callable[..., Awaitable[Forger]], scheme: str
) -> None:
    token = (await persona()).token()

    answer = await client.get("/v1/me", headers={"Authorization": scheme.format(token, token)})

    assert answer.status_code == 401


async def test_a_token_for_one_audience_opens_nothing_of_the_other(
    client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]
) -> None:
    path = "/v1/employers/0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11/verification"
    body = {"decision": "verified", "reason": "đủ giấy tờ"}

    as_worker = await client.post(path, json=body, headers=await bearer())
    as_official = await client.post(
        "/v1/jobs/0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11/publish", headers=await bearer(audience="official", acr=3)
    )

    assert (as_worker.status_code, as_official.status_code) == (401, 401)
