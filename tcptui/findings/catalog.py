"""Every finding that can be made, one row each: all that is known of it apart from its rule and its texts.

Which findings belong to a family, need a correct clock or are taught by which case is derived from these rows.
The command line imports this module: it must not import the rules, nor numpy.
"""

from __future__ import annotations

from typing import Final

from tcptui.findings.spec import Family, FindingSpec, Need, WhenEvicted
from tcptui.model.finding import FindingId
from tcptui.model.resend_cause import ResendCause

#: Family by family, in the order in which ``--help`` lists them.
CATALOG: Final = (
    # -- opening
    FindingSpec(FindingId.THREE_WAY_HANDSHAKE, Family.OPENING, "handshake", case="hello-service", ordinary=True),
    FindingSpec(FindingId.SIMULTANEOUS_OPEN, Family.OPENING, "handshake"),
    FindingSpec(FindingId.SYN_RETRANSMISSION, Family.OPENING, "no_answer", needs=Need.BOTH_SIDES,
        explained_by=(FindingId.ACCEPT_QUEUE_FULL, FindingId.CHALLENGE_ACK),
        covered_by=(FindingId.SYN_TIMEOUT, FindingId.CONNECTION_UNREACHABLE), when_evicted=WhenEvicted.UNSETTLED,
        marked=True),
    FindingSpec(FindingId.SYN_TIMEOUT, Family.OPENING, "no_answer", needs=Need.BOTH_SIDES,
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.CONNECTION_REFUSED, Family.OPENING, "no_answer", marked=True),
    FindingSpec(FindingId.CONNECTION_UNREACHABLE, Family.OPENING, "no_answer", term="syn-timeout", marked=True),
    FindingSpec(FindingId.SYN_ACK_RETRANSMISSION, Family.OPENING, "handshake", term="syn-retransmission",
        case="third-ack-ignored", needs=Need.BOTH_SIDES,
        explained_by=(FindingId.THIRD_ACK_LOST, FindingId.ACCEPT_QUEUE_FULL), marked=True),
    FindingSpec(FindingId.THIRD_ACK_LOST, Family.OPENING, "accept_queue", term="three-way-handshake",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK),
    FindingSpec(FindingId.ACCEPT_QUEUE_FULL, Family.OPENING, "accept_queue", term="accept-queue",
        needs=Need.ABSENCE | Need.BOTH_SIDES, explained_by=(FindingId.SYN_TIMEOUT, FindingId.RST_INJECTED)),
    FindingSpec(FindingId.PORT_REUSED, Family.OPENING, "handshake", term="reused-ports",
        explained_by=(FindingId.CHALLENGE_ACK,)),
    FindingSpec(FindingId.CHALLENGE_ACK, Family.OPENING, "challenge_ack", marked=True),
    FindingSpec(FindingId.WINDOW_SCALING_ABSENT, Family.OPENING, "options_absent", term="window-scale"),
    FindingSpec(FindingId.SACK_ABSENT, Family.OPENING, "options_absent", term="sack"),
    FindingSpec(FindingId.TIMESTAMPS_ABSENT, Family.OPENING, "options_absent", term="timestamps"),
    FindingSpec(FindingId.SYN_COOKIES, Family.OPENING, "options_absent", term="syn"),
    FindingSpec(FindingId.PROBE_CONNECTION, Family.OPENING, "reset", term="three-way-handshake",
        when_evicted=WhenEvicted.MAY_CHANGE),
    # -- closing
    FindingSpec(FindingId.FOUR_PACKET_CLOSE, Family.CLOSING, "close", term="close", when_evicted=WhenEvicted.LOCAL,
        ordinary=True),
    FindingSpec(FindingId.THREE_PACKET_CLOSE, Family.CLOSING, "close", term="close", when_evicted=WhenEvicted.LOCAL,
        ordinary=True),
    FindingSpec(FindingId.SIMULTANEOUS_CLOSE, Family.CLOSING, "close", term="close", when_evicted=WhenEvicted.LOCAL),
    FindingSpec(FindingId.HALF_CLOSE, Family.CLOSING, "half_close", when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.CLOSE_WAIT_LEAK, Family.CLOSING, "half_close", term="close-wait",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK, when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.FIN_WAIT_2_TIMEOUT, Family.CLOSING, "reset", term="fin-wait-2", needs=Need.CLOCK,
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.STILL_OPEN, Family.CLOSING, "close", term="close", case="path-lost",
        when_evicted=WhenEvicted.MAY_CHANGE, ordinary=True),
    FindingSpec(FindingId.DATA_AFTER_CLOSE, Family.CLOSING, "reset", term="close", needs=Need.ABSENCE,
        when_evicted=WhenEvicted.LOCAL),
    FindingSpec(FindingId.RST_ABORTIVE_CLOSE, Family.CLOSING, "reset", term="reset",
        needs=Need.ABSENCE | Need.BOTH_SIDES,
        explained_by=(FindingId.RST_UNREAD_DATA, FindingId.KEEP_ALIVE_TIMEOUT, FindingId.PATH_LOST),
        when_evicted=WhenEvicted.LOCAL, marked=True),
    FindingSpec(FindingId.RST_UNREAD_DATA, Family.CLOSING, "reset_unread_data", term="reset",
        needs=Need.ABSENCE | Need.BOTH_SIDES, when_evicted=WhenEvicted.LOCAL, marked=True),
    FindingSpec(FindingId.RST_INJECTED, Family.CLOSING, "reset_injected", term="reset",
        when_evicted=WhenEvicted.LOCAL, marked=True),
    FindingSpec(FindingId.RST_DEAD_CONNECTION, Family.CLOSING, "reset", term="reset", needs=Need.BOTH_SIDES,
        explained_by=(FindingId.ACCEPT_QUEUE_FULL, FindingId.IDLE_CONNECTION_DROPPED), when_evicted=WhenEvicted.LOCAL,
        marked=True),
    # -- liveness
    FindingSpec(FindingId.KEEP_ALIVE, Family.LIVENESS, "keep_alive", case="four-packet-close",
        when_evicted=WhenEvicted.MAY_CHANGE | WhenEvicted.LOCAL),
    FindingSpec(FindingId.KEEP_ALIVE_TIMEOUT, Family.LIVENESS, "keep_alive", term="keep-alive",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK, explained_by=(FindingId.PATH_LOST,),
        when_evicted=WhenEvicted.LOCAL, marked=True),
    FindingSpec(FindingId.PATH_LOST, Family.LIVENESS, "path_lost", needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK,
        covered_by=(FindingId.IDLE_CONNECTION_DROPPED, FindingId.ACCEPT_QUEUE_FULL),
        when_evicted=WhenEvicted.UNSETTLED, marked=True),
    FindingSpec(FindingId.IDLE_CONNECTION_DROPPED, Family.LIVENESS, "path_lost", term="idle-timeout",
        needs=Need.BOTH_SIDES | Need.CLOCK, marked=True),
    # -- loss
    FindingSpec(FindingId.FAST_RETRANSMISSION, Family.LOSS, "retransmission",
        needs=Need.ABSENCE | Need.CLOCK | Need.SINGLE_COPIES, when_evicted=WhenEvicted.LOCAL, marked=True,
        confirms_cause=ResendCause.FAST_RECOVERY),
    FindingSpec(FindingId.RETRANSMISSION_TIMEOUT, Family.LOSS, "retransmission",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK,
        explained_by=(FindingId.ACCEPT_QUEUE_FULL, FindingId.PATH_LOST, FindingId.IDLE_CONNECTION_DROPPED,
            FindingId.PATH_MTU_BLACKHOLE),
        when_evicted=WhenEvicted.LOCAL, marked=True, confirms_cause=ResendCause.RTO),
    FindingSpec(FindingId.TAIL_LOSS, Family.LOSS, "retransmission", needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK,
        explained_by=(FindingId.PATH_LOST, FindingId.IDLE_CONNECTION_DROPPED, FindingId.ACCEPT_QUEUE_FULL),
        when_evicted=WhenEvicted.MAY_CHANGE | WhenEvicted.LOCAL, marked=True,
        confirms_cause=ResendCause.TAIL_LOSS_PROBE),
    FindingSpec(FindingId.LOST_RETRANSMISSION, Family.LOSS, "lost_retransmission", term="retransmission",
        needs=Need.ABSENCE | Need.BOTH_SIDES, when_evicted=WhenEvicted.MAY_CHANGE, marked=True),
    FindingSpec(FindingId.SPURIOUS_RETRANSMISSION, Family.LOSS, "retransmission", needs=Need.SINGLE_COPIES,
        explained_by=(FindingId.PATH_LOST,), when_evicted=WhenEvicted.LOCAL, marked=True),
    FindingSpec(FindingId.RETRANSMISSION_UNEXPLAINED, Family.LOSS, "retransmission", term="retransmission",
        needs=Need.SINGLE_COPIES, when_evicted=WhenEvicted.MAY_CHANGE, marked=True),
    FindingSpec(FindingId.OUT_OF_ORDER, Family.LOSS, "retransmission", needs=Need.CLOCK | Need.SINGLE_COPIES,
        when_evicted=WhenEvicted.LOCAL),
    FindingSpec(FindingId.DUPLICATED_BY_NETWORK, Family.LOSS, "retransmission", term="retransmission",
        case="network-duplicate", when_evicted=WhenEvicted.MAY_CHANGE, confirms_cause=ResendCause.NETWORK_DUPLICATE),
    FindingSpec(FindingId.ACK_LOSS_HARMLESS, Family.LOSS, "ack_loss", term="ack", needs=Need.ABSENCE),
    FindingSpec(FindingId.CHECKSUM_ERROR, Family.LOSS, "checksum", term="checksum", when_evicted=WhenEvicted.LOCAL),
    FindingSpec(FindingId.PATH_MTU_BLACKHOLE, Family.LOSS, "path_lost", term="path-mtu", needs=Need.BOTH_SIDES),
    FindingSpec(FindingId.ECN_CONGESTION, Family.LOSS, "ecn", term="ecn", when_evicted=WhenEvicted.LOCAL),
    # -- speed
    FindingSpec(FindingId.SERVER_THINK_TIME, Family.SPEED, "think_time", term="think-time",
        explained_by=(FindingId.EVENT_STREAM_COMPRESSED, FindingId.EVENT_STREAM_BUFFERED),
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.CLIENT_THINK_TIME, Family.SPEED, "think_time", term="think-time",
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.ZERO_WINDOW, Family.SPEED, "zero_window",
        explained_by=(FindingId.WINDOW_SHRUNK, FindingId.SLOW_RECEIVER), when_evicted=WhenEvicted.LOCAL, marked=True,
        confirms_cause=ResendCause.ZERO_WINDOW_PROBE),
    FindingSpec(FindingId.WINDOW_SHRUNK, Family.SPEED, "window_shrunk", term="window", when_evicted=WhenEvicted.LOCAL),
    FindingSpec(FindingId.SLOW_RECEIVER, Family.SPEED, "receive_window", term="zero-window",
        when_evicted=WhenEvicted.MAY_CHANGE | WhenEvicted.LOCAL),
    FindingSpec(FindingId.RECEIVE_WINDOW_LIMITED, Family.SPEED, "receive_window", term="window",
        explained_by=(FindingId.SLOW_RECEIVER,), when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.SENDER_APPLICATION_LIMITED, Family.SPEED, "transfer_limits", term="application-limited",
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.SEND_BUFFER_LIMITED, Family.SPEED, "transfer_limits", term="send-buffer",
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.NAGLE_DELAYED_ACK, Family.SPEED, "nagle", term="nagle", when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.PATH_LIMITED, Family.SPEED, "transfer_limits", term="congestion-window",
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.QUEUEING_DELAY, Family.SPEED, "transfer_limits", when_evicted=WhenEvicted.MAY_CHANGE),
    # -- trust
    FindingSpec(FindingId.CAPTURE_MISSED_PACKETS, Family.TRUST, "capture_gaps", term="lost-segment",
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.CAPTURE_DROPPED, Family.TRUST, "capture_faults", term="capture-point"),
    FindingSpec(FindingId.CAPTURE_TRUNCATED, Family.TRUST, "capture_faults", term="capture-point"),
    FindingSpec(FindingId.CAPTURE_DUPLICATES, Family.TRUST, "capture_gaps", term="capture-point"),
    FindingSpec(FindingId.CAPTURE_CLOCK_STEP, Family.TRUST, "capture_faults", term="clock-step"),
    FindingSpec(FindingId.CAPTURE_STARTED_MID_STREAM, Family.TRUST, "capture_gaps", term="capture-point",
        ordinary=True),
    FindingSpec(FindingId.ONE_SIDED_CAPTURE, Family.TRUST, "capture_gaps", term="capture-point",
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.OFFLOADED_SEGMENTS, Family.TRUST, "capture_faults", term="offload"),
    # -- application
    FindingSpec(FindingId.HTTP_HEADER_INJECTED_NEWLINE, Family.APPLICATION, "http_length", term="http"),
    FindingSpec(FindingId.HTTP_LENGTH_MISMATCH, Family.APPLICATION, "http_length", term="http"),
    FindingSpec(FindingId.HTTP_ERROR_RESPONSE, Family.APPLICATION, "http", term="http"),
    FindingSpec(FindingId.EVENT_STREAM_COMPRESSED, Family.APPLICATION, "event_stream", term="event-stream"),
    FindingSpec(FindingId.EVENT_STREAM_BUFFERED, Family.APPLICATION, "event_stream", term="event-stream"),
    FindingSpec(FindingId.EVENT_STREAM_INCREMENTAL, Family.APPLICATION, "event_stream", term="event-stream"),
    FindingSpec(FindingId.WEBSOCKET_UPGRADE, Family.APPLICATION, "websocket", term="websocket"),
    FindingSpec(FindingId.WEBSOCKET_ABNORMAL_CLOSE, Family.APPLICATION, "websocket", term="websocket"),
    FindingSpec(FindingId.FILE_DOWNLOAD, Family.APPLICATION, "http", term="http"),
)  # fmt: skip
#: The rows by id.
SPECS: Final = {spec.id: spec for spec in CATALOG}
#: The ids of each family.
FAMILIES: Final = {family: tuple(spec.id for spec in CATALOG if spec.family is family) for family in Family}
MARKED: Final = frozenset(spec.id for spec in CATALOG if spec.marked)
ORDINARY: Final = frozenset(spec.id for spec in CATALOG if spec.ordinary)
#: The finding that confirms each resend cause (`FindingSpec.confirms_cause`).
VOUCHED: Final = {spec.confirms_cause: spec.id for spec in CATALOG if spec.confirms_cause is not None}


def needing(need: Need) -> frozenset[FindingId]:
    """The findings that need ``need`` of the capture."""
    return frozenset(spec.id for spec in CATALOG if need in spec.needs)


def evicted_as(when: WhenEvicted) -> frozenset[FindingId]:
    """The findings that have ``when`` among their eviction flags."""
    return frozenset(spec.id for spec in CATALOG if when in spec.when_evicted)
