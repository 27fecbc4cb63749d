"""The phones: what the screen of each would show now, and the page that draws them.

Screens are made from what the stand-ins took, and only when somebody looks, so that to send costs nothing more. A push
goes to the phone of its target; one whose target holds a phone number goes to that number's phone, where the text and
Zalo messages to the number are too. A push to a topic goes to all who have subscribed to it, and where nobody has, to a
phone that bears the topic's name.
"""

import base64
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from typing import Any, Protocol

import msgspec
from aiohttp import web

from longan.devkit import fcm, fcm_rules, wire
from longan.devkit.fcm_schema import Refused
from longan.devkit.sms import CODE

PHONES_KEPT = 200
PHONES_SHOWN = 24
CARDS_KEPT = 30
WHISPERS_KEPT = 5

NUMBER = re.compile(r"(?<![0-9])84([0-9]{9})(?![0-9])")
# A silent message that says so in `data.action` takes away what its `data.notification_id` or `data.tag` names.
REMOVAL = "remove"

PAGE = files("longan.devkit").joinpath("phones.html").read_text()


class Letter(Protocol):
    """A message to a number, as the log of a stand-in keeps it."""

    phone: str
    text: str
    at: datetime


class Card(msgspec.Struct):
    """One notification on a screen. A later card of the same `key` takes its place; `about` says how it was sent."""

    id: str
    key: str
    source: str
    at: datetime
    title: str
    body: str
    code: str | None = None
    notification_id: str | None = None
    tag: str | None = None
    about: dict[str, str] = msgspec.field(default_factory=dict)
    data: dict[str, str] = msgspec.field(default_factory=dict)
    replaced: int = 0


class Whisper(msgspec.Struct):
    """A silent message, which shows nothing; `removed` cards are gone because of it."""

    at: datetime
    data: dict[str, str]
    removed: int


class Phone(msgspec.Struct):
    """A screen: cards and whispers newest first, and the targets whose pushes come here."""

    name: str
    cards: list[Card] = msgspec.field(default_factory=list)
    whispers: list[Whisper] = msgspec.field(default_factory=list)
    targets: list[str] = msgspec.field(default_factory=list)
    topics: list[str] = msgspec.field(default_factory=list)

    def show(self, card: Card) -> None:
        for old in self.cards:
            if old.key == card.key:
                card.replaced = old.replaced + 1
                self.cards.remove(old)
                break
        self.cards.insert(0, card)
        del self.cards[CARDS_KEPT:]

    def hear(self, at: datetime, data: dict[str, str]) -> None:
        before = len(self.cards)
        wanted = {data.get("notification_id"), data.get("tag")} - {None, ""}
        if data.get("action") == REMOVAL:
            self.cards = [card for card in self.cards if wanted.isdisjoint((card.notification_id, card.tag))]
        self.whispers.insert(0, Whisper(at, data, before - len(self.cards)))
        del self.whispers[WHISPERS_KEPT:]


class Screens:
    """The phones that something came to lately, made from FCM's log and the `letters` of each way."""

    def __init__(self, server: fcm.Server, letters: Mapping[str, wire.Log[Any]]) -> None:
        self._server = server
        self._letters = letters
        self._phones: OrderedDict[str, Phone] = OrderedDict()
        self._seen = dict.fromkeys(letters, 0)
        self._pushes_seen = 0
        self._start = secrets.token_hex(4)

    def version(self) -> str:
        """Another one whenever a screen may look different."""
        logs = [self._server.pushes, *self._letters.values()]
        marks = [log.last_sequence for log in logs]
        return "-".join(map(str, (self._start, self._server.topics.changes, *marks)))

    def look(self, only: str = "") -> list[Phone]:
        """The phones with `only` in their name or a target, the one that something came to last first."""
        for _, come in sorted(self._news(), key=lambda each: each[0]):
            if isinstance(come, fcm.Push):
                self._push(come)
            else:
                self._phone(come[0]).show(come[1])
        found = [phone for phone in reversed(self._phones.values())
                 if any(only.casefold() in name.casefold() for name in (phone.name, *phone.targets))]  # fmt: skip
        for phone in found[:PHONES_SHOWN]:
            phone.topics = sorted({topic for target in phone.targets for topic in self._server.topics.of(target)})
        return found[:PHONES_SHOWN]

    def _news(self) -> Iterator[tuple[datetime, fcm.Push | tuple[str, Card]]]:
        for push in self._server.pushes.since(self._pushes_seen):
            yield push.accepted_at, push
        self._pushes_seen = self._server.pushes.last_sequence
        for source, log in self._letters.items():
            first = log.last_sequence - len(fresh := log.since(self._seen[source])) + 1
            self._seen[source] = log.last_sequence
            for number, letter in enumerate(fresh, first):
                yield letter.at, (letter.phone, _letter(f"{source}-{number}", source, letter))

    def _phone(self, name: str) -> Phone:
        phone = self._phones.setdefault(name, Phone(name))
        self._phones.move_to_end(name)
        if len(self._phones) > PHONES_KEPT:
            self._phones.popitem(last=False)
        return phone

    def _push(self, push: fcm.Push) -> None:
        try:
            message = fcm_rules.read(push.request)["message"]
        except Refused:  # nested so deeply that it could only just be read where it came in
            return
        if push.target_kind in ("token", "fid"):
            targets = [push.target]
        else:
            targets = self._server.topics.reached(push.target_kind, push.target)
        for target in targets or [push.target]:
            phone = self._phone(_owner(target))
            if targets and target not in phone.targets:
                phone.targets.append(target)
            card = _card(push, message, target)
            if card is None:
                phone.hear(push.accepted_at, message.get("data", {}))
            else:
                phone.show(card)


