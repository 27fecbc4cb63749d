"""Rules of the room: what may be said to many, to whom, and who has to agree.

An official writes for the wards of their role; another one, or an administrator, approves what they have read. Nobody
approves what they have had a hand in, by whichever account, session or device (SECURITY Z7).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, IllegalTransition, InvalidRequest, NotFound, Stale
from longan.floor.base.fields import Locale
from longan.floor.base.public_text import fault
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.messages import alerts
from longan.floor.messages.notices import NOTICES, Announced, lock_screen, rendered
from longan.rooms.campaigns import store
from longan.rooms.campaigns.models import (
    AnotherPersonDecides,
    Audience,
    AudienceIn,
    AudienceNotPublic,
    AudienceUnknown,
    BeyondYourWards,
    Campaign,
    CampaignChange,
    CampaignDecision,
    CampaignIn,
    CampaignPage,
    CampaignPreview,
    Look,
    ProposalLapsed,
    RecipientPage,
    Said,
    Standing,
    StepPage,
    Text,
    TextRefused,
)

FUNCTION: officials.Function = "campaigns"
PROPOSAL_LIFE = timedelta(days=7)
# No further ahead than anybody can know what will be true.
LONGEST_AHEAD = timedelta(days=366)
LOCALES: tuple[Locale, ...] = ("vi", "en")

V = TypeVar("V")
# The list of wards, those of it that were named, and the codes of the list before by which some of them were.
Places: TypeAlias = tuple[date | None, list[str] | None, list[str] | None]


async def create(
    tx: asyncpg.Connection, me: Principal, campaign: CampaignIn, own: str, home: str, now: datetime
) -> UUID:
    """A draft; `own` is where its texts may lead (public_text.origin).

    Raises `Forbidden`, `BeyondYourWards`, `AudienceUnknown`, `AudienceNotPublic`, `TextRefused`, `InvalidRequest`.
    """
    await officials.demand(tx, me, FUNCTION, now)
    _check_start(campaign.starts_at, now)
    places = await _wards(tx, me, campaign.audience, now)
    content = await _content(tx, campaign, places, own, home, now)
    made = await store.insert(tx, campaign.kind, content, me.account_id, now)
    await store.keep(tx, made, "drafted", me, now)
    return made


async def update(
    tx: asyncpg.Connection, me: Principal, campaign: UUID, change: CampaignChange, versions: list[int] | None, own: str,
    home: str, now: datetime,
) -> None:  # fmt: skip
    """`versions` are those the caller may have seen, None for any. Only a draft changes.

    Raises what `create` raises, `NotFound`, `Stale`, `IllegalTransition`.
    """
    await officials.demand(tx, me, FUNCTION, now)
    standing = await _standing(tx, me, campaign, now)
    if versions is not None and standing.version not in versions:
        raise Stale
    if standing.state != "draft":
        raise IllegalTransition(standing.state, "draft")
    if both := [name for name in change.clear if getattr(change, name) is not UNSET]:
        raise InvalidRequest(*(FieldError(f"/{name}", "one_of_them") for name in both))
    if change.starts_at is not UNSET:
        _check_start(change.starts_at, now)
    # Who does not change the audience leaves its wards as they were looked up.
    places = standing.ward_version, standing.ward_codes, standing.old_ward_codes
    if change.audience is not UNSET:
        places = await _wards(tx, me, change.audience, now)
    changed = CampaignIn(
        kind=standing.kind,
        vi=_given(change.vi, Text(standing.title, standing.body)),
        en=None if "en" in change.clear else _given(change.en, _english(standing)),
        audience=_given(
            change.audience,
            AudienceIn(role=standing.role, locale=standing.locale, occupation_code=standing.occupation_code),
        ),
        starts_at=None if "starts_at" in change.clear else _given(change.starts_at, standing.starts_at),
        spread_seconds=_given(change.spread_seconds, standing.spread_seconds),
    )
    await store.update(tx, campaign, await _content(tx, changed, places, own, home, now), now)
    await store.keep(tx, campaign, "changed", me, now)


async def propose(tx: asyncpg.Connection, me: Principal, campaign: UUID, now: datetime) -> None:
    """draft -> proposed. Raises `Forbidden`, `NotFound`, `IllegalTransition`, `InvalidRequest` for a time that is
    past."""
    await officials.demand(tx, me, FUNCTION, now)
    standing = await _standing(tx, me, campaign, now)
    if standing.state == "proposed":
        return
    if standing.state != "draft":
        raise IllegalTransition(standing.state, "proposed")
    _check_start(standing.starts_at, now)
    await store.move(tx, campaign, "proposed", "proposed", me, now)


async def withdraw(tx: asyncpg.Connection, me: Principal, campaign: UUID, now: datetime) -> None:
    """proposed -> draft. Raises `Forbidden`, `NotFound`, `IllegalTransition`."""
    await officials.demand(tx, me, FUNCTION, now)
    standing = await _standing(tx, me, campaign, now)
    if standing.state == "draft":
        return
    if standing.state != "proposed":
        raise IllegalTransition(standing.state, "draft")
    await store.move(tx, campaign, "draft", "withdrawn", me, now)


async def decide(
    tx: asyncpg.Connection, me: Principal, campaign: UUID, decision: CampaignDecision, now: datetime
) -> None:
    """proposed -> scheduled, or back to draft.

    Raises `Forbidden`, `NotFound`, `IllegalTransition`, `AnotherPersonDecides`, `Stale` for another version than the
    one that was read, `ProposalLapsed` after a week, or when whoever proposed it may not any more.
    """
    standing = await _reached(tx, me, campaign, now)
    to = "scheduled" if decision.decision == "approved" else "draft"
    if standing.state != "proposed" or standing.proposed_at is None:
        raise IllegalTransition(standing.state, to)
    if await store.had_a_hand(tx, campaign, me):
        raise AnotherPersonDecides
    if standing.version != decision.version:
        raise Stale
    if decision.decision == "refused":
        await store.move(tx, campaign, "draft", "refused", me, now, decision.reason)
        return
    if now - standing.proposed_at > PROPOSAL_LIFE or not await store.proposer_may(tx, campaign, now):
        raise ProposalLapsed
    await store.move(tx, campaign, "scheduled", "approved", me, now, decision.reason)
    await _promise(tx, campaign, max(standing.starts_at or now, now) - now)


async def pause(tx: asyncpg.Connection, me: Principal, campaign: UUID, reason: str | None, now: datetime) -> None:
    """running -> paused: nobody else is told until it is resumed. Raises `Forbidden`, `NotFound`,
    `IllegalTransition`."""
    standing = await _reached(tx, me, campaign, now)
    if standing.state == "paused":
        return
    if standing.state != "running":
        raise IllegalTransition(standing.state, "paused")
    await store.move(tx, campaign, "paused", "paused", me, now, reason)


async def resume(tx: asyncpg.Connection, me: Principal, campaign: UUID, reason: str | None, now: datetime) -> None:
    """paused -> running, its spreading later by as long. Raises `Forbidden`, `NotFound`, `IllegalTransition`."""
    standing = await _reached(tx, me, campaign, now)
    if standing.state == "running":
        return
    if standing.state != "paused":
        raise IllegalTransition(standing.state, "running")
    await store.move(tx, campaign, "running", "resumed", me, now, reason)
    await _promise(tx, campaign, timedelta())


async def stop(tx: asyncpg.Connection, me: Principal, campaign: UUID, reason: str | None, now: datetime) -> None:
    """For good, whatever its state: nobody else is told, and no push of it that still waits goes out (campaigns.stands
    is asked at the moment of sending). Raises `Forbidden`, `NotFound`."""
    standing = await _reached(tx, me, campaign, now)
    if standing.state != "stopped":
        await store.move(tx, campaign, "stopped", "stopped", me, now, reason)


async def list_of(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, state: str | None, cursor: str | None, limit: int,
    now: datetime,
) -> CampaignPage:  # fmt: skip
    """Those of the caller's wards, the newest first. Raises `Forbidden`, `InvalidRequest` for a foreign cursor."""
    everywhere = await _demand_reader(conn, me, now)
    return await store.campaigns(
        conn, cursors, me, now, everywhere=everywhere, state=state, cursor=cursor, limit=limit
    )  # fmt: skip


