"""Where machine code is cached on disk: one folder per kernel, named after everything that is compiled into it.

numba compiles in the functions that a kernel calls and, as constants, the values of all global names they use, wherever
those come from.  So a folder's name is a hash of all that: after an update that moves one bit of an enum, the old code
is not found any more.

Folders that no running program has in use are evicted after `UNUSED_DAYS`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType
from typing import Final

#: Days after which an unused folder is evicted.
UNUSED_DAYS: Final = 30
_SECONDS_PER_DAY: Final = 86_400
#: Environment variable with which an administrator chooses the place of numba's caches.
_NUMBA_VARIABLE: Final = "NUMBA_CACHE_DIR"

#: Descriptors whose shared locks say that this process uses the folders; open until it ends.
_in_use: dict[Path, int] = {}


def cache_folder(kernel: FunctionType, *compiler: object) -> Path | None:
    """The folder for ``kernel``'s machine code, made and marked as in use; None where none can be written.

    ``compiler``: the compiler's version and options, part of the key.  Folders unused for long are evicted.
    """
    root = _root()
    if root is None:
        return None
    folder = root / kernel_key(kernel, *compiler)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _mark_in_use(folder)
        _evict(root, time.time() - UNUSED_DAYS * _SECONDS_PER_DAY)
    except OSError:
        return None
    return folder


def is_noted(kernel: FunctionType, *compiler: object) -> bool:
    """Whether `note_compiled` was called for the very same on this machine: the code need not be compiled, only loaded.

    False is only a guess: the code of another program version's run may be there without a note.
    """
    root = _root()
    return root is not None and (root / kernel_key(kernel, *compiler) / _note(kernel)).is_file()


def note_compiled(kernel: FunctionType, *compiler: object) -> None:
    """Note that ``kernel``'s machine code is in its folder; without a folder nothing is noted."""
    root = _root()
    if root is not None:
        with suppress(OSError):
            (root / kernel_key(kernel, *compiler) / _note(kernel)).touch(0o600)


def _note(kernel: FunctionType) -> str:
    """A file name of all else that the code depends on and that can be told without the compiler: Python, machine."""
    parts = kernel.__name__, sys.implementation.cache_tag, os.uname().nodename
    return f"compiled-{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


def kernel_key(kernel: FunctionType, *compiler: object) -> str:
    """A hash of all that is compiled into ``kernel``: its byte code, its callees', the values of their globals.

    Raises TypeError for a global of a type whose value cannot be hashed.
    """
    digest = hashlib.sha256(repr(compiler).encode())
    for part in _compiled_in(kernel):
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()[:32]


def _compiled_in(function: FunctionType) -> Iterator[str]:
    code = function.__code__
    yield f"{function.__qualname__} {code.co_code.hex()} {code.co_varnames} {code.co_names} {code.co_argcount}"
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            raise TypeError(f"{function.__qualname__} defines {constant.co_name}")
        yield repr(constant)
    for name in code.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, FunctionType):
            yield f"{name} calls"
            yield from _compiled_in(value)
        elif value is None or isinstance(value, int | float | str | tuple | BuiltinFunctionType):
            yield f"{name} = {value!r}"
        else:
            raise TypeError(f"{function.__qualname__} uses {name}, a {type(value).__name__}")


def _root() -> Path | None:
    """The folder that holds all kernels' folders, made if missing; None where none can be written safely."""
    chosen = os.environ.get(_NUMBA_VARIABLE)
    if chosen:
        root = Path(chosen) / "tcptui"
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            return None
        return root
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    mine = Path(tempfile.gettempdir()) / f"tcptui-{os.getuid()}"
    if Path(base).is_absolute():
        root = Path(base) / "tcptui" / "numba"
        with suppress(OSError):
            root.parent.mkdir(parents=True, exist_ok=True)
            if _private(root):
                return root
    # In the shared temporary folder anybody may have made folders of that name, so both must be private.
    with suppress(OSError):
        if _private(mine) and _private(mine / "numba"):
            return mine / "numba"
    return None


def _private(folder: Path) -> bool:
    """Whether only this user can write ``folder``, made if missing: the code in it is executed.  Raises OSError."""
    folder.mkdir(exist_ok=True, mode=0o700)
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022
    return ours and os.access(folder, os.W_OK)


def _mark_in_use(folder: Path) -> None:
    """Lock ``folder`` as long as this process lives, and set its time of last use."""
    os.utime(folder)
    if folder in _in_use:
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    _in_use[folder] = descriptor
    with suppress(OSError):  # a file system without locks: only the time protects it
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def _evict(root: Path, before: float) -> None:
    """Remove folders in ``root`` that were last used ``before`` (seconds since 1970) and that nobody uses now."""
    for folder in root.iterdir():
        status = folder.lstat()
        if folder in _in_use or not stat.S_ISDIR(status.st_mode) or status.st_mtime >= before:
            continue
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
