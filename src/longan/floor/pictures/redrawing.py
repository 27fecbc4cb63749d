"""Pictures drawn anew, in a process of its own that may end as it likes: what comes out holds pixels and nothing else.

As a program it reads a picture from its input and writes one `Drawn` or one reason; it has a gigabyte, some seconds of
one processor, and can write no file. Where the picture was taken is read out before everything but pixels is dropped.
"""

import asyncio
import io
import math
import resource
import sys
from contextlib import suppress

import msgspec

from longan.floor.pictures.pictures import MOST_PIXELS, Kind, Reason, Refused, outline

LONGEST = 2048
THUMBNAIL = 320
QUALITY = 82
DRAWN_AS = "image/jpeg"

MEMORY = 1 << 30
PROCESSOR_SECONDS = 15
PATIENCE_SECONDS = 30.0
MOST_OUT = 8 << 20
GPS = 0x8825


class Drawn(msgspec.Struct, frozen=True, tag=True):
    """A picture and its thumbnail as JPEG, the picture's measures, where it was taken if it said so, and by what a copy
    of it is known again: 64 bits with a sign, as PostgreSQL has them; None for a picture without any shapes."""

    picture: bytes
    thumbnail: bytes
    width: int
    height: int
    location: tuple[float, float] | None
    difference_hash: int | None


class Not(msgspec.Struct, frozen=True, tag=True):
    """Why there is none."""

    reason: Reason


ENCODE = msgspec.msgpack.Encoder()
DECODE = msgspec.msgpack.Decoder(Drawn | Not)


async def redrawn(data: bytes, kind: str, memory: int = MEMORY, processor_seconds: int = PROCESSOR_SECONDS) -> Drawn:
    """The picture drawn anew. Raises `Refused`, also for what its process did not survive."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "longan.floor.pictures.redrawing", kind, str(memory), str(processor_seconds),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await _exchanged(process, data)
            told: Drawn | Not = DECODE.decode(answer)
    except (TimeoutError, msgspec.DecodeError):
        raise Refused("too_demanding") from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if isinstance(told, Not):
        raise Refused(told.reason)
    return told


async def _exchanged(process: asyncio.subprocess.Process, data: bytes) -> bytes:
    assert process.stdin is not None and process.stdout is not None
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()
    answer = bytearray()
    while chunk := await process.stdout.read(65_536):
        answer += chunk
        if len(answer) > MOST_OUT:
            raise Refused("too_demanding")
    return bytes(answer)


def draw(data: bytes, kind: Kind) -> Drawn:
    """Raises `Refused`. Memory and time are the caller's to bound."""
    seen = outline(data)
    if seen.kind != kind:
        raise Refused("type_differs")
    # Not at the top: the worker asks, and never decodes.
    from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(data), formats=[kind.removeprefix("image/").upper()]) as image:
            if image.size != (seen.width, seen.height):
                raise Refused("damaged")
            location = _location(image.getexif().get_ifd(GPS))
            # A JPEG can be decoded at a fraction of its size, which saves memory and time.
            image.draft("RGB", (LONGEST, LONGEST))
            image.thumbnail((LONGEST, LONGEST))
            upright = ImageOps.exif_transpose(image)
            if upright.has_transparency_data:
                clear = upright.convert("RGBA")
                upright = Image.new("RGB", clear.size, "white")
                upright.paste(clear, mask=clear.getchannel("A"))
            whole = upright.convert("RGB")
            small = whole.copy()
            small.thumbnail((THUMBNAIL, THUMBNAIL))
            return Drawn(_saved(whole), _saved(small), whole.width, whole.height, location, difference_hash(small))
    except MemoryError:
        raise Refused("too_demanding") from None
    except UnidentifiedImageError:
        raise Refused("damaged") from None
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, IndexError, OverflowError,
            ArithmeticError, RuntimeError, AttributeError, Image.DecompressionBombError):  # fmt: skip
        raise Refused("damaged") from None


def difference_hash(image: "Image.Image") -> int | None:  # type: ignore[name-defined]  # noqa: F821
    """Whether each of 8 x 8 parts is brighter than the one to its right: what stays when a picture is made smaller,
    saved anew or a little brighter (N. Krawetz, "Kind of Like That", 2013). Of one colour nothing is told."""
    rows = image.convert("L").resize((9, 8)).tobytes()
    bits = [rows[9 * row + column] > rows[9 * row + column + 1] for row in range(8) for column in range(8)]
    if len(set(rows)) == 1:
        return None
    found = sum(1 << place for place, bit in enumerate(bits) if bit)
    return found - (1 << 64) if found >= 1 << 63 else found


def _saved(image: "Image.Image") -> bytes:  # type: ignore[name-defined]  # noqa: F821
    """Of a new picture nothing is saved but what is named here."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True, exif=b"", icc_profile=None, comment=b"")
    return out.getvalue()


def _location(told: dict[int, object]) -> tuple[float, float] | None:
    """EXIF 2.32 section 4.6.6: degrees, minutes, seconds, and a letter for the side. Cameras write nonsense, too."""
    lat, lon = _degrees(told.get(2), told.get(1), "N", "S"), _degrees(told.get(4), told.get(3), "E", "W")
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        return None
    return round(lat, 6), round(lon, 6)


def _degrees(parts: object, side: object, plus: str, minus: str) -> float | None:
    if not isinstance(parts, tuple) or len(parts) != 3 or side not in (plus, minus):
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ArithmeticError):
        return None
    found = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(found) or min(degrees, minutes, seconds) < 0:
        return None
    return -found if side == minus else found


def main() -> None:
    """Bounds first, then the bytes."""
    _, kind, memory, processor_seconds = sys.argv
    for what, most in (
        (resource.RLIMIT_AS, int(memory)), (resource.RLIMIT_CPU, int(processor_seconds)),
        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))
    told: Drawn | Not
    try:
        told = draw(sys.stdin.buffer.read(), kind)  # type: ignore[arg-type]
    except Refused as refused:
        told = Not(refused.reason)
    sys.stdout.buffer.write(ENCODE.encode(told))


if __name__ == "__main__":
    main()
