"""The way between a place to live and work in lists: the ground approximated, with how it was in words."""

from datetime import date

import msgspec

from longan.floor.living_costs import commute

MODE: commute.Mode = "motorbike"


class Ways(msgspec.Struct, frozen=True):
    """How straight lines of that day become ways. `rough`: where the work is, is only the middle of a ward."""

    rate: commute.TravelRate | None
    method_vi: str
    method_en: str

    def road_km(self, straight_km: float) -> float | None:
        """The way on the ground, one way, in steps of 100 m; None where its share is not known."""
        return None if self.rate is None else self.rate.road_m(round(straight_km * 1000)) / 1000

    def minutes(self, straight_km: float) -> int | None:
        """By motorbike, one way."""
        return None if self.rate is None else self.rate.minutes(self.rate.road_m(round(straight_km * 1000)))


def ways(day: date, *, rough: bool) -> Ways:
    rate = commute.rate_on(MODE, day)
    if rate is None:
        return Ways(None, "Chỉ biết đường chim bay", "Only the straight line is known")
    said = commute.reckon(rate, 0, 0, rough=rough)
    return Ways(rate, said.method_vi, said.method_en)