async def shown(conn: asyncpg.Connection, me: Principal, campaign: UUID, now: datetime) -> Campaign:
    """Raises `Forbidden`, `NotFound`."""
    everywhere = await _demand_reader(conn, me, now)
    row = await store.shown(conn, campaign, me, now, everywhere=everywhere)
    if row is None:
        raise NotFound
    counts, alerted = await store.counts(conn, campaign)
    names = Campaign.__struct_fields__
    return Campaign(**{
        **{name: value for name, value in row.items() if name in names},
        "vi": Said(row["title"], row["body"]),
        "en": Said(row["title_en"], row["body_en"]) if row["title_en"] is not None else None,
        "audience": Audience(*(row[name] for name in Audience.__struct_fields__)),
        "planned": None if row["planned"] is None else rounded(row["planned"]),
        "counts": counts,
        "alerts": alerted,
    })  # fmt: skip


async def preview(conn: asyncpg.Connection, me: Principal, campaign: UUID, home: str, now: datetime) -> CampaignPreview:
    """Raises `Forbidden`, `NotFound`."""
    standing = await _read(conn, me, campaign, now)
    params = announced(standing)
    looks = []
    for locale in LOCALES:
        push = lock_screen(standing.kind, locale, msgspec.json.encode(params).decode())
        looks.append(Look(locale, *rendered(standing.kind, params, locale), *push))
    said = conditions(standing, await store.version_on(conn, now), home)
    return CampaignPreview(rounded(await store.count(conn, standing, now)), looks, [each for each, _ in said])


