"""What `bench.procedures` asks: each kind of question, and how one of it is drawn from what there is."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg
import msgspec

from longan.floor.pay_and_days.wages import day_of
from longan.floor.procedures import life_events, procedure_words
from longan.floor.search.search import mark

Params = dict[str, str]

COMMON = ("đăng ký", "cấp", "thu tuc", "thuế", "đất", "giấy phép", "hồ sơ", "công nhận", "đ", "c")


class Words(msgspec.Struct, frozen=True):
    """What people may ask for."""

    names: list[str]
    of_workers: list[str]
    spoken: list[str]
    events: dict[str, tuple[str, ...]]
    fields: list[str]
    codes: list[str]

    def beginning(self, chance: random.Random) -> str:
        return " ".join(_bare(chance.choice(self.names)).split()[: chance.choice((1, 2, 2, 3, 4))])

    def saying(self, chance: random.Random) -> str:
        return " ".join(chance.choice(self.spoken).split()[: chance.choice((2, 3, 4))])

    def event(self, chance: random.Random) -> str:
        return chance.choice(self.events[chance.choice(list(self.events))])


def _bare(name: str) -> str:
    """Nobody types "Thủ tục" first."""
    return mark(name).removeprefix("thủ tục ")


def _mistyped(text: str, chance: random.Random) -> str:
    """Two letters of its longest word have changed places."""
    word = max(text.split(), key=len)
    place = chance.randrange(1, max(len(word) - 1, 2))
    return text.replace(word, word[: place - 1] + word[place : place + 1] + word[place - 1] + word[place + 1 :], 1)


# Each kind of question: its path, and how a request of it is drawn.
KINDS: dict[str, tuple[str, Callable[[Words, random.Random], Params]]] = {
    "first words of a name": ("/v1/procedures", lambda w, c: {"q": w.beginning(c)}),
    "a whole name": ("/v1/procedures", lambda w, c: {"q": _bare(c.choice(w.of_workers))[:200]}),
    "as workers say it": ("/v1/procedures", lambda w, c: {"q": w.saying(c)}),
    "an event's words": ("/v1/procedures", lambda w, c: {"q": w.event(c)}),
    "one common word": ("/v1/procedures", lambda w, c: {"q": c.choice(COMMON)}),
    "a slip of the finger": ("/v1/procedures", lambda w, c: {"q": _mistyped(w.beginning(c), c)}),
    "words and filters": (
        "/v1/procedures",
        lambda w, c: {
            "q": w.beginning(c), "level": c.choice(("xa", "tinh", "xa,tinh")),
            "who": c.choice(("worker", "parent", "land_user")),
        },
    ),
    "filters alone": (
        "/v1/procedures",
        lambda w, c: {"field_code": c.choice(w.fields), "online_level": c.choice(("toan_trinh", "mot_phan"))},
    ),
    "everything": ("/v1/procedures", lambda w, c: {"limit": str(c.randrange(1, 100))}),
    "facets of words": ("/v1/procedures/facets", lambda w, c: {"q": w.beginning(c)}),
    "facets of everything": ("/v1/procedures/facets", lambda w, c: {"level": c.choice(("xa", "tinh", "bo,khac"))}),
    "suggestions": ("/v1/procedures/suggestions", lambda w, c: {"q": w.beginning(c)[: c.randrange(2, 12)]}),
    "one procedure": ("/v1/procedures/{code}", lambda w, c: {"code": c.choice(w.codes)}),
    "an event": ("/v1/life-events/{code}", lambda w, c: {"code": c.choice(list(w.events))}),
    "fields": ("/v1/procedures/fields", lambda w, c: {}),
}  # fmt: skip

# How often each is asked of a hundred searches. The other kinds are measured by themselves.
SEARCHES = {
    "first words of a name": 30, "a whole name": 10, "as workers say it": 15, "an event's words": 12,
    "one common word": 10, "a slip of the finger": 5, "words and filters": 12, "filters alone": 4, "everything": 2,
}  # fmt: skip

ROWS = "select code, name, field_code, worker_group from services.procedures order by code"


async def words_of(connection: asyncpg.Connection) -> Words:
    rows = await connection.fetch(ROWS)
    return Words(
        names=[row["name"] for row in rows],
        of_workers=[row["name"] for row in rows if row["worker_group"]],
        spoken=[text for row in rows if (text := procedure_words.spoken(row["code"]))],
        events={event.code: event.words for event in life_events.on(day_of(datetime.now(UTC))).values()},
        fields=sorted({row["field_code"] for row in rows}),
        codes=[row["code"] for row in rows],
    )
