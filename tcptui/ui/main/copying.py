"""Copying what is under the cursor on the main screen, as text or as Markdown."""

from __future__ import annotations

from tcptui.ui.main.controller import Controller
from tcptui.ui.main.copied import as_markdown, as_text, copied_document


class Copying(Controller):
    """Copies what the pane in front has under its cursor."""

    def copy(self) -> None:
        """Put it on the clipboard."""
        self.screen.copy(as_text(copied_document(self.workspace, self.words), self.words))

    def copy_markdown(self) -> None:
        """Put it on the clipboard as Markdown."""
        document = copied_document(self.workspace, self.words)
        if document:
            self.screen.copy(as_markdown(document, self.words))
