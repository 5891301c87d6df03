"""Messages on standard error about ``--keep-around``, once a capture is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.words.errors import error_line, say

if TYPE_CHECKING:
    from tcptui.session.watch.watcher import Watcher
    from tcptui.words.catalogue import Words

#: Up to this many files are named; of more, only the first ones and the number.
_NAMED: Final = 3


def say_watched(watcher: Watcher | None, words: Words) -> int:
    """Print which packets were saved, and how many are missing; returns the exit code, not 0 after a write error."""
    if watcher is None or watcher.surroundings is None:
        return 0
    kept = watcher.surroundings
    if kept.paths:
        names = words("report.list-comma").join(safe_text(str(path)) for path in kept.paths[:_NAMED])
        key = "watch.kept" if len(kept.paths) <= _NAMED else "watch.kept.more"
        say(words(key, packets=kept.packets, files=len(kept.paths), names=names), words)
    elif watcher.error is None:
        say(words("watch.kept.none"), words)
    if kept.missed:
        say(words("watch.kept.missed", packets=kept.missed), words)
    if watcher.error is None:
        return 0
    say(error_line(watcher.error, words), words)
    return watcher.error.exit_code
