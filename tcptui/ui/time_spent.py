"""Where a connection's time went, as passages for the explain pane; worked out once and kept while it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from tcptui.analysis.time_budget import time_budget
from tcptui.explain.budget_words import Share, TurnLine, shares, slowest_turns, turns_heading
from tcptui.progress import Phase
from tcptui.ui.widgets.explain_pane import Passage, Tone

if TYPE_CHECKING:
    from tcptui.explain.language import Language
    from tcptui.explain.words import Words
    from tcptui.session import Session

#: Turns that are listed, the slowest ones; more are not read.
TURNS_SHOWN: Final = 8
#: Longer connections are worked out by a worker thread (`read_ahead`), never while a key waits for its repaint; while
#: a file is read all are.
PROMPT_SEGMENTS: Final = 1_000
#: A growing connection is worked out anew when it has grown by this share (percent).
REGROWTH_PERCENT: Final = 10
#: Connections kept per session.
_KEPT: Final = 16


@dataclass(frozen=True, slots=True)
class TimeSpent:
    """What the pane shows."""

    segments: int
    """Of the connection, when this was worked out."""
    shares: tuple[Share, ...]
    turns: tuple[TurnLine, ...]
    turns_heading: str


_known: WeakKeyDictionary[Session, dict[tuple[int, Language], TimeSpent]] = WeakKeyDictionary()


def read_ahead(session: Session, stream: int, words: Words) -> None:
    """Work out ``stream``, however long it is; for worker threads."""
    _look_up(session, stream, words, at_once=True)


def _look_up(session: Session, stream: int, words: Words, *, at_once: bool) -> TimeSpent | None:
    kept = _known.setdefault(session, {})
    key = (stream, words.language)
    known = kept.get(key)
    segments = int(session.streams.packets[stream])
    if known is not None and segments * 100 <= known.segments * (100 + REGROWTH_PERCENT):
        return known
    if not at_once and (segments > PROMPT_SEGMENTS or session.progress.phase is Phase.LOADING):
        return known
    view = session.view(stream)
    budget = time_budget(view)
    turns = slowest_turns(budget, view, TURNS_SHOWN, words)
    heading = turns_heading(budget, len(turns), words) if turns else ""
    fresh = TimeSpent(len(view), shares(budget, words), turns, heading)
    kept[key] = fresh
    if len(kept) > _KEPT:
        del kept[next(iter(kept))]
    return fresh


def bar_passage(session: Session, stream: int, words: Words) -> tuple[Passage, ...]:
    """The bar, if the connection lasted at all and is not still being worked out."""
    spent = _look_up(session, stream, words, at_once=False)
    if spent is None or not spent.shares:
        return ()
    return (Passage("", words("budget.heading"), bar=spent.shares),)


def turn_passages(session: Session, stream: int, words: Words) -> tuple[Passage, ...]:
    """The slowest turns, where there are several."""
    spent = _look_up(session, stream, words, at_once=False)
    if spent is None or len(spent.turns) < 2:
        return ()
    told = (
        Passage(
            words(
                "budget.turn", number=turn.number, total=turn.total, network=turn.network, server=turn.server,
                transfer=turn.transfer, client=turn.client,
            ),
            packets=turn.frames,
        )
        for turn in spent.turns
    )  # fmt: skip
    return (Passage(spent.turns_heading, tone=Tone.TITLE), *told)
