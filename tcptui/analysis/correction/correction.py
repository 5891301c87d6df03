"""A packet that did not do what was assumed of it, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto


class Reason(IntEnum):
    """How it is known that a packet did not do what was assumed of it."""

    NO_THIRD_PACKET = 0
    """The other end sent its SYN-ACK again."""
    NO_ANSWER = auto()
    """The other end sent its SYN again."""
    ASKED_AGAIN = auto()
    """The other end sent its SYN again after this refusal."""
    REFUSED = auto()
    """The SYN was answered by a RST."""
    UNANSWERED = auto()
    """Nothing came back for this SYN, or an ICMP error."""
    OLDER_CONNECTION = auto()
    """The SYN was answered out of an older connection."""
    NOT_ACCEPTED = auto()
    """At the server: it never acknowledged what came after the handshake."""
    NO_EFFECT = auto()
    """It came to the end at which the capture was made, and changed nothing there."""
    CROSSED = auto()
    """The other end's next packet does not acknowledge this FIN: it had left before."""
    FIN_LOST = auto()
    """The FIN was sent again, and only then acknowledged."""
    ACK_LOST = auto()
    """The other end sent its FIN again."""
    TALKED_ON = auto()
    """The other end went on after this RST."""
    NO_SOCKET = auto()
    """The other end answered by a RST that no connection sends."""
    FOREIGN = auto()
    """Its sender went on after "its" RST, or the RST came another way: somebody else sent it."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One packet whose effect was judged otherwise in hindsight; numbers are indexes into the view."""

    index: int
    of_server: bool
    """Whose state is meant."""
    reason: Reason
    evidence: int
    """The packet that shows it; -1 when it is silence."""
