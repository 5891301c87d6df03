"""A finding: what the annotator says about a stream, without words.

Words come from the catalogues, from the id and the facts alone (design, section 8).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(IntEnum):
    """How much a finding should worry somebody; ordered."""

    NOTE = 1
    WARNING = 2
    ERROR = 3


class Confidence(Enum):
    """How sure the engine is (findings.md): what the packets exclude."""

    CERTAIN = "certain"
    """The packets exclude every alternative."""
    LIKELY = "likely"
    """The alternatives need a second fault."""
    POSSIBLE = "possible"
    """The alternatives are ordinary."""


class FindingId(StrEnum):
    """Ids of the findings this build can make (contract, design section 8)."""

    THREE_WAY_HANDSHAKE = "three-way-handshake"
    SIMULTANEOUS_OPEN = "simultaneous-open"
    SYN_RETRANSMISSION = "syn-retransmission"
    SYN_TIMEOUT = "syn-timeout"
    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_UNREACHABLE = "connection-unreachable"
    SYN_ACK_RETRANSMISSION = "syn-ack-retransmission"
    PORT_REUSED = "port-reused"
    FOUR_PACKET_CLOSE = "four-packet-close"
    THREE_PACKET_CLOSE = "three-packet-close"
    SIMULTANEOUS_CLOSE = "simultaneous-close"
    STILL_OPEN = "still-open"
    DATA_AFTER_CLOSE = "data-after-close"
    PROBE_CONNECTION = "probe-connection"
    RST_ABORTIVE_CLOSE = "rst-abortive-close"
    RST_INJECTED = "rst-injected"
    RST_DEAD_CONNECTION = "rst-dead-connection"
    KEEP_ALIVE = "keep-alive"
    KEEP_ALIVE_TIMEOUT = "keep-alive-timeout"
    FAST_RETRANSMISSION = "fast-retransmission"
    RETRANSMISSION_TIMEOUT = "retransmission-timeout"
    TAIL_LOSS = "tail-loss"
    SPURIOUS_RETRANSMISSION = "spurious-retransmission"
    RETRANSMISSION_UNEXPLAINED = "retransmission-unexplained"
    OUT_OF_ORDER = "out-of-order"
    DUPLICATED_BY_NETWORK = "duplicated-by-network"
    SERVER_THINK_TIME = "server-think-time"
    CLIENT_THINK_TIME = "client-think-time"
    ZERO_WINDOW = "zero-window"
    WINDOW_SHRUNK = "window-shrunk"
    SLOW_RECEIVER = "slow-receiver"
    RECEIVE_WINDOW_LIMITED = "receive-window-limited"
    SENDER_APPLICATION_LIMITED = "sender-application-limited"
    SEND_BUFFER_LIMITED = "send-buffer-limited"
    NAGLE_DELAYED_ACK = "nagle-delayed-ack"
    PATH_LIMITED = "path-limited"
    QUEUEING_DELAY = "queueing-delay"
    CAPTURE_MISSED_PACKETS = "capture-missed-packets"
    CAPTURE_DUPLICATES = "capture-duplicates"
    CAPTURE_STARTED_MID_STREAM = "capture-started-mid-stream"
    ONE_SIDED_CAPTURE = "one-sided-capture"


Fact = int | float | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement about one stream, with its evidence.

    ``packets`` are 1-based frame numbers in capture order, each of them evidence.
    ``facts`` fill the catalogue's placeholders; times are seconds (float), amounts
    bytes or counts (int).  ``alternatives`` are keys of the catalogue's *what else it
    could be* sentences.
    """

    id: FindingId
    stream: int
    packets: tuple[int, ...]
    severity: Severity
    confidence: Confidence
    facts: Mapping[str, Fact] = field(default_factory=dict)
    alternatives: tuple[str, ...] = ()
