"""The top of the overview: the source, the verdict, the capture in numbers, its traffic, how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from tcptui.ui.cell_text import amount, fit, rate_facts
from tcptui.ui.start.rates import bars
from tcptui.ui.widgets.one_line import OneLine
from tcptui.ui.widgets.painted_lines import PaintedLines
from tcptui.words.finding_text import STATEMENT_TITLED
from tcptui.words.labels import gap_after
from tcptui.words.line_breaking import wrap
from tcptui.words.quantities import NO_BREAK, Count, clock_time, unbroken_duration
from tcptui.words.trouble_text import brief_verdicts, verdict
from tcptui.words.trust_text import doubts_line, trust_items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.analysis.capture_trust import CaptureTrust
    from tcptui.session.traffic import Traffic
    from tcptui.ui.main.trouble_watch import CaptureSeen
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.widgets.one_line import Cells
    from tcptui.words.catalogue import Words

#: Terminals of at least so many lines have room for more lines of each part.
ROOMY_HEIGHT: Final = 30
#: And of so many, for a second line about trust.
MEDIUM_HEIGHT: Final = 22
#: And of so many, for a line about traffic and one about what is not TCP; where no list of trouble is below, any has.
OTHER_HEIGHT: Final = 18
_MARGIN: Final = 1
#: Cells of the bars that show the traffic over time, and of the gap before them.
_BARS_LEAST: Final = 10
_BARS_MOST: Final = 100
_GAP: Final = 2


class OverviewBar(OneLine):
    """Top line: the screen's name, the source of the packets, and whether more come."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "overview-bar") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self._shown = ("", "")

    def show(self, source: str, state: str) -> None:
        """Show the name ``source`` of what is read, and in a word whether more comes; empty where nothing does."""
        if (source, state) != self._shown:
            self._shown = source, state
            self.refresh()

    def cells(self, width: int) -> Cells:
        """The title, then the source, cut in its middle."""
        palette = self.palette
        source, state = self._shown
        title = f" {self.words('overview.title')}  "
        state = f" {state} " if state else ""
        room = max(0, width - cell_len(title) - cell_len(state) - 1)
        if cell_len(source) > room > 1:
            tail = room // 2
            source = set_cell_size(source, room - tail - 1) + self.glyphs.ellipsis + source[-tail:]
        on_bar = palette.bar
        used = cell_len(title) + cell_len(source) + cell_len(state)
        return [
            (title, palette.strong + on_bar),
            (source, on_bar),
            (" " * max(0, width - used), on_bar),
            (state, on_bar + palette.good),
        ]


@dataclass(frozen=True, slots=True)
class HeadLine:
    """One line of the head: a label and text, the names of their styles."""

    label: str
    text: str
    style: str


def head_lines(
    seen: CaptureSeen, width: int, height: int, words: Words, ellipsis: str, other: Sequence[str] = (), *,
    notice: str = "", ascii_only: bool = False,
) -> list[HeadLine]:  # fmt: skip
    """The lines of the head in ``width`` cells, on a terminal of ``height`` lines.

    ``other``: how many packets are not TCP, by protocol, the longest form first; empty without any.  ``notice``:
    where and why reading stopped early.  ``ascii_only`` is about the bars.
    """
    roomy = height >= ROOMY_HEIGHT
    has_room = height >= OTHER_HEIGHT or not seen.trouble.groups
    severity = max((int(group.severity) for group in seen.trouble.groups), default=0)
    is_part = seen.trust is not None and bool(seen.trust.quality.unread)
    is_sure = bool(seen.connections or severity) and (seen.is_final or severity > 0) and not (is_part and not severity)
    style = ("good", "note", "warning", "error")[severity] if is_sure else "plain"
    lengths = (width, STATEMENT_TITLED)
    forms = [verdict(seen.trouble, seen.connections, words, most, is_part=is_part) for most in lengths]
    if seen.trouble.groups:
        forms += brief_verdicts(seen.trouble, seen.connections, words)
    elif not seen.is_final:
        none = "overview.none-so-far" if seen.is_judged else "overview.none-yet"
        forms = [words(none if seen.connections else "overview.nothing-yet")]
    most = 4 if roomy else 2
    lines = _part("", _longest_that_fits(forms, width, most), style, width, most, ellipsis)
    lines += _part("", capture_line(seen, words, width), "faint", width, 1, ellipsis)
    lines += _part("", notice, "warning", width, 2, ellipsis) if notice else []
    if seen.traffic is not None and has_room:
        lines.append(_traffic(seen, seen.traffic, width, words, ascii_only=ascii_only))
    if other and has_room:
        lines += _part("", _longest_that_fits(other, width, 1), "faint", width, 1, ellipsis)
    if seen.trust is not None and seen.trouble.groups:  # without, there is room for it where the explanation would be
        most = 4 if roomy else 2 if height >= MEDIUM_HEIGHT else 1
        lines += _trust(seen.trust, seen.connections, width, most, words, ellipsis)
    return lines


