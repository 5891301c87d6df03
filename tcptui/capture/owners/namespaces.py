"""Network namespaces: entering one, and sockets to the kernel for those that processes are in now."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.owners.dump import open_diagnosis

if TYPE_CHECKING:
    import socket

_CLONE_NEWNET: Final = 0x4000_0000
#: Namespaces that are looked into beside our own, at most.
MOST: Final = 256


def enter(descriptor: int) -> None:
    """Have this thread be in the network namespace that ``descriptor`` is open on.  Needs CAP_SYS_ADMIN; OSError."""
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def open_everywhere() -> list[socket.socket]:
    """A socket to the kernel for this namespace, then one for each other that a process is in and that may be entered.

    They go on asking about theirs when the right to enter has been given up.  Raises OSError where not even our own
    can be asked.
    """
    made = [open_diagnosis()]
    with contextlib.suppress(OSError):
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            known = {os.fstat(home).st_ino}
            for place in _places():
                if len(made) > MOST:
                    break
                with contextlib.suppress(OSError):  # it has ended, or may not be looked at
                    _add(place, home, known, made)
        finally:
            os.close(home)
    return made


def _places() -> list[Path]:
    named = [*Path("/run/netns").iterdir()] if Path("/run/netns").is_dir() else []
    return [*named, *(process / "ns/net" for process in Path("/proc").iterdir() if process.name.isdigit())]


def _add(place: Path, home: int, known: set[int], made: list[socket.socket]) -> None:
    there = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        inode = os.fstat(there).st_ino
        if inode in known:
            return
        known.add(inode)
        enter(there)
        try:
            made.append(open_diagnosis())
        finally:
            enter(home)
    finally:
        os.close(there)
