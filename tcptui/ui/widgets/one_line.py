"""One-line widgets: status bar, notice line, tabs of narrow screens, pane titles, key hints.

They repaint only when their text has changed and, but for the notice line, never cause a layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tcptui.capture.own_ssh import OwnScreen
from tcptui.model.capture_point import CapturePoint
from tcptui.ui.cell_text import amount, fit, grouped, rate_facts
from tcptui.ui.main.pane_specs import NUMBERED, SPEC_OF, Pane
from tcptui.ui.theme import Glyphs
from tcptui.ui.widgets.painted_lines import PaletteMixin
from tcptui.words.line_breaking import wrap
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.geometry import Size

    from tcptui.session.rates import Rate
    from tcptui.ui.hint import Hint
    from tcptui.words.catalogue import Words

Cells = list[tuple[str, Style]]
#: A text beside the tabs is cut to no fewer cells than this.
_EXTRA_LEAST: Final = 6
#: The share of the status bar that the source's name may take, in percent.
_SOURCE_SHARE: Final = 30
#: Cells that it may always take.
_SOURCE_LEAST: Final = 12
#: … and the capture filter this share, and at least so many cells.
_FILTER_SHARE: Final = 25
_FILTER_LEAST: Final = 12
#: Cells between two parts of the status bar.
_BESIDE: Final = 2
#: A lag is shown from this on (seconds): a smaller one is only what came since the last batch.
_LAG_SHOWN_S: Final = 1.0
#: Lines that a notice about the capture may take.
_NOTICE_MOST: Final = 3
#: A lag of this many seconds or more is shown without tenths.
_WHOLE_SECONDS: Final = 10


class OneLine(PaletteMixin):
    """A line of styled text; subclasses provide it by `cells`."""

    ALLOW_SELECT = False
    can_focus = False

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs
        self.words = words

    def cells(self, width: int) -> Cells:  # noqa: ARG002 - for those that override it
        """The line's text with its styles."""
        return []

    def render_line(self, y: int) -> Strip:
        """The line itself."""
        width = self.size.width
        if y:
            return Strip.blank(width, self.palette.bar)
        segments = [Segment(text, style) for text, style in self.cells(width)]
        return Strip(segments).adjust_cell_length(width, self.palette.bar)


def action_style(style: Style, action: str) -> Style:
    """``style`` for text that performs ``action``, if any, when clicked."""
    return style + Style.from_meta({"@click": action}) if action else style


@dataclass(frozen=True, slots=True)
class Status:
    """The contents of the status bar; counts are of the whole capture."""

    source: str = ""
    live: bool = False
    loading_percent: int | None = None
    judging: tuple[int, int] | None = None
    """A file has been read: how many of its connections have been judged, and how many there are."""
    packets: int = 0
    connections: int = 0
    errors: int = 0
    warnings: int = 0
    kernel_dropped: int | None = None
    behind_bytes: int = 0
    """The lag: bytes that are captured but not analysed yet."""
    behind_seconds: float = 0.0
    """How long the oldest of those has been waiting."""
    spool_bytes: int | None = None
    """Size of the spool in bytes; None for a file."""
    spool_limit: int | None = None
    """Upper bound of that size; None: nothing is evicted from the spool."""
    evicted: int = 0
    """Packets evicted to make room for newer ones."""
    connections_evicted: int = 0
    """Connections evicted for the same reason."""
    following: bool = False
    paused: bool = False
    backlog: int = 0
    """Packets that came since the display was paused."""
    failed: bool = False
    place: CapturePoint = CapturePoint.UNKNOWN
    """Where the capture was made, as far as its handshakes show it."""
    cut_frames: int = 0
    """Truncated frames: the capture has only their beginning (snap length)."""
    own: OwnScreen = OwnScreen.LOCAL
    """Whether the SSH connection that shows this screen was found and left out of the capture."""
    filter_words: str = ""
    """The BPF expression that chose the packets, as safe text; empty: none did."""
    unsaved: bool = False
    """Whether there are packets that are in no file."""
    rate: Rate | None = None
    """Traffic of all packets; None: it is not known."""
    rate_is_current: bool = False
    """Whether it is that of the last seconds, not an average."""


class _Part(IntEnum):
    """The parts of the status bar by their importance, the most important first."""

    SOURCE = auto()
    UNSAVED = auto()
    FILTER = auto()
    DROPPED = auto()
    PROBLEMS = auto()
    BEHIND = auto()
    RATE = auto()
    PACKETS = auto()
    CONNECTIONS = auto()
    DROPPED_NONE = auto()
    AVERAGE = auto()
    OWN = auto()
    NAME = auto()
    SPOOL = auto()
    EVICTED = auto()
    CONNECTIONS_EVICTED = auto()
    PLACE = auto()
    CUT = auto()


