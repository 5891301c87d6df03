"""The small menu of the orders of the connection list: the digit before one, or Enter on it, sorts by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType

from tcptui.model.safe_text import safe_text
from tcptui.ui.hint import Hint
from tcptui.ui.main.filter_menu import SmallMenu
from tcptui.ui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.ui.main.columns import Sorting
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Orders that have a digit.
_DIGITS: Final = 9


class SortMenu(SmallMenu["Sorting | None"]):
    """Offers ``orders``, with the cursor on the one ``now``; closes with the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,left,h,O", "dismiss", show=False),
        *(Binding(str(digit), f"take({digit - 1})", show=False) for digit in range(1, _DIGITS + 1)),
    ]

    def __init__(self, orders: Sequence[Sorting], now: Sorting, words: Words, glyphs: Glyphs) -> None:
        self._orders = orders
        self._now = next((at for at, order in enumerate(orders) if order.is_by_same(now)), 0)
        names = [safe_text(order.expression) or words(f"screen.sort.{order.key.value}") for order in orders]
        lines = [f"{at if at <= _DIGITS else ' '}  {name}" for at, name in enumerate(names, 1)]
        hints = (
            Hint(f"1-{min(_DIGITS, len(orders))} Enter", "screen.hint.sort"),
            Hint("Esc", "screen.hint.back", "screen.dismiss"),
        )
        super().__init__(lines, words("screen.sort.menu"), hints, words, glyphs)

    def on_mount(self) -> None:
        """Begin at the order that the list has."""
        super().on_mount()
        self.lines.put_cursor(self._now)

    def action_take(self, place: int) -> None:
        """Close with the order at ``place``, if there are so many."""
        if place < len(self._orders):
            self.dismiss(self._orders[place])

    @on(VirtualList.Chosen)
    def _take_chosen(self) -> None:
        self.action_take(self.lines.cursor)
