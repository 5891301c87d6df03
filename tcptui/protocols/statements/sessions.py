"""What a client asks of a database to begin a session: its library does, and no statement is to be tuned there."""

from __future__ import annotations

from typing import Final

_OPENINGS: Final = {
    "mysql": ("LOGIN", "CHANGE_USER"),
    "postgresql": ("STARTUP", "SSLREQUEST", "GSSENCREQUEST", "CANCEL"),
    "redis": ("AUTH", "HELLO", "CLIENT SETINFO", "CLIENT SETNAME"),
}


def is_of_session(protocol: str, operation: str) -> bool:
    """Whether ``operation``, or its statement, opens a session, or is about one, instead of what it is opened for."""
    return any(operation == name or operation.startswith(f"{name} ") for name in _OPENINGS.get(protocol, ()))
