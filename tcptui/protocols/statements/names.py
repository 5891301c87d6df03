"""Names with numbers in them: keys of Redis, paths of HTTP.  ``user:4711:cart`` is ``user:*:cart``."""

from __future__ import annotations

import re
from typing import Final

_UUID: Final = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
#: So many hexadecimal digits in a row, a decimal one among them, are a digest or an id.
_HEX: Final = r"(?=[a-f]*[0-9])[0-9a-f]{8,}"
_VARYING: Final = re.compile(
    rf"(?<![0-9a-z])(?:{_UUID}|{_HEX})(?![0-9a-z])|(?<![0-9])[0-9]++(?:\.[0-9]++)?(?![0-9a-z])", re.IGNORECASE
)
#: Commands whose first word says which script or function runs.
_RUNS: Final = re.compile(r"(?:EVALSHA|FCALL)(?:_RO)? \S+ ?")


def key_pattern(operation: str) -> str:
    """A command of Redis with ``*`` for what varies in its key; the others that follow (``+3``) are not counted."""
    head = _RUNS.match(operation)
    kept = operation[: head.end()] if head else operation.partition(" ")[0]
    return kept + _VARYING.sub("*", operation[len(kept) :])


def path_pattern(operation: str) -> str:
    """Method and path with ``*`` for what varies, without the query."""
    return _VARYING.sub("*", operation.partition("?")[0])