async def history(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, campaign: UUID, cursor: str | None, limit: int,
    now: datetime,
) -> StepPage:  # fmt: skip
    """Raises `Forbidden`, `NotFound`, `InvalidRequest` for a foreign cursor."""
    await _read(conn, me, campaign, now)
    return await store.history(conn, cursors, campaign, cursor, limit)


async def recipients(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, campaign: UUID, status: str | None, cursor: str | None,
    limit: int, now: datetime,
) -> RecipientPage:  # fmt: skip
    """Raises `Forbidden`, `NotFound`, `InvalidRequest` for a foreign cursor."""
    await _read(conn, me, campaign, now)
    return await store.recipients(conn, cursors, campaign, status, cursor, limit)


def announced(campaign: Standing) -> Announced:
    """What its notice says."""
    return Announced(
        campaign.title, campaign.body, campaign.title_en or campaign.title, campaign.body_en or campaign.body
    )


def conditions(campaign: Standing, version: date, home: str) -> list[tuple[str, Locale]]:
    """Where an alert goes, and in which language: the topics of its wards, or that of the province `home` in the list
    `version`."""
    if campaign.kind != "public_alert":
        return []
    codes = campaign.ward_codes or [home]
    return [
        (condition, locale)
        for locale in LOCALES
        for condition in alerts.conditions(campaign.ward_version or version, codes, locale)
    ]


