"""The comments of the packets of a slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.notes import NO_NOTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.access.notes.notebook import Notebook
    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.notes import Note
    from tcptui.session.slicing.write import Slicer
    from tcptui.words.catalogue import Words


class Comments:
    """The comments of a slice on its packets: their number in the source, and the notes that were kept of them."""

    def __init__(
        self, session: OpenCapture, slicer: Slicer, names: Sequence[str], books: Sequence[Notebook | None], words: Words
    ) -> None:
        """``names`` and ``books``: of each spool, what its file is called, and the notes beside it."""
        self._session = session
        self._slicer = slicer
        self._words = words
        self._names = names
        self._books = books
        self._told: set[int] = set()
        """Connections whose note has been written."""

    def begin(self) -> None:
        """Begin another slice, in which notes of connections are written again."""
        self._told.clear()

    def of(self, row: int, spool: int, number: int) -> list[str]:
        """The comments of the packet in ``row``, whose number is that in the file of the spool."""
        said = [self._words("slice.comment", number=number, file=self._names[spool])]
        book = self._books[spool]
        noted = NO_NOTE if book is None else book.packet(number)
        return [*self._noted(noted, "packet"), *self._of_connection(row), *said]

    def _of_connection(self, row: int) -> list[str]:
        stream = int(self._session.store.stream[row])
        if stream < 0 or stream in self._told:
            return []
        self._told.add(stream)
        spool, number = self._slicer.number_of(int(self._session.streams.first_row[stream]))
        book = self._books[spool]
        return [] if book is None else self._noted(book.connection(number), "connection")

    def _noted(self, note: Note, what: str) -> list[str]:
        if not note:
            return []
        key = f"slice.note.{what}" if note.text else f"slice.mark.{what}"
        return [self._words(key, text=note.text)]
