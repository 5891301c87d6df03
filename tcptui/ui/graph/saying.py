"""What the packet under the cursor of a graph is, in words: its marks, what it is, the findings of that time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.charts.band import LETTERS
from tcptui.charts.kind import ChartKind
from tcptui.charts.marks import CAUSE_MARKS, KIND_MARKS, SPEC_OF, Mark, Shape
from tcptui.ui.prose import Paragraph
from tcptui.words.finding_text import finding_title
from tcptui.words.packet_text import explain_packet
from tcptui.words.quantities import byte_size, unbroken_duration
from tcptui.words.rate_text import limit_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.charts.chart import Chart, Layer
    from tcptui.ui.prose import Block
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Of a connection of at most this many packets, the packet itself is explained, too: that looks at all of them.
EXPLAINED_PACKETS: Final = 20_000
#: Marks that are told of the moment, not of one packet.
_LINES: Final = frozenset(spec.mark for spec in SPEC_OF.values() if spec.shape is Shape.STEPS)
#: Marks of which an explanation of the packet tells.
_OF_SEGMENTS: Final = frozenset({Mark.DATA, *KIND_MARKS.values(), *CAUSE_MARKS.values()})
#: Lines of which the packet itself says nothing that is worth a sentence: everybody sees them.
_SILENT: Final = frozenset({Mark.ACK_LINE, Mark.EDGE, Mark.HANDSHAKE})


def told(
    session: JudgedCapture, chart: Chart, row: int, time_ns: int, words: Words, glyphs: Glyphs, *, explained: bool
) -> list[Block]:
    """The packet in ``row``, ``time_ns`` after the first one of its connection."""
    store = session.store
    stream, frame = int(store.stream[row]), int(store.frame[row])
    from_server = bool(store.from_b[row]) != bool(session.streams.client_is_b[stream])
    ends = words("graph.to-client" if from_server else "graph.to-server")
    if glyphs.right != "→":
        ends = ends.replace("→", glyphs.right)
    at = words("graph.at", frame=frame, time=unbroken_duration(time_ns, words), ends=ends)
    explanation = explain_packet(session, row, words) if explained else None
    title = "" if explanation is None else f"  {explanation.title}"
    blocks: list[Block] = [Paragraph(title, lead=at)]
    marks = list(_marks(chart, frame, time_ns, words))
    if explanation is not None and explanation.meaning:
        # What is said of the packet itself says more than what is said of every packet with its mark.
        own = next((mark for mark in marks if mark[0] in _OF_SEGMENTS), None)
        marks = [mark for mark in marks if mark is not own]
        lead = "" if own is None else f"{letter_of(own[0], glyphs)} "
        blocks.append(Paragraph(explanation.meaning, lead=lead))
    blocks += [Paragraph(text, lead=f"{letter_of(mark, glyphs)} ") for mark, text in marks]
    limit = chart.limit_at(time_ns)
    if limit is not None:
        said = words("graph.limited-at", limit=limit_name(limit, words))
        blocks.append(Paragraph(said, lead=f"{LETTERS[limit]} "))
    for span in chart.spans:
        if span.begin_ns <= time_ns <= span.end_ns:
            sign = glyphs.severity(span.finding.severity)
            blocks.append(Paragraph(finding_title(span.finding, words), lead=f"{sign} "))
    return blocks


def letter_of(mark: Mark, glyphs: Glyphs) -> str:
    """The sign of ``mark`` in the legend."""
    return SPEC_OF[mark].plain if glyphs.line.isascii() else SPEC_OF[mark].letter


def _marks(chart: Chart, frame: int, time_ns: int, words: Words) -> Iterator[tuple[Mark, str]]:
    """Mark and sentence of each mark that the packet has, the most telling first."""
    for layer in reversed(chart.layers):
        mark = layer.mark
        if mark in _SILENT:
            continue
        entry = _entry(chart, layer, frame, time_ns)
        if entry is None:
            continue
        if mark is Mark.DATA and any(name for name in _lettered(chart, frame, time_ns)):
            continue  # its letter says more
        value = int(layer.high[entry])
        if chart.kind is ChartKind.THROUGHPUT:
            value = round(value * chart.interval_ns / 1e9)
        facts = {"rtt": unbroken_duration(value, words), "bytes": byte_size(value)}
        yield mark, words(f"graph.what.{mark.value}", **facts)


def _lettered(chart: Chart, frame: int, time_ns: int) -> Iterator[Mark]:
    for layer in chart.layers:
        if SPEC_OF[layer.mark].shape is Shape.LETTERS and _entry(chart, layer, frame, time_ns) is not None:
            yield layer.mark


def _entry(chart: Chart, layer: Layer, frame: int, time_ns: int) -> int | None:
    """The entry of ``layer`` that is about the packet, or of a line the value of that moment; None without one."""
    if layer.mark in _LINES:
        at = int(layer.time_ns.searchsorted(np.int64(time_ns), "right")) - 1
        if at < 0:
            return None
        is_told_now = chart.kind is ChartKind.THROUGHPUT or int(layer.frame[at]) == frame or layer.mark is Mark.SMOOTHED
        return at if is_told_now or layer.mark in (Mark.WINDOW, Mark.WITHOUT_SACKED, Mark.IN_FLIGHT) else None
    part = layer.between(time_ns, time_ns)
    places = np.flatnonzero(layer.frame[part] == frame)
    return part.start + int(places[0]) if len(places) else None
