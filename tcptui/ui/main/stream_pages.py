"""The screens about the selected connection: its bytes, graphs, requests, files, and the kernel's view of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.ui.main.controller import Controller
from tcptui.ui.main.pane_specs import Pane

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.going import Going
    from tcptui.ui.main.lessons import Lessons


class StreamPages(Controller):
    """Opens them, and goes to the packet that was chosen there."""

    def __init__(self, screen: ControlledScreen, lessons: Lessons, going: Going) -> None:
        super().__init__(screen)
        self._lessons, self._going = lessons, going

    def follow(self) -> None:
        """Open *follow stream* for the selected connection, at the selected packet."""
        workspace = self.workspace
        workspace.show_selected_stream()
        if workspace.ladder.stream >= 0:
            row = workspace.row if workspace.active is not Pane.CONNECTIONS else -1
            self._follow(workspace.ladder.stream, row, None, self._going.show_row)

    def _follow(self, stream: int, row: int, only: str | None, left: Callable[[int | None], None]) -> None:
        """Open *follow stream* at ``row``, of one request where its id is given; ``left`` takes the chosen row."""
        from tcptui.ui.follow.screen import FollowScreen

        flow, is_b = int(self.session.streams.flow[stream]), int(self.session.streams.client_is_b[stream])
        names, options = self.screen.names, self.screen.options
        ends = (names.text(flow, is_b, False), names.text(flow, 1 - is_b, True))
        highlights = self.workspace.highlights
        screen = FollowScreen(self.session, stream, row, self.words, self.glyphs, options, ends, highlights, only)
        self.app.push_screen(screen, left)

    def graph(self) -> None:
        """Open the graphs of the selected connection, at the selected packet."""
        from tcptui.ui.graph.screen import GraphScreen

        workspace = self.workspace
        workspace.show_selected_stream()
        stream = workspace.ladder.stream
        if stream >= 0:
            self._lessons.end_prediction()
            screen = GraphScreen(self.session, stream, workspace.row, self.words, self.glyphs, self.screen.options)
            self.app.push_screen(screen, self._going.show_row)

    def requests(self) -> None:
        """Open the requests of the selected connection, or of all, as a waterfall."""
        self.workspace.show_selected_stream()
        self.open_requests(self.workspace.ladder.stream)

    def open_requests(self, stream: int) -> None:
        """Open the requests of ``stream``; -1: of all connections, those with the words by which nothing is listed."""
        from tcptui.ui.requests.screen import RequestsScreen

        self._lessons.end_prediction()
        words = () if stream >= 0 else self.workspace.connections.index.narrowing.words
        options = self.screen.options
        screen = RequestsScreen(self.session, stream, self.words, self.glyphs, options, words, self._follow)
        self.app.push_screen(screen, self._requests_left)

    def _requests_left(self, frame: int | None) -> None:
        """Go to the request's first packet."""
        if frame:
            self._going.show_frame(frame)

    def export(self) -> None:
        """Open the list of files that were transferred over HTTP."""
        from tcptui.ui.export.screen import ExportScreen

        self.workspace.show_selected_stream()
        stream = self.workspace.ladder.stream
        screen = ExportScreen(self.session, stream, self.words, self.glyphs, self.screen.options)
        self.app.push_screen(screen, self._going.show_row)

    def kernel(self) -> None:
        """Open the kernel's view of the selected connection, in a local capture and where the kernel can be queried."""
        from tcptui.capture.socket_diag import available

        stream = self.workspace.ladder.stream
        if not self.session.local or not available():
            self.screen.say(self.words("kernel.not_here"))
        elif stream < 0:
            self.screen.say(self.words("kernel.select"))
        else:
            from tcptui.ui.screens.socket import SocketScreen

            self.app.push_screen(SocketScreen(self.session, stream, self.words, self.glyphs))
