"""The kernel's state tables column by column, and every enum member that it uses as a plain integer.

numba compiles a module's integers into the machine code as constants, and plain Python reads a global integer faster
than a member of an enum; so the members are spelled out here once, under their own names where these are unique.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Final

from tcptui.analysis.kernel.transitions import Event
from tcptui.analysis.stream.table import Completeness, StreamMark
from tcptui.model.packet_store import OptionBit, RowKind, RowMark
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict


class DirectionColumn(IntEnum):
    """Columns of one direction's state: what one endpoint has sent (`fwd` of its segments, `rev` of the other's).

    Sequence numbers are raw unless they are said to be relative; times are nanoseconds.
    """

    BASE = 0
    """Number that relative ones count from; -1 before it is known."""
    NEXT_SEQ = auto()
    """Number expected next, the highest end sent so far; 0 unknown."""
    NEXT_TIME = auto()
    """When `NEXT_SEQ` last moved on."""
    NEXT_ROW = auto()
    """Row of the segment that moved `NEXT_SEQ` on."""
    MAX_TO_ACK = auto()
    """Highest number that the peer may acknowledge: up to it everything was captured; 0 unknown."""
    LAST_ACK = auto()
    """Acknowledgment number of this direction's last segment."""
    LAST_ACK_TIME = auto()
    """Time of this direction's last segment."""
    NONDUP_ROW = auto()
    """Row of the segment that a duplicate ACK refers to."""
    DUPLICATES = auto()
    """Duplicate ACKs so far of `LAST_ACK`, or `segment.DUPLICATES_RESET`."""
    LAST_VERDICT = auto()
    """Verdict bits of this direction's last segment."""
    WINDOW = auto()
    """Window field of this direction's last segment, never scaled."""
    SCALE = auto()
    """Shift of its windows; -1 unknown, -2 no scaling."""
    FLIGHT_VALID = auto()
    """1 while bytes in flight can be told."""
    PUSH_BYTES = auto()
    """Payload bytes since the last PSH."""
    PUSHED = auto()
    """1 when `PUSH_BYTES` begins anew with the next segment."""
    ONLY_SYNS = auto()
    """1 while only SYNs were sent."""
    SACKED = auto()
    """Sum of the first three SACK blocks' lengths in this direction's last segment."""
    OLDEST = auto()
    """Pool entry of the oldest unacknowledged segment; -1 without one."""
    NEWEST = auto()
    """Pool entry of the newest unacknowledged segment; -1 without one."""
    UNACKED = auto()
    """Length of the list of unacknowledged segments."""
    SORTED = auto()
    """1 while that list is in order of relative numbers."""
    LOWEST = auto()
    """Lowest relative number in that list."""
    HIGHEST = auto()
    """Highest relative end in that list."""
    # TCP state of the end that sends in this direction.
    STATE = auto()
    """`TcpState`."""
    KNOWN = auto()
    """`STATE_PROVED` when the state is proved, else 0."""
    SYN_END = auto()
    """Number after the end's SYN; -1 without one."""
    FIN_END = auto()
    """Number after the end's FIN; -1 without one."""
    FIN_ACKS = auto()
    """Acknowledgment number of that FIN."""
    GOT_FIN = auto()
    """1 when the end has received the peer's FIN, or is assumed to have."""
    PASSIVE = auto()
    """1 when the end came to SYN-RECEIVED from LISTEN."""
    BEFORE_RST = auto()
    """The end's state before a RST closed it; 0 without one."""
    SENT_END = auto()
    """Highest number after anything sent (SND.NXT), RSTs apart; -1 before."""
    OPEN_END = auto()
    """Number after the end's SYN without ACK and its data."""
    EARLY = auto()
    """1 when the end's SYN-ACK acknowledged data of the SYN, so that it may send before the third packet."""
    # Sums for the connection list.
    PAYLOAD = auto()
    """Payload bytes sent, repeats included."""
    MIN_RTT = auto()
    """Smallest time from a segment of this direction to its acknowledgment; 0 without one."""


class StreamColumn(IntEnum):
    """Columns of one stream's state; most are copied to the column of `StreamTable` of like name."""

    FLOW = 0
    NUMBER = auto()
    """The stream's number, ``tcp.stream``."""
    FIRST_ROW = auto()
    LAST_ROW = auto()
    LAST_TIME = auto()
    PACKETS = auto()
    WIRE = auto()
    COMPLETENESS = auto()
    COMPLETENESS_FIRST = auto()
    MARKS = auto()
    VERDICTS = auto()
    TROUBLED = auto()
    IRTT = auto()
    SYN_TIME = auto()
    """Time of the last SYN without ACK; 0 without one."""
    CLIENT = auto()
    """1 when endpoint *b* is the client, 0 when *a* is, by SYN or SYN-ACK; -1 before either."""
    FAST_OPEN = auto()
    """1 when a SYN carried data and a Fast Open cookie."""
    SYN_ACK_TIME = auto()
    """Time of the first SYN-ACK after a SYN; 0 without one."""
    SERVER_WAIT = auto()
    CLIENT_WAIT = auto()


DIRECTION_WIDTH: Final = len(DirectionColumn)
STREAM_WIDTH: Final = len(StreamColumn)
EVENTS: Final = len(Event)

