"""What the kernel said about a connection at a moment: a record of 112 bytes, as the tracing process writes it."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np


class KernelEventKind(IntEnum):
    """What happened."""

    RETRANSMIT = 1
    """tcp_retransmit_skb: a segment was sent again."""
    SYN_ACK_RETRANSMIT = 2
    """tcp_retransmit_synack."""
    RESET_SENT = 3
    """tcp_send_reset."""
    RESET_RECEIVED = 4
    """tcp_receive_reset: a reset was accepted."""
    STATE = 5
    """inet_sock_set_state: a connection that process ``pid`` of this host opened is established."""
    BAD_CHECKSUM = 8
    """tcp_bad_csum: an arriving segment was thrown away."""
    DROP = 9
    """kfree_skb with a reason: an arriving packet was thrown away."""
    LOST = 10
    """Events that nobody could keep: ``value`` of them."""
    ELSEWHERE = 11
    """kfree_skb of packets whose connection the kernel does not name: ``value`` of them for this reason."""
    BEGAN = 12
    """From now on events are recorded."""

    @property
    def label(self) -> str:
        """The value of the field `tcptui.kernel.event`: ``retransmit``, ``reset-sent`` …"""
        return self.name.lower().replace("_", "-")


class KernelCause(IntEnum):
    """Why the kernel sent a segment again, as far as its events tell."""

    UNKNOWN = 0
    RTO = 1
    """The congestion state was Loss, or no connection yet: a timer had expired."""
    FAST_RECOVERY = 2
    """The congestion state was Recovery: acknowledgements showed the loss."""
    TAIL_LOSS_PROBE = 3
    """The congestion state was Open or Disorder: nothing was taken for lost."""

    @property
    def label(self) -> str:
        """The value of the field `tcptui.kernel.cause`."""
        return _LABELS[self]


#: As `tcptui.model.resend_cause.ResendCause` has them, so that one can be compared with the other in a filter.
_LABELS: Final = {
    KernelCause.UNKNOWN: "unknown",
    KernelCause.RTO: "rto",
    KernelCause.FAST_RECOVERY: "fast-recovery",
    KernelCause.TAIL_LOSS_PROBE: "tail-loss-probe",
}

#: ``source`` and ``target`` are 16 bytes, an IPv4 address as IPv4-mapped one.  ``source`` is this host's end in every
#: event but `DROP` and `BAD_CHECKSUM`, whose packets came from the peer.  All zero: not known.
RECORD: Final = np.dtype(
    [
        ("time_ns", "<i8"),  # since the epoch: the middle of an interval …
        ("slack_ns", "<u4"),  # … of this much to both sides
        ("kind", "u1"),
        ("cause", "u1"),  # KernelCause of a RETRANSMIT
        ("softirq", "u1"),  # it happened while a packet was taken in, or a timer ran
        ("state", "u1"),  # STATE: the new state
        ("source_port", "<u2"),
        ("target_port", "<u2"),
        ("source", "V16"),
        ("target", "V16"),
        ("socket", "<u4"),  # a number for the socket in this recording, 0: none.  Never the kernel's pointer
        ("pid", "<i4"),  # STATE: of the process that called connect(); 0: not known
        ("value", "<u4"),
        ("reason", "S48"),  # the kernel's name: letters, digits, underscores
    ]
)
assert RECORD.itemsize == 112
