"""Each finding's id → whether it is true.  One place: an id whose truth no log tells says so here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.finding import FindingId
from tests.campaigns.compose import truth_capture as capture
from tests.campaigns.compose import truth_closing as closing
from tests.campaigns.compose import truth_loss as loss
from tests.campaigns.compose import truth_opening as opening
from tests.campaigns.compose import truth_speed as speed
from tests.campaigns.compose.truth import Question, Truth, no

if TYPE_CHECKING:
    from tests.campaigns.compose.truth import Predicate


def never_composed(_: Question) -> Truth:
    """The programs of a composition speak no protocol that these rules know (plan)."""
    return no("the programs send numbered lines of text")


TRUTHS: Final[dict[FindingId, Predicate]] = {
    FindingId.THREE_WAY_HANDSHAKE: opening.three_way_handshake,
    FindingId.SIMULTANEOUS_OPEN: opening.simultaneous_open,
    FindingId.SYN_RETRANSMISSION: opening.syn_retransmission,
    FindingId.SYN_TIMEOUT: opening.syn_timeout,
    FindingId.CONNECTION_REFUSED: opening.connection_refused,
    FindingId.CONNECTION_UNREACHABLE: opening.connection_unreachable,
    FindingId.SYN_ACK_RETRANSMISSION: opening.syn_ack_retransmission,
    FindingId.THIRD_ACK_LOST: opening.third_ack_lost,
    FindingId.ACCEPT_QUEUE_FULL: opening.accept_queue_full,
    FindingId.PORT_REUSED: opening.port_reused,
    FindingId.CHALLENGE_ACK: opening.challenge_ack,
    FindingId.WINDOW_SCALING_ABSENT: opening.window_scaling_absent,
    FindingId.SACK_ABSENT: opening.sack_absent,
    FindingId.TIMESTAMPS_ABSENT: opening.timestamps_absent,
    FindingId.SYN_COOKIES: opening.syn_cookies,
    FindingId.PROBE_CONNECTION: opening.probe_connection,
    FindingId.FOUR_PACKET_CLOSE: closing.four_packet_close,
    FindingId.THREE_PACKET_CLOSE: closing.three_packet_close,
    FindingId.SIMULTANEOUS_CLOSE: closing.simultaneous_close,
    FindingId.HALF_CLOSE: closing.half_close,
    FindingId.CLOSE_WAIT_LEAK: closing.close_wait_leak,
    FindingId.FIN_WAIT_2_TIMEOUT: closing.fin_wait_2_timeout,
    FindingId.STILL_OPEN: closing.still_open,
    FindingId.DATA_AFTER_CLOSE: closing.data_after_close,
    FindingId.REQUEST_UNANSWERED: closing.request_unanswered,
    FindingId.RST_ABORTIVE_CLOSE: closing.rst_abortive_close,
    FindingId.RST_UNREAD_DATA: closing.rst_unread_data,
    FindingId.RST_INJECTED: closing.rst_injected,
    FindingId.RST_DEAD_CONNECTION: closing.rst_dead_connection,
    FindingId.KEEP_ALIVE: closing.keep_alive,
    FindingId.KEEP_ALIVE_TIMEOUT: closing.keep_alive_timeout,
    FindingId.PATH_LOST: closing.path_lost,
    FindingId.IDLE_CONNECTION_DROPPED: closing.idle_connection_dropped,
    FindingId.FAST_RETRANSMISSION: loss.fast_retransmission,
    FindingId.RETRANSMISSION_TIMEOUT: loss.retransmission_timeout,
    FindingId.TAIL_LOSS: loss.tail_loss,
    FindingId.LOST_RETRANSMISSION: loss.lost_retransmission,
    FindingId.SPURIOUS_RETRANSMISSION: loss.spurious_retransmission,
    FindingId.RETRANSMISSION_UNEXPLAINED: loss.retransmission_unexplained,
    FindingId.OUT_OF_ORDER: loss.out_of_order,
    FindingId.DUPLICATED_BY_NETWORK: loss.duplicated_by_network,
    FindingId.ACK_LOSS_HARMLESS: loss.ack_loss_harmless,
    FindingId.CHECKSUM_ERROR: loss.checksum_error,
    FindingId.CONTENT_CONFLICT: loss.content_conflict,
    FindingId.SACK_MANGLED: loss.sack_mangled,
    FindingId.PATH_MTU_BLACKHOLE: loss.path_mtu_blackhole,
    FindingId.PACKET_TOO_BIG: loss.packet_too_big,
    FindingId.ECN_CONGESTION: loss.ecn_congestion,
    FindingId.SERVER_THINK_TIME: speed.server_think_time,
    FindingId.CLIENT_THINK_TIME: speed.client_think_time,
    FindingId.ZERO_WINDOW: speed.zero_window,
    FindingId.WINDOW_SHRUNK: speed.window_shrunk,
    FindingId.SLOW_RECEIVER: speed.slow_receiver,
    FindingId.RECEIVE_WINDOW_LIMITED: speed.receive_window_limited,
    FindingId.SENDER_APPLICATION_LIMITED: speed.sender_application_limited,
    FindingId.SEND_BUFFER_LIMITED: speed.send_buffer_limited,
    FindingId.NAGLE_DELAYED_ACK: speed.nagle_delayed_ack,
    FindingId.PATH_LIMITED: speed.path_limited,
    FindingId.QUEUEING_DELAY: speed.queueing_delay,
    FindingId.MOST_OF_THE_TIME: speed.most_of_the_time,
    FindingId.CAPTURE_MISSED_PACKETS: capture.capture_missed_packets,
    FindingId.CAPTURE_DROPPED: capture.capture_dropped,
    FindingId.CAPTURE_TRUNCATED: capture.capture_truncated,
    FindingId.CAPTURE_DUPLICATES: capture.capture_duplicates,
    FindingId.CAPTURE_PADDING: capture.capture_padding,
    FindingId.CAPTURE_CLOCK_STEP: capture.capture_clock_step,
    FindingId.CAPTURE_STARTED_MID_STREAM: capture.capture_started_mid_stream,
    FindingId.ONE_SIDED_CAPTURE: capture.one_sided_capture,
    FindingId.OFFLOADED_SEGMENTS: capture.offloaded_segments,
}


def truth_of(known: FindingId, question: Question) -> Truth:
    """Whether the finding is true."""
    return TRUTHS.get(known, never_composed)(question)
