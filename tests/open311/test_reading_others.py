"""What is believed of documents that others write: nothing that could be made of a document type, nothing of another
form."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longan.floor.formats.georeport_reading import MOST_BYTES, Given, NotBelieved, Seen, faults, seen
from longan.floor.formats.georeport_reading import given as given_in

SPECIFICATION_XML = b"""<?xml version="1.0" encoding="utf-8"?>
<service_requests>
    <request>
        <service_request_id>638344</service_request_id>
        <status>closed</status>
        <status_notes>Duplicate request.</status_notes>
        <service_name>Sidewalk and Curb Issues</service_name>
        <service_code>006</service_code>
        <description></description>
        <lat>37.762221815</lat>
        <media_url>http://city.gov.s3.amazonaws.com/requests/media/638344.jpg </media_url>
    </request>
</service_requests>"""


def test_the_examples_of_the_specification_are_read() -> None:
    one = Seen("638344", "closed", "Duplicate request.", None)
    as_json = (
        b'[{"service_request_id":638344,"status":"closed","status_notes":"Duplicate request.","description":null}]'
    )

    assert seen(SPECIFICATION_XML, "xml") == seen(as_json, "json") == [one]
    assert given_in(b'[{"service_request_id":293944,"account_id":null}]', "json") == Given("293944", None)
    assert given_in(b'[{"service_request_id":638344,"token":12345}]', "json") == Given("638344", "12345")
    assert faults(b"<errors><error><code>403</code><description>x</description></error></errors>", "xml") == 1


def request(inner: str) -> bytes:
    return f"<service_requests><request>{inner}</request></service_requests>".encode()


GOOD = "<service_request_id>1</service_request_id><status>open</status>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        b"[]",
        b"<service_requests>",
        b"<service_requests/>" * 2,
        b"<requests>" + request(GOOD) + b"</requests>",
        request(GOOD).replace(b"request>", b"x>"),
        request("<status>open</status>"),
        request("<service_request_id>1</service_request_id>"),
        request(GOOD.replace("open", "archived")),
        request(GOOD.replace(">1<", ">../../admin<")),
        request(GOOD.replace(">1<", "><x>1</x><")),
        request(GOOD.replace(">1<", f">{'1' * 65}<")),
        request(GOOD + "<status>closed</status>"),
        request(GOOD).replace(b"<service_requests>", b'<!DOCTYPE x [<!ENTITY a "b">]><service_requests>'),
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'.encode() + request(GOOD + "<status_notes>&l9;</status_notes>"),
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + request(GOOD),
        b'<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>' + request(GOOD),
        request(GOOD + "<status_notes>&nbsp;</status_notes>"),
        request(GOOD + "<status_notes>&#0;</status_notes>"),
        request("<a>" * 50 + "</a>" * 50),
        "<service_requests/>".encode("utf-16"),
        b'<?xml version="1.0" encoding="utf-16"?>\xff\xfe<service_requests/>',
        request(GOOD) + b" " * MOST_BYTES,
    ],
)
def test_a_document_of_another_form_is_not_believed(body: bytes) -> None:
    with pytest.raises(NotBelieved):
        assert not seen(body, "xml")
        raise NotBelieved("empty")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"1", b"null", b'["x"]', b"[" * 100_000, b'[{"service_request_id":true,"status":"open"}]',
        b'[{"service_request_id":["1"],"status":"open"}]', b'[{"service_request_id":1.5,"status":"open"}]',
        b'[{"service_request_id":"1","status":7}]', b'[{"service_request_id":"1","status":"open","status":"closed"}]',
        b'[{"service_request_id":' + b"9" * 4_000 + b',"status":"open"}]', b'\xff[{"service_request_id":"1"}]',
    ],
)  # fmt: skip
def test_json_of_another_form_is_not_believed(body: bytes) -> None:
    with pytest.raises(NotBelieved):
        seen(body, "json")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: request(f"{GOOD}{text}")), st.booleans())
def test_whatever_comes_is_read_or_not_believed(body: bytes, xml: bool) -> None:
    try:
        found = seen(body, "xml" if xml else "json")
    except NotBelieved:
        return
    assert all(each.status in ("open", "closed") for each in found)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_notes_are_one_line_of_text_that_can_be_seen(notes: str) -> None:
    body = json.dumps([{"service_request_id": "1", "status": "OPEN", "status_notes": notes}]).encode()

    try:
        (found,) = seen(body, "json")
    except NotBelieved:
        return  # a text that no UTF-8 holds

    assert found.status_notes is None or not set(found.status_notes) & set("\n\r\t\x00\u202e")
