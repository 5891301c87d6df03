"""The table of the main screen's panes, from which keys, titles, layout, hints and the targets of Esc are made.

A new pane needs a member of `Pane`, a row of `PANES`, and its words ``screen.pane.<id>``, ``screen.key.pane_<id>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from tcptui.ui.hint import Hint
from tcptui.ui.main import pane_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widget import Widget

    from tcptui.ui.learn.subject import Subject
    from tcptui.ui.main.explain_pane import Document
    from tcptui.ui.main.workspace import Workspace
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

    Maker = Callable[[Glyphs, Words, ViewOptions], Widget]


class Pane(Enum):
    """The panes; the value is the id of their widget."""

    CONNECTIONS = "connections"
    TIMELINE = "timeline"
    HEADERS = "headers"
    EXPLAIN = "explain"
    GLANCE = "glance"
    LESSON = "lesson"
    """The step of a case, or a question; shown only while there is one."""


class Slot(Enum):
    """The places that `tcptui.ui.main.layout` divides a screen into."""

    TOP = auto()
    """A strip above the list, where the screen is high enough or its pane is in front."""
    LIST = auto()
    """Above the main part, over the whole width."""
    MAIN = auto()
    """The larger column.  Of several panes with this slot, the active one is shown, else the first; so in `LIST` and
    `FIELDS`."""
    FIELDS = auto()
    """Below the main part or below the side column."""
    SIDE = auto()
    """The column on the right, which shows all its panes, one below the other, by their `Share`."""
    FRONT = auto()
    """On a narrow screen, the active pane, whichever it is."""
    STRIP = auto()
    """On a narrow screen, the lesson or the explanation below the pane in front."""


@dataclass(frozen=True, slots=True)
class Share:
    """A pane's part of the side column."""

    percent: int
    """Of the height; the lowest pane also gets the remainder."""
    place: int
    """Its place in the column, ascending from the top."""


@dataclass(frozen=True, slots=True)
class PaneSpec:
    """One pane."""

    pane: Pane
    slot: Slot
    hints: tuple[Hint, ...]
    """Hints for the bottom line, the most useful first."""
    make: Maker | None = None
    """Makes its widget, importing the module only then; None: the widget is mounted while it is needed."""
    last_hints: tuple[Hint, ...] = ()
    """Hints after those that every pane has."""
    back: Pane | None = None
    """The pane that Esc goes to."""
    share: Share | None = None
    """Share of the side column; None: it is not shown there."""
    share_in_case: Share | None = None
    """The same while a case is open."""
    enter: Callable[[Workspace], None] | None = None
    """What Enter does; None: its widget has the key, or the lessons act on it."""
    copied: Callable[[Workspace], Document] = pane_keys.copied_explanation
    """What `y` copies."""
    subjects: Callable[[Workspace], list[Subject]] = pane_keys.subjects_of_packet
    """What `c` looks for a case about, the most telling first."""
    term: Callable[[Workspace], str | None] = pane_keys.term_of_packet
    """The term that the help explains first; None: there is none."""
    filters: Callable[[Workspace], list[str]] = pane_keys.filters_by_connection
    """The display filters that `=` offers."""

    @property
    def title(self) -> str:
        """Catalogue key of its name."""
        return f"screen.pane.{self.pane.value}"

    @property
    def command(self) -> str:
        """Name of the command that goes to this pane."""
        return f"pane_{self.pane.value}"


def _connections(glyphs: Glyphs, words: Words, options: ViewOptions) -> Widget:
    from tcptui.ui.main.connection_list import ConnectionList

    return ConnectionList(glyphs, words) if options.columns is None else ConnectionList(glyphs, words, options.columns)


def _timeline(glyphs: Glyphs, words: Words, options: ViewOptions) -> Widget:
    from tcptui.ui.main.timeline import Timeline

    return Timeline(glyphs, words, options)


def _headers(glyphs: Glyphs, _words: Words, _options: ViewOptions) -> Widget:
    from tcptui.ui.main.header_pane import HeaderPane

    return HeaderPane(glyphs)


