"""Of what is said of a paper the last word holds, in whatever order it arrives; papers are known from version to
version."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from longan.floor.procedures import procedure_papers
from longan.floor.procedures.procedure_papers import Seen, carried, changes, papers_of, version_of
from longan.floor.procedures.procedures import ProcedureDocument
from longan.rooms.checklists.domain import merged
from longan.rooms.checklists.models import Tick, Ticks

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
KEYS = ["a", "b", "c"]
TICKS = st.lists(
    st.builds(
        Tick, paper=st.sampled_from([*KEYS, "unknown"]), is_done=st.booleans(),
        at=st.integers(-3, 3).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    ),
    max_size=8,
)  # fmt: skip
PAPERS = st.lists(
    st.builds(Seen, key=st.sampled_from("abcdef"), case=st.none(), name=st.sampled_from(["Tờ khai", "TỜ KHAI", "Ảnh"])),
    max_size=6,
    unique_by=lambda paper: paper.key,
)


def said(*batches: list[Tick]) -> Ticks:
    ticks: Ticks = {}
    for batch in batches:
        ticks = merged(ticks, batch, set(KEYS), NOW)
    return ticks


@given(TICKS, TICKS, TICKS)
def test_phones_agree_in_whatever_order_they_come(one: list[Tick], two: list[Tick], three: list[Tick]) -> None:
    assert said(one, two, three) == said(three, one, two) == said([*two, *one, *three])


@given(TICKS, TICKS)
def test_what_is_said_twice_is_said_once(one: list[Tick], two: list[Tick]) -> None:
    assert said(one, two, one) == said(one, two)


@given(TICKS)
def test_no_clock_that_goes_ahead_speaks_for_the_days_to_come(ticks: list[Tick]) -> None:
    found = said(ticks)

    assert all(done.at <= NOW for done in found.values())
    assert "unknown" not in found


@given(PAPERS)
def test_a_list_does_not_change_against_itself(papers: list[Seen]) -> None:
    assert not changes(papers, papers)
    assert carried(papers, papers) == {}


@given(PAPERS, PAPERS)
def test_what_was_seen_and_what_changed_make_what_is_asked_for_now(before: list[Seen], now: list[Seen]) -> None:
    found, moved = changes(before, now), carried(before, now)

    kept = {moved.get(paper.key, paper.key) for paper in before} - {paper.key for paper in found.removed}
    removed = {moved.get(paper.key, paper.key) for paper in found.removed}
    assert (kept - removed) | {paper.key for paper in found.added} == {paper.key for paper in now}
    assert len(set(moved.values())) == len(moved)


def document(name: str, code: str | None, case: str | None = None, originals: int = 1) -> ProcedureDocument:
    return ProcedureDocument(case, code, name, originals, 0, False)


def test_a_paper_with_another_code_is_the_same_paper() -> None:
    before = procedure_papers.seen(papers_of([document("- Tờ khai;", "KQ1"), document("Ảnh", "KQ2")]))
    now = procedure_papers.seen(papers_of([document("Tờ khai", "KQ9"), document("Ảnh 3x4", "KQ2")]))

    found = changes(before, now)

    assert carried(before, now) == {"KQ1": "KQ9"}
    assert (found.added, found.removed) == ([], [])
    assert [(each.before, each.after) for each in found.renamed] == [("Ảnh", "Ảnh 3x4")]


def test_a_code_that_stands_for_two_papers_is_no_key() -> None:
    (case,) = papers_of([document("Tờ khai", "KQ1"), document("Ảnh", "KQ1"), document("Đơn", None)])

    assert len({paper.key for paper in case.papers}) == 3
    assert "KQ1" not in {paper.key for paper in case.papers}


def test_a_note_is_no_paper_and_changes_no_version() -> None:
    asked = [document("Tờ khai", "KQ1")]
    noted = [*asked, document("Nộp bản chính để đối chiếu", "KQ2", "* Lưu ý:", 0)]
    noted.append(document("- Trường hợp nộp qua bưu chính thì gửi kèm", "KQ3", None, 0))

    cases = papers_of(noted)

    assert version_of(cases) == version_of(papers_of(asked))
    assert sum(len(case.papers) for case in cases) == 1
    assert sum(len(case.notes) for case in cases) == 2
