"""What a learner has done: questions answered in this session and ever, and cases gone through."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tcptui.lessons.score import Score
from tcptui.ui.state_files import read_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

#: A record longer than this in bytes is not ours.
_LONGEST: Final = 64 * 1024
_FILE: Final = "learning.json"
_MOST: Final = 10**9


class LearningRecord:
    """Kept in ``directory`` (`state_files.state_directory`); without one it lasts as long as the program.

    A convenience, as the recent files are: what cannot be read counts as nothing, what cannot be
    written is not kept, and neither is worth a message.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._file = directory / _FILE if directory is not None else None
        self.session = Score()
        self._ever: Score | None = None
        self._done: set[str] = set()

    @property
    def ever(self) -> Score:
        """All answers, those of this session among them."""
        self._load()
        assert self._ever is not None
        return self._ever

    @property
    def done(self) -> frozenset[str]:
        """Ids of the cases of which every answer has been seen."""
        self._load()
        return frozenset(self._done)

    def answered(self, right: bool) -> None:
        """One more question was answered."""
        self.ever.count(right)
        self.session.count(right)
        self._save()

    def finished(self, case_id: str) -> None:
        """Every answer of this case has been seen."""
        if case_id not in self.done:
            self._done.add(case_id)
            self._save()

    def _load(self) -> None:
        if self._ever is not None:
            return
        self._ever = Score()
        if self._file is None:
            return
        try:
            kept = json.loads(read_private(self._file, _LONGEST) or b"{}")
        except ValueError:
            return
        if not isinstance(kept, dict):
            return
        asked, right, done = kept.get("asked"), kept.get("right"), kept.get("done")
        if isinstance(asked, int) and isinstance(right, int) and 0 <= right <= asked <= _MOST:
            self._ever = Score(asked, right)
        if isinstance(done, list):
            self._done = {name for name in done if isinstance(name, str)}

    def _save(self) -> None:
        if self._file is None:
            return
        kept = {"asked": self.ever.asked, "right": self.ever.right, "done": sorted(self._done)}
        try:
            write_private(self._file, json.dumps(kept).encode("ascii"))
        except OSError:
            return