def _owner(target: str) -> str:
    found = NUMBER.search(target)
    return f"+84{found[1]}" if found else target


def _letter(identity: str, source: str, letter: Letter) -> Card:
    found = CODE.search(letter.text)
    return Card(identity, identity, source, letter.at, "", letter.text, code=found[0] if found else None)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(*values: object) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")


def _card(push: fcm.Push, message: dict[str, Any], target: str) -> Card | None:
    """What a message shows, None for a silent one."""
    android, apns, webpush = (message.get(part, {}) for part in ("android", "apns", "webpush"))
    own, general, web_own = (part.get("notification", {}) for part in (android, message, webpush))
    alert = _object(apns.get("payload")).get("aps")
    alert = _object(alert).get("alert")
    said = alert if isinstance(alert, dict) else {"body": alert} if isinstance(alert, str) else {}
    if not (own or general or web_own or said):
        return None
    words = [
        _text(*(part.get(name) for part in (own, general, said, web_own)), own.get(f"{name}LocKey"))
        for name in ("title", "body")
    ]
    headers = {name.lower(): value for name, value in apns.get("headers", {}).items()}
    tag = _text(own.get("tag"), headers.get("apns-collapse-id"), web_own.get("tag")) or None
    data = message.get("data", {})
    about = {
        "channel": _text(own.get("channelId"), _object(_object(apns.get("payload")).get("aps")).get("thread-id")),
        "collapse_key": _text(android.get("collapseKey")),
        "priority": _text(android.get("priority")).lower(),
        "ttl": _text(android.get("ttl")),
        "visibility": _text(own.get("visibility")).lower(),
        "topic": "" if push.target_kind in ("token", "fid") else push.target,
        "link": _text(data.get("link"), webpush.get("fcmOptions", {}).get("link")),
    }
    return Card(
        id=f"push-{push.sequence}",
        key=f"{target}\n{tag}" if tag else push.name,
        source="push",
        at=push.accepted_at,
        title=words[0],
        body=words[1],
        notification_id=data.get("notification_id"),
        tag=tag,
        about={name: value for name, value in about.items() if value},
        data=data,
    )


def _policy(page: str) -> str:
    """Nothing but this page's own style and script may act in it, and it may ask only us."""
    hashes = {
        element: base64.b64encode(sha256(text.encode()).digest()).decode()
        for element, text in re.findall(r"<(style|script)>(.*?)</\1>", page, re.DOTALL)
    }
    return (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


SCREENS = web.AppKey("screens", Screens)
HEADERS = {
    "Content-Security-Policy": _policy(PAGE), "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}  # fmt: skip
routes = web.RouteTableDef()


@routes.get("/")
async def show_page(request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html", charset="utf-8", headers=HEADERS)


@routes.get("/phones")
async def list_phones(request: web.Request) -> web.Response:
    screens = request.app[SCREENS]
    tag = f'"{screens.version()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    answer = wire.answer({"phones": screens.look(request.query.get("only", "").strip())})
    answer.headers.update(headers)
    return answer
