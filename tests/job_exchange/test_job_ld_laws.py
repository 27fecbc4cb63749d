"""Laws of JobPosting in and out: what we say comes back as we said it, and what we do not understand stays verbatim."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args
from unicodedata import normalize
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from longan.floor.formats import json_ld, strict_json
from longan.floor.formats.markup import from_text, to_text
from longan.floor.pay_and_days.pay import PayIn, Period
from longan.floor.postings import job_ld
from longan.floor.postings.drafts import Draft
from longan.floor.postings.job_ld_out import Posted, kept, written
from longan.floor.postings.job_terms import READERS
from longan.floor.postings.postings import Benefit, Contract, Education, Shift


def is_visible(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


LETTERS = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Cn", "Mn", "Me", "Mc", "Zl", "Zp", "Co"]
).filter(strict_json.is_clean)
NAMES = st.text(LETTERS, min_size=1, max_size=12)
LINES = st.text(LETTERS, min_size=3, max_size=40).map(partial(normalize, "NFC")).filter(is_visible)
TEXTS = (
    st.text(LETTERS | st.sampled_from("<>&\n\r\t\"'; "), min_size=1, max_size=200)
    .map(partial(normalize, "NFC"))
    .filter(is_visible)
)
AMOUNTS = st.none() | st.integers(1, 10**12)


def one_of(kind: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(get_args(kind))


def optional(low: int, high: int) -> st.SearchStrategy[Any]:
    return st.none() | st.integers(low, high)


PAYS = st.builds(
    PayIn, min=AMOUNTS, max=AMOUNTS, currency=st.sampled_from(["VND", "USD"]), period=st.sampled_from(get_args(Period)),
    base=AMOUNTS, allowances=AMOUNTS, attendance=AMOUNTS, overtime=AMOUNTS, overtime_hours=optional(1, 100),
    deductions=AMOUNTS,
).filter(lambda pay: bool(pay.min or pay.max or pay.base))  # fmt: skip
DRAFTS = st.builds(
    Draft, title=LINES, description=TEXTS, ward_code=st.just("27694"), pay=PAYS, openings=st.integers(1, 10_000),
    expires_at=st.integers(1_900_000_000, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    occupation_code=st.none() | st.from_regex("[0-9]{1,5}", fullmatch=True, alphabet="0123456789"),
    contract=one_of(Contract), shift=one_of(Shift), week_hours=optional(1, 72), week_days=optional(1, 7),
    benefits=st.lists(st.sampled_from(get_args(Benefit)), unique=True), experience_months=optional(0, 600),
    education=one_of(Education), skills=st.lists(LINES.filter(lambda text: "<" not in text), max_size=5),
    park_code=st.none() | st.just("kcn-long-hau"),
)  # fmt: skip


def posted(draft: Draft, extra: dict[str, str] | None = None) -> Posted:
    return Posted(
        UUID(int=7), draft, "Công ty TNHH May", "Phường Long An", "Tỉnh Tây Ninh", None, extra, None,
        datetime(2026, 11, 22, tzinfo=UTC),
    )  # fmt: skip


@settings(max_examples=60)
@given(DRAFTS)
def test_what_is_exported_is_imported_as_the_same_job(draft: Draft) -> None:
    node = job_ld.read(written(posted(draft)).decode())

    assert (node.wrong, node.unread) == ([], [])
    assert msgspec.convert(node.values, Draft) == draft


# Numbers as people write them: with zeros that mean nothing, in powers of ten, longer than any machine's.
NUMBERS = st.one_of(
    st.integers().map(str),
    st.integers(-(10**40), 10**40).map(str),
    st.sampled_from(["1.0", "1.50", "-0", "0.10", "1e5"]),
    st.from_regex(
        r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True, alphabet="0123456789.eE+-"
    ),
)
VALUES = st.recursive(
    NUMBERS | st.sampled_from(["true", "false", "null"]) | st.text(LETTERS, max_size=12).map(json.dumps)
    | st.text(LETTERS, max_size=12).map(lambda text: json.dumps(text, ensure_ascii=False)),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
    | st.dictionaries(NAMES, inner, max_size=3).map(
        lambda members: "{ " + " ,".join(f"{json.dumps(name)} : {text}" for name, text in members.items()) + "}"
    ),
    max_leaves=8,
)  # fmt: skip
UNKNOWN = st.dictionaries(NAMES.filter(lambda name: name not in READERS), VALUES, max_size=5)
KNOWN = {
    "@context": '"https://schema.org/"', "@type": '["JobPosting"]', "title": '"Thợ may mẫu"', "identifier": '"K"',
    "description": '"<p>May  <b>mẫu</b></p>"', "validThrough": '"2090-12-31"', "totalJobOpenings": "3.0",
    "jobLocation": '{"address": "Phường Long An", "x": 1.0}', "workHours": '"8 to 5"', "datePosted": '"2020-01-01"',
    "baseSalary": '{"currency":"VND","value":{"unitText":"MONTH","minValue":9000000.00,"y":[1.0]}}',
    "hiringOrganization": '{"name": "công ty TNHH  may", "sameAs": "https://x"}', "employmentType": '["FULL_TIME"]',
}  # fmt: skip


def exact(text: str) -> Any:
    """The document's value with its numbers as they are written and its members in order."""
    return json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=lambda pairs: [(n, v) for n, v in pairs])


