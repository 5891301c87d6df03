"""Words of the start screen about captures that were interrupted."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.start.leftovers": "Captures that were interrupted",
    "guide.start.leftover": "capture of {date}",
    "guide.start.leftover_about": "{size} bytes, the last packet written {date}; the program ended before it was saved.",
    "guide.start.enter_leftover": "Enter opens it; it stays until it is saved or deleted:",
    "guide.start.leftovers_folded": "{count} captures, the last {date}",
    "guide.start.enter_leftovers": "Enter shows them; each stays until it is saved or deleted.",
}
