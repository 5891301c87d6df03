"""Words of the line where one types what to find in a stream."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.prompt.find": "text to find; 0x0d0a for bytes",
}
