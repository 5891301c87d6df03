"""Many mistakes of one file, reported together so that they can be mended together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.errors import UsageError
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Mistakes that are reported one by one; who has more of them mends these first.
MOST: Final = 50


class MoreFaultsError(UsageError):
    """So many mistakes more than are reported one by one."""

    def __init__(self, count: int) -> None:
        super().__init__("more-faults", n=Count(count))
        self.key = "cli.error.more-faults"


def combined_fault(faults: Sequence[UsageError]) -> UsageError:
    """The first of ``faults`` (one at least), with the others as what else is wrong."""
    first, *others = faults[:MOST]
    first.more = (*others, MoreFaultsError(len(faults) - MOST)) if len(faults) > MOST else tuple(others)
    return first
