"""How the panes of the main screen show what they show: zoom, kind of sequence numbers, zero point of times."""

from __future__ import annotations

from tcptui.ui.main.controller import Controller
from tcptui.ui.view_options import TimeBase


class Viewing(Controller):
    """Switches between ways to show the same."""

    def zoom(self) -> None:
        """Zoom the pane in front to the whole screen, or end the zoom."""
        self.workspace.set_zoomed(not self.workspace.arrangement.zoomed)

    def raw_numbers(self) -> None:
        """Switch between relative and raw sequence numbers."""
        ladder = self.workspace.ladder
        ladder.toggle_raw()
        self.screen.say(self.words("screen.notice.raw_on" if ladder.raw_numbers else "screen.notice.raw_off"))

    def time_base(self, name: str) -> None:
        """Count times from the zero point ``name``, a value of `TimeBase`."""
        base = TimeBase(name)
        self.screen.choose_view(base)
        self.workspace.ladder.set_options(self.screen.options)
        self.screen.say(self.words(f"screen.notice.times.{base.value}"))