def _cell_count(cells: Cells) -> int:
    return sum(cell_len(text) for text, _ in cells)


def _that_fit(parts: Mapping[_Part, Cells], brief: Mapping[_Part, Cells], room: int) -> list[Cells]:
    """The most important ``parts``, as many as fit into ``room`` cells, in the order of ``parts``.

    ``brief``: shorter forms of some, for where the whole ones do not fit.
    """
    chosen: dict[_Part, Cells] = {}
    for part in sorted(parts):
        forms = (parts[part], brief.get(part, parts[part]))
        fitting = next((form for form in forms if _cell_count(form) + _BESIDE <= room), None)
        if fitting is None:
            break
        chosen[part] = fitting
        room -= _cell_count(fitting) + _BESIDE
    return [chosen[part] for part in parts if part in chosen]


class StatusBar(OneLine):
    """Top line: the source of the packets, counts of packets and problems, and whether packets still come."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "status") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self.status = Status()

    def update(self, status: Status) -> None:
        """Show ``status``; repaints only when it has changed."""
        if status != self.status:
            self.status = status
            self.refresh()

    def _source(self, most: int) -> str:
        """The source's name, cut in its middle to ``most`` cells."""
        source = self.status.source
        if cell_len(source) <= most:
            return source
        tail = most // 2
        return set_cell_size(source, most - tail - 1) + self.glyphs.ellipsis + source[-tail:]

    def _filter(self, width: int, room: int) -> str:
        """The capture filter, cut to its share of the line and to what is left of ``room`` beside *not saved*."""
        status, words = self.status, self.words
        before = cell_len(words("screen.status.filter", words="")) + 2 * _BESIDE
        if status.unsaved:
            before += cell_len(words("screen.status.unsaved")) + _BESIDE
        most = max(_FILTER_LEAST, min(width * _FILTER_SHARE // 100, room - before))
        chosen = fit(status.filter_words, min(most, cell_len(status.filter_words)), self.glyphs.ellipsis)
        return words("screen.status.filter", words=chosen)

    def _right(self) -> Cells:
        """The state of the display, at the right end: paused, loading or following."""
        status, words, palette = self.status, self.words, self.palette
        if status.paused:
            text = words("screen.status.paused", mark=self.glyphs.paused, new=grouped(status.backlog))
            return [(f" {text} ", palette.bar + palette.warning)]
        if status.judging is not None:
            done, connections = (grouped(count) for count in status.judging)
            return [(words("screen.status.judging", done=done, all=connections) + " ", palette.bar + palette.key)]
        if status.loading_percent is not None:
            return [(words("screen.status.loading", percent=status.loading_percent) + " ", palette.bar + palette.key)]
        if status.following:
            return [(words("screen.status.following") + " ", palette.bar + palette.good)]
        return []

    def cells(self, width: int) -> Cells:
        """The parts of the line; the least important ones that do not fit are left out."""
        status, words, palette, glyphs = self.status, self.words, self.palette, self.glyphs
        bar = palette.bar
        on_bar = Style(bgcolor=bar.bgcolor)
        lamp = glyphs.error if status.failed else glyphs.live if status.live else glyphs.bullet
        lamp_style = palette.error if status.failed else palette.good if status.live else palette.faint
        right = [(text, style + on_bar) for text, style in self._right()]
        room = width - _cell_count(right)
        brief: dict[_Part, Cells] = {}
        parts: dict[_Part, Cells] = {_Part.NAME: [(" tcptui", palette.key + on_bar)]}
        least = max(_SOURCE_LEAST, width * _SOURCE_SHARE // 100)
        parts[_Part.SOURCE] = [(f"{lamp} ", lamp_style + on_bar), (self._source(least), palette.strong + on_bar)]
        if status.filter_words:
            chosen = self._filter(width, room - _cell_count(parts[_Part.SOURCE]))
            parts[_Part.FILTER] = [(chosen, palette.key + on_bar)]
        parts[_Part.PACKETS] = [(words("screen.status.packets", n=Count(status.packets)), bar)]
        parts[_Part.CONNECTIONS] = [(words("screen.status.connections", n=Count(status.connections)), bar)]
        problems: Cells = []
        if status.errors:
            problems.append((f"{glyphs.error}{grouped(status.errors)}", palette.error + on_bar))
        if status.warnings:
            problems.append(
                (f"{' ' if problems else ''}{glyphs.warning}{grouped(status.warnings)}", palette.warning + on_bar)
            )
        if problems:
            parts[_Part.PROBLEMS] = problems
        if status.rate is not None:
            part, key = (_Part.RATE, "rate") if status.rate_is_current else (_Part.AVERAGE, "average")
            facts = rate_facts(status.rate, is_none=status.rate_is_current)
            parts[part] = [(words(f"screen.status.{key}", **facts), bar)]
            brief[_Part.RATE] = [(words("screen.status.bits", bits=facts["bits"]), bar)]
        if status.kernel_dropped is not None:
            text = words("screen.status.dropped", count=grouped(status.kernel_dropped))
            part, style = (_Part.DROPPED, palette.error) if status.kernel_dropped else (_Part.DROPPED_NONE, bar)
            parts[part] = [(text, style + on_bar)]
        if status.unsaved:
            parts[_Part.UNSAVED] = [(words("screen.status.unsaved"), palette.warning + on_bar)]
        if status.behind_seconds >= _LAG_SHOWN_S:
            seconds = f"{status.behind_seconds:.{int(status.behind_seconds < _WHOLE_SECONDS)}f}"
            text = words("screen.status.behind", seconds=seconds, size=amount(status.behind_bytes))
            parts[_Part.BEHIND] = [(text, palette.warning + on_bar)]
        if status.spool_bytes is not None:
            facts = {"size": amount(status.spool_bytes), "limit": amount(status.spool_limit or 0)}
            key = "spool" if status.spool_limit is None else "spool_of"
            parts[_Part.SPOOL] = [(words(f"screen.status.{key}", **facts), palette.faint + on_bar)]
        if status.evicted:
            parts[_Part.EVICTED] = [(words("screen.status.left", count=amount(status.evicted)), palette.faint + on_bar)]
        if status.connections_evicted:
            count = amount(status.connections_evicted)
            text = words("screen.status.connections_left", count=count)
            parts[_Part.CONNECTIONS_EVICTED] = [(text, palette.faint + on_bar)]
        if status.place is not CapturePoint.UNKNOWN:
            text = words(f"screen.status.place.{status.place.value}")
            parts[_Part.PLACE] = [(text, palette.faint + on_bar)]
        if status.cut_frames:
            text = words("screen.status.cut", n=Count(status.cut_frames))
            parts[_Part.CUT] = [(text, palette.faint + on_bar)]
        if status.own is not OwnScreen.LOCAL:
            style = palette.warning if status.own is OwnScreen.NOT_FOUND else palette.faint
            parts[_Part.OWN] = [(words(f"screen.status.own.{status.own.value}"), style + on_bar)]
        spare = room - sum(_cell_count(part) + _BESIDE for part in parts.values())
        if spare > 0:  # nothing is left out for the whole name's sake
            parts[_Part.SOURCE][1] = (self._source(least + spare), palette.strong + on_bar)
        line: Cells = []
        for shown in _that_fit(parts, brief, room):
            line += shown if not line else [(" " * _BESIDE, bar), *shown]
        return [*line, (" " * max(0, room - _cell_count(line)), bar), *right]


class NoticeLine(OneLine):
    """Below the panes: where reading stopped early, why, and what to do; hidden when it has no text.

    It has as many lines as the sentence needs, up to a few: the advice stands at the end of it.
    """

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "notice") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self.text = ""

    def show(self, text: str) -> None:
        """Show ``text``; an empty one hides the line."""
        if text != self.text:
            self.text = text
            self.display = bool(text)
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """As many lines as the sentence takes."""
        return len(self.lines_for(width))

    def lines_for(self, width: int) -> list[str]:
        """The sentence in lines of ``width`` cells; what is too much for `_NOTICE_MOST` of them is cut."""
        lead = f" {self.glyphs.warning} "
        room = width - cell_len(lead)
        lines = wrap(self.text, room)
        if len(lines) > _NOTICE_MOST:
            rest = " ".join(lines[_NOTICE_MOST - 1 :])
            lines[_NOTICE_MOST - 1 :] = [fit(rest, room, self.glyphs.ellipsis)]
        return [(" " * cell_len(lead) if number else lead) + line for number, line in enumerate(lines)]

    def render_line(self, y: int) -> Strip:
        """One line of the sentence."""
        width, style = self.size.width, self.palette.warning
        lines = self.lines_for(width)
        text = lines[y] if y < len(lines) else ""
        return Strip([Segment(text, style)]).adjust_cell_length(width, self.palette.bar)


class TabBar(OneLine):
    """Second line of narrow screens: the panes as tabs, the one in front marked."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "tabs") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self.active = Pane.CONNECTIONS
        self.extras: tuple[str, ...] = ()

    def show(self, active: Pane, *extras: str) -> None:
        """Mark ``active``; the first of ``extras`` (the longest first) that fits is shown at the right end."""
        if (active, extras) != (self.active, self.extras):
            self.active, self.extras = active, extras
            self.refresh()

    def cells(self, width: int) -> Cells:
        """Numbered tabs; the last ones leave their names out where the shortest of the extras has no room else."""
        palette = self.palette
        labels = [f" {number} {self.words(SPEC_OF[pane].title)} " for number, pane in enumerate(NUMBERED, 1)]
        least = min((cell_len(text) for text in self.extras if text), default=-2) + 2
        for place in reversed(range(len(labels))):
            if sum(map(cell_len, labels)) + least <= width:
                break
            if NUMBERED[place] is not self.active:
                labels[place] = f" {place + 1} "
        line: Cells = []
        for number, (pane, label) in enumerate(zip(NUMBERED, labels, strict=True), 1):
            chosen = pane is self.active
            style = palette.strong + Style(reverse=True) if chosen else palette.bar
            line.append((label, action_style(style, f"screen.pane({number})")))
        used = sum(cell_len(text) for text, _ in line)
        room = width - used - 2
        extra = next((text for text in self.extras if cell_len(text) <= room), "")
        if not extra and self.extras and self.extras[-1] and room >= _EXTRA_LEAST:
            extra = fit(self.extras[-1], room, self.glyphs.ellipsis)
        if extra:
            line.append((" " * (width - used - cell_len(extra) - 1), palette.bar))
            line.append((f"{extra} ", palette.key + Style(bgcolor=palette.bar.bgcolor)))
        return line


class PaneTitle(OneLine):
    """The rule above a pane with its number and name; a click brings the pane to the front."""

    def __init__(self, glyphs: Glyphs, words: Words, pane: Pane) -> None:
        super().__init__(glyphs, words, id=f"title-{pane.value}")
        self.pane = pane
        self._shown = (False, "")

    def show(self, active: bool, extra: str = "") -> None:
        """Mark the pane as in front (``active``) or not, with ``extra`` behind its name."""
        if (active, extra) != self._shown:
            self._shown = (active, extra)
            self.refresh()

    def cells(self, width: int) -> Cells:
        """A corner or a bit of rule, the name, the rest of the rule."""
        palette, rule = self.palette, self.glyphs.rule
        active, extra = self._shown
        number = NUMBERED.index(self.pane) + 1
        name = f" {number} {self.words(SPEC_OF[self.pane].title)} "
        style = palette.link + Style(bold=True, underline=False, reverse=True) if active else palette.head
        # A pane with a border line on its left begins its rule with the corner.
        start = (self.glyphs.corner if self.has_class("-cornered") else rule) + rule
        line: Cells = [(start, palette.edge), (name, action_style(style, f"screen.pane({number})"))]
        if extra:
            room = width - sum(cell_len(text) for text, _ in line) - 2
            shown = extra if cell_len(extra) <= room else fit(extra, room, self.glyphs.ellipsis)
            line.append((f" {shown} ", palette.faint))
        used = sum(cell_len(text) for text, _ in line)
        return [*line, (rule * max(0, width - used), palette.edge)]


_GAP: Final = "  "


class HintLine(OneLine):
    """Bottom line: the most important keys of the screen."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "hints") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self.hints: Sequence[Hint] = ()
        self.notice = ""
        self._over: Sequence[Hint] = ()
        """Hints of the prompt that is open; empty: none is."""

    def show(self, hints: Sequence[Hint], notice: str = "") -> None:
        """Show ``hints``, with a ``notice`` before them."""
        if (hints, notice) != (self.hints, self.notice):
            self.hints, self.notice = hints, notice
            self.refresh()

    def show_over(self, hints: Sequence[Hint]) -> None:
        """Show ``hints`` of a prompt instead of the screen's, whatever those are; none: the screen's again."""
        if hints != self._over:
            self._over = hints
            self.refresh()

    def cells(self, width: int) -> Cells:
        """The notice, and as many hints as fit, in order."""
        palette = self.palette
        key_style = palette.key + Style(bgcolor=palette.bar.bgcolor)
        line: Cells = [(" ", palette.bar)]
        used = 1
        if self.notice:
            notice = f" {fit(self.notice, min(width - 2, cell_len(self.notice)), self.glyphs.ellipsis)} "
            # A notice is told from the hints behind it without colours, too.
            line = [(notice, key_style + Style(reverse=True)), (_GAP, palette.bar)]
            used = cell_len(notice) + len(_GAP)
        for hint in self._over or self.hints:
            label = self.words(hint.word)
            size = cell_len(hint.key) + 1 + cell_len(label) + len(_GAP)
            if used + size > width + len(_GAP):
                break
            line.append((hint.key, action_style(key_style, hint.action)))
            line.append((" " + label, action_style(palette.bar, hint.action)))
            line.append((_GAP, palette.bar))
            used += size
        return line
