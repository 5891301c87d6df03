"""The evidence pack of one connection: what is said of it, the packets that say so, and filters that show them.

All that somebody needs who was not there, person or program: every statement names packets, and the packets are quoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.findings.weight import causes_before_symptoms
from tcptui.model.community_id import community_id
from tcptui.model.packet_store import RowKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.cli.report.packet_lines import PacketLine, PacketLines
    from tcptui.cli.report.summary import Summary
    from tcptui.model.finding import AnyId, CaptureFinding, Finding
    from tcptui.model.packet_store import PacketStore

#: Upper bound of packets of one finding that are quoted; more are counted.
QUOTED_OF_EACH: Final = 12
#: Upper bound of packets that are quoted of a connection: a person reads no more, nor does a program's context.
QUOTED: Final = 200
_SIDES: Final = ("client", "server")


@dataclass(frozen=True, slots=True)
class CitedPacket:
    """A packet that findings cite."""

    frame: int
    """1-based."""
    line: PacketLine
    sender: str
    """``client`` or ``server``; empty: neither, as of another connection, or not TCP."""
    findings: tuple[AnyId, ...]
    """Which findings cite it."""


@dataclass(frozen=True, slots=True)
class EvidencePack:
    """What is said of one connection, and by which packets."""

    stream: int
    community_id: str
    """Its name in Zeek, Suricata and others."""
    findings: tuple[Finding, ...]
    """Of this connection, causes before their symptoms."""
    shared: tuple[CaptureFinding, ...]
    """Of the capture as a whole, which this connection shows with others."""
    cited: tuple[CitedPacket, ...]
    """Ascending."""
    left_out: int
    """How many cited packets are not quoted, as they are too many."""

    @property
    def filters(self) -> dict[str, str]:
        """Wireshark's display filters of the connection, of its packets with a verdict, and of those that are cited."""
        connection = f"tcp.stream == {self.stream}"
        cited = packets_filter([one.frame for one in self.cited])
        return {"connection": connection, "problems": f"{connection} && tcp.analysis.flags", "cited": cited}


def packets_filter(frames: Sequence[int]) -> str:
    """Wireshark's display filter of ``frames`` (1-based); empty: of none."""
    return f"frame.number in {{{', '.join(map(str, sorted(set(frames))))}}}" if frames else ""


def evidence_pack(summary: Summary, stream: int, shared: Sequence[CaptureFinding], lines: PacketLines) -> EvidencePack:
    """The pack of ``stream``; ``shared``: what is said of the capture as a whole.  Raises OSError as ``lines`` does."""
    findings = tuple(causes_before_symptoms(summary.findings(stream)))
    mine = tuple(one for one in shared if stream in one.streams)
    citing: dict[int, list[AnyId]] = {}
    cited = 0
    for finding in (*findings, *(one.finding for one in mine)):
        for frame in finding.packets[:QUOTED_OF_EACH]:
            ids = citing.setdefault(frame, [])
            if finding.id not in ids:
                ids.append(finding.id)
        cited += max(len(finding.packets) - QUOTED_OF_EACH, 0)
    chosen = sorted(list(citing)[:QUOTED])  # the first findings are those that matter most
    store, client_is_b = summary.store, bool(summary.streams.client_is_b[stream])
    packets = []
    for frame in chosen:
        row = store.row_of_frame(frame)
        if row < 0:
            cited += 1
            continue
        sender = _sender(store, row, stream, client_is_b=client_is_b)
        packets.append(CitedPacket(frame, lines.of(row), sender, tuple(citing[frame])))
    name = community_id(*summary.streams.ends(stream))
    return EvidencePack(stream, name, findings, mine, tuple(packets), cited + len(citing) - len(chosen))


def _sender(store: PacketStore, row: int, stream: int, *, client_is_b: bool) -> str:
    if store.kind[row] != RowKind.TCP or store.stream[row] != stream:
        return ""
    return _SIDES[bool(store.from_b[row]) is not client_is_b]
