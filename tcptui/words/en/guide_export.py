"""Placeholder of the prompt for the folder that files are exported to."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.prompt.folder": "name of a folder; it is created if needed",
}
