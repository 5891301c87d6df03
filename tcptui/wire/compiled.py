"""Scalar kernels: one Python source, compiled by numba when it is there.

A kernel is a function over preallocated integer arrays, written in the subset of
Python that numba compiles.  Without numba (or before it is warm) the very same source
runs over lists, which plain Python reads and writes faster than arrays.

numba's cache wants a writable directory.  Beside a root-owned install there is none,
so the cache goes to the user's cache folder; where that fails too the kernel is
compiled uncached.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from tcptui.wire.compiler_library import load_compiler

#: Set to any value to run the plain source even when numba is installed.
PLAIN_VARIABLE: Final = "TCPTUI_PLAIN"

Kernel = Callable[..., Any]


def compiler_available() -> bool:
    """Whether kernels will be compiled in this process."""
    return PLAIN_VARIABLE not in os.environ and find_spec("numba") is not None


def _cache_directory() -> Path | None:
    """A directory of the user's own that compiled code may be kept in, or None."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    candidates = [Path(base) / "tcptui" / "numba"] if Path(base).is_absolute() else []
    candidates.append(Path(tempfile.gettempdir()) / f"tcptui-{os.getuid()}" / "numba")
    for directory in candidates:
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        # Compiled code is executed: a directory that somebody else can write is none of ours.
        status = directory.stat()
        if status.st_uid == os.getuid() and not status.st_mode & 0o022 and os.access(directory, os.W_OK):
            return directory
    return None


def compile_kernel(kernel: Kernel) -> Kernel:
    """``kernel`` as machine code that runs without the GIL; call `compiler_available` first."""
    directory = _cache_directory()
    if directory is not None:
        # Read when numba is first imported; an administrator's own choice stands.
        os.environ.setdefault("NUMBA_CACHE_DIR", str(directory))
    load_compiler()
    import numba

    try:
        compiled: Kernel = numba.njit(cache=directory is not None, nogil=True, boundscheck=False)(kernel)
    except RuntimeError:  # numba: "cannot cache function: no locator available"
        compiled = numba.njit(nogil=True, boundscheck=False)(kernel)
    return compiled
