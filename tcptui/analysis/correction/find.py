"""Finds the packets of a stream that did not have the effect assumed of them, by what later packets show.

The kernel judges each packet when it comes: what an end sent is proof, what was sent to it is
assumed to arrive.  What that end sends later may contradict that.  Here a whole stream is examined:
`hindsight` finds the packets that had no effect (lost, late, ignored, sent by somebody else), and with
`Hindsight.flags` the kernel judges the states again, by the same rules.

Only streams that the kernel marked `StreamMark.CONTRADICTED` or `SYN_REPEATED`, whose opening was not
answered, or in which an end never sent data can have something to correct (`may_need`), so healthy
streams cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.correction.closing import fins_again, fins_refuted, fins_taken
from tcptui.analysis.correction.evidence import StreamEvidence
from tcptui.analysis.correction.opening import silent_end, silent_server, syn_acks_again, syns_again
from tcptui.analysis.correction.resets import no_socket, resets_taken
from tcptui.analysis.stream.table import Completeness, StreamMark, blocks
from tcptui.model.packet_store import I32, I64
from tcptui.model.tcp_flags import FIN, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.correction.correction import Correction
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import StreamView

#: The rules applied to each side, in this order: later ones use what earlier ones found.  Each is listed with the flag
#: that the side must have sent once, else the rule finds nothing; 0: none.
_RULES: Final = (
    (RST, resets_taken),
    (SYN, syns_again),
    (SYN, syn_acks_again),
    (FIN, fins_refuted),
    (FIN, fins_taken),
    (FIN, fins_again),
    (RST, no_socket),
    (SYN, silent_server),
    (0, silent_end),
)


_SIGNS: Final = int(StreamMark.CONTRADICTED | StreamMark.SYN_REPEATED)
_SYN: Final = int(Completeness.SYN)
_ANSWERED: Final = int(Completeness.SYN_ACK)
_OPENING: Final = _SYN | _ANSWERED
_DATA: Final = int(Completeness.DATA)


@dataclass(frozen=True)
class Hindsight:
    """What looking back at one stream found."""

    flags: I64
    """Row flags for the kernel, one per segment."""
    corrections: tuple[Correction, ...]

    def __bool__(self) -> bool:
        return bool(self.flags.any())


def may_need(streams: StreamTable, rows: slice | I32) -> NDArray[np.bool_]:
    """Which of the streams ``rows`` can have anything to correct, by the stream table alone."""
    parts = [_may_need(streams, part) for part in blocks(rows)]
    return np.concatenate(parts) if parts else np.zeros(0, np.bool_)


def _may_need(streams: StreamTable, rows: slice | I32) -> NDArray[np.bool_]:
    seen = streams.completeness[rows]
    # Such streams may be corrected because of silence, so that a longer capture can change the result.
    unanswered = ((seen & _OPENING) == _SYN) | ((seen & _OPENING) == _ANSWERED)
    # Say the server sent only SYN-ACKs although the client sent data: not accepted, or lost after the capture point.
    # A longer capture can change the result here, too.
    mute: NDArray[np.bool_] = (streams.payload_a[rows] == 0) | (streams.payload_b[rows] == 0)
    mute &= ((seen & _DATA) != 0) & ((seen & _OPENING) == _OPENING)
    shown: NDArray[np.bool_] = unanswered | mute | ((streams.marks[rows] & _SIGNS) != 0)
    return shown


def hindsight(view: StreamView) -> Hindsight:
    """Apply all rules to ``view``, once; the result depends on what was captured only, not on states given so far."""
    if hindsight not in view.kept:
        view.kept[hindsight] = _looked_back(view)
    looked: Hindsight = view.kept[hindsight]
    return looked


def _looked_back(view: StreamView) -> Hindsight:
    look = StreamEvidence(view)
    for side in (0, 1):
        for flag, rule in _RULES:
            if not flag or look.flags_of[side] & flag:
                rule(look, side)
    found = tuple(look.found[index] for index in sorted(look.found))
    return Hindsight(look.flags, found)
