"""The user's own small files between runs: where they are and how they are written.

They live in the XDG state directory, private (0700/0600), replaced whole or not at
all, and never through a symbolic link: the app may run as root in a home directory
that is not root's.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = "tcptui"


def _home(environ: Mapping[str, str]) -> Path | None:
    """The home directory of whom we run as; sudo may leave HOME pointing at somebody else's."""
    named = Path(environ.get("HOME", ""))
    with contextlib.suppress(OSError):
        if named.is_absolute() and named.stat().st_uid == os.geteuid():
            return named
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        return None


def state_directory(environ: Mapping[str, str]) -> Path | None:
    """The directory for our state, made if need be; None where the user cannot have one."""
    wanted = environ.get("XDG_STATE_HOME", "")
    home = _home(environ)
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
    """Replace ``path`` by ``content``, readable by its owner only.

    Raises OSError.  A half-written file is never seen: it is written aside, then renamed.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def read_private(path: Path, limit: int) -> bytes:
    """At most ``limit`` bytes of a regular file of our own; empty when there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            return b""
        return file.read(limit)
