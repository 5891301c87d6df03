"""The packets that are not TCP: protocols on top, below them conversations, then packets; Enter goes down, Esc back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual import on
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from tcptui.model.other_protocol import protocol_name
from tcptui.model.packet_store import NO_ROW, NO_STREAM, RowKind
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.other_tables import other_packets, other_pairs
from tcptui.session.pair_lines import with_pairs
from tcptui.ui.cell_text import grouped
from tcptui.ui.keymap import bindings
from tcptui.ui.main.header_pane import HeaderPane
from tcptui.ui.main.layout import few_heights
from tcptui.ui.main.prompt_line import PromptKind, PromptLine
from tcptui.ui.one_shot import call_after
from tcptui.ui.other.keys import NO_PACKET_HINTS, OTHER_KEYS, hints_at
from tcptui.ui.other.lists import ConversationList, PacketList, ProtocolList
from tcptui.ui.other.search import PacketSearch
from tcptui.ui.preload import preloader
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.widgets.virtual_list import HEADING, VirtualList
from tcptui.words.other_text import counts_text
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from tcptui.access.open_capture import OpenCapture
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Interval (seconds) at which the screen looks for new packets, and how long one look may take: a key may wait for it.
_BEAT: Final = 0.1
_LOOK: Final = 0.03
#: How long (seconds) a search goes on at a time, and how long it rests then.
_SEARCH: Final = 0.02
#: While the capture grows, the lists are made anew no oftener than this (seconds): many conversations are sorted.
_REFRESH: Final = 0.5
PROTOCOLS, CONVERSATIONS, PACKETS, PACKET = range(4)
#: From this height (lines) on all lists are shown, else the one with the focus.
STACKED_HEIGHT: Final = 30
#: From this width (cells) on the conversations then stand beside the protocols.
BESIDE_WIDTH: Final = 150
#: From this height on the packet under the cursor then stands below its list, in this share of the lines (percent).
ROOMY_HEIGHT: Final = 44
_PACKET_SHARE: Final = 36
#: Lists that leave so many lines have the packet below them on smaller screens, too.
_PACKET_LEAST: Final = 14
#: How long (seconds) the cursor rests before that packet is read.
_REST: Final = 0.02
#: Lines around the lists, and how many the list behind the one in front needs at least.
_LINES: Final = 2
_NEXT_LEAST: Final = 6
#: Share of the lines that the upper lists may always take, in percent; they also get what few packets leave.
_UPPER_SHARE: Final = 28


@dataclass(frozen=True, slots=True)
class OtherResult:
    """A packet of a TCP connection to go to."""

    frame: int


class OtherScreen(KeyedScreen[OtherResult]):
    """Lists what `other_packets` has, updated as the capture grows."""

    DEFAULT_CSS = """
    OtherScreen {
        layout: vertical;
        background: $background;
        & > #other-bar, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > #other-upper { width: 1fr; layout: vertical; }
        & > #other-upper.-beside { layout: horizontal; }
        & ProtocolList, & ConversationList, & PacketList {
            background: $background; width: 1fr; height: 1fr;
            overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
            &.-below { border-top: solid $edge; }
            &.-right { border-left: solid $edge; }
        }
        & > #other-upper.-beside > ProtocolList { width: 70; }
        & HeaderPane { display: none; }
        &.-at-3 HeaderPane, &.-roomy HeaderPane { display: block; }
        &.-roomy HeaderPane { border-top: solid $edge; }
        &.-ascii.-roomy HeaderPane { border-top: ascii $edge; }
        &.-ascii ConversationList.-below, &.-ascii PacketList.-below { border-top: ascii $edge; }
        &.-ascii ConversationList.-right { border-left: ascii $edge; }
    }
    """
    KEYS = OTHER_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(OTHER_KEYS)]

    def __init__(self, session: OpenCapture, words: Words, glyphs: Glyphs, row: int = NO_ROW) -> None:
        """``row``: the packet to show at first; `NO_ROW` for the protocols."""
        super().__init__(words, glyphs)
        self.session = session
        self._other, self._pairs = other_packets(session), other_pairs(session)
        self._wanted = row
        """The row to go to as soon as the index has it."""
        self._seen = -1
        self._pairs_seen = 0
        self._shown_at = 0.0
        """When the lists were made last, by `time.monotonic`."""
        self._renewals = 0
        self._search: PacketSearch | None = None
        """The last search, which may still run."""
        self._level = PROTOCOLS
        self._reading: Timer | None = None
        """Until the packet under the cursor is read."""
        self._bar = Static("", id="other-bar", markup=False)
        self.protocols = ProtocolList(session, glyphs, words)
        self.conversations = ConversationList(session, glyphs, words)
        self.packets = PacketList(session, glyphs, words)
        self._upper = Container(id="other-upper")
        self.headers = HeaderPane(glyphs)
        self.prompt = PromptLine(words)

    def compose(self) -> ComposeResult:
        """Title, lists, packet, prompt, hints."""
        yield self._bar
        with self._upper:
            yield self.protocols
            yield self.conversations
        yield self.packets
        yield self.headers
        yield self.prompt
        yield self.hint_line

    def on_mount(self) -> None:
        """Show what is known, and look now and then for more."""
        self.set_class(self.glyphs.line == "-", "-ascii")
        self._go_to_level(PROTOCOLS)
        self.look()
        self.set_interval(_BEAT, self.look)

    def on_resize(self) -> None:
        """Show as many lists as there is room for, and below them the packet."""
        self._place_lists()
        self._read_soon()

    @property
    def is_stacked(self) -> bool:
        """Whether all lists are shown."""
        return self.size.height >= STACKED_HEIGHT

    @property
    def is_roomy(self) -> bool:
        """Whether the packet under the cursor is shown below the lists, too: on a large screen, or below short ones."""
        is_large = self.size.height >= ROOMY_HEIGHT and self.size.width >= BESIDE_WIDTH
        return is_large or (self.is_stacked and self._left_over >= _PACKET_LEAST)

    @property
    def _left_over(self) -> int:
        """Lines that all three lists leave when none is cut."""
        listed = HEADING + 1 + self.packets.row_count + self._upper_lines
        return self.size.height - _LINES - listed

    @property
    def _upper_lines(self) -> int:
        """Lines of the upper lists when none is cut."""
        upper = [HEADING + each.row_count for each in (self.protocols, self.conversations)]
        return max(upper) if self.size.width >= BESIDE_WIDTH else sum(upper) + 1

    @property
    def settled(self) -> bool:
        """Whether everything that has been read is shown."""
        known = self._other.is_current and self._seen == self._other.revision
        paired = self._pairs.is_current and self._pairs_seen == self._pairs.revision
        is_shown = self._reading is None and self.headers.is_settled
        return known and paired and self._wanted == NO_ROW and not self._is_searching and is_shown

    # -- what is shown -----------------------------------------------------------------
    def look(self) -> None:
        """Have the index grow a little, and show what is new."""
        other = self._other
        other.grow(_LOOK)
        due = time.monotonic() - self._shown_at > (_REFRESH if self.session.progress.growing else 0)
        renumbered = other.renewals != self._renewals  # what the lists hold means something else now
        if other.revision != self._seen and (self._seen < 0 or renumbered or (due and link_is_idle(self.app))):
            self._seen, self._shown_at = other.revision, time.monotonic()
            self._show()
        pairs = self._pairs
        if other.is_current and not pairs.is_current:
            pairs.grow(_LOOK)
        if pairs.revision != self._pairs_seen and (due or pairs.is_current) and link_is_idle(self.app):
            self._pairs_seen = pairs.revision
            self.conversations.refresh()
            self.packets.refresh()
            self._read_soon()
        if self._wanted != NO_ROW and (other.conversation_of(self._wanted) >= 0 or other.is_current):
            row, self._wanted = self._wanted, NO_ROW
            self.show_row(row)
        self._show_bar()

    def _show(self) -> None:
        other = self._other
        protocol, number, row = self.protocols.protocol, self.conversations.number, self.packets.store_row
        if other.renewals != self._renewals:
            self._renewals = other.renewals
            number = other.conversation_of(row)
        had_any = bool(self.protocols.counts)
        self.protocols.show(other.protocols(), protocol)
        self._show_conversations(number, row)
        if bool(self.protocols.counts) != had_any:
            self.show_hints()

    def _show_conversations(self, number: int = -1, row: int = NO_ROW) -> None:
        self.conversations.show(self._other.conversations(self.protocols.protocol), number)
        self._show_packets(row)

    def _show_packets(self, row: int = NO_ROW) -> None:
        number = self.conversations.number
        rows = self._other.rows_of_conversation(number) if number >= 0 else self.packets.rows[:0]
        self.packets.show(rows, row)
        self._place_lists()
        self._read_soon()

    def _place_lists(self) -> None:
        """Show all lists, or the one in front with as many of the next ones below it as have room."""
        width, height = self.size
        lists: tuple[VirtualList, ...] = (self.protocols, self.conversations, self.packets)
        most = height if not self.is_stacked else self._upper_most(height)
        high = [min(each.row_count + HEADING, most) for each in lists]
        shown = range(len(lists)) if self.is_stacked else range(self._level, self._level + 1)
        if not self.is_stacked and self._level < PACKETS:
            stop, left = self._level + 1, height - _LINES - high[self._level]
            while stop <= PACKETS and left >= _NEXT_LEAST:
                left -= high[stop] + 1
                stop += 1
            shown = range(self._level, stop)
        if self._level == PACKET and not self.is_roomy:
            shown = range(0)
        self.set_class(self.is_roomy and self.packets.row_count > 0, "-roomy")
        if not self.protocols.row_count:
            shown = range(1)
        beside = self.is_stacked and width >= BESIDE_WIDTH
        for level, each in enumerate(lists):
            each.display = level in shown and (level == PROTOCOLS or each.row_count > 0)
            each.set_class(level > shown.start and not (beside and level == CONVERSATIONS), "-below")
            each.styles.height = high[level] + each.has_class("-below") if level < shown.stop - 1 else "1fr"
        if self.is_roomy:
            upper = max(high[:PACKETS]) if beside else sum(high[:PACKETS]) + 1
            most = height - _LINES - upper - self._packet_lines
            high[PACKETS] = few_heights(HEADING + self.packets.row_count, most)
            self.packets.styles.height = high[PACKETS] + self.packets.has_class("-below")
        self.conversations.set_class(beside, "-right")
        self._upper.set_class(beside, "-beside")
        self._upper.display = shown.start < PACKETS and bool(shown)
        self._upper.styles.height = "auto" if self.packets.display else "1fr"
        if beside and self.packets.display:
            self._upper.styles.height = max(high[:PACKETS])
            for each in lists[:PACKETS]:
                each.styles.height = "1fr"

    @property
    def _packet_lines(self) -> int:
        """Lines that the packet below the lists has at least."""
        if not self.is_roomy:
            return 0
        return min(self.size.height * _PACKET_SHARE // 100, max(self._left_over, _PACKET_LEAST))

    def _upper_most(self, height: int) -> int:
        """Most lines of the upper lists: what the packets leave, or their share."""
        share = max(HEADING + 3, height * _UPPER_SHARE // 100)
        left = height - _LINES - share - self._packet_lines
        return share + left - few_heights(HEADING + self.packets.row_count, left)

    def _show_bar(self) -> None:
        other, words = self._other, self.words
        if self._level == PROTOCOLS:
            text = words("other.title", n=Count(other.packets)) if other.packets else words("other.none")
            if not self.session.store.count:
                text = words("other.nothing" if self.session.progress.growing else "other.nothing-at-all")
            is_all_tcp = not other.packets and self.session.store.count > 0 and other.is_current
            self.protocols.empty_text = words("other.none.why") if is_all_tcp else ""
            if not other.is_current:
                text = words("other.reading", n=Count(other.packets))
        else:
            parts = [words("other.name"), protocol_name(max(self.protocols.protocol, 0))]
            if self._level >= PACKETS and self.conversations.number >= 0:
                parts.append("")
            if self._level == PACKET and self.packets.store_row >= 0:
                parts.append(f"#{self.session.store.frame[self.packets.store_row]}")
            join = f" {self.glyphs.cursor} "
            if self._level >= PACKETS and self.conversations.number >= 0:
                parts[2] = self.conversations.ends(self.size.width - 1 - cell_len(join.join(parts)))
            text = join.join(filter(None, parts))
        self._bar.update(Content(f" {text}"), layout=False)

    def show_hints(self) -> None:
        """Show the hints for the level, behind a notice where there is one."""
        quotes = self._level >= PACKETS and self._quotes(self.packets.store_row)
        self.put_hints(hints_at(self._level, quotes=quotes) if self.protocols.counts else NO_PACKET_HINTS)

    def _read_soon(self) -> None:
        """Show the packet under the cursor, where one is shown, once the cursor rests."""
        if self._reading is not None:
            self._reading.stop()
            self._reading = None
        if self.is_roomy or self._level == PACKET:
            self._reading = call_after(self, _REST, self._read)

    def _read(self) -> None:
        self._reading = None
        if preloader.under_way:
            self._read_soon()
        else:
            self._show_packet()

    def _show_packet(self) -> None:
        row = self.packets.store_row
        if row < self.session.store.first:  # none, or evicted since the lists were made
            self.headers.show(None, b"")
            return
        from tcptui.protocols.headers.tree import header_tree  # see `tcptui.ui.preload`

        try:
            packet = self.session.reader.packet(row)
        except OSError as error:
            self.say(reason_of(error))
            return
        pairs = self._pairs.all_of(row)
        self.headers.work_out((row, pairs), lambda: with_pairs(header_tree(packet), pairs), self.words, packet.data)

    # -- levels ------------------------------------------------------------------------
    def _go_to_level(self, level: int) -> None:
        self._level = level
        self.update_classes({f"-at-{each}": each == level for each in range(PACKET + 1)})
        self._place_lists()
        if level == PACKET:
            self._show_packet()
        lists = (self.protocols, self.conversations, self.packets, self.headers.tree_view)
        self.set_focus(lists[level])
        self._show_bar()
        self.show_hints()

    def show_row(self, row: int) -> None:
        """Go to the packet of ``row``, which the index has."""
        self._show_at(row, PACKET)

    def _show_at(self, row: int, level: int) -> None:
        other = self._other
        number = other.conversation_of(row)
        if number < 0:
            return
        self.protocols.show(other.protocols(), other.conversation(number).protocol)
        self._show_conversations(number, row)
        self._go_to_level(level)

    @on(VirtualList.Highlighted)
    def _moved(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        if event.list is self.protocols and event.by_user:
            self._show_conversations()
        elif event.list is self.conversations and event.by_user:
            self._show_packets()
        else:
            self._read_soon()
        self._show_bar()
        self.show_hints()

    @on(VirtualList.Chosen)
    def _double_clicked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.action_drill()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Follow the focus: a list may have been clicked."""
        places = (self.protocols, self.conversations, self.packets, self.headers.tree_view)
        # Of keys that follow one another quickly, the next may have moved the focus on already.
        if event.widget in places and event.widget is self.focused and (self._level < PACKET or self.is_roomy):
            level = places.index(event.widget)
            if level != self._level:
                self._go_to_level(level)

    # -- keys --------------------------------------------------------------------------
    def action_drill(self) -> None:
        """Go one level down."""
        if self._level < PACKET and self.packets.store_row >= 0:
            self._go_to_level(self._level + 1)

    def action_next_list(self) -> None:
        """Go to the next list, or to the packet where that stands below them."""
        if (self._level < PACKET or self.is_roomy) and self.packets.store_row >= 0:
            self._go_to_level((self._level + 1) % (PACKET + self.is_roomy))

    def action_back(self) -> None:
        """Stop a search, or go one level up; close at the top."""
        if self._is_searching:
            self._search = None
            self.end_notice()
        elif self._level == PROTOCOLS:
            self.action_close()
        else:
            self._go_to_level(self._level - 1)

    def _quotes(self, row: int) -> bool:
        """Whether ``row`` is an ICMP error that quotes a connection or a conversation of this capture."""
        if row < 0:
            return False
        store = self.session.store
        if store.kind[row] == RowKind.ICMP_QUOTE:
            return int(store.stream[row]) != NO_STREAM
        return self._other.quoted_conversation(row) >= 0

    def action_quoted(self) -> None:
        """Go from an ICMP error to the connection or conversation that it quotes."""
        row = self.packets.store_row
        if self._level < PACKETS or not self._quotes(row):
            self.say(self.words("other.quotes-nothing"))
            return
        store, other = self.session.store, self._other
        if store.kind[row] == RowKind.ICMP_QUOTE:
            self.dismiss(OtherResult(int(store.frame[row])))
            return
        number = other.quoted_conversation(row)
        self.protocols.show(other.protocols(), other.conversation(number).protocol)
        self._show_conversations(number, row)
        self._go_to_level(PACKETS)

    def action_go_to(self) -> None:
        """Ask for a packet's number."""
        self.prompt.open(PromptKind.PACKET)

    # -- finding -----------------------------------------------------------------------
    def action_find(self) -> None:
        """Ask for a text to find."""
        self.prompt.open(PromptKind.LINES, "" if self._search is None else self._search.text)

    def action_find_again(self, step: int) -> None:
        """Find the next (``step`` 1) or previous (-1) packet with the text that was found last."""
        if self._search is None:
            self.action_find()
        else:
            self._find(self._search.text, step)

    def _find(self, text: str, step: int) -> None:
        """Look for ``text`` from the packet under the cursor on: in its protocol, on the first list in all of them."""
        other, at_top = self._other, self._level == PROTOCOLS
        rows = other.rows_of_protocol(None if at_top else self.protocols.protocol)
        after = NO_ROW if at_top and step > 0 else self.packets.store_row
        was_running = self._is_searching
        self._search = PacketSearch(self.session, self.words, rows, text, after, step)
        if not was_running:
            self._go_on_searching()

    @property
    def _is_searching(self) -> bool:
        return self._search is not None and not self._search.is_over

    def _go_on_searching(self) -> None:
        """Search for a while, and show what was found, or go on after the keys that have come meanwhile."""
        search = self._search
        if search is None:
            return
        if not search.look(_SEARCH):
            self.say(self.words("other.find.going", done=grouped(search.done), all=grouped(search.all)))
            call_after(self, _SEARCH, self._go_on_searching)
        elif search.found == NO_ROW:
            self.say(self.words("other.find.nothing", text=safe_text(search.text)))
        else:
            level = max(self._level, PACKETS)
            self._show_at(search.found, level)
            if search.has_turned:
                self.say(self.words("other.find.turned"))
            else:
                self.end_notice()

    @on(PromptLine.Changed)
    def _prompt_changed(self, event: PromptLine.Changed) -> None:
        event.stop()

    @on(PromptLine.Submitted)
    def _prompt_submitted(self, event: PromptLine.Submitted) -> None:
        event.stop()
        if event.kind is PromptKind.LINES:
            if event.text:
                self._find(event.text, 1)
            return
        from tcptui.ui.main.go_to import FrameTarget, parse_target

        target = parse_target(event.text)
        if event.text and not isinstance(target, FrameTarget):
            self.say(self.words("screen.notice.no_time", text=event.text))
        elif isinstance(target, FrameTarget):
            self.show_frame(target.frame)

    @on(HeaderPane.PacketWanted)
    def _linked_packet_wanted(self, event: HeaderPane.PacketWanted) -> None:
        event.stop()
        self.show_frame(event.frame)

    def show_frame(self, frame: int) -> None:
        """Show the packet with number ``frame``; one of a TCP connection is shown by the main screen."""
        store = self.session.store
        row = store.row_of_frame(frame)
        if row == NO_ROW or store.kind[row] == RowKind.TCP:
            self.dismiss(OtherResult(frame))
            return
        self._wanted = row
        self.look()

    def action_copy(self) -> None:
        """Copy what is under the cursor: a protocol, a conversation, a packet's line or its header tree."""
        if self._level == PACKET and self.headers.tree_view.root_node is not None:
            text = "\n".join(child.label for child in self.headers.tree_view.root_node.children)
        elif self._level >= PACKETS and self.packets.store_row >= 0:
            row = self.packets.store_row
            source, target = self._other.ends_of(row)
            text = f"#{self.session.store.frame[row]} {source} → {target} {self.packets.line(row)}"
        elif self._level == CONVERSATIONS and self.conversations.number >= 0:
            ends = self._other.conversation(self.conversations.number).ends
            text = " → ".join(str(end) for end in ends)
        else:
            text = counts_text(self._other.protocols(), self.words)
        self.copy(text)