#: Row flags passed beside `RowKind`.
CUT_HEADER: Final = 1
"""Only 16 to 19 bytes of the TCP header captured: counted for later frames, but the frame itself gets no analysis."""
NO_ROOM: Final = 4
"""The header is longer than the IP payload: stream and times only."""
SHORT_HEADER: Final = 8
"""Data offset below five words: analysed for later frames, but the frame itself gets no analysis."""
MPTCP_USE_CHANGED: Final = 512
"""The MPTCP connection was used in another way since this endpoint's last segment: a repeated ACK is no duplicate
(section 5, step 8)."""
#: Row flags with which `analysis.correction` has states judged again.
NOT_RECEIVED: Final = 16
"""The receiver had not received this segment, or had dropped it, when it next sent one."""
FILLS: Final = 32
"""This segment fills the gap before a FIN that had arrived out of order."""
CLOSES: Final = 64
"""The receiver had no socket for this segment, or none any more."""
STALE: Final = 128
"""A duplicate or reordered packet: it says nothing new about its sender."""
OLDER: Final = 256
"""The receiver answered from an older connection with the same ports."""
PADDED: Final = 512
"""The payload is Ethernet padding: it takes no sequence numbers."""
#: Row flag of the decoder: the payload may be padding, so the stream is to be looked at again.
ZERO_FILLED: Final = 1024
#: Somebody else sent the FIN of this row: `Analyzer.replay` takes it away, so that the kernel never sees this flag.
FORGED_FIN: Final = 1 << 20

# numba freezes module constants as plain integers, so the enums are spelled out here.
SYN, FIN, RST, PSH, ACK = (int(f) for f in (TcpFlag.SYN, TcpFlag.FIN, TcpFlag.RST, TcpFlag.PSH, TcpFlag.ACK))
SF: Final = SYN | FIN
SFR: Final = SYN | FIN | RST
TCP, QUOTE = int(RowKind.TCP), int(RowKind.ICMP_QUOTE)
ANALYSED, REBASED = int(RowMark.ANALYSED), int(RowMark.REBASED)
OPT_SCALE, OPT_COOKIE, OPT_UNREADABLE, OPT_EMPTY_SACK = (
    int(o) for o in (OptionBit.WINDOW_SCALE, OptionBit.COOKIE, OptionBit.UNREADABLE, OptionBit.EMPTY_SACK)
)  # fmt: skip

(
    RETRANSMISSION, FAST, SPURIOUS, OUT_OF_ORDER, LOST, ACK_LOST, DUP_ACK, KEEP_ALIVE, KEEP_ALIVE_ACK,
    ZERO_WINDOW, ZERO_PROBE, ZERO_PROBE_ACK, WINDOW_FULL, WINDOW_UPDATE, REUSED, TFO_SYN, TFO_ACK, TFO_IGNORED,
) = (int(v) for v in Verdict)  # fmt: skip
#: Verdicts that mean trouble on the wire, for `StreamTable.troubled`.
TROUBLE: Final = (
    RETRANSMISSION | FAST | SPURIOUS | OUT_OF_ORDER | LOST | ACK_LOST | DUP_ACK
    | ZERO_WINDOW | ZERO_PROBE | WINDOW_FULL
)  # fmt: skip

(
    BASE, NEXT_SEQ, NEXT_TIME, NEXT_ROW, MAX_TO_ACK, LAST_ACK, LAST_ACK_TIME, NONDUP_ROW, DUPLICATES,
    LAST_VERDICT, WINDOW, SCALE, FLIGHT_VALID, PUSH_BYTES, PUSHED, ONLY_SYNS, SACKED, OLDEST, NEWEST,
    UNACKED, SORTED, LOWEST, HIGHEST, STATE, KNOWN, SYN_END, FIN_END, FIN_ACKS, GOT_FIN, PASSIVE,
    BEFORE_RST, SENT_END, OPEN_END, EARLY, PAYLOAD, MIN_RTT,
) = (int(h) for h in DirectionColumn)  # fmt: skip
(
    FLOW, NUMBER, FIRST_ROW, LAST_ROW, LAST_TIME, PACKETS, WIRE, COMPLETENESS, COMPLETENESS_FIRST, MARKS,
    VERDICTS, TROUBLED, IRTT, SYN_TIME, CLIENT, FAST_OPEN, SYN_ACK_TIME, SERVER_WAIT, CLIENT_WAIT,
) = (int(s) for s in StreamColumn)  # fmt: skip
PART_SYN, PART_SYN_ACK, PART_ACK, PART_DATA, PART_FIN, PART_RST = (int(c) for c in Completeness)
MARK_SYN_A, MARK_FIN_A, MARK_RST_A, MARK_DATA_A = (
    int(m) for m in (StreamMark.SYN_A, StreamMark.FIN_A, StreamMark.RST_A, StreamMark.DATA_A)
)  # fmt: skip
MARK_SYN_REPEATED, MARK_QUOTED, MARK_TIME_BACK, MARK_REUSED, MARK_CHALLENGED, MARK_CONTRADICTED = (
    int(m)
    for m in (
        StreamMark.SYN_REPEATED, StreamMark.ICMP_QUOTED, StreamMark.TIME_WENT_BACK, StreamMark.PORT_REUSED,
        StreamMark.SYN_CHALLENGED, StreamMark.CONTRADICTED,
    )
)  # fmt: skip
(
    EVENT_SYN, EVENT_SYN_ACK, EVENT_FIN, EVENT_RST, EVENT_GOT_SYN, EVENT_GOT_SYN_ACK, EVENT_GOT_ACK_OF_SYN,
    EVENT_GOT_FIN, EVENT_GOT_ACK_OF_FIN, EVENT_GOT_RST, _, _,
) = (int(e) for e in Event)  # fmt: skip
(
    UNSEEN, CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT,
    CLOSING, LAST_ACK_STATE, TIME_WAIT,
) = (int(s) for s in TcpState)  # fmt: skip
