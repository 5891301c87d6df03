"""The severity with which a single packet is drawn, on the same scale as that of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.catalog import spec_of
from tcptui.model.finding import Finding, Severity
from tcptui.model.packet_store import I32, NO_ROW, PacketStore, RowKind
from tcptui.model.tcp_flags import RST, TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

#: Verdict bits that make a packet a warning: something did not arrive, or the receiver had no room for it.
TROUBLE: Final = int(
    Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION
    | Verdict.OUT_OF_ORDER | Verdict.LOST_SEGMENT | Verdict.ACK_LOST_SEGMENT
    | Verdict.ZERO_WINDOW | Verdict.ZERO_WINDOW_PROBE | Verdict.WINDOW_FULL
)  # fmt: skip
#: Verdict bits that make a packet a note: worth a mark, harmless by itself.
REMARK: Final = int(
    Verdict.DUPLICATE_ACK | Verdict.KEEP_ALIVE | Verdict.KEEP_ALIVE_ACK | Verdict.ZERO_WINDOW_PROBE_ACK
    | Verdict.REUSED_PORTS | Verdict.TFO_SYN | Verdict.TFO_ACK | Verdict.TFO_IGNORED
)  # fmt: skip


def packet_severity(store: PacketStore, row: int, raised: Mapping[int, Severity]) -> Severity | None:
    """The severity of ``row``, None for an ordinary packet; ``raised`` has the severities of `raised_rows`."""
    bits = int(store.verdict[row])
    level: Severity | None = None
    by_finding = raised.get(row)
    if store.kind[row] == RowKind.ICMP_QUOTE or bits & TROUBLE:
        level = Severity.WARNING
    elif int(store.flags[row]) & RST:
        level = Severity.WARNING if by_finding is None else by_finding
    elif bits & REMARK:
        level = Severity.NOTE
    return by_finding if by_finding is not None and (level is None or by_finding > level) else level


def is_problem(store: PacketStore, rows: I32) -> NDArray[np.bool_]:
    """Mask of those ``rows`` that are warnings by themselves, without any finding."""
    result: NDArray[np.bool_] = (
        (store.verdict[rows] & np.uint32(TROUBLE) != 0)
        | _is_reset(store, rows)
        | (store.kind[rows] == RowKind.ICMP_QUOTE)
    )
    return result


def _is_reset(store: PacketStore, rows: I32) -> NDArray[np.bool_]:
    resets: NDArray[np.bool_] = (store.flags[rows] & TcpFlag.RST != 0) & (store.kind[rows] == RowKind.TCP)
    return resets


def harmless_resets(store: PacketStore, findings: Sequence[Finding], rows: I32) -> dict[int, Severity]:
    """Notes for the RSTs among the ``rows`` of a connection in which nothing is wrong: they end it, and no more."""
    if not findings or any(finding.severity >= Severity.WARNING for finding in findings):
        return {}
    return dict.fromkeys(rows[_is_reset(store, rows)].tolist(), Severity.NOTE)


def raised_rows(store: PacketStore, findings: Iterable[Finding]) -> dict[int, Severity]:
    """Rows that are drawn with the severity of a finding (warning or error), with the highest such severity.

    That is the packet that the finding names for it (`FindingSpec.shown_by`).  Without one, of its packets these are
    the ones that are problems themselves, else the last one: the ordinary packets that prove a loss are not its cause.
    """
    raised: dict[int, Severity] = {}
    for finding in findings:
        if finding.severity >= Severity.WARNING:
            for row in _shown_rows(store, finding):
                raised[row] = max(finding.severity, raised.get(row, finding.severity))
    return raised


def _shown_rows(store: PacketStore, finding: Finding) -> list[int]:
    frame = finding.facts.get(spec_of(finding.id).shown_by)
    if isinstance(frame, int) and frame and (row := store.row_of_frame(frame)) != NO_ROW:
        return [row]
    rows = np.array([row for frame in finding.packets if (row := store.row_of_frame(frame)) != NO_ROW], np.int32)
    guilty = rows[is_problem(store, rows)] if len(rows) else rows
    shown: list[int] = (guilty if len(guilty) else rows[-1:]).tolist()
    return shown
