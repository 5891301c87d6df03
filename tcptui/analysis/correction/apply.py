"""Writes what hindsight found into the store: streams' corrected states, and which packets were judged otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from tcptui.analysis.correction.find import hindsight
from tcptui.model.packet_store import I32, U8, RowMark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.analysis.correction.find import Hindsight
    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import PacketStore


class Replay(Protocol):
    """`Analyzer.replay`."""

    def __call__(
        self, rows: I32, *flags: NDArray[np.int64], owner: NDArray[np.int64] | None = None
    ) -> list[tuple[U8, U8]]:
        """States after each of ``rows``, once for each of ``flags``; ``owner``: the index of each row's stream."""


class _Found(NamedTuple):
    """A stream with something to correct, all of its rows, and where its segments are among these."""

    view: StreamView
    client_is_b: bool
    looked: Hindsight
    rows: I32
    places: NDArray[np.int64]


def correct(store: PacketStore, judged: Iterable[tuple[StreamView, bool]], replay: Replay) -> None:
    """Correct the states of the streams ``judged``, in ``store`` and in the views.

    Each is given with whether *b* is its client.  The kernel runs once for all of them, so many short streams cost
    little more than one.  The result depends on the packets alone, whatever was corrected before.
    """
    found = []
    for view, client_is_b in judged:
        looked = hindsight(view)
        if looked or (store.marks[view.rows] & RowMark.CORRECTED).any():
            rows = np.sort(np.concatenate((view.rows, view.quotes))) if len(view.quotes) else view.rows
            found.append(_Found(view, client_is_b, looked, rows, np.searchsorted(rows, view.rows)))
    if not found:
        return
    ends = np.cumsum([len(each.rows) for each in found])
    flags = np.zeros(int(ends[-1]), np.int64)
    for each, end in zip(found, ends.tolist(), strict=True):
        flags[end - len(each.rows) + each.places] = each.looked.flags
    owner = np.repeat(np.arange(len(found)), np.diff(ends, prepend=0))
    plain, states = replay(np.concatenate([each.rows for each in found]), np.zeros_like(flags), flags, owner=owner)
    for each, end in zip(found, ends.tolist(), strict=True):
        part = slice(end - len(each.rows), end)
        _write(store, each, (plain[0][part], plain[1][part]), (states[0][part], states[1][part]))


def _write(store: PacketStore, found: _Found, plain: tuple[U8, U8], states: tuple[U8, U8]) -> None:
    """Write the ``states`` of one stream, and mark its packets that are judged otherwise than ``plain``."""
    view, client_is_b, looked, rows, places = found
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
