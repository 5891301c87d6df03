"""A finding: what a rule concludes about a stream, as data without text.

The catalogues make the text from the id and the facts alone (architecture.md#the-way-of-a-packet).
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
    """How sure the engine is (rules/findings.md#confidence-and-severity): what the packets exclude."""

    CERTAIN = "certain"
    """The packets exclude every alternative."""
    LIKELY = "likely"
    """The alternatives need a second fault."""
    POSSIBLE = "possible"
    """The alternatives are ordinary."""


class FindingId(StrEnum):
    """Ids of the findings this build can make (architecture.md#contracts)."""

    THREE_WAY_HANDSHAKE = "three-way-handshake"
    SIMULTANEOUS_OPEN = "simultaneous-open"
    SYN_RETRANSMISSION = "syn-retransmission"
    SYN_TIMEOUT = "syn-timeout"
    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_UNREACHABLE = "connection-unreachable"
    SYN_ACK_RETRANSMISSION = "syn-ack-retransmission"
    THIRD_ACK_LOST = "third-ack-lost"
    ACCEPT_QUEUE_FULL = "accept-queue-full"
    PORT_REUSED = "port-reused"
    CHALLENGE_ACK = "challenge-ack"
    WINDOW_SCALING_ABSENT = "window-scaling-absent"
    SACK_ABSENT = "sack-absent"
    TIMESTAMPS_ABSENT = "timestamps-absent"
    SYN_COOKIES = "syn-cookies"
    FOUR_PACKET_CLOSE = "four-packet-close"
    THREE_PACKET_CLOSE = "three-packet-close"
    SIMULTANEOUS_CLOSE = "simultaneous-close"
    HALF_CLOSE = "half-close"
    CLOSE_WAIT_LEAK = "close-wait-leak"
    FIN_WAIT_2_TIMEOUT = "fin-wait-2-timeout"
    STILL_OPEN = "still-open"
    DATA_AFTER_CLOSE = "data-after-close"
    REQUEST_UNANSWERED = "request-unanswered"
    PROBE_CONNECTION = "probe-connection"
    RST_ABORTIVE_CLOSE = "rst-abortive-close"
    RST_UNREAD_DATA = "rst-unread-data"
    RST_INJECTED = "rst-injected"
    RST_DEAD_CONNECTION = "rst-dead-connection"
    KEEP_ALIVE = "keep-alive"
    KEEP_ALIVE_TIMEOUT = "keep-alive-timeout"
    PATH_LOST = "path-lost"
    IDLE_CONNECTION_DROPPED = "idle-connection-dropped"
    FAST_RETRANSMISSION = "fast-retransmission"
    RETRANSMISSION_TIMEOUT = "retransmission-timeout"
    TAIL_LOSS = "tail-loss"
    LOST_RETRANSMISSION = "lost-retransmission"
    SPURIOUS_RETRANSMISSION = "spurious-retransmission"
    RETRANSMISSION_UNEXPLAINED = "retransmission-unexplained"
    OUT_OF_ORDER = "out-of-order"
    DUPLICATED_BY_NETWORK = "duplicated-by-network"
    ACK_LOSS_HARMLESS = "ack-loss-harmless"
    CHECKSUM_ERROR = "checksum-error"
    CONTENT_CONFLICT = "content-conflict"
    PATH_MTU_BLACKHOLE = "path-mtu-blackhole"
    PACKET_TOO_BIG = "packet-too-big"
    ECN_CONGESTION = "ecn-congestion"
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
    MOST_OF_THE_TIME = "most-of-the-time"
    CAPTURE_MISSED_PACKETS = "capture-missed-packets"
    CAPTURE_DROPPED = "capture-dropped"
    CAPTURE_TRUNCATED = "capture-truncated"
    CAPTURE_PADDING = "capture-padding"
    CAPTURE_DUPLICATES = "capture-duplicates"
    CAPTURE_CLOCK_STEP = "capture-clock-step"
    CAPTURE_STARTED_MID_STREAM = "capture-started-mid-stream"
    ONE_SIDED_CAPTURE = "one-sided-capture"
    OFFLOADED_SEGMENTS = "offloaded-segments"
    HTTP_HEADER_INJECTED_NEWLINE = "http-header-injected-newline"
    HTTP_TWO_READINGS = "http-two-readings"
    HTTP_LENGTH_MISMATCH = "http-length-mismatch"
    HTTP_ERROR_RESPONSE = "http-error-response"
    HTTP_CONTINUE_AWAITED = "http-continue-awaited"
    EVENT_STREAM_COMPRESSED = "event-stream-compressed"
    EVENT_STREAM_BUFFERED = "event-stream-buffered"
    EVENT_STREAM_INCREMENTAL = "event-stream-incremental"
    WEBSOCKET_UPGRADE = "websocket-upgrade"
    WEBSOCKET_ABNORMAL_CLOSE = "websocket-abnormal-close"
    FILE_DOWNLOAD = "file-download"
    TLS_HANDSHAKE = "tls-handshake"
    TLS_ALERT = "tls-alert"
    TLS_UNFINISHED = "tls-unfinished"
    TLS_PLAIN_TEXT = "tls-plain-text"
    TLS_CERTIFICATE = "tls-certificate"
    TLS_CLIENT_CERTIFICATE = "tls-client-certificate"
    TLS_RESUMPTION_REFUSED = "tls-resumption-refused"
    TLS_FLIGHT_WAITED = "tls-flight-waited"
    TLS_TRUNCATED = "tls-truncated"
    HTTP2_FLOW_CONTROL = "http2-flow-control"
    HTTP2_HEAD_OF_LINE = "http2-head-of-line"
    HTTP2_GOAWAY = "http2-goaway"
    HTTP2_RESET_FLOOD = "http2-reset-flood"
    HTTP2_SLOW_STREAM = "http2-slow-stream"
    HTTP2_STREAMS_LIMIT = "http2-streams-limit"
    GRPC_DEADLINE = "grpc-deadline"
    SLOW_QUERY = "slow-query"
    ASKED_TO_WAIT = "asked-to-wait"
    MANY_ROUND_TRIPS = "many-round-trips"
    DATABASE_ERRORS = "database-errors"
    CLOSED_WHILE_IDLE = "closed-while-idle"
    LOCK_WAIT = "lock-wait"
    IDLE_IN_TRANSACTION = "idle-in-transaction"
    TOO_MANY_CONNECTIONS = "too-many-connections"
    RESULT_NOT_READ = "result-not-read"
    DATABASE_ENCRYPTION = "database-encryption"
    PROTOCOL_MISMATCH = "protocol-mismatch"
    QUERY_CANCELLED = "query-cancelled"
    MQTT_SESSION_ENDED = "mqtt-session-ended"
    AMQP_CLOSED = "amqp-closed"
    COMMON_STALL = "common-stall"
    MANY_TARGETS = "many-targets"
    HOST_SILENT = "host-silent"
    PORT_SILENT = "port-silent"
    ANSWERED_ELSEWHERE = "answered-elsewhere"
    SELECTIVE_SYNS = "selective-syns"
    PORT_REFUSED = "port-refused"
    SERVER_RESTARTED = "server-restarted"
    REPEATED_RESETS = "repeated-resets"
    LISTENER_OVERFLOW = "listener-overflow"
    SLOW_SERVER = "slow-server"
    LOSSY_HOST = "lossy-host"
    IDLE_FLOWS_DROPPED = "idle-flows-dropped"
    PATH_MTU_SHARED = "path-mtu-shared"
    CONNECTION_CHURN = "connection-churn"
    LOGINS_REFUSED = "logins-refused"
    HTTP2_GOAWAY_STORM = "http2-goaway-storm"
    DNS_DETOUR = "dns-detour"
    SACK_MANGLED = "sack-mangled"
    SYN_FLOOD = "syn-flood"
    SLOWLORIS = "slowloris"
    DNS_LOOKUP = "dns-lookup"
    NEIGHBOUR_SILENT = "neighbour-silent"
    ICMP_ERROR = "icmp-error"


class OwnId(str):
    """Id of a finding that a user has defined, with the words for it."""

    words: Mapping[str, tuple[str, str]]
    """Title and sentence by language (``en`` is always there), as safe text."""

    def __new__(cls, name: str, words: Mapping[str, tuple[str, str]]) -> OwnId:
        """``name``: the id; ``words``: the attribute of that name."""
        made = super().__new__(cls, name)
        made.words = words
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, tuple[str, str]]]:  # type: ignore[override]  # str's has one
        return str(self), self.words

    @property
    def value(self) -> str:
        """The id alone, as that of `FindingId`."""
        return str(self)