@settings(max_examples=60)
@given(UNKNOWN, st.permutations(list(KNOWN)), st.data())
def test_what_was_imported_is_exported_verbatim_as_long_as_nothing_changes(
    unknown: dict[str, str], order: list[str], data: Any
) -> None:
    names = data.draw(st.permutations([*order, *unknown]))
    text = "{" + ",\n".join(f"{json.dumps(name)}:{(KNOWN | unknown)[name]}" for name in names) + "}"
    (came,) = json_ld.nodes(text.encode())
    node = job_ld.read(came)
    assert node.wrong == []
    draft = msgspec.convert({**node.values, "ward_code": "27694"}, Draft)
    given = msgspec.structs.replace(posted(draft, kept(came, "27694")), source_key="K")

    out = exact(written(given).decode())

    assert out[: len(names)] == exact(text)
    assert {name for name, _ in out[len(names) :]} <= {"urn:longan:ward_code"}
    assert set(node.unread) == {*unknown, "workHours", "employmentType"}


@given(UNKNOWN)
def test_what_changed_since_is_said_anew_and_the_rest_stays_verbatim(unknown: dict[str, str]) -> None:
    text = "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in (KNOWN | unknown).items()) + "}"
    node = job_ld.read(text)
    changed = {**node.values, "ward_code": "27991", "title": "Thợ hàn", "openings": 4, "shift": "night"}
    extra = kept(text, "27694")

    out = dict(exact(written(posted(msgspec.convert(changed, Draft), extra)).decode()))

    assert (out["title"], out["totalJobOpenings"], out["workHours"]) == ("Thợ hàn", "4", "Ca đêm")
    assert dict(out["jobLocation"])["@type"] == "Place"
    assert out["description"] == "<p>May  <b>mẫu</b></p>"
    assert [(name, out[name]) for name in unknown] == [(name, value) for name, value in exact(text) if name in unknown]


@given(TEXTS)
def test_plain_text_comes_back_from_markup(text: str) -> None:
    assert to_text(from_text(text)) == text


def test_markup_is_read_as_a_reader_sees_it() -> None:
    page = """<style>p {}</style><h2>Mô tả</h2>
      <p>May <b>chuyền</b>&nbsp;&amp; vá</p><ul><li>Xe<li>Cơm</ul><script>alert(1)</SCRIPT >xong<!-- x --><br>hết"""

    assert to_text(page) == "Mô tả\nMay chuyền\xa0& vá\n- Xe\n- Cơm\nxong\nhết"
    assert to_text("Lương < 10 triệu\nvà > 5") == "Lương < 10 triệu\nvà > 5"


def test_a_document_in_a_page_ends_no_script() -> None:
    text = '{"@context":"https://schema.org","@type":"JobPosting","x":"</script><!--","title":"abc"}'
    draft = Draft(
        title="</script>", description="<script>", ward_code="27694", pay=PayIn(min=1), openings=1,
        expires_at=datetime(2090, 1, 1, tzinfo=UTC),
    )  # fmt: skip

    out = written(posted(draft, kept(text, "27694")))

    assert b"<" not in out
    assert strict_json.loads(out)["x"] == "</script><!--"


def test_a_graph_gives_its_context_to_its_nodes() -> None:
    body = b'{"@context": "https://schema.org", "@graph": [{"@type": "JobPosting", "n": 1.0}, {}, 3]}'

    first, *others = json_ld.nodes(body)

    assert first == '{"@context": "https://schema.org", "@type": "JobPosting", "n": 1.0}'
    assert others == ['{"@context": "https://schema.org"}', "3"]
