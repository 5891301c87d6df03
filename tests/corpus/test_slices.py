"""Slices of real captures, read by us and by tshark: the same packets, the same verdicts of whole connections."""

from __future__ import annotations

import subprocess
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tcptui.capture.slicing.sink import Sink
from tcptui.dfilter.compile import compile_filter
from tcptui.model.verdict import Verdict
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import open_file
from tcptui.session.slicing.choose import rows_of_streams, whole_streams
from tcptui.session.slicing.write import Slicer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tcptui.session.session import Session

#: One in so many captures is sliced.
DRAWN: Final = 10
#: Of the filters below a capture's name draws one in so many.
FILTERS_DRAWN: Final = 3
COLUMNS: Final = (
    "time_ns", "wire_length", "captured", "kind", "seq", "ack", "length", "flags", "issues", "verdict", "state_a",
    "state_b", "cause", "dup_ack_number", "bytes_in_flight", "push_bytes",
)  # fmt: skip
#: Whose connections are sliced, whole.
FILTERS: Final = (
    "tcp.analysis.retransmission", "tcp.analysis.flags", "tcp.flags.reset == 1", "tcp.port == 80", "tcp.len > 1000",
    "tcp.completeness < 31", "tcp.analysis.ack_rtt > 0.1", "tcp.window_size < 1000 and tcp.flags.fin == 1",
    "tcptui.finding", "not tcp.stream == 0",
)  # fmt: skip
#: What tshark says of a segment; numbers of frames and connections are other ones in a slice.
VERDICTS: Final = (
    "tcp.seq", "tcp.ack", "tcp.analysis.retransmission", "tcp.analysis.fast_retransmission",
    "tcp.analysis.spurious_retransmission", "tcp.analysis.out_of_order", "tcp.analysis.lost_segment",
    "tcp.analysis.ack_lost_segment", "tcp.analysis.duplicate_ack_num", "tcp.analysis.keep_alive",
    "tcp.analysis.keep_alive_ack", "tcp.analysis.zero_window", "tcp.analysis.zero_window_probe",
    "tcp.analysis.window_update", "tcp.analysis.window_full", "tcp.analysis.ack_rtt", "tcp.analysis.rto",
    "tcp.analysis.initial_rtt", "tcp.analysis.bytes_in_flight", "tcp.completeness",
)  # fmt: skip
#: Before the verdicts come the number, time, lengths and hash.
_INITIAL_RTT: Final = 5 + VERDICTS.index("tcp.analysis.initial_rtt")
_COMPLETENESS: Final = 5 + VERDICTS.index("tcp.completeness")
#: Of whose connection tshark itself says another completeness (14) among others than alone (15).
ODD: Final = frozenset({"nDPI-h323.pcap"})


def numbered(row: int, spool: int, number: int) -> Sequence[str]:
    del row, spool
    return [f"was {number}"]


def read_by_tshark(capture: Path, *more: str) -> list[list[str]]:
    """Time, lengths and hash of each frame's bytes, and what is asked beside these."""
    names = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.md5_hash", *more)
    command = ["tshark", "-2", "-r", str(capture), "-o", "frame.generate_md5_hash:TRUE", "-T", "fields"]
    command += [word for name in names for word in ("-e", name)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout
    return [line.split("\t") for line in shown.splitlines()]


def assert_same_verdicts(session: Session, rows: NDArray[np.int64], out: Path) -> None:
    """Read by us, the slice says of ``rows``, all of some connections, what the capture says."""
    again = open_file(out).store
    assert again.count == len(rows)
    for name in COLUMNS:
        before, after = getattr(session.store, name)[rows], getattr(again, name)[: len(rows)]
        if name == "verdict":  # whether ports were used before depends on the connections that are left out
            before, after = (bits & ~np.uint32(Verdict.REUSED_PORTS) for bits in (before, after))
        assert np.array_equal(before, after), (out.name, name)


@pytest.mark.some(1)
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
        if not len(rows) or (suffix == ".pcap" and len({source.link_type for source in session.reader.sources}) > 1):
            continue
        out = tmp_path / f"{path.stem}-slice{suffix}"
        with Sink(out) as sink:
            if suffix == ".pcap":
                Slicer(session).write_pcap(rows, sink)
            else:
                Slicer(session).write(rows, sink, numbered, "tcptui test")

        assert_same_verdicts(session, rows, out)

        theirs = read_by_tshark(path)
        ours = read_by_tshark(out, "frame.comment")
        wanted = [theirs[frame - 1] for frame in store.frame[rows].tolist()]
        assert [line[1:5] for line in ours] == [line[1:5] for line in wanted], path.name
        if suffix == ".pcapng":
            assert [line[5].rpartition("was ")[2] for line in ours] == [line[0] for line in wanted], path.name
        sliced += 1
    assert sliced >= 5


@pytest.mark.some(2)
@pytest.mark.tshark
@pytest.mark.slow
@pytest.mark.parametrize("share", range(DRAWN))
def test_connections_of_a_filter_are_judged_as_before(corpus: Path, tmp_path: Path, share: int) -> None:
    """Some filters' packets with all of their connections; the same choice of connections is sliced once.

    A SYN that uses ports again is analysed, and shows an initial RTT, where the connection before is there alone.
    """
    sliced = 0
    for path in sorted((corpus / "dev").glob("*.pcap*")):
        if zlib.crc32(path.name.encode()) % DRAWN != share:
            continue
        session = open_file(path)
        theirs: list[list[str]] = []
        seen: set[bytes] = set()
        for text in FILTERS:
            if zlib.crc32(f"{path.name} {text}".encode()) % FILTERS_DRAWN:
                continue
            matching = FilterRun(session, compile_filter(text)).matching(0, session.store.count)
            streams = np.unique(session.store.stream[: session.store.count][matching])
            rows = np.flatnonzero(
                whole_streams(session, rows_of_streams(session.store, streams[streams >= 0].tolist()))
            )
            if not len(rows) or rows.tobytes() in seen:
                continue
            seen.add(rows.tobytes())
            out = tmp_path / f"{path.stem}-{len(seen)}.pcapng"
            with Sink(out) as sink:
                Slicer(session).write(rows, sink, numbered, "tcptui test")
            assert_same_verdicts(session, rows, out)
            theirs = theirs or read_by_tshark(path, *VERDICTS)
            ours = read_by_tshark(out, *VERDICTS)
            wanted = [theirs[frame - 1] for frame in session.store.frame[rows].tolist()]
            again = (session.store.verdict[rows] & Verdict.REUSED_PORTS) != 0
            for before, after, is_again in zip(wanted, ours, again.tolist(), strict=True):
                left_out = {_INITIAL_RTT} if is_again else set()
                left_out |= {_COMPLETENESS} if path.name in ODD else set()
                for place in left_out:
                    before[place] = after[place] = ""
                assert after[1:] == before[1:], (path.name, text)
            sliced += 1
    assert sliced > 3
