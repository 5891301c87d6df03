"""One stream as the rules read it: its columns, the handshake, and where the capture was made.

Many rules need the same few facts; they are computed once here, most of them only when a
rule first reads them.  Nothing in this module is a conclusion about trouble.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.capture_point import FIRST_ANSWER_NS, NEAR_NS, CapturePlace, position_of
from tcptui.analysis.capture_quality import CaptureQuality
from tcptui.analysis.resend.classify import resends
from tcptui.analysis.resend.resend import SENT_AGAIN, Resend
from tcptui.analysis.resend.same_start import SameStart
from tcptui.analysis.stream.same_server import Siblings
from tcptui.analysis.stream.unwrapped_seq import SequenceSpace, cells, sequence_space
from tcptui.analysis.stream.view import StreamView
from tcptui.analysis.timing.budget import TimeBudget, time_budget
from tcptui.analysis.timing.late_copies import LateCopies
from tcptui.analysis.timing.path_delay import REPEAT_NS, repeated_halves
from tcptui.findings.catalog import CATALOG
from tcptui.findings.gates import ONE_SIDED, gate_bits
from tcptui.findings.spec import Family
from tcptui.findings.stream_columns import StreamColumns
from tcptui.model.arrays import last_before
from tcptui.model.batched import NumberDict, in_columns, in_each, integer, largest
from tcptui.model.cached_attribute import cached_attribute
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_view import PacketView
from tcptui.model.safe_text import safe_text
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, RST, SYN

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.interface import ParsedStream
    from tcptui.protocols.stream.reassembly import ByteStream

#: By finding: whether its evidence may be segments that their receiver dropped, or is part of healthy connections.
OF_ANY_HEADER: Final = {
    spec.id: spec.ordinary or spec.family in {Family.LOSS, Family.TRUST, Family.CAPTURE} for spec in CATALOG
}

_T = TypeVar("_T")
ReadSegments = Callable[[NDArray[Any]], list[bytes]]
ReadPayloads = Callable[[NDArray[np.int32]], Sequence[bytes]]
ReadBytes = Callable[[StreamView], "tuple[ByteStream, ByteStream] | None"]

SIDES: Final = ("client", "server")
#: In streams of more segments than this, saving memory counts for more than saving time.
LONG: Final = 65_536
#: Messages parsed of one stream; of later ones only HTTP error statuses that begin a segment make a finding.
MESSAGES_JUDGED: Final = 200
#: A finding names at most this many packets of each end of a long list of evidence.
EVIDENCE_ENDS: Final = 24
#: Bytes that are read of a RST's text, …
RESET_TEXT_READ: Final = 256
#: … most characters of it that are shown, …
RESET_TEXT_SHOWN: Final = 100
#: … and fewest that are a text rather than chance.
RESET_TEXT_LEAST: Final = 3
#: Gaps that a list of them has at most.
_LISTED: Final = 6
_TENTH_NS: Final = 100_000_000
#: Where the data offset is in a TCP header, and the header's fewest bytes (RFC 9293, 3.1).
DATA_OFFSET: Final = 12
TCP_HEADER: Final = 20
#: LINKTYPE_ value of Ethernet.
_ETHERNET: Final = 1
#: Bytes of an Ethernet address; the sender's is behind the receiver's.
ADDRESS_LENGTH: Final = 6


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What the rules know beyond the stream itself."""

    quality: CaptureQuality = field(default_factory=CaptureQuality)
    read_packet: Callable[[int], PacketView] | None = None
    """Reads the frame in a store row; None when frames cannot be read."""
    read_segments: ReadSegments | None = None
    """Reads TCP header and payload of each of several rows, empty where not all of it was captured; None as above."""
    read_payloads: ReadPayloads | None = None
    """Reads the captured payload of each of several rows, ascending; None as above."""
    read_bytes: ReadBytes | None = None
    """Reassembles the bytes of client and server, whatever they speak; returns None where they cannot be read."""
    live: bool = False
    """The capture is still growing, so silence at its end proves nothing."""
    siblings: Siblings | None = None
    """Finds other connections to the same server; None when only this one is available."""
    directions: Callable[[StreamView], tuple[ByteStream, ByteStream] | None] | None = None
    """Reassembles the bytes of client and server; returns None for a stream whose protocol no rule judges.

    The field itself is None where payload must not be read.
    """
    error_rows: Callable[[int], list[tuple[int, int]]] | None = None
    """Lists the rows of a stream that begin with an HTTP error status line, each with the status, in capture order."""
    place: CapturePlace = field(default_factory=CapturePlace)
    """Where the whole capture was made."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """Indexes of a complete three-way handshake; ``syn`` is the newest SYN before the SYN-ACK."""

    syn: int
    syn_ack: int
    third: int


#: Alternatives of a handshake with repeats that a capture at one end rules out: what it shows was not lost before it.
RULED_OUT: Final = {
    CapturePoint.CLIENT: frozenset(("syn-ack-lost",)),
    CapturePoint.SERVER: frozenset(("syn-lost", "third-ack-lost")),
}


class ConnectionFacts(StreamColumns):
    """The columns of a stream and their `RuleContext`, with what several rules need."""

    def __init__(self, view: StreamView, context: RuleContext) -> None:
        super().__init__(view)
        self.context = context
        self._parts: tuple[int, ...] | None = None
        #: Spurious resends by index: the cache of `tcptui.findings.rules.spurious`, None until a rule first asks.
        self.unneeded: dict[int, Proof] | None = None
        #: Indexes of the evidence of all findings that were made, but for those that damaged segments may prove.
        self.evidence: set[int] = set()
        #: Bitmask of `tcptui.findings.gates`.
        self.signs = gate_bits(self, context.quality)

    @cached_attribute
    def resends(self) -> tuple[Resend, ...]:
        """Segments that look resent, late, or a probe, each with its cause."""
        return resends(self.view)

    @cached_attribute
    def application(self) -> ApplicationStream | None:
        """The parsed payload, up to `MESSAGES_JUDGED` messages; None where it cannot or must not be read."""
        self._put_away()
        directions = None if self.context.directions is None else self.context.directions(self.view)
        if directions is None:
            return None
        from tcptui.protocols.application import ApplicationStream

        return ApplicationStream(*directions, MESSAGES_JUDGED)

    @property
    def spoken(self) -> ParsedStream | None:
        """What is spoken, inside TLS, too, as far as it is read; None also where the spool was closed meanwhile."""
        try:
            return None if self.application is None else self.application.spoken
        except OSError:
            return None

    @cached_attribute
    def space(self) -> SequenceSpace:
        """Sequence and acknowledgment numbers that never wrap."""
        return sequence_space(self.view)

    @cached_attribute
    def _sent_again(self) -> SameStart:
        """Resends of what their sender believed lost, by their first byte."""
        again = (resend.index for resend in self.resends if resend.cause in SENT_AGAIN)
        return SameStart(self.view, self.space, again)

    def last_try(self, index: int, until: int) -> int:
        """Index of the last resend before ``until`` of what segment ``index`` begins with; -1 with none after it."""
        last = last_before(self._sent_again.of(index), until)
        return last if last > index else -1

    @cached_attribute
    def _earliest_rst_ns(self) -> Sequence[int]:
        """By RST (`rsts`): when the earliest of it and all later ones was captured, in nanoseconds."""
        times = self.view.time_ns[self.rsts]
        return cells(np.minimum.accumulate(times[::-1])[::-1])

    def rst_by(self, after: int, until_ns: int) -> bool:
        """Whether a RST that comes after segment ``after`` was captured before the time ``until_ns``."""
        place = bisect_right(self.rsts, after)
        return place < len(self.rsts) and self._earliest_rst_ns[place] < until_ns

    def consumes_numbers(self, i: int) -> bool:
        """Whether segment ``i`` takes sequence numbers: data, SYN or FIN."""
        return integer(self.space.end[i]) > integer(self.space.seq[i])

    @cached_attribute
    def budget(self) -> TimeBudget:
        """The stream's time, split by what was waited for."""
        return time_budget(self.view, self.space)

    @property
    def kept_budget(self) -> TimeBudget | None:
        """`budget`, unless the stream is so long that it was put away: then it is made again where it is needed."""
        return None if self.count > LONG else self.budget

    @property
    def parts(self) -> tuple[int, ...]:
        """`TimeBudget.parts`."""
        return self.budget.parts if self._parts is None else self._parts

    def _put_away(self) -> None:
        """Keep only the sums of `budget` of a long stream: its columns and the payload need not both be in memory."""
        if self.count > LONG and "budget" in self.__dict__:
            self._parts = self.budget.parts
            del self.__dict__["budget"]

    @cached_attribute
    def payload_by_side(self) -> tuple[int, int]:
        """Payload bytes sent by client and server, repeats included."""
        server = integer(self.view.length[self.view.from_server].sum())
        return integer(self.view.length.sum()) - server, server

    @cached_attribute
    def data_segments(self) -> int:
        """Segments with payload, repeats included."""
        return int(np.count_nonzero(self.view.length))

    @cached_attribute
    def _answers(self) -> tuple[list[int], frozenset[int]]:
        """The server's SYN-ACKs that acknowledge the client's newest SYN, and those that do not."""
        fitting: list[int] = []
        others: set[int] = set()
        syn = -1
        for i in self.syns:
            if not self.side[i]:
                syn = i if self.is_pure_syn(i) else syn
            elif syn >= 0 and self.is_syn_ack(i):
                if (self.ack[i] - self.seq[syn] - 1) & SEQ_MASK <= self.length[syn]:
                    fitting.append(i)
                else:
                    others.add(i)
        return fitting, frozenset(others)

    @property
    def syn_acks(self) -> list[int]:
        """The server's SYN-ACKs that acknowledge the client's newest SYN, all or none of the data in it (RFC 7413)."""
        return self._answers[0]

    @cached_attribute
    def several_initial_numbers(self) -> bool:
        """Whether `syn_acks` have different sequence numbers: a server that repeats its SYN-ACK keeps the number."""
        answers = self.syn_acks
        return len(answers) > 1 and any(
            self.view.raw_seq.item(i) != self.view.raw_seq.item(answers[0]) for i in answers[1:]
        )

    def answers_other_syn(self, i: int) -> bool:
        """Whether segment ``i`` is a SYN-ACK of the server that does not acknowledge the client's last SYN."""
        return i in self._answers[1]

    def _syn_before(self, index: int) -> int:
        """Index of the client's newest SYN before segment ``index``; -1 without one."""
        return last_before(self._client_syns, index)

    @cached_attribute
    def _client_syns(self) -> list[int]:
        return [i for i in self.syns_by_side[0] if self.is_pure_syn(i)]

    @cached_attribute
    def handshake(self) -> Handshake | None:
        """SYN, SYN-ACK and the client's first acceptable ACK (RFC 9293, 3.5), or None."""
        if not self.syn_acks:
            return None
        if self.several_initial_numbers and (chosen := self._handshake_of_several()) is not None:
            return chosen
        # The numbers of segments after the last SYN-ACK count from that, where there are several initial numbers.
        syn_ack = self.syn_acks[-1 if self.several_initial_numbers else 0]
        for i in range(syn_ack + 1, self.count):
            bits = self.flags[i]
            if self.side[i] or bits & (SYN | RST):
                continue
            if self.seq[i] == self.ack[syn_ack] and self.acknowledges(i, (self.seq[syn_ack] + 1) & SEQ_MASK):
                return Handshake(self._syn_before(syn_ack), syn_ack, i)
        return None

    def _handshake_of_several(self) -> Handshake | None:
        """The handshake that the client chose by acknowledging exactly one SYN-ACK's number; None where none is met."""
        view = self.view
        # The first SYN-ACK of each number, by what it acknowledges.
        first, none = NumberDict[NumberDict[int]](), NumberDict[int]()
        for answer in self.syn_acks:
            number = (view.raw_seq.item(answer) + 1) & SEQ_MASK
            known = first.get(number, none)
            if known is none:
                first[number] = known = NumberDict()
            if known.get(self.ack[answer], -1) < 0:
                known[self.ack[answer]] = answer
        for i in range(self.syn_acks[0] + 1, self.count):
            if self.side[i] or self.flags[i] & (SYN | RST) or not self.flags[i] & ACK:
                continue
            answer = first.get(view.raw_ack.item(i), none).get(self.seq[i], -1)
            if 0 <= answer < i:
                return Handshake(self._syn_before(answer), answer, i)
        return None

    @cached_attribute
    def first_reset(self) -> int:
        """Index of the first RST that can have ended the connection; -1 without one.

        A client in SYN-SENT ignores one that does not acknowledge its SYN, and answers other segments with one (RFC
        9293, 3.10.7.3): where the handshake follows, such a RST of the server, or of the client, ended nothing.
        Nor did one before the SYN of that handshake: what it refused was tried again.
        """
        for rst in self.rsts:
            if self.handshake is not None and rst < self.handshake.syn:
                continue
            opened = self.handshake is not None and rst < self.handshake.syn_ack
            syn = self._syn_before(rst) if opened else -1
            if syn < 0:
                return rst
            if self.side[rst]:
                if self.flags[rst] & ACK and self.ack[rst] == self.end[syn]:
                    return rst
            elif self.flags[rst] & ACK or last_before(self._acknowledging.get(self.seq[rst], []), rst) <= syn:
                return rst
        return -1

    @cached_attribute
    def _acknowledging(self) -> NumberDict[list[int]]:
        """The server's segments up to the handshake that acknowledge exactly a number, by that number."""
        found: NumberDict[list[int]] = NumberDict()
        for i in range(self.handshake.syn_ack if self.handshake is not None else 0):
            if self.side[i] and self.flags[i] & ACK:
                known = found.get(self.ack[i], [])
                if not known:
                    found[self.ack[i]] = known
                known.append(i)
        return found

    @cached_attribute
    def is_with_itself(self) -> bool:
        """Whether both ends are one socket: then every segment has the same sender, and one direction is both."""
        ends = self.view.client, self.view.server
        return bool(self.signs & ONE_SIDED) and ends[0].port == ends[1].port and ends[0].host == ends[1].host

    # -- where and how well ----------------------------------------------------------

    @cached_attribute
    def copies(self) -> LateCopies:
        """What of its waits may have passed while copies were on their way."""
        here = self.at_sender(0), self.at_sender(1)
        return LateCopies(self.view, self.budget.delays.rtt_ns, here, self.context.quality.kinds.lacks_bare_acks)

    @cached_attribute
    def position(self) -> CapturePoint:
        """Where the capture was made: at the host that the whole capture tells of, else by this handshake.

        `CapturePlace.roles` is for many streams.
        """
        host = self.context.place.own_host
        if host is None:
            return where_captured(self)
        ends = self.view.client.host, self.view.server.host
        if ends.count(host) != 1:
            return where_captured(self)
        return CapturePoint.CLIENT if ends[0] == host else CapturePoint.SERVER

    def at_sender(self, side: int) -> bool:
        """Whether the capture was made at ``side`` itself."""
        return self.position is (CapturePoint.SERVER if side else CapturePoint.CLIENT)

    def at_receiver(self, side: int) -> bool:
        """Whether the capture was made at the peer of ``side``."""
        return self.position is (CapturePoint.CLIENT if side else CapturePoint.SERVER)

    @cached_attribute
    def handshake_repeated(self) -> bool:
        """Whether the timer repeated SYN or SYN-ACK before the handshake was complete."""
        if len(self.syns) < 3 or self.handshake is None:
            return False
        before = [
            [self.time[i] for i in self.syns if self.side[i] == side and i < self.handshake.third] for side in (0, 1)
        ]
        return any(times[-1] - times[0] >= REPEAT_NS for times in before)

    @cached_attribute
    def rtt_ns(self) -> int:
        """Round-trip time between the two ends in nanoseconds; 0 when unknown.

        The initial RTT, else the sum of the smallest ACK round trips of both ends.  In a handshake with repeats it
        is not known which copy was answered (Karn): then only what acknowledgments measure counts.
        """
        view = self.view
        if self.handshake_repeated:
            third = self.handshake.third if self.handshake is not None else -1
            to_client, to_server = repeated_halves(view, self.syns, third)
            return to_client.known_ns + to_server.known_ns if to_client.known_ns and to_server.known_ns else 0
        halves = view.min_rtt_from_client_ns, view.min_rtt_from_server_ns
        if self._answers[1] and self.handshake is None:
            return sum(halves) if all(halves) else 0  # tshark's runs from a SYN that nobody answered
        return view.irtt_ns if view.irtt_ns > 0 else sum(halves) if all(halves) else 0

    @property
    def path_rtt_ns(self) -> int:
        """The round trip in nanoseconds, as long as anything measures it."""
        return largest(self.rtt_ns, self.budget.delays.rtt_ns)

    def of_siblings(self, make: Callable[..., _T], *arguments: Any) -> _T:
        """``make(siblings, *arguments)``: other connections to the same server address and port, the nearest by number.

        They are a list of `Sibling`.
        """
        known = self.context.siblings
        if known is None:
            return make([], *arguments)
        found: _T = in_each(partial(_of_siblings, make, known), self.view.stream, *arguments)
        return found

    @cached_attribute
    def reset_text(self) -> str:
        """The text in `first_reset` that says why it was sent (RFC 9293, 3.5.3); empty where it has no readable one."""
        rst = self.first_reset
        if rst < 0 or not self.view.reset_bytes[rst]:
            return ""
        size = min(int(self.view.reset_bytes[rst]), RESET_TEXT_READ)
        raw = self.payload_start(rst, size).rstrip(b"\0")
        text = " ".join(raw.decode("utf-8", "ignore" if len(raw) == RESET_TEXT_READ else "replace").split())
        readable = len(text) >= RESET_TEXT_LEAST and text.isprintable() and "\ufffd" not in text
        return safe_text(text, RESET_TEXT_SHOWN) if readable else ""

    def payload_start(self, index: int, most: int) -> bytes:
        """The first ``most`` bytes behind the TCP header of segment ``index``, as far as they were captured."""
        return self.of_payload(index, most, bytes)

    def of_payload(self, index: int, most: int, make: Callable[[bytes], _T]) -> _T:
        """``make`` of `payload_start`."""
        if self.context.read_packet is None:
            return make(b"")
        found: _T = in_each(_of_payload, make, self.context.read_packet, self.view.rows.item(index), most)
        return found

    def hardware_sender(self, index: int) -> str:
        """The Ethernet address that segment ``index`` came from; empty where the frame has none or cannot be read."""
        if self.context.read_packet is None:
            return ""
        found: str = in_each(_hardware_sender, self.context.read_packet, self.view.rows.item(index))
        return found

    def watched_after(self, i: int) -> int:
        """How long the capture continued after segment ``i``, in nanoseconds."""
        return largest(0, self.view.capture_end_ns - self.time[i])

    def intervals(self, indexes: list[int]) -> str:
        """The gaps between segments, in seconds with one digit: ``1.0, 2.0, 4.0``; at most six."""
        found: str = in_columns(_listed, *(self._passed_ns(a, b) for a, b in pairwise(indexes))) if indexes[1:] else ""
        return found

    def possible_here(self, alternatives: tuple[str, ...]) -> tuple[str, ...]:
        """``alternatives`` without those that the capture point rules out (`RULED_OUT`)."""
        ruled_out = RULED_OUT.get(self.position, frozenset())
        return tuple(other for other in alternatives if other not in ruled_out)

    # -- making findings ----------------------------------------------------------------

    def seconds(self, earlier: int, later: int) -> float:
        """Time from one segment to another, in seconds; 0 where the capture's clock went back between them."""
        return self._passed_ns(earlier, later) / 1e9

    def _passed_ns(self, earlier: int, later: int) -> int:
        return largest(0, self.time[later] - self.time[earlier])

    def finding(
        self,
        finding: FindingId,
        evidence: Iterable[int],
        severity: Severity,
        confidence: Confidence,
        alternatives: tuple[str, ...] = (),
        **facts: Fact,
    ) -> Finding:
        """A finding whose evidence is given as indexes (-1 is ignored).

        Of a long list only `EVIDENCE_ENDS` at each end are kept.
        """
        indexes = sorted({i for i in evidence if i >= 0})
        if len(indexes) > 2 * EVIDENCE_ENDS:
            indexes = indexes[:EVIDENCE_ENDS] + indexes[-EVIDENCE_ENDS:]
        if not OF_ANY_HEADER[finding]:
            self.evidence.update(indexes)
        packets = tuple(self.frame[i] for i in indexes)
        if "rst_frame" in facts and (text := self.reset_text) and facts["rst_frame"] == self.frame[self.first_reset]:
            facts["reset_text"] = text
        return Finding(finding, self.view.stream, packets, severity, confidence, facts, alternatives)


