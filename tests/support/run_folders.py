"""A run of the tests has its own HOME, XDG folders, TMPDIR and folder of interrupted captures.

They are made before anything is collected, inherited by workers and by every program that a test starts, and removed
at the end of the run.  So what the user of this machine keeps (recent files, learning record, left-over captures,
settings) neither changes a result nor is changed.

Bytecode is kept even where the environment says not to: every worker would rewrite and compile all tests for itself,
and every program that a test starts all of its modules.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plain_settings import plain_settings

from tcptui.capture.spool.files import FALLBACK_VARIABLE

if TYPE_CHECKING:
    import pytest

#: Variable → folder of the run.  Short names: some paths are shown on a screen of 80 columns.
FOLDERS: Final = {
    "HOME": "h",
    "XDG_CONFIG_HOME": "h/.config",
    "XDG_STATE_HOME": "h/.local/state",
    "XDG_DATA_HOME": "h/.local/share",
    "XDG_CACHE_HOME": "h/.cache",
    "TMPDIR": "t",
    FALLBACK_VARIABLE: "v",
}
#: Open to other users, as /tmp is: live tests start the program as one of them.
SHARED: Final = ("TMPDIR", FALLBACK_VARIABLE)
#: Variables that lead to files or to a terminal of the user's.
REMOVED: Final = ("XDG_RUNTIME_DIR", "NUMBA_CACHE_DIR", "TMUX", "TMUX_TMPDIR", "STY")
NO_BYTECODE: Final = "PYTHONDONTWRITEBYTECODE"
MACHINE_CODE: Final = "machine-code"


class RunFolders:
    """The folders, from creation to `remove`, which also restores the environment."""

    def __init__(self, machine_code: Path | None) -> None:
        """``machine_code``: where compiled kernels are cached between runs; None: only for this run."""
        self._before = {name: os.environ.get(name) for name in (*FOLDERS, *REMOVED, NO_BYTECODE)}
        self._root = tempfile.TemporaryDirectory(prefix="tt-", ignore_cleanup_errors=True)
        root = Path(self._root.name)
        root.chmod(0o711)
        for name, folder in FOLDERS.items():
            place = root / folder
            place.mkdir(parents=True, mode=0o700)
            if name in SHARED:
                place.chmod(0o1777)
            os.environ[name] = str(place)
        plain_settings(root / FOLDERS["XDG_CONFIG_HOME"])
        if machine_code is not None:
            os.environ["XDG_CACHE_HOME"] = str(machine_code)
        for name in (*REMOVED, NO_BYTECODE):
            os.environ.pop(name, None)
        tempfile.tempdir = None  # Python looks once and remembers
        self.base_temp = root / "b"

    def remove(self) -> None:
        """Delete everything and restore the environment."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        tempfile.tempdir = None
        self._root.cleanup()


def pytest_configure(config: pytest.Config) -> None:
    """Make the folders, except in a worker, which inherits those of its run."""
    if hasattr(config, "workerinput"):
        return
    # pytest's cache folder belongs to the checkout; -p no:cacheprovider leaves none.
    cache = getattr(config, "cache", None)
    folders = RunFolders(None if cache is None else cache.mkdir(MACHINE_CODE))
    if config.option.basetemp is None:
        config.option.basetemp = folders.base_temp
    config.add_cleanup(folders.remove)
