"""Keys and notices of the main screen for live captures: saving, clearing, choosing another interface or filter."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.save": "Save the capture as a file",
    "screen.hint.save_matching": "save matching",
    "screen.key.save_matching": "Save only the packets that match a filter or words",
    "screen.key.clear": "Start over: forget the captured packets; numbers from 1, times from 0",
    "screen.key.choose": "Choose another interface, filter, file or case",
    "screen.notice.choose_again": "The capture is not saved (w saves). Press again to leave.",
    "screen.notice.choose_again.copying": "Still saving to a file. Press again to leave without it.",
    "screen.notice.choose_again.notes": "Marks and notes were not written. Press again to leave.",
    "screen.notice.choose_again.both": "Neither packets nor notes are saved. Press again to leave.",
    "screen.notice.no_clear": "Nothing to clear: C starts a running capture over.",
    "screen.notice.no_clear_of_this": "This capture cannot be cleared: pcapng, or --keep-around.",
    "screen.notice.clear_again": "This forgets every packet so far (w saves). Press again.",
    "screen.notice.saved_already": "Already in a file; with a filter on, w saves what matches.",
    "screen.notice.nothing_filtered": "W saves what matches a filter or words: / sets one.",
    "screen.notice.taken": "{path} exists: choose another name.",
    "screen.notice.saved": "Saved {size}B to {file}.",
}
