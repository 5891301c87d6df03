"""The connections of two captures, the worst first, and what is known of the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on

from tcptui.model.errors import TcptuiError
from tcptui.points.listing import Kind
from tcptui.ui.keymap import bindings
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.merged.base_screen import MergedBase
from tcptui.ui.merged.document import connection_blocks, text_of_blocks
from tcptui.ui.merged.keys import MERGED_KEYS, WAITING_HINTS, list_hints
from tcptui.ui.merged.ladder_screen import LadderScreen
from tcptui.ui.merged.pair_list import PairList
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.widgets.virtual_list import VirtualList
from tcptui.words.errors import safe_facts
from tcptui.words.merged_pairs import PairSentences
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from textual.binding import BindingType

    from tcptui.ui.merged.base_screen import Identity
    from tcptui.ui.merged.merging import Merged, Merging
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: Interval (seconds) at which the screen looks whether both captures have been read.
_BEAT: Final = 0.1


class MergedScreen(MergedBase):
    """Waits until both captures have been read, has them paired in a thread, and lists what there is.

    Where they cannot be merged, the app ends with the error as its result.
    """

    KEYS = MERGED_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MERGED_KEYS)]

    def __init__(self, merging: Merging, words: Words, glyphs: Glyphs, options: ViewOptions) -> None:
        super().__init__(merging, words, glyphs, options)
        self.rows: PairList = PairList(glyphs, words)
        self._sentences: PairSentences | None = None
        self._is_working = False
        """Whether a thread is pairing or deciding."""

    def on_mount(self) -> None:
        """Show what is known already, and look for more."""
        self.set_class(self.glyphs.line == "-", "-ascii")
        self.set_focus(self.rows)
        if self.merging.merged is not None:
            self._take(self.merging.merged, PairSentences(self.merging.merged.hop, self.words))
        self.look()
        self.set_interval(_BEAT, self.look)

    def on_unmount(self) -> None:
        """Be left: nobody waits for a result any more."""
        self.merging.leave()

    @property
    def settled(self) -> bool:
        """Whether all is known that there will be."""
        merged = self.merging.merged
        return not self._is_working and merged is not None and merged.is_decided and self.rows.merged is merged

    def look(self) -> None:
        """Begin with the next step once it is possible, and say what goes on."""
        merging = self.merging
        if merging.merged is None and not merging.is_read:
            if link_is_idle(self.app):
                percents = merging.percents
                self._wait(self.words("merged.reading", a=percents[0], b=percents[1]))
            return
        if self._is_working or (merging.merged is not None and (merging.merged.is_decided or not merging.is_judged)):
            return
        self._is_working = True
        if merging.merged is None:
            self._wait(self.words("merged.pairing"))
        step = merging.pair if merging.merged is None else merging.decide

        def work() -> None:
            try:
                found = step()
            except TcptuiError as error:
                call_on_loop(self, self._refuse, error)
                return
            if found is not None:
                call_on_loop(self, self._worked, found, self._sentences or PairSentences(found.hop, self.words))

        self.run_worker(work, thread=True, group="merging")

    def _wait(self, text: str) -> None:
        self.head.show(self.words("merged.title"))
        self.rows.wait(text)
        self.show_hints()

    def _refuse(self, error: TcptuiError) -> None:
        self.app.exit(error)

    def _worked(self, merged: Merged, sentences: PairSentences) -> None:
        self._is_working = False
        self._take(merged, sentences)
        for screen in self.app.screen_stack:
            if isinstance(screen, LadderScreen):
                screen.decided(merged)
        self.look()

    def _take(self, merged: Merged, sentences: PairSentences) -> None:
        self._sentences = sentences
        self.rows.show(merged)
        self.remark(self._notices())
        self.divide()
        self._show_found(merged)
        self._explain()
        self.show_hints()

    def _notices(self) -> str:
        """What is to be said of the captures as a whole, such as where reading stopped; empty: nothing."""
        notices = [session.progress.notice for session in self.merging.sessions]
        return " ".join(self.words(one.key, **safe_facts(one.facts)) for one in notices if one is not None)

    def _show_found(self, merged: Merged) -> None:
        kinds = merged.listing.kind
        names = dict(zip(("name_a", "name_b"), self.merging.names, strict=True))
        counts = {
            "same": Count(int((kinds < Kind.ONLY_A).sum())), "only_a": Count(int((kinds == Kind.ONLY_A).sum())),
            "only_b": Count(int((kinds == Kind.ONLY_B).sum())),
        }  # fmt: skip
        forms: tuple[str, ...] = (
            self.words("merged.found", **names, **counts), self.words("merged.found.short", **counts)
        )  # fmt: skip
        if not merged.is_decided:
            busy = self.words("merged.deciding")
            forms = tuple(f"{form}{self.words('trouble.comma')}{busy}" for form in forms)
        self.head.show(*forms)

    def _explain(self) -> None:
        merged, sentences = self.rows.merged, self._sentences
        if merged is not None and sentences is not None and self.rows.row_count:
            blocks = connection_blocks(merged, self.rows.cursor, sentences, self.words, self.glyphs)
            if blocks != self.explanation.blocks:
                self.explanation.show(blocks)

    def show_hints(self) -> None:
        """Show the hints of what can be done now."""
        waiting = self.rows.merged is None
        self.put_hints(WAITING_HINTS if waiting else list_hints(on_list=not self.explanation.has_focus))

    @on(VirtualList.Highlighted)
    def _moved(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        self._explain()

    @on(VirtualList.Chosen)
    def _double_clicked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.action_ladder()

    # -- keys ------------------------------------------------------------------------
    def action_ladder(self) -> None:
        """Show the packets of the connection under the cursor."""
        if self.rows.merged is not None and self._sentences is not None and self.rows.row_count:
            screen = LadderScreen(
                self.merging, self.words, self.glyphs, self.options, self._sentences, self.rows.cursor
            )
            self.app.push_screen(screen, self._ladder_left)

    def _ladder_left(self, shown: Identity | None) -> None:
        """Go to the connection that was shown last."""
        if shown is not None:
            self.rows.put_on(shown)

    def action_open_point(self, point: int) -> None:
        """Open a capture at the connection under the cursor."""
        merged = self.rows.merged
        if merged is None or not self.rows.row_count:
            return
        stream = int((merged.listing.b if point else merged.listing.a)[self.rows.cursor])
        if stream < 0:
            self.say(self.words("merged.no-such-connection", point="AB"[point]))
            return
        rows = self.merging.sessions[point].rows_of(stream)
        self.open_capture(point, stream, int(rows[0]) if len(rows) else -1)

    def action_copy(self) -> None:
        """Copy the explanation."""
        self.copy(text_of_blocks(self.explanation.blocks))
