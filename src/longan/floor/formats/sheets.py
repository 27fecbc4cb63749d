"""Sheets: CSV (RFC 4180) as spreadsheets write it, read within bounds; and written so that no cell is run as a formula.

One pass over the bytes, a row at a time: a file that opens a quote and never closes it, or whose row is as long as the
file, ends where it passes a bound and not where the memory does.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from longan.floor.base.errors import InvalidRequest, Problem, Unprocessable

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 100
MOST_ROW = 100_000
"""Characters of a row."""
MOST_LINES = 400_000
"""Physical lines, those inside of quotes and empty ones too."""

SEPARATORS = ",;\t"
# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")

_NAMED = {
    b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0": "xls", b"\x1f\x8b": "gzip", b"%PDF": "pdf",
    b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
}  # fmt: skip


class NotUtf8(Problem):
    """`encoding` says what the file seems to be (utf-16, utf-32, xlsx, xls, gzip, pdf, or the charset it was sent
    with), null when that is not known; `line` where the first bytes stand that are no UTF-8."""

    status, code = 400, "file_not_utf8"
    vi, en = "Tệp không phải văn bản UTF-8", "The file is not text in UTF-8"

    def __init__(self, encoding: str | None, line: int | None = None) -> None:
        super().__init__(members={"encoding": encoding, "line": line})


class FileMalformed(InvalidRequest):
    """`line` is where the row begins in which a quote is opened and not closed."""

    code = "file_malformed"
    vi, en = "Tệp có dấu ngoặc kép không được đóng", "A quote in the file is opened and never closed"

    def __init__(self, line: int) -> None:
        super().__init__(members={"line": line})


class FileTooLarge(Unprocessable):
    """`what` there is too much of (rows, columns, row_characters, lines, postings, members, context_characters), `most`
    how many may be, `line` where it is."""

    code = "file_too_large"
    vi, en = "Tệp có quá nhiều dòng, cột hoặc dòng quá dài", "The file has too many rows or columns, or too long a row"

    def __init__(self, what: str, most: int, line: int | None = None) -> None:
        super().__init__(members={"what": what, "most": most, "line": line})


class FileEmpty(Unprocessable):
    code = "file_empty"
    vi, en = "Tệp không có dòng dữ liệu nào", "There is nothing in the file"


class Row(msgspec.Struct, frozen=True):
    """`line` is where it begins; `fault` (a code) why it has no cells."""

    line: int
    cells: list[str]
    fault: str | None = None


class Sheet(msgspec.Struct, frozen=True):
    header: list[str]
    rows: list[Row]


def read(body: bytes) -> Sheet:
    """Raises `NotUtf8`, `FileMalformed`, `FileTooLarge`, `FileEmpty`."""
    demand_utf8(body)
    lines = _Lines(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline=""))
    try:
        sheet = _read(lines)
    except UnicodeDecodeError as error:
        raise NotUtf8(None, _first_wrong_line(body)) from error
    if not sheet.rows:
        raise FileEmpty
    return sheet


def _first_wrong_line(body: bytes) -> int | None:
    """The stream reads ahead: where it stumbled is not where it stood."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return body.count(b"\n", 0, error.start) + 1
    return None


def demand_utf8(body: bytes) -> None:
    """Raises `NotUtf8` for what is plainly something else, `FileEmpty`. The bytes are not all read for it."""
    for magic, name in _NAMED.items():
        if body.startswith(magic):
            raise NotUtf8(name)
    # Every other byte of Latin letters is zero there; a Vietnamese text has enough of them.
    nothing = body[:4096].count(0)
    if nothing > 8 and nothing * 4 > len(body[:4096]):
        raise NotUtf8("utf-32" if nothing * 2 > len(body[:4096]) else "utf-16")
    if not body.strip(b" \t\r\n\xef\xbb\xbf"):
        raise FileEmpty


def written(rows: Iterable[Sequence[object]]) -> bytes:
    """CSV in UTF-8 with a mark by which spreadsheets know it; text that would be taken for a formula begins with an
    apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _harmless(cell: object) -> object:
    if cell is None:
        return ""
    # Spaces before it do not keep every spreadsheet from it.
    runs = isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA)
    return f"'{cell}" if runs else cell


class _Lines:
    """The physical lines, counted: `line` is the last one given, `begun` where the row began that is being read."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self._characters = 0
        self.line = 0
        self.begun = 1
        self.first: str | None = None

    def begin_row(self) -> None:
        self._characters = 0
        self.begun = self.line + 1

    def __iter__(self) -> Iterator[str]:
        if self.first is not None:
            yield self.first
        while line := self._stream.readline(MOST_ROW + 1):
            yield self._counted(line)

    def header(self) -> str:
        """The first line with something on it; `sep=;`, which only spreadsheets read, is none."""
        while line := self._stream.readline(MOST_ROW + 1):
            text = line.strip(" \t\r\n")
            if text and not (text.lower().startswith("sep=") and len(text) <= 5):
                separator = separator_of(line)
                if line.count(separator) >= MOST_COLUMNS:
                    raise FileTooLarge("columns", MOST_COLUMNS, self.line + 1)
                self.first = self._counted(line)
                return separator
            self._counted(line)
            self.begin_row()
        raise FileEmpty

    def _counted(self, line: str) -> str:
        self.line += 1
        self._characters += len(line)
        if self._characters > MOST_ROW:
            if self.line > self.begun:
                raise FileMalformed(self.begun)
            raise FileTooLarge("row_characters", MOST_ROW, self.begun)
        if self.line > MOST_LINES:
            raise FileTooLarge("lines", MOST_LINES, self.line)
        return line


def separator_of(line: str) -> str:
    """The separator that occurs most outside of quotes."""
    bare = "".join(line.split('"')[::2])
    return max(SEPARATORS, key=bare.count)


def _read(lines: _Lines) -> Sheet:
    reader = csv.reader(iter(lines), delimiter=lines.header(), strict=True)
    try:
        header = [name.strip() for name in next(reader)]
    except csv.Error as error:
        raise FileMalformed(lines.begun) from error
    rows: list[Row] = []
    while True:
        lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return Sheet(header, rows)
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise FileMalformed(lines.begun) from error
            rows.append(Row(lines.begun, [], "bad_quotes"))
        else:
            if any(cells):
                extra = any(cells[len(header) :])
                rows.append(Row(lines.begun, cells[: len(header)], "too_many_cells" if extra else None))
        if len(rows) > MOST_ROWS:
            raise FileTooLarge("rows", MOST_ROWS, lines.begun)
