"""Pane 4: the explanation: what it is, what it means, the evidence, the confidence, what to look at next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tcptui.ui.statement_title import title_within
from tcptui.ui.widgets.painted_lines import PaintedLines
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from textual import events

    from tcptui.model.finding import Finding
    from tcptui.ui.theme import Glyphs
    from tcptui.words.budget_text import Share
    from tcptui.words.catalogue import Words


class Tone(Enum):
    """The typography of a passage."""

    TITLE = "title"
    TEXT = "text"
    FAINT = "faint"


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph: an optional heading, text, and the frame numbers of the packets that are its evidence."""

    text: str
    heading: str = ""
    packets: tuple[int, ...] = ()
    tone: Tone = Tone.TEXT
    severity: int = 0
    """Severity of a title: 0 or a `Severity`."""
    bar: tuple[Share, ...] = ()
    """Shares of a time budget, drawn as a bar below the text."""
    roles: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """The first `PACKETS_SHOWN` of ``packets`` in runs, each with what its packets are; empty: they are not told."""
    finding: Finding | None = None
    """The finding that a title names: of its statement a line shows as much as it holds."""
    hanging: int = 0
    """Cells by which the lines after the first are indented."""


Document = tuple[Passage, ...]

#: A run of text in a line: (text, style name, packet number that it links to or 0); ``!`` after the name: bold.
_Run = tuple[str, str, int]
_Line = tuple[_Run, ...]
#: Packet numbers listed per passage; further ones are only counted.
PACKETS_SHOWN: Final = 24
#: In a pane with fewer lines than this there are no blank lines while not everything is in sight.
_ROOMY_HEIGHT: Final = 17
_MARGIN: Final = 1


def lay_out(document: Document, width: int, glyphs: Glyphs, words: Words, *, dense: bool) -> list[_Line]:
    """``document`` as lines of at most ``width`` cells; ``dense``: without blank lines."""
    lines: list[_Line] = []
    for index, passage in enumerate(document):
        if index and not dense and (passage.heading or passage.tone is Tone.TITLE):
            lines.append(())
        if passage.tone is Tone.TITLE:
            mark = glyphs.severity(passage.severity)
            lead = "" if mark == " " else f"{mark} "
            text = lead + _title(passage, width - cell_len(lead), words)
            style = ("strong", "note", "warning", "error")[passage.severity]
            lines += [((part, f"{style}!", 0),) for part in wrap(text, width)]
            continue
        style = "faint" if passage.tone is Tone.FAINT else "plain"
        lines += _paragraph(passage, style, width)
        if passage.bar:
            from tcptui.ui.main.budget_bar import bar_lines  # see `tcptui.ui.preload`

            lines += bar_lines(passage.bar, width, glyphs)
        if passage.packets:
            lines += _links(passage, width, glyphs, words)
    return lines


def _title(passage: Passage, width: int, words: Words) -> str:
    if passage.finding is None or cell_len(passage.text) > width:
        return passage.text
    from tcptui.words.finding_text import STATEMENT_TITLED, finding_title  # see `tcptui.ui.preload`

    return title_within(width, partial(finding_title, passage.finding, words), STATEMENT_TITLED)


def _paragraph(passage: Passage, style: str, width: int) -> list[_Line]:
    heading, text, hanging = passage.heading, passage.text, passage.hanging
    if hanging and cell_len(text) > width:
        parts = wrap(text, width - hanging)
        return [((" " * hanging * bool(place) + part, style, 0),) for place, part in enumerate(parts)]
    if not text:
        return [((heading, "strong", 0),)] if heading else []
    parts = wrap(f"{heading}  {text}" if heading else text, width)
    if not heading:
        return [((part, style, 0),) for part in parts]
    head = parts[0]
    size = min(len(heading), len(head))
    first: _Line = ((head[:size], "strong", 0), (head[size:], style, 0))
    return [first, *(((part, style, 0),) for part in parts[1:])]


def _links(passage: Passage, width: int, glyphs: Glyphs, words: Words) -> list[_Line]:
    """Lines with the packet numbers as links, each run of them behind its role."""
    packets = passage.packets
    lead = f"{glyphs.right} {words('screen.explain.packets')}"
    lines: list[_Line] = []
    line: list[_Run] = [(lead, "faint", 0)]
    used = cell_len(lead)
    for role, run in passage.roles or (("", packets[:PACKETS_SHOWN]),):
        for place, packet in enumerate(run):
            label = f"#{packet}"
            named = f" {role}" if role and not place else ""  # on the line of the packet behind it
            size = cell_len(named) + 1 + len(label)
            if used + size > width:
                lines.append(tuple(line))
                line, used = [("  ", "faint", 0)], 2
            line += [(named, "faint", 0), (" ", "plain", 0), (label, "link", packet)]
            used += size
    if len(packets) > PACKETS_SHOWN:
        rest = " " + words("screen.explain.more", count=len(packets) - PACKETS_SHOWN)
        if used + cell_len(rest) > width:
            lines.append(tuple(line))
            line = []
        line.append((rest, "faint", 0))
    return [*lines, tuple(line)]


