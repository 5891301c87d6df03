"""What interrupted captures have left, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.capture.spool.recover import find_leftovers
from tcptui.cli.spool_folders import remembered_spool_folders
from tcptui.words.errors import error_line, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.capture.source import Source
    from tcptui.capture.spool.recover import Leftover
    from tcptui.words.catalogue import Words


def leftovers() -> Sequence[Leftover]:
    """Interrupted captures of this user, also in folders that TMPDIR named before, oldest first."""
    return find_leftovers(remembered_spool_folders())


def say_remains(sources: Iterable[Source], words: Words) -> None:
    """Print one line on standard error for each of the closed ``sources`` whose packets are in no file."""
    for source in sources:
        remains = source.remains
        if remains is None:
            continue
        if remains.path is None:
            reason = "" if remains.error is None else error_line(remains.error, words)
            say(words("cli.recover.lost", reason=reason), words)
            continue
        paths = [leftover.path for leftover in leftovers()]
        number = paths.index(remains.path) + 1 if remains.path in paths else len(paths) + 1
        say(words("cli.recover.kept", number=number), words)
