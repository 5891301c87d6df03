"""An open capture as a display filter sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tcptui.access.open_capture import JudgedCapture

if TYPE_CHECKING:
    from tcptui.access.notes.notebook import Notebook


class FilteredCapture(JudgedCapture, Protocol):
    """A judged capture, with what its user noted beside it."""

    @property
    def notebook(self) -> Notebook | None:
        """Marks and notes of the capture's file; None without one.  Raises NotesError while they cannot be read."""
        ...