def _of_siblings(make: Callable[..., _T], siblings: Siblings, stream: int, *arguments: Any) -> _T:
    return make(siblings.of(stream), *arguments)


def _of_payload(make: Callable[[bytes], _T], read_packet: Callable[[int], PacketView], row: int, most: int) -> _T:
    packet = read_packet(row)
    segment = packet.from_transport
    if len(segment) < TCP_HEADER:
        return make(b"")
    begin = 4 * (segment[DATA_OFFSET] >> 4)
    return make(segment[begin : begin + min(most, packet.payload_length)])


def _hardware_sender(read_packet: Callable[[int], PacketView], row: int) -> str:
    packet = read_packet(row)
    address = packet.data[ADDRESS_LENGTH : 2 * ADDRESS_LENGTH]
    return address.hex(":") if packet.link_type == _ETHERNET and len(address) == ADDRESS_LENGTH else ""


def _rounded(gaps_ns: I64) -> I64:
    """``gaps_ns`` to the tenth of a second; what is midway between two is left for whoever makes a text of it."""
    half = _TENTH_NS // 2
    rounded: I64 = np.where(gaps_ns % _TENTH_NS == half, gaps_ns, (gaps_ns + half) // _TENTH_NS * _TENTH_NS)
    return rounded


def _listed(*gaps_ns: I64) -> NDArray[np.object_]:
    """`ConnectionFacts.intervals` of each of many connections, whose gaps are columns."""
    # Of gaps that are rounded alike the text is made once.
    gaps = list(zip(*(_rounded(column).tolist() for column in gaps_ns[:_LISTED]), strict=True))
    more = ", …" if len(gaps_ns) > _LISTED else ""
    texts = {each: ", ".join([f"{gap / 1e9:.1f}" for gap in each]) + more for each in set(gaps)}
    found = np.empty(len(gaps), object)
    found[:] = list(map(texts.__getitem__, gaps))
    return found


def where_captured(connection: ConnectionFacts) -> CapturePoint:
    """The capture point, from the two parts of the handshake (rules/findings.md#capture-point).

    SYN to SYN-ACK is the round trip to the server, SYN-ACK to the third packet the round trip to the
    client.  In a handshake with repeats they may not belong together: then it is often unknown.
    """
    handshake = connection.handshake
    if handshake is None or connection.length[handshake.syn]:
        return CapturePoint.UNKNOWN
    to_server = connection.time[handshake.syn_ack] - connection.time[handshake.syn]
    answered = max(i for i in connection.syns if i < handshake.third and connection.side[i])
    to_client = connection.time[handshake.third] - connection.time[answered]
    repeated = len(connection.syns) != 2
    if repeated and to_server <= NEAR_NS and connection.view.min_rtt_from_server_ns:
        # At the server: the third packet may have left before the repeat that it seems to answer.
        to_client = largest(to_client, connection.view.min_rtt_from_server_ns)
    if repeated and to_server > FIRST_ANSWER_NS:
        # An answer to an earlier SYN, or a slow one to this.  Only a client that confirms at once, far from a server
        # whose acknowledgments take longer, leaves no doubt.
        once = sum(connection.side[i] for i in connection.syns if i < handshake.third) == 1
        far = connection.view.min_rtt_from_client_ns or to_server
        at_client = once and to_client <= NEAR_NS and position_of(far, to_client) is CapturePoint.CLIENT
        return CapturePoint.CLIENT if at_client else CapturePoint.UNKNOWN
    return position_of(to_server, to_client)


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves that a resend was spurious."""

    kind: str
    """``dsack``, ``eifel`` or ``acked-here``."""
    witness: int
    """Index of the ACK that proves it."""
