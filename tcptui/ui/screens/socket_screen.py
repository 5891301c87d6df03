"""`o`: who owns this connection on this machine, and the kernel's own view of it beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import get_current_worker

from tcptui.capture.kernel_sockets import look_up
from tcptui.model.safe_text import reason_of
from tcptui.ui.prose import Paragraph
from tcptui.ui.socket_page import Look, ends_seen, socket_page
from tcptui.ui.thin_line import line_is_free
from tcptui.ui.widgets.document import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tcptui.explain.words import Words
    from tcptui.session import Session
    from tcptui.ui.prose import Block
    from tcptui.ui.theme import Glyphs

#: How often the kernel is asked, in seconds: each answer costs it a walk through its connections.
LOOK_SECONDS: Final = 1.0


class SocketScreen(ModalScreen[None]):
    """The kernel's view of one connection, as long as it is looked at; Esc, `q` or `o` leaves it."""

    DEFAULT_CSS = """
    SocketScreen {
        background: $background;
        layout: vertical;
        & > Static { height: 1; width: 1fr; background: $panel; color: $foreground; padding: 0 1; }
        & > Document { height: 1fr; background: $background; }
        & > #socket-hint { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,o", "dismiss", show=False)]

    def __init__(self, session: Session, stream: int, words: Words, glyphs: Glyphs) -> None:
        super().__init__()
        self._session = session
        self._stream = stream
        self._glyphs = glyphs
        self._before: tuple[Look, ...] = ()
        self.words = words

    def compose(self) -> ComposeResult:
        """What it is of, the page, the hint."""
        yield Static(Content(self.words("kernel.title", stream=self._stream)), markup=False)
        yield Document([Paragraph(self.words("kernel.asking"), "faint")], id="socket-page")
        yield Static(Content(self.words("kernel.hint")), id="socket-hint", markup=False)

    def on_mount(self) -> None:
        """Begin to ask."""
        self.query_one(Document).focus()
        self.look()
        self.set_interval(LOOK_SECONDS, self.look)

    def look(self) -> None:
        """Ask the kernel once more, in a thread; not while what it said before is still being drawn."""
        if line_is_free(self.app):
            self.run_worker(self._ask, thread=True, exclusive=True, group="kernel")

    def _ask(self) -> None:
        looks = []
        try:
            for seen in ends_seen(self._session, self._stream):
                ends = (seen.endpoint.host, seen.endpoint.port, seen.peer.host, seen.peer.port)
                looks.append(Look(seen, look_up(*ends)))
        except OSError as error:
            self._tell(error)
            return
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._show, tuple(looks))

    def _tell(self, error: OSError) -> None:
        text = self.words("kernel.failed", reason=reason_of(error))
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._page, [Paragraph(text, "warning")])

    def _show(self, looks: tuple[Look, ...]) -> None:
        self._page(socket_page(looks, self._before, self.words, self._glyphs))
        self._before = looks

    def _page(self, blocks: Sequence[Block]) -> None:
        page = self.query_one(Document)
        if tuple(blocks) != page.blocks:
            page.show(blocks, keep_place=True)
