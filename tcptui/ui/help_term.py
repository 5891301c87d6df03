"""The glossary's term for what is under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.packet_store import RowKind
from tcptui.model.verdict import leading_verdict
from tcptui.ui.pane_layout import Pane

if TYPE_CHECKING:
    from tcptui.ui.widgets.workspace import Workspace

#: The beginning of a field's name in Wireshark to the glossary's term.
_FIELDS = (
    ("tcp.options.sack", "sack"),
    ("tcp.options.mss", "mss"),
    ("tcp.options.wscale", "window-scale"),
    ("tcp.options.timestamp", "timestamps"),
    ("tcp.window_size", "window"),
    ("tcp.seq", "sequence-number"),
    ("tcp.ack", "acknowledgment-number"),
    ("tcp.nxtseq", "sequence-number"),
    ("tcp.analysis.bytes_in_flight", "bytes-in-flight"),
    ("tcp.analysis.initial_rtt", "initial-rtt"),
    ("tcp.analysis.ack_rtt", "rtt"),
    ("tcp.completeness", "completeness"),
    ("tcp.stream", "stream"),
    ("tcp.payload", "payload"),
    ("tcp.len", "payload"),
    ("tcp.flags.reset", "reset"),
    ("tcp.flags", "flags"),
)


def term_under_cursor(workspace: Workspace) -> str | None:
    """The field in the header tree, else the selected packet's verdict, else the connection's finding; maybe none."""
    session, row = workspace.session, workspace.row
    if session is None:
        return None
    if workspace.active is Pane.HEADERS:
        node = workspace.field_under_cursor()
        field = "" if node is None else node.field
        return next((term for start, term in _FIELDS if field.startswith(start)), None)
    if workspace.active is Pane.CONNECTIONS:
        headline = session.headline(workspace.ladder.stream) if workspace.ladder.stream >= 0 else None
        return None if headline is None else headline.id.value
    if row < 0 or session.store.kind[row] != RowKind.TCP:
        return None
    verdict = leading_verdict(int(session.store.verdict[row]))
    return None if verdict is None else verdict.field_name.replace("_", "-")
