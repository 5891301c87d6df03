"""Corrections in words: which packet did not do what was assumed of it, and which later packet shows that.

The store only marks such packets (`RowMark.CORRECTED`); the reason is computed again when it is needed, but not in a
long stream, where that would take too long for a key press.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import view_of
from tcptui.analysis.correction.correction import Reason
from tcptui.analysis.correction.find import hindsight
from tcptui.model.packet_store import RowMark
from tcptui.model.tcp_state import TcpState
from tcptui.words.packet_facts import REACH

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.words.catalogue import Words

SIDES: Final = ("client", "server")
#: Reasons are not computed for streams with more packets: this many take some 20 ms, about as long as a key press may.
MAX_CORRECTED_PACKETS: Final = 100_000
_CORRECTED: Final = int(RowMark.CORRECTED)


@dataclass(frozen=True, slots=True)
class RowCorrection:
    """The correction of one packet: it did not change the state of an end as it was assumed to."""

    side: int
    """The end whose state was corrected: 0 the client, 1 the server."""
    reason: Reason | None
    """None in a stream of more than `MAX_CORRECTED_PACKETS` packets."""
    proof_frame: int
    """The packet that shows it; 0 when it was silence that did, or the reason was not computed."""
    own: bool
    """Whether the packet's own headers show it."""

    @property
    def key(self) -> str:
        """The part of the catalogue keys that stands for the reason."""
        return "later" if self.reason is None else self.reason.name.lower().replace("_", "-")


def is_corrected(capture: OpenCapture, row: int) -> bool:
    """Whether later packets corrected what ``row`` did."""
    return bool(int(capture.store.marks[row]) & _CORRECTED)


def corrections_of(capture: OpenCapture, stream: int) -> dict[int, RowCorrection]:
    """Row → correction, for the marked packets of ``stream``; empty above `MAX_CORRECTED_PACKETS` packets."""
    if int(capture.streams.packets[stream]) > MAX_CORRECTED_PACKETS:
        return {}
    view = view_of(capture, stream)
    marked = (capture.store.marks[view.rows] & _CORRECTED) != 0
    if not marked.any():
        return {}
    return {
        int(view.rows[each.index]): RowCorrection(
            int(each.of_server),
            each.reason,
            int(view.frame[each.evidence]) if each.evidence >= 0 else 0,
            each.evidence == each.index,
        )
        for each in hindsight(view).corrections
        if marked[each.index]
    }


def unknown_correction(capture: OpenCapture, row: int) -> RowCorrection:
    """The correction of a marked packet whose reason was not computed; it is of the end that the packet was sent to."""
    side = int(int(capture.store.from_b[row]) == int(capture.streams.client_is_b[int(capture.store.stream[row])]))
    return RowCorrection(side, None, 0, own=False)


def correction_at(capture: OpenCapture, row: int) -> RowCorrection | None:
    """The correction of ``row``; None when it was not corrected."""
    if not is_corrected(capture, row):
        return None
    return corrections_of(capture, int(capture.store.stream[row])).get(row) or unknown_correction(capture, row)


def proved_by(capture: OpenCapture, row: int) -> dict[int, RowCorrection]:
    """Row → correction, for the earlier packets that ``row`` corrects; empty if no corrected one is within `REACH`."""
    store = capture.store
    earlier, steps = int(store.previous[row]), 0
    while earlier >= 0 and steps < REACH and not is_corrected(capture, earlier):
        earlier, steps = int(store.previous[earlier]), steps + 1
    if earlier < 0 or steps == REACH:
        return {}
    frame = int(store.frame[row])
    corrected = corrections_of(capture, int(store.stream[row]))
    return {other: each for other, each in corrected.items() if each.proof_frame == frame and not each.own}


def short_text(correction: RowCorrection, words: Words) -> str:
    """The correction in a few words for the packet's line in the timeline, with the packet that shows it."""
    short = words(f"correction.{correction.key}.short")
    if not correction.proof_frame or correction.own:
        return short
    return words("correction.see", short=short, n=correction.proof_frame)


def state_name(state: TcpState, words: Words) -> str:
    """``state`` as text for the sentences about corrections."""
    return words("correction.unseen") if state is TcpState.UNSEEN else words("correction.state", state=state.label)


def full_text(correction: RowCorrection, state: TcpState, words: Words) -> str:
    """The sentence on how the correction is known, and in which ``state`` the end stayed."""
    shape = ".silence" if not correction.proof_frame else ".own" if correction.own else ""
    key = f"correction.{correction.key}.text{shape}"
    if not words.has(key):
        key = f"correction.{correction.key}.text"
    end = words(f"narrative.side.{SIDES[correction.side]}")
    return words(key, end=end, state=state_name(state, words), proof=correction.proof_frame)
