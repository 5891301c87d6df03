"""What a capture without any TCP connection shows below its empty list: protocols, and the newest packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tcptui.model.packet_store import NO_ROW
from tcptui.session.other_tables import other_packets
from tcptui.ui.main.layout import WITHOUT_TCP
from tcptui.ui.other.lists import PacketList, ProtocolList
from tcptui.ui.other.screen import BESIDE_WIDTH
from tcptui.ui.widgets.virtual_list import HEADING

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from tcptui.access.open_capture import OpenCapture
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: How long (seconds) one look at new packets may take: a key may wait for it.
_LOOK: Final = 0.02
#: Share of the lines that the protocols may take, in percent.
_PROTOCOLS_SHARE: Final = 50
#: Lines around both lists: the border between them, and a sentence at the end with a blank line before it.
_LINES: Final = 3
#: No list has a cursor: the keys belong to the list of connections above.
_NOWHERE: Final = -1


class _Protocols(ProtocolList, can_focus=False):
    """The protocols without a cursor."""

    def on_click(self, event: events.Click) -> None:
        """Leave the click to the container."""
        event.prevent_default()


class _Newest(PacketList, can_focus=False):
    """The newest packets without a cursor."""

    def on_click(self, event: events.Click) -> None:
        """Leave the click to the container."""
        event.prevent_default()


class WithoutTcp(Container):
    """Shows ``session``, in which there is no TCP so far, whenever `look` is called."""

    DEFAULT_CSS = """
    WithoutTcp {
        layout: vertical; background: $background;
        & > #without-tcp-lists { height: 1fr; layout: vertical; }
        & ProtocolList, & PacketList {
            background: $background; width: 1fr; height: 1fr;
            overflow-x: hidden; overflow-y: hidden;
        }
        & PacketList { border-top: solid $edge; }
        &.-beside > #without-tcp-lists { layout: horizontal; }
        &.-beside ProtocolList { width: 58; }
        &.-beside PacketList { border-top: none; border-left: solid $edge; }
        & > #without-tcp-way { height: 2; width: 1fr; padding: 1 1 0 1; color: $faint; }
    }
    """

    @dataclass
    class Opened(Message):
        """It was clicked: what it shows is wanted in full."""

        shown: WithoutTcp

    def __init__(self, session: OpenCapture, glyphs: Glyphs, words: Words) -> None:
        super().__init__(id=WITHOUT_TCP)
        self.session = session
        self.words = words
        self.protocols = _Protocols(session, glyphs, words)
        self.newest = _Newest(session, glyphs, words)
        self._way = Static(Content(words("other.way")), id="without-tcp-way", markup=False)
        self._seen = -1

    def compose(self) -> ComposeResult:
        """Protocols, newest packets, how to see them all."""
        with Container(id="without-tcp-lists"):
            yield self.protocols
            yield self.newest
        yield self._way

    def on_mount(self) -> None:
        """Show what is known."""
        self.look()

    def on_resize(self) -> None:
        """Share the lines out anew."""
        self._seen = -1
        self.look()

    def on_click(self) -> None:
        """Ask for the whole."""
        self.post_message(self.Opened(self))

    def look(self) -> None:
        """Read the headers of some new packets, and show what has changed."""
        other = other_packets(self.session)
        other.grow(_LOOK)
        if other.revision == self._seen or not self.is_mounted:
            return
        self._seen = other.revision
        counts, room = other.protocols(), self.size.height - _LINES
        beside = self.size.width >= BESIDE_WIDTH
        self.set_class(beside, "-beside")
        most = max(HEADING + 1, room * _PROTOCOLS_SHARE // 100)
        lines = 0 if beside else min(HEADING + len(counts), most)
        self.protocols.styles.height = lines or "1fr"
        self.protocols.show(counts, _NOWHERE)
        newest = max(0, room - lines - HEADING + beside)
        self.newest.display = newest > 0
        self.newest.show(other.newest(newest), NO_ROW)
        self.protocols.cursor = self.newest.cursor = _NOWHERE
