"""What must not stand beside one another: findings that contradict, and alternatives that something rules out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packet_log import SIDE, PacketLog

from tcptui.access.open_capture import view_of
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import FindingId as Id
from tcptui.model.finding import Severity
from tcptui.model.tcp_flags import ACK, RST, SYN

if TYPE_CHECKING:
    from tcptui.model.finding import Finding
    from tcptui.session.session import Session


@dataclass(frozen=True, slots=True)
class Pair:
    """Two findings that cannot both be told of one connection."""

    one: Id
    other: Id
    because: str
    above_note: bool = True
    """Only where both are warnings or errors: as a note, the one is a detail of the other."""
    shapes: tuple[str, ...] = ()
    """Only for these shapes of ``one``; empty: all."""

    def contradict(self, first: Finding, second: Finding) -> bool:
        """Whether these two are such a pair."""
        if (first.id, second.id) != (self.one, self.other) or first is second:
            return False
        if self.shapes and str(first.facts.get("shape", "")) not in self.shapes:
            return False
        return not self.above_note or min(first.severity, second.severity) > Severity.NOTE


_SILENCE: Final = ("", "fin", "alone", "fin-alone")
_CLOSES: Final = (Id.FOUR_PACKET_CLOSE, Id.THREE_PACKET_CLOSE, Id.SIMULTANEOUS_CLOSE)

PAIRS: Final = (
    # Never opened, and opened or spoken to.
    *(Pair(Id.SYN_TIMEOUT, other, "the connection never began", above_note=False)
      for other in (Id.THREE_WAY_HANDSHAKE, Id.CONNECTION_REFUSED, Id.STILL_OPEN, *_CLOSES, Id.SERVER_THINK_TIME,
                    Id.SYN_RETRANSMISSION, Id.CONNECTION_UNREACHABLE, Id.PROBE_CONNECTION, Id.SYN_COOKIES,
                    Id.RST_ABORTIVE_CLOSE)),
    *(Pair(Id.CONNECTION_REFUSED, other, "nothing accepted the connection", above_note=False)
      for other in (Id.THREE_WAY_HANDSHAKE, Id.ACCEPT_QUEUE_FULL, Id.STILL_OPEN, Id.RST_ABORTIVE_CLOSE, *_CLOSES)),
    *(Pair(Id.CONNECTION_UNREACHABLE, other, "nothing of the server came", above_note=False)
      for other in (Id.THREE_WAY_HANDSHAKE, Id.CONNECTION_REFUSED, Id.ACCEPT_QUEUE_FULL)),
    Pair(Id.SIMULTANEOUS_OPEN, Id.THREE_WAY_HANDSHAKE, "a connection opens in one way", above_note=False),
    # Who took the handshake.
    Pair(Id.ACCEPT_QUEUE_FULL, Id.THIRD_ACK_LOST, "one cause for the server's repeats"),
    Pair(Id.ACCEPT_QUEUE_FULL, Id.SYN_ACK_RETRANSMISSION, "one event told twice"),
    Pair(Id.THIRD_ACK_LOST, Id.SYN_ACK_RETRANSMISSION, "one event told twice"),
    Pair(Id.ACCEPT_QUEUE_FULL, Id.PATH_LOST, "a full queue or a dead path", above_note=False),
    Pair(Id.ACCEPT_QUEUE_FULL, Id.RETRANSMISSION_TIMEOUT, "one event told twice"),
    Pair(Id.ACCEPT_QUEUE_FULL, Id.TAIL_LOSS, "one event told twice"),
    Pair(Id.ACCEPT_QUEUE_FULL, Id.SYN_RETRANSMISSION, "one event told twice"),
    # Nobody answers any more.
    Pair(Id.PATH_LOST, Id.IDLE_CONNECTION_DROPPED, "one silence, two causes", above_note=False),
    Pair(Id.PATH_LOST, Id.RETRANSMISSION_TIMEOUT, "one silence told twice"),
    Pair(Id.PATH_LOST, Id.TAIL_LOSS, "one silence told twice"),
    Pair(Id.PATH_LOST, Id.KEEP_ALIVE_TIMEOUT, "one silence told twice"),
    Pair(Id.PATH_LOST, Id.PATH_MTU_BLACKHOLE, "the peer is heard, or it is not"),
    Pair(Id.PATH_LOST, Id.CLOSE_WAIT_LEAK, "the peer's FIN is unanswered by its program, or the peer is gone"),
    *(Pair(Id.PATH_LOST, other, "nothing of the peer came any more", above_note=False, shapes=("", "alone"))
      for other in (Id.RST_INJECTED, Id.RST_DEAD_CONNECTION, Id.FIN_WAIT_2_TIMEOUT)),
    Pair(Id.PATH_LOST, Id.RST_ABORTIVE_CLOSE, "gives up without a reset", above_note=False, shapes=("",)),
    Pair(Id.IDLE_CONNECTION_DROPPED, Id.RETRANSMISSION_TIMEOUT, "one silence told twice"),
    Pair(Id.IDLE_CONNECTION_DROPPED, Id.RST_DEAD_CONNECTION, "one reset told twice"),
    Pair(Id.RETRANSMISSION_TIMEOUT, Id.PATH_MTU_BLACKHOLE, "one recovery told twice"),
    Pair(Id.KEEP_ALIVE_TIMEOUT, Id.RST_ABORTIVE_CLOSE, "one reset told twice"),
    Pair(Id.KEEP_ALIVE_TIMEOUT, Id.KEEP_ALIVE, "what was answered, and what was not",  # one of each side is fine
         shapes=("answers-lost",), above_note=False),
    # One reset, one reason.
    *(Pair(one, other, "one reset, two reasons", above_note=False)
      for one, other in ((Id.RST_ABORTIVE_CLOSE, Id.RST_DEAD_CONNECTION), (Id.RST_ABORTIVE_CLOSE, Id.RST_INJECTED),
                         (Id.RST_DEAD_CONNECTION, Id.RST_INJECTED), (Id.DATA_AFTER_CLOSE, Id.RST_DEAD_CONNECTION),
                         (Id.DATA_AFTER_CLOSE, Id.FIN_WAIT_2_TIMEOUT), (Id.DATA_AFTER_CLOSE, Id.RST_ABORTIVE_CLOSE))),
    Pair(Id.RST_UNREAD_DATA, Id.RST_ABORTIVE_CLOSE, "one reset told twice"),
    Pair(Id.REQUEST_UNANSWERED, Id.DATA_AFTER_CLOSE, "one request told twice"),
    Pair(Id.REQUEST_UNANSWERED, Id.CLOSED_WHILE_IDLE, "pending, and nothing pending", above_note=False,
         shapes=("closed",)),
    # The end.
    *(Pair(Id.STILL_OPEN, other, "somebody has closed", above_note=False)
      for other in (*_CLOSES, Id.CLOSE_WAIT_LEAK, Id.RST_ABORTIVE_CLOSE, Id.DATA_AFTER_CLOSE, Id.HALF_CLOSE,
                    Id.REQUEST_UNANSWERED, Id.FIN_WAIT_2_TIMEOUT, Id.RST_DEAD_CONNECTION, Id.PROBE_CONNECTION)),
    *(Pair(one, other, "a connection closes in one way", above_note=False)
      for one, other in ((_CLOSES[0], _CLOSES[1]), (_CLOSES[0], _CLOSES[2]), (_CLOSES[1], _CLOSES[2]))),
    # Windows, loss and the capture.
    Pair(Id.WINDOW_SHRUNK, Id.ZERO_WINDOW, "one closed window told twice"),
    Pair(Id.SLOW_RECEIVER, Id.ZERO_WINDOW, "one closed window told twice"),
    Pair(Id.SLOW_RECEIVER, Id.RECEIVE_WINDOW_LIMITED, "the program reads at once, or slowly"),
    Pair(Id.CAPTURE_STARTED_MID_STREAM, Id.THREE_WAY_HANDSHAKE, "no SYN was captured", above_note=False),
    *(Pair(Id.ONE_SIDED_CAPTURE, other, "the other direction is not here", above_note=False)
      for other in (Id.THREE_WAY_HANDSHAKE, Id.PATH_LOST, Id.SYN_TIMEOUT, Id.RETRANSMISSION_TIMEOUT, Id.TAIL_LOSS,
                    Id.ACCEPT_QUEUE_FULL, Id.CLOSE_WAIT_LEAK)),
)  # fmt: skip


#: Loud findings that name a cause for packets sent again or for an end: one packet is evidence of one of them.
CAUSES: Final = frozenset({
    Id.SYN_RETRANSMISSION, Id.SYN_TIMEOUT, Id.SYN_ACK_RETRANSMISSION, Id.THIRD_ACK_LOST, Id.ACCEPT_QUEUE_FULL,
    Id.PATH_LOST, Id.IDLE_CONNECTION_DROPPED, Id.KEEP_ALIVE_TIMEOUT, Id.RETRANSMISSION_TIMEOUT, Id.TAIL_LOSS,
    Id.FAST_RETRANSMISSION, Id.SPURIOUS_RETRANSMISSION, Id.RETRANSMISSION_UNEXPLAINED, Id.PATH_MTU_BLACKHOLE,
    Id.RST_ABORTIVE_CLOSE, Id.RST_DEAD_CONNECTION, Id.RST_INJECTED, Id.RST_UNREAD_DATA, Id.DATA_AFTER_CLOSE,
    Id.FIN_WAIT_2_TIMEOUT, Id.CHECKSUM_ERROR, Id.CONNECTION_REFUSED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """What rules an alternative out: the packets, the finding, the capture point of the connection, the capture."""

    log: PacketLog
    finding: Finding
    point: CapturePoint
    session: Session

    def is_at(self, fact: str) -> bool:
        """Whether the capture was made at the end that the fact names."""
        return self.point.value == str(self.finding.facts.get(fact, "none"))


@dataclass(frozen=True, slots=True)
class RuledOut:
    """An alternative, and what shows that it is not the case."""

    alternative: str
    findings: frozenset[Id]
    """Findings for which it is judged; empty: all."""
    because: str
    here: Callable[[Scene], bool]


def _heard_after_first(scene: Scene) -> bool:
    """The peer sent something after the first unanswered segment."""
    first = scene.log.at.get(int(str(scene.finding.facts.get("first_frame", 0))), -1)
    other = scene.finding.facts.get("other")
    if first < 0 or other is None:
        return False
    return any(True for _ in scene.log.of(SIDE[str(other)], first + 1))


def _answered_beside(scene: Scene) -> bool:
    """While the SYNs went unanswered, the server spoke in another connection to the same address and port."""
    log, streams = scene.log, scene.session.streams
    begin, end = log.time[0], log.time[-1]
    for stream in range(streams.count):
        if stream == log.view.stream or streams.server(stream) != log.view.server:
            continue
        beside = view_of(scene.session, stream)
        opened = ((beside.flags & (SYN | RST)) == 0).any()  # a refused SYN is no connection
        spoke = beside.time_ns[beside.from_server]
        if opened and ((spoke > begin) & (spoke <= end)).any():
            return True
    return False


def _syn_here(scene: Scene) -> bool:
    return scene.point is CapturePoint.SERVER


def _at_sender(scene: Scene) -> bool:
    return scene.is_at("sender")


def _at_other(scene: Scene) -> bool:
    return scene.is_at("other")


def _confirmed(scene: Scene) -> bool:
    """The client confirmed the SYN-ACK: it had got it, and lives."""
    log = scene.log
    return any(not log.side[i] and log.flags[i] & (SYN | RST | ACK) == ACK for i in range(log.count))


def _small(scene: Scene) -> bool:
    """No segment that was sent again is larger than what every path carries (RFC 791)."""
    return all(scene.log.length[scene.log.at[f]] <= 536 for f in scene.finding.packets if f in scene.log.at)


_NO_ANSWER: Final = frozenset({Id.SYN_TIMEOUT, Id.SYN_RETRANSMISSION, Id.SYN_ACK_RETRANSMISSION,
                               Id.RST_ABORTIVE_CLOSE, Id.ACCEPT_QUEUE_FULL})  # fmt: skip
#: Those in which no SYN-ACK passed before the SYN was repeated.
_SYN_FINDINGS: Final = frozenset({Id.SYN_TIMEOUT, Id.SYN_RETRANSMISSION})
_RESENT: Final = frozenset({Id.PATH_LOST, Id.RETRANSMISSION_TIMEOUT, Id.KEEP_ALIVE_TIMEOUT, Id.TAIL_LOSS})

RULED_OUT: Final = (
    RuledOut("syn-lost", _NO_ANSWER, "captured at the server, where the SYN arrived", _syn_here),
    RuledOut("syn-ack-lost", _NO_ANSWER, "captured at the client, where the SYN-ACK arrived",
             lambda scene: scene.point is CapturePoint.CLIENT and scene.finding.id not in _SYN_FINDINGS),
    RuledOut("syn-ack-lost", _SYN_FINDINGS, "captured at the server, where none left", _syn_here),
    RuledOut("syn-ack-lost", _NO_ANSWER, "the client confirmed the SYN-ACK before",
             lambda scene: scene.finding.id is Id.RST_ABORTIVE_CLOSE and _confirmed(scene)),
    RuledOut("third-ack-lost", _NO_ANSWER, "captured at the server, where the third packet arrived",
             lambda scene: scene.point is CapturePoint.SERVER and _confirmed(scene)),
    RuledOut("host-down", frozenset(), "its address answered another connection meanwhile", _answered_beside),
    RuledOut("peer-dead", _RESENT, "the peer is heard later", _heard_after_first),
    RuledOut("peer-dead", _RESENT, "captured at the peer, which receives the repeats",
             _at_other),
    RuledOut("path-lost", _RESENT, "the peer is heard later", _heard_after_first),
    RuledOut("one-sided", _RESENT, "the peer is heard later", _heard_after_first),
    RuledOut("path-mtu", frozenset(), "small segments pass every path", _small),
    RuledOut("own-reset-lost", frozenset(), "captured at its sender, which had sent none", _at_sender),
    RuledOut("rst-injected", frozenset({Id.RST_DEAD_CONNECTION}), "captured at the end in whose name it is",
             _at_sender),
    RuledOut("nat-expired", frozenset({Id.RST_DEAD_CONNECTION}), "captured at the end that wrote the reset",
             _at_sender),
    RuledOut("fin-lost-before", frozenset(), "captured at the end whose FIN it would be",
             _at_other),
    RuledOut("acks-lost", frozenset(), "captured at the sender, where the ACK arrived", _at_sender),
    RuledOut("answers-lost", frozenset(), "captured at the sender: nothing is lost behind this point",
             _at_sender),
    RuledOut("resent-early", frozenset(), "captured at the sender: both copies would be here",
             _at_sender),
    RuledOut("recovery", frozenset(), "captured at the sender: the ACKs would be here", _at_sender),
)  # fmt: skip
