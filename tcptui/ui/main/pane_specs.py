"""The table of the main screen's panes, from which keys, titles, layout, hints and the targets of Esc are made.

A new pane needs a member of `Pane`, a row of `PANES`, and its words ``screen.pane.<id>``, ``screen.key.pane_<id>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.ui.hint import Hint

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


# What the keys that work in every pane do in each: columns of the table below.
#
# Whoever calls these has the panes show the selected connection first.


# -- Enter -----------------------------------------------------------------------------------
def _open_packets(workspace: Workspace) -> None:
    """Go from the connection to its packets."""
    workspace.open_packets()


def _open_fields(workspace: Workspace) -> None:
    """Go from the packet to its fields."""
    workspace.open_fields()


def _select_field(workspace: Workspace) -> None:
    """Open or close the branch under the cursor, or go to the packet that the line links to."""
    workspace.headers.tree_view.action_select_cursor()


def _follow_evidence(workspace: Workspace) -> None:
    """Go to the packet that the selected link names."""
    workspace.explain.action_follow_link()


# -- y ---------------------------------------------------------------------------------------
def _copied_connection(workspace: Workspace) -> Document:
    """The row of the connection, in one line."""
    return _one_line(workspace.connections.summary())


def _copied_packet(workspace: Workspace) -> Document:
    """The row of the packet, in one line."""
    return _one_line(workspace.ladder.summary())


def _copied_field(workspace: Workspace) -> Document:
    """The line of the header tree; empty without one."""
    node = workspace.field_under_cursor()
    return () if node is None else _one_line(node.label)


def _one_line(text: str) -> Document:
    """A document that is one line with ``text``, which may be out of packets."""
    from tcptui.ui.main.explain_pane import Passage

    return (Passage(safe_text(text)),)


def _copied_explanation(workspace: Workspace) -> Document:
    """The whole explanation."""
    return workspace.explain.document


# -- c ---------------------------------------------------------------------------------------
def subjects_of_connection(workspace: Workspace) -> list[Subject]:
    """The findings of the connection."""
    from tcptui.ui.learn.subject import subjects_of_connection

    return subjects_of_connection(workspace)


def subjects_of_packet(workspace: Workspace) -> list[Subject]:
    """What is special about the packet; without one as of the connection."""
    from tcptui.ui.learn.subject import subjects_of_packet

    return subjects_of_packet(workspace)


# -- ? ---------------------------------------------------------------------------------------
def term_of_connection(workspace: Workspace) -> str | None:
    """The finding that the connection's row shows."""
    from tcptui.ui.help_term import term_of_connection

    return term_of_connection(workspace)


def term_of_field(workspace: Workspace) -> str | None:
    """The term for the field of the header tree."""
    from tcptui.ui.help_term import term_of_field

    return term_of_field(workspace)


def term_of_packet(workspace: Workspace) -> str | None:
    """The finding, verdict or state that the explanation is about."""
    from tcptui.ui.help_term import term_of_packet

    return term_of_packet(workspace)


# -- = ---------------------------------------------------------------------------------------
def _filters_by_connection(workspace: Workspace) -> list[str]:
    """Filters by the connection; none without one."""
    from tcptui.ui.main.under_cursor import connection_conditions

    session, stream = workspace.session, workspace.ladder.stream
    return [] if session is None or stream < 0 else connection_conditions(session, stream, workspace.findings)


def _filters_by_packet(workspace: Workspace) -> list[str]:
    """Filters by the packet; without one by the connection."""
    from tcptui.ui.main.under_cursor import packet_conditions

    session, row = workspace.session, workspace.row
    return _filters_by_connection(workspace) if session is None or row < 0 else packet_conditions(session, row)


def _filters_by_field(workspace: Workspace) -> list[str]:
    """Filters by the field of the header tree; without one by the connection."""
    from tcptui.ui.main.under_cursor import field_conditions

    session, row, node = workspace.session, workspace.row, workspace.field_under_cursor()
    if session is None or row < 0 or node is None:
        return _filters_by_connection(workspace)
    return field_conditions(session, row, node.field, node.label)


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
    copied: Callable[[Workspace], Document] = _copied_explanation
    """What `y` copies."""
    subjects: Callable[[Workspace], list[Subject]] = subjects_of_packet
    """What `c` looks for a case about, the most telling first."""
    term: Callable[[Workspace], str | None] = term_of_packet
    """The term that the help explains first; None: there is none."""
    filters: Callable[[Workspace], list[str]] = _filters_by_connection
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
        enter=_open_packets, copied=_copied_connection, subjects=subjects_of_connection,
        term=term_of_connection,
    ),
    PaneSpec(
        Pane.TIMELINE, Slot.MAIN, (OPEN, PROBLEM, _BACK, _EXPLAIN, _PREDICT, _TEACH), _timeline, (_RAW,),
        back=Pane.CONNECTIONS,
        enter=_open_fields, copied=_copied_packet, filters=_filters_by_packet,
    ),
    PaneSpec(
        Pane.LESSON, Slot.SIDE, (_EVIDENCE, _BACK, PROBLEM, _COPY), back=Pane.TIMELINE, share_in_case=Share(60, 1)
    ),
    PaneSpec(
        Pane.HEADERS, Slot.FIELDS, (_FIELDS, _BACK, PROBLEM, _COPY), _headers, back=Pane.TIMELINE,
        enter=_select_field, copied=_copied_field, term=term_of_field,
        filters=_filters_by_field,
    ),
    PaneSpec(
        Pane.EXPLAIN, Slot.SIDE, (_EVIDENCE, _BACK, PROBLEM, _COPY), _explain, back=Pane.TIMELINE,
        share=Share(100, 2), share_in_case=Share(40, 2), enter=_follow_evidence,
    ),
    PaneSpec(Pane.GLANCE, Slot.TOP, (_STRETCH, PROBLEM, _BACK), _glance, back=Pane.CONNECTIONS),
)  # fmt: skip
SPEC_OF: Final = {spec.pane: spec for spec in PANES}
#: The panes that always exist, in the order of their keys 1, 2, ….
NUMBERED: Final = tuple(spec.pane for spec in PANES if spec.make is not None)
