"""The packets of the selected request: the timeline of its connection, begun where the request begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.ui.main.request_lines import listed_lines
from tcptui.ui.main.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.request import Request
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words


class RequestPackets(Timeline, can_focus=False):
    """Below a short list; what carries request and answer is set off."""

    def __init__(self, session: OpenCapture, glyphs: Glyphs, words: Words, options: ViewOptions) -> None:
        super().__init__(glyphs, words, options, id="request-packets")
        self._of = session

    def tell(self, request: Request | None, around: Sequence[Request] = ()) -> None:
        """Show the packets from the first of ``request`` on, with a line where each of ``around`` begins."""
        if request is None:
            self.clear()
            return
        if request.stream != self.stream:
            client, server = self._of.streams.ends(request.stream)
            self.show(self._of, request.stream, (str(client), str(server)))
        else:
            self.grow()
        self.tell_requests(listed_lines(around, self.glyphs, self.words))
        frames = self._of.store.frame[self.rows]
        carrying = np.zeros(len(frames), bool)
        for message in (request.request, request.response):
            if message is not None:
                carrying |= (frames >= message.first) & (frames <= message.last)
        self.highlight(frozenset(self.rows[carrying].tolist()))
        first = int(np.argmax(frames >= request.first_frame)) if request.first_frame else 0
        self.put_cursor(first, show=False)
        self.scroll_to(y=first, animate=False, immediate=True)
