"""Words of marks and notes on the screen, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "notes.heading": "Your note",
    "notes.nothing": "Nothing is selected to be marked.",
    "notes.no_file": "Marks and notes need a file: save (w), then open it.",
    "notes.no_place": "Notes on a case are kept among your own files, and there is no folder for them.",
    "notes.mark.connection": "Connection {connection} is marked, in {file}.",
    "notes.mark.packet": "Packet {packet} is marked, in {file}.",
    "notes.text.connection": "Note on connection {connection} kept in {file}.",
    "notes.text.packet": "Note on packet {packet} kept in {file}.",
    "notes.none.connection": "Connection {connection} no longer has a mark or note.",
    "notes.none.packet": "Packet {packet} no longer has a mark or note.",
}
