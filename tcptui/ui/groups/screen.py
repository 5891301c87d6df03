"""`b`: connections in groups, by server, port, host, pair of hosts or finding; Enter lists those of a group."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tcptui.session.groups import GroupBy, GroupSort, group_connections, kinds_of, worst_of
from tcptui.session.host_names import CERTIFICATE, server_name
from tcptui.ui.filler.column import PacketsColumn
from tcptui.ui.filler.room import FillerRoom
from tcptui.ui.filler.table import Part
from tcptui.ui.groups.columns import key_text, sort_text
from tcptui.ui.groups.group_list import ConnectionGroups
from tcptui.ui.groups.keys import GROUPS_KEYS, hints
from tcptui.ui.keymap import bindings
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.connection_index import ChosenStreams
from tcptui.ui.main.explain_pane import ExplainPane, Passage, lay_out
from tcptui.ui.overview.document import connections_document
from tcptui.ui.overview.screen import BESIDE_WIDTH
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.stream_explainer import StreamExplainer
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.widgets.choice_bar import Choice, ChoiceBar
from tcptui.ui.widgets.virtual_list import HEADING, VirtualList
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.packet_store import I32
    from tcptui.session.groups import Grouping, GroupKey
    from tcptui.session.host_names import HostName
    from tcptui.ui.main.explain_pane import Document
    from tcptui.ui.main.matching import Matching
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: Interval (seconds) at which the screen looks whether there is something new.
_BEAT: Final = 0.1
#: After a count that took so long, the next one waits this many times as long, and at least so many seconds.
_REST: Final = 5
_REST_LEAST: Final = 0.5


#: Lines of the screen besides the groups and their connections; of a group's connections there must be room for some.
_LINES: Final = 4
_MEMBERS_LEAST: Final = 6
#: Of these lines the line above them, their heading, and how many more there are.
_MEMBERS_LINES: Final = 3
#: Lines that they leave, at least, where the worst of them is explained below.
_ROOM_LEFT: Final = 9
#: What follows where lines are left: hosts and connections are the list itself.
_BELOW: Final = (Part.PACKETS, Part.TRAFFIC)
#: With so many lines less than the explanation beside them, connections have the packets of the worst below them.
_COLUMN_LEAST: Final = 10
_BELOW_COLUMN: Final = (Part.TRAFFIC,)
#: A blank line below the connections where something else follows.
_APART: Final = 1
#: Cells beside the text of a pane.
_MARGINS: Final = 4


class _Counted(NamedTuple):
    """What groups are of: kind, order, how far the capture had come, and the filter with its answer."""

    by: GroupBy
    sort: GroupSort
    revision: int
    judged: int
    matching: Matching | None
    named: int
    """Names that had been read from the capture."""


#: Groups that get the name of their server, the first ones: a name is worth a look at each of its connections.
_NAMED: Final = 2_000
_OF_SERVERS: Final = (GroupBy.SERVER, GroupBy.HOST)


def _names(session: JudgedCapture, grouping: Grouping) -> dict[GroupKey, HostName]:
    """The names of the servers that the groups are of."""
    if grouping.by not in _OF_SERVERS:
        return {}
    named = {
        group.key: server_name(session, group.key.hosts[0], grouping.members(place))
        for place, group in enumerate(grouping.groups[:_NAMED])
    }
    return {key: name for key, name in named.items() if name is not None}


class GroupsScreen(KeyedScreen[ChosenStreams]):
    """Counts in a worker thread, again as the capture grows; closes with the connections of the chosen group."""

    DEFAULT_CSS = """
    GroupsScreen {
        layout: vertical;
        background: $background;
        & > ChoiceBar, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > ConnectionGroups {
            background: $background; width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: scroll;
            scrollbar-size-vertical: 1;
        }
        & > Horizontal { display: none; height: 1fr; width: 1fr; border-top: solid $edge; }
        & ExplainPane { height: 1fr; width: 1fr; background: $background; overflow-x: hidden; overflow-y: hidden; }
        & > Horizontal > #group-worst { display: none; border-left: solid $edge; }
        &.-roomy > Horizontal, &.-beside > Horizontal > #group-worst { display: block; }
        &.-ascii > Horizontal { border-top: ascii $edge; }
        &.-ascii > Horizontal > #group-worst { border-left: ascii $edge; }
        & > #group-filter { height: auto; max-height: 2; width: 1fr; padding: 0 1; color: $faint; }
    }
    """
    KEYS = GROUPS_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(GROUPS_KEYS)]

    def __init__(
        self, session: JudgedCapture, words: Words, glyphs: Glyphs, options: ViewOptions, by: GroupBy, sort: GroupSort,
        matching: Callable[[], Matching | None], named: Callable[[], int],
    ) -> None:  # fmt: skip
        super().__init__(words, glyphs)
        self.session = session
        self._is_numeric, self._named = options.numeric, named
        self._matching = matching
        """The display filter that is on: connections of which no packet passes are in no group."""
        self.by = by
        self.sort = sort
        self._bar = ChoiceBar(glyphs, words, "screen.by", id="groups-bar")
        self.groups = ConnectionGroups(session, glyphs, words)
        self._members = ExplainPane(glyphs, words, id="group-members")
        self._worst = ExplainPane(glyphs, words, id="group-worst")
        self._members.can_focus = self._worst.can_focus = False
        self._left = PacketsColumn(self._members, session, glyphs, words, options, id="group-left")
        """The connections, and the packets of the worst where the column beside is so much longer."""
        self._explainer = StreamExplainer(self, session, words, self._show_members)
        self.below = FillerRoom(session, glyphs, words, options, self._show_members)
        self._filter = Static("", id="group-filter", markup=False)
        self._counted_for: _Counted | None = None
        """What was asked for last."""
        self._is_counting = False
        self._rests_until = 0.0

    def compose(self) -> ComposeResult:
        """Choices, groups, of one of them the connections and the filter, hints."""
        yield self._bar
        yield self.groups
        with Horizontal():
            yield self._left
            yield self._worst
        yield self.below
        yield self._filter
        yield self.hint_line

    def on_mount(self) -> None:
        """Count, and look now and then for more."""
        self.set_class(self.glyphs.line == "-", "-ascii")
        self.set_focus(self.groups)
        self.show_hints()
        self._show()
        self.look()
        self.set_interval(_BEAT, self.look)

    def show_hints(self) -> None:
        """Show the hints, behind a notice where there is one."""
        self.put_hints(hints(has_group=self.groups.group is not None))

    # -- counting ------------------------------------------------------------------------
    @property
    def _newest(self) -> _Counted:
        return _Counted(
            self.by, self.sort, self.session.revision, len(self.session.severity), self._matching(), self._named()
        )

    @property
    def settled(self) -> bool:
        """Whether what is shown is up to date."""
        return (
            not self._is_counting
            and not self._explainer.is_busy
            and not self.below.is_busy
            and self._counted_for == self._newest
        )

    def look(self) -> None:
        """Count again where there is something new, or another kind or order was chosen."""
        wanted, before = self._newest, self._counted_for
        if self._is_counting or wanted == before:
            return
        same_kind = before is not None and before[:2] == wanted[:2]
        if same_kind and (time.monotonic() < self._rests_until or not link_is_idle(self.app)):
            return
        self._counted_for, self._is_counting = wanted, True
        passing = None if wanted.matching is None else wanted.matching.of_streams

        def count() -> None:
            began = time.monotonic()
            grouping = group_connections(self.session, wanted.by, wanted.sort, passing)
            names = {} if self._is_numeric else _names(self.session, grouping)
            took = time.monotonic() - began
            self._rests_until = time.monotonic() + max(_REST_LEAST, _REST * took)
            call_on_loop(self, self._take, grouping, names, not same_kind)

        self.run_worker(count, thread=True, group="groups")

    def _take(self, grouping: Grouping, names: dict[GroupKey, HostName], from_top: bool) -> None:
        self._is_counting = False
        if grouping.by is self.by:
            self.groups.show(grouping, names, from_top=from_top)
            self._show()
        self.look()

    def _show(self) -> None:
        grouping, group = self.groups.grouping, self.groups.group
        words, kinds = self.words, kinds_of(self.session, self.by)
        count = words("groups.total", n=Count(0 if grouping is None else len(grouping.groups)))
        if self._matching() is not None:
            count = f"{count}{words('trouble.comma')}{words('groups.filtered')}"
        found = (f"{count}{words('trouble.comma')}{sort_text(self.sort, self.by, words, self.glyphs)}", count)
        labels = tuple(words(f"groups.by.{each.value}") for each in kinds)
        self._bar.show(Choice(words("groups.title"), labels, kinds.index(self.by), found))
        text = "" if group is None else self.words("groups.filter", filter=group.filter)
        name = None if group is None else self.groups.names.get(group.key)
        if name is not None:
            key = "groups.name.others" if name.others else "groups.name"
            field = self.words("groups.name.certificate") if name.source == CERTIFICATE else name.source
            facts = {"name": name.name, "field": field, "frame": name.frame, "n": Count(name.others)}
            text = f"{self.words(key, **facts)}  {text}"
        self.groups.is_filtered = self._matching() is not None
        self._filter.update(Content(text))
        self._show_members()
        self.show_hints()

    def on_resize(self) -> None:
        """Show the connections of a group where the list leaves room."""
        self._show_members()

    def _show_members(self) -> None:
        """Below a list that leaves lines, show the worst connections of the group under the cursor, and explain one.

        The explanation is beside them where there is room, else below.
        """
        grouping, group = self.groups.grouping, self.groups.group
        needed = HEADING + self.groups.row_count
        room = self.size.height - _LINES - needed
        is_roomy = grouping is not None and group is not None and room >= _MEMBERS_LEAST
        self.set_class(is_roomy, "-roomy")
        self.groups.styles.height = needed if is_roomy else "1fr"
        if is_roomy and grouping is not None:
            self._fill(grouping.members(self.groups.cursor), room)
        else:
            self.below.display = False

    def _fill(self, members: I32, room: int) -> None:
        """Fill ``room`` lines: the worst of ``members``, what is the matter with one of them, its packets, traffic."""
        is_beside = self.size.width >= BESIDE_WIDTH
        self.set_class(is_beside, "-beside")
        width = self.size.width // (1 + is_beside) - _MARGINS
        worst_first = worst_of(self.session, members, room - _MEMBERS_LINES)
        left = connections_document(self.session, worst_first, len(members), self.words, self.glyphs, width=width)
        right: Document = ()
        if len(worst_first) and (is_beside or room - len(worst_first) >= _ROOM_LEFT):
            right = self._explainer.document(int(worst_first[0]), self._counted_for)
        if is_beside:
            named = Passage("", self.words("overview.one", stream=worst_first[0])) if right else Passage("")
            right = (named, *right)
        else:
            left, right = (*left, *right), ()
        self._members.show(left)
        self._worst.show(right)
        listed, told = (len(lay_out(part, width, self.glyphs, self.words, dense=False)) for part in (left, right))
        worst = int(worst_first[0]) if len(worst_first) else -1
        in_column = is_beside and told - listed >= _COLUMN_LEAST
        left_over, parts = room - max(listed, told) - _APART, _BELOW_COLUMN if in_column else _BELOW
        self.below.fill(left_over, worst, self.session.revision, width=self.size.width, parts=parts)
        self._left.fill(listed, room, worst if in_column else -1)

    @on(VirtualList.Highlighted)
    def _moved(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        self._show()

    @on(VirtualList.Chosen)
    def _double_clicked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.action_narrow()

    # -- keys --------------------------------------------------------------------------
    def action_by(self, step: int) -> None:
        """Group by the next kind, or by the one before."""
        kinds = kinds_of(self.session, self.by)
        self.by = kinds[(kinds.index(self.by) + step) % len(kinds)]
        self.look()

    def action_sort(self) -> None:
        """Sort by the next sort key."""
        self.sort = self.sort.following()
        self.look()

    def action_narrow(self) -> None:
        """Close, and list the connections of the group under the cursor."""
        grouping, group = self.groups.grouping, self.groups.group
        if grouping is not None and group is not None:
            label = partial(key_text, group.key)
            self.dismiss(ChosenStreams(label, grouping.streams(self.groups.cursor)))

    def action_copy(self) -> None:
        """Copy the display filter of the group under the cursor."""
        group = self.groups.group
        self.copy("" if group is None else group.filter)