def rounded(people: int) -> str:
    """How many, so that nobody is found by counting: `<10`, then two digits that count."""
    if people < 10:
        return "<10"
    unit = 10 ** (len(str(people)) - 2)
    return str((people + unit // 2) // unit * unit)


async def _content(
    tx: asyncpg.Connection, campaign: CampaignIn, places: Places, own: str, home: str, now: datetime
) -> tuple[Any, ...]:
    """What a draft holds, as `store.insert` and `store.update` take it; `places` instead of the audience's wards."""
    _check_texts(campaign, own)
    version, codes, _ = places
    if campaign.kind == "public_alert":
        audience = campaign.audience
        wrong = [name for name in ("role", "locale", "occupation_code") if getattr(audience, name) is not None]
        if wrong or campaign.spread_seconds:
            pointers = [f"/audience/{name}" for name in wrong] + ["/spread_seconds"] * bool(campaign.spread_seconds)
            raise AudienceNotPublic(*(FieldError(pointer, "one_of_them") for pointer in pointers))
        _check_size(campaign, codes, version or await store.version_on(tx, now), home, now)
    en = campaign.en
    return (
        campaign.vi.title, campaign.vi.body, en.title if en else None, en.body if en else None, *places,
        campaign.audience.role, campaign.audience.locale, campaign.audience.occupation_code, campaign.starts_at,
        campaign.spread_seconds,
    )  # fmt: skip


def _check_start(starts_at: datetime | None, now: datetime) -> None:
    if starts_at is not None and starts_at <= now:
        raise InvalidRequest(FieldError("/starts_at", "in_past"))
    if starts_at is not None and starts_at > now + LONGEST_AHEAD:
        raise InvalidRequest(FieldError("/starts_at", "too_large"))


def _texts(campaign: CampaignIn) -> list[tuple[str, Text]]:
    return [("vi", campaign.vi), *([("en", campaign.en)] if campaign.en else [])]


def _check_texts(campaign: CampaignIn, own: str) -> None:
    wrong = [
        FieldError(f"/{locale}/{part}", code)
        for locale, text in _texts(campaign)
        for part, said in (("title", text.title), ("body", text.body))
        if (code := fault(said, own))
    ]
    if wrong:
        raise TextRefused(*wrong)


def _check_size(campaign: CampaignIn, codes: Sequence[str] | None, version: date, home: str, now: datetime) -> None:
    """Raises `TextRefused` for an alert that is too long for a topic."""
    wrong = []
    for locale, text in _texts(campaign):
        longest = max(alerts.conditions(version, codes or [home], "vi"), key=len)
        try:
            alerts.message(
                alerts.Alert(UUID(int=0), longest, text.title, text.body, now + NOTICES[alerts.TOPIC].life), now
            )
        except alerts.TooLong:
            wrong.append(FieldError(f"/{locale}/body", "too_long"))
    if wrong:
        raise TextRefused(*wrong)


async def _wards(tx: asyncpg.Connection, me: Principal, audience: AudienceIn, now: datetime) -> Places:
    """The list in force, its wards that are named, and the old codes by which some were; None for everywhere."""
    if audience.ward_codes is None and audience.old_ward_codes is None:
        if not await officials.may(tx, me, FUNCTION, None, None, now):
            raise BeyondYourWards
        return None, None, None
    found = await store.named(tx, audience, me.account_id, now)
    if unknown := [row for row in found if row["code"] is None]:
        raise AudienceUnknown(*(FieldError(_pointer(row), "not_found") for row in unknown))
    if beyond := dict.fromkeys(_pointer(row) for row in found if not row["mine"]):
        raise BeyondYourWards(*(FieldError(pointer, "not_one_of") for pointer in beyond))
    old = sorted(set(audience.old_ward_codes or [])) or None
    return found[0]["version"], sorted({row["code"] for row in found}), old


def _pointer(row: asyncpg.Record) -> str:
    return f"/audience/{row['field']}/{row['place']}"


def _given(value: V | UnsetType, otherwise: V) -> V:
    return otherwise if isinstance(value, UnsetType) else value


def _english(campaign: Standing) -> Text | None:
    if campaign.title_en is None or campaign.body_en is None:
        return None
    return Text(campaign.title_en, campaign.body_en)


async def _promise(tx: asyncpg.Connection, campaign: UUID, after: timedelta) -> None:
    await queue.add(tx, "campaign_goes_on", after=after, campaign_id=campaign)


async def _standing(tx: asyncpg.Connection, me: Principal, campaign: UUID, now: datetime) -> Standing:
    """A campaign of the official's wards, held. Raises `NotFound`."""
    if (standing := await store.standing(tx, campaign, me, now, everywhere=False)) is None:
        raise NotFound
    return standing


async def _demand_reader(conn: asyncpg.Connection, me: Principal, now: datetime) -> bool:
    """Whether the caller reaches everywhere: administrators do. Raises `Forbidden` for whoever is no official of
    campaigns either."""
    if me.audience == "official" and "administrator" in me.roles:
        return True
    await officials.demand(conn, me, FUNCTION, now)
    return False


async def _reached(tx: asyncpg.Connection, me: Principal, campaign: UUID, now: datetime) -> Standing:
    """A campaign that the caller may decide on, held. Raises `Forbidden`, `NotFound`."""
    everywhere = await _demand_reader(tx, me, now)
    if (standing := await store.standing(tx, campaign, me, now, everywhere=everywhere)) is None:
        raise NotFound
    return standing


async def _read(conn: asyncpg.Connection, me: Principal, campaign: UUID, now: datetime) -> Standing:
    """Raises `Forbidden`, `NotFound`."""
    everywhere = await _demand_reader(conn, me, now)
    if (standing := await store.read(conn, campaign, me, now, everywhere=everywhere)) is None:
        raise NotFound
    return standing
