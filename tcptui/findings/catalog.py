"""Every finding that can be made, one row each: all that is known of it apart from its rule and its texts.

Which findings belong to a family, need a correct clock or are taught by which case is derived from these rows.
The command line imports this module: it must not import the rules, nor numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.spec import Family, FindingSpec, Need, WhenEvicted
from tcptui.model.finding import FindingId
from tcptui.model.resend_cause import ResendCause

if TYPE_CHECKING:
    from tcptui.model.finding import AnyId

#: Family by family, in the order in which ``--help`` lists them.
CATALOG: Final = (
    # -- opening
    FindingSpec(FindingId.THREE_WAY_HANDSHAKE, Family.OPENING, "handshake", case="hello-service", ordinary=True),
    FindingSpec(FindingId.SIMULTANEOUS_OPEN, Family.OPENING, "handshake", names_cause=True),
    FindingSpec(FindingId.SYN_RETRANSMISSION, Family.OPENING, "no_answer", needs=Need.BOTH_SIDES | Need.BARE_ACKS,
        explained_by=(FindingId.ACCEPT_QUEUE_FULL, FindingId.CHALLENGE_ACK),
        covered_by=(FindingId.SYN_TIMEOUT, FindingId.CONNECTION_UNREACHABLE), when_evicted=WhenEvicted.UNSETTLED,
        marked=True, lost="delay_s"),
    FindingSpec(FindingId.SYN_TIMEOUT, Family.OPENING, "no_answer", needs=Need.BOTH_SIDES | Need.BARE_ACKS,
        when_evicted=WhenEvicted.MAY_CHANGE, lost="tried_s"),
    FindingSpec(FindingId.CONNECTION_REFUSED, Family.OPENING, "no_answer", marked=True, lost="answer_s"),
    FindingSpec(FindingId.CONNECTION_UNREACHABLE, Family.OPENING, "no_answer", term="syn-timeout", marked=True,
        lost="answer_s"),
    FindingSpec(FindingId.SYN_ACK_RETRANSMISSION, Family.OPENING, "handshake", term="syn-retransmission",
        case="third-ack-ignored", needs=Need.BOTH_SIDES | Need.BARE_ACKS,
        explained_by=(FindingId.THIRD_ACK_LOST, FindingId.ACCEPT_QUEUE_FULL), marked=True, lost="delay_s"),
    FindingSpec(FindingId.THIRD_ACK_LOST, Family.OPENING, "accept_queue", term="three-way-handshake",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK | Need.BARE_ACKS, lost="delay_s", names_cause=True),
    FindingSpec(FindingId.ACCEPT_QUEUE_FULL, Family.OPENING, "accept_queue", term="accept-queue",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.BARE_ACKS,
        explained_by=(FindingId.SYN_TIMEOUT, FindingId.RST_INJECTED), lost="lasted_s", names_cause=True),
    FindingSpec(FindingId.PORT_REUSED, Family.OPENING, "handshake", term="reused-ports",
        explained_by=(FindingId.CHALLENGE_ACK,), names_cause=True),
    FindingSpec(FindingId.CHALLENGE_ACK, Family.OPENING, "challenge_ack", marked=True, lost="delay_s"),
    FindingSpec(FindingId.WINDOW_SCALING_ABSENT, Family.OPENING, "options_absent", term="window-scale"),
    FindingSpec(FindingId.SACK_ABSENT, Family.OPENING, "options_absent", term="sack"),
    FindingSpec(FindingId.TIMESTAMPS_ABSENT, Family.OPENING, "options_absent", term="timestamps"),
    FindingSpec(FindingId.SYN_COOKIES, Family.OPENING, "options_absent", term="syn", names_cause=True),
    FindingSpec(FindingId.PROBE_CONNECTION, Family.OPENING, "reset", term="three-way-handshake",
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    # -- closing
    FindingSpec(FindingId.FOUR_PACKET_CLOSE, Family.CLOSING, "close", term="close", when_evicted=WhenEvicted.LOCAL,
        ordinary=True),
    FindingSpec(FindingId.THREE_PACKET_CLOSE, Family.CLOSING, "close", term="close", when_evicted=WhenEvicted.LOCAL,
        ordinary=True),
    FindingSpec(FindingId.SIMULTANEOUS_CLOSE, Family.CLOSING, "close", term="close", when_evicted=WhenEvicted.LOCAL),
    FindingSpec(FindingId.HALF_CLOSE, Family.CLOSING, "half_close", when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.CLOSE_WAIT_LEAK, Family.CLOSING, "half_close", term="close-wait",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK | Need.BARE_ACKS, when_evicted=WhenEvicted.MAY_CHANGE,
        names_cause=True),
    FindingSpec(FindingId.FIN_WAIT_2_TIMEOUT, Family.CLOSING, "reset", term="fin-wait-2",
        needs=Need.CLOCK | Need.BARE_ACKS,
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    FindingSpec(FindingId.STILL_OPEN, Family.CLOSING, "close", term="close", case="path-lost",
        when_evicted=WhenEvicted.MAY_CHANGE, ordinary=True),
    FindingSpec(FindingId.DATA_AFTER_CLOSE, Family.CLOSING, "reset", term="close", needs=Need.ABSENCE | Need.BARE_ACKS,
        explained_by=(FindingId.CLOSED_WHILE_IDLE,),
        when_evicted=WhenEvicted.LOCAL),
    FindingSpec(FindingId.RST_ABORTIVE_CLOSE, Family.CLOSING, "reset", term="reset",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.BARE_ACKS,
        explained_by=(FindingId.RST_UNREAD_DATA, FindingId.KEEP_ALIVE_TIMEOUT, FindingId.PATH_LOST,
            FindingId.TLS_UNFINISHED),
        when_evicted=WhenEvicted.LOCAL, marked=True),
    FindingSpec(FindingId.RST_UNREAD_DATA, Family.CLOSING, "reset_unread_data", term="reset",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.BARE_ACKS, explained_by=(FindingId.TLS_UNFINISHED,),
        when_evicted=WhenEvicted.LOCAL, marked=True, names_cause=True),
    FindingSpec(FindingId.RST_INJECTED, Family.CLOSING, "reset_injected", needs=Need.BARE_ACKS, term="reset",
        when_evicted=WhenEvicted.LOCAL, marked=True, names_cause=True),
    FindingSpec(FindingId.RST_DEAD_CONNECTION, Family.CLOSING, "reset", term="reset",
        needs=Need.BOTH_SIDES | Need.BARE_ACKS,
        explained_by=(FindingId.ACCEPT_QUEUE_FULL, FindingId.IDLE_CONNECTION_DROPPED), when_evicted=WhenEvicted.LOCAL,
        marked=True, names_cause=True),
    # -- liveness
    FindingSpec(FindingId.KEEP_ALIVE, Family.LIVENESS, "keep_alive", case="four-packet-close",
        when_evicted=WhenEvicted.MAY_CHANGE | WhenEvicted.LOCAL),
    FindingSpec(FindingId.KEEP_ALIVE_TIMEOUT, Family.LIVENESS, "keep_alive", term="keep-alive",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK | Need.BARE_ACKS, explained_by=(FindingId.PATH_LOST,),
        when_evicted=WhenEvicted.LOCAL, marked=True, lost="silent_s"),
    FindingSpec(FindingId.PATH_LOST, Family.LIVENESS, "path_lost",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK | Need.BARE_ACKS,
        covered_by=(FindingId.IDLE_CONNECTION_DROPPED, FindingId.ACCEPT_QUEUE_FULL),
        when_evicted=WhenEvicted.UNSETTLED, marked=True, lost="tried_s", names_cause=True),
    FindingSpec(FindingId.IDLE_CONNECTION_DROPPED, Family.LIVENESS, "path_lost", term="idle-timeout",
        needs=Need.BOTH_SIDES | Need.CLOCK | Need.BARE_ACKS, marked=True, lost="silent_s", names_cause=True),
    # -- loss
    FindingSpec(FindingId.FAST_RETRANSMISSION, Family.LOSS, "retransmission",
        needs=Need.ABSENCE | Need.CLOCK | Need.SINGLE_COPIES | Need.BARE_ACKS, when_evicted=WhenEvicted.LOCAL,
        marked=True,
        confirms_cause=ResendCause.FAST_RECOVERY, lost="recovery_s", names_cause=True),
    FindingSpec(FindingId.RETRANSMISSION_TIMEOUT, Family.LOSS, "retransmission",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK | Need.BARE_ACKS,
        explained_by=(FindingId.ACCEPT_QUEUE_FULL, FindingId.PATH_LOST, FindingId.IDLE_CONNECTION_DROPPED,
            FindingId.PATH_MTU_BLACKHOLE),
        when_evicted=WhenEvicted.LOCAL, marked=True, confirms_cause=ResendCause.RTO, lost="total_s"),
    FindingSpec(FindingId.TAIL_LOSS, Family.LOSS, "retransmission",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK | Need.BARE_ACKS,
        explained_by=(FindingId.PATH_LOST, FindingId.IDLE_CONNECTION_DROPPED, FindingId.ACCEPT_QUEUE_FULL),
        when_evicted=WhenEvicted.MAY_CHANGE | WhenEvicted.LOCAL, marked=True,
        confirms_cause=ResendCause.TAIL_LOSS_PROBE, lost="waited_s", names_cause=True),
    FindingSpec(FindingId.LOST_RETRANSMISSION, Family.LOSS, "lost_retransmission", term="retransmission",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.BARE_ACKS, when_evicted=WhenEvicted.MAY_CHANGE, marked=True,
        lost="total_s", names_cause=True),
    FindingSpec(FindingId.SPURIOUS_RETRANSMISSION, Family.LOSS, "retransmission",
        needs=Need.BARE_ACKS | Need.SINGLE_COPIES,
        explained_by=(FindingId.PATH_LOST,), when_evicted=WhenEvicted.LOCAL, marked=True),
    FindingSpec(FindingId.RETRANSMISSION_UNEXPLAINED, Family.LOSS, "retransmission", term="retransmission",
        needs=Need.BOTH_SIDES | Need.SINGLE_COPIES | Need.BARE_ACKS,
        explained_by=(FindingId.PATH_LOST, FindingId.IDLE_CONNECTION_DROPPED),
        when_evicted=WhenEvicted.MAY_CHANGE, marked=True),
    FindingSpec(FindingId.OUT_OF_ORDER, Family.LOSS, "retransmission",
        needs=Need.CLOCK | Need.SINGLE_COPIES | Need.BARE_ACKS,
        when_evicted=WhenEvicted.LOCAL, names_cause=True),
    FindingSpec(FindingId.DUPLICATED_BY_NETWORK, Family.LOSS, "retransmission", term="retransmission",
        case="network-duplicate", when_evicted=WhenEvicted.MAY_CHANGE, confirms_cause=ResendCause.NETWORK_DUPLICATE,
        names_cause=True),
    FindingSpec(FindingId.ACK_LOSS_HARMLESS, Family.LOSS, "ack_loss", term="ack", needs=Need.ABSENCE | Need.BARE_ACKS,
        names_cause=True),
    FindingSpec(FindingId.CHECKSUM_ERROR, Family.LOSS, "checksum", term="checksum", when_evicted=WhenEvicted.LOCAL,
        lost="again_s", names_cause=True),
    FindingSpec(FindingId.PATH_MTU_BLACKHOLE, Family.LOSS, "path_lost", term="path-mtu",
        needs=Need.BOTH_SIDES | Need.BARE_ACKS, lost="lasted_s", names_cause=True),
    FindingSpec(FindingId.ECN_CONGESTION, Family.LOSS, "ecn", term="ecn", when_evicted=WhenEvicted.LOCAL),
    # -- speed
    FindingSpec(FindingId.SERVER_THINK_TIME, Family.SPEED, "think_time", term="think-time",
        explained_by=(FindingId.EVENT_STREAM_COMPRESSED, FindingId.EVENT_STREAM_BUFFERED),
        covered_by=(FindingId.SLOW_QUERY, FindingId.ASKED_TO_WAIT),
        when_evicted=WhenEvicted.MAY_CHANGE, lost="total_s", names_cause=True),
    FindingSpec(FindingId.CLIENT_THINK_TIME, Family.SPEED, "think_time", term="think-time",
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    FindingSpec(FindingId.ZERO_WINDOW, Family.SPEED, "zero_window", needs=Need.BARE_ACKS,
        explained_by=(FindingId.WINDOW_SHRUNK, FindingId.SLOW_RECEIVER), when_evicted=WhenEvicted.LOCAL, marked=True,
        confirms_cause=ResendCause.ZERO_WINDOW_PROBE, lost="total_s"),
    FindingSpec(FindingId.WINDOW_SHRUNK, Family.SPEED, "window_shrunk", needs=Need.BARE_ACKS, term="window",
        when_evicted=WhenEvicted.LOCAL),
    FindingSpec(FindingId.SLOW_RECEIVER, Family.SPEED, "receive_window", needs=Need.BARE_ACKS, term="zero-window",
        when_evicted=WhenEvicted.MAY_CHANGE | WhenEvicted.LOCAL, lost="total_s", names_cause=True),
    FindingSpec(FindingId.RECEIVE_WINDOW_LIMITED, Family.SPEED, "receive_window", needs=Need.BARE_ACKS, term="window",
        explained_by=(FindingId.SLOW_RECEIVER,), when_evicted=WhenEvicted.MAY_CHANGE,
        lost="limited_s", names_cause=True),
    FindingSpec(FindingId.SENDER_APPLICATION_LIMITED, Family.SPEED, "transfer_limits", needs=Need.BARE_ACKS,
        term="application-limited",
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    FindingSpec(FindingId.SEND_BUFFER_LIMITED, Family.SPEED, "transfer_limits", needs=Need.BARE_ACKS,
        term="send-buffer",
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    FindingSpec(FindingId.NAGLE_DELAYED_ACK, Family.SPEED, "nagle", needs=Need.BARE_ACKS, term="nagle",
        when_evicted=WhenEvicted.MAY_CHANGE, lost="total_s", names_cause=True),
    FindingSpec(FindingId.PATH_LIMITED, Family.SPEED, "transfer_limits", needs=Need.BARE_ACKS, term="congestion-window",
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    FindingSpec(FindingId.QUEUEING_DELAY, Family.SPEED, "transfer_limits", needs=Need.BARE_ACKS,
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    # -- trust
    FindingSpec(FindingId.CAPTURE_MISSED_PACKETS, Family.TRUST, "capture_gaps", term="lost-segment",
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    FindingSpec(FindingId.CAPTURE_DROPPED, Family.TRUST, "capture_faults", term="capture-point"),
    FindingSpec(FindingId.CAPTURE_TRUNCATED, Family.TRUST, "capture_faults", term="capture-point"),
    FindingSpec(FindingId.CAPTURE_PADDING, Family.TRUST, "capture_faults", term="capture-point",
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.CAPTURE_DUPLICATES, Family.TRUST, "capture_gaps", term="capture-point", names_cause=True),
    FindingSpec(FindingId.CAPTURE_CLOCK_STEP, Family.TRUST, "capture_faults", term="clock-step", names_cause=True),
    FindingSpec(FindingId.CAPTURE_STARTED_MID_STREAM, Family.TRUST, "capture_gaps", term="capture-point",
        ordinary=True),
    FindingSpec(FindingId.ONE_SIDED_CAPTURE, Family.TRUST, "capture_gaps", term="capture-point",
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    FindingSpec(FindingId.OFFLOADED_SEGMENTS, Family.TRUST, "capture_faults", term="offload"),
    # -- application
    FindingSpec(FindingId.HTTP_HEADER_INJECTED_NEWLINE, Family.APPLICATION, "http_length", term="http",
        names_cause=True),
    FindingSpec(FindingId.HTTP_LENGTH_MISMATCH, Family.APPLICATION, "http_length", term="http"),
    FindingSpec(FindingId.HTTP_ERROR_RESPONSE, Family.APPLICATION, "http", term="http"),
    FindingSpec(FindingId.EVENT_STREAM_COMPRESSED, Family.APPLICATION, "event_stream", term="event-stream",
        lost="waited_s", names_cause=True),
    FindingSpec(FindingId.EVENT_STREAM_BUFFERED, Family.APPLICATION, "event_stream", term="event-stream",
        lost="waited_s", names_cause=True),
    FindingSpec(FindingId.EVENT_STREAM_INCREMENTAL, Family.APPLICATION, "event_stream", term="event-stream"),
    FindingSpec(FindingId.WEBSOCKET_UPGRADE, Family.APPLICATION, "websocket", term="websocket"),
    FindingSpec(FindingId.WEBSOCKET_ABNORMAL_CLOSE, Family.APPLICATION, "websocket", term="websocket"),
    FindingSpec(FindingId.FILE_DOWNLOAD, Family.APPLICATION, "http", term="http"),
    FindingSpec(FindingId.TLS_HANDSHAKE, Family.APPLICATION, "tls_handshake", term="tls"),
    FindingSpec(FindingId.TLS_ALERT, Family.APPLICATION, "tls", term="tls", names_cause=True),
    FindingSpec(FindingId.TLS_UNFINISHED, Family.APPLICATION, "tls_unfinished", term="tls",
        needs=Need.ABSENCE | Need.BOTH_SIDES | Need.CLOCK | Need.BARE_ACKS,
        explained_by=(FindingId.RST_INJECTED, FindingId.PATH_LOST, FindingId.PATH_MTU_BLACKHOLE,
            FindingId.RETRANSMISSION_TIMEOUT, FindingId.ACCEPT_QUEUE_FULL),
        when_evicted=WhenEvicted.MAY_CHANGE, lost="silent_s"),
    FindingSpec(FindingId.TLS_PLAIN_TEXT, Family.APPLICATION, "tls_plain_text", term="tls", needs=Need.BOTH_SIDES,
        names_cause=True),
    FindingSpec(FindingId.TLS_CERTIFICATE, Family.APPLICATION, "tls_certificate", term="tls", needs=Need.CLOCK,
        when_evicted=WhenEvicted.MAY_CHANGE, names_cause=True),
    FindingSpec(FindingId.TLS_CLIENT_CERTIFICATE, Family.APPLICATION, "tls_client_certificate", term="tls",
        case="tls-resumption-refused", when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.TLS_RESUMPTION_REFUSED, Family.APPLICATION, "tls_resumption", term="tls"),
    FindingSpec(FindingId.TLS_FLIGHT_WAITED, Family.APPLICATION, "tls_flight", term="tls",
        case="tls-resumption-refused", needs=Need.CLOCK | Need.SINGLE_COPIES, lost="waited_s", names_cause=True),
    FindingSpec(FindingId.TLS_TRUNCATED, Family.APPLICATION, "tls_truncated", term="tls",
        needs=Need.ABSENCE),
    FindingSpec(FindingId.HTTP2_FLOW_CONTROL, Family.APPLICATION, "http2_flow_control", term="http2",
        when_evicted=WhenEvicted.MAY_CHANGE, lost="total_s"),
    FindingSpec(FindingId.HTTP2_HEAD_OF_LINE, Family.APPLICATION, "http2_blocked", term="http2",
        needs=Need.CLOCK | Need.SINGLE_COPIES | Need.BARE_ACKS, names_cause=True),
    FindingSpec(FindingId.HTTP2_GOAWAY, Family.APPLICATION, "http2_goaway", term="http2",
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.HTTP2_RESET_FLOOD, Family.APPLICATION, "http2_streams", term="http2", case="http2-goaway"),
    FindingSpec(FindingId.HTTP2_SLOW_STREAM, Family.APPLICATION, "http2_slow_stream", term="http2",
        case="grpc-deadline", when_evicted=WhenEvicted.MAY_CHANGE, lost="wait_s"),
    FindingSpec(FindingId.HTTP2_STREAMS_LIMIT, Family.APPLICATION, "http2_streams", term="http2",
        when_evicted=WhenEvicted.MAY_CHANGE, lost="full_s", names_cause=True),
    FindingSpec(FindingId.GRPC_DEADLINE, Family.APPLICATION, "grpc_deadline", term="http2",
        lost="waited_s"),
    FindingSpec(FindingId.SLOW_QUERY, Family.APPLICATION, "slow_query", term="statement", needs=Need.CLOCK,
        when_evicted=WhenEvicted.MAY_CHANGE, lost="total_s"),
    FindingSpec(FindingId.ASKED_TO_WAIT, Family.APPLICATION, "slow_query", term="statement", case="slow-query"),
    FindingSpec(FindingId.MANY_ROUND_TRIPS, Family.APPLICATION, "round_trips", term="statement", needs=Need.CLOCK,
        when_evicted=WhenEvicted.MAY_CHANGE, lost="saved_s"),
    FindingSpec(FindingId.DATABASE_ERRORS, Family.APPLICATION, "database_errors", term="statement",
        when_evicted=WhenEvicted.MAY_CHANGE),
    FindingSpec(FindingId.CLOSED_WHILE_IDLE, Family.APPLICATION, "closed_idle", term="close",
        needs=Need.BOTH_SIDES | Need.CLOCK, when_evicted=WhenEvicted.MAY_CHANGE),
    # -- capture
    FindingSpec(FindingId.COMMON_STALL, Family.CAPTURE, "whole_capture/stall", term="stall",
        lost="lost_s"),
    FindingSpec(FindingId.MANY_TARGETS, Family.CAPTURE, "whole_capture/never_opened", term="syn-timeout",
        lost="lost_s"),
    FindingSpec(FindingId.HOST_SILENT, Family.CAPTURE, "whole_capture/never_opened", term="syn-timeout",
        lost="lost_s"),
    FindingSpec(FindingId.PORT_SILENT, Family.CAPTURE, "whole_capture/never_opened", term="syn-timeout",
        lost="lost_s"),
    FindingSpec(FindingId.PORT_REFUSED, Family.CAPTURE, "whole_capture/never_opened", term="connection-refused",
        lost="lost_s"),
    FindingSpec(FindingId.SERVER_RESTARTED, Family.CAPTURE, "whole_capture/restart", term="connection-refused",
        lost="lost_s", names_cause=True),
    FindingSpec(FindingId.REPEATED_RESETS, Family.CAPTURE, "whole_capture/repeated_resets", term="reset",
        lost="lost_s"),
    FindingSpec(FindingId.LISTENER_OVERFLOW, Family.CAPTURE, "whole_capture/shared_fault", term="accept-queue",
        lost="lost_s", names_cause=True),
    FindingSpec(FindingId.SLOW_SERVER, Family.CAPTURE, "whole_capture/shared_fault", term="think-time",
        lost="lost_s", names_cause=True),
    FindingSpec(FindingId.LOSSY_HOST, Family.CAPTURE, "whole_capture/shared_fault", term="retransmission",
        lost="lost_s", names_cause=True),
    FindingSpec(FindingId.IDLE_FLOWS_DROPPED, Family.CAPTURE, "whole_capture/shared_fault", term="idle-timeout",
        lost="lost_s", names_cause=True),
    FindingSpec(FindingId.PATH_MTU_SHARED, Family.CAPTURE, "whole_capture/shared_fault", term="path-mtu",
        lost="lost_s", names_cause=True),
)  # fmt: skip
#: The rows by id.
SPECS: Final = {spec.id: spec for spec in CATALOG}
#: The ids of each family that this build has findings of.
FAMILIES: Final = {
    family: tuple(spec.id for spec in CATALOG if spec.family is family) for family in Family if family is not Family.OWN
}
#: The alternative of what a user has defined: only the packets are checked, not what they are said to mean.
OWN_ALTERNATIVES: Final = ("own-rule",)
MARKED: Final = frozenset(spec.id for spec in CATALOG if spec.marked)
ORDINARY: Final = frozenset(spec.id for spec in CATALOG if spec.ordinary)
#: The finding that confirms each resend cause (`FindingSpec.confirms_cause`).
VOUCHED: Final = {spec.confirms_cause: spec.id for spec in CATALOG if spec.confirms_cause is not None}


def spec_of(finding: AnyId) -> FindingSpec:
    """The row of ``finding``; of one that a user has defined, one that says no more than its family."""
    return SPECS[finding] if isinstance(finding, FindingId) else FindingSpec(finding, Family.OWN, "")


def needing(need: Need) -> frozenset[AnyId]:
    """The findings that need ``need`` of the capture."""
    return frozenset(spec.id for spec in CATALOG if need in spec.needs)


def evicted_as(when: WhenEvicted) -> frozenset[AnyId]:
    """The findings that have ``when`` among their eviction flags."""
    return frozenset(spec.id for spec in CATALOG if when in spec.when_evicted)
