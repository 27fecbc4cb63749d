"""The documents themselves: one content in two formats, and nothing that breaks either."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, RateLimited, Unavailable
from longan.floor.formats.georeport import (
    AttributeValue,
    Open311Error,
    Open311Service,
    ServiceAttribute,
    ServiceDefinition,
    ServiceRequest,
    jurisdictions,
    plain,
    refused,
    written,
)
from tests.open311.speaking import as_text, of_xml

TEXTS = st.text(max_size=60) | st.sampled_from(
    ["<script>alert(1)</script>", "a & b", "]]>", "<!--", "&lt;", "&#0;", "\x00", "\x0b", "\ud800", "\ufffe", "\r\n",
     "x\ry", " ", "\t", "<request><service_request_id>1</service_request_id></request>", "Nguyễn Văn <Tèo>", '"\'']
)  # fmt: skip
MAYBE = st.none() | TEXTS
FLOATS = st.none() | st.floats(-180, 180)
MOMENTS = st.datetimes(timezones=st.just(UTC))
REQUESTS = st.builds(
    ServiceRequest, TEXTS, st.sampled_from(["open", "closed"]), MAYBE, TEXTS, TEXTS, MAYBE, MAYBE, MAYBE, MOMENTS,
    MOMENTS, st.none() | MOMENTS, MAYBE, MAYBE, MAYBE, FLOATS, FLOATS, MAYBE,
)  # fmt: skip
DEFINITIONS = st.builds(
    ServiceDefinition,
    TEXTS,
    st.lists(
        st.builds(
            ServiceAttribute, st.booleans(), TEXTS, st.sampled_from(["string", "text"]), st.booleans(), MAYBE,
            st.integers(1, 99), MAYBE, st.lists(st.builds(AttributeValue, TEXTS, TEXTS), max_size=3),
        ),
        max_size=3,
    ),
)  # fmt: skip
SERVICES = st.builds(
    Open311Service, TEXTS, TEXTS, MAYBE, st.booleans(), st.sampled_from(["realtime", "batch"]), MAYBE, MAYBE
)


@settings(max_examples=300, deadline=None)
@given(st.lists(REQUESTS, max_size=4))
def test_requests_say_the_same_in_both_formats(requests: list[ServiceRequest]) -> None:
    one, other = written("service_requests", requests, "json"), written("service_requests", requests, "xml")

    assert as_text(json.loads(one)) == of_xml(other)


@settings(max_examples=100, deadline=None)
@given(DEFINITIONS)
def test_a_definition_says_the_same_in_both_formats(definition: ServiceDefinition) -> None:
    one, other = written("service_definition", definition, "json"), written("service_definition", definition, "xml")

    assert as_text(json.loads(one)) == of_xml(other)


@settings(max_examples=100, deadline=None)
@given(st.lists(SERVICES, max_size=3), st.lists(st.builds(Open311Error, st.integers(400, 599), TEXTS), max_size=3))
def test_services_and_errors_say_the_same_in_both_formats(
    services: list[Open311Service], errors: list[Open311Error]
) -> None:
    for root, content in (("services", services), ("errors", errors)):
        assert as_text(json.loads(written(root, content, "json"))) == of_xml(written(root, content, "xml"))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_no_text_becomes_an_element(text: str) -> None:
    body = written("errors", [Open311Error(400, text)], "xml")

    tree = ElementTree.fromstring(body)

    assert [element.tag for element in tree.iter()] == ["errors", "error", "code", "description"]
    assert (tree[0][1].text or "") == plain(text)


def test_what_is_empty_is_null_and_an_empty_element() -> None:
    request = ServiceRequest(
        "1", "open", "", "x", "x", None, None, None, *[datetime(2026, 1, 2, tzinfo=UTC)] * 2, None,
        None, None, None, None, None, None,
    )  # fmt: skip

    assert b"<status_notes/><service_name>x</service_name>" in written("service_requests", [request], "xml")
    assert b'"status_notes":null' in written("service_requests", [request], "json")


def test_a_refusal_has_the_status_and_the_array_that_the_specification_has() -> None:
    told = [
        refused(problem, "en", path)
        for problem, path in (
            (NotFound(), "/open311/v2/requests/1.xml"),
            (InvalidRequest(FieldError("/lat", "required"), FieldError("?status", "not_one_of")), "/x.json"),
            (RateLimited(), "/x.json"),
            (Unavailable(), "/x.json"),
        )
    ]

    assert told[0] == (
        404, "text/xml; charset=utf-8",
        b'<?xml version="1.0" encoding="UTF-8"?>\n<errors><error><code>404</code>'
        b"<description>There is nothing here</description></error></errors>",
    )  # fmt: skip
    assert told[1][0] == 400
    assert json.loads(told[1][2]) == [
        {"code": 400, "description": "The request is not valid (lat: This is required)"},
        {"code": 400, "description": "The request is not valid (status: Is not one of the accepted values)"},
    ]
    assert [status for status, _, _ in told[2:]] == [429, 503]


def test_jurisdictions_are_names_of_provinces_and_one_by_its_code_where_none_is_named() -> None:
    assert jurisdictions("", "80") == {"80": "80"}
    assert jurisdictions("tayninh.gov.vn=80, angiang.gov.vn=91", "80") == {
        "tayninh.gov.vn": "80", "angiang.gov.vn": "91",
    }  # fmt: skip
    for wrong in ("tayninh", "a=8", "A=80", "a=80,a=91", "a=٨٠", "=80"):
        try:
            jurisdictions(wrong, "80")
        except ValueError:
            continue
        raise AssertionError(wrong)
