"""Markup, as others write descriptions in it, and plain text, as we keep them: one becomes the other without loss of
words, and of the markup nothing remains.

Each `<` is looked at once and never behind the next one, so that no text takes longer than its length.
"""

import html
import re

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)[^<>]*>")
# What is no text of the page, up to its end tag.
_SILENT = frozenset({"script", "style", "head", "template", "noscript", "iframe", "object", "svg", "math"})
_BLOCKS = frozenset({
    "p", "div", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "section", "article", "header",
    "footer", "blockquote", "pre", "dl", "dt", "dd", "hr",
})  # fmt: skip
# Stands for the edge of a block until all edges are known; strict_json lets no such character in.
_EDGE = "\x1e"
_EDGES = re.compile(rf"[ \t\xa0]*{_EDGE}[ \t\xa0{_EDGE}]*")
_BREAKS = re.compile(r"[ \t]*[\r\n]+[ \t\r\n]*")


def to_text(markup: str) -> str:
    """What a reader of the page sees. Line breaks of a source without any tag are kept, for then it is plain text."""
    pieces: list[tuple[bool, str]] = []
    position, tagged = 0, False
    while (at := markup.find("<", position)) >= 0:
        pieces.append((True, markup[position:at]))
        if markup.startswith("<!--", at):
            end = markup.find("-->", at + 4)
            position, tagged = end + 3 if end >= 0 else len(markup), True
        elif (tag := _TAG.match(markup, at)) is not None:
            name, position, tagged = tag[2].lower(), tag.end(), True
            if name in _SILENT and not tag[1]:
                end_tag = re.compile(f"</{name}", re.IGNORECASE).search(markup, position)
                position = end_tag.start() if end_tag else len(markup)
            elif name == "br":
                pieces.append((False, "\n"))
            elif name in _BLOCKS:
                pieces.append((False, f"{_EDGE}- " if name == "li" and not tag[1] else _EDGE))
        else:
            pieces.append((True, "<"))
            position = at + 1
    pieces.append((True, markup[position:]))
    text = "".join(html.unescape(_BREAKS.sub(" ", part) if tagged else part) if said else part for said, part in pieces)
    return _EDGES.sub("\n", text.strip(f" {_EDGE}") if _EDGE in text else text)


def from_text(text: str) -> str:
    """HTML that `to_text` reads as the same text."""
    return html.escape(text, quote=False).replace("\r", "&#13;").replace("\n", "<br>")
