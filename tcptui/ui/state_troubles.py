"""What was wrong with the user's state files, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.safe_text import reason_of, safe_text
from tcptui.userdirs.state_file import new_troubles

if TYPE_CHECKING:
    from tcptui.words.catalogue import Words


def trouble_lines(words: Words) -> list[str]:
    """A line for each state file that could not be read, or was damaged, since this was last called."""
    lines = []
    for trouble in new_troubles():
        path = safe_text(str(trouble.path))
        if trouble.reason is None:
            lines.append(words("settings.state.damaged", path=path, aside=safe_text(str(trouble.aside))))
        else:
            lines.append(words("settings.state.unreadable", path=path, reason=reason_of(trouble.reason)))
    return lines
