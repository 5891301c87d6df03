"""A cache of the corrections that later packets made to the packets of the connection on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.packet_store import RowMark

if TYPE_CHECKING:
    from tcptui.session.session import Session
    from tcptui.words.correction_text import RowCorrection

#: In connections with more packets, the corrections are not looked up again with every packet that comes.
FOLLOWED: Final = 2048


class ShownCorrections:
    """The corrections of the connection that was asked for last."""

    def __init__(self) -> None:
        self._known: dict[int, RowCorrection] = {}
        self._of = (-1, 0)

    def at(self, session: Session, stream: int, rows: int, row: int) -> RowCorrection | None:
        """The correction of ``row`` in ``stream``, which has ``rows`` packets now; None when it was not corrected."""
        if not int(session.store.marks[row]) & RowMark.CORRECTED:
            return None
        from tcptui.words.correction_text import corrections_of, unknown_correction  # see `tcptui.ui.preload`

        known_stream, known_rows = self._of
        follows = known_stream == stream and (known_rows == rows or known_rows > FOLLOWED)
        if not follows or row not in self._known:
            self._known, self._of = corrections_of(session, stream), (stream, rows)
            self._known.setdefault(row, unknown_correction(session, row))
        return self._known[row]
