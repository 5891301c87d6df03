"""A cache of the corrections that later packets made to the packets of the connection on screen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from tcptui.model.packet_store import RowMark
from tcptui.ui.background import Background

if TYPE_CHECKING:
    from textual.widget import Widget

    from tcptui.access.open_capture import OpenCapture
    from tcptui.words.correction_text import RowCorrection

#: In connections with more packets, corrections are looked up in another thread: a storm of SYNs takes it a second; and
#: not again with every packet that comes.
FOLLOWED: Final = 2048


class ShownCorrections:
    """The corrections of the connection that was asked for last."""

    def __init__(self, owner: Widget) -> None:
        """``owner`` shows them, and is drawn again once those of a long connection are there."""
        self._owner = owner
        self._known: dict[int, RowCorrection] = {}
        self._of = (-1, 0)
        self._reading: Background[dict[int, RowCorrection]] = Background(owner)
        self._read_of = -1
        """The connection whose corrections are being looked up."""

    def at(self, session: OpenCapture, stream: int, rows: int, row: int) -> RowCorrection | None:
        """The correction of ``row`` in ``stream``, which has ``rows`` packets now; None when it was not corrected.

        Its reason is unknown until those of a long connection have been looked up.
        """
        if not int(session.store.marks[row]) & RowMark.CORRECTED:
            return None
        from tcptui.words.correction_text import corrections_of, unknown_correction  # see `tcptui.ui.preload`

        asked = stream, rows
        follows = self._of[0] == stream and (self._of[1] == rows or self._of[1] > FOLLOWED)
        if not follows or (row not in self._known and self._of != asked):
            look_up, take = partial(corrections_of, session, stream), partial(self._take, asked)
            if rows <= FOLLOWED:
                take(look_up())
            elif not self._reading.is_busy or self._read_of != stream:  # one that grows would never be looked up
                self._read_of = stream
                self._reading.want(asked, look_up, take, partial(self._take_late, asked))
        if self._of[0] != stream:
            return unknown_correction(session, row)
        return self._known.get(row) or unknown_correction(session, row)

    def _take(self, asked: tuple[int, int], found: dict[int, RowCorrection]) -> None:
        self._known, self._of = found, asked

    def _take_late(self, asked: tuple[int, int], found: dict[int, RowCorrection]) -> None:
        self._take(asked, found)
        self._owner.refresh()
