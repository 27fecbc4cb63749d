"""Firebase Authentication: firebase-admin verifies an ID token, and asks whether it was revoked since.

The library is loaded at the first use, 20 MB and a second, and blocks while it asks: it runs in threads of its own. It
fetches Google's certificates from an address that is a constant in it, and keeps them as long as Google says.
"""

import asyncio
import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from longan.rooms.firebase.models import Verified

CLOCK_SKEW_SECONDS = 10
# For each of at most three questions; all of them together may take TOTAL_SECONDS.
HTTP_SECONDS = 4.0
TOTAL_SECONDS = 9.0
THREADS = 4
# Who waits behind so many waits in vain.
AT_ONCE = 16
FAILURES = 5
PAUSE_SECONDS = 30.0

log = logging.getLogger("longan.firebase")


class TokenRefused(Exception):
    """Nobody is proved to hold a phone by this token."""


class FirebaseAway(Exception):
    """Whether the token is good cannot be found out now; `retry_after` in seconds."""

    def __init__(self, retry_after: int = int(PAUSE_SECONDS)) -> None:
        super().__init__()
        self.retry_after = retry_after


class PhoneVerifier(Protocol):
    """Who says which phone somebody has shown to hold."""

    async def verify(self, id_token: str) -> Verified:
        """Raises `TokenRefused`, `FirebaseAway`."""


class Firebase:
    """One per process."""

    def __init__(self, project: str, credentials: Path) -> None:
        self._project = project
        self._credentials = credentials
        self._threads = ThreadPoolExecutor(THREADS, "firebase")
        self._loading = threading.Lock()
        self._client: Any = None
        self._busy = 0
        self._failures = 0
        self._away_until = 0.0

    async def verify(self, id_token: str) -> Verified:
        if (left := self._away_until - time.monotonic()) > 0:
            raise FirebaseAway(int(left) + 1)
        if self._busy >= AT_ONCE:
            raise FirebaseAway(2)
        self._busy += 1
        asked = asyncio.get_running_loop().run_in_executor(self._threads, self._verify, id_token)
        asked.add_done_callback(self._done)
        try:
            # The thread goes on when nobody waits any more, and counts as busy until it is back.
            claims = await asyncio.wait_for(asyncio.shield(asked), TOTAL_SECONDS)
        except TokenRefused:
            self._failures = 0
            raise
        except (FirebaseAway, TimeoutError) as error:
            self._failures += 1
            if self._failures >= FAILURES:
                self._away_until, self._failures = time.monotonic() + PAUSE_SECONDS, 0
            raise FirebaseAway from error
        self._failures = 0
        return _phone(claims)

    def _done(self, asked: asyncio.Future[Any]) -> None:
        self._busy -= 1
        if not asked.cancelled():
            asked.exception()  # nobody may be left to ask for it

    def _verify(self, id_token: str) -> dict[str, Any]:
        """In a thread. Raises `TokenRefused`, `FirebaseAway`."""
        from firebase_admin import auth, exceptions
        from google.auth.exceptions import GoogleAuthError

        try:
            claims: dict[str, Any] = auth.verify_id_token(
                id_token, self._app(), check_revoked=True, clock_skew_seconds=CLOCK_SKEW_SECONDS
            )
        except (auth.InvalidIdTokenError, auth.UserDisabledError, auth.UserNotFoundError) as error:
            if isinstance(error.cause, json.JSONDecodeError):
                log.warning("Firebase's certificates are unreadable")
                raise FirebaseAway from error
            raise TokenRefused(type(error).__name__) from error
        except (exceptions.FirebaseError, GoogleAuthError, OSError) as error:
            log.warning("Firebase does not answer: %s", type(error).__name__)
            raise FirebaseAway from error
        except ValueError as error:
            raise TokenRefused(type(error).__name__) from error
        return claims

    def _app(self) -> Any:
        """Our own connection to Firebase, for signing in alone."""
        import firebase_admin
        from firebase_admin import credentials

        with self._loading:
            if self._client is None:
                self._client = firebase_admin.initialize_app(
                    credentials.Certificate(str(self._credentials)),
                    {"projectId": self._project, "httpTimeout": HTTP_SECONDS},
                    name=f"sign-in-{id(self)}",
                )
            return self._client


def _phone(claims: dict[str, Any]) -> Verified:
    """Raises `TokenRefused` for somebody who signed in to Firebase otherwise than with a phone."""
    firebase, phone, at = claims.get("firebase"), claims.get("phone_number"), claims.get("auth_time")
    if not isinstance(firebase, dict) or firebase.get("sign_in_provider") != "phone" or firebase.get("tenant"):
        raise TokenRefused("sign_in_provider")
    if not isinstance(phone, str) or type(at) is not int or not 0 < at < 2**33:
        raise TokenRefused("phone_number")
    return Verified(phone, datetime.fromtimestamp(at, UTC))
