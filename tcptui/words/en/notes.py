"""Words of marks and notes on the screen, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "notes.heading": "Your note",
    "notes.nothing": "Nothing is selected to be marked.",
    "notes.no_file": "Marks and notes are kept beside a file: save the capture (w) and open it.",
    "notes.mark.connection": "Connection {connection} is marked, in {file}.",
    "notes.mark.packet": "Packet {packet} is marked, in {file}.",
    "notes.text.connection": "The note on connection {connection} is kept in {file}.",
    "notes.text.packet": "The note on packet {packet} is kept in {file}.",
    "notes.none.connection": "Connection {connection} has neither mark nor note any more.",
    "notes.none.packet": "Packet {packet} has neither mark nor note any more.",
}
