"""Hostile input: what officials write for everybody is plain, bounded, and leads nowhere but to us."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.public_text import fault, origin
from tests.campaigns.conftest import TEXT, WARD, Official, Write
from tests.conftest import TestClock

OWN = "https://id.longan.gov.vn"


@pytest.mark.parametrize(
    "text",
    [
        "Thứ bảy 28/11/2026, 8 giờ 30 - 11 giờ.", "Ở TP.HCM, P.Tân An, Q.1; ĐT: 0272.3826.123, 1022.",
        "Hỗ trợ 1.200.000.000 đồng cho 3.500 lao động.", "Lương < 5 triệu, giảm 50 % & miễn phí!",
        "Quyết định 12/QĐ-UBND ngày 01.07.2025", f"Xem {OWN}/viec-lam?trang=2.", f"({OWN})", f"{OWN}", f"Xem {OWN}.",
        "Vào cửa tự do: 8:00 // 17:00", "Điểm 1) và 2) * xem dưới", "Nhiệt độ 5.5 độ; v.v...", "a_b và c_d",
        "Giá 1.2.3.4.5",
    ],
)  # fmt: skip
def test_what_people_write_passes(text: str) -> None:
    assert fault(text, OWN) is None


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.com", "http://id.longan.gov.vn/", f"{OWN}.evil.com/", f"{OWN}@evil.com", f"{OWN}:8443/",
        "evil.com",
        "Xem bit.ly/3xYz", "www.evil.vn", "HTTPS://EVIL.COM", "hxxp://evil.vn", "longan-id.com.vn", "evil。com",
        "evil．com", "ｅｖｉｌ.com", "https:\\\\evil.com", "mailto:a@b.vn", "ai@evil.vn", "javascript:alert(1)",
        "intent://x", "zalo:abc", "bank.top", "lоngаn.vn", "xn--lngan-abc.xn--p1ai", "http://203.0.113.9/",
        "203.0.113.9",
        f"{OWN}/ https://evil.com", f"{OWN}/,https://evil.com", f"x{OWN}/", "id.longan.gov.vn", "evil.zip/x",
        "t.me/abc",
        f"{OWN}\\@evil.com", f"{OWN}/a\\..//evil.com.vn",
    ],
)  # fmt: skip
def test_whatever_leads_elsewhere_is_a_foreign_link(text: str) -> None:
    assert fault(text, OWN) == "foreign_link"


@pytest.mark.parametrize(
    "text",
    ["<b>Gấp</b>", "<script>", "<!-- -->", "</p>", "a &nbsp; b", "&#60;", "&#x3c;", "[ở đây](x)", "**Gấp**",
     "__Gấp__", "`x`", "# Gấp", "Một\n> hai", "~~x~~", "＜b＞"],
)  # fmt: skip
def test_markup_is_refused(text: str) -> None:
    assert fault(text, OWN) == "markup"


def test_without_an_https_address_of_our_own_no_link_passes() -> None:
    assert origin("http://127.0.0.1:8000") == ""
    assert origin("https://id.longan.gov.vn/") == OWN
    assert fault("http://127.0.0.1:8000/x", origin("http://127.0.0.1:8000")) == "foreign_link"


@given(before=st.text(max_size=8), after=st.text(max_size=8))
def test_a_foreign_link_is_seen_whatever_stands_around_it(before: str, after: str) -> None:
    text = f"{before} https://evil.example/a {after}"

    assert fault(text, OWN) in ("foreign_link", "markup")


@given(host=st.from_regex(r"[.@:\\a-z0-9%-]{1,12}", fullmatch=True))
def test_our_address_with_anything_after_its_host_is_not_ours(host: str) -> None:
    if host[0] not in "./" and host.strip(".:"):
        assert fault(f"{OWN}{host}/x", OWN) == "foreign_link"


async def test_the_texts_that_are_wrong_are_named(official: Official, write: Write) -> None:
    bad = {"title": "Xem <b>ngay</b>", "body": "Vào evil.com"}

    refused = await write(await official(), vi=bad, en={"title": "Look at it", "body": "www.evil.com"})

    assert (refused.status_code, refused.json()["code"]) == (422, "text_refused")
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [
        ("/vi/title", "markup"), ("/vi/body", "foreign_link"), ("/en/body", "foreign_link")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"vi": {**TEXT, "title": "x" * 121}}, "/vi/title", "too_long"),
        ({"vi": {**TEXT, "title": "Hai\ndòng"}}, "/vi/title", "bad_form"),
        ({"vi": {**TEXT, "body": "x" * 1_001}}, "/vi/body", "too_long"),
        ({"vi": {**TEXT, "body": "a\u202eb"}}, "/vi/body", "bad_text"),
        ({"vi": {**TEXT, "body": "a\u0000b"}}, "/vi/body", "bad_text"),
        ({"vi": {**TEXT, "body": " \n "}}, "/vi/body", "bad_form"),
        ({"vi": {"title": "Thiếu nội dung"}}, "/vi/body", "required"),
        ({"audience": {"ward_codes": []}}, "/audience/ward_codes", "too_short"),
        ({"audience": {"ward_codes": [WARD] * 201}}, "/audience/ward_codes", "too_long"),
        ({"audience": {"ward_codes": ["2769x"]}}, "/audience/ward_codes/0", "bad_form"),
        ({"audience": {"occupation": "may"}}, "/audience/occupation", "unknown"),
        ({"audience": {"role": "official"}}, "/audience/role", "not_one_of"),
        ({"audience": {"locale": "fr"}}, "/audience/locale", "not_one_of"),
        ({"spread_seconds": -1}, "/spread_seconds", "too_small"),
        ({"spread_seconds": 604_801}, "/spread_seconds", "too_large"),
        ({"kind": "advertisement"}, "/kind", "not_one_of"),
        ({"starts_at": "2026-01-01T00:00:00"}, "/starts_at", "bad_time"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "/starts_at", "in_past"),
        ({"starts_at": "9999-01-01T00:00:00Z"}, "/starts_at", "too_large"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_named(
    change: dict[str, Any], pointer: str, code: str, official: Official, write: Write
) -> None:
    refused = await write(await official(), **change)

    assert refused.status_code == 400, refused.text
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(pointer, code)]


async def test_a_field_is_given_or_cleared(official: Official, write: Write, client: httpx.AsyncClient) -> None:
    me = await official()
    made = (await write(me)).json()["id"]

    both = await client.patch(
        f"/v1/campaigns/{made}", headers={**me, "If-Match": "*"}, json={"en": TEXT, "clear": ["en"]}
    )

    assert both.json()["errors"][0] | {"message": ""} == {"pointer": "/en", "code": "one_of_them", "message": ""}


async def test_what_was_to_begin_in_the_past_is_not_proposed(
    official: Official, write: Write, client: httpx.AsyncClient, clock: TestClock
) -> None:
    me = await official()
    made = (await write(me, starts_at=(clock() + timedelta(minutes=2)).isoformat())).json()["id"]
    clock.shift(timedelta(minutes=3))

    late = await client.post(f"/v1/campaigns/{made}/propose", headers=me)

    assert late.json()["errors"][0]["pointer"] == "/starts_at"
