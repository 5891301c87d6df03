"""The list of requests, one line each: what, how it ended, how long, and the bar of its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from tcptui.model.finding import Severity
from tcptui.protocols.request_status import ERROR_STATUS, status_number
from tcptui.protocols.statements.statement import as_sent
from tcptui.ui.cell_text import clock, fit, span
from tcptui.ui.requests.bars import Axis, bar
from tcptui.ui.requests.table import RequestSort, RequestTable
from tcptui.ui.widgets.virtual_list import HEADING, MOVING_KEYS, VirtualList
from tcptui.words.quantities import byte_size

if TYPE_CHECKING:
    from textual.binding import BindingType

    from tcptui.model.packet_store import I64
    from tcptui.model.request import Request
    from tcptui.session.statements import StatementKey
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Cells of the sign in front, and between two columns.
_SIGN: Final = 3
_GAP: Final = 2
#: Cells of the status, the most that it takes where there is room for sizes, and else the share of a line, in percent:
#: an error of MySQL with its SQLSTATE is whole on 80 cells, one of Redis on 60.
_STATUS: Final = 8
_STATUS_MOST: Final = 28
_STATUS_SHARE: Final = 16
_DURATION: Final = 8
_SIZE: Final = 10
#: Cells of a time of day, to the millisecond, and digits of `clock` behind it.
_CLOCK: Final = 14
_MICRO_DIGITS: Final = 3
#: From this width on there is room for sizes, …
_SIZES_FROM: Final = 100
#: … and the share of a line that the operation may take, in percent.
_OPERATION_SHARE: Final = 36
#: From this width on, a screen of 120 columns, there is room for the server's time and the time of day.
_TIMES_FROM: Final = 119
#: Cells of a bar, at most, where bars only compare lengths: the eye need not go far from the numbers.
_BAR_MOST: Final = 40
_SERVER_ERROR: Final = 500
#: Cells of a path's end that tell it from others.
_PATH_LEAST: Final = 6


def severity_of(status: str) -> Severity:
    """How a request with ``status`` ended, as a sign says it: an error is an answer from 500 on, or none."""
    number = status_number(status)
    if number >= _SERVER_ERROR:
        return Severity.ERROR
    return Severity.WARNING if number >= ERROR_STATUS else Severity.NOTE


def fitted(operation: str, width: int, ellipsis: str) -> str:
    """``operation`` in exactly ``width`` cells; what gives way is the query but its end, then the path's beginning.

    Paths that one page asks for mostly begin alike, and so do the queries of one path.
    """
    if cell_len(operation) <= width:
        return fit(operation, width)
    method, _, target = operation.partition(" ")
    path = target.partition("?")[0]
    if path != target:
        path += "?"
    room = width - cell_len(f"{method} {ellipsis}")
    if not target or room < _PATH_LEAST:
        return fit(operation, width, ellipsis)
    if cell_len(path) <= room:
        query, left = target[len(path) :], room - cell_len(path)
        query = query[max(0, len(query) - left) :]
        while cell_len(query) > left:
            query = query[1:]
        return fit(f"{method} {path}{ellipsis}{query}", width)
    while cell_len(path) > room:
        path = path[max((cell_len(path) - room) // 2, 1) :]
    return fit(f"{method} {ellipsis}{path}", width)


class RequestList(VirtualList, inherit_bindings=False):
    """Draws a `RequestTable` in an order; the screen handles Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words) -> None:
        super().__init__(glyphs, id="request-list")
        self.words = words
        self.table = RequestTable((), lambda _stream: "", words)
        self.order: I64 = np.zeros(0, np.int64)
        self.sort = RequestSort.START
        self.turned = False
        self.narrowed: tuple[str, ...] = ()
        self.only: StatementKey | None = None
        """The statement whose requests are listed; None: all."""
        self.shared_axis: bool | None = None
        """Whether all bars stand on one axis; None: where the list is sorted by start."""
        self.empty_text = ""
        self.began_ns = 0
        """What times are told from: the capture's first packet; 0 before there is one."""
        self._axis: tuple[object, Axis] | None = None
        self._wanted = -1
        """Cells that the operations want; -1: not measured yet."""
        self._status = -1
        """The same of the statuses."""

    @property
    def request(self) -> Request | None:
        """The request under the cursor; None without any."""
        return self.table.requests[int(self.order[self.cursor])] if self.cursor < len(self.order) else None

    def show(self, table: RequestTable) -> None:
        """List ``table``, with the cursor on the request that it was on."""
        before = self.request
        self.table = table
        self.put_in_order(None if before is None else (before.stream, before.number))

    def put_in_order(self, cursor_on: tuple[int, int] | None) -> None:
        """Sort and narrow again; ``cursor_on``: connection and number of the request that gets the cursor."""
        self.order = self.table.order(self.sort, turned=self.turned, words=self.narrowed, only=self.only)
        self._axis, self._wanted, self._status = None, -1, -1
        place = 0 if cursor_on is None else self.table.place(self.order, *cursor_on)
        self.set_row_count(len(self.order))
        self.cursor = place
        self.show_row(place)
        self.refresh()

    # -- the time axis -------------------------------------------------------------------
    @property
    def is_shared(self) -> bool:
        """Whether bars stand where their requests began."""
        return self.sort is RequestSort.START if self.shared_axis is None else self.shared_axis

    def axis(self) -> Axis:
        """The axis of the rows in sight: from the first beginning to the last end, or as long as the longest."""
        first = self.scroll_offset.y
        key = first, self.page_rows, self.is_shared, len(self.order)
        if self._axis is not None and self._axis[0] == key:
            return self._axis[1]
        rows = self.order[first : first + self.page_rows]
        start, length = self.table.start_ns[rows], self.table.duration_ns[rows]
        if not len(rows):
            axis = Axis(0, 1)
        elif self.is_shared:
            begin = int(start.min())
            axis = Axis(begin, max(int((start + length).max()), begin + 1))
        else:
            axis = Axis(0, max(int(length.max()), 1), is_shared=False)
        self._axis = key, axis
        return axis

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw all rows again: the axis is that of the rows in sight."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()

    # -- drawing -------------------------------------------------------------------------
    def _operation_width(self, width: int) -> int:
        if self._wanted < 0:
            texts = (self._operation(self.table.requests[i]) for i in self.order[:_MEASURED].tolist())
            self._wanted = max(map(cell_len, (self.words("requests.column.operation"), *texts)))
        return min(self._wanted, width * _OPERATION_SHARE // 100)

    def _status_width(self, width: int) -> int:
        if self._status < 0:
            texts = (self.table.requests[i].status for i in self.order[:_MEASURED].tolist())
            self._status = max(map(cell_len, texts), default=0)
        left = width * _OPERATION_SHARE // 100 - self._operation_width(width)  # short operations leave it theirs
        most = _STATUS_MOST if width >= _SIZES_FROM else width * _STATUS_SHARE // 100 + left
        return max(min(self._status, most), _STATUS)

    def _operation(self, request: Request) -> str:
        operation = as_sent(request.operation, request.statement) or self.words("requests.not-captured")
        return self.words("requests.one-reading", operation=operation) if request.one_reading else operation

    def _numbers(self, status: str, duration: str, server: str, size: str, began: str, width: int) -> str:
        ellipsis = self.glyphs.ellipsis
        status_cells = self._status_width(width)
        has_times = width >= _TIMES_FROM + status_cells - _STATUS  # a long status takes their room, not the bar's
        columns = [(duration, _DURATION)]
        if has_times:
            columns.append((server, _DURATION))
        if width >= _SIZES_FROM:
            columns.append((size, _SIZE))
        if has_times:
            columns.append((began, _CLOCK))
        cells = "".join(fit(text, cells, ellipsis, right=True) for text, cells in columns)
        return fit(status, status_cells, ellipsis) + cells

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns, and the times at both ends of the axis; nothing without requests."""
        if not len(self.order):
            return []
        words, head = self.words, self.palette.head
        names = ("status", "duration", "server", "received", "start")
        status, duration, server, size, began = (words(f"requests.column.{name}") for name in names)
        text = " " * _SIGN + fit(words("requests.column.operation"), self._operation_width(width), "")
        text += " " * _GAP + self._numbers(status, duration, server, size, began, width) + " " * _GAP
        room = self._bar_width(width - cell_len(text))
        axis, micro = self.axis(), self.glyphs.micro
        left, right = "0", span(axis.end_ns, micro)
        if axis.is_shared:
            left, right = (f"+{span(max(ns - self.began_ns, 0), micro)}" for ns in (axis.begin_ns, axis.end_ns))
        gap = room - cell_len(left) - cell_len(right)
        return [Segment(text + (left + " " * gap + right if gap > 0 else fit(left, room, "")), head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One request: sign, operation, status, duration, size, bar."""
        request, palette, glyphs = self.table.requests[int(self.order[position])], self.palette, self.glyphs
        severity = severity_of(request.status)
        above_note = severity > Severity.NOTE
        style = palette.severity(severity) if above_note else palette.plain
        sign = f" {glyphs.severity(severity)} " if above_note else " " * _SIGN
        operation = fitted(self._operation(request), self._operation_width(width), glyphs.ellipsis)
        status = request.status or self.words("requests.no-answer")
        size = "" if request.response is None else byte_size(request.response.bytes)
        server = span(request.server_most_ns, glyphs.micro) if request.server_most_ns else ""
        began = clock(request.start_ns)[:-_MICRO_DIGITS]
        numbers = self._numbers(status, span(request.own_ns, glyphs.micro), server, size, began, width)
        behind = len(fit(status, self._status_width(width), glyphs.ellipsis))
        shown = [
            Segment(sign, style),
            Segment(operation, palette.strong),
            Segment(" " * _GAP + numbers[:behind], style),
            Segment(numbers[behind:] + " " * _GAP, palette.plain),
        ]
        room = self._bar_width(width - sum(cell_len(text) for text, _, _ in shown))
        shown += [Segment(text, getattr(palette, name)) for text, name in bar(request, self.axis(), room, glyphs)]
        return shown

    def _bar_width(self, room: int) -> int:
        return room if self.is_shared else min(room, _BAR_MOST)

    def paint_line(self, y: int) -> Strip:
        """A line of the list; without requests, the first ones say why there are none."""
        if y >= HEADING and not len(self.order):
            return self.empty_line(self.empty_text, y)
        return super().paint_line(y)


#: Operations that are measured for the width of their column.
_MEASURED: Final = 500
