"""What a second capture makes of a finding: a table of finding and what the other point shows.

A row exists only where the pair decides something.  What a finding is asked about is in `QUESTIONS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from tcptui.model.finding import FindingId


class Question(Enum):
    """What the other point is asked about the evidence of a finding."""

    FIRST_COPY = auto()
    """Whether the first copy of what was sent again arrived there."""
    SYN = auto()
    """Whether SYNs arrived, and their answers left."""
    THIRD_ACK = auto()
    RESET = auto()
    """Whether the RST passed there."""
    WAIT = auto()
    """How long the wait was there."""
    GAP = auto()
    """Whether it has packets that this capture lacks."""
    ORDER = auto()
    """Whether packets passed there in another order."""
    COPY = auto()
    """Whether it has the second copy."""
    OPTION = auto()
    """Whether the SYN and SYN-ACK had the option there."""


class Shown(StrEnum):
    """What both captures show together; the values are contracts."""

    LOST_BETWEEN = "lost-between"
    ACK_LOST = "ack-lost"
    """What was sent again had arrived; its ACK was lost between the points."""
    ACK_SEEN = "ack-seen"
    """What was sent again had arrived, and its ACK passed both points."""
    NO_ACK = "no-ack"
    """What was sent again had arrived, and nothing acknowledged it there until the next copy."""
    SYN_LOST = "syn-lost"
    SYN_UNANSWERED = "syn-unanswered"
    SYN_ACK_LOST = "syn-ack-lost"
    THIRD_ACK_LOST = "third-ack-lost"
    THIRD_ACK_SEEN = "third-ack-seen"
    RST_BETWEEN = "rst-between"
    """Something between the points sent the RST."""
    RST_SEEN = "rst-seen"
    """It passed both points."""
    WAIT_BEYOND = "wait-beyond"
    WAIT_BETWEEN = "wait-between"
    NOT_CAPTURED = "not-captured"
    REORDERED_BETWEEN = "reordered-between"
    DUPLICATED_BETWEEN = "duplicated-between"
    OPTION_REMOVED = "option-removed"
    OPTION_KEPT = "option-kept"


class Outcome(StrEnum):
    """What becomes of the finding; the values are contracts."""

    CONFIRMED = "confirmed"
    """It is certain."""
    CAUSE_KNOWN = "cause-known"
    """What happened is true, and now certain why."""
    NARROWED = "narrowed"
    """Some causes are excluded."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Row:
    """An outcome, and the keys of alternatives that it refutes."""

    outcome: Outcome
    refuted: tuple[str, ...] = ()
    not_between: tuple[str, ...] = ()
    """Those that are refuted only of what lies between the two points."""


_RESENT: Final = (
    FindingId.FAST_RETRANSMISSION, FindingId.RETRANSMISSION_TIMEOUT, FindingId.TAIL_LOSS,
    FindingId.LOST_RETRANSMISSION, FindingId.RETRANSMISSION_UNEXPLAINED,
)  # fmt: skip
_SYNS: Final = (FindingId.SYN_TIMEOUT, FindingId.SYN_RETRANSMISSION)
_RESETS: Final = (
    FindingId.RST_INJECTED, FindingId.RST_ABORTIVE_CLOSE, FindingId.RST_UNREAD_DATA, FindingId.RST_DEAD_CONNECTION,
    FindingId.CONNECTION_REFUSED,
)  # fmt: skip
_OPTIONS: Final = (FindingId.SACK_ABSENT, FindingId.TIMESTAMPS_ABSENT, FindingId.WINDOW_SCALING_ABSENT)

#: What each finding asks; no other finding is looked at.
QUESTIONS: Final[Mapping[FindingId, Question]] = {
    **dict.fromkeys(_RESENT, Question.FIRST_COPY),
    FindingId.SPURIOUS_RETRANSMISSION: Question.FIRST_COPY,
    FindingId.PATH_LOST: Question.FIRST_COPY,
    **dict.fromkeys(_SYNS, Question.SYN),
    FindingId.THIRD_ACK_LOST: Question.THIRD_ACK,
    FindingId.SYN_ACK_RETRANSMISSION: Question.THIRD_ACK,
    **dict.fromkeys(_RESETS, Question.RESET),
    FindingId.SERVER_THINK_TIME: Question.WAIT,
    FindingId.CAPTURE_MISSED_PACKETS: Question.GAP,
    FindingId.OUT_OF_ORDER: Question.ORDER,
    FindingId.DUPLICATED_BY_NETWORK: Question.COPY,
    **dict.fromkeys(_OPTIONS, Question.OPTION),
}

_ONLY_LATE: Final = ("spurious", "ack-lost", "acks-lost", "slow-answer", "delay-spike", "reordering", "duplicated")
_AT_ANOTHER_END: Final = ("killed", "linger-zero", "not-listening", "load-balancer", "restarted", "unread-data")

