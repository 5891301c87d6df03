"""Wireshark's TCP verdicts as bits of one column."""

from __future__ import annotations

from enum import IntFlag
from functools import lru_cache
from typing import Final


class Verdict(IntFlag):
    """``tcp.analysis.*`` fields of tshark 4.0; a packet may carry several.

    As in tshark a fast or spurious retransmission also carries ``RETRANSMISSION``.
    The member names in lower case are the field names (architecture.md#contracts).
    """

    RETRANSMISSION = 1 << 0
    FAST_RETRANSMISSION = 1 << 1
    SPURIOUS_RETRANSMISSION = 1 << 2
    OUT_OF_ORDER = 1 << 3
    LOST_SEGMENT = 1 << 4
    ACK_LOST_SEGMENT = 1 << 5
    DUPLICATE_ACK = 1 << 6
    KEEP_ALIVE = 1 << 7
    KEEP_ALIVE_ACK = 1 << 8
    ZERO_WINDOW = 1 << 9
    ZERO_WINDOW_PROBE = 1 << 10
    ZERO_WINDOW_PROBE_ACK = 1 << 11
    WINDOW_FULL = 1 << 12
    WINDOW_UPDATE = 1 << 13
    REUSED_PORTS = 1 << 14
    TFO_SYN = 1 << 15
    TFO_ACK = 1 << 16
    TFO_IGNORED = 1 << 17

    @property
    def field_name(self) -> str:
        """The name after ``tcp.analysis.`` of a single-bit verdict."""
        return str(self.name).lower()


#: Which verdict labels a packet that carries several: the most telling first.
PRECEDENCE: Final = (
    Verdict.FAST_RETRANSMISSION,
    Verdict.SPURIOUS_RETRANSMISSION,
    Verdict.RETRANSMISSION,
    Verdict.OUT_OF_ORDER,
    Verdict.LOST_SEGMENT,
    Verdict.ACK_LOST_SEGMENT,
    Verdict.ZERO_WINDOW_PROBE,
    Verdict.ZERO_WINDOW_PROBE_ACK,
    Verdict.ZERO_WINDOW,
    Verdict.WINDOW_FULL,
    Verdict.DUPLICATE_ACK,
    Verdict.KEEP_ALIVE,
    Verdict.KEEP_ALIVE_ACK,
    Verdict.REUSED_PORTS,
    Verdict.TFO_SYN,
    Verdict.TFO_ACK,
    Verdict.TFO_IGNORED,
    Verdict.WINDOW_UPDATE,
)


def verdict_names(bits: int) -> list[str]:
    """Field names of all set verdicts, sorted as `tcptui verdicts` prints them."""
    return sorted(verdict.field_name for verdict in Verdict if bits & verdict)


@lru_cache(maxsize=4096)
def leading_verdict(bits: int) -> Verdict | None:
    """The verdict that labels the packet, the first of `PRECEDENCE` in ``bits``; None without any."""
    return next((verdict for verdict in PRECEDENCE if bits & verdict), None)
