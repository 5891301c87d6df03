"""Copies of captures from which a filter left packets out: nothing is loud in them that is not so in the original.

Unless it says that the capture lacks something: the finding about that itself, or a *possible* one that names the
filter, the other path or missed packets among what else it could be.
"""

from __future__ import annotations

import struct
from contextlib import closing
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tcptui.lessons.loader import load_cases
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import FIN, RST, SYN
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tcptui.model.packet_store import PacketStore

    Keep = Callable[[PacketStore, slice], NDArray[np.bool_]]

pytestmark = pytest.mark.uncounted

#: Larger captures are left out: they say no more, and take longer.
LARGEST: Final = 150_000
_FLAGS: Final = SYN | FIN | RST
FILTERS: Final[dict[str, Keep]] = {
    # A display filter on what protocols say, with the handshakes: no bare acknowledgment.
    "no bare acknowledgments": lambda store, rows: (store.length[rows] > 0) | ((store.flags[rows] & _FLAGS) != 0),
    # tcp[13] & 7 != 0
    "SYN, FIN and RST": lambda store, rows: (store.flags[rows] & _FLAGS) != 0,
    # tcp[13] & 2 != 0
    "SYN": lambda store, rows: (store.flags[rows] & SYN) != 0,
    # src host …
    "one host": lambda store, rows: ~store.from_b[rows].astype(np.bool_),
    "the other host": lambda store, rows: store.from_b[rows].astype(np.bool_),
}
#: What a doubt about the capture is called among the alternatives.
DOUBTS: Final = {"kind-filter", "filter", "one-sided", "missed-packets", "other-path"}
#: Findings that may be new in a copy although they do not say so, by capture; and why.
ALLOWED: Final = {
    # The challenge ACK is left out; a SYN that is sent again is all there is.
    "client.pcapng of challenge-ack": {FindingId.SYN_TIMEOUT, FindingId.RST_INJECTED},
    "server.pcapng of challenge-ack": {FindingId.SYN_TIMEOUT, FindingId.RST_INJECTED},
}


def _loud(session: Session) -> dict[tuple[str, str, FindingId], Finding]:
    """Warnings and errors by the two ends, in either order, and the id."""
    found = {}
    for stream, findings in session.each_findings(range(session.streams.count)):
        ends = sorted((str(session.streams.client(stream)), str(session.streams.server(stream))))
        found |= {(*ends, each.id): each for each in findings if each.severity > Severity.NOTE}
    return found


def _says_so(finding: Finding) -> bool:
    doubted = finding.confidence is Confidence.POSSIBLE and DOUBTS.intersection(finding.alternatives)
    return finding.id is FindingId.ONE_SIDED_CAPTURE or bool(doubted)


def _copy(session: Session, kept: Iterable[int], path: Path) -> None:
    """The frames in the rows ``kept``, as a nanosecond pcap."""
    with path.open("wb") as out:
        for place, row in enumerate(kept):
            packet = session.packet(row)
            if not place:
                out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, packet.link_type))
            seconds, rest = divmod(int(session.store.time_ns[row]), 1_000_000_000)
            wire = int(session.store.wire_length[row])
            out.write(struct.pack("<IIII", seconds, rest, len(packet.data), wire) + packet.data)


def _new_and_loud(capture: Path, name: str, copy: Path) -> Iterator[str]:
    """What is louder in a copy of ``capture`` by each of the filters; the original is judged once."""
    allowed = ALLOWED.get(name, set())
    with closing(open_file(capture)) as session:
        rows = slice(0, session.store.count)
        times = session.store.time_ns[rows]
        if not len(times) or int(times.max()) >= 2**32 * 1_000_000_000 or int(times.min()) < 0:
            return
        before = _loud(session)
        is_tcp = session.store.kind[rows] == RowKind.TCP
        for words, keep in FILTERS.items():
            kept = is_tcp & keep(session.store, rows)
            if not kept.any():
                continue
            _copy(session, np.flatnonzero(kept).tolist(), copy)
            with closing(open_file(copy)) as filtered:
                for key, finding in _loud(filtered).items():
                    if key not in before and not _says_so(finding) and finding.id not in allowed:
                        shape = finding.facts.get("shape", "")
                        yield f"{name}, {words}: {finding.id} {finding.confidence.name} {shape} {finding.packets}"


def test_no_bundled_case_gets_louder_by_a_filter(tmp_path: Path) -> None:
    found: list[str] = []
    for case in load_cases():
        for capture in case.captures:
            found += _new_and_loud(capture, f"{capture.name} of {case.id}", tmp_path / "copy.pcap")

    assert found == []


def test_no_capture_of_the_corpus_gets_louder_by_a_filter(corpus: Path, tmp_path: Path) -> None:
    found: list[str] = []
    for capture in sorted((corpus / "dev").iterdir()):
        if capture.suffix != ".tsv" and capture.stat().st_size <= LARGEST:
            found += _new_and_loud(capture, capture.name, tmp_path / "copy.pcap")

    assert found == []
