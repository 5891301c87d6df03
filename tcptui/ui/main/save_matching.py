"""Saves packets of the capture on screen to a file; no widgets, for a worker thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import tcptui
from tcptui.capture.slicing.sink import Sink
from tcptui.session.slicing.comments import Comments
from tcptui.session.slicing.write import PCAP_SUFFIX, Slicer

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.access.notes.notebook import Notebook
    from tcptui.session.session import Session
    from tcptui.ui.main.matching import Matching
    from tcptui.words.catalogue import Words


def save_matching(session: Session, matching: Matching, path: Path, book: Notebook | None, words: Words) -> int:
    """Write the packets that match to ``path``, as `tcptui slice -Y` does; returns how many.

    ``book``: the notes of the one file that is shown.  Raises OutputError, and OSError when the packets cannot be
    read again.
    """
    names = {info.spool: info.label for info in session.reader.sources}
    spools = range(len(session.spools))
    with session.copying.keeping_all(), Sink(path, check=session.copying.check) as sink:
        rows = (matching.first + np.flatnonzero(matching.mask)).astype(np.int64)
        rows = rows[rows >= session.store.first]
        slicer = Slicer(session)
        if path.suffix == PCAP_SUFFIX:
            slicer.write_pcap(rows, sink)
        else:
            said = [names.get(spool, session.label) for spool in spools]
            comments = Comments(session, slicer, said, [book if len(spools) == 1 else None for _ in spools], words)
            slicer.write(rows, sink, comments.of, f"tcptui {tcptui.__version__}")
    return len(rows)
