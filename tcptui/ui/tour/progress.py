"""Which hints of the tour are done, kept between runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.userdirs.state_file import StateFile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tcptui.ui.tour.table import Situation, TourHint

#: A longer file (bytes) was not written by us.
_LONGEST: Final = 4096
_FILE: Final = "tour.json"


class Tour:
    """The hints that are done, kept in ``directory`` (`state_directory`), or in memory without one.

    With ``wanted`` False no hint is shown until `begin_again`.
    """

    def __init__(self, directory: Path | None = None, *, wanted: bool = True) -> None:
        self._file: StateFile[frozenset[str]] = StateFile(
            directory, _FILE, _LONGEST, empty=frozenset(), decode=_names, encode=sorted
        )
        self._wanted = wanted
        self._kept: frozenset[str] | None = None

    @property
    def done(self) -> frozenset[str]:
        """Ids of the hints that are done."""
        if self._kept is None:
            self._kept = self._file.read()
        return self._kept

    @property
    def is_over(self) -> bool:
        """Whether no hint will be shown any more: all are done, or none is wanted."""
        from tcptui.ui.tour.table import HINTS

        return not self._wanted or all(hint.id in self.done for hint in HINTS)

    def hint(self, now: Situation) -> TourHint | None:
        """The hint to show in this situation; who has reached the pane that a hint leads to, has done it."""
        if not self._wanted:
            return None
        from tcptui.ui.tour.table import HINTS

        self._end(hint.id for hint in HINTS if hint.reaches is now.pane)
        return next((hint for hint in HINTS if hint.id not in self.done and hint.fits(now)), None)

    def used(self, action: str) -> bool:
        """Note that ``action``, as Textual writes it, was performed; returns whether that ended a hint."""
        if not self._wanted:
            return False
        from tcptui.ui.tour.table import ENDED_BY, plain_action

        ended = ENDED_BY.get(plain_action(action))
        return ended is not None and self._end((ended,))

    def dismiss(self, hint: TourHint) -> None:
        """The user wants to see ``hint`` no more."""
        self._end((hint.id,))

    def end(self) -> None:
        """Show no hint any more, this time and the next."""
        from tcptui.ui.tour.table import HINTS

        self._end(hint.id for hint in HINTS)

    def begin_again(self) -> None:
        """Show all hints again."""
        self._wanted = True
        self._kept = self._file.change(lambda _: frozenset())

    def _end(self, names: Iterable[str]) -> bool:
        """Count hints as done; returns whether one was not before."""
        new = frozenset(names) - self.done
        if new:
            self._kept = self._file.change(lambda done: done | new)
        return bool(new)


def _names(content: object) -> frozenset[str]:
    """The hints that JSON has in ``content``.  Raises ValueError."""
    if not isinstance(content, list):
        raise ValueError("no list")  # noqa: TRY004  as of other content that makes no sense
    return frozenset(name for name in content if isinstance(name, str))