class ExplainPane(PaintedLines, can_focus=True):
    """Shows a `Document`; packets in it are links.  Repaints only lines that differ."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("g,home", "top", show=False),
        Binding("G,end", "bottom", show=False),
        Binding("enter,right,l", "follow_link", show=False),
    ]

    @dataclass
    class PacketWanted(Message):
        """A packet named as evidence was chosen."""

        pane: ExplainPane
        frame: int

        @property
        def control(self) -> ExplainPane:
            """The pane, for selectors."""
            return self.pane

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "explain") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs
        self.words = words
        self.document: Document = ()
        self._lines: list[_Line] = []
        self._laid_out_for = (0, 0)
        self._link: tuple[int, int] | None = None
        """(line, run) of the selected link."""

    # -- contents ------------------------------------------------------------------
    def show(self, document: Document, *, keep_place: bool = False) -> None:
        """Show ``document`` from its beginning, or with ``keep_place`` from where the one before is scrolled to."""
        if document == self.document:
            return
        self.document = document
        link = self._link
        self._relayout()
        if not keep_place:
            self.scroll_to(y=0, animate=False, immediate=True)
        elif link in self._link_places():
            self._link = link
        self.refresh()

    def _relayout(self) -> None:
        width = self.scrollable_content_region.width - 2 * _MARGIN
        height = self.size.height
        self._laid_out_for = (width, height)
        self._lines = []
        if width > 4:
            self._lines = lay_out(self.document, width, self.glyphs, self.words, dense=False)
            if len(self._lines) > height and height < _ROOMY_HEIGHT:
                self._lines = lay_out(self.document, width, self.glyphs, self.words, dense=True)
        self._link = None
        self.set_line_count(len(self._lines))

    def on_resize(self) -> None:
        """Lay the document out for the new size."""
        wanted = (self.scrollable_content_region.width - 2 * _MARGIN, self.size.height)
        if wanted != self._laid_out_for:
            before, link = self._link_places(), self._link
            self._relayout()
            if link in before:  # the same links are on other lines now
                self._link = self._link_places()[before.index(link)]
            self.refresh()

    # -- links -----------------------------------------------------------------------
    def _link_places(self) -> list[tuple[int, int]]:
        return [(y, x) for y, line in enumerate(self._lines) for x, run in enumerate(line) if run[2]]

    def action_move(self, step: int) -> None:
        """Select the next (``step`` 1) or previous (-1) link that is on screen, else scroll by a line."""
        places = self._link_places()
        top, height = self.scroll_offset.y, self.size.height
        current = self._link if self._link in places else None
        ahead = [p for p in places if (current is None or (p > current if step > 0 else p < current))]
        ahead = [p for p in ahead if top <= p[0] < top + height]
        if ahead and (current is not None or step > 0):
            self._select(ahead[0] if step > 0 else ahead[-1])
        else:
            self.scroll_to(y=top + step, animate=False, immediate=True)

    def _select(self, place: tuple[int, int]) -> None:
        old, self._link = self._link, place
        if old is not None:
            self.refresh_line(old[0])
        self.refresh_line(place[0])

    def action_page(self, pages: int) -> None:
        """Scroll by a page."""
        step = pages * max(1, self.size.height - 1)
        self.scroll_to(y=self.scroll_offset.y + step, animate=False, immediate=True)

    def action_top(self) -> None:
        """Scroll to the beginning."""
        self.scroll_to(y=0, animate=False, immediate=True)

    def action_bottom(self) -> None:
        """Scroll to the end."""
        self.scroll_to(y=len(self._lines), animate=False, immediate=True)

    def action_follow_link(self) -> None:
        """Go to the packet of the selected link, or of the first one."""
        places = self._link_places()
        place = self._link if self._link in places else next(iter(places), None)
        if place is not None:
            self.post_message(self.PacketWanted(self, self._lines[place[0]][place[1]][2]))

    def on_click(self, event: events.Click) -> None:
        """Go to the packet whose number was clicked."""
        packet = event.style.meta.get("packet")
        if isinstance(packet, int):
            event.stop()
            self.post_message(self.PacketWanted(self, packet))

    # -- drawing ---------------------------------------------------------------------
    def paint_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width = self.scrollable_content_region.width
        palette = self.palette
        number = self.scroll_offset.y + y
        if number >= len(self._lines):
            return Strip.blank(width, palette.plain)
        segments = [Segment(" " * _MARGIN, palette.plain)]
        for index, (text, name, packet) in enumerate(self._lines[number]):
            style: Style = getattr(palette, name.rstrip("!"))
            if name.endswith("!"):
                style += Style(bold=True)
            if packet:
                style += Style.from_meta({"packet": packet})
                if (number, index) == self._link and self.has_focus:
                    style += palette.cursor + Style(reverse=True)
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, palette.plain)
