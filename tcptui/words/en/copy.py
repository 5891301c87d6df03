"""Notices on the result of copying (`y`)."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "copy.sent.file": "Copied, terminal permitting; also in {path} until you quit",
    "copy.sent.nowhere": "Copied, terminal permitting: {size} bytes.",
    "copy.tmux.file": "Copied to tmux and its terminal; also in {path} until you quit",
    "copy.tmux.nowhere": "Copied to tmux and its terminal: {size} bytes.",
    "copy.long.file": "{size} bytes; the clipboard holds {most}. All is in {path} until you quit",
    "copy.long.nowhere": "Nothing copied: {size} bytes; the terminal's clipboard holds {most}.",
    "copy.none.file": "No clipboard on this terminal; it is in {path} until you quit",
    "copy.none.nowhere": "Nothing copied: no clipboard on this terminal, and no file could be written.",
    "copy.of_connection": "{file}, connection {stream}, {client} → {server}, began {time}",
    "copy.of_packet": "{file}, packet {frame}, connection {stream}, {client} → {server}, {time}",
}
