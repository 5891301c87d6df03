"""Shared by commands that write packets of a capture to a file of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tcptui
from tcptui.session.reading_again import packets_read_again
from tcptui.session.slicing.write import Slicer

if TYPE_CHECKING:
    from tcptui.capture.slicing.sink import Sink
    from tcptui.model.packet_store import I64
    from tcptui.session.session import Session
    from tcptui.session.slicing.comments import Comments


def reading_again(session: Session) -> Slicer:
    """A slicer, which copies packets of ``session``.  Raises InputError where they cannot be read again."""
    with packets_read_again(session):
        return Slicer(session)


def write_rows(session: Session, slicer: Slicer, rows: I64, sink: Sink, comments: Comments | None) -> None:
    """Write ``rows`` to ``sink``, as pcap without ``comments``.  Raises OutputError and InputError."""
    with packets_read_again(session):
        if comments is None:
            slicer.write_pcap(rows, sink)
        else:
            slicer.write(rows, sink, comments.of, f"tcptui {tcptui.__version__}")
