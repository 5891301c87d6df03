"""The list of statements, one line each: how often, how long, how many failed, what."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from tcptui.ui.cell_text import fit, grouped, span
from tcptui.ui.requests.request_list import severity_of
from tcptui.ui.widgets.virtual_list import HEADING, MOVING_KEYS, VirtualList
from tcptui.words.line_breaking import wrap
from tcptui.words.quantities import NO_BREAK, Count, unbroken_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from tcptui.session.statements import StatementGroup, StatementKey
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


class StatementSort(Enum):
    """What statements are sorted by, the most first."""

    SERVER = "server"
    """Which query is slow; sessions are opened behind all others."""
    TOTAL = "total"
    """Without what waited."""
    P99 = "p99"
    COUNT = "count"
    ERRORS = "errors"

    def following(self) -> StatementSort:
        """The next sort key."""
        members = list(StatementSort)
        return members[(members.index(self) + 1) % len(members)]


_SORTED_BY: Final[dict[StatementSort, Callable[[StatementGroup], tuple[int, ...]]]] = {
    StatementSort.SERVER: lambda group: (not group.is_of_session, group.server_likely_ns, group.taken_ns),
    StatementSort.TOTAL: lambda group: (group.taken_ns,),
    StatementSort.P99: lambda group: (group.p99_ns,),
    StatementSort.COUNT: lambda group: (group.count,),
    StatementSort.ERRORS: lambda group: (group.errors,),
}
#: Cells of the sign in front, of a number, and between two columns.
_SIGN: Final = 3
_NUMBER: Final = 9
_GAP: Final = 2
#: The columns of numbers; those that give way below so many cells of a line.
_COLUMNS: Final = ("count", "errors", "p50", "p99", "total", "server")
_FEW_BELOW: Final = 76
_FEW: Final = frozenset({"count", "p99", "server"})
#: The column that stands where anything failed, or is sorted by: an empty one would cut the statements.
_ERRORS: Final = "errors"
#: The column that stands where anything waited; below so many cells only where the order could not be read without it.
_WAITED: Final = "waited"
_ALL_FROM: Final = 100
#: The column that gives way below that.
_SECOND: Final = "p50"
#: In front of a time that is estimated.
_ABOUT: Final = "~"


class StatementList(VirtualList, inherit_bindings=False):
    """Draws statements in an order; the screen handles Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words) -> None:
        super().__init__(glyphs, id="statement-list")
        self.words = words
        self.sort = StatementSort.SERVER
        self.turned = False
        self.narrowed: tuple[str, ...] = ()
        self.empty_text = ""
        self._known: Sequence[StatementGroup] = ()
        self._groups: list[StatementGroup] = []
        """Those that are listed, in their order."""

    @property
    def group(self) -> StatementGroup | None:
        """The statement under the cursor; None without any."""
        return self._groups[self.cursor] if self.cursor < len(self._groups) else None

    @property
    def keys(self) -> frozenset[StatementKey]:
        """The keys of the statements that are listed."""
        return frozenset(group.key for group in self._groups)

    def show(self, groups: Sequence[StatementGroup]) -> None:
        """List ``groups``, with the cursor on the statement that it was on."""
        self._known = groups
        self._put_in_order(None if self.group is None else self.group.key)

    def sort_by(self, sort: StatementSort) -> None:
        """Sort by ``sort``, with the cursor on the first line."""
        self.sort, self.turned = sort, False
        self._put_in_order(None)

    def turn(self) -> None:
        """Turn the order round."""
        self.turned = not self.turned
        self._put_in_order(None)

    def narrow(self, narrowed: tuple[str, ...]) -> None:
        """List only statements that have each of these words, in lower case."""
        self.narrowed = narrowed
        self._put_in_order(None if self.group is None else self.group.key)

    def _put_in_order(self, cursor_on: StatementKey | None) -> None:
        chosen = [one for one in self._known if all(word in " ".join(one.key).lower() for word in self.narrowed)]
        self._groups = sorted(chosen, key=_SORTED_BY[self.sort], reverse=not self.turned)
        self.set_row_count(len(self._groups))
        self.cursor = next((place for place, one in enumerate(self._groups) if one.key == cursor_on), 0)
        self.show_row(self.cursor)
        self.refresh()

    # -- drawing -------------------------------------------------------------------------
    def _cells(self, texts: dict[str, str], width: int) -> str:
        shown = [name for name in _COLUMNS if width >= _FEW_BELOW or name in _FEW]
        if _ERRORS in shown and self.sort is not StatementSort.ERRORS and not any(one.errors for one in self._groups):
            shown.remove(_ERRORS)
        if width < _ALL_FROM and _SECOND in shown:
            shown.remove(_SECOND)
        if width < _FEW_BELOW and self.sort is StatementSort.TOTAL:
            shown[-1] = self.sort.value
        if any(group.waited_ns for group in self._groups) and (
            width >= _ALL_FROM or self.sort is StatementSort.TOTAL  # that leaves out what waited
        ):
            shown.append(_WAITED)
        return "".join(fit(texts[name], _NUMBER, self.glyphs.ellipsis, right=True) for name in shown) + " " * _GAP

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns, with a sign at the one that is sorted by; nothing without statements."""
        if not self._groups:
            return []
        names = {name: self.words(f"requests.column.{name}") for name in (*_COLUMNS, _WAITED)}
        if not self.turned:
            names[self.sort.value] = self.glyphs.descending + names[self.sort.value]
        text = " " * _SIGN + self._cells(names, width)
        return [Segment(fit(text + self.words("requests.column.statement"), width, ""), self.palette.head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One statement: sign, numbers, what it asks for."""
        group, palette = self._groups[position], self.palette
        texts = {
            "count": grouped(group.count),
            "errors": grouped(group.errors) if group.errors else "",
            **{
                name: span(time_ns, self.glyphs.micro)
                for name, time_ns in (("p50", group.p50_ns), ("p99", group.p99_ns), ("total", group.total_ns))
            },
            "server": (_ABOUT if group.is_estimated else "") + span(group.server_likely_ns, self.glyphs.micro),
            _WAITED: span(group.waited_ns, self.glyphs.micro) if group.waited_ns else "",
        }
        severity = severity_of(group.worst_status)
        style = palette.severity(severity) if group.errors else palette.plain
        sign = f" {self.glyphs.severity(severity)} " if group.errors else " " * _SIGN
        numbers = self._cells(texts, width)
        room = max(width - _SIGN - cell_len(numbers), 0)
        statement = fit(group.statement or self.words("requests.not-captured"), room, self.glyphs.ellipsis)
        name = palette.faint if group.is_of_session else palette.strong  # behind all others, whatever it took
        return [Segment(sign, style), Segment(numbers, palette.plain), Segment(statement, name)]

    def paint_line(self, y: int) -> Strip:
        """A line of the list; without statements, the first ones say why there are none."""
        if y >= HEADING and not self._groups:
            width = self.scrollable_content_region.width
            said = wrap(self.empty_text, max(width - 2 * _GAP, 1))[y - HEADING : y - HEADING + 1]
            return Strip([Segment(" " * _GAP + text, self.palette.faint) for text in said]).adjust_cell_length(
                width, self.palette.plain
            )
        return super().paint_line(y)


def statement_text(group: StatementGroup, words: Words) -> str:
    """The statement and its numbers, for the clipboard."""
    times = {"p50": group.p50_ns, "p99": group.p99_ns, "total": group.total_ns}
    facts = {name: unbroken_duration(time_ns, words) for name, time_ns in times.items()}
    said = words("requests.statement", n=Count(group.count), errors=Count(group.errors), **facts)
    worked = "server-estimated" if group.is_estimated else "server"
    said += words(f"requests.statement.{worked}", server=unbroken_duration(group.server_likely_ns, words))
    if group.waited_ns:
        said += words("requests.statement.waited", waited=unbroken_duration(group.waited_ns, words))
    return f"{group.statement or words('requests.not-captured')}\n{said}".replace(NO_BREAK, " ")
