"""The terms that the help explains first, by what is under the cursor: of findings, verdicts, states and fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict
from tcptui.ui.learn.subject import subjects_of_packet

if TYPE_CHECKING:
    from tcptui.ui.main.workspace import Workspace

#: Prefix of a Wireshark field name, and the glossary term for it; the first prefix that matches counts.
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


def term_of_field(workspace: Workspace) -> str | None:
    """The term for the field under the cursor of the header tree; None where there is none."""
    node = workspace.field_under_cursor()
    field = "" if node is None else node.field
    return next((term for start, term in _FIELDS if field.startswith(start)), None)


def term_of_connection(workspace: Workspace) -> str | None:
    """The name of the selected connection's headline finding; None where nothing was found."""
    session, stream = workspace.session, workspace.ladder.stream
    headline = session.headline(stream) if session is not None and stream >= 0 else None
    return None if headline is None else headline.id.value


def term_of_packet(workspace: Workspace) -> str | None:
    """The name of the finding, verdict or state that the selected packet is about most; None where there is none."""
    subject = next(iter(subjects_of_packet(workspace)), None)
    if isinstance(subject, Verdict):
        return subject.field_name.replace("_", "-")
    if isinstance(subject, TcpState):
        return subject.label.lower()
    return None if subject is None else subject.id.value
