"""`0`: the verdict on the whole capture and its trouble in groups, worst first; Enter lists a group's connections."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from textual import on
from textual.containers import Horizontal

from tcptui.access.open_capture import rows_seen
from tcptui.model.safe_text import safe_text
from tcptui.session.other_tables import other_packets
from tcptui.ui.capture_notice import notice_text
from tcptui.ui.filler.column import PacketsColumn
from tcptui.ui.filler.room import FillerRoom
from tcptui.ui.filler.table import ALL_PARTS, Part
from tcptui.ui.keymap import bindings
from tcptui.ui.main.connection_index import ChosenStreams
from tcptui.ui.main.explain_pane import ExplainPane, Passage, lay_out
from tcptui.ui.overview.document import (
    NAMED_CONNECTIONS,
    document_text,
    group_document,
    group_documents,
    largest_document,
    members_document,
    quiet_document,
    time_document,
    worst_document,
)
from tcptui.ui.overview.group_list import GroupList
from tcptui.ui.overview.head import OverviewBar, OverviewHead
from tcptui.ui.overview.keys import (
    EXPLANATION_HINTS,
    GROUP_HINTS,
    OVERVIEW_KEYS,
    QUIET_HINTS,
    WITHOUT_TCP_HINTS,
)
from tcptui.ui.overview.placing import placed
from tcptui.ui.overview.same_group import same_group
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.stream_explainer import StreamExplainer
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.widgets.virtual_list import HEADING, VirtualList
from tcptui.words.finding_text import group_name
from tcptui.words.other_text import counts_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tcptui.findings.trouble import TroubleGroup
    from tcptui.session.session import Session
    from tcptui.ui.hint import Hint
    from tcptui.ui.main.explain_pane import Document
    from tcptui.ui.main.trouble_watch import CaptureSeen, TroubleWatch
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: Interval (seconds) at which the screen asks for the newest look at the capture.
_BEAT: Final = 0.1
#: How long (seconds) counting what is not TCP may take at once: a key may wait for it.
_OTHER_LOOK: Final = 0.02
#: From this width (cells) on the connections of a group are beside its explanation, else below it.
BESIDE_WIDTH: Final = 160
#: The groups take at most this share of the lines, in percent, and at least so many.
_GROUPS_SHARE: Final = 40
_GROUPS_LEAST: Final = 3
#: Lines of the screen besides head, groups and what is below them: title, border, hints.
_LINES: Final = 3
#: Of the connections of a group the line above them, and how many more there are.
_MEMBERS_LINES: Final = 2
#: Lines that connections leave, at least, where the first of them is explained below.
_EXPLAINED_LEAST: Final = 9
#: What was looked at and how far the capture can be trusted, with blank lines and the heading of what follows.
_QUIET_LINES: Final = 9
#: Cells beside the text of a pane.
_MARGINS: Final = 4
#: A blank line below the explanation where something else follows.
_APART: Final = 1
#: Groups behind the one under the cursor that are laid out at most: more than the largest terminal has room for.
_NEXT_MOST: Final = 12
#: What may follow where the largest connections are told of already.
_IN_QUIET: Final = (Part.PACKETS, Part.TRAFFIC)


class Onward(Enum):
    """What the overview leads on to, by the key of the main screen."""

    OTHER = auto()
    """The packets that are not TCP."""
    REQUESTS = auto()
    """The requests of the whole capture."""
    GROUPS = auto()
    """The connections in groups."""
    FILTER = auto()
    """The prompt for a filter, above the list of connections."""
    SEARCH = auto()
    """The search through the whole capture."""


@dataclass(frozen=True, slots=True)
class OverviewResult:
    """What was chosen on the overview, and the group that the cursor was on when it closed."""

    group: TroubleGroup | None = None
    chosen: ChosenStreams | None = None
    """The connections to list; None: the list stays as it is."""
    frame: int = 0
    """The packet to go to; 0: none."""
    onward: Onward | None = None
    """What to open instead."""


class OverviewScreen(KeyedScreen[OverviewResult]):
    """Shows what `watch` sees of the capture, updated as it grows."""

    DEFAULT_CSS = """
    OverviewScreen {
        layout: vertical;
        background: $background;
        & > OverviewBar, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > OverviewHead { height: 1; width: 1fr; background: $background; overflow: hidden hidden; }
        & GroupList, & ExplainPane {
            background: $background; width: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        }
        & > GroupList { height: 4; }
        & > Horizontal { height: 1fr; width: 1fr; border-top: solid $edge; }
        & ExplainPane { height: 1fr; }
        & #group-beside { display: none; border-left: solid $edge; }
        &.-beside #group-beside { display: block; }
        &.-quiet GroupList, &.-quiet #group-beside { display: none; }
        &.-ascii > Horizontal { border-top: ascii $edge; }
        &.-ascii #group-beside { border-left: ascii $edge; }
    }
    """
    KEYS = OVERVIEW_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(OVERVIEW_KEYS)]

    def __init__(
        self, session: Session, watch: TroubleWatch, words: Words, glyphs: Glyphs, options: ViewOptions,
        group: TroubleGroup | None = None,
    ) -> None:  # fmt: skip
        """``group``: the one that the cursor begins on, if it is still there."""
        super().__init__(words, glyphs)
        self.session = session
        self._trouble_watch = watch
        self._group = group
        """The group under the cursor, as it was when it was last shown."""
        self._seen: CaptureSeen | None = None
        self._other: tuple[str, ...] = ()
        """How many packets are not TCP, by protocol, the longest form first."""
        self._other_revision = 0
        self._rows = 0
        """Groups that are in sight at once."""
        self._groups_wait = False
        """Whether the groups get the focus as soon as there are some."""
        self._bar = OverviewBar(glyphs, words)
        self._head = OverviewHead(glyphs, words)
        self.groups = GroupList(glyphs, words)
        self.explain = ExplainPane(glyphs, words, id="group-explanation")
        self._members = ExplainPane(glyphs, words, id="group-members")
        self._members.can_focus = False
        self._beside = PacketsColumn(self._members, session, glyphs, words, options, id="group-beside")
        """The connections, and the packets of one where there is not room for them below both columns."""
        self._explainer = StreamExplainer(self, session, words, self._explain)
        self.below = FillerRoom(session, glyphs, words, options, self._explain)

    def compose(self) -> ComposeResult:
        """Title, verdict and capture, groups, explanation, hints."""
        yield self._bar
        yield self._head
        yield self.groups
        with Horizontal():
            yield self.explain
            yield self._beside
        yield self.below
        yield self.hint_line

    def on_mount(self) -> None:
        """Show what is known, and ask now and then for more."""
        self.set_class(self.glyphs.line == "-", "-ascii")
        self.set_focus(self.groups)
        self.look()
        self.set_interval(_BEAT, self.look)

    def on_resize(self, event: events.Resize) -> None:
        """Put the connections of a group beside its explanation where there is room, else below it."""
        self.set_class(event.size.width >= BESIDE_WIDTH, "-beside")
        self._place_parts()
        self._explain()

    @property
    def settled(self) -> bool:
        """Whether what is shown is up to date."""
        seen = self._seen
        fresh = self._trouble_watch.is_settled and seen is self._trouble_watch.seen
        counted = (
            other_packets(self.session).is_current and other_packets(self.session).revision == self._other_revision
        )
        is_busy = self._explainer.is_busy or self.below.is_busy
        return fresh and counted and seen is not None and seen.trust is not None and not is_busy

    # -- what is shown -----------------------------------------------------------------
    def look(self) -> None:
        """Show the newest look at the capture, if there is one since the last."""
        seen = self._trouble_watch.seen
        state = ("overview.live" if self.session.live else "overview.reading") if self.session.progress.growing else ""
        self._bar.show(self.session.title, self.words(state) if state else "")
        if seen is None or (seen is not self._seen and link_is_idle(self.app)):
            self._seen = seen
            self._show()
        self._count_other()

    def _count_other(self) -> None:
        other = other_packets(self.session)
        if other.grow(_OTHER_LOOK) and other.revision != self._other_revision:
            self._other_revision = other.revision
            forms = counts_texts(other.not_tcp(), self.words)
            self._other = tuple(self.words("other.overview", counts=counts) for counts in forms if counts)
            self._place_parts()
            self.show_hints()

    def _show(self) -> None:
        groups = () if self._seen is None else self._seen.trouble.groups
        self.groups.show(groups, self._group)
        self._place_parts()
        self._explain()
        self.show_hints()

    def _place_parts(self) -> None:
        width, height = self.size
        if self._seen is not None:
            notice = notice_text(self.session.progress.notice, self.words)
            self._head.show(self._seen, width, height, self._other, notice)
        rows = len(self.groups.groups)
        self.set_class(not rows, "-quiet")
        if not rows and self.focused is self.groups:
            self.set_focus(self.explain)
            self._groups_wait = True
        elif rows and self._groups_wait:
            self.set_focus(self.groups)
            self._groups_wait = False
        most = max(_GROUPS_LEAST, height * _GROUPS_SHARE // 100)
        self._rows = min(rows, most - HEADING)
        self.groups.styles.height = HEADING + self._rows

    def _explain(self) -> None:
        group = self.groups.group
        before, self._group = self._group, group
        if group is None:
            document = (*quiet_document(self._seen, self.words), *self._largest())
            self._fill_below(self._lines_of(document, self.size.width - _MARGINS), self._largest_stored[:1], _IN_QUIET)
            self.explain.show(document)
            return
        same = before is not None and same_group(before, (group,)) is not None
        useful, rest = group_documents(self.session, group, self.words)
        beside = self.has_class("-beside")
        members = self._members_of(group, width=(self.size.width // 2 - _MARGINS) * beside)
        if beside:
            left, right = ((*useful, *rest), members) if members else (useful, rest)
            if self._room - len(members) >= _EXPLAINED_LEAST:
                worst = worst_document(self.session, group, self.words)
                right = (*right, *worst, *time_document(self.session, group, self.words))
        else:
            left, right = (*useful, *rest, *members), ()
        columns = self._with_the_next(left, right) if beside else self._with_the_next(left)
        left, right = (*columns, ())[:2]
        told = [self._lines_of(column, self.size.width // len(columns) - _MARGINS) for column in columns]
        self._fill_below(max(told), group.streams[:1], ALL_PARTS)
        self._beside.fill(told[-1], self._room, -1 if self.below.display else self._first_seen(group.streams[:1]))
        self.explain.show(left, keep_place=same)
        self._members.show(right)

    def _with_the_next(self, *columns: Document) -> list[Document]:
        """``columns``, and below them the groups behind the one under the cursor, each whole, as `placed` has room.

        Each is told as far as what it means and where to look next.
        """
        width = self.size.width // len(columns) - _MARGINS
        begun = [self._lines_of(column, width) for column in columns]
        at = self.groups.cursor + 1
        told = [
            group_documents(self.session, group, self.words)[0] for group in self.groups.groups[at : at + _NEXT_MOST]
        ]
        lines = (self._lines_of((*columns[0], *document), width) - begun[0] for document in told)
        return [
            (*column, *chain.from_iterable(told[place] for place in places))
            for column, places in zip(columns, placed(self._room, begun, lines), strict=True)
        ]

    def _fill_below(self, told: int, streams: Sequence[int], parts: Collection[Part]) -> None:
        """Below an explanation of ``told`` lines show what the capture and the first of ``streams`` have to show."""
        when = 0 if self._seen is None else self._seen.revision
        room = self._room - told - _APART
        self.below.fill(room, self._first_seen(streams), when, width=self.size.width, parts=parts)

    def _first_seen(self, streams: Sequence[int]) -> int:
        return next((each for each in streams if rows_seen(self.session, each)), -1)

    def _lines_of(self, document: Document, width: int) -> int:
        return len(lay_out(document, width, self.glyphs, self.words, dense=False))

    @property
    def _room(self) -> int:
        """Lines below the groups."""
        return self.size.height - _LINES - len(self._head.lines) - (HEADING + self._rows if self._rows else 0)

    def _largest(self) -> Document:
        """The largest connections of a capture without trouble, as many as have room below what was looked at.

        Where they leave room, the first one is explained.
        """
        seen, most = self._seen, self._room - _QUIET_LINES
        if seen is None or most <= 0:
            return ()
        kept = self._largest_stored[:most]
        document = largest_document(self.session, kept, self.words, self.glyphs)
        if not kept or most - len(document) < _EXPLAINED_LEAST:
            return document
        explained = self._explainer.document(kept[0], seen.revision)
        heading = self.words("overview.one", stream=kept[0])
        return (*document, Passage("", heading), *explained) if explained else document

    @property
    def _largest_stored(self) -> list[int]:
        """The largest connections of a capture without trouble, without those that were evicted since."""
        largest = np.array(() if self._seen is None else self._seen.largest, np.int64)
        kept: list[int] = largest[self.session.streams.are_stored(largest)].tolist()
        return kept

    def _members_of(self, group: TroubleGroup, *, width: int = 0) -> Document:
        """The connections of ``group``; with the ``width`` of a pane of their own, as many as that has room for."""
        most = max(NAMED_CONNECTIONS, self._room - _MEMBERS_LINES) if width else NAMED_CONNECTIONS
        return members_document(self.session, group, most, self.words, self.glyphs, width=width)

    @on(VirtualList.Highlighted)
    def _moved(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        self._explain()

    @on(VirtualList.Chosen)
    def _double_clicked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.action_narrow()

    def on_descendant_focus(self) -> None:
        """Show the hints for what has the focus."""
        self.show_hints()

    def show_hints(self) -> None:
        """Show the hints for what has the focus, behind a notice where there is one."""
        hints: tuple[Hint, ...] = GROUP_HINTS if self.focused is self.groups else EXPLANATION_HINTS
        if not self.groups.groups:
            has_no_tcp = self._seen is not None and not self._seen.connections and bool(self._other)
            hints = WITHOUT_TCP_HINTS if has_no_tcp else QUIET_HINTS
        self.put_hints(hints)

    # -- keys --------------------------------------------------------------------------
    def action_other_pane(self) -> None:
        """Move the focus between groups and explanation."""
        to_explanation = self.focused is self.groups or not self.groups.groups
        self.set_focus(self.explain if to_explanation else self.groups)

    def action_narrow(self) -> None:
        """Close, and list the connections of the group under the cursor; without any, go to its first packet."""
        group = self.groups.group
        if group is not None and not group.streams:
            self.dismiss(OverviewResult(group, frame=next(iter(group.finding.packets), 0)))
        elif group is not None:
            label = partial(group_name, group.finding)
            self.dismiss(OverviewResult(group, chosen=ChosenStreams(label, group.streams)))

    @on(ExplainPane.PacketWanted)
    def _packet_wanted(self, event: ExplainPane.PacketWanted) -> None:
        event.stop()
        self.dismiss(OverviewResult(self.groups.group, frame=event.frame))

    def action_other(self) -> None:
        """Close, and open the list of the packets that are not TCP."""
        self.dismiss(OverviewResult(self.groups.group, onward=Onward.OTHER))

    def action_requests(self) -> None:
        """Close, and open the requests of the whole capture."""
        self.dismiss(OverviewResult(self.groups.group, onward=Onward.REQUESTS))

    def action_groups(self) -> None:
        """Close, and open the connections in groups."""
        self.dismiss(OverviewResult(self.groups.group, onward=Onward.GROUPS))

    def action_filter(self) -> None:
        """Close, and ask for a filter."""
        self.dismiss(OverviewResult(self.groups.group, onward=Onward.FILTER))

    def action_search(self) -> None:
        """Close, and search the whole capture."""
        self.dismiss(OverviewResult(self.groups.group, onward=Onward.SEARCH))

    def action_overview(self) -> None:
        """It is open: the help above it has closed."""

    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(OverviewResult(self.groups.group))

    def action_copy(self) -> None:
        """Copy the explanation of the group under the cursor, with the name of the capture."""
        group = self.groups.group
        document = self.explain.document
        if group is not None:
            document = (*group_document(self.session, group, self.words), *self._members_of(group))
        self.copy(safe_text(self.session.label) + "\n" + document_text(document))

    def help_term(self) -> str | None:
        """What was found of the group under the cursor."""
        group = self.groups.group
        return None if group is None else str(group.finding.id)
