"""Reading the source tables and writing the same bytes each time."""

import csv
import gzip
import io
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Row = dict[str, str]
Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]


def clean(text: str) -> str:
    """NFC, without control and invisible characters; only line breaks stay."""
    kept = (letter for letter in text if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cf", "Co", "Cs"))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def line(text: str) -> str:
    """As `clean`, on one line with single spaces."""
    return " ".join(clean(text.replace("\t", " ")).split())


def read_words(name: str) -> list[str]:
    """The lines of a file of words/."""
    return (Path(__file__).parent / "words" / name).read_text(encoding="utf-8").splitlines()


def read_table(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def table(rows: Iterable[Sequence[object]], header: Sequence[str]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return out.getvalue().encode()


def json_lines(rows: Iterable[Mapping[str, Value]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()


def write(path: Path, content: bytes) -> int:
    """Writes `content`, compressed when the name ends in .gz; returns the size on disk in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        packed = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as out:
            out.write(content)
        content = packed.getvalue()
    path.write_bytes(content)
    return len(content)
