"""Placeholder of the search prompt of *follow stream*."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.prompt.find": "text to find; 0x0d0a for bytes",
}
