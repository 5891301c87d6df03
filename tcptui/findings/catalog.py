"""Which findings ``--stop-on`` and ``--keep-around`` mean by their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.finding import FindingId, Severity

if TYPE_CHECKING:
    from tcptui.model.finding import Finding

#: The families of the contract (rules/findings.md), each by its first and last id in `FindingId`'s order.
_BOUNDS: Final = {
    "opening": (FindingId.THREE_WAY_HANDSHAKE, FindingId.TIMESTAMPS_ABSENT),
    "closing": (FindingId.FOUR_PACKET_CLOSE, FindingId.RST_DEAD_CONNECTION),
    "liveness": (FindingId.KEEP_ALIVE, FindingId.IDLE_CONNECTION_DROPPED),
    "loss": (FindingId.FAST_RETRANSMISSION, FindingId.ECN_CONGESTION),
    "speed": (FindingId.SERVER_THINK_TIME, FindingId.QUEUEING_DELAY),
    "trust": (FindingId.CAPTURE_MISSED_PACKETS, FindingId.OFFLOADED_SEGMENTS),
    "application": (FindingId.HTTP_HEADER_INJECTED_NEWLINE, FindingId.FILE_DOWNLOAD),
}
#: Names of severities: any finding that is at least so bad.
SEVERITIES: Final = {
    "note": Severity.NOTE,
    "warning": Severity.WARNING,
    "error": Severity.ERROR,
    "any-problem": Severity.WARNING,
}

#: Findings that rest on what the stream table counts of trouble (resends, resets, ICMP errors, zero windows): streams
#: that have them are looked at anyway.
MARKED: Final = frozenset({
    FindingId.CONNECTION_REFUSED, FindingId.CONNECTION_UNREACHABLE, FindingId.SYN_RETRANSMISSION,
    FindingId.SYN_ACK_RETRANSMISSION, FindingId.CHALLENGE_ACK, FindingId.RETRANSMISSION_TIMEOUT,
    FindingId.FAST_RETRANSMISSION, FindingId.TAIL_LOSS, FindingId.LOST_RETRANSMISSION,
    FindingId.SPURIOUS_RETRANSMISSION, FindingId.RETRANSMISSION_UNEXPLAINED, FindingId.ZERO_WINDOW,
    FindingId.RST_ABORTIVE_CLOSE, FindingId.RST_UNREAD_DATA, FindingId.RST_DEAD_CONNECTION, FindingId.RST_INJECTED,
    FindingId.KEEP_ALIVE_TIMEOUT, FindingId.PATH_LOST, FindingId.IDLE_CONNECTION_DROPPED,
})  # fmt: skip


def _families() -> dict[str, tuple[FindingId, ...]]:
    ids: list[FindingId] = [finding for finding in FindingId if finding is not FindingId.PROBE_CONNECTION]
    families = {name: tuple(ids[ids.index(first) : ids.index(last) + 1]) for name, (first, last) in _BOUNDS.items()}
    # Of the opening by the contract, though its rule looks at how the connection ends.
    return families | {"opening": (*families["opening"], FindingId.PROBE_CONNECTION)}


#: Name of a family to its ids.
FAMILIES: Final = _families()


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Findings chosen by id, by family or by severity."""

    ids: frozenset[FindingId] = frozenset()
    """FindingFilter however harmless they are here: who names one means it."""
    families: frozenset[str] = frozenset()
    """Of these, what is more than a note."""
    least: Severity | None = None

    def __bool__(self) -> bool:
        return bool(self.ids or self.families or self.least is not None)

    def __contains__(self, finding: Finding) -> bool:
        """Whether ``finding`` is one of them."""
        if finding.id in self.ids or (self.least is not None and finding.severity >= self.least):
            return True
        return finding.severity > Severity.NOTE and any(finding.id in FAMILIES[name] for name in self.families)

    @property
    def needs_notes(self) -> bool:
        """Whether streams in which nothing is wrong have to be looked at, too."""
        return bool(self.ids - MARKED) or self.least is Severity.NOTE


NOTHING: Final = FindingFilter()
