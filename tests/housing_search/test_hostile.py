"""Questions that make no sense are refused, and the field is named."""

from typing import Any

import httpx
import pytest

BEN_LUC = "27991"
BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"lat": "10.5"}, 400, "?lon"),
    ({"radius_km": "3"}, 400, "?lat"),
    ({"lat": "91", "lon": "106"}, 400, "?lat"),
    ({"lat": "10", "lon": "-181"}, 400, "?lon"),
    ({"lat": "nan", "lon": "106"}, 400, "?lat"),
    ({"lat": "10.5", "lon": "106", "radius_km": "101"}, 400, "?radius_km"),
    ({"lat": "10.5", "lon": "106", "job_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"}, 400, "?lat"),
    ({"workplace": "kcn-long-hau", "job_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"}, 400, "?job_id"),
    ({"workplace": "kcn-khong-co"}, 400, "?workplace"),
    ({"job_id": "viec"}, 400, "?job_id"),
    ({"rent_min": "-1"}, 400, "?rent_min"),
    ({"rent_max": "-1"}, 400, "?rent_max"),
    ({"rent_max": "99999999999999999999"}, 400, "?rent_max"),
    ({"rent_max": "1000000001"}, 400, "?rent_max"),
    ({"rent_max": "15 triệu"}, 400, "?rent_max"),
    ({"rent_min": "2000000", "rent_max": "1000000"}, 400, "?rent_min"),
    ({"cost_max": "1000000001"}, 400, "?cost_max"),
    ({"area_min": "-0.1"}, 400, "?area_min"),
    ({"area_min": "10001"}, 400, "?area_min"),
    ({"area_min": "nan"}, 400, "?area_min"),
    ({"area_min": "inf"}, 400, "?area_min"),
    ({"people": "0"}, 400, "?people"),
    ({"people": "21"}, 400, "?people"),
    ({"kind": "castle"}, 400, "?kind"),
    ({"features": "loft,moat"}, 400, "?features"),
    ({"curfew_after": "24:00"}, 400, "?curfew_after"),
    ({"curfew_after": "9:00"}, 400, "?curfew_after"),
    ({"available_by": "2026-02-30"}, 400, "?available_by"),
    ({"available_by": "hôm nay"}, 400, "?available_by"),
    ({"verified_owner": "maybe"}, 400, "?verified_owner"),
    ({"q": "x" * 201}, 400, "?q"),
    ({"ward_code": "2799"}, 400, "?ward_code"),
    ({"ward_code": BEN_LUC, "place": "Bến Lức"}, 400, "?ward_code"),
    ({"ward_code": "99999"}, 422, "?ward_code"),
    ({"old_ward_code": "99999"}, 422, "?old_ward_code"),
    ({"place": "Không Đâu Cả"}, 422, "?place"),
]


@pytest.mark.parametrize("path", ["/v1/housing", "/v1/housing/facets"])
@pytest.mark.parametrize(("asked", "status", "pointer"), BAD)
async def test_bad_questions_are_refused_by_name(
    client: httpx.AsyncClient, path: str, asked: dict[str, str], status: int, pointer: str
) -> None:
    answer = await client.get(path, params=asked)

    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("asked", [{"sort": "distance"}, {"sort": "relevance"}, {"sort": "rating"}])
async def test_an_order_that_means_nothing_is_refused(client: httpx.AsyncClient, asked: dict[str, str]) -> None:
    answer = await client.get("/v1/housing", params=asked)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?sort"


@pytest.mark.parametrize("q", ["'; drop table housing.listings; --", "\\", "!!!", "& | !", '"', "()", "💡", "a" * 200])
@pytest.mark.parametrize("sort", [None, "cost", "rent", "newest"])
async def test_any_words_are_an_answer(client: httpx.AsyncClient, q: str, sort: str | None) -> None:
    answer = await client.get("/v1/housing", params={"q": q, "people": 2, **({"sort": sort} if sort else {})})

    assert answer.status_code == 200, answer.text


async def test_an_ambiguous_place_comes_with_candidates(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/housing", params={"place": "Tân Lập"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "place_ambiguous"
    assert len(answer.json()["candidates"]) > 1
