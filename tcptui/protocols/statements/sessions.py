"""What a client asks of a database to begin a session: its library does, and no statement is to be tuned there."""

from __future__ import annotations

from tcptui.protocols.registry import REQUEST_KINDS


def is_of_session(protocol: str, operation: str) -> bool:
    """Whether ``operation``, or its statement, opens a session, or is about one, instead of what it is opened for."""
    kind = REQUEST_KINDS.get(protocol)
    openings = () if kind is None else kind.openings
    return any(operation == name or operation.startswith(f"{name} ") for name in openings)
