"""The line above a conversation, which says what is shown, and the one below, about the byte under the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.style import Style

from tcptui.ui.cell_text import amount, fit
from tcptui.ui.follow.lines import Form
from tcptui.ui.widgets.one_line import Cells, OneLine, action_style
from tcptui.words.follow_text import SIDES, seconds_text
from tcptui.words.quantities import percentage

if TYPE_CHECKING:
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

BOTH: Final = (0, 1)


@dataclass(frozen=True, slots=True)
class Shown:
    """The contents of the line above."""

    stream: int = 0
    ends: tuple[str, str] = ("", "")
    form: Form = Form.TEXT
    sides: tuple[int, ...] = BOTH
    lengths: tuple[int, int] = (0, 0)
    growing: bool = False
    newest: bool = False
    """Whether the cursor stays at the end while the stream grows."""
    missing: int = 0
    """Bytes that are missing, in gaps."""
    only: str = ""
    """The id of the request that alone is shown; empty: all."""


class FollowBar(OneLine):
    """The line above: stream, ends, bytes of each side, state, the forms to choose from, the sides shown."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "follow-bar") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self.shown = Shown()

    def show(self, shown: Shown) -> None:
        """Show ``shown``; repaints only when it has changed."""
        if shown != self.shown:
            self.shown = shown
            self.refresh()

    def cells(self, width: int) -> Cells:
        """Left the stream, right how it is shown; parts of the left that do not fit are left out."""
        shown, words, palette, glyphs = self.shown, self.words, self.palette, self.glyphs
        on_bar = Style(bgcolor=palette.bar.bgcolor)
        right: Cells = []
        for form in Form:
            style = palette.strong + Style(reverse=True) if form is shown.form else palette.bar
            action = f"screen.form('{form.value}')"
            right.append((f" {words(f'follow.form.{form.value}')} ", action_style(style, action)))
        whose = "both" if shown.sides == BOTH else SIDES[shown.sides[0]]
        right.append((f"  {words(f'follow.whose.{whose}')} ", action_style(palette.key + on_bar, "screen.side")))
        room = width - _cells_of(right)
        client, server = palette.client + on_bar, palette.server + on_bar
        said = [f"{amount(shown.lengths[0])}{glyphs.to_right}", f"{glyphs.to_left}{amount(shown.lengths[1])}"]
        title = words("follow.title-one" if shown.only else "follow.title", stream=shown.stream, id=shown.only)
        parts: list[Cells] = [[(f" {title}", palette.key + on_bar)]]
        whole: Cells = [(f"{shown.ends[0]} {said[0]}", client), ("  ", palette.bar)]
        whole.append((f"{said[1]} {shown.ends[1]}", server))
        if _cells_of(whole) + _cells_of(parts[0]) + 4 > room:
            whole = [(said[0], client), ("  ", palette.bar), (said[1], server)]
        parts.append(whole)
        if shown.growing:
            parts.append([(f"{glyphs.live} ", palette.good + on_bar), (words("follow.growing"), palette.bar)])
        if shown.newest:
            parts.append([(words("follow.newest"), palette.good + on_bar)])
        if shown.missing:
            text = f"{glyphs.warning} {words('follow.missing', count=amount(shown.missing))}"
            parts.append([(text, palette.warning + on_bar)])
        line: Cells = []
        used = 0
        for part in parts:
            size = _cells_of(part) + 2
            if used + size > room:
                break
            line += part if not line else [("  ", palette.bar), *part]
            used += size
        used = _cells_of(line)
        return [*line, (" " * max(0, room - used), palette.bar), *right]


def _cells_of(part: Cells) -> int:
    return sum(cell_len(text) for text, _ in part)


@dataclass(frozen=True, slots=True)
class Byte:
    """The byte under the cursor."""

    side: int
    offset: int
    """In the byte stream of its direction."""
    length: int
    """Bytes of that stream."""
    value: int | None
    frame: int
    """Number of the packet that carried it; 0 for none."""
    since_ns: int
    """Time of that packet since the connection's first one."""
    share: float
    """How far into the conversation it is, 0 … 1."""
    other_frame: int = 0
    """Number of the packet that has another version of this byte; 0 for none."""
    other: str = ""
    """That version, as safe text."""


class ByteLine(OneLine):
    """The line below the text: the byte under the cursor and the packet that carried it."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "follow-byte") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self.byte: Byte | None = None

    def show(self, byte: Byte | None) -> None:
        """Show ``byte``, or nothing for None; repaints only when it has changed."""
        if byte != self.byte:
            self.byte = byte
            self.refresh()

    def cells(self, width: int) -> Cells:
        """Side, offset, packet, time, value."""
        byte, words, palette = self.byte, self.words, self.palette
        if byte is None:
            return [(" " * width, palette.faint)]
        side = palette.side(bool(byte.side))
        mark = self.glyphs.to_left if byte.side else self.glyphs.to_right
        facts = {"offset": f"{byte.offset:,}", "length": f"{byte.length:,}"}
        text = words("follow.byte", side=words(f"follow.side.{SIDES[byte.side]}"), **facts)
        packet = words("follow.unseen")
        if byte.frame:
            packet = words("follow.packet", frame=f"{byte.frame:,}", seconds=seconds_text(byte.since_ns))
        value = "" if byte.value is None else f"  0x{byte.value:02x}"
        if byte.other_frame:
            packet += "  " + words("follow.versions.byte", frame=f"{byte.other_frame:,}", text=byte.other)
        told = [text, f"{packet}{value}", percentage(100 * byte.share, words)]
        while len(told) > 1 and cell_len("  ".join(told)) > width - 3:
            told.pop()
        rest = fit("  ".join(told), width - 3, self.glyphs.ellipsis)
        return [(f" {mark} ", side), (rest, palette.faint)]
