"""The notice about a key log as a whole."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tcptui.access.progress import Notice
from tcptui.protocols.keylog import MOST_CONNECTIONS

if TYPE_CHECKING:
    from tcptui.protocols.keylog import KeyLog


def keys_notice(keys: KeyLog) -> Notice | None:
    """The most serious message about ``keys``; None: nothing to report, or nobody asked for them."""
    state = keys.state
    if (keys.name or state.connections) and not _has_library():
        return Notice("session.keylog-no-library")
    if keys.name and state.wrong_lines:
        facts = {"name": keys.name, "count": state.wrong_lines, "connections": state.connections}
        return Notice("session.keylog-wrong-lines", facts)
    if state.forgotten:
        return Notice("session.keylog-too-long", {"most": MOST_CONNECTIONS})
    return None


@lru_cache(maxsize=1)
def _has_library() -> bool:
    return find_spec("cryptography") is not None
