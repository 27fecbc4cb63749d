"""Rooms: the facts of the ads, without a word of theirs."""

from collections.abc import Mapping

from longan.floor.search import search

from .files import Row, Value
from .places import NEW_VERSION
from .stable import draw, uuid7
from .wards import Wards

# The crawl reads "1.5 triệu" and "800k" as 15 million, which lies within the sane rents of room_listing_fields.json.
# Such ads come to half a million a square metre and more; nearly every honest one stays below this.
HIGHEST_RENT_A_M2 = 480_000
WATER_UNITS = {"m3": "m3", "nguoi_thang": "person_month"}
SANE_WATER = {"m3": range(5_000, 50_001), "person_month": range(20_000, 300_001)}
SANE_ELECTRICITY = range(1_500, 6_001)
SHOWN_DAYS = 60
DAY_SECONDS = 86_400
MADE_MS = 1_767_200_400_000  # 2026-01-01 in Việt Nam: the ads' own dates reach back to 2020, so none is kept
KINDS = {"room": "Phòng trọ", "dormitory": "Chỗ ở ký túc xá", "house": "Nhà trọ nguyên căn"}


def rooms(
    ads: list[Row], sane: Mapping[str, tuple[float, float]], wards: Wards, province: str
) -> tuple[list[dict[str, Value]], Mapping[str, int]]:
    """The sample's rooms, newest first, and how many were left out for each reason."""
    left_out = {"no rent": 0, "rent or area out of range": 0, "rent too high for the area": 0}
    made = []
    for ad in ads:
        rent, area = int(ad["price_vnd_month"] or 0), float(ad["area_m2"])
        if not rent:
            left_out["no rent"] += 1
        elif not (_within(rent, sane["price_vnd_month"]) and _within(area, sane["area_m2"])):
            left_out["rent or area out of range"] += 1
        elif rent > area * HIGHEST_RENT_A_M2:
            left_out["rent too high for the area"] += 1
        else:
            made.append(_room(ad, rent, area, wards, province))
    made.sort(key=lambda room: (-int(str(room["published_offset"])), str(room["id"])))
    return made, left_out


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _room(ad: Row, rent: int, area: float, wards: Wards, province: str) -> dict[str, Value]:
    key = f"{ad['source']} {ad['id']}"
    own = wards.of_address(ad["ward"], ad["district"], key) if ad["local_tayninh"] == "1" else None
    ward = own or wards.any_with_park(key)
    latitude, longitude = wards.point(ward, key)
    kind = _kind(ad["title"])
    electricity = int(ad["electricity_vnd_kwh"] or 0)
    water, unit = int(ad["water_vnd"] or 0), WATER_UNITS.get(ad["water_unit"])
    if unit is None or water not in SANE_WATER[unit]:
        unit = None
    return {
        "id": str(uuid7(MADE_MS + draw(f"moment {key}", 10**9), f"room {key}")),
        "kind": kind,
        "title": f"{KINDS[kind]} {area:g} m2, {wards.label(ward)}".replace(".", ","),
        "ward_version": NEW_VERSION,
        "ward_code": ward,
        "province_code": province,
        "lat": latitude,
        "lon": longitude,
        "rent": rent,
        "area_m2": area,
        "electricity_per_kwh": electricity if electricity in SANE_ELECTRICITY else None,
        "water_price": water if unit else None,
        "water_unit": unit,
        "has_loft": _claim(ad["has_loft"]),
        "private_bathroom": _claim(ad["private_wc"]),
        "free_hours": True if ad["hours"] == "tu_do" else None,
        "near_park": ward in wards.with_park or ad["near_kcn"] == "1",
        "place_source": "owner" if own else "sample",
        "published_offset": -draw(f"published {key}", SHOWN_DAYS * DAY_SECONDS),
    }


def _kind(title: str) -> str:
    folded = search.fold(title)
    if any(word in folded for word in ("ky tuc xa", "ktx", "sleepbox", "sleep box")):
        return "dormitory"
    return "house" if "nguyen can" in folded and "phong" not in folded else "room"


def _claim(flag: str) -> bool | None:
    return flag == "1" if flag else None
