"""What *follow stream* shows, and how it is updated while the stream grows; the commands are in `screen`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from textual import on

from tcptui.access.open_capture import rows_seen
from tcptui.access.stream_rows import place_of
from tcptui.model.packet_store import NO_ROW
from tcptui.model.safe_text import safe_text
from tcptui.protocols.application import ApplicationStream
from tcptui.protocols.stream.conversation import Conversation
from tcptui.protocols.stream.reassembly import Gap
from tcptui.ui.background import Background
from tcptui.ui.filler.room import FillerRoom
from tcptui.ui.filler.table import OF_CONNECTION
from tcptui.ui.follow.bars import BOTH, Byte, ByteLine, FollowBar, Shown
from tcptui.ui.follow.decoded import DecodedSource
from tcptui.ui.follow.lines import Form
from tcptui.ui.follow.source import RawSource
from tcptui.ui.follow.view import FollowView
from tcptui.ui.hint import Hint
from tcptui.ui.main.prompt_line import PromptLine
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.words.follow_text import gap_words, head_words

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.ui.follow.source import Block, FollowSource
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

    _Made = tuple[Form, FollowSource, tuple[ByteStream, ByteStream]]
#: While a connection grows, the pause between two reassemblies is this many times as long as the last one took.
_REST: Final = 5
#: The bar above the text, the lines of the byte and of the hints below it.
_LINES: Final = 3
#: The blank line below a text that something else follows.
_APART: Final = 1
#: The keys that show each form.
_FORM_KEYS: Final = (("t", Form.TEXT), ("x", Form.HEX), ("d", Form.DECODED))

#: Bytes sent again up to which they are compared while a key waits.
_COMPARED_MOST: Final = 1 << 20
#: Characters of the other version that are shown.
_VERSION_SHOWN: Final = 40


class FollowBase(KeyedScreen[int]):
    """The text of stream ``stream`` with a line above and two below, the cursor at first at packet ``row``."""

    DEFAULT_CSS = """
    FollowBase {
        layout: vertical;
        background: $background;
        & > FollowBar, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > ByteLine { height: 1; width: 1fr; background: $background; }
        & > FollowView { background: $background; }
    }
    """

    def __init__(
        self, session: JudgedCapture, stream: int, row: int, words: Words, glyphs: Glyphs, options: ViewOptions,
        ends: tuple[str, str], only: str | None = None,
    ) -> None:  # fmt: skip
        """``only``: the id of the request that alone is shown, decoded; None: all."""
        super().__init__(words, glyphs)
        self.session = session
        self.stream = stream
        self.options = options
        self._ends = ends
        self._start_row = row
        self._bar = FollowBar(glyphs, words)
        self.view = FollowView(glyphs, self._head, self._gap)
        self.below = FillerRoom(session, glyphs, words, options, self._fill_below)
        self._frame_below = 0
        """The packet that the cursor of those below is at."""
        self._byte = ByteLine(glyphs, words)
        self._prompt = PromptLine(words)
        self._only = only
        self._form: Form | None = None if only is None else Form.DECODED
        """None: until there are bytes, and nobody chose, what suits the protocol."""
        self._is_decodable = False
        """Whether anything was found to be decoded when that was last looked for: when it opened, and by its key."""
        self._has_request = False
        """Whether the hints are those of a request under the cursor."""
        self._sides: tuple[int, ...] = BOTH
        self._newest = False
        self._directions: tuple[ByteStream, ByteStream] | None = None
        self._made_of: object = None
        """What the source on screen was made for: number of packets, whether more may come, form, sides."""
        self._source: Background[_Made] = Background(self)
        """Makes the source: in a moment, or aside, for few packets may carry many messages."""
        self._rest_until = 0.0

    def compose(self) -> ComposeResult:
        """Status line, text, what fills the lines below none, line of the byte under the cursor, prompt, hints."""
        yield self._bar
        yield self.view
        yield self.below
        yield self._byte
        yield self._prompt
        yield self.hint_line

    def on_mount(self) -> None:
        """Show the conversation and update it on a timer."""
        self.view.empty_text = self.words("follow.reading")
        self.set_focus(self.view)
        self.show_hints()
        self.tick()  # at once, so that keys typed right after `F` already act on the text
        self.set_interval(1 / self.options.refresh_hz, self.tick)

    def on_resize(self) -> None:
        """Lay out anew what is below a text that leaves lines."""
        self.call_after_refresh(self._fill_below)

    def _fill_below(self) -> None:
        """Below a text that leaves lines and does not grow, show the packets of the connection, and the capture."""
        room = self.size.height - _LINES
        if self.view.row is None:
            said = len(self.view.empty_lines) if self._directions is not None else room
        else:
            said = room if self.growing else self.view.row_count(room)
        self._frame_below = self._frame_under_cursor
        self.below.fill(
            room - said - _APART, self.stream, self.session.revision, width=self.size.width, parts=OF_CONNECTION,
            frame=self._frame_below,
        )  # fmt: skip

    @property
    def _frame_under_cursor(self) -> int:
        """The number of the packet with the byte under the cursor; 0 without one."""
        origin = self.byte_under_cursor()
        if origin is None or self._directions is None:
            return 0
        return self._packet(self._directions[origin[0]].row_at(origin[1]))[0]

    @property
    def settled(self) -> bool:
        """Whether what is shown is up to date."""
        return not self._source.is_busy and not self.below.is_busy

    @property
    def growing(self) -> bool:
        """Whether more packets may come."""
        return self.session.progress.growing

    # -- keeping up ------------------------------------------------------------------------
    def tick(self) -> None:
        """Update the view when packets have come, or when another form or other sides were chosen."""
        wanted = (rows_seen(self.session, self.stream), self.growing, self._form, self._sides, self._only)
        if wanted == self._made_of:
            return
        form, sides, only = self._form, self._sides, self._only
        same_view = isinstance(self._made_of, tuple) and self._made_of[2:] == (form, sides, only)
        is_early = self._source.is_busy or time.monotonic() < self._rest_until or not link_is_idle(self.app)
        if same_view and is_early:
            return
        self._made_of = wanted

        def make() -> _Made:
            began = time.monotonic()
            made = self._make(form, sides, only)
            self._rest_until = time.monotonic() + _REST * (time.monotonic() - began)
            return made

        self._source.want(wanted, make, lambda made: self._take(*made))

    def _make(self, chosen: Form | None, sides: tuple[int, ...], only: str | None) -> _Made:
        """The source to show in that form, raw text where nothing can be decoded; and the two byte streams.

        Called in another thread.
        """
        directions = self.session.directions(self.stream)
        form = chosen or Form.TEXT
        if chosen in (None, Form.DECODED):
            # Parsed again here: the session's cached one lags behind a stream that grows.
            application = (
                ApplicationStream(*directions, schema=self.session.reader.schema)
                if self.growing
                else self.session.application(self.stream)
            )
            form = Form.DECODED if chosen is None and application.is_binary else form
            self._is_decodable = bool(application)
            if application and form is Form.DECODED:
                began_ns = int(self.session.streams.began_ns[self.stream])
                parts = (part for part in application.parts() if only is None or part.id == only)
                return form, DecodedSource(parts, sides, self.words, began_ns), directions
        return form, RawSource(Conversation(directions, sides), by_line=form is not Form.HEX), directions

    def _take(self, form: Form, source: FollowSource, directions: tuple[ByteStream, ByteStream]) -> None:
        first = self._directions is None
        self._directions = directions
        if (
            self._form is None
            and any(direction.length for direction in directions)
            and isinstance(self._made_of, tuple)
        ):
            self._form = form
            self._made_of = (*self._made_of[:2], form, *self._made_of[3:])
        at_end, same_form = self._newest, self.view.form is form
        self.view.show(source, form)
        self.view.empty_text = self.words("follow.nothing")
        if first:
            self.show_row(self._start_row)
        elif at_end:
            self.view.action_last()
        self.source_changed()
        if form is Form.DECODED and isinstance(source, RawSource) and not same_form:
            self.say(self.words("follow.not-decodable"))
        self._show_state()
        self.show_hints()
        self._fill_below()

    def source_changed(self) -> None:
        """Called when another source is shown; for subclasses."""

    # -- words -----------------------------------------------------------------------------
    def _head(self, block: Block) -> str:
        row = NO_ROW if self._directions is None else self._directions[block.side].row_at(block.start)
        frame, since_ns = self._packet(row)
        return block.title or head_words(self.words, block.side, self._ends[block.side], frame, since_ns)

    def _gap(self, block: Block) -> str:
        if block.gap is None:
            return ""
        return f"[{gap_words(Gap(block.start, block.stop - block.start, block.gap), self.words)}]"

    def _packet(self, row: int) -> tuple[int, int]:
        """Frame number of packet ``row`` and its time since the connection's first one; zeros without a packet."""
        if row == NO_ROW:
            return 0, 0
        store = self.session.store
        if row < store.first:
            return 0, 0  # the packet was evicted, its bytes are still here
        return int(store.frame[row]), int(store.time_ns[row]) - int(self.session.streams.began_ns[self.stream])

    def _show_state(self) -> None:
        directions = self._directions
        if directions is None:
            return
        missing = sum(directions[side].gaps.bytes for side in self._sides)
        self._bar.show(
            Shown(
                self.stream, self._ends, self.view.form, self._sides, (directions[0].length, directions[1].length),
                growing=self.growing, newest=self._newest, missing=missing,
                only=(self._only or "") if self.view.form is Form.DECODED else "",
            )
        )  # fmt: skip
        self._show_byte()

    @property
    def request_under_cursor(self) -> str | None:
        """The id of the request that the part under the cursor belongs to; None where it has none."""
        source = self.view.source
        if self.view.row is None or not isinstance(source, DecodedSource):
            return None
        return source.request_of(self.view.cursor.block)

    def byte_under_cursor(self) -> tuple[int, int] | None:
        """Side of the byte under the cursor, and its offset in that side's byte stream; None without one."""
        view = self.view
        if view.source is None or view.row is None:
            return None
        return view.source.origin(view.cursor.block, view.byte)

    def _show_byte(self) -> None:
        origin, directions, source = self.byte_under_cursor(), self._directions, self.view.source
        if origin is None or directions is None or source is None:
            self._byte.show(None)
            return
        side, offset = origin
        direction = directions[side]
        frame, since_ns = self._packet(direction.row_at(offset))
        value = direction.read(offset, 1)
        share = source.share(self.view.cursor.block)
        other_frame, other = other_version(direction, offset)
        known = value[0] if value else None
        self._byte.show(Byte(side, offset, direction.length, known, frame, since_ns, share, other_frame, other))

    def show_hints(self) -> None:
        """Show the hints of this screen's main keys."""
        back = ("Esc", "back", "back")
        names = [("Enter", "packet", "choose"), ("/", "find", "find"), back, ("s", "side", "side"),
                 ("] [", "turn", "turn(1)"), ("y", "copy", "copy")]  # fmt: skip
        if self.view.match is not None:
            names.insert(0, ("n N", "next", "find_again(1)"))
        if self.view.row is None:  # there is nothing to move in, to find or to copy
            names = [back, ("s", "side", "side")]
        hints = [Hint("?", "screen.hint.help", "screen.help")]
        hints += [Hint(key, f"follow.hint.{name}", f"screen.{action}") for key, name, action in names]
        self._has_request = self.request_under_cursor is not None
        if self._only is not None or self._has_request:
            hints += [Hint("o", f"follow.hint.{'one' if self._only is None else 'all'}", "screen.only")]
            hints += [Hint("w", "follow.hint.files", "screen.files")]
        if self.growing:
            hints.insert(-2, Hint("f", "follow.hint.newest", "screen.newest"))
        if self.view.row is not None:
            hints += [Hint(key, f"follow.form.{form.value}", f"screen.form('{form.value}')")
                      for key, form in _FORM_KEYS
                      if form is not self.view.form and (form is not Form.DECODED or self._is_decodable)]  # fmt: skip
        self.put_hints(tuple(hints))

    # -- places ----------------------------------------------------------------------------
    def show_row(self, row: int) -> bool:
        """Put the cursor on the first byte of packet ``row``, or of the next packet that carried any.

        Returns whether there is one; else the cursor goes to the end.
        """
        source, directions = self.view.source, self._directions
        if source is None or directions is None:
            return False
        place = self._bytes_of(directions, row)
        if place is None:
            self.view.action_last()
            return False
        side, offset = place
        index = source.index_of(side, offset)
        if index >= 0:
            self.view.go_to(index, source.place_of(index, offset))
        return index >= 0

    def _bytes_of(self, directions: tuple[ByteStream, ByteStream], row: int) -> tuple[int, int] | None:
        """Side and offset of the first byte of packet ``row``, else of the next packet with payload; None for none."""
        coming: list[tuple[int, int, int]] = []
        for side in self._sides:
            found = directions[side].range_of_row(row)
            if found is not None:
                return side, found[0]
            segments = directions[side].segments
            at = place_of(segments.rows, row)
            if at < len(segments.rows):
                coming.append((int(segments.rows[at]), side, max(int(segments.start[at]), 0)))
        return min(coming)[1:] if coming else None

    @on(FollowView.Moved)
    def _moved(self, event: FollowView.Moved) -> None:
        event.stop()
        if event.by_user:
            newest = self.growing and self.view.source is not None and self.view.at_end
            if newest != self._newest:
                self._newest = newest
                self._show_state()
        self._show_byte()
        if self.below.display and self._frame_under_cursor != self._frame_below:
            self._frame_below = self._frame_under_cursor
            self.below.packets.tell(self.stream, self._frame_below)
        if self._only is None and (self.request_under_cursor is not None) != self._has_request:
            self.show_hints()


def other_version(direction: ByteStream, offset: int) -> tuple[int, str]:
    """The packet that has another version of the byte at ``offset``, and that version from there on; 0 for none."""
    if not 0 < direction.resent <= _COMPARED_MOST:
        return 0, ""
    for overlap in direction.overlaps:
        at = offset - overlap.start
        if 0 <= at < min(overlap.length, len(overlap.other)):
            return overlap.again_frame, safe_text(overlap.other[at:], _VERSION_SHOWN)
    return 0, ""
