"""Why a segment was sent again (rules/findings.md#why-a-segment-was-sent-again)."""

from __future__ import annotations

from enum import IntEnum


class ResendCause(IntEnum):
    """Values of the ``cause`` column.

    ``NOT_RESENT``: the segment does not look sent again, so it was not judged.  ``NONE``: it looks so, but was not.
    """

    NOT_RESENT = 0
    UNKNOWN = 1
    FAST_RECOVERY = 2
    RTO = 3
    TAIL_LOSS_PROBE = 4
    SYN_RETRY = 5
    ZERO_WINDOW_PROBE = 6
    KEEP_ALIVE = 7
    NETWORK_DUPLICATE = 8
    NONE = 9

    @property
    def label(self) -> str:
        """The value as `tcptui verdicts` writes it: ``fast-recovery``, ``none`` …"""
        return self.name.lower().replace("_", "-")
