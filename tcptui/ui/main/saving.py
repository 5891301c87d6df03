"""Saving the packets of a running capture on the main screen."""

from __future__ import annotations

from tcptui.model.errors import TcptuiError
from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import amount
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.column_choosing import ColumnChoosingScreen
from tcptui.ui.main.prompt_line import PromptKind, expand


class SavingScreen(ColumnChoosingScreen):
    """Asks where to, and copies what has been captured there."""

    def action_save(self) -> None:
        """Ask for the file to save the capture so far to."""
        if self.session.spool is not None:
            self._ask(PromptKind.SAVE)
        else:
            self.say(self.words("screen.notice.saved_already"))

    def save(self, text: str) -> None:
        """Copy the capture so far to the file ``text``, in a worker thread."""
        path = expand(text)

        def copy() -> None:
            try:
                size = self.session.save(path)
            except TcptuiError as error:
                is_taken = error.key == "messages.output_exists"  # its advice is for the command line
                said = self.words("screen.notice.taken" if is_taken else error.key, **error.facts)
            else:
                said = self.words("screen.notice.saved", file=safe_text(str(path)), size=amount(size))
            call_on_loop(self, self._saved, said)

        self.run_worker(copy, thread=True, exclusive=True, group="save")

    def _saved(self, said: str) -> None:
        """Tell what came of saving, and whether anything is unsaved now."""
        self._show_status()
        self.say(said)
