"""Which ward of today a posting or a room lies in, and a point in it."""

import math
import re
from collections.abc import Iterable

from longan.floor.search import search

from .files import Row
from .stable import pick, share

PARK = re.compile(r"\b(?:kcn|khu công nghiệp|ccn|cụm công nghiệp|cụm cn)\s+(.+)")
UNIT_WORD = r"(?:xã|phường|thị trấn|x\.|p\.)\s*"
# Words of other meanings ("nhân viên an ninh"), and the province's own names.
NOT_ALONE = frozenset({"an ninh", "long an", "tây ninh", "hòa bình", "bình minh", "tân tiến", "an thạnh", "gia lộc"})
METRES_A_DEGREE = 111_320.0
JITTER_METRES = 1_000.0


class Wards:
    """The wards of one province, found by today's names, by old names, by old districts and by industrial parks."""

    def __init__(self, province: str, new: list[Row], old: list[Row], pairs: list[Row], parks: list[Row]) -> None:
        communes = (row for row in new if row["level"] == "commune" and row["province_code"] == province)
        self.by_code = {row["code"]: row for row in communes}
        self._successors: dict[str, list[str]] = {}
        for pair in pairs:
            if pair["new_code"] in self.by_code:
                self._successors.setdefault(pair["old_code"], []).append(pair["new_code"])
        self._districts = {row["code"]: search.mark(row["short_name"]) for row in old if row["level"] == "district"}
        self._old = [row for row in old if row["code"] in self._successors and row["level"] == "commune"]
        self._in_district: dict[str, list[str]] = {}
        for row in self._old:
            district = self._districts[row["parent_code"]]
            self._in_district.setdefault(district, []).extend(self._successors[row["code"]])
        self._parks = {search.mark(park["name"]): park["new_commune_code"] for park in parks}
        self.with_park = sorted({park["new_commune_code"] for park in parks} & self.by_code.keys())

    def label(self, code: str) -> str:
        """As it stands inside a sentence: "xã Đức Lập", with a small letter."""
        row = self.by_code[code]
        return f"{row['type'].lower()} {row['short_name']}"

    def any_with_park(self, key: str) -> str:
        return pick(f"ward {key}", self.with_park)

    def named_in(self, text: str, key: str) -> str | None:
        """The ward that a title names: a park, a commune, an old district (then a stable draw among its wards)."""
        marked = search.mark(text)
        if park := PARK.search(marked):
            for name, code in self._parks.items():
                if park[1].startswith(name):
                    return code
        districts = [name for name in self._in_district if self._says(marked, name)]
        for row in self._old:
            commune, district = search.mark(row["short_name"]), self._districts[row["parent_code"]]
            if district in districts and commune != district and self._says(marked, commune):
                return self._one_of(self._successors[row["code"]], key)
        for row in self.by_code.values():
            if re.search(rf"\b{UNIT_WORD}{re.escape(search.mark(row['short_name']))}\b", marked):
                return row["code"]
        if districts:
            return self._one_of(self._in_district[districts[-1]], key)
        for row in self.by_code.values():
            if self._says(marked, search.mark(row["short_name"])):
                return row["code"]
        return None

    def of_address(self, commune: str, district: str, key: str) -> str | None:
        """The ward of "Xã Đức Hoà Hạ", "Huyện Đức Hòa"; the commune may already be one of today's."""
        commune, district = search.mark(commune), _bare(district)
        for row in self._old:
            if search.mark(row["name"]) == commune and self._districts[row["parent_code"]] == district:
                return self._one_of(self._successors[row["code"]], key)
        for row in self.by_code.values():
            if search.mark(row["name"]) == commune:
                return row["code"]
        return self._one_of(self._in_district[district], key) if district in self._in_district else None

    def point(self, code: str, key: str) -> tuple[float, float]:
        """Latitude and longitude within a kilometre of the ward's centroid."""
        row = self.by_code[code]
        latitude, longitude = float(row["lat"]), float(row["lon"])
        angle, metres = 2 * math.pi * share(f"angle {key}"), JITTER_METRES * math.sqrt(share(f"radius {key}"))
        north, east = metres * math.cos(angle), metres * math.sin(angle)
        return (
            round(latitude + north / METRES_A_DEGREE, 5),
            round(longitude + east / METRES_A_DEGREE / math.cos(math.radians(latitude)), 5),
        )

    def _one_of(self, codes: Iterable[str], key: str) -> str:
        choices = sorted(set(codes))
        return pick(f"ward {key}", [code for code in choices if code in self.with_park] or choices)

    @staticmethod
    def _says(marked: str, name: str) -> bool:
        return " " in name and name not in NOT_ALONE and bool(re.search(rf"\b{re.escape(name)}\b", marked))


def _bare(district: str) -> str:
    return re.sub("^(?:huyện|thị xã|thành phố|quận) ", "", search.mark(district))
