"""Saves packets of the capture on screen to a file; no widgets, for a worker thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import tcptui
from tcptui.capture.slicing.sink import Sink
from tcptui.session.slicing.comments import Comments
from tcptui.session.slicing.write import PCAP_SUFFIX, Slicer

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.access.notes.notebook import Notebook
    from tcptui.model.packet_store import I32, I64
    from tcptui.session.session import Session
    from tcptui.ui.main.matching import Matching
    from tcptui.words.catalogue import Words


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """What filter and words leave of a capture: the packets that pass both."""

    matching: Matching | None
    """None: no filter is on."""
    streams: I32 | None
    """The connections that are listed; None: all, and what belongs to none."""

    def rows(self, session: Session) -> I64:
        """The rows of those packets, ascending."""
        store = session.store
        if self.matching is None:
            rows = np.arange(store.first, store.count, dtype=np.int64)
        else:
            rows = (self.matching.first + np.flatnonzero(self.matching.mask)).astype(np.int64)
            rows = rows[rows >= store.first]
        if self.streams is None:
            return rows
        listed = np.zeros(session.streams.count + 1, np.bool_)  # -1, which is no connection, is the last
        listed[self.streams] = True
        return rows[listed[store.stream[rows]]]


def save_left(session: Session, left: Left, path: Path, book: Notebook | None, words: Words) -> int:
    """Write the packets that are ``left`` to ``path``, as `tcptui slice -Y` does; returns how many.

    ``book``: the notes of the one file that is shown.  Raises OutputError, and OSError when the packets cannot be
    read again.
    """
    names = {info.spool: info.label for info in session.reader.sources}
    spools = range(len(session.spools))
    with session.copying.keeping_all(), Sink(path, check=session.copying.check) as sink:
        rows = left.rows(session)
        slicer = Slicer(session)
        if path.suffix == PCAP_SUFFIX:
            slicer.write_pcap(rows, sink)
        else:
            said = [names.get(spool, session.label) for spool in spools]
            comments = Comments(session, slicer, said, [book if len(spools) == 1 else None for _ in spools], words)
            slicer.write(rows, sink, comments.of, f"tcptui {tcptui.__version__}")
    return len(rows)
