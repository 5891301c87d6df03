"""The key hints of the bottom line, by the pane in front."""

from __future__ import annotations

from typing import Final

from tcptui.ui.hint import Hint
from tcptui.ui.main.pane_specs import NARROW, OPEN, SPEC_OF, WHOLE, Pane

_HELP: Final = Hint("?", "screen.hint.help", "screen.help")
_QUIT: Final = Hint("q", "screen.hint.quit", "screen.leave")
_ZOOM: Final = Hint("z", "screen.hint.zoom", "screen.zoom")
_UNZOOM: Final = Hint("z", "screen.hint.unzoom", "screen.zoom")
_FOLLOW: Final = Hint("f", "screen.hint.follow", "screen.follow")
_PAUSE: Final = Hint("Space", "screen.hint.pause", "screen.pause")
_RESUME: Final = Hint("Space", "screen.hint.resume", "screen.pause")
_SAVE: Final = Hint("w", "guide.prompt.key.save", "screen.save")
_SAVE_MATCHING: Final = Hint("W", "screen.hint.save_matching", "screen.save_matching")
_OTHER: Final = Hint("u", "screen.hint.other", "screen.other")
_ALL: Final = Hint("Esc", "screen.hint.all", "screen.back")
#: Where the words of a filter may be that are in no row: rows tell of trouble, not of every request nor of payload.
_BEYOND_ROWS: Final = (
    Hint("R", "overview.hint.requests", "screen.requests"),
    Hint("Ctrl+F", "screen.hint.search", "screen.search"),
)
_STEP: Final = (
    Hint("] [", "screen.hint.step", "screen.step(1)"),
    Hint("r", "screen.hint.reveal", "screen.reveal"),
)
#: The hints in front of the others while `n` and `N` follow what a search has found.
HITS: Final = (
    Hint("n", "search.hint.next", "screen.problem(1)"),
    Hint("N", "search.hint.previous", "screen.problem(-1)"),
    Hint("Esc", "search.hint.over", "screen.back"),
)
#: What these keys mean otherwise.
HITS_REPLACE: Final = frozenset({"screen.hint.problem", "screen.hint.back"})
#: The hints once the answer to a question is shown.
REVEALED: Final = (
    Hint("p", "screen.hint.next_question", "screen.predict"),
    Hint("Esc", "screen.hint.stop", "screen.back"),
    _HELP,
    _QUIT,
)


def asking(choices: int) -> tuple[Hint, ...]:
    """The hints while a question with so many choices is open."""
    answer, reveal = Hint(f"1-{choices}", "screen.hint.answer"), Hint("r", "screen.hint.reveal", "screen.reveal")
    return (answer, reveal, *REVEALED)


def hints_for(
    pane: Pane, *, growing: bool, lesson: bool, other: bool = False, narrowed: bool = False, listed: bool = True,
    empty: bool = False, zoomed: bool = False, paused: bool = False, unsaved: bool = False, filtered: bool = False,
) -> tuple[Hint, ...]:  # fmt: skip
    """The hints, the most useful first: the line drops those at the end that do not fit.

    ``other``: there are packets, and none is TCP.  ``narrowed``: the list has only some of the connections.
    ``listed``: the list has any.  ``empty``: there is no connection that anything could be done with.
    ``zoomed``: the pane has the whole screen.  ``paused``: the display stands still.  ``unsaved``: packets would be
    lost.  ``filtered``: a display filter is on, which packets pass, be they in connections or not.
    """
    lift = (_ALL,) if narrowed and pane is Pane.CONNECTIONS else ()
    elsewhere = (_OTHER,) if other else ()
    live = (_FOLLOW, _RESUME if paused else _PAUSE) if growing else ()
    save = (_SAVE,) if unsaved else ()
    slice_of = (_SAVE_MATCHING,) if filtered else ()
    step = _STEP if lesson else ()
    spec = SPEC_OF[pane]
    if empty:
        return (_HELP, *save, *elsewhere, *slice_of, *live[1:], _QUIT)
    if narrowed and not listed:
        return (_HELP, *save, _ALL, *slice_of, *_BEYOND_ROWS, NARROW, *live[1:], _QUIT)
    if growing and pane is Pane.CONNECTIONS and not zoomed:  # what a list that changes by itself is asked first
        first = (_HELP, *save, *elsewhere, *lift, *slice_of, OPEN, NARROW, *WHOLE, *live[1:], _QUIT)
        return (*first, *(hint for hint in (*spec.hints, _FOLLOW, _ZOOM) if hint not in first))
    zoom = _UNZOOM if zoomed else _ZOOM
    return (_HELP, *save, *elsewhere, *lift, *slice_of, *step, *spec.hints, *live, zoom, _QUIT, *spec.last_hints)
