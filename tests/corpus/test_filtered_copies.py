"""Copies of captures from which a filter left packets out: nothing is loud in them that is not so in the original.

Unless it says that the capture lacks something: the finding about that itself, or a *possible* one that names the
filter, the other path or missed packets among what else it could be.
"""

from __future__ import annotations

import struct
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tcptui.lessons.loader import load_cases
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import FIN, PSH, RST, SYN
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tcptui.model.packet_store import PacketStore

    Keep = Callable[[PacketStore, slice], NDArray[np.bool_]]

pytestmark = pytest.mark.uncounted

#: Fewest copies that one filter makes; all of them make 1,880, of 98 captures of the cases and 103 of the corpus.
CASE_COPIES: Final = 85
CORPUS_COPIES: Final = 70
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
    # tcp.len > 0
    "data alone": lambda store, rows: store.length[rows] > 0,
    "no data": lambda store, rows: store.length[rows] <= 0,
    # greater 200
    "large packets": lambda store, rows: store.wire_length[rows] >= 200,
    # tcp[13] & 8 != 0
    "PSH": lambda store, rows: (store.flags[rows] & PSH) != 0,
    "no FIN": lambda store, rows: (store.flags[rows] & FIN) == 0,
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
    # Of the server's data and FIN in one packet nothing is left: it answers a request after seconds with a RST.
    "suricata-verify-tlpw-tcp-tfo-data-on-syn-nack.pcap": {FindingId.RST_DEAD_CONNECTION},
    # Without its FINs the first connection looks as if it waited; told as possible.
    "tcptrace-6syns.pcap": {FindingId.ACCEPT_QUEUE_FULL},
    # The same resends in a connection that seems shorter by the close: their share of its time is larger.
    "zeek-smtp.pcap": {FindingId.RETRANSMISSION_UNEXPLAINED},
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


def _copies(capture: Path, name: str, copy: Path) -> Iterator[tuple[str, list[str]]]:
    """Each filter that leaves something of ``capture``, and what is louder in that copy."""
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
                yield (
                    words,
                    [
                        f"{name}, {words}: {finding.id} {finding.confidence.name} "
                        f"{finding.facts.get('shape', '')} {finding.packets}"
                        for key, finding in _loud(filtered).items()
                        if key not in before and not _says_so(finding) and finding.id not in allowed
                    ],
                )


def _louder(captures: Iterable[tuple[Path, str]], copy: Path, copies_least: int) -> list[str]:
    """What is louder in the copies of ``captures`` (and their names); each filter must make so many copies."""
    made = [each for capture, name in captures for each in _copies(capture, name, copy)]
    counts = Counter(words for words, _lines in made)
    assert all(counts[words] >= copies_least for words in FILTERS), counts
    return [line for _words, lines in made for line in lines]


def test_no_bundled_case_gets_louder_by_a_filter(tmp_path: Path) -> None:
    captures = [(capture, f"{capture.name} of {case.id}") for case in load_cases() for capture in case.captures]

    assert _louder(captures, tmp_path / "copy.pcap", CASE_COPIES) == []


def test_no_capture_of_the_corpus_gets_louder_by_a_filter(corpus: Path, tmp_path: Path) -> None:
    captures = [
        (capture, capture.name)
        for capture in sorted((corpus / "dev").iterdir())
        if capture.suffix != ".tsv" and capture.stat().st_size <= LARGEST
    ]

    assert _louder(captures, tmp_path / "copy.pcap", CORPUS_COPIES) == []
