"""The result of hindsight: a packet that did not have the effect assumed of it, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto


class Reason(IntEnum):
    """How it is known that a packet did not have the effect assumed of it."""

    NO_THIRD_PACKET = 0
    """The packet's receiver sent its SYN-ACK again."""
    NO_ANSWER = auto()
    """The packet's receiver sent its SYN again."""
    ASKED_AGAIN = auto()
    """The packet, a RST, refused a SYN, and its receiver sent the SYN again."""
    REFUSED = auto()
    """The SYN was answered by a RST."""
    UNANSWERED = auto()
    """Nothing came back for this SYN, or an ICMP error."""
    OLDER_CONNECTION = auto()
    """The SYN was answered out of an older connection."""
    NOT_ACCEPTED = auto()
    """In a capture at the server: the server never acknowledged what came after the handshake."""
    NO_EFFECT = auto()
    """The packet arrived at the end at which the capture was made, and changed nothing there."""
    CROSSED = auto()
    """The receiver's next packet does not acknowledge this FIN: it was sent before the FIN arrived."""
    FIN_LOST = auto()
    """The FIN was sent again, and only then acknowledged."""
    ACK_LOST = auto()
    """The packet's receiver sent its FIN again."""
    TALKED_ON = auto()
    """The receiver of this RST went on sending."""
    NO_SOCKET = auto()
    """The packet's receiver answered by a RST that no connection sends."""
    FOREIGN = auto()
    """The apparent sender of this RST went on sending, or the RST came by another route: somebody else sent it."""
    FOREIGN_FIN = auto()
    """The apparent sender of this FIN sent more bytes, which the other end took: somebody else sent the FIN."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One packet whose effect is judged otherwise in hindsight; numbers are indexes into the view."""

    index: int
    of_server: bool
    """Whether the packet was assumed to change the server's state, not the client's."""
    reason: Reason
    evidence: int
    """The packet that shows it; -1 when it is silence."""
