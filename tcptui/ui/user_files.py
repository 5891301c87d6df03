"""The user's small state files: recent captures, and a learner's score and finished cases.

They are in the state directory (`userdirs.places.state_directory`), private, and changed as `userdirs.state_file` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tcptui.lessons.score import Score
from tcptui.userdirs.state_file import StateFile

#: A longer record file (bytes) was not written by us.
_RECORD_LONGEST: Final = 64 * 1024
_RECORD_FILE: Final = "learning.json"
_MOST: Final = 10**9


@dataclass(frozen=True, slots=True)
class _Learned:
    """The content of the record file."""

    asked: int = 0
    right: int = 0
    done: frozenset[str] = frozenset()


def _learned(content: object) -> _Learned:
    """The record that JSON has in ``content``.  Raises ValueError."""
    if not isinstance(content, dict):
        raise ValueError("no record")  # noqa: TRY004  as of other content that makes no sense
    asked, right, done = content.get("asked"), content.get("right"), content.get("done")
    if not (isinstance(asked, int) and isinstance(right, int) and 0 <= right <= asked <= _MOST):
        raise ValueError("no score")
    if not isinstance(done, list):
        raise ValueError("no list of cases")  # noqa: TRY004
    return _Learned(asked, right, frozenset(name for name in done if isinstance(name, str)))


class LearningRecord:
    """The learner's score and finished cases, kept in ``directory``, or in memory without one."""

    def __init__(self, directory: Path | None = None) -> None:
        self._file = StateFile(
            directory, _RECORD_FILE, _RECORD_LONGEST, empty=_Learned(), decode=_learned,
            encode=lambda kept: {"asked": kept.asked, "right": kept.right, "done": sorted(kept.done)},
        )  # fmt: skip
        self.session = Score()
        self._kept: _Learned | None = None

    def notes_file(self, case_id: str, capture: Path) -> Path | None:
        """Where marks and notes on ``capture`` of the case are kept; None where nothing is."""
        from tcptui.access.notes.notebook import notes_path  # no start waits for it

        path = self._file.path
        return None if path is None else path.with_name(f"{case_id}-{notes_path(capture).name}")

    @property
    def ever(self) -> Score:
        """The score of all runs, this one included."""
        return Score(self._now.asked, self._now.right)

    @property
    def done(self) -> frozenset[str]:
        """Ids of the cases whose answers have all been seen."""
        return self._now.done

    @property
    def _now(self) -> _Learned:
        if self._kept is None:
            self._kept = self._file.read()
        return self._kept

    def answered(self, right: bool) -> None:
        """Count one answered question and save the score."""
        self.session.count(right)
        self._kept = self._file.change(
            lambda kept: _Learned(min(kept.asked + 1, _MOST), min(kept.right + right, _MOST), kept.done)
        )

    def finished(self, case_id: str) -> None:
        """Record that every answer of the case has been seen."""
        if case_id not in self.done:
            self._kept = self._file.change(lambda kept: _Learned(kept.asked, kept.right, kept.done | {case_id}))


#: Recent files that are kept.
MAX_RECENT: Final = 20
#: A longer list file (bytes) was not written by us.
_RECENT_LONGEST: Final = 256 * 1024
_RECENT_FILE: Final = "recent.json"


@dataclass(frozen=True, slots=True)
class RecentFile:
    """One capture and when it was last opened."""

    path: Path
    opened: float
    """Seconds since the epoch."""


def _recents(content: object) -> tuple[RecentFile, ...]:
    """The list that JSON has in ``content``, without entries that make no sense.  Raises ValueError."""
    if not isinstance(content, list):
        raise ValueError("no list")  # noqa: TRY004  as of other content that makes no sense
    return tuple(recent for entry in content[:MAX_RECENT] if (recent := _entry(entry)) is not None)


class RecentFiles:
    """The list of recent files in ``directory``; without one it is always empty."""

    def __init__(self, directory: Path | None) -> None:
        self._file: StateFile[tuple[RecentFile, ...]] = StateFile(
            directory, _RECENT_FILE, _RECENT_LONGEST, empty=(), decode=_recents,
            encode=lambda listed: [{"path": str(recent.path), "opened": recent.opened} for recent in listed],
        )  # fmt: skip

    def load(self) -> tuple[RecentFile, ...]:
        """The recent files, newest first; those that are not there now are left out."""
        return tuple(recent for recent in self._file.read() if _is_there(recent.path))

    def remember(self, path: Path, now: float) -> None:
        """Put ``path`` first; ``now`` in seconds since the epoch."""
        if self._file.path is None:
            return
        newest = RecentFile(path.absolute(), now)
        self._file.change(
            lambda listed: (newest, *(recent for recent in listed if recent.path != newest.path))[:MAX_RECENT]
        )


def _is_there(path: Path) -> bool:
    """Whether there is a file that this user can reach: the folder of an earlier one may be closed by now."""
    try:
        return path.is_file()
    except OSError:
        return False


def _entry(entry: object) -> RecentFile | None:
    """``entry`` of the list as a `RecentFile`; None when it is malformed: the file may have been edited."""
    if not isinstance(entry, dict):
        return None
    path, opened = entry.get("path"), entry.get("opened")
    if not isinstance(path, str) or "\0" in path or not Path(path).is_absolute():
        return None
    return RecentFile(Path(path), float(opened)) if isinstance(opened, int | float) else None