#: Ids of findings, whoever defined them.
AnyId = FindingId | OwnId

Fact = int | float | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement about one stream, with its evidence.

    ``packets`` are 1-based frame numbers in capture order, each of them evidence.
    ``facts`` fill the catalogue's placeholders; times are seconds (float), amounts
    bytes or counts (int).  ``alternatives`` are keys of the catalogue's *what else it
    could be* sentences.
    """

    id: AnyId
    stream: int
    packets: tuple[int, ...]
    severity: Severity
    confidence: Confidence
    facts: Mapping[str, Fact] = field(default_factory=dict)
    alternatives: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[type[Finding], tuple[object, ...]]:
        # Worker processes send findings by the hundred thousand, and a dataclass's own way sets field by field.
        told = self.id, self.stream, self.packets, self.severity, self.confidence, self.facts, self.alternatives
        return Finding, told


@dataclass(frozen=True, slots=True)
class CaptureFinding:
    """One statement about the capture as a whole: an event that several connections show."""

    finding: Finding
    """What is said; its ``stream`` is `NO_STREAM`."""
    streams: tuple[int, ...]
    """The connections that show it, ascending."""
    echoes: tuple[int, ...]
    """Those of them that have no other trouble: their own warnings and errors only repeat this one."""
    since_ns: int
    """When it began, in nanoseconds since the epoch."""
    seconds_lost: float
    """What it cost all of them together, at least."""
    repeated: Mapping[int, frozenset[AnyId]] = field(default_factory=dict)
    """By connection of `streams` that has other trouble: which of its own warnings and errors only repeat this one."""
