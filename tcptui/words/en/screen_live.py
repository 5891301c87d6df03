"""Keys and notices of the main screen for live captures: saving, clearing, choosing another interface or filter."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.save": "Save what was captured as a file",
    "screen.key.clear": "Begin anew: forget what was captured; numbers from 1, times from 0",
    "screen.key.choose": "Choose another interface, filter, file or case",
    "screen.notice.no_choice": "There is no way back to the start screen from here: i goes back from a live capture (-i) and from what the start screen opened.",
    "screen.notice.choose_again": "The capture is not saved (w saves it). Press again to leave it.",
    "screen.notice.no_clear": "Nothing to clear: C begins a running capture anew.",
    "screen.notice.no_clear_of_this": "This capture cannot be cleared: it is pcapng, or kept by --keep-around.",
    "screen.notice.clear_again": "This forgets every packet so far (w saves). Press again.",
    "screen.notice.saved_already": "There is nothing to save: these packets are in a file already.",
    "screen.notice.saved": "Saved {size}B to {file}.",
}
