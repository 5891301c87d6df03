"""The cells of columns that the user has chosen, for the rows on screen; a thread reads them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.cells import cell_len

from tcptui.model.lru import LruCache
from tcptui.model.safe_text import safe_text
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.input_priority import input_priority
from tcptui.ui.cell_text import fit, fit_field
from tcptui.ui.loop_call import call_on_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.widget import Widget

    from tcptui.session.filtering.column import ColumnExpression, ColumnReader
    from tcptui.session.filtering.filtered_capture import FilteredCapture

    Read = Callable[[ColumnReader, FilteredCapture, list[int], Callable[[], bool]], list[str]]

#: Cells of a column, its blank included, at least and at most; with less room it is left out.
LEAST: Final = 6
_MOST: Final = 26
#: Cells of a heading that are shown at least, where the texts need less.
_HEADING: Final = 10
#: Texts that are kept of each column: some screens of them.
_CACHE_SIZE: Final = 4_096
#: While packets come, the rows on screen are read again after this many seconds, or as many times what reading took.
_REST: Final = 1.0
_REST_TIMES: Final = 4
#: What stands where something could not be read.
_UNREADABLE: Final = "?"


def of_packets(
    reader: ColumnReader, session: FilteredCapture, rows: list[int], cancelled: Callable[[], bool]
) -> list[str]:
    """The texts of the packets at ``rows``; empty for those that were evicted."""
    kept = [row for row in rows if row >= session.store.first]
    texts = dict(zip(kept, reader.of_packets(np.array(kept, np.int32), cancelled), strict=True))
    return [texts.get(row, "") for row in rows]


def of_connections(
    reader: ColumnReader, _session: FilteredCapture, streams: list[int], cancelled: Callable[[], bool]
) -> list[str]:  # fmt: skip
    """The texts of ``streams``."""
    texts = []
    for stream in streams:
        input_priority.step_aside()
        if cancelled():
            raise Cancelled
        texts.append(reader.of_connection(stream, cancelled))
    return texts


class OwnCells:
    """Reads what a list shows in columns of the user's own; ``widget`` draws them, and is refreshed."""

    def __init__(self, widget: Widget, read: Read, yes: str = "") -> None:
        """``yes``: what is shown where a condition holds; empty: the text as it is."""
        self._widget = widget
        self._read = read
        self._yes = yes
        self._session: FilteredCapture | None = None
        self._readers: tuple[ColumnReader, ...] = ()
        self._texts: list[LruCache[int, str]] = []
        self._wanted: list[int] = []
        """The widest text so far in each column, in cells."""
        self._cancel = threading.Event()
        self._asked_at = -1
        """The session's revision when rows were read last."""
        self._rests_until = 0.0
        self.is_settled = True
        """Whether all that is on screen has been read."""

    @property
    def columns(self) -> tuple[ColumnExpression, ...]:
        """The columns, from left to right."""
        return tuple(reader.column for reader in self._readers)

    def choose(self, session: FilteredCapture, columns: Sequence[ColumnExpression]) -> None:
        """Show ``columns`` of ``session`` from now on."""
        from tcptui.session.filtering.column import ColumnReader  # lark: imported where a column is used

        self.close()
        self._cancel = threading.Event()
        self._session = session
        self._readers = tuple(ColumnReader(session, column) for column in columns)
        self._texts = [LruCache(_CACHE_SIZE) for _ in columns]
        self._wanted = [0] * len(columns)
        self._asked_at, self.is_settled = -1, True
        self._widget.refresh()

    def close(self) -> None:
        """Stop reading."""
        self._cancel.set()

    def text(self, place: int, key: int) -> str:
        """The text of the row ``key`` in the column ``place``; empty until it has been read."""
        text = self._texts[place].get(key) or ""
        return self._yes if text and self._yes and self.columns[place].value is None else text

    def want(self, keys: Sequence[int]) -> None:
        """Have the texts of ``keys``, which are on screen, read where they are missing or may have changed."""
        session = self._session
        if session is None or not self._readers or not keys:
            return
        revision, now = session.revision, time.monotonic()
        is_stale = revision != self._asked_at and (not session.progress.growing or now >= self._rests_until)
        asked = [key for key in keys if is_stale or any(texts.get(key) is None for texts in self._texts)]
        for place, texts in enumerate(self._texts):
            shown = (self._yes or text for key in keys if (text := texts.get(key)))
            self._wanted[place] = max([self._wanted[place], *map(cell_len, shown)])
        if not asked or not self.is_settled:
            return
        self._asked_at, self.is_settled = revision, False
        readers, cancel = self._readers, self._cancel

        def look() -> None:
            began = time.monotonic()
            found = [self._looked(reader, session, sorted(asked), cancel) for reader in readers]
            self._rests_until = time.monotonic() + max(_REST, _REST_TIMES * (time.monotonic() - began))
            call_on_loop(self._widget, self._take, cancel, sorted(asked), found)

        self._widget.run_worker(look, thread=True, group="cells")

    def _looked(
        self, reader: ColumnReader, session: FilteredCapture, keys: list[int], cancel: threading.Event
    ) -> list[str]:  # fmt: skip
        """In the thread: the texts of ``keys``; of a column that cannot be read, a sign that says so."""
        from tcptui.dfilter.errors import FilterError

        try:
            return [safe_text(text) for text in self._read(reader, session, keys, cancel.is_set)]
        except Cancelled:
            return []
        except (OSError, FilterError):  # the spool is gone, or a regular expression takes too long
            return [_UNREADABLE] * len(keys)

    def _take(self, cancel: threading.Event, keys: list[int], found: list[list[str]]) -> None:
        if cancel is not self._cancel or cancel.is_set():
            return
        for texts, column in zip(self._texts, found, strict=True):
            for key, text in zip(keys, column, strict=False):
                texts.put(key, text)
        self.is_settled = True
        self._widget.refresh()

    # -- layout ------------------------------------------------------------------------
    def widths(self, room: int) -> list[int]:
        """The cells of each column, its blank included, in ``room`` cells together; 0 for one that is left out."""
        widths = []
        headings = [cell_len(reader.column.text) for reader in self._readers]
        for wanted, heading in zip(self._wanted, headings, strict=True):
            size = min(max(wanted, min(heading, _HEADING), LEAST - 1) + 1, _MOST, room)
            size = size if size >= LEAST else 0
            room -= size
            widths.append(size)
        for place, heading in enumerate(headings):  # headings are whole where there is room left
            more = min(max(0, min(heading + 1, _MOST) - widths[place]), room) if widths[place] else 0
            widths[place] += more
            room -= more
        return widths

    def heading(self, place: int, width: int, ellipsis: str) -> str:
        """The name of the column at ``place`` in exactly ``width`` cells; its end tells it from others."""
        column = self.columns[place]
        return fit_field(safe_text(column.text), width - 1, ellipsis, right=column.is_number) + " "

    def fitted(self, place: int, text: str, width: int, ellipsis: str) -> str:
        """``text`` in exactly ``width`` cells: numbers at the right."""
        return fit(text, width - 1, ellipsis, right=self.columns[place].is_number) + " "
