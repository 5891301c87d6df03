"""What the start screen teaches below the details of a row, as much as there is room for: parts of the help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.ui.prose import BlankLine, Verbatim, lay_out
from tcptui.ui.widgets.document import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.geometry import Size

    from tcptui.ui.prose import Block

#: In fewer lines only the details are shown: they stand below the list.
_LEAST_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class Lesson:
    """A section of the help: its heading, and groups of blocks of which each can stand alone, the first ones first."""

    heading: Block
    groups: tuple[tuple[Block, ...], ...]


def filled(details: Sequence[Block], lessons: Sequence[Lesson], size: Size) -> tuple[Block, ...]:
    """``details``, and below them as many groups of ``lessons`` as ``size`` has room for, each of them whole.

    Of a section with a group that does not fit, or of which a drawn line would be cut, what follows is left out, too.
    """
    page = [*details]
    left = size.height - _height(details, size.width)
    if size.height < _LEAST_LINES:
        return tuple(page)
    for lesson in lessons:
        head: tuple[Block, ...] = (BlankLine(), lesson.heading)
        for group in lesson.groups:
            wanted = (*head, *group)
            needed = _height(wanted, size.width)
            if needed > left or any(isinstance(block, Verbatim) and block.width > size.width for block in group):
                break
            page += wanted
            left -= needed
            head = (BlankLine(),)
    return tuple(page)


def _height(blocks: Sequence[Block], width: int) -> int:
    return len(lay_out(blocks, width)[0])


class StartDetail(Document):
    """The details of a row, and what there is room for below them."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._details: tuple[Block, ...] = ()
        self._lessons: tuple[Lesson, ...] = ()

    def tell(self, details: Sequence[Block]) -> None:
        """Show ``details``."""
        if tuple(details) != self._details:
            self._details = tuple(details)
            self.show(self._details)

    def teach(self, lessons: Sequence[Lesson]) -> None:
        """Show ``lessons`` below them from now on."""
        self._lessons = tuple(lessons)
        self.show(self._details, keep_place=True)

    def page_for(self, size: Size) -> tuple[Block, ...]:
        """The details with what fits below them."""
        return filled(self._details, self._lessons, size)
