"""What later packets say about earlier states: which packets did not do what they were assumed to do.

The kernel judges each packet when it comes: what an end sent is proof, what was sent to it is
assumed to arrive.  An end that speaks again may contradict that.  Here a whole stream is looked at:
`hindsight` finds the packets that had no effect (lost, late, ignored, sent by somebody else), and
`Hindsight.flags` has the kernel judge the states once more with that knowledge, by the same rules.

Only streams that the kernel marked `StreamMark.CONTRADICTED` or `SYN_REPEATED`, or whose opening was
not answered, can have something to correct (`may_need`), so healthy streams cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.correction.closing import fins_again, fins_taken
from tcptui.analysis.correction.evidence import StreamEvidence
from tcptui.analysis.correction.opening import silent_end, silent_server, syn_acks_again, syns_again
from tcptui.analysis.correction.resets import no_socket, resets_taken
from tcptui.analysis.stream.table import Completeness, StreamMark, blocks
from tcptui.model.packet_store import I32, I64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.correction.correction import Correction
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import StreamView

#: What is asked of each side, in this order: what was found of an earlier rule counts for a later one.
_RULES: Final = (
    resets_taken,
    syns_again,
    syn_acks_again,
    fins_taken,
    fins_again,
    no_socket,
    silent_server,
    silent_end,
)


_SIGNS: Final = int(StreamMark.CONTRADICTED | StreamMark.SYN_REPEATED)
_ASKED: Final = int(Completeness.SYN)
_ANSWERED: Final = int(Completeness.SYN_ACK)
_OPENING: Final = _ASKED | _ANSWERED
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
    parts = [((streams.marks[part] & _SIGNS) != 0) | _may_wait(streams, part) for part in blocks(rows)]
    return np.concatenate(parts) if parts else np.zeros(0, np.bool_)


def _may_wait(streams: StreamTable, rows: slice | I32) -> NDArray[np.bool_]:
    """Which of them are told by silence, so that a longer capture can tell more."""
    seen = streams.completeness[rows]
    unanswered = ((seen & _OPENING) == _ASKED) | ((seen & _OPENING) == _ANSWERED)
    # The server said nothing but SYN-ACK although the client sent data: not accepted, or lost behind here.
    mute = ((streams.payload_a[rows] == 0) | (streams.payload_b[rows] == 0)) & ((seen & _DATA) != 0)
    mute &= (seen & _OPENING) == _OPENING
    waiting: NDArray[np.bool_] = unanswered | mute
    return waiting


def hindsight(view: StreamView) -> Hindsight:
    """Looks back at ``view``; depends on what was captured only, never on states given so far."""
    look = StreamEvidence(view)
    for side in (0, 1):
        for rule in _RULES:
            rule(look, side)
    found = tuple(look.found[index] for index in sorted(look.found))
    return Hindsight(look.flags, found)