def _longest_that_fits(forms: Sequence[str], width: int, most: int) -> str:
    """The first of ``forms`` that ``most`` lines hold, else the last."""
    return next((form for form in forms if len(wrap(form, width)) <= most), forms[-1])


def _traffic(seen: CaptureSeen, traffic: Traffic, width: int, words: Words, *, ascii_only: bool) -> HeadLine:
    """The rates as far as they fit, none of them cut, and in the rest of the line how they changed."""
    label = words("overview.traffic")
    told = []
    if seen.average is not None:
        told.append(words("overview.traffic.average", **rate_facts(seen.average, is_none=False)))
    if seen.now is not None:
        told.append(words("overview.traffic.now", bits=amount(seen.now.bits)))
    # Of evicted packets the average tells, but no slice; and no average is above the most.
    most = max(traffic.peak, *(rate.bits for rate in (seen.average, seen.now) if rate is not None), 0)
    told.append(words("overview.traffic.peak", bits=amount(most)))
    join = words("trouble.comma")
    while len(told) > 1 and cell_len(_labelled(label, join.join(told))) > width:
        told.pop()
    whole = _labelled(label, join.join(told))
    cells = min(width - cell_len(whole) - _GAP, _BARS_MOST)
    if cells >= _BARS_LEAST:
        whole += " " * _GAP + bars(tuple(traffic.bits_in(cells).tolist()), cells, ascii_only=ascii_only)
    return HeadLine(label, whole[len(label) :], "faint")


def _trust(trust: CaptureTrust, connections: int, width: int, most: int, words: Words, ellipsis: str) -> list[HeadLine]:
    """All doubts and the capture point where ``most`` lines hold them, else what matters to everything."""
    join = words("report.list-semicolon").join
    everything = trust_items(trust, words)
    brief = doubts_line(trust, connections, words, minor="overview.trust.minor")
    label = words("overview.trust")
    texts = (join(everything), join((brief, everything[-1])), brief)
    fitting = (text for text in texts if len(wrap(_labelled(label, text), width)) <= most)
    return _part(label, next(fitting, brief), "plain", width, most, ellipsis)


def _labelled(label: str, text: str) -> str:
    return f"{label}{gap_after(label)}{text}"


def _part(label: str, text: str, style: str, width: int, most: int, ellipsis: str) -> list[HeadLine]:
    whole = _labelled(label, text)
    parts = wrap(whole, width)
    if len(parts) > most:
        place, plain = 0, whole.replace(NO_BREAK, " ")
        for part in parts[: most - 1]:
            place = plain.index(part, place) + len(part)
        parts = [*parts[: most - 1], fit(plain[place:].lstrip(), width, ellipsis)]
    head = parts[0]
    return [
        HeadLine(head[: len(label)], head[len(label) :], style),
        *(HeadLine("", part, style) for part in parts[1:]),
    ]


def capture_line(seen: CaptureSeen, words: Words, width: int) -> str:
    """Packets, connections, duration, beginning: as many of these as fit, none of them cut."""
    parts = [
        words("overview.capture.packets", n=Count(seen.packets)),
        words("trouble.connections", n=Count(seen.connections)),
    ]
    if seen.packets:
        parts.append(unbroken_duration(max(seen.latest_ns - seen.began_ns, 0), words))
        parts.append(words("overview.capture.since", time=clock_time(seen.began_ns)))
    join = words("trouble.comma")
    while len(parts) > 1 and cell_len(join.join(parts)) > width:
        parts.pop()
    return join.join(parts)


class OverviewHead(PaintedLines):
    """Draws the lines of `head_lines`; as high as they are many."""

    can_focus = False

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "overview-head") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs
        self.words = words
        self.lines: list[HeadLine] = []
        self._for: tuple[CaptureSeen | None, int, int, Sequence[str], str] = (None, 0, 0, (), "")

    def show(self, seen: CaptureSeen, width: int, height: int, other: Sequence[str], notice: str = "") -> None:
        """Show ``seen`` on a terminal of ``width`` x ``height`` cells; ``other`` and ``notice`` as in `head_lines`."""
        if (seen, width, height, other, notice) == self._for:
            return
        self._for = seen, width, height, other, notice
        ascii_only, ellipsis = self.glyphs.line == "-", self.glyphs.ellipsis
        told = f"{self.glyphs.warning} {notice}" if notice else ""
        self.lines = head_lines(
            seen, width - 2 * _MARGIN, height, self.words, ellipsis, other, notice=told, ascii_only=ascii_only
        )
        self.styles.height = len(self.lines)
        self.refresh()

    def paint_line(self, y: int) -> Strip:
        """One line."""
        width, plain = self.size.width, self.palette.plain
        if y >= len(self.lines):
            return Strip.blank(width, plain)
        line = self.lines[y]
        cells = [
            Segment(" " * _MARGIN, plain),
            Segment(line.label, self.palette.head),
            Segment(line.text, getattr(self.palette, line.style)),
        ]
        return Strip(cells).adjust_cell_length(width, plain)
