"""Scalar kernels: one Python source, compiled by numba when it is there.

A kernel is a function over preallocated integer arrays, written in the subset of
Python that numba compiles.  Without numba (or before it is warm) the very same source
runs over lists, which plain Python reads and writes faster than arrays.

Machine code is cached in the user's cache folder (`wire.kernel_cache`); where that fails the kernel is compiled anew
by each process.

LLVM, the compiler's library, is the largest thing that is loaded: 150 MB.  Python's import would load it in one call
that lets no other thread run, and no key would be answered for a tenth of a second, so it is loaded beforehand without
the GIL.  To find a kernel in the cache reads 50 MB of it, as much as half a million packets take; these pages are
backed by its file, so they are given back afterwards and read again when needed.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any, Final

from tcptui.model.sparse_array import give_back

#: Set to any value to run the plain source even when numba is installed.
PLAIN_VARIABLE: Final = "TCPTUI_PLAIN"

Kernel = Callable[..., Any]

#: Held while numba's setting of where its cache is, one for the process, is changed.
_compiling: Final = threading.Lock()


def compiler_available() -> bool:
    """Whether kernels will be compiled in this process."""
    return PLAIN_VARIABLE not in os.environ and find_spec("numba") is not None


def compile_kernel(kernel: Kernel) -> Kernel:
    """``kernel`` as machine code that runs without the GIL; call `compiler_available` first."""
    assert isinstance(kernel, FunctionType)
    load_compiler()
    import numba

    from tcptui.wire.inline_calls import inlined
    from tcptui.wire.kernel_cache import cache_folder

    config: Any = numba.config
    options: dict[str, Any] = {"nogil": True, "boundscheck": False}
    source = inlined(kernel)
    with _compiling:
        folder = cache_folder(kernel, numba.__version__, options)
        elsewhere = config.CACHE_DIR
        # numba looks where its cache is once, when a function is decorated.
        config.CACHE_DIR = str(folder or "")
        try:
            compiled: Kernel = numba.njit(cache=folder is not None, **options)(source)
        except RuntimeError:  # numba: "cannot cache function: no locator available"
            compiled = numba.njit(**options)(source)
        finally:
            config.CACHE_DIR = elsewhere
    return compiled


_NAME: Final = "libllvmlite"
_PLACE: Final = Path("binding", _NAME + (".dylib" if sys.platform == "darwin" else ".so"))
#: proc_pid_maps(5): what can only be read and run.  Other parts of a library may have been written to once.
_PROGRAM: Final = "r-xp"
_MAPS: Final = Path("/proc/self/maps")


def load_compiler() -> None:
    """Load the compiler's library while other threads run; importing the compiler finds it loaded."""
    spec = find_spec("llvmlite")
    library = Path(spec.origin).parent / _PLACE if spec is not None and spec.origin is not None else None
    if library is None or not library.is_file():
        return  # not where it is known to lie: importing it tells
    # Foreign functions are called without the interpreter's lock; loading by ctypes itself keeps it.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    dlopen(os.fsencode(library), os.RTLD_NOW | os.RTLD_LOCAL)


def release_compiler() -> None:
    """Give the system back the pages of the compiler's program, where there is one (Linux)."""
    if sys.platform != "linux":
        return
    try:
        lines = _MAPS.read_text(errors="replace").splitlines()
    except OSError:
        return  # no /proc here: they stay, and nothing is wrong
    for line in lines:
        if f"/{_NAME}" not in line:
            continue
        places, access = line.split()[:2]
        if access == _PROGRAM:
            begin, end = (int(place, 16) for place in places.split("-"))
            give_back(begin, end - begin)
