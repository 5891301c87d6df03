"""How somebody who waits for an answer about many packets stops it, and hears how far it is."""

from __future__ import annotations


class Cancelled(Exception):  # noqa: N818  not an error: it was asked for
    """Somebody no longer wants the answer."""


def never() -> bool:
    """Nobody cancels."""
    return False


def ignore(done: int) -> None:
    """Nobody looks at progress."""
