"""The packets of a connection between two capture points, as SVG; what was lost ends between them.

Each row is a packet: when it passed its first point, an arrow, its numbers in both files.  Rows that are left out are
counted where they would stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.cli.report.page.markup import Markup, element
from tcptui.model.tcp_flags import flag_names
from tcptui.points.fates import Fate
from tcptui.points.ladder import ABSENT
from tcptui.words.merged_text import duration_ns
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.ladder import Ladder
    from tcptui.points.packets import Side
    from tcptui.words.catalogue import Words

#: Rows at most; of them from the beginning, …
ROWS: Final = 36
_FIRST: Final = 5
#: … and from the end.
_LAST: Final = 3
_WIDTH: Final = 960
_ROW: Final = 22
_TOP: Final = 34
_A: Final = 220
_B: Final = 800
_MIDDLE: Final = (_A + _B) / 2
_HEAD: Final = 9
_SHADES: Final = {Fate.LOST_BETWEEN: "error", Fate.NOT_CAPTURED: "warning", Fate.DUPLICATED: "warning"}


@dataclass(frozen=True, slots=True)
class Passage:
    """One packet between the points."""

    time_ns: int
    """When it passed the first point that saw it, by A's clock."""
    from_a: bool
    """Whether it travels from A to B."""
    frames: tuple[int, int]
    """Its numbers in the files of A and of B; 0 where that point has not got it."""
    fate: Fate
    """*Seen* for a packet of both points."""
    flags: int
    length: int


def passages_of(ladder: Ladder, sides: tuple[Side, Side]) -> list[Passage]:
    """The packets of ``ladder`` in its order; what was cut or joined on the way stands once for each packet of A."""
    rows = ladder.by_packet()
    frames, flags, length = (
        [_cells(column, index) for column, index in zip(columns, (rows.in_a, rows.in_b), strict=True)]
        for columns in (
            [side.column("frame") for side in sides],
            [side.column("flags") for side in sides],
            [side.length for side in sides],
        )
    )
    by_a = rows.in_a != ABSENT
    columns = (
        rows.time_ns, rows.travels_ab, *frames, rows.fate, np.where(by_a, *flags), np.where(by_a, *length),
    )  # fmt: skip
    return [
        Passage(time, from_a, (a, b), Fate(fate), head, carries)
        for time, from_a, a, b, fate, head, carries in zip(*(each.tolist() for each in columns), strict=True)
    ]


def _cells(column: NDArray[Any], index: I64) -> NDArray[Any]:
    """``column`` at ``index``; 0 where the point has not got the packet."""
    return np.where(index == ABSENT, 0, column[index])


def merged_ladder(passages: Sequence[Passage], words: Words) -> Markup:
    """The drawing of ``passages``; empty without any."""
    if not passages:
        return Markup()
    chosen = chosen_rows(passages)
    drawn = [
        element("text", letter, cls=f"end {side}", x=x, y=16, text_anchor="middle")
        for letter, side, x in (("A", "client", _A), ("B", "server", _B))
    ]
    y, before = _TOP, -1
    for place in (*chosen, len(passages)):
        if place > before + 1:
            left_out = words("page.ladder.left-out", n=Count(place - before - 1))
            drawn.append(element("text", left_out, cls="soft", x=_MIDDLE, y=y + 4, text_anchor="middle"))
            y += _ROW
        if place < len(passages):
            drawn += _row(passages[place], passages[0].time_ns, y, words)
            y, before = y + _ROW, place
    lanes = [element("line", x1=x, y1=_TOP - 12, x2=x, y2=y - 8) for x in (_A, _B)]
    label = words("page.ladder.label", client="A", server="B", n=Count(len(chosen)))
    whole = element(
        "svg", *lanes, *drawn, cls="ladder", role="img", aria_label=label, viewBox=f"0 0 {_WIDTH} {y}"
    )  # fmt: skip
    return element("div", whole, cls="wide")


def chosen_rows(passages: Sequence[Passage]) -> list[int]:
    """Which packets are drawn, at most `ROWS`: those that one point lacks with their neighbours, then both ends."""
    count = len(passages)
    if count <= ROWS:
        return list(range(count))
    chosen = {*range(_FIRST), *range(count - _LAST, count)}
    for place, one in enumerate(passages):
        if one.fate is not Fate.SEEN:
            near = {other for other in (place - 1, place, place + 1) if 0 <= other < count}
            if len(chosen | near) > ROWS:
                break
            chosen |= near
    return sorted(chosen)


def _row(one: Passage, began_ns: float, y: int, words: Words) -> list[Markup]:
    shade = _SHADES.get(one.fate, "")
    side = shade or ("client" if one.from_a else "server")
    begin, end = (_A, _B) if one.from_a else (_B, _A)
    step = -_HEAD if end > begin else _HEAD
    # What never passed the second point ends before it.
    if one.fate is Fate.LOST_BETWEEN:
        end = begin + (end - begin) * 3 // 4
    label = flag_names(one.flags) + (f"  len {one.length}" if one.length else "")
    if one.fate is not Fate.SEEN:
        there = "AB"[one.frames[0] != 0]
        label = f"{words(f'merged.fate.{one.fate.word}', there=there)}  {label}"
    parts = [
        element("text", duration_ns(max(one.time_ns - began_ns, 0), words), cls="soft", x=_A - 74, y=y + 8,
            text_anchor="end"),
        element("line", cls=side, x1=begin, y1=y + 5, x2=end + step, y2=y + 5),
        element("text", label, cls=shade, x=_MIDDLE, y=y + 1, text_anchor="middle"),
    ]  # fmt: skip
    if one.fate is Fate.LOST_BETWEEN:
        parts.append(element("text", "✗", cls="error", x=end, y=y + 9, text_anchor="middle"))
    else:
        tip = f"M{end} {y + 5}L{end + step} {y + 1}L{end + step} {y + 9}Z"
        parts.append(element("path", cls=side, d=tip))
    for frame, x, anchor in ((one.frames[0], _A - 10, "end"), (one.frames[1], _B + 10, "start")):
        if frame:
            parts.append(element("text", f"#{frame}", cls="soft", x=x, y=y + 8, text_anchor=anchor))
    return parts
