"""A column of text with the packets of a connection below it, where the text leaves them lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Vertical

from tcptui.ui.filler.packets import FillerPackets
from tcptui.ui.filler.table import ROOM_LEAST

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.ui.main.explain_pane import ExplainPane
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: A blank line below the text.
_APART: Final = 1


class PacketsColumn(Vertical):
    """Shows its text alone until `fill` gives it lines for packets."""

    DEFAULT_CSS = """
    PacketsColumn {
        width: 1fr; height: 1fr;
        & > ExplainPane { width: 1fr; height: 1fr; }
        & > FillerPackets { width: 1fr; height: 1fr; display: none; }
    }
    """

    def __init__(
        self,
        text: ExplainPane,
        session: JudgedCapture,
        glyphs: Glyphs,
        words: Words,
        options: ViewOptions,
        *,
        id: str,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._text = text
        self.packets = FillerPackets(session, glyphs, words, options, id=f"{id}-packets")

    def compose(self) -> ComposeResult:
        """The text, the packets."""
        yield self._text
        yield self.packets

    def fill(self, told: int, room: int, stream: int) -> None:
        """Below a text of ``told`` lines show the packets of ``stream`` (-1: none), if ``room`` lines leave enough."""
        self.packets.display = stream >= 0 and room - told - _APART >= ROOM_LEAST
        self._text.styles.height = told + _APART if self.packets.display else "1fr"
        if self.packets.display:
            self.packets.tell(stream)
