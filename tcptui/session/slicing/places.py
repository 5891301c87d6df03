"""Writes all packets of several captures to one, in an order that is given, each with interfaces of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.capture.slicing.writer import LARGEST_CARRIED, PcapngWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.capture.slicing.sink import Sink
    from tcptui.session.slicing.write import Slicer


def write_places(
    slicers: Sequence[Slicer], names: Sequence[str], order: Iterable[tuple[int, int]], about: bytes, sink: Sink,
    program: str,
) -> None:  # fmt: skip
    """Write the packets in ``order``, each a place and a row there, with the comment ``about`` of the section.

    Each of ``slicers`` is of one file, which ``names`` has.  Raises OutputError and OSError.
    """
    sources = [slicer.sources[0] for slicer in slicers]
    writer = PcapngWriter(
        sink, sources, [slicer.links[0] for slicer in slicers], program, about=(about,), names=names
    )  # fmt: skip
    for place, row in order:
        _spool, record, wire = slicers[place].record(row)
        writer.add(place, record, wire, ())
    writer.add_statistics(sources)
    for slicer in slicers:
        slicer.require_unchanged()  # it may have been changed meanwhile


def counts_of(slicer: Slicer) -> tuple[int, int]:
    """How many interfaces a slicer's file has, and how many blocks of names and secrets it hands on."""
    layout = slicer.sources[0].layout
    carried = sum(found.size <= LARGEST_CARRIED for found in layout.carried)
    return (len(layout.interfaces) if layout.is_pcapng else 1), carried
