"""Waiting for a descriptor, whatever its number: select(2) takes none above 1023."""

from __future__ import annotations

import select


def wait_readable(descriptor: int, seconds: float | None = None) -> bool:
    """Whether ``descriptor`` can be read, or has ended, within ``seconds`` (None: however long it takes).

    Raises ValueError for a descriptor that is closed.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if seconds is None else max(0.0, seconds) * 1000))
