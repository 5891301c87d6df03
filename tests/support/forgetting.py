"""A capture watched twice as it grows, once with its oldest rows leaving: what is said differently afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import patch

from growing_source import GrowingSource

from tcptui.capture.tee_source import nanosecond_header, record
from tcptui.session.catch_up import Compile
from tcptui.session.retention import Bounds
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from random import Random


def as_pcap(path: Path, most: int = 1_500) -> bytes | None:
    """A capture of more than four packets as one pcap file; None where that is not possible, or beyond ``most``."""
    session = open_file(path)
    store = session.store
    if not 4 < store.count < most or len({source.link_type for source in session.reader.sources}) != 1:
        session.close()
        return None
    rows = range(store.count)
    records = [record(int(store.time_ns[r]), int(store.wire_length[r]), session.reader.packet(r).data) for r in rows]
    header = nanosecond_header(session.reader.sources[0].link_type)
    session.close()
    return header + b"".join(records)


def ends_of(data: bytes) -> list[int]:
    """Where the records of a little-endian pcap file end."""
    ends, at = [], 24
    while at < len(data):
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        ends.append(at)
    return ends


def watched(data: bytes, ends: Sequence[int], bounds: Bounds | None, *, every: float) -> Session:
    """``data`` as it is seen by who looks when it ends at each of ``ends``; judged ``every`` so many seconds."""
    session = Session([GrowingSource(data, ends)], compile_when=Compile.NEVER)
    if bounds is not None:
        session.ring.bounds = bounds
    with patch.multiple("tcptui.session.catch_up", ANNOTATE_EVERY=every, ANNOTATE_SLICE=60.0):
        asyncio.run(asyncio.wait_for(session.run(), 600))
    return session


def differences(data: bytes, chance: Random) -> tuple[int, list[str]]:
    """How many streams whose rows are all kept were compared, and of which the findings or times are others."""
    every = ends_of(data)
    rows = chance.randrange(2, max(len(every) - 1, 3))
    cuts = sorted(chance.sample(every, min(len(every), chance.randrange(1, 40))))
    bounds = Bounds(rows, streams=chance.choice((4, 1_000_000)))
    # Judged at the end only, and again and again: that makes no difference either.
    everything, crowded = watched(data, cuts, None, every=1e9), watched(data, cuts, bounds, every=0.0)
    pairs = whole_streams(crowded, everything)
    ours = dict(crowded.each_findings(sorted(pairs)))
    theirs = dict(everything.each_findings(sorted(pairs.values())))
    found = [
        f"{rows} rows, stream {mine}: {theirs[other]} became {ours[mine]}"
        for mine, other in pairs.items()
        if ours[mine] != tuple(replace(finding, stream=mine) for finding in theirs[other])
    ]
    for name in ("verdict", "state_a", "state_b", "cause", "marks"):
        for mine, other in pairs.items():
            columns = (getattr(session.store, name) for session in (crowded, everything))
            own, whole = (column[session.rows_of(stream)] for column, session, stream in zip(
                columns, (crowded, everything), (mine, other), strict=True))  # fmt: skip
            if (own != whole).any():
                found.append(f"{rows} rows, stream {mine}: {name}")
    everything.close()
    crowded.close()
    return len(pairs), found


def whole_streams(crowded: Session, everything: Session) -> dict[int, int]:
    """Streams of ``crowded`` whose rows are all kept, and their numbers where nothing left.

    A packet of a connection that had left begins another stream: its earlier packets are gone, so it is none of these.
    """
    listed, table = crowded.streams.listed(), crowded.streams
    kept = listed[(table.first_row[listed] >= crowded.store.first) & (table.packets[listed] > 0)]
    first_rows = everything.streams.first_row[: everything.streams.count]
    by_row = {row: stream for stream, row in enumerate(first_rows.tolist())}
    pairs = {stream: by_row.get(int(table.first_row[stream]), -1) for stream in kept.tolist()}
    return {
        mine: other
        for mine, other in pairs.items()
        if other >= 0 and everything.streams.packets[other] == table.packets[mine]
    }
