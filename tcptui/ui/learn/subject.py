"""The finding, verdict or state under the cursor, which help and lessons are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.catalog import ORDINARY
from tcptui.model.finding import Finding
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict, leading_verdict
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.state_moves import transitions_of

if TYPE_CHECKING:
    from tcptui.ui.main.workspace import Workspace

Subject = Finding | Verdict | TcpState


def subjects_under_cursor(workspace: Workspace) -> list[Subject]:
    """In the connection list the connection's findings, else those about the selected packet; most telling first.

    For a packet: the findings that it is evidence for, then its verdict, then findings that every
    connection has (a handshake, an orderly close), last the states that it changed.
    """
    session, row = workspace.session, workspace.row
    findings = sorted(workspace.findings, key=lambda finding: (finding.id in ORDINARY, -finding.severity))
    if session is None:
        return []
    if workspace.active is Pane.CONNECTIONS or row < 0:
        return [*findings]
    frame = int(session.store.frame[row])
    subjects: list[Subject] = [finding for finding in findings if frame in finding.packets]
    special = sum(isinstance(subject, Finding) and subject.id not in ORDINARY for subject in subjects)
    verdict = leading_verdict(int(session.store.verdict[row])) if session.store.kind[row] == RowKind.TCP else None
    if verdict is not None:
        subjects.insert(special, verdict)
    moves = transitions_of(session, row)
    moved = () if moves is None else (moves.client, moves.server)
    return subjects + [move.after for move in moved if move.after is not move.before and move.known]


def subject_under_cursor(workspace: Workspace) -> Subject | None:
    """The first of `subjects_under_cursor`, if there is any."""
    return next(iter(subjects_under_cursor(workspace)), None)
