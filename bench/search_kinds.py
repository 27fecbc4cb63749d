"""What `bench.search` asks: each kind of question, and how one of it is drawn from what there is."""

import random
from collections.abc import Callable

import asyncpg
import msgspec

Params = dict[str, str]


class Words(msgspec.Struct, frozen=True):
    """What people search for, drawn from what there is: titles, their first two and three words, wards, old places."""

    titles: list[str]
    wards: list[str]
    places: list[str]
    points: list[tuple[float, float]]

    def title(self, chance: random.Random) -> str:
        words = chance.choice(self.titles).split()
        return " ".join(words[: chance.choice((2, 2, 3, 4))])


# Each kind of question: how a request of it is drawn.
KINDS: dict[str, tuple[str, Callable[[Words, random.Random], Params]]] = {
    "text + place + pay": (
        "/v1/jobs",
        lambda w, c: {"q": w.title(c), "place": c.choice(w.places), "pay_min": str(c.randrange(6, 12) * 1_000_000)},
    ),
    "text with a place in it": ("/v1/jobs", lambda w, c: {"q": f"{w.title(c)} {c.choice(w.places)}"}),
    "text, relevance": ("/v1/jobs", lambda w, c: {"q": w.title(c)}),
    "very common words, relevance": (
        "/v1/jobs", lambda w, c: {"q": c.choice(("nhan vien", "công nhân", "ke toan", "kho", "san xuat"))},
    ),
    "common words that never meet": (
        "/v1/jobs", lambda w, c: {"q": c.choice(("cong nhan ke toan", "bao ve truong phong", "tai xe may nhan vien"))},
    ),
    "text, newest": ("/v1/jobs", lambda w, c: {"q": w.title(c), "sort": "newest"}),
    "text, best paid": ("/v1/jobs", lambda w, c: {"q": w.title(c), "sort": "pay"}),
    "text, nearest": (
        "/v1/jobs", lambda w, c: {"q": w.title(c), **_point(w, c), "radius_km": str(c.choice((5, 20, 100)))},
    ),
    "everything, newest": ("/v1/jobs", lambda w, c: {"limit": str(c.randrange(15, 25))}),
    "a ward": ("/v1/jobs", lambda w, c: {"ward_code": c.choice(w.wards)}),
    "near a point": ("/v1/jobs", lambda w, c: {**_point(w, c), "radius_km": str(c.choice((1, 5, 20)))}),
    "an occupation": ("/v1/jobs", lambda w, c: {"occupation": c.choice(("75", "8", "933", "43", "91,94"))}),
    "a shift and benefits": (
        "/v1/jobs", lambda w, c: {"shift": c.choice(("night", "two_shifts")), "benefits": c.choice(("meals", "bus"))},
    ),
    "high pay, of this week": ("/v1/jobs", lambda w, c: {"pay_min": "40000000", "published_within_days": "7"}),
    "a typing error": ("/v1/jobs", lambda w, c: {"q": _mistyped(w.title(c), c)}),
    "facets of words": ("/v1/jobs/facets", lambda w, c: {"q": w.title(c)}),
    "facets of very common words": ("/v1/jobs/facets", lambda w, c: {"q": c.choice(("nhan vien", "cong nhan"))}),
    "facets of everything": ("/v1/jobs/facets", lambda w, c: {"pay_min": str(c.randrange(1, 999))}),
    "typeahead": ("/v1/jobs/suggestions", lambda w, c: {"q": w.title(c)[: c.randrange(2, 9)]}),
}  # fmt: skip


WORDS = """select (select array_agg(distinct t.title) from (select title from jobs.postings limit 5000) t),
       (select array_agg(distinct p.ward_code) from (select ward_code from jobs.postings limit 5000) p),
       (select array_agg(distinct u.name) from places.units u
          join places.successions s on s.old_version = u.version and s.old_code = u.code
          join places.units n on n.version = s.new_version and n.code = s.new_code and n.province_code = '80'
         where length(u.short_name) > 3 and not exists (
               select from places.units o where o.version = u.version and o.fold = u.fold and o.code <> u.code)),
       (select array_agg(array[p.lat, p.lon]) from (select lat, lon from jobs.postings limit 500) p)"""


async def words_of(connection: asyncpg.Connection) -> Words:
    row = await connection.fetchrow(WORDS)
    assert row is not None
    titles, wards, places, points = row
    return Words(titles, wards, places, [(lat, lon) for lat, lon in points])


def _point(words: Words, chance: random.Random) -> Params:
    lat, lon = chance.choice(words.points)
    return {"lat": f"{lat:.5f}", "lon": f"{lon:.5f}"}


def _mistyped(text: str, chance: random.Random) -> str:
    """Two letters of a word have changed places."""
    words = text.split()
    number = chance.randrange(len(words))
    word = words[number]
    if len(word) > 3:
        place = chance.randrange(1, len(word) - 1)
        words[number] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return " ".join(words)
