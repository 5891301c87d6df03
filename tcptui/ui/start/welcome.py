"""What a newcomer's three rows open: one key to a lesson, one to a live capture, one to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.capture.interfaces import ANY
from tcptui.ui.start.rows import CaseRow, InterfaceRow

if TYPE_CHECKING:
    from collections.abc import Iterable


def first_lesson(cases: Iterable[CaseRow]) -> CaseRow | None:
    """The first case of which not every answer has been seen; of a learner who has seen all, the first."""
    found = list(cases)
    return next((row for row in found if not row.done), found[0] if found else None)


def busiest_interface(interfaces: Iterable[InterfaceRow]) -> InterfaceRow | None:
    """The interface in use with the most packets now; one that leads nowhere else only where there is no other."""
    return max(interfaces, key=_promise, default=None)


def _promise(row: InterfaceRow) -> tuple[bool, bool, bool, int]:
    one = row.interface
    is_linked = one.is_up and one.is_connected is not False
    return one.name != ANY, is_linked, not one.is_loopback, 0 if row.rate is None else row.rate.packets
