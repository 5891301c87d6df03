"""What the keys that work in every pane do in each: columns of the panes' table (`pane_specs`).

Whoever calls these has the panes show the selected connection first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from tcptui.ui.learn.subject import Subject
    from tcptui.ui.main.explain_pane import Document
    from tcptui.ui.main.workspace import Workspace


# -- Enter -----------------------------------------------------------------------------------
def open_packets(workspace: Workspace) -> None:
    """Go from the connection to its packets."""
    workspace.open_packets()


def open_fields(workspace: Workspace) -> None:
    """Go from the packet to its fields."""
    workspace.open_fields()


def select_field(workspace: Workspace) -> None:
    """Open or close the branch under the cursor, or go to the packet that the line links to."""
    workspace.headers.tree_view.action_select_cursor()


def follow_evidence(workspace: Workspace) -> None:
    """Go to the packet that the selected link names."""
    workspace.explain.action_follow_link()


# -- y ---------------------------------------------------------------------------------------
def copied_connection(workspace: Workspace) -> Document:
    """The row of the connection, in one line."""
    return _one_line(workspace.connections.summary())


def copied_packet(workspace: Workspace) -> Document:
    """The row of the packet, in one line."""
    return _one_line(workspace.ladder.summary())


def copied_field(workspace: Workspace) -> Document:
    """The line of the header tree; empty without one."""
    node = workspace.field_under_cursor()
    return () if node is None else _one_line(node.label)


def _one_line(text: str) -> Document:
    """A document that is one line with ``text``, which may be out of packets."""
    from tcptui.ui.main.explain_pane import Passage

    return (Passage(safe_text(text)),)


def copied_explanation(workspace: Workspace) -> Document:
    """The whole explanation."""
    return workspace.explain.document


# -- c ---------------------------------------------------------------------------------------
def subjects_of_connection(workspace: Workspace) -> list[Subject]:
    """The findings of the connection."""
    from tcptui.ui.learn.subject import subjects_of_connection

    return subjects_of_connection(workspace)


def subjects_of_packet(workspace: Workspace) -> list[Subject]:
    """What is special about the packet; without one as of the connection."""
    from tcptui.ui.learn.subject import subjects_of_packet

    return subjects_of_packet(workspace)


# -- ? ---------------------------------------------------------------------------------------
def term_of_connection(workspace: Workspace) -> str | None:
    """The finding that the connection's row shows."""
    from tcptui.ui.help_term import term_of_connection

    return term_of_connection(workspace)


def term_of_field(workspace: Workspace) -> str | None:
    """The term for the field of the header tree."""
    from tcptui.ui.help_term import term_of_field

    return term_of_field(workspace)


def term_of_packet(workspace: Workspace) -> str | None:
    """The finding, verdict or state that the explanation is about."""
    from tcptui.ui.help_term import term_of_packet

    return term_of_packet(workspace)


# -- = ---------------------------------------------------------------------------------------
def filters_by_connection(workspace: Workspace) -> list[str]:
    """Filters by the connection; none without one."""
    from tcptui.ui.main.under_cursor import connection_conditions

    session, stream = workspace.session, workspace.ladder.stream
    return [] if session is None or stream < 0 else connection_conditions(session, stream, workspace.findings)


def filters_by_packet(workspace: Workspace) -> list[str]:
    """Filters by the packet; without one by the connection."""
    from tcptui.ui.main.under_cursor import packet_conditions

    session, row = workspace.session, workspace.row
    return filters_by_connection(workspace) if session is None or row < 0 else packet_conditions(session, row)


def filters_by_field(workspace: Workspace) -> list[str]:
    """Filters by the field of the header tree; without one by the connection."""
    from tcptui.ui.main.under_cursor import field_conditions

    session, row, node = workspace.session, workspace.row, workspace.field_under_cursor()
    if session is None or row < 0 or node is None:
        return filters_by_connection(workspace)
    return field_conditions(session, row, node.field, node.label)
