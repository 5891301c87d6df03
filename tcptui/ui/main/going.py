"""Going to a packet on the main screen: deeper into the panes, by number or time, or to what is not TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.packet_store import NO_ROW
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.prompt_line import PromptKind

if TYPE_CHECKING:
    from tcptui.model.packet_store import PacketStore
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.lessons import Lessons
    from tcptui.ui.other.screen import OtherResult


class Going(Controller):
    """Goes to packets, and asks to which."""

    PROMPTS = frozenset({PromptKind.GO_TO})

    def __init__(self, screen: ControlledScreen, lessons: Lessons) -> None:
        super().__init__(screen)
        self._lessons = lessons

    def drill(self) -> None:
        """Go from the pane in front to the next deeper one, from a case to the next packet of its step."""
        if self.workspace.active is not Pane.LESSON:
            self.workspace.drill()
        elif (frame := self._lessons.next_of_step()) is not None:
            self.show_frame(frame)
            self.workspace.activate(Pane.TIMELINE)

    def show_frame(self, frame: int) -> None:
        """Select the packet with number ``frame``; Esc goes back."""
        self._lessons.end_prediction()
        row = self.session.store.row_of_frame(frame)
        if row == NO_ROW:
            self.screen.say(self.words(f"screen.notice.{_why_absent(self.session.store, frame)}", frame=frame))
        elif not self.workspace.go_to_row(row, remember=True):
            self.show_other(row)
        elif self.workspace.active is Pane.CONNECTIONS:
            self.workspace.activate(Pane.TIMELINE)

    def show_row(self, row: int | None) -> None:
        """Select the packet that was chosen on a screen that has closed, if there is one."""
        if row is not None and row != NO_ROW and self.workspace.go_to_row(row, remember=True):
            self.workspace.activate(Pane.TIMELINE)

    def ask(self) -> None:
        """Ask for a packet's number or a time."""
        self.screen.ask(PromptKind.GO_TO)

    def submitted(self, _kind: PromptKind, text: str, /) -> None:
        """Go where the prompt was asked to."""
        if text:
            self.go_to(text)

    def go_to(self, text: str) -> None:
        """Go to the packet or time that ``text`` names."""
        from tcptui.ui.main.go_to import FrameTarget, parse_target, row_of_target

        self._lessons.end_prediction()
        target = parse_target(text)
        workspace = self.workspace
        if target is None:
            self.screen.say(self.words("screen.notice.no_time", text=text))
        elif isinstance(target, FrameTarget):
            self.show_frame(target.frame)
        else:
            time_base = self.screen.options.time_base
            row = row_of_target(self.session.store, target, workspace.ladder.all_rows, time_base)
            if row != NO_ROW and workspace.go_to_row(row, remember=True):
                workspace.activate(Pane.TIMELINE)
            else:
                self.screen.say(self.words("screen.notice.nothing_later"))

    # -- what is not TCP -----------------------------------------------------------------
    def open_other(self) -> None:
        """Open the list of the packets that are not TCP."""
        self._lessons.end_prediction()
        self.show_other(NO_ROW)

    def show_other(self, row: int) -> None:
        """Open the list of the packets that are not TCP, at ``row`` if it is one."""
        from tcptui.ui.other.screen import OtherScreen

        self.app.push_screen(OtherScreen(self.session, self.words, self.glyphs, row), self._other_left)

    def _other_left(self, result: OtherResult | None) -> None:
        """Go to the packet of a connection that was chosen on that screen."""
        if result is not None:
            self.show_frame(result.frame)


def _why_absent(store: PacketStore, frame: int) -> str:
    """Why there is no row for ``frame``, as the end of a catalogue key: evicted, filtered out, or no such packet."""
    first, count = store.first, store.count
    if not count or not 0 < frame < int(store.frame[count - 1]):
        return "no_frame"
    return "frame_left" if first and frame < int(store.frame[first]) else "frame_filtered"
