"""The user's small state files: recent captures, and a learner's score and finished cases.

They are in the XDG state directory, private (0700/0600), written atomically and never
through a symbolic link: the app may run as root in a home directory that is not root's.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.replacing import replacing
from tcptui.lessons.score import Score
from tcptui.ui.home import home_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A longer record file (bytes) was not written by us.
_RECORD_LONGEST: Final = 64 * 1024
_RECORD_FILE: Final = "learning.json"
_MOST: Final = 10**9


class LearningRecord:
    """The learner's score and finished cases, kept in ``directory`` (`state_directory`), or in memory without one.

    Only a convenience, as the recent files are: a file that cannot be read counts as empty, one that cannot be
    written is not kept, and neither is reported.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._file = directory / _RECORD_FILE if directory is not None else None
        self.session = Score()
        self._ever: Score | None = None
        self._done: set[str] = set()

    def notes_file(self, case_id: str, capture: Path) -> Path | None:
        """Where marks and notes on ``capture`` of the case are kept; None where nothing is."""
        from tcptui.session.notes.notebook import notes_path  # no start waits for it

        return None if self._file is None else self._file.with_name(f"{case_id}-{notes_path(capture).name}")

    @property
    def ever(self) -> Score:
        """The score of all runs, this one included."""
        self._load()
        assert self._ever is not None
        return self._ever

    @property
    def done(self) -> frozenset[str]:
        """Ids of the cases whose answers have all been seen."""
        self._load()
        return frozenset(self._done)

    def answered(self, right: bool) -> None:
        """Count one answered question and save the score."""
        self.ever.count(right)
        self.session.count(right)
        self._save()

    def finished(self, case_id: str) -> None:
        """Record that every answer of the case has been seen."""
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
            kept = json.loads(read_private(self._file, _RECORD_LONGEST) or b"{}")
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


_NAME: Final = "tcptui"


def state_directory(environ: Mapping[str, str]) -> Path | None:
    """The directory for our state files, made if need be; None where there can be none, or it is not the user's own."""
    wanted = environ.get("XDG_STATE_HOME", "")
    home = home_directory(environ)
    if wanted and Path(wanted).is_absolute():
        base = Path(wanted)
    elif home is not None:
        base = home / ".local" / "state"
    else:
        return None
    place = base / _NAME
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
        found = place.lstat()
    except OSError:
        return None
    return place if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() else None


def write_private(path: Path, content: bytes) -> None:
    """Replace ``path`` at once by ``content``, readable by its owner only.  Raises OSError."""
    with replacing(path) as file:
        file.write(content)


def read_private(path: Path, limit: int) -> bytes:
    """At most ``limit`` bytes of ``path``; empty unless it is a regular file that the effective user owns."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            return b""
        return file.read(limit)


#: Recent files that are kept.
KEPT: Final = 20
#: A longer list file (bytes) was not written by us.
_RECENT_LONGEST: Final = 256 * 1024
_RECENT_FILE: Final = "recent.json"


@dataclass(frozen=True, slots=True)
class RecentFile:
    """One capture and when it was last opened."""

    path: Path
    opened: float
    """Seconds since the epoch."""


class RecentFiles:
    """The list of recent files in ``directory`` (`state_directory`); without one it is always empty.

    Only a convenience: a list that cannot be read is empty, one that cannot be
    written is not kept, and neither is reported.
    """

    def __init__(self, directory: Path | None) -> None:
        self._file = directory / _RECENT_FILE if directory is not None else None

    def load(self) -> tuple[RecentFile, ...]:
        """The recent files, newest first; those that no longer exist are left out."""
        if self._file is None:
            return ()
        try:
            listed = json.loads(read_private(self._file, _RECENT_LONGEST) or b"[]")
        except ValueError:
            return ()
        if not isinstance(listed, list):
            return ()
        found = [recent for entry in listed[:KEPT] if (recent := _entry(entry)) is not None]
        return tuple(recent for recent in found if recent.path.is_file())

    def remember(self, path: Path, now: float) -> None:
        """Put ``path`` first; ``now`` in seconds since the epoch."""
        if self._file is None:
            return
        newest = RecentFile(path.absolute(), now)
        others = [recent for recent in self.load() if recent.path != newest.path]
        listed = [{"path": str(recent.path), "opened": recent.opened} for recent in [newest, *others][:KEPT]]
        try:
            write_private(self._file, json.dumps(listed).encode("ascii"))
        except OSError:
            return


def _entry(entry: object) -> RecentFile | None:
    """``entry`` of the list as a `RecentFile`; None when it is malformed: the file may have been edited."""
    if not isinstance(entry, dict):
        return None
    path, opened = entry.get("path"), entry.get("opened")
    if not isinstance(path, str) or "\0" in path or not Path(path).is_absolute():
        return None
    return RecentFile(Path(path), float(opened)) if isinstance(opened, int | float) else None
