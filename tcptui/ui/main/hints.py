"""Which keys the bottom line shows, by the pane in front."""

from __future__ import annotations

from typing import Final

from tcptui.ui.main.layout import Pane
from tcptui.ui.widgets.one_line import Hint

_HELP: Final = Hint("?", "screen.hint.help", "screen.help")
_QUIT: Final = Hint("q", "screen.hint.quit", "screen.leave")
_PROBLEM: Final = Hint("n N", "screen.hint.problem", "screen.problem(1)")
_BACK: Final = Hint("Esc", "screen.hint.back", "screen.back")
_ZOOM: Final = Hint("z", "screen.hint.zoom", "screen.zoom")
_EXPLAIN: Final = Hint("e", "screen.hint.explain", "screen.explain")
_COPY: Final = Hint("y", "screen.hint.copy", "screen.copy")
_FOLLOW: Final = Hint("f", "screen.hint.follow", "screen.follow")
_PAUSE: Final = Hint("Space", "screen.hint.pause", "screen.pause")
_RAW: Final = Hint("#", "screen.hint.raw", "screen.raw_numbers")
_STEP: Final = (
    Hint("] [", "screen.hint.step", "screen.step(1)"),
    Hint("r", "screen.hint.reveal", "screen.reveal"),
)
#: While a question is open.
PREDICTING: Final = (
    Hint("1-4", "screen.hint.answer", "screen.reveal"),
    Hint("r", "screen.hint.reveal", "screen.reveal"),
    Hint("p", "screen.hint.next_question", "screen.predict"),
    Hint("Esc", "screen.hint.stop", "screen.back"),
    _HELP,
    _QUIT,
)
#: Once its answer is shown.
REVEALED: Final = PREDICTING[2:]
_PREDICT: Final = Hint("p", "screen.hint.predict", "screen.predict")
_TEACH: Final = Hint("c", "screen.hint.teach", "screen.teach")


def hints_for(pane: Pane, *, growing: bool, lesson: bool) -> tuple[Hint, ...]:
    """The hints in order of usefulness: what does not fit is dropped from the end."""
    live = (_FOLLOW, _PAUSE) if growing else ()
    step = _STEP if lesson else ()
    if pane is Pane.CONNECTIONS:
        own: tuple[Hint, ...] = (
            Hint("Enter", "screen.hint.open", "screen.drill"), _PROBLEM,
            Hint("/", "screen.hint.narrow", "screen.narrow"), Hint("s", "screen.hint.sort", "screen.sort"), _EXPLAIN,
        )  # fmt: skip
    elif pane is Pane.TIMELINE:
        own = (
            Hint("Enter", "screen.hint.open", "screen.drill"), _PROBLEM, _BACK, _EXPLAIN, _PREDICT, _TEACH,
        )  # fmt: skip
    elif pane is Pane.HEADERS:
        own = (Hint("Enter", "screen.hint.fields", "screen.drill"), _BACK, _PROBLEM, _COPY)
    else:
        own = (Hint("Enter", "screen.hint.evidence", "screen.drill"), _BACK, _PROBLEM, _COPY)
    last = (_RAW,) if pane is Pane.TIMELINE else ()
    return (_HELP, *step, *own, *live, _ZOOM, _QUIT, *last)
