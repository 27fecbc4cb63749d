"""By what a copy of a picture is known again."""

import io
import random

import pytest
from PIL import Image, ImageDraw

from longan.floor.pictures.redrawing import draw, redrawn


def room(seed: int, size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """Something with shapes in it."""
    chance, image = random.Random(seed), Image.new("RGB", (400, 300), "white")
    pen = ImageDraw.Draw(image)
    for _ in range(25):
        x, y = chance.randrange(400), chance.randrange(300)
        colour = tuple(chance.randrange(256) for _ in range(3))
        pen.rectangle((x, y, x + chance.randrange(30, 200), y + chance.randrange(30, 150)), fill=colour)
    return image.resize(size)


def saved(image: Image.Image, kind: str = "JPEG", **given: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **given)  # type: ignore[arg-type]
    return out.getvalue()


def likeness(data: bytes, kind: str = "image/jpeg") -> int:
    found = draw(data, kind).difference_hash  # type: ignore[arg-type]
    assert found is not None
    assert -(1 << 63) <= found < 1 << 63
    return found


def apart(one: int, other: int) -> int:
    return ((one ^ other) & (1 << 64) - 1).bit_count()


@pytest.mark.parametrize("seed", range(8))
def test_a_copy_that_was_made_smaller_and_saved_anew_is_known_again(seed: int) -> None:
    original = likeness(saved(room(seed), quality=92))

    copies = [
        likeness(saved(room(seed), quality=40)),
        likeness(saved(room(seed, (600, 450)), quality=70)),
        likeness(saved(room(seed), "PNG"), "image/png"),
        likeness(saved(room(seed).point(lambda value: min(255, int(value * 1.06))))),
    ]

    assert max(apart(original, copy) for copy in copies) <= 6


def test_other_pictures_are_far_apart() -> None:
    found = [likeness(saved(room(seed))) for seed in range(20)]

    assert min(apart(a, b) for place, a in enumerate(found) for b in found[:place]) > 6


def test_of_a_picture_of_one_colour_nothing_is_told() -> None:
    assert draw(saved(Image.new("RGB", (300, 200), "grey"), "PNG"), "image/png").difference_hash is None


async def test_the_process_that_draws_tells_it_too() -> None:
    sent = saved(room(1))

    assert (await redrawn(sent, "image/jpeg")).difference_hash == likeness(sent)
