"""The preview of one file: facts about it, and its beginning as text, as a hex dump, or as a picture in half blocks.

A half block character shows two pixels in one cell, where the terminal has the colours for it.  Pictures are decoded
by Pillow (the ``preview`` extra) in a process without privileges, only in a few formats, and only when the picture's
header says that it is not too large.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import fit, grouped
from tcptui.ui.widgets.painted_lines import PaintedLines
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from tcptui.protocols.export.files import CarriedFile
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Lines of text that are shown, and characters of one line; nobody reads a whole file here.
_TEXT_LINES: Final = 500
_LINE_LIMIT: Final = 2_000
#: A file is shown as text when at least this share (percent) of its first `_LOOKED_AT` bytes is printable.
_TEXT_SHARE: Final = 90
_LOOKED_AT: Final = 2_048
_HEX_LINES: Final = 64

Line = list[Segment]


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first bytes of a file."""

    data: bytes
    whole: bool
    """Whether these are all bytes of the file."""


class FilePreview(PaintedLines):
    """Facts about a file, then its contents."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "preview") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs
        self.words = words
        self._file: CarriedFile | None = None
        self._beginning: Beginning | None = None
        self._lines: list[Line] = []
        self._made_for: tuple[int, int] = (0, 0)

    def show(self, file: CarriedFile | None, beginning: Beginning | None) -> None:
        """Show ``file``; without its ``beginning`` only the facts."""
        if file is not self._file:
            self.scroll_to(y=0, animate=False, immediate=True)
        self._file, self._beginning = file, beginning
        self._make()

    @property
    def needed(self) -> int | None:
        """Lines that all of it takes; None where it takes as many as there are, as a picture does, or is still read."""
        if self._file is None or self._beginning is None or _is_picture(self._file):
            return None
        return len(self._lines)

    def on_resize(self) -> None:
        """Lay out again: text is wrapped and pictures are scaled to the new size."""
        self._make()

    def notify_style_update(self) -> None:
        """Lay out again: the lines contain the colours."""
        super().notify_style_update()
        self._made_for = (0, 0)
        if self.is_mounted:
            self._make()

    def _make(self) -> None:
        region = self.scrollable_content_region
        width, height = region.width, region.height
        self._made_for = (width, height)
        self._lines = []
        file = self._file
        if file is not None and width > 0:
            self._lines = self._facts(file, width)
            self._lines.append([])
            if self._beginning is not None:
                self._lines += self._contents(file, self._beginning, width, height - len(self._lines))
            else:
                self._lines.append([Segment(self.words("export.unread"), self.palette.faint)])
        self.set_line_count(len(self._lines))
        self.refresh()

    def _facts(self, file: CarriedFile, width: int) -> list[Line]:
        words, palette = self.words, self.palette
        texts: list[tuple[str, Style]] = [(file.name, palette.strong)]
        source = file.host + file.uri if file.uri.startswith("/") else file.uri
        texts.append((safe_text(source, 1_000), palette.link))
        if file.complete:
            texts.append((words("export.whole"), palette.good))
        else:
            why = words(f"export.why.{file.shortfall.value}") if file.shortfall is not None else ""
            texts.append((f"{self.glyphs.warning} {words('export.not-whole', why=why)}", palette.warning))
        facts = [safe_text(file.media_type, 80)] if file.media_type else []
        if file.codings:
            codings = ", ".join(safe_text(coding, 20) for coding in file.codings)
            facts.append(words("export.sent", n=grouped(file.sent), codings=codings))
        if len(file.parts) > 1:
            facts.append(words("export.part-count", n=len(file.parts)))
        if file.id is not None:
            facts.append(words("export.http2-stream", id=file.id))
        if file.upload:
            facts.append(words("export.upload"))
        if facts:
            texts.append(("  ".join(facts), palette.faint))
        if file.sha256:
            texts.append((words("export.hash", digest=file.sha256), palette.faint))
        return [[Segment(line, style)] for text, style in texts for line in wrap(text, width)[:3]]

    def _contents(self, file: CarriedFile, beginning: Beginning, width: int, height: int) -> list[Line]:
        if _is_picture(file):
            return self._picture(beginning, width, max(height, 8))
        return text_or_bytes(beginning, width, self.palette.plain, self.palette.faint, self.words)

    def _picture(self, beginning: Beginning, width: int, height: int) -> list[Line]:
        words, faint = self.words, self.palette.faint
        ground = self.palette.plain.bgcolor
        triplet = ground.triplet if ground is not None else None
        if self.glyphs.line == "-" or self.app.no_color or triplet is None:
            return [[Segment(words("export.preview.no-colour"), faint)]]
        cells = image_cells(beginning.data, width, height, (triplet.red, triplet.green, triplet.blue))
        if isinstance(cells, NoImage):
            key = "no-pillow" if cells is NoImage.NO_DECODER else "bad-image"
            return [[Segment(line, faint)] for line in wrap(words(f"export.preview.{key}"), width)]
        return cells

    def paint_line(self, y: int) -> Strip:
        """Line ``y`` of the viewport."""
        width = self.scrollable_content_region.width
        at = self.scroll_offset.y + y
        plain = self.palette.plain
        if at >= len(self._lines):
            return Strip.blank(width, plain)
        cells = [Segment(text, plain if style is None else plain + style) for text, style, _ in self._lines[at]]
        return Strip(cells).adjust_cell_length(width, plain)


def _is_picture(file: CarriedFile) -> bool:
    return file.media_type.startswith("image/") and file.media_type != "image/svg+xml"


def text_or_bytes(beginning: Beginning, width: int, plain: Style, faint: Style, words: Words) -> list[Line]:
    """The bytes as lines of text when nearly all of them are printable, else as a hex dump."""
    data = beginning.data
    head = data[:_LOOKED_AT]
    printable = sum(byte >= 0x20 or byte in b"\t\r\n" for byte in head) - head.count(0x7F)
    lines: list[Line] = []
    if printable * 100 >= _TEXT_SHARE * len(head):
        raw_lines = data.split(b"\n")
        for raw in raw_lines[:_TEXT_LINES]:
            text = safe_text(raw.rstrip(b"\r").replace(b"\t", b"    "), _LINE_LIMIT)
            lines += [[Segment(part, plain)] for part in (wrap(text, width) or [""])]
        cut = len(raw_lines) > _TEXT_LINES
    else:
        row = next((count for count in (16, 8) if 10 + 4 * count <= width), 4)
        for at in range(0, min(len(data), row * _HEX_LINES), row):
            part = data[at : at + row]
            text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
            lines.append([Segment(f"{at:06x}  ", faint), Segment(f"{part.hex(' '):{3 * row}} {text}", plain)])
        cut = len(data) > row * _HEX_LINES
    if cut or not beginning.whole:
        lines.append([Segment(fit(words("export.preview.more"), width, ""), faint)])
    return lines


#: Pictures with more pixels are not decoded: they cost hundreds of MB.
PIXELS_LIMIT: Final = 24_000_000
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "ICO")
_UPPER_HALF: Final = "▀"
#: Exceptions that decoders raise on bytes that are no picture, or a broken one.
_BROKEN: Final = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError,
    ZeroDivisionError, NotImplementedError, AssertionError, MemoryError, Warning, struct.error, zlib.error,
)  # fmt: skip


class NoImage(Enum):
    """Why there is no picture."""

    NO_DECODER = auto()
    """Pillow is not installed."""
    UNREADABLE = auto()
    """It is broken, too large, or of a format that is not decoded."""


def image_cells(data: bytes, width: int, height: int, background: tuple[int, int, int]) -> list[Line] | NoImage:
    """The picture ``data`` as at most ``height`` lines of at most ``width`` cells, on ``background`` (RGB)."""
    try:
        from PIL import Image, ImageFile
    except ImportError:
        return NoImage.NO_DECODER
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # pixels that were not captured stay grey
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
