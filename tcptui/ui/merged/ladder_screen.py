"""The packets of one connection between two capture points, and what is known of the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on

from tcptui.points.ladder import ABSENT
from tcptui.points.listing import Kind
from tcptui.ui.keymap import bindings
from tcptui.ui.merged.base_screen import MergedBase
from tcptui.ui.merged.document import connection_blocks, connection_titles, packet_blocks, text_of_blocks
from tcptui.ui.merged.keys import LADDER_KEYS, ladder_hints
from tcptui.ui.merged.ladder_view import LadderView
from tcptui.ui.merged.lanes import lacking_side
from tcptui.ui.merged.pair_list import identity_of
from tcptui.ui.widgets.virtual_list import VirtualList
from tcptui.words.merged_text import correction_line

if TYPE_CHECKING:
    from textual.binding import BindingType

    from tcptui.ui.merged.merging import Merged, Merging
    from tcptui.ui.prose import Block
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words
    from tcptui.words.merged_pairs import PairSentences


class LadderScreen(MergedBase):
    """Shows a row of the listing; closes with the one that it shows at the end."""

    KEYS = LADDER_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LADDER_KEYS)]

    def __init__(
        self, merging: Merging, words: Words, glyphs: Glyphs, options: ViewOptions, sentences: PairSentences, row: int
    ) -> None:
        super().__init__(merging, words, glyphs, options)
        assert merging.merged is not None
        self._merged: Merged = merging.merged
        self._told = self._merged
        """The same, with findings that have been decided meanwhile."""
        self._sentences = sentences
        self.listed = row
        """The row of the listing that is shown."""
        self.rows: LadderView = LadderView(self._merged, glyphs, words, options)

    def on_mount(self) -> None:
        """Show the connection."""
        self.set_class(self.glyphs.line == "-", "-ascii")
        self.set_focus(self.rows)
        self.remark(correction_line(self._merged.hop, self.words))
        self._show()

    def _show(self) -> None:
        listing = self._merged.listing
        kind, pair = Kind(int(listing.kind[self.listed])), int(listing.pair[self.listed])
        here = "B" if kind is Kind.ONLY_B else "A"
        reason = "alone" if kind.is_alone else "legs"
        why = self.words(f"merged.nothing-here.{reason}", here=here, key=here.lower())
        shown = ABSENT if kind is not Kind.SAME else pair
        self.rows.show(self._merged, shown, self.words("merged.nothing-here", reason=why))
        self.divide()
        self.head.show(*connection_titles(self._merged, self.listed, self._sentences, self.words, self.glyphs))
        self._explain()
        self.show_hints()

    def _explain(self) -> None:
        blocks = self._blocks()
        if blocks != self.explanation.blocks:
            self.explanation.show(blocks)

    def decided(self, merged: Merged) -> None:
        """Tell what both captures decide of their findings, too."""
        self._told = merged
        self._explain()

    def _blocks(self) -> tuple[Block, ...]:
        ladder, row = self.rows.ladder, self.rows.row_shown
        if ladder is None or row < 0:
            return connection_blocks(self._merged, self.listed, self._sentences, self.words, self.glyphs)
        return packet_blocks(self._told, ladder, self.rows.pair, row, self.words)

    def show_hints(self) -> None:
        """Show the hints of what can be done now."""
        self.put_hints(ladder_hints(on_list=not self.explanation.has_focus))

    @on(VirtualList.Highlighted)
    def _moved(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        self._explain()

    @on(VirtualList.Chosen)
    def _double_clicked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.action_open()

    # -- keys ------------------------------------------------------------------------
    def action_close(self) -> None:
        """Go back to the list, to the connection that is shown."""
        self.dismiss(identity_of(self._merged.listing, self.listed))

    def action_open(self) -> None:
        """Open the packet in the capture that it passed first, of those that have it."""
        ladder, row = self.rows.ladder, self.rows.row_shown
        if ladder is None or row < 0:
            kind = Kind(int(self._merged.listing.kind[self.listed]))
            self.action_open_point(int(kind is Kind.ONLY_B))
            return
        lacking = lacking_side(ladder, row)
        self.action_open_point(1 - lacking if lacking >= 0 else 1 - int(ladder.travels_ab[row]))

    def action_open_point(self, point: int) -> None:
        """Open a capture at the packet under the cursor."""
        listing, row = self._merged.listing, self.rows.row_shown
        stream = int((listing.b if point else listing.a)[self.listed])
        if stream < 0:
            self.say(self.words("merged.no-such-connection", point="AB"[point]))
            return
        place = self.rows.packet_at(point, row)
        if row >= 0 and place < 0:
            self.say(self.words("merged.no-such", point="AB"[point]))
            return
        if place < 0:
            rows = self.merging.sessions[point].rows_of(stream)
            place = int(rows[0]) if len(rows) else -1
        self.open_capture(point, stream, place)

    def action_trouble(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) packet that did not simply pass both points."""
        row = self.rows.next_trouble(step)
        if row < 0:
            self.say(self.words("merged.no-trouble"))
        else:
            self.rows.put_cursor(row, by_user=True)

    def action_connection(self, step: int) -> None:
        """Show the next (``step`` 1) or previous (-1) connection of the list."""
        listed = self.listed + step
        if 0 <= listed < len(self._merged.listing):
            self.listed = listed
            self._show()
        else:
            self.say(self.words("merged.first-or-last"))

    def action_copy(self) -> None:
        """Copy the explanation."""
        self.copy(text_of_blocks(self.explanation.blocks))
