"""Which directories are this user's own: home, settings, state, machine code, what lasts as long as the login.

The only module that reads the variables which name them (XDG Base Directory Specification).  What they name counts
where it is this user's or root's: sudo may keep another user's values.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.userdirs.directory import is_foreign, open_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from tcptui.userdirs.directory import Directory

_NAME: Final = "tcptui"
#: Environment variable with which an administrator chooses the place of numba's caches.
_NUMBA_VARIABLE: Final = "NUMBA_CACHE_DIR"
_RUNTIME_VARIABLE: Final = "XDG_RUNTIME_DIR"


def home_directory(environ: Mapping[str, str]) -> Path | None:
    """The home directory of the effective user; HOME counts only if that user owns it, for sudo may keep another's."""
    named = Path(environ.get("HOME", ""))
    with suppress(OSError):
        if named.is_absolute() and named.stat().st_uid == os.geteuid():
            return named
    import pwd

    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        return None


def config_path(environ: Mapping[str, str], name: str = "config.toml") -> Path | None:
    """Where the settings file is, or would be, or another one beside it; None for a user without a home directory."""
    base = _base(environ, "XDG_CONFIG_HOME", ".config")
    return None if base is None else base / _NAME / name


def state_directory(environ: Mapping[str, str]) -> Path | None:
    """The directory of our state files, made if need be; None where there can be none that is this user's alone."""
    base = _base(environ, "XDG_STATE_HOME", ".local/state")
    return None if base is None else _own_in(base)


def runtime_directory(environ: Mapping[str, str]) -> Path | None:
    """Our directory in XDG_RUNTIME_DIR, which is in memory and ends with the login; else as `state_directory`."""
    return _own_in(Path(environ.get(_RUNTIME_VARIABLE, "")))


def code_directory(environ: Mapping[str, str]) -> Directory | None:
    """The open directory of machine code, made if need be; None where there is none that this user alone can write.

    It is the first that can be used of NUMBA_CACHE_DIR, the user's cache and the temporary directory.  Not even the
    user's private group may write there.
    """
    for base, names in _code_places(environ):
        with suppress(OSError):
            # A relative name has no meaning, and no error, in a working directory that was removed.
            found = open_directory(base.absolute(), *names, make=True, strict=True)
            if os.access(".", os.W_OK | os.X_OK, dir_fd=found.descriptor):
                return found
            found.close()
    return None


def temporary_directory() -> Path:
    """Python's choice of a directory for temporary files; /tmp where it finds none that takes a file."""
    import tempfile  # hashes and random numbers come with it, which most starts do without

    try:
        return Path(tempfile.gettempdir())
    except OSError:
        return Path("/tmp")


def with_tilde(path: Path, environ: Mapping[str, str]) -> str:
    """``path`` as a user would type it, with ``~`` for HOME."""
    home, text = environ.get("HOME", ""), str(path)
    is_in_home = home not in ("", "/") and (text == home or text.startswith(home + "/"))
    return "~" + text[len(home) :] if is_in_home else text


def take_home(environ: MutableMapping[str, str], home: str | None, name: str) -> None:
    """Have ``environ`` name the ``home`` of the user ``name``, whom this process has become, and nobody else's."""
    if home is not None:
        environ["HOME"] = home
        environ["USER"] = environ["LOGNAME"] = name
    runtime = environ.get(_RUNTIME_VARIABLE)
    if runtime is not None and not os.access(runtime, os.W_OK):
        del environ[_RUNTIME_VARIABLE]


def _base(environ: Mapping[str, str], variable: str, in_home: str) -> Path | None:
    """The directory that ``variable`` names; where that is unset, relative, or another user's, the one in the home."""
    named = Path(environ.get(variable, ""))
    if named.is_absolute() and not is_foreign(named):
        return named
    home = home_directory(environ)
    return None if home is None else home / in_home


def _own_in(base: Path) -> Path | None:
    """Our directory in ``base``, made if need be; None where that is impossible, or others could change something."""
    try:
        open_directory(base, _NAME, make=True).close()
    except OSError:
        return None
    return base / _NAME


def _code_places(environ: Mapping[str, str]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Where machine code may be: a directory, and the names of ours in it, one in the other."""
    chosen = environ.get(_NUMBA_VARIABLE)
    if chosen:
        yield Path(chosen), (_NAME,)
    cache = _base(environ, "XDG_CACHE_HOME", ".cache")
    if cache is not None:
        yield cache, (_NAME, "numba")
    yield temporary_directory(), (f"{_NAME}-{os.getuid()}", "numba")
