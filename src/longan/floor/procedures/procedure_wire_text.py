"""Text, numbers and lists as the national catalogue sends them, taken with a name for whatever is wrong with them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec

from longan.floor.base.fields import Locale

T = TypeVar("T")
Items: TypeAlias = Iterator[T]
Weight = Literal["refused", "doubtful", "noted"]

LONGEST_SAID = 80
MOST_PROBLEMS = 100
LONGEST_TEXT = 50_000
# Everything but letters and signs that a text of the state is made of.
_UNUSUAL = re.compile("[^\n\u0020-\u007e\u00a1-\u00ac\u00ae-\u024f\u1e00-\u1eff\u2010-\u2027\u2030-\u205e]")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")


class Kind(msgspec.Struct, frozen=True):
    """`refused`: such a procedure is not taken. `doubtful`: only when an official names it. `noted`: it is as it is."""

    weight: Weight
    vi: str
    en: str


PROBLEMS: dict[str, Kind] = {
    "not_json": Kind("refused", "Không đọc được: không phải JSON", "Cannot be read: it is no JSON"),
    "not_an_object": Kind("refused", "Không phải một thủ tục", "Is no procedure"),
    "code_missing": Kind("refused", "Không có mã thủ tục", "There is no code"),
    "code_dirty": Kind(
        "refused", "Mã sai dạng (đúng: một chữ số, dấu chấm, sáu chữ số)", "The code is not of the form 1.234567"
    ),
    "code_local": Kind(
        "refused", "Mã riêng của một tỉnh; mã quốc gia là", "A province's own variant; the national code is"
    ),
    "code_repeated": Kind("refused", "Mã đã có ở trên trong cùng tệp", "The code stands further up in the same file"),
    "name_missing": Kind("refused", "Không có tên", "There is no name"),
    "field_missing": Kind("refused", "Không có lĩnh vực", "There is no field"),
    "agency_missing": Kind("refused", "Không có cơ quan ban hành", "There is no agency that issued it"),
    "level_missing": Kind("refused", "Không có cấp thực hiện", "There is no level"),
    "level_unknown": Kind("doubtful", "Cấp thực hiện chưa xác định", "The source has not determined the level"),
    "state_unknown": Kind("refused", "Trạng thái không rõ nghĩa", "Nobody knows what this state means"),
    "kind_unknown": Kind("doubtful", "Loại thủ tục không rõ", "An unknown kind of procedure"),
    "channel_unknown": Kind("refused", "Cách nộp không rõ", "An unknown way to file"),
    "unit_unknown": Kind("refused", "Đơn vị thời gian không rõ", "An unknown unit of time"),
    "fee_kind_unknown": Kind("refused", "Loại phí không rõ", "An unknown kind of fee"),
    "currency_unknown": Kind("refused", "Loại tiền không rõ", "An unknown currency"),
    "fee_suspicious": Kind("doubtful", "Mức phí khó tin", "The amount is hard to believe"),
    "subject_unknown": Kind("doubtful", "Đối tượng không rõ, sẽ bị bỏ", "Unknown who may file; it would be left out"),
    "online_unlikely": Kind(
        "doubtful", "Toàn trình nhưng không nộp trực tuyến được", "Wholly online, and yet no way to file online"
    ),
    "many_withdrawn": Kind(
        "doubtful", "Nguồn bỏ quá nhiều thủ tục cùng lúc", "The source leaves out too many procedures at once"
    ),
    "not_at_source": Kind("refused", "Nguồn không có thủ tục này", "The source has no such procedure"),
    "not_told": Kind(
        "refused", "Nguồn liệt kê nhưng không trả lời nội dung", "The source lists it and does not tell what it is"
    ),
    "other_procedure": Kind("refused", "Nguồn trả về thủ tục khác", "The source answered with another procedure"),
    "time_in_words": Kind("noted", "Thời hạn viết bằng chữ", "The time is said in words"),
    "case_without_time": Kind("noted", "Trường hợp không có thời hạn, sẽ bị bỏ", "A case without a time is left out"),
    "paper_without_name": Kind("noted", "Giấy tờ không tên, sẽ bị bỏ", "A paper without a name is left out"),
    "part_missing": Kind("noted", "Thiếu một phần bắt buộc", "A part that every procedure must have is missing"),
    "field_unknown": Kind("noted", "Trường lạ, không được đọc", "An unknown field, which is not read"),
    "markup": Kind("noted", "Có mã HTML trong chữ", "There is HTML in the text"),
    "wrong_type": Kind("refused", "Sai kiểu dữ liệu", "Has the wrong type"),
    "too_long": Kind("refused", "Quá dài", "Is too long"),
    "too_many": Kind("refused", "Quá nhiều", "There are too many"),
    "out_of_range": Kind("refused", "Số ngoài giới hạn", "The number is out of range"),
}


class WireProblem(msgspec.Struct, frozen=True):
    """`pointer` into what came (RFC 6901), `said` what stood there, cut."""

    code: str
    pointer: str
    said: str | None = None


def words_of(problem: WireProblem, locale: Locale) -> str:
    """A sentence for the official."""
    kind = PROBLEMS[problem.code]
    said = f": {problem.said}" if problem.said else ""
    return (kind.en if locale == "en" else kind.vi) + said


def clean(text: str) -> str:
    """NFC, without control and invisible characters; only line breaks stay."""
    return unicodedata.normalize("NFC", _UNUSUAL.sub(_seen, text)).strip()


def _seen(letter: re.Match[str]) -> str:
    return "" if unicodedata.category(letter[0]) in ("Cc", "Cf", "Co", "Cs") else letter[0]


def list_of(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]


class Reading:
    """The problems of one procedure, as it is read."""

    def __init__(self) -> None:
        self.problems: list[WireProblem] = []

    def say(self, code: str, pointer: str, said: object = None) -> None:
        """The first ones of as many as a person may read; one that refuses is never left out."""
        shown = None if said is None or said == "" else clean(str(said)[: 2 * LONGEST_SAID])[:LONGEST_SAID] or None
        problem = WireProblem(code, clean(pointer)[:200], shown)
        if problem not in self.problems and (
            len(self.problems) < MOST_PROBLEMS or (PROBLEMS[code].weight == "refused" and len(self.problems) < 1_000)
        ):
            self.problems.append(problem)

    def text(self, value: object, pointer: str, most: int = LONGEST_TEXT) -> str:
        """With its line breaks; empty where there is none."""
        if value is None:
            return ""
        if not isinstance(value, str):
            self.say("wrong_type", pointer, type(value).__name__)
            return ""
        if len(value) > most:
            self.say("too_long", pointer, len(value))
            return ""
        if _MARKUP.search(value):
            self.say("markup", pointer)
        return clean(value.replace("\t", " ").replace("\r\n", "\n"))

    def line(self, value: object, pointer: str, most: int, *, missing: str | None = None) -> str:
        """On one line; `missing` is what is said where it is empty."""
        found = " ".join(self.text(value, pointer, most).split())
        if not found and missing:
            self.say(missing, pointer)
        return found

    def number(self, value: object, pointer: str, most: int) -> int | None:
        """A whole number that is not negative, None where there is none."""
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.say("wrong_type", pointer, type(value).__name__)
            return None
        if not 0 <= value <= most:
            self.say("out_of_range", pointer, value)
            return None
        return value

    def flag(self, value: dict[str, Any], name: str) -> bool:
        found = value.get(name)
        if found is not None and not isinstance(found, bool):
            self.say("wrong_type", f"/{name}", type(found).__name__)
        return found is True

    def items(self, value: dict[str, Any], name: str, most: int, at: str = "") -> list[tuple[str, dict[str, Any]]]:
        """The objects of a list with their pointers."""
        found, pointer = value.get(name), f"{at}/{name}"
        if found is None:
            return []
        if not isinstance(found, list):
            self.say("wrong_type", pointer, type(found).__name__)
            return []
        if len(found) > most:
            self.say("too_many", pointer, len(found))
            return []
        for number, each in enumerate(found):
            if not isinstance(each, dict):
                self.say("wrong_type", f"{pointer}/{number}", type(each).__name__)
        return [(f"{pointer}/{number}", each) for number, each in enumerate(found) if isinstance(each, dict)]

    def checked(
        self, value: dict[str, Any], name: str, most: int, known: frozenset[str], at: str = ""
    ) -> list[tuple[str, dict[str, Any]]]:
        """As `items`, naming the members that are not `known`."""
        found = self.items(value, name, most, at)
        for pointer, each in found:
            self.unknown(each, known, pointer)
        return found

    def unknown(self, value: dict[str, Any], known: frozenset[str], pointer: str) -> None:
        for name in value:
            if name not in known:
                self.say("field_unknown", f"{pointer}/{name}")
