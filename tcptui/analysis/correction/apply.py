"""Writes what hindsight found into the store: a stream's corrected states, and which packets were judged otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from tcptui.analysis.correction.find import hindsight
from tcptui.model.packet_store import I32, U8, RowMark

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import PacketStore


class Replay(Protocol):
    """`Analyzer.replay`."""

    def __call__(self, rows: I32, *flags: NDArray[np.int64]) -> list[tuple[U8, U8]]:
        """States after each of ``rows``, once for each of ``flags``."""


def correct(store: PacketStore, view: StreamView, rows: I32, client_is_b: bool, replay: Replay) -> None:
    """Correct the states of ``view``'s stream, in ``store`` and in ``view``; ``rows`` are all of the stream's.

    The result depends on the packets alone, whatever was corrected before.
    """
    looked = hindsight(view)
    corrected_before = ((store.marks[view.rows] & RowMark.CORRECTED) != 0).any()
    if not looked and not corrected_before:
        return
    flags = np.zeros(len(rows), np.int64)
    places = np.searchsorted(rows, view.rows)
    flags[places] = looked.flags
    plain, states = replay(rows, np.zeros_like(flags), flags)
    store.state_a[rows], store.state_b[rows] = states
    of_client, of_server = (states[1], states[0]) if client_is_b else states
    view.state_client[:], view.state_server[:] = of_client[places], of_server[places]
    marks = store.marks[rows] & ~np.uint8(RowMark.CORRECTED)
    for correction in looked.corrections:
        of_b = correction.of_server is not client_is_b
        place = places[correction.index]
        thought, known = plain[of_b], states[of_b]
        moved = not place or thought[place] != thought[place - 1] or known[place] != known[place - 1]
        if moved and thought[place] != known[place]:
            marks[place] |= RowMark.CORRECTED
    store.marks[rows] = marks
