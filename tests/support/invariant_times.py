"""What holds for the times of every connection: whose they are, and what findings say that they lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.findings.rules.most_of_the_time import MOSTLY_NS, MOSTLY_PERCENT, REPORTED_BY
from tcptui.findings.weight import connection_seconds_lost, seconds_lost
from tcptui.model.finding import FindingId, Severity
from tcptui.model.tcp_flags import ACK, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packet_log import PacketLog

    from tcptui.model.finding import Finding

#: Parts that put time down to somebody.
BLAMED: Final = (
    Part.SERVER_THINK, Part.CLIENT_THINK, Part.SENDER, Part.RECEIVE_WINDOW, Part.NETWORK_LIMITED,
)  # fmt: skip
#: What a clock, or a way that was measured once, may be off.
TOLERANCE_S: Final = 0.05
#: Longer streams are not looked through packet by packet.
LOOKED_THROUGH: Final = 3_000
#: Losses of segments that were sent again, …
LOSSES: Final = (
    FindingId.RETRANSMISSION_TIMEOUT, FindingId.FAST_RETRANSMISSION, FindingId.TAIL_LOSS,
    FindingId.LOST_RETRANSMISSION,
)  # fmt: skip


def unspoken_parts(log: PacketLog, findings: Sequence[Finding]) -> Iterator[str]:
    """Parts of the time budget with more than half of the time, and more than a second, that no finding tells of."""
    budget = time_budget(log.view)
    if len(set(log.side)) < 2:
        return  # one direction tells nothing
    ids = {finding.id for finding in findings}
    for part in Part:
        if part in (Part.IDLE, Part.UNATTRIBUTED, Part.ASKED_TO_WAIT):
            continue  # nobody's: nothing was waited for, nothing can be told, it was asked for
        spent_ns = budget[part]
        if spent_ns <= MOSTLY_NS or spent_ns * 100 <= MOSTLY_PERCENT * budget.elapsed_ns:
            continue
        if part is Part.NETWORK and FindingId.THREE_WAY_HANDSHAKE not in ids:
            continue  # without a handshake nothing has measured the way
        if ids.isdisjoint({FindingId.MOST_OF_THE_TIME} | REPORTED_BY[part]):
            yield f"{spent_ns / 1e9:.3f} of {budget.elapsed_ns / 1e9:.3f} s are {part.label}, and no finding says so"


def blamed_beside_missing_bytes(log: PacketLog) -> Iterator[tuple[str, int]]:
    """Waits that are put down to somebody although bytes that passed meanwhile are not in the capture; and where."""
    if log.count > LOOKED_THROUGH or log.count < 2:
        return
    waits = time_budget(log.view).waits
    blamed = [i for i in range(len(waits)) if waits.part[i] in BLAMED]
    if not blamed:
        return
    missing = _first_shown(log)
    for i in blamed:
        begin, end = int(waits.begin[i]), int(waits.end[i])
        at = next((k for k in missing if begin < k <= end), -1)
        if at >= 0:
            yield f"a wait of {Part(int(waits.part[i])).label}", at


def _first_shown(log: PacketLog) -> list[int]:
    """The packets that first show bytes of either side which no packet of the capture carries."""
    shown = []
    for side in (0, 1):
        spans = [(log.seq[i], log.end[i]) for i in log.of(side) if log.carries(i)]
        reached = None
        for i in range(log.count):
            if log.flags[i] & (SYN | RST):
                reached = log.end[i] if log.side[i] == side and log.flags[i] & SYN else reached
                continue
            if log.side[i] == side:
                low, high = log.seq[i], log.end[i]
            else:
                low = high = log.ack[i] if log.flags[i] & ACK else -(2**40)
            if reached is not None and low > reached and not _is_covered(spans, reached, low):
                shown.append(i)
            if log.side[i] == side or reached is not None:
                reached = high if reached is None else max(reached, high)
    return sorted(shown)


def _is_covered(spans: list[tuple[int, int]], low: int, high: int) -> bool:
    """Whether the numbers from ``low`` up to ``high`` all lie in ``spans``."""
    for begin, end in sorted(spans):
        if begin <= low < end:
            low = end
    return low >= high


def idle_called_lost(log: PacketLog, findings: Sequence[Finding]) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """Findings, or all of a connection's together, that lost more seconds than it was not idle."""
    budget = time_budget(log.view)
    most_s = (budget.elapsed_ns - budget[Part.IDLE]) / 1e9 + TOLERANCE_S
    if log.time[-1] < log.time[0]:
        return  # the clock went back: nothing was measured
    for finding in findings:
        if finding.severity > Severity.NOTE and seconds_lost(finding) > most_s and finding.id not in _BEYOND:
            yield f"{seconds_lost(finding):.3f} s lost of {most_s:.3f} s that were not idle", (finding,)
    told = [finding for finding in findings if finding.id not in _BEYOND]
    if (lost := connection_seconds_lost(told)) > most_s:
        yield f"{lost:.3f} s lost together, of {most_s:.3f} s that were not idle", tuple(told)


#: Their time goes on behind the connection's last packet: until somebody gave up, or a router answered.
_BEYOND: Final = frozenset({
    FindingId.SYN_TIMEOUT, FindingId.CONNECTION_UNREACHABLE, FindingId.TLS_UNFINISHED, FindingId.GRPC_DEADLINE,
})  # fmt: skip


def lost_and_needless(log: PacketLog, findings: Sequence[Finding]) -> Iterator[tuple[str, tuple[Finding, ...], int]]:
    """Resends that one finding calls needless, and another one the repair of a loss, both above a note."""
    needless = [finding for finding in findings if finding.id is FindingId.SPURIOUS_RETRANSMISSION]
    for first in needless:
        for other in findings:
            if other.id not in LOSSES or min(first.severity, other.severity) <= Severity.NOTE:
                continue
            if first.facts["first_frame"] == other.facts["first_frame"] and first.facts["count"] == 1:
                yield "one resend", (first, other), log.at[int(str(first.facts["first_frame"]))]
