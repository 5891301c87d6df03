"""Which hints of the tour are done, kept between runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tcptui.ui.user_files import read_private, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tcptui.ui.tour.table import Situation, TourHint

#: A longer file (bytes) was not written by us.
_LONGEST: Final = 4096
_FILE: Final = "tour.json"


class Tour:
    """The hints that are done, kept in ``directory`` (`state_directory`), or in memory without one.

    Only a convenience, as the recent files are: a file that cannot be read counts as empty, one that cannot be
    written is not kept, and neither is reported.  With ``wanted`` False no hint is shown until `begin_again`.
    """

    def __init__(self, directory: Path | None = None, *, wanted: bool = True) -> None:
        self._file = directory / _FILE if directory is not None else None
        self._wanted = wanted
        self._kept: set[str] | None = None

    @property
    def done(self) -> frozenset[str]:
        """Ids of the hints that are done."""
        return frozenset(self._done)

    @property
    def is_over(self) -> bool:
        """Whether no hint will be shown any more: all are done, or none is wanted."""
        from tcptui.ui.tour.table import HINTS

        return not self._wanted or all(hint.id in self._done for hint in HINTS)

    def hint(self, now: Situation) -> TourHint | None:
        """The hint to show in this situation; who has reached the pane that a hint leads to, has done it."""
        if not self._wanted:
            return None
        from tcptui.ui.tour.table import HINTS

        self._end(hint.id for hint in HINTS if hint.reaches is now.pane)
        return next((hint for hint in HINTS if hint.id not in self._done and hint.fits(now)), None)

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
        self._kept = set()
        self._save()

    @property
    def _done(self) -> set[str]:
        if self._kept is None:
            self._kept = set()
            if self._file is not None:
                try:
                    listed = json.loads(read_private(self._file, _LONGEST) or b"[]")
                except (ValueError, RecursionError):
                    listed = []
                if isinstance(listed, list):
                    self._kept = {name for name in listed if isinstance(name, str)}
        return self._kept

    def _end(self, names: Iterable[str]) -> bool:
        """Count hints as done; returns whether one was not before."""
        new = set(names) - self._done
        if new:
            self._done.update(new)
            self._save()
        return bool(new)

    def _save(self) -> None:
        if self._file is None:
            return
        try:
            write_private(self._file, json.dumps(sorted(self._done)).encode("ascii"))
        except OSError:
            return
