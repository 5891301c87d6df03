"""Where machine code is cached on disk: one folder per kernel, named after everything that is compiled into it.

numba compiles in the functions that a kernel calls and, as constants, the values of all global names they use, wherever
those come from.  So a folder's name is a hash of all that: after an update that moves one bit of an enum, the old code
is not found any more.

The code is run by whoever loads it, and a sum in a file proves nothing about who wrote it.  So all of it is read and
written by the descriptor of a directory that this user alone can write (`userdirs.places.code_directory`); where there
is none, there is no cache, and that is no error.

Folders that no running program has in use are evicted after `UNUSED_DAYS`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import time
from contextlib import contextmanager, suppress
from types import BuiltinFunctionType, CodeType, FunctionType
from typing import TYPE_CHECKING, Final

from tcptui.userdirs.places import code_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from tcptui.userdirs.directory import Directory

#: Days after which an unused folder is evicted.
UNUSED_DAYS: Final = 30
_SECONDS_PER_DAY: Final = 86_400
#: How often is asked whether another program has compiled, in seconds.
_LOOK: Final = 0.2

#: Folders that this process uses, by device and inode: open, with a shared lock that says so, until it ends.
_in_use: dict[tuple[int, int], Directory] = {}


def cache_folder(kernel: FunctionType, *compiler: object) -> Directory | None:
    """The folder for ``kernel``'s machine code, made and marked as in use; None where none can be written safely.

    ``compiler``: the compiler's version and options, part of the key.  Folders unused for long are evicted.  The folder
    stays open until the process ends.
    """
    root = code_directory(os.environ)
    if root is None:
        return None
    with root:
        try:
            folder = _mark_in_use(root.inner(kernel_key(kernel, *compiler), make=True))
        except OSError:
            return None
        with suppress(OSError):
            _evict(root, time.time() - UNUSED_DAYS * _SECONDS_PER_DAY)
    return folder


def is_noted(kernel: FunctionType, *compiler: object) -> bool:
    """Whether `note_compiled` was called for the very same on this machine: the code need not be compiled, only loaded.

    False is only a guess: the code of another program version's run may be there without a note.
    """
    root = code_directory(os.environ)
    if root is None:
        return False
    with root, suppress(OSError), root.inner(kernel_key(kernel, *compiler)) as folder:
        return folder.has(_note(kernel))
    return False


def note_compiled(kernel: FunctionType, *compiler: object) -> None:
    """Note that ``kernel``'s machine code is in its folder; without a folder nothing is noted."""
    root = code_directory(os.environ)
    if root is None:
        return
    with root, suppress(OSError), root.inner(kernel_key(kernel, *compiler)) as folder:
        folder.touch(_note(kernel))


@contextmanager
def compiling_alone(stop: Event) -> Iterator[bool]:
    """Wait until no other program compiles for this cache, and keep others from it; False: ``stop`` was set before.

    Each would compile the same, and several at once take as long as one after the other, with the memory of all.
    """
    root = code_directory(os.environ)
    if root is None:
        yield True
        return
    with root:
        while not _take_turn(root):
            if stop.wait(_LOOK):
                yield False
                return
        yield True


def _take_turn(root: Directory) -> bool:
    """Lock ``root`` until it is closed; False where another program has."""
    try:
        fcntl.flock(root.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: each compiles for itself
        return True
    return True


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


def _mark_in_use(folder: Directory) -> Directory:
    """Lock ``folder`` as long as this process lives, and set its time of last use.  Raises OSError.

    Returns it, or the one that this process has open already.
    """
    try:
        os.utime(folder.descriptor)
        found = os.fstat(folder.descriptor)
        mine = _in_use.setdefault((found.st_dev, found.st_ino), folder)
    except OSError:
        folder.close()
        raise
    if mine is not folder:
        folder.close()
        return mine
    with suppress(OSError):  # a file system without locks: only the time protects it
        fcntl.flock(folder.descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return mine


def _evict(root: Directory, before: float) -> None:
    """Remove folders in ``root`` that were last used ``before`` (seconds since 1970) and that nobody uses now."""
    for name, status in root.directories():
        if (status.st_dev, status.st_ino) in _in_use or status.st_mtime >= before:
            continue
        with suppress(OSError), root.inner(name) as folder:  # in use (BlockingIOError), or not ours
            fcntl.flock(folder.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            root.remove_tree(name)
