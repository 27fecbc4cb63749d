"""Google, as far as firebase-admin asks it, on this machine: a proxy to which all its addresses lead, and an own CA.

The addresses are constants of the library. `HTTPS_PROXY` brings it here and `REQUESTS_CA_BUNDLE` makes it believe the
certificates, so the library runs as it is.
"""

import asyncio
import base64
import contextlib
import datetime
import json
import secrets
import ssl
import time
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PROJECT = "longan-test"
HOSTS = ("www.googleapis.com", "identitytoolkit.googleapis.com", "oauth2.googleapis.com")
CERTIFICATES = "/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _pem(key: SigningKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip


def _certificate(
    name: str, key: SigningKey, signer: tuple[x509.Name, SigningKey] | None = None, hosts: tuple[str, ...] = ()
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signing = signer or (own, key)
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
    )
    if hosts:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in hosts]), critical=False)
    return made.sign(signing, hashes.SHA256())


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Google:
    """`users` by uid; `fails` is what an address answers instead: `certificates`, `lookup` or `token` and a status."""

    def __init__(self, folder: Path) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.fails: dict[str, int | str] = {}
        self.asked: list[str] = []
        self.key = rsa.generate_private_key(65537, 2048)
        self._shown = _certificate("securetoken", self.key).public_bytes(serialization.Encoding.PEM).decode()
        self.bundle = folder / "ca.pem"
        authority = ec.generate_private_key(ec.SECP256R1())
        root = _certificate("the CA of this test", authority)
        self.bundle.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = _certificate(HOSTS[0], key, (root.subject, authority), HOSTS)
        (folder / "leaf.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + _pem(key))
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(folder / "leaf.pem")
        self.proxy = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get(CERTIFICATES, self._certificates)
        app.router.add_post(f"/v1/projects/{PROJECT}/accounts:lookup", self._lookup)
        app.router.add_post("/token", self._token)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls).start()
        self._server = await asyncio.start_server(self._tunnel, "127.0.0.1", 0)
        self.proxy = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._server.close()
        await self._runner.cleanup()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """CONNECT host:443 leads to the stand-in of that host, and to nowhere else."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            host = head.split(" ")[1].partition(":")[0]
            if not head.startswith("CONNECT ") or host not in HOSTS:
                writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                writer.close()
                return
            port = self._runner.addresses[0][1]
            there, back = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))

    async def _failure(self, what: str) -> web.Response | None:
        self.asked.append(what)
        match self.fails.get(what):
            case None:
                return None
            case "slow":
                await asyncio.sleep(30)
            case "html":
                return web.Response(text="<h1>Sign in to this network</h1>", content_type="text/html")
            case int(status):
                return web.json_response({"error": {"message": "NO"}}, status=status)
        return None

    async def _certificates(self, request: web.Request) -> web.Response:
        return await self._failure("certificates") or web.json_response(
            {"1": self._shown}, headers={"Cache-Control": "no-store"}
        )

    async def _lookup(self, request: web.Request) -> web.Response:
        if (failure := await self._failure("lookup")) is not None:
            return failure
        if request.headers.get("Authorization") != "Bearer of-the-service-account":
            return web.json_response({"error": {"message": "NO"}}, status=401)
        found = [self.users[uid] for uid in (await request.json())["localId"] if uid in self.users]
        return web.json_response({"users": found})

    async def _token(self, request: web.Request) -> web.Response:
        return await self._failure("token") or web.json_response(
            {"access_token": "of-the-service-account", "expires_in": 3600, "token_type": "Bearer"}
        )

    def user(self, **differs: Any) -> str:
        """A user of the project; the uid."""
        uid = secrets.token_hex(14)
        self.users[uid] = {"localId": uid, "validSince": str(int(time.time()) - 3600), **differs}
        return uid

    def id_token(
        self, uid: str, phone: str | None, *, key: Any = None, algorithm: str = "RS256",
        header: dict[str, Any] | None = None, **differs: Any,
    ) -> str:  # fmt: skip
        """As Firebase makes one; a claim that is None is left out."""
        now = int(time.time())
        claims = {
            "iss": f"https://securetoken.google.com/{PROJECT}", "aud": PROJECT, "sub": uid, "user_id": uid,
            "iat": now - 1, "exp": now + 3600, "auth_time": now - 5, "phone_number": phone,
            "firebase": {"identities": {"phone": [phone]}, "sign_in_provider": "phone"},
        } | differs  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        if algorithm == "none":
            return f"{_segment({'alg': 'none', 'typ': 'JWT', 'kid': '1'})}.{_segment(claims)}."
        return jwt.encode(claims, key or self.key, algorithm, headers={"kid": "1"} | (header or {}))

    def public_pem(self) -> bytes:
        return self._shown.encode()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
