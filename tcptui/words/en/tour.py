"""Words of the tour: hints in one line, for the first minutes with the main screen."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "tour.lead": "Tip",
    "tour.dismiss": "Del: next tip",
    "tour.hint.problem": "{key} goes to the next problem, worst first",
    "tour.hint.explain": "{key} shows what happened, and how we know",
    "tour.hint.timeline": "{key} shows the packets of this connection",
    "tour.hint.hex": "{key} shows the fields and bytes of this packet",
    "tour.hint.stream": "{key} shows what both ends sent each other",
    "tour.hint.narrow": "{key} lists only rows with a text, like an address",
    "tour.hint.help": "{key} explains the term, symbol or key you point at",
    "tour.hint.palette": "{key} finds every command by name",
    "tour.key.tour": "Tips: turn off, or start again",
    "tour.key.tour_dismiss": "Next tip, if there is one",
    "tour.now.off": "off",
    "tour.now.on": "{done} of {all} seen",
    "tour.notice.off": "No more tips. Ctrl+P has them again.",
    "tour.notice.on": "The tips begin again.",
}