TABLE: Final[Mapping[tuple[FindingId, Shown], Row]] = {
    **{(one, Shown.LOST_BETWEEN): Row(Outcome.CAUSE_KNOWN, _ONLY_LATE) for one in _RESENT},
    **{(one, Shown.ACK_LOST): Row(Outcome.CAUSE_KNOWN, ("reordering", "slow-answer", "duplicated")) for one in _RESENT},
    **{(one, Shown.ACK_SEEN): Row(Outcome.NARROWED, (), ("acks-lost", "ack-lost")) for one in _RESENT},
    **{(one, Shown.NO_ACK): Row(Outcome.NARROWED, (), ("acks-lost", "ack-lost")) for one in _RESENT},
    # What is lost between says where the path ends; whether the peer is alive beyond that, nobody knows.
    (FindingId.PATH_LOST, Shown.LOST_BETWEEN): Row(Outcome.CAUSE_KNOWN),
    (FindingId.PATH_LOST, Shown.ACK_LOST): Row(Outcome.CAUSE_KNOWN, ("peer-dead",)),
    (FindingId.PATH_LOST, Shown.NO_ACK): Row(Outcome.NARROWED),
    # The title says that something was lost.
    (FindingId.TAIL_LOSS, Shown.ACK_LOST): Row(Outcome.WITHDRAWN),
    (FindingId.TAIL_LOSS, Shown.ACK_SEEN): Row(Outcome.WITHDRAWN),
    (FindingId.SPURIOUS_RETRANSMISSION, Shown.ACK_LOST): Row(
        Outcome.CAUSE_KNOWN, ("reordering", "delay-spike", "duplicated")
    ),
    (FindingId.SPURIOUS_RETRANSMISSION, Shown.LOST_BETWEEN): Row(Outcome.WITHDRAWN),
    (FindingId.SPURIOUS_RETRANSMISSION, Shown.NO_ACK): Row(Outcome.NARROWED, (), ("acks-lost",)),
    (FindingId.SPURIOUS_RETRANSMISSION, Shown.ACK_SEEN): Row(Outcome.CONFIRMED, (), ("acks-lost",)),
    **{
        (one, Shown.SYN_LOST): Row(
            Outcome.CAUSE_KNOWN,
            ("syn-ack-lost", "accept-queue-full", "server-declined", "host-down", "slow-path", "delay-spike"),
        )
        for one in _SYNS
    },
    **{
        (one, Shown.SYN_ACK_LOST): Row(
            Outcome.CAUSE_KNOWN,
            ("syn-lost", "accept-queue-full", "server-declined", "host-down", "slow-path", "delay-spike"),
        )
        for one in _SYNS
    },
    **{
        (one, Shown.SYN_UNANSWERED): Row(Outcome.NARROWED, (), ("syn-lost", "syn-ack-lost", "firewall-drop"))
        for one in _SYNS
    },
    (FindingId.THIRD_ACK_LOST, Shown.THIRD_ACK_LOST): Row(
        Outcome.CONFIRMED, ("accept-queue-full", "defer-accept", "syn-ack-lost")
    ),
    (FindingId.THIRD_ACK_LOST, Shown.THIRD_ACK_SEEN): Row(Outcome.NARROWED, (), ("third-ack-lost", "syn-ack-lost")),
    (FindingId.THIRD_ACK_LOST, Shown.SYN_ACK_LOST): Row(Outcome.WITHDRAWN),
    (FindingId.SYN_ACK_RETRANSMISSION, Shown.THIRD_ACK_LOST): Row(
        Outcome.CAUSE_KNOWN, ("accept-queue-full", "defer-accept", "syn-ack-lost", "client-gone")
    ),
    (FindingId.SYN_ACK_RETRANSMISSION, Shown.THIRD_ACK_SEEN): Row(
        Outcome.NARROWED, ("client-gone",), ("third-ack-lost", "third-ack-lost-before", "syn-ack-lost")
    ),
    (FindingId.SYN_ACK_RETRANSMISSION, Shown.SYN_ACK_LOST): Row(
        Outcome.CAUSE_KNOWN, ("third-ack-lost", "third-ack-lost-before", "accept-queue-full", "defer-accept")
    ),
    **{(one, Shown.RST_BETWEEN): Row(Outcome.CAUSE_KNOWN, _AT_ANOTHER_END) for one in _RESETS},
    (FindingId.RST_INJECTED, Shown.RST_BETWEEN): Row(Outcome.CONFIRMED, ("two-hosts", "accept-queue-full")),
    **{
        (one, Shown.RST_SEEN): Row(
            Outcome.NARROWED, (), ("rst-injected", "middlebox", "nat-expired", "firewall-reject", "nat-forgot")
        )
        for one in _RESETS
    },
    (FindingId.SERVER_THINK_TIME, Shown.WAIT_BEYOND): Row(Outcome.CONFIRMED),
    (FindingId.SERVER_THINK_TIME, Shown.WAIT_BETWEEN): Row(Outcome.WITHDRAWN),
    (FindingId.CAPTURE_MISSED_PACKETS, Shown.NOT_CAPTURED): Row(Outcome.CONFIRMED),
    (FindingId.OUT_OF_ORDER, Shown.REORDERED_BETWEEN): Row(Outcome.CAUSE_KNOWN, ("resent-early",)),
    (FindingId.OUT_OF_ORDER, Shown.LOST_BETWEEN): Row(Outcome.WITHDRAWN),
    (FindingId.DUPLICATED_BY_NETWORK, Shown.DUPLICATED_BETWEEN): Row(Outcome.CONFIRMED),
    **{(one, Shown.OPTION_REMOVED): Row(Outcome.CAUSE_KNOWN, ("switched-off",)) for one in _OPTIONS},
    **{(one, Shown.OPTION_KEPT): Row(Outcome.NARROWED, (), ("option-stripped",)) for one in _OPTIONS},
}
