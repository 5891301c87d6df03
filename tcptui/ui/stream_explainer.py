"""The explanation of one connection on a screen about many: a worker thread looks for findings that may be new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import rows_seen
from tcptui.ui.explain_document import stream_document
from tcptui.ui.loop_call import call_on_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from textual.widget import Widget

    from tcptui.access.cached_findings import CachedFindings
    from tcptui.access.open_capture import JudgedCapture
    from tcptui.ui.main.explain_pane import Document
    from tcptui.words.catalogue import Words

#: While a capture grows, a connection of more packets is not explained again and again.
_MOST_PACKETS: Final = 20_000


class StreamExplainer:
    """Explains the connection that a screen asks for last, and calls back when there is more to say."""

    def __init__(self, screen: Widget, session: JudgedCapture, words: Words, told: Callable[[], None]) -> None:
        self._shown_on = screen
        self._session = session
        self._words = words
        self._told = told
        self._wanted: tuple[int, Hashable] = (-1, None)
        """The connection that was asked for last, and when."""
        self._document: Document = ()
        self.is_busy = False

    def document(self, stream: int, when: Hashable) -> Document:
        """The explanation of ``stream`` as far as it is known; ``when`` differs where there may be more to say."""
        if self._session.progress.growing and rows_seen(self._session, stream) > _MOST_PACKETS:
            return ()
        wanted = stream, when
        if wanted != self._wanted:
            if stream != self._wanted[0]:
                self._document = ()
            self._wanted, self.is_busy = wanted, True

            def explain() -> None:
                call_on_loop(self._shown_on, self._take, wanted, self._session.current_findings(stream))

            self._shown_on.run_worker(explain, thread=True, group="explain")
        return self._document

    def _take(self, wanted: tuple[int, Hashable], cached: CachedFindings) -> None:
        if wanted == self._wanted:
            self.is_busy = False
            self._document = stream_document(self._session, wanted[0], cached, self._words)
            self._told()
