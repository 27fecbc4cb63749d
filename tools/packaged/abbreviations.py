"""Abbreviations, one reading a row."""

import re
from collections.abc import Iterator

from .files import Row, line

HEADER = ("abbreviation", "expansion", "kind", "ambiguous")
REMARK = re.compile(r"\(([^)]*)\)")


def abbreviations(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    """The text in brackets is a reading as well ("quality control (kiểm tra chất lượng)"), but not "(ambiguous)"."""
    for row in rows:
        remarks = [remark for remark in REMARK.findall(row["expansion"]) if "ambiguous" not in remark]
        for reading in (*REMARK.sub("", row["expansion"]).split("/"), *remarks):
            yield row["abbr"], line(reading), row["kind"], row["ambiguous"]
