"""A picture as half blocks: two pixels a cell, where the terminal has the colours for it.

Decoding is Pillow's (the ``preview`` extra); it runs in a process without privileges, only for a few
formats, and only after the picture said that it is not too large.
"""

from __future__ import annotations

import io
import struct
import zlib
from enum import Enum, auto
from typing import Final

from rich.segment import Segment
from rich.style import Style

#: Pixels of a picture that is decoded; more costs hundreds of MB.
PIXELS_LIMIT: Final = 24_000_000
#: Bytes of a picture that is decoded.
BYTES_LIMIT: Final = 16 << 20
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "ICO")
_UPPER_HALF: Final = "▀"
#: What decoders raise on bytes that are no picture, or a broken one.
_BROKEN: Final = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError,
    ZeroDivisionError, NotImplementedError, AssertionError, MemoryError, Warning, struct.error, zlib.error,
)  # fmt: skip

Line = list[Segment]


class NoImage(Enum):
    """Why there is no picture."""

    NO_DECODER = auto()
    """Pillow is not installed."""
    UNREADABLE = auto()


def image_cells(data: bytes, width: int, height: int, background: tuple[int, int, int]) -> list[Line] | NoImage:
    """``data`` as at most ``height`` lines of ``width`` cells; what is transparent shows ``background``."""
    try:
        from PIL import Image, ImageFile
    except ImportError:
        return NoImage.NO_DECODER
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # what was not captured stays grey
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > PIXELS_LIMIT:
                return NoImage.UNREADABLE
            opened.draft("RGB", (2 * width, 4 * height))
            opened.thumbnail((width, 2 * height))
            ground = Image.new("RGBA", opened.size, (*background, 255))
            pixels = Image.alpha_composite(ground, opened.convert("RGBA")).convert("RGB")
    except (*_BROKEN, Image.DecompressionBombError):
        return NoImage.UNREADABLE
    columns, rows = pixels.size
    raw = pixels.tobytes()

    def colour(x: int, y: int) -> str:
        at = 3 * (y * columns + x)
        return f"#{raw[at : at + 3].hex()}"

    ground_colour = f"#{bytes(background).hex()}"
    lines: list[Line] = []
    for y in range(0, rows, 2):
        below = [colour(x, y + 1) if y + 1 < rows else ground_colour for x in range(columns)]
        lines.append([Segment(_UPPER_HALF, Style(color=colour(x, y), bgcolor=below[x])) for x in range(columns)])
    return lines
