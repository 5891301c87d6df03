"""Whether a filter expression is whole, so that another one may be put before it: ``not (…) and (expression)``."""

from __future__ import annotations

from typing import Final

from tcptui.capture.bpf.packet_filter import PacketFilter
from tcptui.model.errors import UsageError
from tcptui.model.safe_text import safe_text

#: In libpcap's message about an expression that its grammar does not have, as opposed to names that it does not find,
#: and to what it cannot compile for a link type.
_NO_EXPRESSION: Final = "syntax error"


def require_whole(expression: str) -> None:
    """Raise UsageError for an ``expression`` of another host's capture that is none when it stands alone.

    libpcap compiles it here, for one link type or another.  Names of hosts, services and interfaces that only the other
    host knows, and link types that only it has, are that host's to judge; libpcap has stopped reading there, so
    brackets are counted, too: `tcp) or (tcp` is no expression, but would be one within brackets.
    """
    if not _is_balanced(expression):
        raise UsageError("filter_brackets", filter=safe_text(expression))
    try:
        PacketFilter(expression)
    except UsageError as error:
        if _NO_EXPRESSION in str(error.facts["reason"]):
            raise


def _is_balanced(expression: str) -> bool:
    """Whether every bracket has its partner; libpcap's scanner (scanner.l) has no token that contains one."""
    depth = 0
    for character in expression:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
