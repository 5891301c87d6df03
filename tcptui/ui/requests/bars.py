"""A request as a bar on a time axis: its parts differ by fill character, not only by colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.request import RequestPart
from tcptui.ui.main.budget_bar import spread

if TYPE_CHECKING:
    from tcptui.model.request import Request
    from tcptui.ui.theme import Glyphs

#: The parts in the order in which they mostly come.
_DRAWN: Final = (
    RequestPart.CONNECT, RequestPart.TLS, RequestPart.CLIENT, RequestPart.REQUEST, RequestPart.QUEUE,
    RequestPart.NETWORK, RequestPart.SERVER, RequestPart.RECOVERY, RequestPart.RESPONSE, RequestPart.IDLE,
)  # fmt: skip
#: Parts that took less of the time, in percent, are not drawn: a cell would say more than they are.
_LEAST_PERCENT: Final = 2
#: Styles of `theme.Palette`, by part.
STYLES: Final = {
    RequestPart.CONNECT: "note", RequestPart.TLS: "note", RequestPart.QUEUE: "warning", RequestPart.REQUEST: "client",
    RequestPart.NETWORK: "plain", RequestPart.SERVER: "server", RequestPart.RESPONSE: "good",
    RequestPart.CLIENT: "client", RequestPart.RECOVERY: "error", RequestPart.IDLE: "faint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """The times that a row of cells stands for."""

    begin_ns: int
    end_ns: int
    """After `begin_ns`."""
    is_shared: bool = True
    """Bars stand where they began; else each begins at the left, and only lengths compare."""

    def place(self, request: Request, width: int) -> tuple[int, int]:
        """The first cell of ``request`` among ``width``, and behind its last; at least one cell."""
        length = max(self.end_ns - self.begin_ns, 1)
        begin_ns = request.start_ns - self.begin_ns if self.is_shared else 0
        first = min(max(begin_ns * width // length, 0), max(width - 1, 0))
        last = -(-(begin_ns + request.duration_ns) * width // length)
        return first, min(max(last, first + 1), width)


def bar(request: Request, axis: Axis, width: int, glyphs: Glyphs) -> list[tuple[str, str]]:
    """``width`` cells: text and the name of a palette style, from left to right."""
    first, last = axis.place(request, width)
    least = request.duration_ns * _LEAST_PERCENT // 100
    parts = [part for part in _DRAWN if request.spent_ns(part) > least]
    runs = [(" " * first, "plain")]
    if not parts:
        runs.append((glyphs.request_fills[RequestPart.REQUEST] * (last - first), STYLES[RequestPart.REQUEST]))
    for part, cells in zip(parts, spread([request.spent_ns(part) for part in parts], last - first), strict=True):
        runs.append((glyphs.request_fills[part] * cells, STYLES[part]))
    runs.append((" " * (width - last), "plain"))
    return [run for run in runs if run[0]]
