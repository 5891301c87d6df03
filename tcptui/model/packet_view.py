"""One packet with everything known about it, for the header tree and the hex pane."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.model.datagram import Datagram


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the engine concluded about a TCP segment, in Wireshark's terms.

    Frame numbers are 1-based and None when there is none; times are nanoseconds;
    ``seq_base`` and ``ack_base`` are the raw numbers that relative ones count from
    (None: no base, show raw numbers).
    """

    stream: int
    packet_in_stream: int
    """1-based, segments only."""
    completeness: int
    seq_base: int | None
    ack_base: int | None
    window_shift: int
    """Shift of this sender's windows; -1 unknown, -2 scaling not in use."""
    since_stream_start_ns: int
    since_previous_ns: int
    verdict: int
    """`Verdict` bits."""
    dup_ack_number: int
    dup_ack_frame: int | None
    rto_ns: int | None
    rto_frame: int | None
    acks_frame: int | None
    ack_rtt_ns: int | None
    irtt_ns: int
    """0: unknown."""
    bytes_in_flight: int
    """0: unknown."""
    push_bytes: int
    initiates_close: bool
    """This frame carries the first FIN of the stream."""
    completes_close: bool
    """This frame carries the second side's first FIN."""
    sent_by_client: bool
    server_port: int


@dataclass(frozen=True, slots=True)
class PacketView:
    """One captured frame.

    ``data`` holds the captured bytes; ``network_offset`` and ``transport_offset`` count
    from its start (0 when there is no IP or TCP header).  ``analysis`` is None for
    frames that are not TCP segments.
    """

    row: int
    frame: int
    time_ns: int
    previous_ns: int
    """Time of the frame captured before, or `time_ns` for the first."""
    first_ns: int
    """Time of the capture's first frame."""
    wire_length: int
    data: bytes
    link_type: int
    """LINKTYPE_ value (1 Ethernet, 113 cooked v1, 276 cooked v2, 0 BSD loopback, 101 raw)."""
    interface: str | None
    comments: tuple[str, ...]
    """The pcapng comments of this packet, as they stand in the file; what is not UTF-8 is escaped as surrogates."""
    kind: int
    """`RowKind`."""
    network_offset: int
    transport_offset: int
    payload_length: int
    """TCP payload bytes by the IP header."""
    ip_stream: int
    """Index of the unordered address pair, by first appearance; -1 without IP."""
    analysis: Analysis | None
    datagrams: tuple[Datagram, ...] = ()
    """The datagrams in IP fragments that this frame completes, outermost first."""
    reassembled_in: int = 0
    """The frame that completes the datagram of which this one has a fragment; 0: none does, or this one itself."""
    flags: int | None = None
    """What a pcapng file says of the frame as bits (draft-ietf-opsawg-pcapng, 4.3.1); None: nothing."""
    segment: bytes = b""
    """TCP header and payload that were put together from these; empty where the frame has them itself."""
    quoted: Analysis | None = None
    """What is known of the stream of the TCP header that an ICMP error quotes, as of this frame."""
    withheld: Analysis | None = None
    """What was concluded and is not to be told, because it would answer a question; relative numbers are."""

    @property
    def from_transport(self) -> bytes:
        """What was captured from the TCP header on, in earlier fragments too."""
        return self.segment or self.data[self.transport_offset :]

    @property
    def number_bases(self) -> tuple[int | None, int | None]:
        """The raw numbers that relative ones count from: of the sequence and of the acknowledgment number."""
        known = self.analysis or self.withheld
        return (None, None) if known is None else (known.seq_base, known.ack_base)

    def keeping_back(self) -> PacketView:
        """The packet without what was concluded about it."""
        return replace(self, analysis=None, quoted=None, withheld=self.analysis)
