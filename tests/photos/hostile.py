"""Files that lie about themselves, each with the kind it claims and the reason for which it is refused."""

import io
import struct
import zipfile
import zlib

from PIL import Image

from tests.photos.sending import picture

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("../../../etc/cron.d/x", b"\0" * 10_000_000)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, pixels: bytes, *more: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def several(kind: str) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def with_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The picture with another size in its header."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def commented(jpeg: bytes, comment: bytes) -> bytes:
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:]


def webp_of(width: int, height: int) -> bytes:
    """An extended header that promises another canvas than the picture behind it has."""
    inner = picture("WEBP", (40, 40))[12:]
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + canvas + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def large_webp() -> bytes:
    made = bytearray(picture("WEBP", (40, 40)))
    at = made.index(b"\x9d\x01\x2a") + 3
    made[at : at + 4] = struct.pack("<HH", 16_000, 16_000)
    return bytes(made)


def cases() -> dict[str, tuple[bytes, str, str]]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    jpeg = picture()
    return {
        "an SVG with a script": (svg, PNG, "not_a_picture"),
        "a page": (b"<!doctype html><script>alert(1)</script>", JPEG, "not_a_picture"),
        "a GIF": (b"GIF89a" + bytes(100), JPEG, "not_a_picture"),
        "a ZIP that unpacks to ten megabytes above its folder": (zipped(), JPEG, "not_a_picture"),
        "a test virus": (EICAR, PNG, "not_a_picture"),
        "a TIFF": (picture("TIFF"), JPEG, "not_a_picture"),
        "a PNG that is called JPEG": (picture("PNG"), JPEG, "type_differs"),
        "a JPEG that is called WebP": (jpeg, WEBP, "type_differs"),
        "50,000 x 50,000 pixels in the header of a PNG": (png(50_000, 50_000, zlib.compress(b"")), PNG, "too_large"),
        "50,000 x 50,000 pixels in the header of a JPEG": (with_size(jpeg, 50_000, 50_000), JPEG, "too_large"),
        "16,000 x 16,000 pixels in the header of a WebP": (large_webp(), WEBP, "too_large"),
        "an extended WebP of 16,000 x 16,000 pixels": (webp_of(16_000, 16_000), WEBP, "damaged"),
        "a WebP whose canvas is not its picture": (webp_of(4_000, 4_000), WEBP, "damaged"),
        "no pixels at all": (png(0, 10, zlib.compress(b"")), PNG, "damaged"),
        "a text of a PNG that unpacks to a hundred megabytes": (
            png(1, 1, zlib.compress(b"\0" * 4), chunk(b"zTXt", b"x\0\0" + zlib.compress(b"\0" * 100_000_000, 9))), PNG,
            "damaged",
        ),
        "a JPEG of which half is missing": (jpeg[: len(jpeg) // 2], JPEG, "damaged"),
        "a JPEG of three bytes": (b"\xff\xd8\xff", JPEG, "damaged"),
        "a PNG that ends early": (picture("PNG")[:-20], PNG, "damaged"),
        "a WebP that ends early": (picture("WEBP")[:-20], WEBP, "damaged"),
        "an animated PNG": (several("PNG"), PNG, "animated"),
        "an animated WebP": (several("WEBP"), WEBP, "animated"),
        "a JPEG and a ZIP": (jpeg + zipped(), JPEG, "foreign_content"),
        "a PNG and a ZIP": (picture("PNG") + zipped(), PNG, "foreign_content"),
        "a WebP and a page": (picture("WEBP") + b"<script>", WEBP, "foreign_content"),
        "a JPEG with a page in its comment": (commented(jpeg, b"<HTML><Script>x</Script>"), JPEG, "foreign_content"),
        "a JPEG with a PHP program in its comment": (commented(jpeg, b"<?php system('id');"), JPEG, "foreign_content"),
        "a PNG with a PDF in its text": (png(1, 1, zlib.compress(b"\0" * 4), chunk(b"tEXt", b"x\0%PDF-1.7")), PNG,
                                         "foreign_content"),
    }  # fmt: skip


CASES = cases()
