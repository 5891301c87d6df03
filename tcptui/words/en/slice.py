"""Words that slices carry, and about them."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "slice.comment": "packet {number} of {file}",
    "slice.note.packet": "{text}",
    "slice.note.connection": "connection: {text}",
    "slice.mark.packet": "marked",
    "slice.mark.connection": "connection marked",
    "slice.written": "{n} of {all} packets written to {file}",
}
