"""What a file is that says it is a picture: kind and measures from its outline alone, before anything is decoded.

JPEG: ITU-T T.81 annex B; PNG: W3C PNG third edition; WebP: RFC 9649. Nothing here makes more of the bytes than a few
numbers, so a file that promises 50,000 x 50,000 pixels costs nothing.
"""

import re
import struct
from typing import Literal

import msgspec

Kind = Literal["image/jpeg", "image/png", "image/webp"]
Reason = Literal[
    "not_uploaded", "size_differs", "checksum_differs", "not_a_picture", "type_differs", "too_large", "animated",
    "damaged", "foreign_content", "too_demanding",
]  # fmt: skip

MOST_PIXELS = 64_000_000
LONGEST_SIDE = 16_383
MOST_PARTS = 10_000

PNG = b"\x89PNG\r\n\x1a\n"
# Of JPEG: SOF0 to SOF15 but DHT, JPG and DAC; markers without a length; what ends a run of compressed data.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ALONE = frozenset([0x01, *range(0xD0, 0xD8)])
# Of filling bytes the last one alone: each is looked at once, however many there are.
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
# Other readers would take these for what the file is, wherever they stand: browsers, PHP, PDF and ZIP readers.
_FOREIGN = re.compile(
    rb"<script|<svg|<html|<!doctype|<iframe|<\?php|%PDF-|PK\x03\x04|PK\x05\x06|Rar!\x1a\x07|7z\xbc\xaf", re.IGNORECASE
)


class Refused(Exception):
    """Not a picture that we take."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Outline(msgspec.Struct, frozen=True):
    """Kind and measures in pixels, as the file has them before it is turned upright."""

    kind: Kind
    width: int
    height: int


def outline(data: bytes) -> Outline:
    """What the file is. Raises `Refused` for whatever is no whole, still, reasonable picture and nothing besides."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            found, beside = _jpeg(data)
        elif data.startswith(PNG):
            found, beside = _png(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            found, beside = _webp(data)
        else:
            raise Refused("not_a_picture")
    except (struct.error, IndexError):
        raise Refused("damaged") from None
    if found.width < 1 or found.height < 1:
        raise Refused("damaged")
    if max(found.width, found.height) > LONGEST_SIDE or found.width * found.height > MOST_PIXELS:
        raise Refused("too_large")
    if any(_FOREIGN.search(part) for part in beside):
        raise Refused("foreign_content")
    return found


def _jpeg(data: bytes) -> tuple[Outline, list[bytes]]:
    """Phones write more behind the end (a film of the moment, a map of depth): that alone is no fault."""
    at, frame, parts = 2, None, 0
    beside: list[bytes] = []
    while (parts := parts + 1) < MOST_PARTS:
        if data[at] != 0xFF:
            raise Refused("damaged")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            if frame is None:
                break
            return frame, [*beside, data[at + 2 :]]
        if marker in ALONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if length < 2 or len(body) != length - 2:
            break
        if marker in FRAMES:
            if frame is not None:
                break
            height, width = struct.unpack_from(">HH", body, 1)
            frame = Outline("image/jpeg", width, height)
        at += 2 + length
        if marker == 0xDA:
            found = _MARKER.search(data, at)
            if found is None:
                break
            at = found.start(1) - 1
        else:
            beside.append(body)
    raise Refused("damaged")


def _png(data: bytes) -> tuple[Outline, list[bytes]]:
    at, frame, parts = len(PNG), None, 0
    beside: list[bytes] = []
    while (parts := parts + 1) < MOST_PARTS:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data) or (frame is None) != (kind == b"IHDR"):
            break
        if kind == b"IHDR":
            frame = Outline("image/png", *struct.unpack_from(">II", data, at + 8))
        elif kind == b"acTL":
            raise Refused("animated")
        elif kind == b"IEND":
            if frame is None or end != len(data):
                raise Refused("foreign_content")
            return frame, beside
        elif kind != b"IDAT":
            beside.append(data[at + 8 : end - 4])
        at = end
    raise Refused("damaged")


def _webp(data: bytes) -> tuple[Outline, list[bytes]]:
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise Refused("damaged")
    if size + 8 != len(data):
        raise Refused("foreign_content")
    at, canvas, frame, parts = 12, None, None, 0
    beside: list[bytes] = []
    while at < len(data) and (parts := parts + 1) < MOST_PARTS:
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        if len(body) != length:
            raise Refused("damaged")
        if kind == b"VP8X":
            if body[0] & 0x02:
                raise Refused("animated")
            canvas = Outline("image/webp", 1 + _three(body, 4), 1 + _three(body, 7))
        elif kind in (b"ANIM", b"ANMF"):
            raise Refused("animated")
        elif kind == b"VP8 ":
            if body[3:6] != b"\x9d\x01\x2a":
                raise Refused("damaged")
            width, height = struct.unpack_from("<HH", body, 6)
            frame = Outline("image/webp", width & 0x3FFF, height & 0x3FFF)
        elif kind == b"VP8L":
            bits = struct.unpack_from("<I", body, 1)[0]
            frame = Outline("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
        else:
            beside.append(body)
        at += 8 + length + (length & 1)
    if frame is None or (canvas is not None and canvas != frame):
        raise Refused("damaged")
    return frame, beside


def _three(body: bytes, at: int) -> int:
    if at + 3 > len(body):
        raise Refused("damaged")
    return int.from_bytes(body[at : at + 3], "little")
