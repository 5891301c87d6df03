"""What later packets corrected: which packet did not do what was assumed of it, and which one shows that.

The store only marks such packets (`RowMark.CORRECTED`); why is looked up again when somebody asks, which in a
long stream would take too long for a key press.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.analysis.correction.correction import Reason
from tcptui.analysis.correction.find import hindsight
from tcptui.model.packet_store import RowMark
from tcptui.model.tcp_state import TcpState
from tcptui.words.packet_facts import REACH

if TYPE_CHECKING:
    from tcptui.words.catalogue import Words
    from tcptui.words.explanation import Source

SIDES: Final = ("client", "server")
#: Longer streams are not looked back at: this many segments take some 20 ms, about as long as a key press may.
LOOKED_BACK_AT: Final = 100_000


@dataclass(frozen=True, slots=True)
class RowCorrection:
    """One packet that did not move an end although it was made to."""

    side: int
    """Whose state is meant: 0 the client's, 1 the server's."""
    reason: Reason | None
    """None in a stream too long to look back at."""
    proof_frame: int
    """The packet that shows it; 0 when it is silence, or not looked for."""
    own: bool
    """The packet itself shows it, by what its headers say."""

    @property
    def key(self) -> str:
        """The part of the catalogue's keys that tells this from other corrections."""
        return "later" if self.reason is None else self.reason.name.lower().replace("_", "-")


def is_corrected(source: Source, row: int) -> bool:
    """Whether later packets corrected what ``row`` did."""
    return bool(int(source.store.marks[row]) & RowMark.CORRECTED)


def corrections_of(source: Source, stream: int) -> dict[int, RowCorrection]:
    """Row → correction, for all packets of ``stream`` that are marked so; empty when it is too long to look back at."""
    if int(source.streams.packets[stream]) > LOOKED_BACK_AT:
        return {}
    view = source.view(stream)
    marked = (source.store.marks[view.rows] & RowMark.CORRECTED) != 0
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


def unknown_correction(source: Source, row: int) -> RowCorrection:
    """What to say of a corrected packet whose correction was not looked up: it concerns the end that it was sent to."""
    side = int(int(source.store.from_b[row]) == int(source.streams.client_is_b[int(source.store.stream[row])]))
    return RowCorrection(side, None, 0, own=False)


def correction_at(source: Source, row: int) -> RowCorrection | None:
    """The correction of ``row``, or None."""
    if not is_corrected(source, row):
        return None
    return corrections_of(source, int(source.store.stream[row])).get(row) or unknown_correction(source, row)


def proved_by(source: Source, row: int) -> dict[int, RowCorrection]:
    """The packets before ``row`` that it corrects."""
    store = source.store
    earlier, steps = int(store.previous[row]), 0
    while earlier >= 0 and steps < REACH and not is_corrected(source, earlier):
        earlier, steps = int(store.previous[earlier]), steps + 1
    if earlier < 0 or steps == REACH:
        return {}
    frame = int(store.frame[row])
    corrected = corrections_of(source, int(store.stream[row]))
    return {other: each for other, each in corrected.items() if each.proof_frame == frame and not each.own}


def short_text(correction: RowCorrection, words: Words) -> str:
    """A few words for the packet's line, and the packet that shows it."""
    short = words(f"correction.{correction.key}.short")
    if not correction.proof_frame or correction.own:
        return short
    return words("correction.see", short=short, n=correction.proof_frame)


def state_name(state: TcpState, words: Words) -> str:
    """``state`` as the sentences of this module take it."""
    return words("correction.unseen") if state is TcpState.UNSEEN else words("correction.state", state=state.label)


def full_text(correction: RowCorrection, state: TcpState, words: Words) -> str:
    """How it is known, and in which ``state`` the end was all the while."""
    shape = ".silence" if not correction.proof_frame else ".own" if correction.own else ""
    key = f"correction.{correction.key}.text{shape}"
    if not words.has(key):
        key = f"correction.{correction.key}.text"
    end = words(f"narrative.side.{SIDES[correction.side]}")
    return words(key, end=end, state=state_name(state, words), proof=correction.proof_frame)
