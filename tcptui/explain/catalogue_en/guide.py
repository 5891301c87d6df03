"""Words of the start screen, the help screen, the palette, the prompt and the case panel."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.crash.saved": "tcptui crashed ({what}); the report, without packet data, is in {path}",
    "guide.crash.unsaved": "tcptui crashed ({what}); the report could not be saved",
}
