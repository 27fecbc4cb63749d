"""Points on the ground, as they are asked for."""

from typing import Annotated

from litestar.params import QueryParameter

from longan.floor.base.errors import FieldError, InvalidRequest

DEFAULT_KM = 10.0

Latitude = Annotated[float | None, QueryParameter(ge=-90, le=90, description="Degrees, with `lon`")]
Longitude = Annotated[float | None, QueryParameter(ge=-180, le=180, description="Degrees, with `lat`")]
RadiusKm = Annotated[float | None, QueryParameter(gt=0, le=100, description="Around `lat`, `lon`; 10 when not given")]


def metres(lat: float | None, lon: float | None, radius_km: float | None) -> float | None:
    """The radius in metres, None without a point. Raises `InvalidRequest` for half a point."""
    if (lat is None) != (lon is None):
        raise InvalidRequest(FieldError("?lat" if lat is None else "?lon", "needs_both"))
    if lat is None:
        if radius_km is not None:
            raise InvalidRequest(FieldError("?lat", "needs_both"))
        return None
    return (radius_km or DEFAULT_KM) * 1000
