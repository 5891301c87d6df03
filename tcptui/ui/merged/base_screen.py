"""What both screens of two capture points have in common: a list above an explanation, and a way into each capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tcptui.ui.cell_text import fit
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.widgets.document import Document
from tcptui.ui.widgets.one_line import Cells, OneLine
from tcptui.ui.widgets.virtual_list import HEADING, VirtualList

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tcptui.ui.merged.merging import Merging
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words


#: So much of the height (percent) a list gets at most, and room for so many rows at least, where there are some.
_LIST_SHARE: Final = 60
_ROWS_LEAST: Final = 3
#: Which connection a row of the listing is: its kind and its streams in A and in B.
Identity = tuple[int, int, int]


class CaptureWanted(Message):
    """One of both captures is to be opened, at a packet or a connection."""

    def __init__(self, screen: MergedBase, point: int, stream: int, row: int) -> None:
        """``screen`` asks for it; ``row``: of the capture's store."""
        super().__init__()
        self.screen, self.point, self.stream, self.row = screen, point, stream, row


class HeadLine(OneLine):
    """What the screen is about, in the first of several forms that fits."""

    def __init__(self, glyphs: Glyphs, words: Words) -> None:
        super().__init__(glyphs, words, id="merged-head")
        self.forms: tuple[str, ...] = ("",)

    def show(self, *forms: str) -> None:
        """Show the first of ``forms`` that fits, the longest of which is the first; else the last one, cut."""
        if forms != self.forms:
            self.forms = forms
            self.refresh()

    def cells(self, width: int) -> Cells:
        """That form."""
        text = next((form for form in self.forms if cell_len(form) + 2 <= width), self.forms[-1])
        return [(" " + fit(text, width - 2, self.glyphs.ellipsis).rstrip(), self.palette.strong)]


class MergedBase(KeyedScreen[Identity]):
    """Has `rows` and, below, `explanation`."""

    DEFAULT_CSS = """
    MergedBase {
        layout: vertical;
        background: $background;
        & > HeadLine, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > VirtualList {
            background: $background; width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: scroll;
            scrollbar-size-vertical: 1;
        }
        & > Document { background: $background; width: 1fr; height: 1fr; border-top: solid $edge; }
        & > Document:focus { border-top: solid $edge-active; }
        &.-ascii > Document { border-top: ascii $edge; }
        &.-ascii > Document:focus { border-top: ascii $edge-active; }
        & > #merged-remark { display: none; height: auto; max-height: 2; width: 1fr; padding: 0 1; color: $faint; }
        & > #merged-remark.-shown { display: block; }
    }
    """
    rows: VirtualList

    def __init__(self, merging: Merging, words: Words, glyphs: Glyphs, options: ViewOptions) -> None:
        super().__init__(words, glyphs)
        self.merging = merging
        self.options = options
        self.head = HeadLine(glyphs, words)
        self._remark = Static("", id="merged-remark", markup=False)
        self.explanation = Document(id="merged-explanation")

    def compose(self) -> ComposeResult:
        """What it is about, a remark, the list, the explanation of a row, hints."""
        yield self.head
        yield self._remark
        yield self.rows
        yield self.explanation
        yield self.hint_line

    def remark(self, text: str) -> None:
        """Say ``text`` above the list; empty: nothing."""
        self._remark.update(Content(text))
        self._remark.set_class(bool(text), "-shown")

    def divide(self) -> None:
        """Give the list the lines that it needs, but leave the explanation its share."""
        share = max(HEADING + 1, self.size.height * _LIST_SHARE // 100)
        self.rows.styles.height = min(share, HEADING + max(self.rows.row_count, _ROWS_LEAST))

    def on_resize(self) -> None:
        """Divide the new height."""
        self.divide()

    def action_other_pane(self) -> None:
        """Go to the explanation, or back to the list."""
        self.set_focus(self.explanation if self.rows.has_focus else self.rows)
        self.show_hints()

    def open_capture(self, point: int, stream: int, row: int) -> None:
        """Have a capture opened at the packet in ``row`` of its store."""
        self.post_message(CaptureWanted(self, point, stream, row))
