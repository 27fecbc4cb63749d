"""A procedure's page says where to go: the offices that are listed, or honestly only whom to ask for."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.procedures.procedure_places import Listed, chosen, meant
from tests.conftest import Bearer
from tests.jobs.hiring import BEN_LUC, LONG_AN
from tests.ratings.saying import again, office, official

RESIDENCE, BIRTH, LICENCE = "1.004194", "1.001193", "1.013225"
HERE = UUID("0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d")


async def where(client: httpx.AsyncClient, code: str, language: str = "vi", **asked: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/procedures/{code}", params=asked, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["where"]
    return found


def names(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["name"], each["why"]) for each in found["offices"]]


async def test_where_no_office_is_listed_the_page_names_the_agency_and_no_address(client: httpx.AsyncClient) -> None:
    vietnamese, english = await where(client, RESIDENCE), await where(client, RESIDENCE, "en")

    assert vietnamese["offices"] == [] and vietnamese["agencies"] == ["Công an cấp Xã"] and vietnamese["needs_ward"]
    assert vietnamese["says"] == "Chưa có địa chỉ nơi nộp; cơ quan thực hiện: Công an cấp Xã"
    assert english["says"].startswith("No office is listed yet; the agency in charge is: ")


async def test_the_office_of_ones_own_ward_is_named_and_none_of_another(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    headers = await official(bearer)
    await office(client, headers, agency_code="H53.30", name="Công an phường Long An")
    await office(client, again(headers), agency_code="H53.31", name="Công an xã Bến Lức", ward_code=BEN_LUC)
    await office(client, again(headers), agency_code="H53.32", name="Công an tỉnh Tây Ninh")

    here = await where(client, RESIDENCE, ward_code=LONG_AN)
    there = await where(client, RESIDENCE, place="Bến Lức")
    nowhere = await where(client, RESIDENCE)

    assert names(here) == [("Công an phường Long An", "in_charge")] and not here["needs_ward"]
    assert here["says"] == "Nộp tại một trong các nơi này"
    assert names(there) == [("Công an xã Bến Lức", "in_charge")]
    assert names(nowhere) == [] and nowhere["needs_ward"]  # nobody's ward is guessed


async def test_any_centre_of_the_province_takes_it_and_no_branch_of_a_ministry_s_does(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    headers = await official(bearer)
    centre, near = "Trung tâm Phục vụ hành chính công tỉnh Tây Ninh", "Trung tâm phục vụ hành chính công phường Long An"
    await office(client, headers, agency_code="H53.40", name=centre, ward_code=BEN_LUC)
    await office(client, again(headers), agency_code="H53.41", name=near)
    await office(client, again(headers), agency_code="H53.42", name="UBND phường Long An")

    assert names(await where(client, BIRTH, ward_code=LONG_AN)) == [
        ("UBND phường Long An", "in_charge"), (near, "any_centre"),
    ]  # fmt: skip
    assert names(await where(client, BIRTH)) == [(centre, "any_centre")]
    assert names(await where(client, RESIDENCE, ward_code=LONG_AN)) == []


async def test_an_office_that_has_ended_is_no_place_to_go_to(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = await official(bearer)
    made = await office(client, headers, agency_code="H53.30", name="Công an phường Long An", valid_from="2025-07-01")
    path = f"/v1/managed-offices/{made['id']}"
    etag = (await client.get(path, headers=headers)).headers["etag"]
    ended = await client.patch(path, json={"valid_to": "2025-08-01"}, headers=headers | {"If-Match": etag})

    assert ended.status_code == 200, ended.text
    assert names(await where(client, RESIDENCE, ward_code=LONG_AN)) == []


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"ward_code": "00000"}, 422, "place_unknown"), ({"ward_code": "1"}, 400, "invalid_request"),
        ({"ward_code": LONG_AN, "place": "Bến Lức"}, 400, "invalid_request"),
    ],
    ids=["unknown", "no_code", "two"],
)  # fmt: skip
async def test_a_place_that_is_none_is_refused(
    client: httpx.AsyncClient, asked: dict[str, str], status: int, code: str
) -> None:
    answer = await client.get(f"/v1/procedures/{RESIDENCE}", params=asked)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_blank_forms_are_at_the_national_portal_s_own_page(client: httpx.AsyncClient) -> None:
    residence = (await client.get(f"/v1/procedures/{RESIDENCE}")).json()
    listed = (await client.get("/v1/procedures/1.001667")).json()

    assert residence["forms"] and residence["forms_url"] == residence["portal"]["url"]
    assert residence["forms_url"].startswith("https://dichvucong.gov.vn/thu-tuc-hanh-chinh/")
    assert listed["forms"] == [] and listed["forms_url"] is None


@pytest.mark.parametrize(
    ("agency", "said"),
    [
        ("Công an cấp Xã", ("cong an", "commune")), ("Chủ tịch UBND cấp xã", ("uy ban nhan dan", "commune")),
        ("Ủy ban Nhân dân xã, phường, thị trấn.", ("uy ban nhan dan", "commune")),
        ("Sở Tài chính các tỉnh, thành phố", ("so tai chinh", "province")), ("Công an tỉnh", ("cong an", "province")),
        ("Bảo hiểm xã hội cấp huyện", ("", None)), ("Giám đốc Sở Xây dựng", ("so xay dung", None)), ("Bộ", ("", None)),
    ],
)  # fmt: skip
def test_an_agency_is_read_with_its_level(agency: str, said: tuple[str, str | None]) -> None:
    assert meant(agency) == said


@pytest.mark.parametrize(
    ("agency", "name"),
    [
        ("Sở Xây dựng", "Sở Xây dựngx"), ("Sở Y tế", "Sở Xây dựng tỉnh Tây Ninh"),
        ("Công an tỉnh", "Công an xã Bến Lức"),
        ("Sở Nông nghiệp và Môi trường - Tỉnh Đắk Lắk", "Sở Nông nghiệp và Môi trường tỉnh Tây Ninh"),
        ("Bảo hiểm xã hội cấp huyện", "Bảo hiểm xã hội cơ sở Bến Lức"), ("Phòng Kinh tế", "Phòng Kinh tế xã Bến Lức"),
    ],
)  # fmt: skip
def test_an_office_of_another_agency_level_or_province_is_not_named(agency: str, name: str) -> None:
    assert list(chosen([Listed(HERE, name, None, LONG_AN)], [agency], [BEN_LUC], any_centre=False)) == []


NAMES = st.lists(st.sampled_from(["UBND", "Công an", "xã", "phường", "tỉnh", "Sở", "Xây dựng", "-", ""])).map(" ".join)


@given(NAMES, st.lists(NAMES | st.text(max_size=40), max_size=4), st.booleans())
def test_without_a_ward_no_office_of_a_commune_is_ever_named(name: str, agencies: list[str], any_centre: bool) -> None:
    commune = Listed(HERE, f"{name} xã Bến Lức", None, BEN_LUC)

    assert list(chosen([commune], agencies, None, any_centre=any_centre)) == []