def _explain(glyphs: Glyphs, words: Words, _options: ViewOptions) -> Widget:
    from tcptui.ui.main.explain_pane import ExplainPane

    return ExplainPane(glyphs, words)


def _glance(glyphs: Glyphs, words: Words, _options: ViewOptions) -> Widget:
    from tcptui.ui.main.glance import GlancePane

    return GlancePane(glyphs, words)


_STRETCH: Final = Hint("Enter", "glance.hint.stretch", "focused.take")
OPEN: Final = Hint("Enter", "screen.hint.open", "screen.drill")
_FIELDS: Final = Hint("Enter", "screen.hint.fields", "screen.drill")
_EVIDENCE: Final = Hint("Enter", "screen.hint.evidence", "screen.drill")
PROBLEM: Final = Hint("n N", "screen.hint.problem", "screen.problem(1)")
_BACK: Final = Hint("Esc", "screen.hint.back", "screen.back")
NARROW: Final = Hint("/", "screen.hint.narrow", "screen.narrow")
_SORT: Final = Hint("s", "screen.hint.sort", "screen.sort")
_EXPLAIN: Final = Hint("e", "screen.hint.explain", "screen.explain")
_COPY: Final = Hint("y", "screen.hint.copy", "screen.copy")
_PREDICT: Final = Hint("p", "screen.hint.predict", "screen.predict")
_TEACH: Final = Hint("c", "screen.hint.teach", "screen.teach")
_RAW: Final = Hint("#", "screen.hint.raw", "screen.raw_numbers")
#: What is said of the whole capture.
WHOLE: Final = (
    Hint("0", "screen.hint.overview", "screen.overview"),
    Hint("R", "overview.hint.requests", "screen.requests"),
    Hint("b", "overview.hint.grouped", "screen.groups"),
)

#: In the order of their keys, and of Tab: that of a case comes right after the timeline.
PANES: Final = (
    PaneSpec(
        Pane.CONNECTIONS, Slot.LIST, (OPEN, PROBLEM, NARROW, _SORT, _EXPLAIN), _connections, WHOLE,
        enter=pane_keys.open_packets, copied=pane_keys.copied_connection, subjects=pane_keys.subjects_of_connection,
        term=pane_keys.term_of_connection,
    ),
    PaneSpec(
        Pane.TIMELINE, Slot.MAIN, (OPEN, PROBLEM, _BACK, _EXPLAIN, _PREDICT, _TEACH), _timeline, (_RAW,),
        back=Pane.CONNECTIONS,
        enter=pane_keys.open_fields, copied=pane_keys.copied_packet, filters=pane_keys.filters_by_packet,
    ),
    PaneSpec(
        Pane.LESSON, Slot.SIDE, (_EVIDENCE, _BACK, PROBLEM, _COPY), back=Pane.TIMELINE, share_in_case=Share(60, 1)
    ),
    PaneSpec(
        Pane.HEADERS, Slot.FIELDS, (_FIELDS, _BACK, PROBLEM, _COPY), _headers, back=Pane.TIMELINE,
        enter=pane_keys.select_field, copied=pane_keys.copied_field, term=pane_keys.term_of_field,
        filters=pane_keys.filters_by_field,
    ),
    PaneSpec(
        Pane.EXPLAIN, Slot.SIDE, (_EVIDENCE, _BACK, PROBLEM, _COPY), _explain, back=Pane.TIMELINE,
        share=Share(100, 2), share_in_case=Share(40, 2), enter=pane_keys.follow_evidence,
    ),
    PaneSpec(Pane.GLANCE, Slot.TOP, (_STRETCH, PROBLEM, _BACK), _glance, back=Pane.CONNECTIONS),
)  # fmt: skip
SPEC_OF: Final = {spec.pane: spec for spec in PANES}
#: The panes that always exist, in the order of their keys 1, 2, ….
NUMBERED: Final = tuple(spec.pane for spec in PANES if spec.make is not None)
