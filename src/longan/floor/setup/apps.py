"""Our mobile apps, as passkeys know them: Android's by the certificate that signs them, Apple's by team and bundle."""

import re
from typing import Any

import msgspec

from longan.floor.formats.compact import spelled

# What opens a screen of the app: by its own scheme, or by an address of ours that also other apps understand.
SCHEME = "longanid://"
OPENED = "/open/"

_ANDROID = re.compile(r"([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+)=((?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2})", re.ASCII)
_APPLE = re.compile(r"[A-Z0-9]{10}\.[A-Za-z0-9.-]+", re.ASCII)


class BadApp(ValueError):
    """The part of a setting that names no app."""


class AndroidApp(msgspec.Struct, frozen=True):
    """`certificate` is the SHA-256 of the certificate that signs it."""

    package: str
    certificate: bytes

    @property
    def origin(self) -> str:
        """What Android says instead of a web origin."""
        return "android:apk-key-hash:" + spelled(self.certificate)


def android(setting: str) -> list[AndroidApp]:
    """The apps of `LONGAN_ANDROID_APPS`: `package=AB:CD:…`, comma-separated, a package once for each certificate.

    Raises `BadApp`.
    """
    found = []
    for part in _parts(setting):
        match = _ANDROID.fullmatch(part)
        if match is None:
            raise BadApp(part)
        found.append(AndroidApp(match[1], bytes.fromhex(match[2].replace(":", ""))))
    return found


def apple(setting: str) -> list[str]:
    """The apps of `LONGAN_IOS_APPS`: `TEAM123456.bundle.id`, comma-separated. Raises `BadApp`."""
    for part in (parts := _parts(setting)):
        if _APPLE.fullmatch(part) is None:
            raise BadApp(part)
    return parts


def asset_links(apps: list[AndroidApp]) -> list[dict[str, Any]]:
    """What Google Play services read under /.well-known (Digital Asset Links)."""
    return [
        {
            "relation": ["delegate_permission/common.get_login_creds", "delegate_permission/common.handle_all_urls"],
            "target": {
                "namespace": "android_app",
                "package_name": app.package,
                "sha256_cert_fingerprints": [app.certificate.hex(":").upper()],
            },
        }
        for app in apps
    ]


def associated_domains(apps: list[str]) -> dict[str, Any]:
    """What iOS reads under /.well-known (associated domains)."""
    opened = {"appIDs": apps, "components": [{"/": f"{OPENED}*"}]}
    return {"webcredentials": {"apps": apps}, "applinks": {"details": [opened]}}


def _parts(setting: str) -> list[str]:
    return [part.strip() for part in setting.split(",") if part.strip()]
