"""Object storage by the S3 protocol: addresses that are good for one thing and a short while, and the worker's calls.

An address is signed here without asking anybody (AWS Signature Version 4, query form). What it was signed with binds
whoever uses it: another length, type or checksum has another signature, and the storage refuses it.
"""

import base64
from contextlib import AbstractAsyncContextManager
from urllib.parse import quote

import aiohttp
import msgspec
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from longan.floor.base.errors import Unavailable
from longan.floor.setup.settings import Settings

SECONDS = 15.0
OWN_SECONDS = 60


class StorageUnavailable(Unavailable):
    """The object storage is not set up, or does not answer."""

    code = "storage_unavailable"
    vi, en = "Chưa nhận được ảnh lúc này, xin thử lại sau", "Pictures cannot be taken at the moment; try again later"


class StorageDown(Exception):
    """The storage did not answer, or not as agreed. What it says repeats nothing that the storage wrote."""


class Presigned(msgspec.Struct, frozen=True):
    """An address, and the headers without which it is refused."""

    url: str
    headers: dict[str, str]


class Storage:
    """A private bucket, addressed by path."""

    def __init__(self, url: str, bucket: str, region: str, access_key: str, secret: str) -> None:
        self._base = f"{url.rstrip('/')}/{bucket}"
        self._region = region
        self._credentials = Credentials(access_key, secret)

    def to_put(self, key: str, content_type: str, size: int, sha256: bytes, seconds: int) -> Presigned:
        """For exactly these bytes: other ones the storage refuses."""
        headers = {
            "Content-Type": content_type,
            "Content-Length": str(size),
            "x-amz-checksum-sha256": base64.b64encode(sha256).decode(),
        }
        return Presigned(self._signed("PUT", key, seconds, headers), headers)

    def to_get(self, key: str, seconds: int) -> str:
        return self._signed("GET", key, seconds)

    def to_make_bucket(self) -> str:
        """With PUT; 409 says that it is there."""
        return self._signed("PUT", "", OWN_SECONDS)

    async def get(self, http: aiohttp.ClientSession, key: str, most: int) -> bytes | None:
        """At most `most` bytes of an object; None when there is none. Raises `StorageDown`."""
        try:
            async with self._asked(http, "GET", key) as answer:
                if answer.status == 404 and await _names(answer, b"<Code>NoSuchKey</Code>"):
                    return None
                if answer.status != 200:
                    raise StorageDown(f"status {answer.status}")
                body = bytearray()
                async for chunk in answer.content.iter_chunked(65_536):
                    body += chunk
                    if len(body) >= most:
                        break
                return bytes(body[:most])
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise StorageDown(type(error).__name__) from None

    async def put(self, http: aiohttp.ClientSession, key: str, body: bytes, content_type: str) -> None:
        """Raises `StorageDown`."""
        await self._done(http, "PUT", key, 200, body, content_type)

    async def delete(self, http: aiohttp.ClientSession, key: str) -> None:
        """Harmless when there is none. Raises `StorageDown`."""
        await self._done(http, "DELETE", key, 204)

    async def check(self, http: aiohttp.ClientSession) -> None:
        """Raises `StorageDown` when the bucket cannot be reached."""
        await self._done(http, "HEAD", "", 200)

    async def _done(
        self, http: aiohttp.ClientSession, method: str, key: str, status: int, body: bytes | None = None,
        content_type: str | None = None,
    ) -> None:  # fmt: skip
        try:
            async with self._asked(http, method, key, body, content_type) as answer:
                if answer.status != status:
                    raise StorageDown(f"status {answer.status}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise StorageDown(type(error).__name__) from None

    def _asked(
        self, http: aiohttp.ClientSession, method: str, key: str, body: bytes | None = None,
        content_type: str | None = None,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:  # fmt: skip
        headers = {} if content_type is None else {"Content-Type": content_type}
        return http.request(
            method,
            # What is signed must not be written anew on the way.
            URL(self._signed(method, key, OWN_SECONDS, headers), encoded=True),
            data=body,
            headers={**headers, "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            allow_redirects=False,
        )

    def _signed(self, method: str, key: str, seconds: int, headers: dict[str, str] | None = None) -> str:
        address = f"{self._base}/{quote(key)}" if key else self._base
        request = AWSRequest(method=method, url=address, headers=headers or {})
        S3SigV4QueryAuth(self._credentials, "s3", self._region, expires=seconds).add_auth(request)
        return str(request.url)


def of(settings: Settings) -> Storage | None:
    """The storage that the settings name; None where there is none."""
    if not settings.s3_url or settings.s3_secret is None:
        return None
    secret = settings.s3_secret.read_text().strip()
    return Storage(settings.s3_url, settings.s3_bucket, settings.s3_region, settings.s3_access_key, secret)


async def _names(answer: aiohttp.ClientResponse, code: bytes) -> bool:
    """Whether an error of the storage has this code, in its first bytes."""
    return code in await answer.content.read(4096)
