"""Settings: one frozen struct, read once in each process from `LONGAN_*`, passed down, never imported."""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from longan.floor.formats import georeport
from longan.floor.setup import apps

Environment = Literal["development", "production"]


class BadSettings(Exception):
    """A setting is missing or weak: one sentence that says which and what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process is told from outside. Every field is the variable `LONGAN_<FIELD>`."""

    env: Environment = "production"
    database_url: str
    redis_url: str
    keys_dir: Path
    public_url: str
    province_code: str
    sms_url: str = ""
    sms_key: str = ""
    sms_fallback_url: str = ""
    sms_fallback_key: str = ""
    identity_check_url: str = ""
    identity_check_key: str = ""
    tax_registry_url: str = ""
    tax_registry_key: str = ""
    lgsp_url: str = ""
    lgsp_user: str = ""
    lgsp_password: str = ""
    lgsp_unit: str = ""
    lgsp_calls_per_second: int = 50
    procedures_url: str = ""
    lgsp_webhook_key: str = ""
    open311_jurisdictions: str = ""
    open311_contact: str = ""
    handover_endpoints: Path | None = None
    s3_url: str = ""
    s3_bucket: str = "longan"
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret: Path | None = None
    texts: Path | None = None
    zalo_url: str = "https://business.openapi.zalo.me"
    zalo_oauth_url: str = "https://oauth.zaloapp.com"
    zalo_app_id: str = ""
    zalo_app_secret: str = ""
    zalo_oa_secret: str = ""
    zalo_refresh_token: str = ""
    fcm_base_url: str = "https://fcm.googleapis.com"
    fcm_credentials: Path | None = None
    firebase_project: str = ""
    firebase_credentials: Path | None = None
    oidc_providers: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    metrics_port: int = 8001
    workers: int = 1
    database_connections: int = 10
    trusted_proxies: str = ""
    dpop_nonces: Literal["officials", "everybody"] = "officials"
    android_apps: str = ""
    ios_apps: str = ""
    rate_limit_scale: int = 1
    event_streams: int = 1000

    def __repr__(self) -> str:
        return f"Settings(env={self.env!r}, …)"

    @property
    def development(self) -> bool:
        return self.env == "development"

    @property
    def sms_gateways(self) -> dict[str, tuple[str, str]]:
        """Address and key of each SMS gateway, in the order in which they are asked."""
        first = {"first": (self.sms_url, self.sms_key)}
        return first | ({"second": (self.sms_fallback_url, self.sms_fallback_key)} if self.sms_fallback_url else {})

    @property
    def dossier_webhook_keys(self) -> dict[str, str]:
        """The key of each source of dossiers that tells us of changes."""
        return {"lgsp": self.lgsp_webhook_key} if self.lgsp_webhook_key else {}

    @property
    def proxies(self) -> frozenset[str]:
        return frozenset(part.strip() for part in self.trusted_proxies.split(",") if part.strip())


LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises `BadSettings` with one sentence for the operator."""
    environ = os.environ if environ is None else environ
    given: dict[str, str] = {}
    for field in msgspec.structs.fields(Settings):
        name = f"LONGAN_{field.name.upper()}"
        if environ.get(name):
            given[field.name] = environ[name]
        elif field.required:
            raise BadSettings(f"{name} is not set; docs/operators.md says what belongs in it.")
    try:
        settings = msgspec.convert(given, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `$.")
        raise BadSettings(f"LONGAN_{place.rstrip('`').upper()} has a wrong value: {sentence}.") from error
    check(settings, environ)
    return settings


def check(settings: Settings, environ: Mapping[str, str]) -> None:
    """Refuse what would be unsafe: production must not start on stand-ins, and nobody on bad addresses."""
    for name, value, kinds in (
        ("LONGAN_DATABASE_URL", settings.database_url, ("postgresql://", "postgres://")),
        ("LONGAN_REDIS_URL", settings.redis_url, ("redis://", "rediss://", "unix://")),
        ("LONGAN_PUBLIC_URL", settings.public_url, ("https://", "http://")),
    ):
        if not value.startswith(kinds):
            raise BadSettings(f"{name} must start with {' or '.join(kinds)}.")
    if not (settings.province_code.isascii() and settings.province_code.isdigit() and len(settings.province_code) == 2):
        raise BadSettings("LONGAN_PROVINCE_CODE must be the two digits of the province this service is for.")
    for part in settings.proxies:
        try:
            ipaddress.ip_address(part)
        except ValueError as error:
            raise BadSettings(f"LONGAN_TRUSTED_PROXIES holds {part!r}, which is not an IP address.") from error
    for name, value, read_apps in (
        ("LONGAN_ANDROID_APPS", settings.android_apps, apps.android),
        ("LONGAN_IOS_APPS", settings.ios_apps, apps.apple),
    ):
        try:
            read_apps(value)
        except apps.BadApp as error:
            raise BadSettings(f"{name} holds {str(error)!r}; docs/operators.md says how an app is written.") from error
    _check_jurisdictions(settings)
    # Where nobody signs in by Firebase, a developer's emulator for something else harms nobody.
    if environ.get("FIREBASE_AUTH_EMULATOR_HOST") and (settings.firebase_project or not settings.development):
        raise BadSettings("FIREBASE_AUTH_EMULATOR_HOST is set: Firebase would accept unsigned tokens; unset it.")
    _check_lgsp(settings)
    if settings.firebase_project and not (settings.firebase_credentials and settings.firebase_credentials.is_file()):
        raise BadSettings("LONGAN_FIREBASE_CREDENTIALS must name a service-account file that may read Firebase users.")
    if settings.zalo_app_id and not (
        settings.zalo_app_secret and settings.zalo_oa_secret and settings.zalo_refresh_token
    ):
        raise BadSettings("LONGAN_ZALO_APP_SECRET, _OA_SECRET and _REFRESH_TOKEN must be set beside _APP_ID.")
    _check_storage(settings)
    if settings.development:
        return
    if settings.rate_limit_scale != 1:
        raise BadSettings("LONGAN_RATE_LIMIT_SCALE is for benchmarks in development only; unset it.")
    if not settings.public_url.startswith("https://"):
        raise BadSettings("LONGAN_PUBLIC_URL must start with https:// in production.")
    addresses = {"LONGAN_SMS_URL": settings.sms_url, "LONGAN_FCM_BASE_URL": settings.fcm_base_url}
    optional = {
        "LONGAN_SMS_FALLBACK_URL": settings.sms_fallback_url,
        "LONGAN_IDENTITY_CHECK_URL": settings.identity_check_url,
        "LONGAN_TAX_REGISTRY_URL": settings.tax_registry_url,
        "LONGAN_LGSP_URL": settings.lgsp_url,
        "LONGAN_PROCEDURES_URL": settings.procedures_url,
    }
    addresses |= {name: url for name, url in optional.items() if url}
    if settings.zalo_app_id:
        addresses |= {"LONGAN_ZALO_URL": settings.zalo_url, "LONGAN_ZALO_OAUTH_URL": settings.zalo_oauth_url}
    for name, value in addresses.items():
        if any(f"//{host}" in value for host in LOOPBACK):
            raise BadSettings(f"{name} points at this machine: local stand-ins exist in development only.")
        if not value.startswith("https://"):
            raise BadSettings(f"{name} must be set to an https:// address.")
    if len(settings.sms_key) < 16:
        raise BadSettings("LONGAN_SMS_KEY must be the gateway's key, at least 16 characters.")
    if settings.sms_fallback_url and len(settings.sms_fallback_key) < 16:
        raise BadSettings("LONGAN_SMS_FALLBACK_KEY must be the second gateway's key, at least 16 characters.")
    if settings.zalo_app_id and min(len(settings.zalo_app_secret), len(settings.zalo_oa_secret)) < 16:
        raise BadSettings("LONGAN_ZALO_APP_SECRET and _OA_SECRET must be Zalo's keys, at least 16 characters each.")
    if settings.identity_check_url and len(settings.identity_check_key) < 16:
        raise BadSettings("LONGAN_IDENTITY_CHECK_KEY must be the identity provider's key, at least 16 characters.")
    if settings.tax_registry_url and len(settings.tax_registry_key) < 16:
        raise BadSettings("LONGAN_TAX_REGISTRY_KEY must be the tax registry's key, at least 16 characters.")
    if settings.fcm_credentials is None or not settings.fcm_credentials.is_file():
        raise BadSettings("LONGAN_FCM_CREDENTIALS must name the service-account file from Firebase.")


def _check_jurisdictions(settings: Settings) -> None:
    try:
        georeport.jurisdictions(settings.open311_jurisdictions, settings.province_code)
    except ValueError as error:
        raise BadSettings(f"LONGAN_OPEN311_JURISDICTIONS holds {error}, which is not `name=province code`.") from error


def _check_storage(settings: Settings) -> None:
    if not settings.s3_url:
        return
    secret = settings.s3_secret
    if secret is None or not secret.is_file() or len(secret.read_text().strip()) < 16:
        raise BadSettings("LONGAN_S3_SECRET must name a file with the storage's secret, at least 16 characters.")
    if not settings.s3_access_key:
        raise BadSettings("LONGAN_S3_ACCESS_KEY must be set beside LONGAN_S3_URL.")
    if not settings.s3_url.startswith(("https://", "http://")):
        raise BadSettings("LONGAN_S3_URL must start with https:// or http://.")
    if not settings.development and not settings.s3_url.startswith("https://"):
        raise BadSettings("LONGAN_S3_URL must be an https:// address: people's phones put their pictures there.")


def _check_lgsp(settings: Settings) -> None:
    """Raises `BadSettings`. The address is looked at with the others."""
    if not 1 <= settings.lgsp_calls_per_second <= 1_000:
        raise BadSettings("LONGAN_LGSP_CALLS_PER_SECOND must be from 1 to 1000.")
    if settings.lgsp_url and not (settings.lgsp_user and settings.lgsp_unit):
        raise BadSettings("LONGAN_LGSP_USER and LONGAN_LGSP_UNIT must be set beside LONGAN_LGSP_URL.")
    if settings.lgsp_url and not settings.development and len(settings.lgsp_password) < 12:
        raise BadSettings("LONGAN_LGSP_PASSWORD must be the platform's password, at least 12 characters.")
    if settings.lgsp_webhook_key and len(settings.lgsp_webhook_key) < 32:
        raise BadSettings("LONGAN_LGSP_WEBHOOK_KEY must be the key of the platform's webhooks, at least 32 characters.")


def _path(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)
