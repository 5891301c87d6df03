"""The finding, verdict or state under the cursor, which help and lessons are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.catalog import ORDINARY
from tcptui.model.finding import Finding
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict, leading_verdict
from tcptui.ui.main.state_moves import transitions_of

if TYPE_CHECKING:
    from tcptui.ui.main.workspace import Workspace

Subject = Finding | Verdict | TcpState


def subjects_of_connection(workspace: Workspace) -> list[Subject]:
    """The findings of the selected connection; most telling first."""
    return [*_findings(workspace)]


def _findings(workspace: Workspace) -> list[Finding]:
    return sorted(workspace.findings, key=lambda finding: (finding.id in ORDINARY, -finding.severity))


def subjects_of_packet(workspace: Workspace) -> list[Subject]:
    """What is special about the selected packet, most telling first; without one the connection's findings.

    The findings that it is evidence for, then its verdict, then findings that every connection has (a handshake, an
    orderly close), last the states that it changed.
    """
    session, row = workspace.session, workspace.row
    if session is None or row < 0:
        return subjects_of_connection(workspace)
    frame = int(session.store.frame[row])
    subjects: list[Subject] = [finding for finding in _findings(workspace) if frame in finding.packets]
    special = sum(isinstance(subject, Finding) and subject.id not in ORDINARY for subject in subjects)
    verdict = leading_verdict(int(session.store.verdict[row])) if session.store.kind[row] == RowKind.TCP else None
    if verdict is not None:
        subjects.insert(special, verdict)
    moves = transitions_of(session, row)
    moved = () if moves is None else (moves.client, moves.server)
    return subjects + [move.after for move in moved if move.after is not move.before and move.known]
