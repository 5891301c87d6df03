"""Slices of real captures, read by us and by tshark: the same packets, the same verdicts of whole connections."""

from __future__ import annotations

import subprocess
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tcptui.capture.slicing.sink import Sink
from tcptui.model.verdict import Verdict
from tcptui.session.session import open_file
from tcptui.session.slicing.choose import rows_of_streams, whole_streams
from tcptui.session.slicing.write import Slicer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: One in so many captures is sliced.
DRAWN: Final = 10
COLUMNS: Final = (
    "time_ns", "wire_length", "captured", "kind", "seq", "ack", "length", "flags", "issues", "verdict", "state_a",
    "state_b", "cause", "dup_ack_number", "bytes_in_flight", "push_bytes",
)  # fmt: skip


def numbered(row: int, spool: int, number: int) -> Sequence[str]:
    del row, spool
    return [f"was {number}"]


def read_by_tshark(capture: Path, *more: str) -> list[list[str]]:
    """Time, lengths and hash of each frame's bytes, and what is asked beside these."""
    names = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.md5_hash", *more)
    command = ["tshark", "-r", str(capture), "-o", "frame.generate_md5_hash:TRUE", "-T", "fields"]
    command += [word for name in names for word in ("-e", name)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout
    return [line.split("\t") for line in shown.splitlines()]


@pytest.mark.tshark
@pytest.mark.parametrize("suffix", [".pcapng", ".pcap"])
def test_every_second_connection_of_real_captures(corpus: Path, tmp_path: Path, suffix: str) -> None:
    drawn = [path for path in sorted((corpus / "dev").glob("*.pcap*")) if zlib.crc32(path.name.encode()) % DRAWN == 0]
    assert len(drawn) >= 5
    sliced = 0
    for path in drawn:
        session = open_file(path)
        store = session.store
        chosen = list(range(0, session.streams.count, 2))
        rows = np.flatnonzero(whole_streams(session, rows_of_streams(store, chosen)))
        if not len(rows) or (suffix == ".pcap" and len({source.link_type for source in session.sources}) > 1):
            continue
        out = tmp_path / f"{path.stem}-slice{suffix}"
        with Sink(out) as sink:
            if suffix == ".pcap":
                Slicer(session).write_pcap(rows, sink)
            else:
                Slicer(session).write(rows, sink, numbered, "tcptui test")

        again = open_file(out).store
        assert again.count == len(rows)
        for name in COLUMNS:
            before, after = getattr(store, name)[rows], getattr(again, name)[: len(rows)]
            if name == "verdict":  # whether ports were used before depends on the connections that are left out
                before, after = (bits & ~np.uint32(Verdict.REUSED_PORTS) for bits in (before, after))
            assert np.array_equal(before, after), (path.name, name)

        theirs = read_by_tshark(path)
        ours = read_by_tshark(out, "frame.comment")
        wanted = [theirs[frame - 1] for frame in store.frame[rows].tolist()]
        assert [line[1:5] for line in ours] == [line[1:5] for line in wanted], path.name
        if suffix == ".pcapng":
            assert [line[5].rpartition("was ")[2] for line in ours] == [line[0] for line in wanted], path.name
        sliced += 1
    assert sliced >= 5
