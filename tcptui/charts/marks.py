"""The table of what can be drawn in a chart: its letter, its ink, how it is drawn, what covers what.

Nothing is told by colour alone: marks are letters, lines differ by being whole or dotted, and the legend names both.
A new mark needs a row, a word ``graph.mark.<name>``, and a sentence ``graph.what.<name>`` in both languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Final

from tcptui.model.resend_cause import ResendCause
from tcptui.session.graphs.trace import SegmentKind


class Ink(IntEnum):
    """The meanings of colours; screens and SVG have a colour for each."""

    NONE = 0
    AXIS = 1
    DATA = 2
    ACK = 3
    LIMIT = 4
    SACK = 5
    NOTE = 6
    WARNING = 7
    ERROR = 8


class Shape(Enum):
    """How a layer is drawn."""

    BARS = auto()
    """Vertical lines from low to high."""
    STEPS = auto()
    """A line that keeps a value until the next one."""
    DOTS = auto()
    """A dot each."""
    BLOCKS = auto()
    """Vertical lines of characters, not of dots: each cell that one touches has the mark's letter."""
    LETTERS = auto()
    """A letter each, at the upper end."""
    SIGNS = auto()
    """A letter each, where nothing else is drawn."""


class Mark(Enum):
    """Everything that is drawn, in no order (`MARKS` has one)."""

    DATA = "data"
    ACK_LINE = "ack"
    EDGE = "edge"
    SACK = "sack"
    DSACK = "dsack"
    GAP = "gap"
    SYN = "syn"
    FIN = "fin"
    RST = "rst"
    DUPLICATE_ACK = "duplicate-ack"
    ZERO_WINDOW = "zero-window"
    KEEP_ALIVE = "keep-alive"
    ZERO_WINDOW_PROBE = "zero-window-probe"
    OUT_OF_ORDER = "out-of-order"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    FAST_RECOVERY = "fast-recovery"
    RTO = "rto"
    TAIL_LOSS_PROBE = "tail-loss-probe"
    SYN_RETRY = "syn-retry"
    SENT = "sent"
    ACKED = "acked"
    RTT = "rtt"
    DOUBTFUL_RTT = "doubtful-rtt"
    OTHER_RTT = "other-rtt"
    SMOOTHED = "smoothed"
    HANDSHAKE = "handshake"
    WINDOW = "window"
    IN_FLIGHT = "in-flight"
    WITHOUT_SACKED = "without-sacked"
    CONGESTION = "congestion"


@dataclass(frozen=True, slots=True)
class MarkSpec:
    """One row of the table."""

    mark: Mark
    letter: str
    """What the legend shows; of letters and blocks also what is drawn."""
    plain: str
    """The same in ASCII."""
    ink: Ink
    shape: Shape
    is_dotted: bool = False
    """Of steps: every second dot only."""
    is_problem: bool = False
    """`n` stops at it."""


#: What is drawn later covers what was drawn earlier.
MARKS: Final = (
    MarkSpec(Mark.OTHER_RTT, "o", "o", Ink.SACK, Shape.SIGNS),
    MarkSpec(Mark.EDGE, "┈", "=", Ink.LIMIT, Shape.STEPS, is_dotted=True),
    MarkSpec(Mark.HANDSHAKE, "┈", "=", Ink.LIMIT, Shape.STEPS, is_dotted=True),
    MarkSpec(Mark.WINDOW, "┈", "=", Ink.LIMIT, Shape.STEPS, is_dotted=True),
    MarkSpec(Mark.IN_FLIGHT, "┈", ".", Ink.ACK, Shape.STEPS, is_dotted=True),
    MarkSpec(Mark.ACK_LINE, "─", "-", Ink.ACK, Shape.STEPS),
    MarkSpec(Mark.SENT, "─", "#", Ink.DATA, Shape.STEPS),
    MarkSpec(Mark.ACKED, "┈", "-", Ink.ACK, Shape.STEPS, is_dotted=True),
    MarkSpec(Mark.WITHOUT_SACKED, "─", "#", Ink.DATA, Shape.STEPS),
    MarkSpec(Mark.DATA, "│", "|", Ink.DATA, Shape.BARS),
    MarkSpec(Mark.RTT, "•", "*", Ink.DATA, Shape.DOTS),
    MarkSpec(Mark.SMOOTHED, "─", "-", Ink.ACK, Shape.STEPS),
    MarkSpec(Mark.SACK, "┊", ":", Ink.SACK, Shape.BLOCKS),
    MarkSpec(Mark.GAP, "?", "?", Ink.WARNING, Shape.BLOCKS, is_problem=True),
    MarkSpec(Mark.DUPLICATE_ACK, "a", "a", Ink.NOTE, Shape.LETTERS),
    MarkSpec(Mark.DOUBTFUL_RTT, "?", "?", Ink.NOTE, Shape.LETTERS),
    MarkSpec(Mark.CONGESTION, "c", "c", Ink.NOTE, Shape.LETTERS),
    MarkSpec(Mark.DSACK, "d", "d", Ink.SACK, Shape.LETTERS),
    MarkSpec(Mark.SYN, "S", "S", Ink.DATA, Shape.LETTERS),
    MarkSpec(Mark.FIN, "N", "N", Ink.DATA, Shape.LETTERS),
    MarkSpec(Mark.KEEP_ALIVE, "K", "K", Ink.NOTE, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.DUPLICATE, "D", "D", Ink.NOTE, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.OUT_OF_ORDER, "O", "O", Ink.NOTE, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.ZERO_WINDOW, "0", "0", Ink.WARNING, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.ZERO_WINDOW_PROBE, "Z", "Z", Ink.WARNING, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.UNKNOWN, "R", "R", Ink.WARNING, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.FAST_RECOVERY, "F", "F", Ink.WARNING, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.TAIL_LOSS_PROBE, "P", "P", Ink.WARNING, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.SYN_RETRY, "Y", "Y", Ink.ERROR, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.RTO, "T", "T", Ink.ERROR, Shape.LETTERS, is_problem=True),
    MarkSpec(Mark.RST, "X", "X", Ink.ERROR, Shape.LETTERS, is_problem=True),
)
SPEC_OF: Final = {spec.mark: spec for spec in MARKS}
ORDER: Final = {spec.mark: place for place, spec in enumerate(MARKS)}

#: The letters of segments that are not plain data; of retransmissions by `CAUSE_MARKS`.
KIND_MARKS: Final = {
    SegmentKind.DUPLICATE: Mark.DUPLICATE,
    SegmentKind.OUT_OF_ORDER: Mark.OUT_OF_ORDER,
    SegmentKind.KEEP_ALIVE: Mark.KEEP_ALIVE,
    SegmentKind.ZERO_WINDOW_PROBE: Mark.ZERO_WINDOW_PROBE,
    SegmentKind.SYN: Mark.SYN,
    SegmentKind.FIN: Mark.FIN,
    SegmentKind.RST: Mark.RST,
}
CAUSE_MARKS: Final = {
    ResendCause.UNKNOWN: Mark.UNKNOWN,
    ResendCause.FAST_RECOVERY: Mark.FAST_RECOVERY,
    ResendCause.RTO: Mark.RTO,
    ResendCause.TAIL_LOSS_PROBE: Mark.TAIL_LOSS_PROBE,
    ResendCause.SYN_RETRY: Mark.SYN_RETRY,
}
